"""The configuration that counts, for people: complete, as TOML that means the same, and without a secret."""

import hashlib
import tomllib
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.settings import schema, values
from translator.settings.effective import DEFAULT, NOT_SET, changed, effective, shown_url, toml
from translator.settings.load import load_settings, settings_from

TEXT = st.text(min_size=1, max_size=12)
TEXTS = st.lists(TEXT, min_size=1, max_size=3)
PATH = st.sampled_from(["a.b", "$.traits.kind", "context.groupId", 'odd "key" \\.x', "\x7f.\u2028", "é.<script>"])
RULE = st.fixed_dictionaries(
    {"type": TEXT, "value": st.lists(PATH, min_size=1, max_size=2)},
    optional={
        "calls": st.lists(st.sampled_from(values.RULE_CALLS), min_size=1, max_size=2),
        "properties": st.booleans() | TEXTS,
        "name": st.lists(PATH, min_size=1, max_size=2),
        "level": st.sampled_from(["user", "event"]),
    },
)
PARTS = {
    "groups": st.fixed_dictionaries(
        {},
        optional={
            "type_trait": TEXT,
            "value_trait": TEXT,
            "level": st.sampled_from(["user", "event", "both"]),
            "memory_days": st.integers(1, 3650),
            "rules": st.lists(RULE, max_size=3),
        },
    ),
    "translate": st.fixed_dictionaries(
        {},
        optional={
            "alias": st.booleans(),
            "set_once": TEXTS,
            "append_fields": st.dictionaries(TEXT, TEXT, max_size=3),
            "query_params": st.dictionaries(TEXT, st.sampled_from(["user_properties", "event_properties"]), max_size=2),
            "hook_seconds": st.floats(0.1, 15),
            "version_name": TEXT,
        },
    ),
    "fields": st.dictionaries(st.sampled_from(sorted(values.FIELDS)), st.lists(PATH, min_size=1, max_size=2), max_size=3),
}  # fmt: skip
SECRET = st.builds("{}hush{}".format, st.text(max_size=6), st.text(min_size=12, max_size=16))
LONG = SECRET.map(lambda text: text + "x" * 32)
SOURCE = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
WRITE_KEY = st.uuids().map("hush-{}".format)
OBJECT = st.fixed_dictionaries(
    {
        "object": st.just("Account"),
        "group_type": TEXT,
        "properties": st.dictionaries(
            TEXT.filter(lambda name: name.strip() and name[0] != "$"),
            st.sampled_from(["Name", "Owner.Name"]),
            min_size=1,
            max_size=3,
        ),
    },
    optional={"every": st.sampled_from(["week", 7]), "where": TEXT, "key": st.just("Number__c")},
)
DESTINATION = st.fixed_dictionaries(
    {"api_key": SECRET},
    optional={
        "secret_key": SECRET,
        "test": st.booleans(),
        "url": SECRET.map(lambda text: f"http://user:{quote(text, safe='')}@127.0.0.1:8100"),
        "from": st.sampled_from(["now", "earliest"]),
        **PARTS,
    },
)
RAW = st.text(st.characters(exclude_characters="&", exclude_categories=["Cs"]), max_size=5)
URLS = st.one_of(
    st.builds("postgresql://u:{}hush{}@host:5432/db".format, RAW, RAW),
    st.builds("postgres://{}hush{}@host/db?sslmode=require".format, RAW, RAW),
    st.builds("postgresql://host/db?password={}hush{}&sslmode=require".format, RAW, RAW),
    st.builds("postgresql://h,h2:1/db?sslmode=require&sslpassword={}hush".format, RAW),
    SECRET.map(lambda text: f"postgresql://u:{quote(text, safe='')}@host/db?passfile={quote(text, safe='')}"),
    st.builds("{}hush{}".format, RAW, RAW),
)
KPIS = st.lists(
    st.fixed_dictionaries(
        {"name": TEXT.map(lambda text: f"n{text}"), "window": st.sampled_from(values.WINDOWS)},
        optional={
            "group_type": TEXT,
            "events": TEXTS,
            "where": st.dictionaries(
                st.sampled_from(["a", "b.c"]), st.one_of(TEXT, st.booleans(), st.integers()), max_size=2
            ),
        },
    ).map(lambda one: {**one, "measure": "events"}),
    max_size=2,
    unique_by=lambda one: str(one["name"]),
)
KAFKA = st.fixed_dictionaries(
    {},
    optional={
        "partitions": st.integers(1, 100),
        "options": st.dictionaries(
            st.sampled_from(["sasl.password", "ssl.key.pem", "sasl.pasword", "sasl.oauthbearer.config"]),
            SECRET.map(lambda text: text.replace("\0", "")),
            max_size=3,
        ),
    },
)
TREE = st.fixed_dictionaries(
    {},
    optional={
        "segment": st.fixed_dictionaries(
            {},
            optional={
                "shared_secret": st.lists(SECRET, max_size=3),
                "header_token": SECRET,
                "own_names": TEXTS,
                "write_keys": st.dictionaries(SOURCE, st.lists(WRITE_KEY, min_size=1, max_size=2), max_size=3),
            },
        ),
        "dashboard": st.fixed_dictionaries({}, optional={"password": SECRET, "secret_key": LONG}),
        "journal": st.fixed_dictionaries(
            {}, optional={"url": URLS, "wait_seconds": st.floats(0.1, 60), "kafka": KAFKA}
        ),
        "archive": st.fixed_dictionaries(
            {"url": st.sampled_from(["s3://bucket/prefix", "file:///a/b"])},
            optional={"access_key_id": SECRET, "secret_access_key": SECRET},
        ),
        "salesforce": st.fixed_dictionaries(
            {},
            optional={
                "access_token": SECRET,
                "consumer_secret": SECRET,
                "at": st.sampled_from(["00:00", "05:07", "23:59"]),
                "objects": st.lists(OBJECT, max_size=1),
            },
        ),
        "kpis": st.fixed_dictionaries({}, optional={"at": st.sampled_from(["00:00", "23:59"]), "properties": KPIS}),
        "server": st.fixed_dictionaries({}, optional={"port": st.integers(0, 65535), "host": TEXT}),
        **PARTS,
        "destinations": st.dictionaries(st.sampled_from(["a", "b-2", "c_3"]), DESTINATION, max_size=3),
    },
)


