"""Configuration: what is read, from where, and what is said of faults."""

import pytest

from translator.errors import SettingsError
from translator.settings.load import SANDBOX_JOURNAL, load_settings, settings_from
from translator.settings.values import KpiProperty, Rule, Settings, translation_settings

RULE = {"type": "company", "value": "context.groupId"}


def fault(tree):
    with pytest.raises(SettingsError) as caught:
        settings_from(tree)
    return str(caught.value)


def from_env(**env):
    return load_settings(environment=env)


def test_nothing_configured_gives_the_defaults():
    settings = from_env()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.groups.fallback == "segment-group"
    assert settings.destinations == {}


def test_a_file_is_read(tmp_path):
    file = tmp_path / "translator.toml"
    file.write_text('[groups]\ntype_trait = "kind"\n[[groups.rules]]\ntype = "company"\nvalue = ["a.b", "c"]\n')
    settings = load_settings(str(file), {})
    assert settings.groups.type_trait == "kind"
    assert settings.groups.rules == (Rule("company", ("a.b", "c")),)


def test_named_variables_win_over_the_file(tmp_path):
    file = tmp_path / "translator.toml"
    file.write_text('[groups]\ntype_trait = "kind"\n')
    settings = load_settings(str(file), {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type"})
    assert settings.groups.type_trait == "group_type"


def test_any_key_can_come_from_the_environment():
    settings = from_env(
        TRANSLATOR__GROUPS__FALLBACK="none",
        TRANSLATOR__GROUPS__RULES='[{type = "company", value = "context.groupId"}]',
        TRANSLATOR__DESTINATIONS__PROD__API_KEY="k",
        TRANSLATOR__DESTINATIONS__PROD__REGION="eu",
    )
    assert settings.groups.fallback == "none"
    assert settings.groups.rules[0].value == ("context.groupId",)
    assert settings.destinations["prod"].region == "eu"


def test_one_api_key_makes_one_destination():
    settings = from_env(AMPLITUDE_API_KEY="k", AMPLITUDE_REGION="eu")
    assert {name: one.region for name, one in settings.destinations.items()} == {"amplitude": "eu"}


def test_one_api_key_for_two_destinations_is_refused(tmp_path):
    file = tmp_path / "t.toml"
    file.write_text('[destinations.a]\napi_key="1"\n[destinations.b]\napi_key="2"\n')
    with pytest.raises(SettingsError, match=r"AMPLITUDE_API_KEY: the configuration names 2 destinations \(a, b\)"):
        load_settings(str(file), {"AMPLITUDE_API_KEY": "k"})


def test_secrets_rotate_in_one_variable_or_a_file(tmp_path):
    assert from_env(SEGMENT_SHARED_SECRET="new, old").segment.shared_secret == ("new", "old")
    file = tmp_path / "secret"
    file.write_text("from-file\n")
    assert from_env(SEGMENT_SHARED_SECRET_FILE=str(file)).segment.shared_secret == ("from-file",)


def test_a_platform_port_listens_to_the_outside():
    settings = from_env(PORT="5000")
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 5000)


def test_what_is_said_for_this_key_alone_counts_more_than_a_platforms_port():
    """``translator serve --port`` says it so."""
    settings = from_env(PORT="5000", TRANSLATOR__SERVER__PORT="6000", TRANSLATOR__SERVER__HOST="127.0.0.1")
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 6000)


def test_a_destination_has_its_own_groups_over_the_common_ones():
    settings = settings_from(
        {
            "groups": {"type_trait": "kind", "value_trait": "name"},
            "destinations": {"test": {"api_key": "k", "groups": {"level": "event"}}},
        }
    )
    groups = translation_settings(settings, "test").groups
    assert (groups.type_trait, groups.level) == ("kind", "event")


def test_the_sandbox_replaces_every_destination_and_has_its_own_journal():
    settings = from_env(AMPLITUDE_API_KEY="real", TRANSLATOR_SANDBOX_URL="http://127.0.0.1:8100")
    assert {name: one.api_key for name, one in settings.destinations.items()} == {"sandbox": "sandbox"}
    assert settings.journal.url == SANDBOX_JOURNAL


