"""[salesforce]: what it may say, and what is told of what it may not."""

import pytest

from translator.errors import SettingsError
from translator.settings import values
from translator.settings.effective import NOT_SET, effective
from translator.settings.load import load_settings, settings_from

ACCOUNT = {"object": "Account", "group_type": "company", "properties": {"Account Name": "Name", "Owner": "Owner.Name"}}


def of(*objects, destinations=None, **more):
    tree = {"salesforce": {**more, "objects": list(objects)}}
    if destinations:
        tree["destinations"] = {name: {"api_key": "k"} for name in destinations}
    return settings_from(tree).salesforce


def test_nothing_is_needed_but_what_and_where_to():
    (one,) = of(ACCOUNT).objects
    assert one == values.SalesforceObject("Account", "company", {"Account Name": "Name", "Owner": "Owner.Name"})
    assert (one.key, one.every, one.where, one.key_form) == ("Id", "day", None, "as-is")


def test_the_time_of_the_day_is_a_minute():
    assert of(at="06:30").at == 390
    assert of(at="00:00").at == 0
    assert values.SalesforceSettings().at == 5 * 60


@pytest.mark.parametrize("every", ["day", "week", "month", 1, 7, 3650])
def test_every_so_often(every):
    assert of({**ACCOUNT, "every": every}).objects[0].every == every


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("object", "Account; DROP", "API name"),
        ("object", "Account.Name", "API name"),
        ("key", "Id = '1'", "API name"),
        ("key", "1Id", "API name"),
        ("key", "Id\n", "API name"),
        ("group_type", "", "1 to 1024 characters"),
        ("group_type", "x" * 1025, "1 to 1024 characters"),
        ("every", 0, "a number of days"),
        ("every", True, "a number of days"),
        ("every", "year", "a number of days"),
        ("key_form", "16", "must be one of"),
        ("properties", {}, "from 1 to 1000"),
        ("properties", {f"p{number}": "Name" for number in range(1001)}, "from 1 to 1000"),
        ("properties", {"$set": "Name"}, "does not begin with"),
        ("properties", {" ": "Name"}, "must be a name of up to"),
        ("properties", {"x" * 1001: "Name"}, "must be a name of up to"),
        ("properties", {"a": "Name, Secret__c"}, "API name"),
        ("properties", {"a": "A.B.C.D.E.F.G"}, "API name"),
        ("properties", {"a": "Owner."}, "API name"),
        ("properties", ["Name"], "must be a table"),
    ],
)
def test_what_an_object_may_not_say(key, value, said):
    with pytest.raises(SettingsError, match=said) as error:
        of({**ACCOUNT, key: value})
    assert f"salesforce.objects.0.{key}" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("at", "24:00", "time of the day"),
        ("at", 300, "time of the day"),
        ("domain", "mycompany.my.salesforce.com", "without .salesforce.com"),
        ("domain", "evil.example/", "login, test"),
        ("instance_url", "http://mycompany.my.salesforce.com", "must be https"),
        ("instance_url", "https://user:hush@mycompany.my.salesforce.com", "a scheme and a host alone"),
        ("instance_url", "https://mycompany.my.salesforce.com/path", "a scheme and a host"),
        ("instance_url", "http://127.0.0.1.example.com", "must be https"),
        ("acess_token", "hush", "did you mean access_token"),
    ],
)
def test_what_the_table_may_not_say(key, value, said):
    with pytest.raises(SettingsError, match=said) as error:
        of(**{key: value})
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "https://mycompany.my.salesforce.com"])
def test_an_instance_is_named_by_its_url(url):
    assert of(instance_url=url).instance_url == url


def test_a_property_of_a_group_type_has_one_column():
    with pytest.raises(SettingsError, match="'Account Name' of group type 'company' is named twice"):
        of(ACCOUNT, {**ACCOUNT, "object": "Site__c"})
    assert len(of(ACCOUNT, {**ACCOUNT, "group_type": "site"}).objects) == 2
    apart = [{**ACCOUNT, "where": f"Region__c = '{region}'"} for region in ("EU", "US")]
    assert [one.where for one in of(*apart).objects] == ["Region__c = 'EU'", "Region__c = 'US'"]


def test_there_are_at_most_five_group_types():
    types = [{**ACCOUNT, "group_type": f"t{number}"} for number in range(6)]
    assert len(of(*types[:5]).objects) == 5
    with pytest.raises(SettingsError, match="6 group types are named"):
        of(*types)


def test_destinations_are_those_that_are_configured():
    assert of(destinations=["prod"]).destinations == ()
    tree = {"destinations": {"prod": {"api_key": "k"}}, "salesforce": {"destinations": ["prod"]}}
    assert settings_from(tree).salesforce.destinations == ("prod",)
    tree["salesforce"] = {"destinations": ["prod", "test"]}
    with pytest.raises(SettingsError, match=r"salesforce\.destinations: 'test' is not configured; there are: prod"):
        settings_from(tree)


@pytest.mark.parametrize(
    ("url", "count"),
    [("https://mycompany.my.salesforce.com", 0), ("http://127.0.0.1:8080", 1), (None, 0)],
    ids=["an org", "a stub", "no instance"],
)
def test_with_a_sandbox_all_goes_there_and_nothing_is_asked_of_an_org(tmp_path, url, count):
    path = tmp_path / "translator.toml"
    instance = f'instance_url = "{url}"\n' if url else ""
    path.write_text(
        f'[destinations.prod]\napi_key = "k"\n[salesforce]\n{instance}destinations = ["prod"]\n'
        '[[salesforce.objects]]\nobject = "Account"\ngroup_type = "company"\nproperties = {Name = "Name"}\n'
    )
    found = load_settings(str(path), {"TRANSLATOR_SANDBOX_URL": "http://127.0.0.1:1"})
    assert (found.salesforce.destinations, len(found.salesforce.objects)) == ((), count)
    assert list(found.destinations) == ["sandbox"]


SECRETS = ("password", "security_token", "consumer_key", "consumer_secret", "access_token")


def test_secrets_come_from_the_environment_and_are_never_shown():
    env = {f"SALESFORCE_{name.upper()}": f"hush-{name}" for name in SECRETS} | {"SALESFORCE_USERNAME": "me@example.com"}
    found = load_settings(None, env)
    assert [getattr(found.salesforce, name) for name in SECRETS] == [f"hush-{name}" for name in SECRETS]
    (table,) = [one for one in effective(found) if one.name == "salesforce"]
    shown = {row.name: row.value for row in table.settings}
    assert "hush" not in repr(found) + repr(table)
    assert [shown[name] for name in SECRETS] == ["***"] * 5
    assert (shown["username"], shown["at"], shown["instance_url"]) == ('"me@example.com"', '"05:00"', NOT_SET)
