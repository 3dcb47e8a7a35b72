"""Segment's subscriptions as a configuration: by the real command, checked by the real one."""

import copy
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.processes import environment
from translator.mappings import MappingError, listing, parse
from translator.reports.importing import report, toml, turn
from translator.reports.importing.paths import paths_of
from translator.reports.importing.triggers import ANY, TYPES, Names, Unturnable, names_of_either, taken
from translator.reports.rows import Translator
from translator.settings.load import settings_from
from translator.settings.values import translation_settings

EXPORTS = Path(__file__).parents[1] / "mappings" / "exports"
KEYS = {"AMPLITUDE_API_KEY": "0" * 32, "AMPLITUDE_SECRET_KEY": "1" * 32}


def run(folder, *arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "translator", *arguments],
        cwd=folder, env=environment(folder, **env), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def export(name):
    return json.loads((EXPORTS / f"{name}.json").read_text())


def changed(change, name="default"):
    """What becomes of an export in which something of each subscription, by its name, is changed."""
    given = export(name)
    subs = {one["name"]: one for one in given["data"]["subscriptions"]}
    change(subs)
    given["data"]["subscriptions"] = list(subs.values())
    return turn(listing(given))


def named(done):
    return [(one.subscription, one.key) for one in done.named]


@pytest.mark.parametrize(("name", "code"), [("default", 0), ("customised", 0), ("hard", 1)])
def test_what_the_command_writes_is_accepted_by_check(tmp_path, name, code):
    done = run(tmp_path, "import-segment", str(EXPORTS / f"{name}.json"), "--out", "translator.toml")
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    checked = run(tmp_path, "check", **KEYS)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_keys_are_never_printed_and_the_variables_are_named(tmp_path):
    secrets = export("customised")["data"]["destination"]["settings"]
    done = run(tmp_path, "import-segment", str(EXPORTS / "customised.json"))
    for secret in (secrets["apiKey"], secrets["secretKey"]):
        assert secret not in done.stdout + done.stderr
    assert "# AMPLITUDE_API_KEY: set it in the environment" in done.stdout
    assert "# AMPLITUDE_SECRET_KEY: set it in the environment" in done.stdout


def test_what_could_not_be_turned_runs_as_it_is(tmp_path):
    given = export("hard")[:-1]  # the last is one that Segment would refuse as well
    (tmp_path / "given.json").write_text(json.dumps(given))
    written = run(tmp_path, "import-segment", "given.json")
    assert '# To run the subscriptions as they are instead: [translate] mappings = "given.json"' in written.stdout
    (tmp_path / "translator.toml").write_text('[translate]\nmappings = "given.json"\n')
    assert run(tmp_path, "check", **KEYS).returncode == 0
    call = {"type": "page", "name": "Home", "userId": "u1", "messageId": "m1", "properties": {"company_id": "acme"}}
    (tmp_path / "calls.jsonl").write_text(json.dumps(call))
    done = run(tmp_path, "translate", "--explain", "calls.jsonl")
    row = json.loads(done.stdout)
    assert [record["body"]["event_type"] for record in row["records"]] == ["Page Viewed"]
    assert row["records"][0]["body"]["groups"] == {"company": "acme"}
    assert row["explain"][0]["event_type"] == "Page Calls (translate.mappings)"


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "translator.toml").write_text("[translate]\n")
    done = run(tmp_path, "import-segment", str(EXPORTS / "default.json"), "--out", "translator.toml")
    assert done.returncode == 2
    assert (tmp_path / "translator.toml").read_text() == "[translate]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("5", "must be a list of subscriptions"),
        ("{}", 'has no "subscriptions"'),
        ('[{"name": "A"}]', "A: actionSlug must be a text"),
        ('[{"name": "A", "actionSlug": "logEventV2"}]', "A: trigger must be a text"),
        ('[{"name": "A", "actionSlug": "x", "trigger": "y", "settings": "[]"}]', "A: settings must be an object"),
        ("[5]", "subscription 1 must be an object"),
    ],
)
def test_what_cannot_be_read_exits_2_and_says_why(tmp_path, text, said):
    (tmp_path / "given.json").write_text(text)
    done = run(tmp_path, "import-segment", "given.json")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_default_subscriptions_are_our_defaults():
    done = turn(listing(export("default")))
    assert done.named == []
    assert done.tables == {
        "translate": {"alias": True},
        "groups": {"type_trait": "group_type", "value_trait": "name", "fallback": "none"},
    }