def test_faults_name_the_key_the_value_and_what_it_may_be():
    assert fault({"groups": {"fallback": "nine"}}) == (
        "groups.fallback: 'nine' must be one of: segment-group, none, reject"
    )
    assert fault({"server": {"port": "x"}}) == "server.port: 'x' must be a whole number"
    assert fault({"groups": {"rules": [{**RULE, "level": "both"}]}}) == (
        "groups.rules.0.level: 'both' must be one of: user, event"
    )
    assert fault({"destinations": {"p": {}}}) == "destinations.p.api_key: required"


@pytest.mark.parametrize("name", ["prod!x", "a" * 33, "A", "", "-a", "a\n"])
def test_a_destination_has_a_short_plain_name(name):
    said = "a name is at most 32 small letters, digits, - and _, and begins with one of the first two"
    assert fault({"destinations": {name: {"api_key": "k"}}}) == f"destinations.{name}: {said}"


def test_the_longest_name_of_a_destination_is_taken():
    assert "a" * 32 in settings_from({"destinations": {"a" * 32: {"api_key": "k"}}}).destinations


def test_an_unknown_key_says_what_it_may_be_and_never_its_value():
    said = fault({"segment": {"shared_secrets": "tell-nobody"}})
    assert "segment.shared_secrets: unknown key (did you mean shared_secret?); it may be: shared_secret, " in said
    assert "tell-nobody" not in said


def test_all_faults_are_told_at_once():
    assert len(fault({"groups": {"level": 1, "fallback": 2}, "sever": {}}).splitlines()) == 3


KPI = {"name": "Orders", "measure": "events", "window": "7 days"}


def kpis(*properties, **more):
    return settings_from({"destinations": {"a": {"api_key": "k"}}, "kpis": {"properties": list(properties), **more}})


def test_kpis_are_read_and_have_a_minute():
    where: dict[str, str | float | bool] = {"plan": "pro", "cart.items": 3, "trial": False}
    one = {
        **KPI,
        "measure": "sum",
        "of": "cart.total",
        "group_type": "company",
        "events": "Order Placed",
        "where": where,
    }
    found = kpis(
        KPI | {"group_type": "team"}, one, at="23:05", destinations="a", timezone="Europe/Berlin", joined_days=5
    ).kpis
    assert (found.at, found.destinations, found.timezone, found.joined_days) == (1385, ("a",), "Europe/Berlin", 5)
    assert found.properties == (
        KpiProperty("Orders", "events", "7 days", "team"),
        KpiProperty("Orders", "sum", "7 days", "company", ("Order Placed",), "cart.total", where),
    )
    assert Settings().kpis.at == 240


@pytest.mark.parametrize(
    ("properties", "more", "said"),
    [
        ([KPI, KPI], {}, "kpis.properties: 'Orders' is named twice for a group type"),
        ([KPI, {**KPI, "group_type": "team"}], {}, "kpis.properties: 'Orders' is named twice for a group type"),
        (
            [{**KPI, "name": "$set"}],
            {},
            "kpis.properties.0.name: '$set' must be a name of up to 1000 characters that does not begin with $",
        ),
        ([{**KPI, "window": "8 days"}], {}, "kpis.properties.0.window: '8 days' must be one of: 1 day, 7 days, "),
        ([{**KPI, "measure": "sum"}], {}, 'kpis.properties.0.of: required for measure = "sum"'),
        ([{**KPI, "of": "total"}], {}, "kpis.properties.0.of: 'total' must be left out: it is for measure = \"sum\""),
        ([{**KPI, "where": {"a": [1]}}], {}, "must be a text, a number, true or false"),
        ([{"name": "n"}], {}, "kpis.properties.0.measure: required"),
        ([{**KPI, "windows": "7 days"}], {}, "kpis.properties.0.windows: unknown key (did you mean window?)"),
        ([KPI], {"at": "24:00"}, "kpis.at: '24:00' must be a time of the day in UTC, such as 05:00"),
        ([KPI], {"at": 4}, "kpis.at: 4 must be a time of the day in UTC, such as 05:00"),
        (
            [KPI],
            {"timezone": "Mars/Olympus"},
            "kpis.timezone: 'Mars/Olympus' must be a time zone such as Europe/Berlin, or UTC",
        ),
        ([KPI], {"timezone": "../etc/passwd"}, "kpis.timezone: '../etc/passwd' must be a time zone"),
        ([KPI], {"destinations": ["a", "b"]}, "kpis.destinations: 'b' is not configured; there are: a"),
    ],
)
def test_what_is_wrong_with_kpis_is_said(properties, more, said):
    with pytest.raises(SettingsError) as error:
        kpis(*properties, **more)
    assert said in str(error.value)


