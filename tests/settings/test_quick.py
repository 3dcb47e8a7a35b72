"""What is taken without the schemas is what they would make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, post_load, validate

from translator.errors import SettingsError
from translator.settings import quick, schema, values
from translator.settings.compiling import shape_of, shapes, shapes_of
from translator.settings.load import load_settings, settings_from
from translator.settings.shapes import SHAPES

ODD = st.sampled_from(
    [None, True, False, -1, 0, 1, 30, 1024, 10**6, 10**12, 0.5, 60.0, float("nan"), "", "x", "true", "a, b ,", "x" * 40]
)
LISTS = st.sampled_from(
    [[], {}, [""], ["x", "y"], ["group"], ["named"], [1], {"a": "b"}, {"user_id": "a.b"}, [{"type": "t", "value": "v"}]]
)
URLS = st.sampled_from(["sqlite:///x.db", "http://127.0.0.1:1", "https://*.example.com", "https://example.com:443"])


def key(name, shape):
    """A key with values of its shape, and others."""
    near = st.sampled_from([*shape.choices, shape.least, shape.least - 1, shape.most or 5, (shape.most or 5) + 1])
    return name, near | ODD | LISTS | URLS


def table(kind, shapes_of_table):
    known = [field.data_key or name for name, field in kind().fields.items() if name not in ("groups", "translate")]
    plain = dict(key(name, shape) for name, shape in shapes_of_table.items())
    others = {name: ODD | LISTS | URLS for name in [*known, "unknown"] if name not in plain}
    return small(plain) | small({**plain, **others}) | ODD | LISTS


def small(keys):
    """Tables of a few keys: a fault more in each is seldom none."""
    return st.lists(st.sampled_from(sorted(keys)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: keys[name] for name in names})
    )


TABLES = {name: table(type(field.schema), SHAPES[name]) for name, field in schema.WholeFile().fields.items() if isinstance(field, fields.Nested)}  # fmt: skip
DESTINATION = st.builds(
    lambda one, more: {**one, **more} if isinstance(one, dict) else one,
    table(schema.DestinationTable, SHAPES["destinations"]),
    st.fixed_dictionaries({}, optional={"api_key": st.just("k"), **{part: TABLES[part] for part in ("groups", "translate")}}),
)  # fmt: skip
NAMES = st.sampled_from(["amplitude", "my-app", "a" * 32, "a" * 33, "Prod", "", "-a", "a b", "ä", "a\n"])
TREES = small(
    {**TABLES, "destinations": st.dictionaries(NAMES, DESTINATION, max_size=2) | ODD, "fields": LISTS, "unknown": ODD}
)


@given(TREES)
def test_what_is_taken_is_what_the_schemas_would_make_of_it(tree):
    found = quick.loaded(tree)
    if found is not None:
        assert schema.WholeFile().load(tree) == found


KEYS = [(name, key) for name, table in SHAPES.items() for key in table]


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_the_schemas_are_not_asked_of_what_is_plainly_good(name, key):
    shape = SHAPES[name][key]
    good = {
        "text": ["x" * max(shape.least, 1), "y" * 50],
        "choice": shape.choices,
        "flag": [True, False],
        "whole": [shape.least, shape.least + 1, 10**9 if shape.most is None else shape.most],
        "texts": [[], ["x", "y"], "x", "x, y"],
        "empty": [{}],
    }
    for value in good[shape.kind]:
        tree = {name: {"one": {"api_key": "k", key: value}}} if name == "destinations" else {name: {key: value}}
        assert quick.loaded(tree) == schema.WholeFile().load(tree)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"JOURNAL_URL": "sqlite:///x.db", "SEGMENT_SHARED_SECRET": "a,b", "AMPLITUDE_API_KEY": "k", "AMPLITUDE_REGION": "eu"},
        {"AMPLITUDE_API_KEY": "k", "AMPLITUDE_GROUP_TYPE_TRAIT": "t", "AMPLITUDE_GROUP_VALUE_TRAIT": "v", "PORT": "80"},
        {"DASHBOARD_PASSWORD": "a long password", "WEB_CONCURRENCY": "2", "TRANSLATOR__TRANSLATE__ALIAS": "true"},
    ],
)  # fmt: skip
def test_usual_configurations_are_taken(env, monkeypatch):
    expected = load_settings(environment=env)
    monkeypatch.setattr(schema, "WholeFile", None)
    assert load_settings(environment=env) == expected


def made(name):
    field = schema.WholeFile().fields[name]
    assert isinstance(field, fields.Nested)
    return field.schema


def test_every_table_becomes_what_its_schema_makes_of_it():
    tables = {name for name, field in schema.WholeFile().fields.items() if isinstance(field, fields.Nested)}
    assert {name: vars(type(made(name)))["becomes"] for name in tables} == quick.BECOMES


def test_most_keys_can_be_taken():
    left = {f"{name}.{key}" for name, table in shapes().items() for key in keys_of(name) if key not in table}
    assert left == {
        "segment.write_keys", "segment.origins", "segment.calls_per_second",
        "translate.pages", "translate.delete", "translate.hook", "translate.hook_seconds",
        "groups.calls", "groups.rules", "journal.wait_seconds", "journal.kafka", "archive.url", "archive.endpoint",
        "salesforce.domain", "salesforce.instance_url", "salesforce.at", "salesforce.destinations", "salesforce.objects",
        "kpis.at", "kpis.destinations", "kpis.timezone", "kpis.properties",
        "delivery.lease_seconds", "delivery.timeout_seconds", "delivery.window_days", "delivery.idle_seconds",
        "server.public_url", "destinations.url", "destinations.events_per_second", "destinations.groups", "destinations.translate",
    }  # fmt: skip


def keys_of(name):
    table = schema.DestinationTable() if name == "destinations" else made(name)
    return [field.data_key or attribute for attribute, field in table.fields.items()]


@pytest.mark.parametrize(
    "field",
    [
        fields.String(validate=validate.Length(max=3)),
        fields.String(validate=[validate.Length(min=1), validate.Length(min=2)]),
        fields.String(validate=validate.Regexp("a")),
        fields.Integer(validate=validate.Range(min=1, min_inclusive=False)),
        fields.Boolean(validate=bool),
        fields.Email(),
        schema.TextOrList(validate=len),
    ],
)
def test_a_field_that_says_more_is_left_to_the_schema(field):
    assert shape_of("key", field) is None


class Checked(schema.ServerTable):
    @post_load
    def _more(self, data, **_):
        return data


def test_a_table_that_says_more_is_left_to_the_schema():
    assert shapes_of(Checked()) == {}
    assert shapes_of(schema.ServerTable()) == SHAPES["server"]


@pytest.mark.parametrize(
    "tree", [{"server": {"port": True}}, {"server": {"prot": 1}}, {"servr": {}}, {"destinations": {"a": {}}}]
)
def test_what_is_wrong_is_told_by_the_schemas(tree):
    with pytest.raises(SettingsError):
        settings_from(tree)


def test_nothing_is_the_defaults():
    assert settings_from({}) == values.Settings()