def test_a_customised_set_becomes_fields_rules_and_a_destination():
    done = turn(listing(export("customised")), "europe")
    assert done.named == []
    assert done.tables["destinations"] == {"europe": {"endpoint": "batch", "min_id_length": 3, "region": "eu"}}
    assert done.tables["fields"] == {
        "user_id": ["context.traits.account_user", "userId"],
        "app_version": ["properties.build", "context.app.version"],
        "event_id": ["properties.event_number"],
    }
    assert done.tables["translate"] == {"events_deny": ["Heartbeat"], "alias": True, "revenue_per_product": True}
    assert done.tables["groups"]["rules"] == [
        {"type": "team", "value": ["traits.team_id"], "calls": ["group"]},
        {"type": "company", "value": ["properties.company_id"], "calls": ["page", "screen", "track"]},
        {"type": "plan", "value": ["traits.plan"], "calls": ["identify"]},
    ]


def test_what_cannot_be_turned_is_named_with_place_and_advice():
    done = turn(listing(export("hard")))
    assert set(named(done)) == {
        ("Track Calls", "trigger"),
        ("Broken", "trigger"),
        ("Group Calls", "group_type"),
        ("Order Completed Calls", "price"),
        ("Page Calls", "event_type"),
        ("Identify Calls", "user_properties"),
        ("Identify Calls", "language"),
    }
    assert all(one.why and one.todo for one in done.named)
    assert any("turned off" in remark for remark in done.remarks)


def both_shapes():
    public = export("default")
    bare = public["data"]["subscriptions"]
    older = [
        {
            "name": one["name"],
            "partnerAction": one["actionSlug"],
            "subscribe": one["trigger"],
            "mapping": one["settings"],
            "enabled": True,
        }
        for one in bare
    ]
    terraform = [{**one, "settings": json.dumps(one["settings"])} for one in bare]
    return [public, {"data": public}, public["data"], bare, older, {"subscriptions": older}, terraform]


@pytest.mark.parametrize("given", both_shapes())
def test_every_shape_of_an_export_is_read_alike(given):
    assert turn(listing(given)).tables == turn(listing(export("default"))).tables


def test_further_pages_and_filters_are_named():
    given = export("default")
    given["data"]["pagination"]["next"] = "MQ=="
    given["data"]["filters"] = [{"title": "No PII", "enabled": True}, {"title": "Old", "enabled": False}]
    assert named(turn(listing(given))) == [("(all)", "pagination"), ("No PII", "filter")]


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ('type = "track"', {"track": ANY}),
        ('type = "track" and event != "A"', {"track": Names(but=frozenset({"A"}))}),
        ('type = "track" and (event = "A" or event = "B")', {"track": Names(frozenset({"A", "B"}))}),
        ('event = "A"', {"track": Names(frozenset({"A"}))}),
        ('type = "track" and contains(event, "x")', {"track": Names(frozenset({"*x*"}))}),
        ('type = "track" and !match(event, "x*")', {"track": Names(but=frozenset({"x*"}))}),
        ('type = "page" or type = "screen"', {"page": ANY, "screen": ANY}),
        ('(type = "track" and event = "A") or type = "page"', {"track": Names(frozenset({"A"})), "page": ANY}),
        (
            '(type = "track" and event = "A") or (type = "track" and event = "B")',
            {"track": Names(frozenset({"A", "B"}))},
        ),
        ('type != "page"', {kind: ANY for kind in TYPES if kind != "page"}),
        ('event != "A"', {**dict.fromkeys(TYPES, ANY), "track": Names(but=frozenset({"A"}))}),
    ],
)
def test_triggers_of_types_and_names(trigger, expected):
    assert taken(parse(trigger)) == expected