def test_the_sandbox_takes_the_kpis_of_every_destination(tmp_path):
    file = tmp_path / "translator.toml"
    file.write_text('[destinations.a]\napi_key = "k"\n[kpis]\ndestinations = ["a"]\n')
    found = load_settings(str(file), {"TRANSLATOR_SANDBOX_URL": "http://127.0.0.1:1"})
    assert found.kpis.destinations == ("sandbox",)


def test_six_group_types_are_refused():
    said = fault({"groups": {"rules": [{**RULE, "type": f"t{n}"} for n in range(6)]}})
    assert "6 group types are configured (t0, t1, t2, t3, t4, t5); Amplitude keeps 5" in said


def test_the_pair_of_traits_counts_as_a_group_type():
    five = {"rules": [{**RULE, "type": f"t{n}"} for n in range(5)]}
    assert len(settings_from({"groups": five}).groups.rules) == 5
    assert "6 group types" in fault({"groups": {**five, "type_trait": "a", "value_trait": "b"}})


def test_deletion_needs_the_secret_key():
    said = fault({"translate": {"delete": True}, "destinations": {"p": {"api_key": "k"}}})
    assert said.startswith("destinations.p.secret_key: required, because translate.delete is true")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"TRANSLATOR__GROUPS__FALLBAK": "none"}, "groups.fallbak: unknown key"),
        ({"PORT": "http"}, "PORT: 'http' must be a whole number"),
        (
            {"SEGMENT_SHARED_SECRET_FILE": "/does/not/exist"},
            "SEGMENT_SHARED_SECRET_FILE: /does/not/exist cannot be read",
        ),
        ({"TRANSLATOR_CONFIG": "/does/not/exist.toml"}, "/does/not/exist.toml: cannot be read"),
        ({"TRANSLATOR__GROUPS": "5"}, "groups: 5 must be a table"),
        ({"TRANSLATOR_PRESET": "modern"}, "translate.preset: 'modern' must be one of: actions, classic"),
    ],
)
def test_faults_of_the_environment_are_named(env, said):
    with pytest.raises(SettingsError, match=said.replace("(", r"\(")):
        from_env(**env)


def test_a_file_that_is_not_toml_says_where(tmp_path):
    file = tmp_path / "translator.toml"
    file.write_text("[groups\n")
    with pytest.raises(SettingsError, match=r"is not TOML: .*line 1"):
        load_settings(str(file), {})


def test_no_secret_is_in_any_repr():
    settings = from_env(
        SEGMENT_SHARED_SECRET="hush-1", SEGMENT_HEADER_TOKEN="hush-2", AMPLITUDE_API_KEY="hush-3",
        AMPLITUDE_SECRET_KEY="hush-4", JOURNAL_URL="sqlite:///hush-5.db",
    )  # fmt: skip
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("url", ["postgres://u:p@h/db", "postgresql://u:p@h/db?sslmode=require"])
def test_a_platforms_database_is_the_journal_where_nothing_else_is(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {"DATABASE_URL": url}).journal.url == url
    given = {"DATABASE_URL": url, "JOURNAL_URL": "sqlite:///x.db"}
    assert load_settings(None, given).journal.url == "sqlite:///x.db"
    sandbox = {"DATABASE_URL": url, "TRANSLATOR_SANDBOX_URL": "http://127.0.0.1:8100"}
    assert load_settings(None, sandbox).journal.url == "sqlite:///data/sandbox-journal.db", (
        "nothing leaves this machine"
    )
    assert load_settings(None, {"DATABASE_URL": "mysql://h/db"}).journal.url == "sqlite:///data/journal.db"
    driver = url.replace("://", "+psycopg://")
    assert load_settings(None, {"DATABASE_URL": driver}).journal.url == url, "as SQLAlchemy has it"
    secret = tmp_path / "secret"
    secret.write_text(url)
    assert load_settings(None, {"DATABASE_URL_FILE": str(secret)}).journal.url == url


