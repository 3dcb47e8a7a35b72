"""Where each value of the configuration came from."""

import pytest

from translator.settings.load import NAMED, OF_BUCKETS, SINGLE, WITH_FILE, load_settings, settings_from
from translator.settings.origins import Gathered

FILE = """
[segment]
shared_secret = "hush"
[groups]
type_trait = "kind"
[[groups.rules]]
type = "company"
value = "context.groupId"
[fields]
app_version = "properties.build"
[translate]
append_fields = {"context.page.path" = "pagePath"}
[destinations.production]
api_key = "k"
[destinations.test]
api_key = "k"
groups = {level = "event"}
fields = {user_id = "a.b"}
"""


@pytest.fixture
def loaded(tmp_path):
    """A function from environment variables to origins, with a file; that file's name stands as FILE."""

    def load(text=FILE, **env):
        path = tmp_path / "translator.toml"
        path.write_text(text)
        origins = load_settings(str(path), env).origins
        return {key: said.replace(str(path), "FILE") for key, said in origins.items()}

    return load


def test_what_is_in_the_file_is_known_by_its_path_and_the_rest_is_default(loaded):
    assert loaded() == {
        "segment.shared_secret": "FILE",
        "groups.type_trait": "FILE",
        "groups.rules": "FILE",
        "fields.app_version": "FILE",
        "translate.append_fields": "FILE",
        "destinations.production.api_key": "FILE",
        "destinations.production.groups.type_trait": "common [groups]",
        "destinations.production.groups.rules": "common [groups]",
        "destinations.production.translate.append_fields": "common [translate]",
        "destinations.production.fields.app_version": "common [fields]",
        "destinations.test.api_key": "FILE",
        "destinations.test.groups.level": "FILE",
        "destinations.test.groups.type_trait": "common [groups]",
        "destinations.test.groups.rules": "common [groups]",
        "destinations.test.translate.append_fields": "common [translate]",
        "destinations.test.fields.user_id": "FILE",
        "destinations.test.fields.app_version": "common [fields]",
    }


def test_nothing_configured_has_no_origins():
    assert load_settings(None, {}).origins == {}


VALUES = {"TRANSLATOR_PRESET": "classic", "AMPLITUDE_REGION": "eu", "DASHBOARD_PASSWORD": "p" * 12}


@pytest.mark.parametrize(("variable", "path"), NAMED.items())
def test_a_variable_of_a_key_is_its_origin(loaded, variable, path):
    assert loaded(**{variable: VALUES.get(variable, "x")})[".".join(path)] == f"environment: {variable}"


@pytest.mark.parametrize(("variable", "key"), SINGLE.items())
def test_a_variable_of_the_single_destination_is_its_origin(loaded, variable, key):
    origins = loaded('[destinations.one]\napi_key = "k"\n', **{variable: VALUES.get(variable, "x")})
    assert origins[f"destinations.one.{key}"] == f"environment: {variable}"


@pytest.mark.parametrize("variable", WITH_FILE)
def test_a_variable_that_names_the_file_of_a_secret_is_its_origin(loaded, variable, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("postgresql://h/db" if variable == "DATABASE_URL" else "p" * 12)
    more = '[archive]\nurl = "s3://bucket"\n'
    origins = loaded(f'[destinations.one]\napi_key = "k"\n{more}', **{f"{variable}_FILE": str(secret)})
    path = NAMED.get(variable) or ("journal", "url")
    if variable in OF_BUCKETS:
        path = ("archive", OF_BUCKETS[variable])
    key = f"destinations.one.{SINGLE[variable]}" if variable in SINGLE else ".".join(path)
    assert origins[key] == f"environment: {variable}_FILE"


def test_the_keys_of_a_bucket_count_only_where_the_archive_is_one(loaded):
    env = {"AWS_ACCESS_KEY_ID": "x", "AWS_REGION": "eu-west-1"}
    assert loaded(**env) == loaded()
    assert loaded('[archive]\nurl = "file:///a"\n', **env).keys() == {"archive.url"}
    origins = loaded('[archive]\nurl = "s3://bucket"\nregion = "x"\n', **env)
    assert origins["archive.access_key_id"] == "environment: AWS_ACCESS_KEY_ID"
    assert "AWS" not in origins["archive.region"]


def test_any_key_of_the_environment_is_known_by_its_variable(loaded):
    origins = loaded(
        TRANSLATOR__GROUPS__TYPE_TRAIT="k",
        TRANSLATOR__DESTINATIONS__TEST__GROUPS__LEVEL="user",
        TRANSLATOR__TRANSLATE__APPEND_FIELDS__X="y",
        TRANSLATOR__FIELDS='{user_id = "x.y"}',
    )
    assert origins["groups.type_trait"] == "environment: TRANSLATOR__GROUPS__TYPE_TRAIT"
    assert origins["destinations.test.groups.level"] == "environment: TRANSLATOR__DESTINATIONS__TEST__GROUPS__LEVEL"
    both = "FILE, environment: TRANSLATOR__TRANSLATE__APPEND_FIELDS__X"
    assert origins["translate.append_fields"] == both
    assert origins["fields.user_id"] == "environment: TRANSLATOR__FIELDS"
    assert "fields.app_version" not in origins, "the whole table was replaced"
    assert origins["destinations.test.groups.type_trait"] == "common [groups]"


def test_what_platforms_set_is_an_origin_only_where_it_counts(loaded):
    env = {"PORT": "80", "WEB_CONCURRENCY": "3", "DATABASE_URL": "postgres://h/db"}
    platform = {
        "server.host": "environment: PORT",
        "server.port": "environment: PORT",
        "server.workers": "environment: WEB_CONCURRENCY",
        "journal.url": "environment: DATABASE_URL",
    }
    assert loaded("", **env) == platform
    file = '[server]\nhost = "::1"\nworkers = 1\n[journal]\nurl = "sqlite:///x.db"\n'
    said = dict.fromkeys(("server.host", "server.workers", "journal.url"), "FILE")
    assert loaded(file, **env) == {**platform, **said}


def test_the_sandbox_is_the_origin_of_what_it_replaces(loaded):
    one = '[destinations.p]\napi_key = "k"\nroute = "identify-apis"\ngroups = {level = "event"}\nregion = "eu"\n'
    assert loaded(one, TRANSLATOR_SANDBOX_URL="http://127.0.0.1:8100") == {
        "destinations.sandbox.api_key": "serve --sandbox",
        "destinations.sandbox.secret_key": "serve --sandbox",
        "destinations.sandbox.url": "serve --sandbox",
        "destinations.sandbox.from": "serve --sandbox",
        "destinations.sandbox.route": "FILE",
        "destinations.sandbox.groups.level": "FILE",
        "journal.url": "serve --sandbox",
    }
    assert not any(".production." in key or ".test." in key for key in loaded(TRANSLATOR_SANDBOX_URL="http://[::1]"))


def test_a_tree_without_a_file_was_given():
    assert settings_from({"groups": {"level": "event"}}).origins == {"groups.level": "given"}


def test_a_value_set_twice_in_parts_names_each_origin_once():
    gathered = Gathered({}, "FILE")
    for number, origin in enumerate("abba"):
        gathered.put(("translate", "append_fields", str(number)), "x", origin)
    assert gathered.origins == {"translate.append_fields": "a, b"}
    gathered.put(("translate",), {"alias": True}, "c")
    assert gathered.origins == {"translate.alias": "c"}