def rows(found):
    return {row.key: row for table in effective(found) for row in table.settings}


def table(found, name):
    return {one.name: one for one in effective(found)}[name].settings


@settings(max_examples=100, deadline=None)
@given(TREE)
def test_no_secret_is_ever_shown(tree):
    found = settings_from(tree)
    assert "hush" not in repr(effective(found))
    assert "hush" not in repr(found.origins)


@settings(max_examples=100, deadline=None)
@given(TREE)
def test_what_is_shown_is_toml_that_means_the_same(tree):
    found = settings_from(tree)
    text = ""
    for one in effective(found):
        lines = (f"{row.name} = {hidden(tree, row) if row.is_secret else row.value}\n" for row in one.settings)
        text += f"[{one.name}]\n" + "".join(line for line in lines if not line.endswith(f" = {NOT_SET}\n"))
    assert settings_from(tomllib.loads(text)) == found


def hidden(tree, row):
    """What stands in the tree, as TOML."""
    for part in row.key.split("."):
        tree = tree[part]
    return toml(tree)


def test_every_key_of_every_table_is_there_with_its_default():
    found = rows(settings_from({"destinations": {"d": {"api_key": "k"}}}))
    tables = {name: field.schema for name, field in schema.WholeFile().fields.items() if hasattr(field, "schema")}
    tables["destinations.d"] = schema.DestinationTable()
    keys = {
        f"{name}.{field.data_key or attribute}"
        for name, one in tables.items()
        for attribute, field in one.fields.items()
        if (field.data_key or attribute) not in ("groups", "translate", "fields", "kafka")
    }
    assert set(found) == keys
    assert found["groups.level"].value == '"user"'
    assert found["groups.type_trait"].value == NOT_SET
    assert found["destinations.d.from"].value == '"now"'
    assert {row.origin for key, row in found.items() if key != "destinations.d.api_key"} == {DEFAULT}


def test_each_value_says_where_it_came_from():
    env = {"AMPLITUDE_API_KEY": "k", "SEGMENT_SHARED_SECRET": "a,b", "DASHBOARD_PASSWORD": "p" * 12}
    found = rows(load_settings(None, env))
    key, secret, password = (found[one] for one in ("destinations.amplitude.api_key", "segment.shared_secret", "dashboard.password"))  # fmt: skip
    assert (key.value, key.origin, key.is_secret) == ("***", "environment: AMPLITUDE_API_KEY", True)
    assert (secret.value, secret.origin) == ("*** (2)", "environment: SEGMENT_SHARED_SECRET")
    assert (password.value, password.name) == ("***", "password")
    assert found["segment.header_token"].value == NOT_SET
    assert not found["segment.header_token"].is_secret


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("web=hush-1,backend=hush-2", {"web": "***", "backend": "***"}),
        ({"web": ["hush-1", "hush-2"], "app": "hush-3"}, {"web": ["***", "***"], "app": "***"}),
        (["hush-1"], {f"source-{hashlib.sha256(b'hush-1').hexdigest()[:8]}": "***"}),
    ],
)
def test_of_write_keys_the_names_of_their_sources_are_shown(given, shown):
    row = rows(settings_from({"segment": {"write_keys": given}}))["segment.write_keys"]
    assert tomllib.loads(f"write_keys = {row.value}") == {"write_keys": shown}
    assert (row.is_secret, "hush" in repr(row)) == (True, False)