@pytest.mark.parametrize(
    "trigger",
    ['type = "track" and properties.plan = "pro"', "userId != null", 'name = "Home"', 'event = "A*"', 'contains(event, "a") and contains(event, "b")'],
)  # fmt: skip
def test_other_triggers_are_not(trigger):
    with pytest.raises(Unturnable):
        taken(parse(trigger))


def test_names_of_either():
    some, others = Names(frozenset({"A", "B"})), Names(but=frozenset({"A", "C"}))
    assert names_of_either(some, others) == Names(but=frozenset({"C"}))
    assert names_of_either(others, Names(but=frozenset({"A"}))) == Names(but=frozenset({"A"}))
    assert names_of_either(ANY, some) == ANY
    orders, no_x = Names(frozenset({"Order *"})), Names(frozenset({"Order *"}), frozenset({"Order X"}))
    assert names_of_either(orders, Names(but=frozenset({"Order Completed", "C"}))) == Names(but=frozenset({"C"}))
    assert names_of_either(no_x, Names(frozenset({"Z"}))) == Names(frozenset({"Order *", "Z"}), frozenset({"Order X"}))
    assert names_of_either(no_x, Names(frozenset({"Order X"}))) == Names(frozenset({"Order *", "Order X"}))
    with pytest.raises(Unturnable):
        names_of_either(some, Names(but=frozenset({"A*"})))


@pytest.mark.parametrize("trigger", ['event = "A" or event = "B" and type = "track"', 'type = "page" and event = "A"'])
def test_a_trigger_that_takes_nothing_denies_all_instead_of_none(trigger):
    """An empty list of allowed names would let all of them through."""
    assert taken(parse(trigger)) == {}
    one = {"name": "A", "actionSlug": "logEventV2", "trigger": trigger, "settings": {}}
    done = turn(listing([one]))
    assert done.tables["translate"] == {"events_deny": ["*"]}
    assert any("takes no call at all" in remark for remark in done.remarks)


def test_a_group_id_is_not_the_trait_of_its_name():
    done = changed(put("Group Calls", "group_value", {"@path": "$.groupId"}))
    found = settings_from(tomllib.loads(toml(done, "export.json", "one")))
    call = {
        "type": "group", "groupId": "g-1", "userId": "user-1", "messageId": "m1",
        "traits": {"group_type": "company", "id": "other", "name": "Acme"},
    }  # fmt: skip
    row = Translator(found.segment, translation_settings(found)).row(json.dumps(call).encode(), 1795457700000).plain()
    assert row["records"][0]["body"]["groups"] == {"company": "g-1"}
    assert row["records"][1]["body"]["group_properties"]["$set"]["name"] == "Acme"


def test_purchases_of_another_name_are_not_denied():
    def change(subs):
        subs["Track Calls"]["trigger"] = 'type = "track" and event != "Order Paid"'
        subs["Order Completed Calls"]["trigger"] = 'type = "track" and event = "Order Paid"'

    done = changed(change)
    assert named(done) == [("Order Completed Calls", "trigger")]
    assert "events_deny" not in done.tables["translate"]