def test_a_platforms_number_of_workers_counts_where_nothing_else_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {"WEB_CONCURRENCY": "3"}).server.workers == 3
    given = {"WEB_CONCURRENCY": "3", "TRANSLATOR__SERVER__WORKERS": "2"}
    assert load_settings(None, given).server.workers == 2
    with pytest.raises(SettingsError, match="WEB_CONCURRENCY: 'many' must be a whole number from 0 to 1024"):
        load_settings(None, {"WEB_CONCURRENCY": "many"})


def test_a_journal_that_is_no_table_is_named_beside_a_platforms_database(tmp_path):
    config = tmp_path / "translator.toml"
    config.write_text('journal = "x"\n')
    with pytest.raises(SettingsError, match="journal"):
        load_settings(str(config), {"DATABASE_URL": "postgres://u:p@h/db"})


@pytest.mark.parametrize(
    "tree",
    [
        {"dashboard": {"password": "hush"}},
        {"dashboard": {"password": 40416}},
        {"dashboard": {"secret_key": "hush"}},
        {"segment": {"shared_secret": 40416, "header_token": 40416}},
        {"destinations": {"a": {"api_key": 40416, "secret_key": 40416, "url": "ftp://u:hush@h"}}},
    ],
)
def test_a_fault_never_shows_a_secret(tree):
    said = fault(tree)
    assert "must" in said
    assert "hush" not in said
    assert "40416" not in said


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"web": "K1", "app": ["K2", "K3"]}, {"K1": "web", "K2": "app", "K3": "app"}),
        (["K1", "K2"], {"K1": "source-badb7283", "K2": "source-6897ab3e"}),
        ("K1", {"K1": "source-badb7283"}),
        ("web=K1, app=K2", {"K1": "web", "K2": "app"}),
        ("K1,web=K2", {"K1": "source-badb7283", "K2": "web"}),
        ([], {}),
        ("", {}),
    ],
)
def test_write_keys_name_their_sources(given, keys):
    assert settings_from({"segment": {"write_keys": given}}).segment.write_keys == keys


def test_write_keys_come_from_the_environment(tmp_path):
    assert from_env(SEGMENT_WRITE_KEYS="web=K1,app=K2").segment.write_keys == {"K1": "web", "K2": "app"}
    assert from_env(TRANSLATOR__SEGMENT__WRITE_KEYS__WEB="K1").segment.write_keys == {"K1": "web"}
    (tmp_path / "keys").write_text("web=K1\n")
    assert from_env(SEGMENT_WRITE_KEYS_FILE=str(tmp_path / "keys")).segment.write_keys == {"K1": "web"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["hush hush"], "a write key has 1 to 128 letters"),
        ({"web": "hush/"}, "a write key has 1 to 128 letters"),
        ({"web": ""}, "a write key has 1 to 128 letters"),
        ({"Web": "hush"}, "a source's name has up to 32 small letters"),
        ({"webhook": "hush"}, "is not webhook or tracking"),
        ({"a": "hush", "b": "hush"}, "the same key is given for a and for b"),
        ({"a": 5}, "must be a list of keys, or a table source = key"),
        (5, "must be a list of keys, or a table source = key"),
        ([5], "must be a list of keys, or a table source = key"),
    ],
)
def test_what_is_wrong_with_write_keys_is_said_without_them(given, said):
    found = fault({"segment": {"write_keys": given}})
    assert found.startswith("segment.write_keys: ")
    assert said in found
    assert "hush" not in found


@pytest.mark.parametrize(
    "origin",
    [
        "example.com",
        "https://example.com/",
        "https://a.*.com",
        "https://*",
        "*.com",
        "https://a b",
        "https://",
        "https://b\u00fccher.example",
        "https://u@a.example",
        "https://a.example?x",
        "http://[::1]:80",
        "https://a.example:443",
    ],
)
def test_what_is_no_origin_stops_the_start(origin):
    assert fault({"segment": {"origins": [origin]}}).startswith("segment.origins: must be ")


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://example.com", "http://localhost:3000", "https://*.example.com", "capacitor://localhost", "chrome-extension://abc", "http://[::1]:8080", "https://xn--bcher-kva.example", "file://"]
)  # fmt: skip
def test_origins_are_as_browsers_write_them(origin):
    assert settings_from({"segment": {"origins": origin}}).segment.origins == (origin,)


def test_several_origins_may_stand_in_one_variable():
    found = from_env(TRANSLATOR__SEGMENT__ORIGINS="https://a.example,https://b.example")
    assert found.segment.origins == ("https://a.example", "https://b.example")
