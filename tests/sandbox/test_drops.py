"""What Amplitude drops in silence is said: rule, path, what was lost (amplitude-api.md, by section)."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.calls import drops, event, form, page, send, view
from translator.sandbox import Store
from translator.sandbox.operations import apply
from translator.sandbox.rules import RULES

LONG = "x" * 1030
DEVICE = {"platform": "iOS", "os_name": "iOS", "carrier": "Swisscom"}


def deep(layers):
    value: Any = "bottom"
    for _ in range(layers):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([event(groups={"team": [str(n) for n in range(12)]})], [("group_values", "groups.team", "10, 11")]),
        (
            [event(groups={"a": [str(n) for n in range(9)], "b": ["x", "y"], "c": "z"})],
            [("group_values", "groups.b", "y"), ("group_values", "groups.c", "z")],
        ),
        ([event(groups={f"t{n}": "v" for n in range(6)})], [("group_types", "groups.t5", "v")]),
        ([event(groups={"t": None, "u": []})], [("group_null", "groups.t", "None"), ("group_null", "groups.u", "[]")]),
        ([event(event_properties={"a": {"b": [LONG]}})], [("text", "event_properties.a.b[0]", "6 of 1030 characters")]),
        ([event(event_type=LONG)], [("text", "event_type", "6 of 1030 characters")]),
        ([event(user_properties=deep(41))], [("layers", "user_properties" + 40 * ".in", "an object")]),
        ([event(user_properties=deep(40))], []),
        ([event(insert_id="1"), event(insert_id="1")], [("duplicate", "insert_id", "the whole record; 1")]),
        (
            [event(device_id="device-1", event_id=7, time=1), event(device_id="device-1", event_id=7, time=1)],
            [("duplicate_event_id", "event_id", "the whole record; 7")],
        ),
        ([event(device_id="device-1", event_id=7, time=1), event(device_id="device-1", event_id=7, time=2)], []),
        ([event(group_properties={"plan": "pro"})], [("group_properties_ignored", "group_properties", "plan")]),
        (
            [event(event_type="$identify", group_properties={"plan": 1})],
            [("group_properties_ignored", "group_properties", "plan")],
        ),
        ([event(**DEVICE), event(platform="Web")], [("device_reset", "os_name", "iOS"), ("device_reset", "carrier", "Swisscom")]),
        ([event(**DEVICE), event(**DEVICE), event()], []),
        ([event(country="US", city="Boston"), event(city="Berlin")], [("location_reset", "country", "US")]),
        ([event(price=2.5, quantity=2, revenue=7.0)], [("revenue", "revenue", "7.0 (price x quantity is 5.0)")]),
        ([event(price=2.5, quantity=2, revenue=5.0), event(price=2.5, revenue=7.0)], []),
        ([event(user_properties={"$set": {"a": 1}, "b": 2, "c": 3})], [("mixed", "user_properties", "b, c")]),
        ([event(user_properties={"$add": {"a": "one"}})], [("operation", "user_properties.$add.a", "one")]),
        ([event(user_properties={"$set": "a"})], [("operation", "user_properties.$set", "a")]),
    ],
)  # fmt: skip
def test_each_rule_says_what_was_lost_and_where(amplitude, records, expected):
    for record in records:
        assert send(amplitude, record).status_code == 200
    assert drops(amplitude) == expected
    counts = view(amplitude, "/api/drops")["counts"]
    assert sum(counts.values()) == len(expected)
    assert all(counts[rule] > 0 for rule, _, _ in expected)


def test_operations_that_groups_do_not_have_are_noted_and_applied(amplitude):
    change = {"$set": {"a": ["x"]}, "$postInsert": {"a": ["x", "y"]}}
    form(
        amplitude, "/groupidentify", identification={"group_type": "t", "group_value": "v", "group_properties": change}
    )
    assert [row[:2] for row in drops(amplitude)] == [("group_operation", "group_properties.$postInsert")]
    assert view(amplitude, "/api/groups")[0]["group_properties"] == {"a": ["x", "y"]}


def test_plain_keys_beside_operations_are_set_after_them(amplitude):
    send(amplitude, event(user_properties={"$set": {"a": 1}, "a": 2}))
    assert view(amplitude, "/api/users/user-1")["user_properties"] == {"a": 2}


def test_to_remove_from_a_property_that_is_not_there_does_nothing():
    have: dict[str, Any] = {"a": 1}
    apply(have, {"$remove": {"b": "x"}})
    assert have == {"a": 1}


def test_device_and_location_fields_are_kept_and_reset(amplitude):
    send(amplitude, event(**DEVICE, country="US"), event(platform="Web"))
    assert view(amplitude, "/api/users/user-1")["fields"] == {"platform": "Web", "country": "US"}


def test_an_event_that_skips_the_users_properties_leaves_them_alone(amplitude):
    send(amplitude, event(user_properties={"a": 1}, platform="Web"))
    send(amplitude, event(**{"user_properties": {"a": 2}, "platform": "iOS", "$skip_user_properties_sync": True}))
    user = view(amplitude, "/api/users/user-1")
    assert (user["user_properties"], user["fields"], user["events"]) == ({"a": 1}, {"platform": "Web"}, 2)


@pytest.mark.parametrize(
    ("rule", "limit", "record"),
    [
        ("event_types", 2000, lambda n: {"event_type": f"e{n}"}),
        ("event_properties", 2000, lambda n: {"event_properties": {f"p{n}": 1}}),
        ("user_properties", 1000, lambda n: {"user_properties": {f"p{n}": 1}}),
        ("user_properties", 1000, lambda n: {"user_properties": {"$set": {f"p{n}": 1}}}),
        ("group_property_names", 1000, lambda n: {"event_type": "$groupidentify", "groups": {"t": "v"}, "group_properties": {f"p{n}": 1}}),
    ],
)  # fmt: skip
def test_names_beyond_a_projects_limit_are_noted_each_time_and_known_ones_never(rule, limit, record):
    store = Store()
    store.ingest(
        "batch",
        "k",
        [
            event(user_id=f"user-{n % 5}", **({} if rule == "event_types" else {"event_type": "e"}) | record(n))
            for n in range(limit)
        ],
    )
    assert store.drop_counts[rule] == 0
    store.ingest("batch", "k", [event(**record(limit)), event(**record(0)), event(**record(limit))])
    assert store.drop_counts[rule] == 2
    store.ingest("batch", "another project", [event(**record(limit))])
    assert store.drop_counts[rule] == 2


def test_updates_beyond_1800_an_hour_are_noted_and_kept():
    store = Store()
    store.ingest("batch", "k", [event(user_properties={"n": n}) for n in range(1802)])
    if time.time() % 3600 < 5:  # the hour may have turned meanwhile
        return
    assert store.drop_counts["updates"] == 2
    assert store.users["user-1"].user_properties == {"n": 1801}


def test_five_group_types_are_of_a_project(amplitude):
    for project in "ab":
        send(amplitude, event(groups={f"{project}{n}": "v" for n in range(5)}), key=project)
    assert drops(amplitude) == []
    send(amplitude, event(groups={"b0": "v"}), key="a")
    assert drops(amplitude) == [("group_types", "groups.b0", "v")]


def test_a_drop_says_of_which_record_user_groups_and_when(amplitude):
    before = int(time.time() * 1000)
    send(amplitude, event(insert_id="m-1", groups={"team": [str(n) for n in range(11)]}))
    (drop,) = view(amplitude, "/api/drops")["drops"]
    (row,) = view(amplitude, "/api/events")
    assert before <= drop.pop("at") <= int(time.time() * 1000)
    assert drop.pop("project").startswith("project-")
    assert drop == {
        "rule": "group_values", "sure": True, "path": "groups.team", "lost": "10", "record": row["number"], "kind": "event",
        "event_type": "e", "insert_id": "m-1", "user": "user-1", "groups": {"team": [str(n) for n in range(11)]},
    }  # fmt: skip
    assert [one["rule"] for one in row["drops"]] == ["group_values"]
    assert drops(amplitude, user="user-2") == []
    assert drops(amplitude, rule="group_values", user="user-1") == [("group_values", "groups.team", "10")]
    assert view(amplitude, f"/api/records/{row['number']}") == row
    assert requests.get(amplitude.url + "/api/records/99", timeout=5).status_code == 404


def test_drops_are_bounded_and_their_counts_are_not():
    store = Store()
    for _ in range(25):
        store.ingest("batch", "k", [event(event_properties={"t": LONG})] * 100)
    assert len(store.drops) == 2000
    assert store.drop_counts["text"] == 2500


def test_records_of_users_and_groups_are_forgotten_with_the_oldest():
    store = Store(keep_events=10)
    store.ingest("batch", "k", [event(user_id=f"user-{n % 3}", groups={"t": "v"}) for n in range(100)])
    assert [row["number"] for row in store.events] == list(range(91, 101))
    assert store.row(90) is None
    assert store.row(91) == store.events[0]
    assert sum(len(one.rows) for one in store.users.values()) == 10
    assert len(store.groups["t", "v"].rows) == 10
    assert store.groups["t", "v"].events == 100


def test_records_are_forgotten_by_their_bytes_too_but_for_the_newest():
    store = Store(keep_bytes=100_000)
    for n in range(50):
        store.ingest("batch", "k", [event(event_properties={"t": "x" * 900}, insert_id=f"{n}-{m}") for m in range(10)])
    kept = [row["number"] for row in store.events]
    assert 90 < len(kept) <= 100_000 // 900
    assert kept == list(range(501 - len(kept), 501))
    newest = store.row(500)
    assert newest is not None
    assert newest["body"]["insert_id"] == "49-9"
    assert store.row(kept[0] - 1) is None
    store.ingest("batch", "k", [event()], size=200_000)
    assert [row["number"] for row in store.events] == [501]
    store.clear()
    store.ingest("batch", "k", [event()] * 3)
    assert len(store.events) == 3


def test_what_a_file_has_is_bounded_likewise(tmp_path):
    store = Store(str(tmp_path / "file"))
    store.ingest("batch", "k", [event(event_properties={"t": "x" * 900})] * 100)
    store.close()
    again = Store(str(tmp_path / "file"), keep_bytes=50_000)
    assert 45 <= len(again.events) <= 55
    again.close()


def test_events_count_on_the_day_of_their_own_time_in_utc(amplitude):
    night = 1_710_115_199_999  # 2024-03-10T23:59:59.999Z
    send(
        amplitude,
        event(time=night, groups={"t": "v"}),
        event(time=night + 1, groups={"t": "v"}),
        event(time=night + 2, groups={"t": "v"}),
    )
    form(amplitude, "/groupidentify", identification={"group_type": "t", "group_value": "v", "group_properties": {}})
    (group,) = view(amplitude, "/api/groups")
    assert group["events_by_day"] == {"2024-03-10": 1, "2024-03-11": 2}
    send(amplitude, event(groups={"t": "v"}))
    assert time.strftime("%Y-%m-%d", time.gmtime()) in view(amplitude, "/api/groups")[0]["events_by_day"]


def test_days_are_bounded_and_may_be_absurd(amplitude):
    send(
        amplitude,
        *[event(time=n * 86_400_000, groups={"t": "v"}) for n in range(500)],
        event(time=2**62, groups={"t": "v"}),
    )
    (group,) = view(amplitude, "/api/groups")
    assert len(group["events_by_day"]) == 400
    assert group["events"] == 501
    assert list(group["events_by_day"])[-1] == f"day {2**62 // 86_400_000}"
    assert f"day {2**62 // 86_400_000}" in page(amplitude, "/groups/t/v")


def test_deep_and_long_records_are_kept_in_the_file_and_come_back(tmp_path):
    file = tmp_path / "amplitude.jsonl"
    store = Store(str(file))
    store.ingest("batch", "k", [event(user_properties=deep(300)), event(event_properties={"t": LONG})])
    store.close()
    again = Store(str(file))
    assert (again.number, again.drop_counts["text"]) == (2, 1)
    again.close()


def test_every_rule_has_a_section_and_a_meaning_and_is_in_the_docs():
    assert all(rule.section and rule.title and rule.meaning.endswith(".") for rule in RULES.values())
    table = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text().split("| rule | what |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[1:]))) == set(RULES)
    perhaps = {
        name
        for line in table.splitlines()
        if "*perhaps:*" in line
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert perhaps == {name for name, rule in RULES.items() if not rule.sure}


def test_a_device_id_that_is_no_text_is_taken_with_a_group_identify(amplitude):
    one = {"group_type": "t", "group_value": "v", "group_properties": {}, "insert_id": "1", "device_id": {"a": 1}}
    assert form(amplitude, "/groupidentify", identification=[one, one]).text == "success"
    assert [row[:2] for row in drops(amplitude)] == [("duplicate", "insert_id")]