def test_products_of_orders_pass_the_list_of_names():
    def change(trigger):
        return lambda subs: subs["Track Calls"].update(trigger=trigger)

    some = changed(change('type = "track" and event = "Signed Up"')).tables["translate"]["events_allow"]
    assert some == ["Order Completed", "Product Purchased", "Signed Up", "Viewed *"]
    trigger = 'type = "track" and event != "Order Completed" and event != "Product Purchased"'
    assert named(changed(change(trigger))) == [("(several)", "trigger")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"@path": "$.a.b"}, ["a.b"]),
        ({"@path": "a.b"}, ["a.b"]),
        ({"@path": "$.a[0].b"}, ["a.0.b"]),
        ({"@path": "$.integrations.Actions Amplitude.groups"}, ["integrations.Actions Amplitude.groups"]),
        ({"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "$.b"}}}, ["a", "b"]),
        ({"@if": {"blank": {"@path": "$.a"}, "then": {"@path": "$.a"}}}, ["a"]),
        ({"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.c"}, "else": {"@path": "$.b"}}}, None),
        ({"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": "text"}}, None),
        ({"@template": "{{a}}"}, None),
        ("text", None),
        ({"@path": "$"}, ["$"]),
        ({"@path": "$."}, None),
        ({"@path": ""}, None),
    ],
)
def test_paths_of_a_mapping(value, expected):
    assert paths_of(value) == expected


def put(name, key, value):
    def change(subs):
        subs[name]["settings"][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda subs: subs.pop("Page Calls"), [("(none)", "trigger")]),
        (lambda subs: subs.pop("Identify Calls"), [("(none)", "trigger")]),
        (lambda subs: subs.pop("Order Completed Calls"), []),
        (lambda subs: subs["Track Calls"].update(trigger='type = "track"'), [("Order Completed Calls", "trigger")]),
        (lambda subs: subs.update(more={**subs["Identify Calls"], "name": "more"}), [("more", "trigger")]),
        (lambda subs: subs["Identify Calls"].update(trigger='type = "track"'), [("Identify Calls", "trigger")]),
        (lambda subs: subs["Track Calls"].update(actionSlug="logEventV9"), [("Track Calls", "actionSlug")]),
        (lambda subs: subs["Track Calls"]["settings"].pop("ip"), [("Track Calls", "ip")]),
        (put("Track Calls", "user_properties", {"@path": "$.context.traits"}), [("Track Calls", "user_properties")]),
        (put("Track Calls", "add", {"logins": 1}), [("Track Calls", "add")]),
        (put("Track Calls", "min_id_length", 2), [("(several)", "min_id_length")]),
        (put("Track Calls", "userAgentParsing", False), [("(several)", "userAgentParsing")]),
        (put("Track Calls", "use_batch_endpoint", True), [("(several)", "use_batch_endpoint")]),
        (put("Track Calls", "groups", {"@path": "$.context.groups"}), [("Track Calls", "groups")]),
        (put("Track Calls", "groups", {"@path": "$.integrations.Amplitude.groups"}), []),
        (put("Page Calls", "groups", {"company": {"@path": "$.context.groupId"}}), []),
        (put("Page Calls", "groups", {"company": "acme"}), [("Page Calls", "groups.company")]),
        (put("Track Calls", "insert_id", {"@path": "$.messageId"}), []),
        (put("Track Calls", "insert_id", {"@path": "$.properties.id"}), [("Track Calls", "insert_id")]),
        (put("Track Calls", "revenue", {"@path": "$.properties.total"}), []),
        (
            put("Order Completed Calls", "revenue", {"@path": "$.properties.total"}),
            [("Order Completed Calls", "revenue")],
        ),
        (put("Page Calls", "event_type", {"@path": "$.event"}), [("Page Calls", "event_type")]),
        (
            lambda subs: subs["Track Calls"].update(trigger='type = "track" or type = "page"'),
            [("Order Completed Calls", "trigger"), ("Page Calls", "trigger"), ("Track Calls", "event_type")],
        ),
        (
            put("Order Completed Calls", "products", {"@path": "$.properties.items"}),
            [("Order Completed Calls", "products")],
        ),
        (put("Alias Calls", "user_id", {"@path": "$.anonymousId"}), [("Alias Calls", "user_id")]),
        (put("Group Calls", "group_value", {"@path": "$.groupId"}), []),
        (put("Group Calls", "group_value", {"@template": "{{groupId}}"}), [("Group Calls", "group_value")]),
        (
            put("Group Calls", "group_properties", {"size": {"@path": "$.traits.size"}}),
            [("Group Calls", "group_properties")],
        ),
    ],
)
def test_each_change_is_turned_or_named(change, expected):
    assert named(changed(change)) == expected