def test_only_what_somebody_set():
    found = changed(effective(settings_from({"server": {"port": 80}, "groups": {"level": "user"}})))
    assert [(one.name, [row.key for row in one.settings]) for one in found] == [
        ("groups", ["groups.level"]),
        ("server", ["server.port"]),
    ]
    assert changed(effective(settings_from({}))) == []


def test_a_destination_shows_the_tables_that_are_its_own():
    one = {"api_key": "k"}
    tree = {
        "groups": {"type_trait": "kind", "level": "event"},
        "fields": {"user_id": "a.b"},
        "destinations": {
            "common": one,
            "same": {**one, "groups": {"level": "event"}},
            "other": {**one, "fields": {"device_id": "c.d"}, "translate": {"alias": True}},
        },
    }
    names = [table.name for table in effective(settings_from(tree)) if table.name.startswith("destinations.")]
    assert names == [
        "destinations.common", "destinations.same", "destinations.same.groups",
        "destinations.other", "destinations.other.translate", "destinations.other.fields",
    ]  # fmt: skip
    groups = {row.name: row for row in table(settings_from(tree), "destinations.same.groups")}
    assert (groups["level"].origin, groups["type_trait"].origin) == ("given", "common [groups]")
    assert groups["fallback"].is_default
    paths = [(row.name, row.value, row.origin) for row in table(settings_from(tree), "destinations.other.fields")]
    assert paths == [("user_id", '["a.b"]', "common [fields]"), ("device_id", '["c.d"]', "given")]


def test_rules_have_a_line_each():
    rules = [{"type": "t", "value": "a.b", "properties": False}, {"type": "u", "value": ["c"], "level": "event"}]
    assert rows(settings_from({"groups": {"rules": rules}}))["groups.rules"].value.splitlines() == [
        "[",
        '  {type = "t", value = ["a.b"], calls = ["group"], properties = false},',
        '  {type = "u", value = ["c"], calls = ["group"], level = "event"},',
        "]",
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///data/journal.db", "sqlite:///data/journal.db"),
        ("sqlite:////var/lib/x y/journal.db", "sqlite:////var/lib/x y/journal.db"),
        ("sqlite:///journal.db?password=hush", "sqlite:///***"),
        ("postgresql://app:hush@db.example:5432/journal", "postgresql://app:***@db.example:5432/journal"),
        ("postgres://app:hush@[::1]:5432/journal", "postgres://app:***@[::1]:5432/journal"),
        ("postgresql://a,b:5432/db?target_session_attrs=any", "postgresql://a,b:5432/db?target_session_attrs=any"),
        ("postgresql://token@h/db", "postgresql://***@h/db"),
        ("postgresql://:hush@h/db", "postgresql://***@h/db"),
        ("postgresql://a%3Ahush:x@h/db", "postgresql://***@h/db"),
        (
            "postgresql://h/db?sslmode=require&password=hush&sslmode=a%20hush",
            "postgresql://h/db?sslmode=require&***&***",
        ),
        ("postgresql:///db?host=/run/postgresql&options=-c%20x", "postgresql:///db?***&***"),
        ("postgresql://u:hu@sh@h/db", "***"),
        ("postgresql://u:hu/sh@h/db", "***"),
        ("postgresql://u:12?sh@h/db", "***"),
        ("postgresql://u:hu#sh@h/db", "***"),
        ("host=h password=hush", "***"),
        ("http://127.0.0.1:8100", "http://127.0.0.1:8100"),
        ("https://proxy.example/", "https://proxy.example/"),
        ("https://token@proxy.example", "https://***@proxy.example"),
        ("https://u:hush@proxy.example", "https://u:***@proxy.example"),
        ("https://proxy.example#hush", "***"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url, shown):
    assert shown_url(url) == shown


def test_what_is_no_text_is_shown_all_the_same():
    """Environment variables and paths of a POSIX system are bytes, which need not be UTF-8."""
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    found = settings_from({"groups": {"type_trait": odd}}, odd)
    (row,) = [row for row in table(found, "groups") if row.name == "type_trait"]
    assert (row.value, row.origin) == ('"caf\\udce9"', "caf?")
    row.value.encode("utf-8")