def test_an_id_that_only_some_calls_can_have_is_no_field_of_all():
    """``[fields]`` replaces where ids are read: track calls would have lost theirs."""
    for name, key, path in (
        ("Identify Calls", "user_id", "$.traits.uid"),
        ("Identify Calls", "device_id", "$.traits.device"),
        ("Track Calls", "user_id", "$.properties.uid"),
    ):
        done = changed(put(name, key, {"@path": path}))
        assert named(done) == [(name, key)]
        assert "fields" not in done.tables
    everywhere = changed(
        lambda subs: [one["settings"].update(city={"@path": "$.traits.city"}) for one in (subs["Identify Calls"],)]
    )
    assert everywhere.tables["fields"] == {"city": ["traits.city"]}


def test_of_the_changes_that_are_turned():
    without = changed(lambda subs: subs.pop("Order Completed Calls"))
    assert without.tables["translate"]["events_deny"] == ["Order Completed"]
    by_id = changed(put("Group Calls", "group_value", {"@path": "$.groupId"})).tables["groups"]
    assert by_id["rules"] == [{"type": "$.traits.group_type", "value": ["groupId"], "calls": ["group"]}]
    assert "value_trait" not in by_id
    rule = changed(put("Page Calls", "groups", {"company": {"@path": "$.context.groupId"}})).tables["groups"]["rules"]
    assert rule == [{"type": "company", "value": ["context.groupId"], "calls": ["page"]}]
    merged = {
        "@merge": {
            "objects": [{"@path": "$.properties"}, {"page": {"@path": "$.context.page.url"}}],
            "direction": "right",
        }
    }
    appended = changed(put("Track Calls", "event_properties", merged))
    assert appended.tables["translate"]["append_fields"] == {"context.page.url": "page"}


@pytest.mark.parametrize("name", ["default", "customised", "hard"])
def test_what_is_written_is_a_configuration_of_the_same_values(name):
    done = turn(listing(export(name)), "one")
    found = tomllib.loads(toml(done, "export.json", "one"))
    rules = found.get("groups", {}).get("rules", [])
    assert rules == done.tables.get("groups", {}).get("rules", [])
    for key, table in copy.deepcopy(done.tables).items():
        assert found[key] == table
    for table in found.get("destinations", {}).values():
        table["api_key"] = "k" * 32
    settings_from(found)


def test_a_subscription_that_segment_refuses_is_named():
    done = changed(lambda subs: subs["Page Calls"]["settings"].update(city={"@oops": 1}))
    assert ("Page Calls", "trigger or mapping") in named(done)
    with pytest.raises(MappingError):
        listing("nothing")


def test_names_and_values_of_an_export_do_no_harm():
    def change(subs):
        subs["Track Calls"]["name"] = "Track\x00\x1b[31m\x7f\n[translate]\nalias = true"
        subs["Track Calls"]["settings"] |= {"apiKey": "hush-1", "more": {"secretKey": "hush-2", "a": 1}}

    done = changed(change)
    written, told = toml(done, "export.json", "one"), report(done, 7)
    assert len(done.named) == 2
    assert "hush" not in written + told
    assert all(sign.isprintable() or sign == "\n" for sign in written + told)
    assert tomllib.loads(written)["translate"] == {"alias": True}


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": "context.ip", "b": "context.ip"}, None), ({"a": "context.ip"}, {"a": "context.locale"})],
)
def test_appended_fields_that_are_not_one_to_one_are_named(one, other):
    def merged(fields):
        more = {name: {"@path": f"$.{path}"} for name, path in fields.items()}
        return {"@merge": {"objects": [{"@path": "$.properties"}, more], "direction": "right"}}

    def change(subs):
        subs["Track Calls"]["settings"]["event_properties"] = merged(one)
        subs["Page Calls"]["settings"]["event_properties"] = merged(other or {"page": "context.page.url"})

    assert len(named(changed(change))) == 1
