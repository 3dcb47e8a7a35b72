"""A live org, as far as a stub can be one: pages, sessions, refusals, and no secret anywhere."""

import threading

import pytest

from tests.salesforce import org as stub
from tests.salesforce.conftest import ACCOUNT, record
from translator.errors import SalesforceError, SalesforceUnavailable, SettingsError
from translator.reports import checking
from translator.salesforce import Live
from translator.salesforce import org as module
from translator.salesforce.org import Org
from translator.salesforce.records import Account
from translator.settings.values import JournalSettings, SalesforceObject, SalesforceSettings, Settings

HUSH = ("hush", "Hush")
ID = "0015g0000000001AAA"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "WAITS", (0.01, 0.02, 0.03))


def read(settings, one=ACCOUNT, stop=None):
    return [found for page in Live(Org(settings, stop)).pages(one) for found in page]


def refused(settings, one=ACCOUNT, kind=SalesforceError):
    with pytest.raises(kind) as error:
        read(settings, one)
    said = str(error.value)
    assert not any(word in said for word in HUSH), said
    return said


@pytest.mark.parametrize(
    ("way", "login"), [("soap", "soap"), ("client", "client_credentials"), ("password", "password")]
)
def test_accounts_come_by_every_way_to_sign_in(org, signing_in, way, login):
    assert read(signing_in(way)) == [
        Account(ID, {"Account Name": "Acme", "Owner": "Ann", "Revenue": 5000000}),
        Account("0015g0000000002AAA", {"Account Name": "Initech", "Owner": None, "Revenue": None}),
        Account("0015g0000000003AAA", {"Account Name": "Hooli", "Owner": "Bo", "Revenue": None}),
    ]
    assert org.logins == [login]
    assert org.queries == ["SELECT Id, Name, Owner.Name, AnnualRevenue FROM Account"]


def test_an_access_token_signs_in_by_itself(org, signing_in):
    org.sessions.append("00D!given")
    assert len(read(signing_in("", access_token="00D!given"))) == 3
    assert org.logins == []


def test_many_accounts_come_in_pages(org, signing_in):
    org.records["Account"] = [record(number, f"A{number}") for number in range(25)]
    org.page = 10
    sizes = [len(page) for page in Live(Org(signing_in())).pages(ACCOUNT)]
    assert (sizes, org.requests, org.logins) == ([10, 10, 5], 3, ["client_credentials"])


def test_a_condition_is_passed_and_names_of_columns_have_any_case(org, signing_in):
    org.records["Account"] = [record(1, "Acme", Type="Customer"), record(2, "Initech", Type="Partner")]
    one = SalesforceObject(
        "Account", "company", {"a": "name", "b": "NAME", "c": "owner.name"}, key="id", where="Type = 'Customer'"
    )
    assert read(signing_in(), one) == [Account(ID, {"a": "Acme", "b": "Acme", "c": "Ann"})]
    assert org.queries == ["SELECT id, name, owner.name FROM Account WHERE Type = 'Customer'"]


def test_a_session_that_ends_is_begun_again_once_also_between_pages(org, signing_in):
    org.page = 1
    pages = Live(Org(signing_in())).pages(ACCOUNT)
    found = next(pages)
    org.expire()
    assert [*found, *(one for page in pages for one in page)][2].properties["Account Name"] == "Hooli"
    assert len(org.logins) == 2


def test_a_session_that_is_never_good_is_not_begun_for_ever(org, signing_in):
    org.refuse(401, "INVALID_SESSION_ID", "Session expired or invalid", times=9)
    assert "INVALID_SESSION_ID" in refused(signing_in())
    assert len(org.logins) == 2


def test_an_access_token_that_has_ended_is_said(signing_in):
    assert "the access token is none, or has ended" in refused(signing_in("", access_token="00Dhush"))


@pytest.mark.parametrize("status", [500, 503])
def test_what_is_away_for_a_moment_is_asked_again(org, signing_in, status):
    org.refuse(status, "SERVER_UNAVAILABLE", "We are down for maintenance", times=3)
    assert len(read(signing_in())) == 3
    assert org.requests == 4


def test_what_is_away_for_longer_is_left_for_later(org, signing_in):
    org.refuse(503, "SERVER_UNAVAILABLE", "We are down for maintenance", times=9)
    assert "503 SERVER_UNAVAILABLE: We are down" in refused(signing_in(), kind=SalesforceUnavailable)
    assert org.requests == 4


def test_who_is_told_to_stop_does_not_wait(org, signing_in, monkeypatch):
    monkeypatch.setattr(module, "WAITS", (60.0,))
    org.refuse(503, "SERVER_UNAVAILABLE", "away", times=9)
    stop = threading.Event()
    stop.set()
    with pytest.raises(SalesforceUnavailable):
        read(signing_in(), stop=stop)
    assert org.requests == 1


def test_where_the_requests_of_the_day_are_used_up_nothing_more_is_asked(org, signing_in):
    org.refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", times=9)
    said = refused(signing_in(), kind=SalesforceUnavailable)
    assert "TotalRequests Limit exceeded. (the org's API requests are used up" in said
    assert org.requests == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"properties": {"a": "Nmae"}}, "there is no column Nmae of Account, or the user may not see it"),
        ({"key": "Number__c"}, "there is no column Number__c of Account"),
        ({"object": "Acount"}, "there is no object Acount"),
        (
            {"where": "Type == 1"},
            "MALFORMED_QUERY: unexpected token: 'x'; salesforce.objects.where is part of it; asked: SELECT",
        ),
    ],
)
def test_what_is_wrong_with_a_query_is_said(org, signing_in, change, said):
    one = SalesforceObject(**{"object": "Account", "group_type": "c", "properties": {"a": "Name"}, **change})
    assert said in refused(signing_in(), one)
    assert org.requests == 1, "it would not be better at the second time"


def test_a_column_is_named_however_long_the_query_is(org, signing_in):
    properties = {f"p{number}": f"Field_{number}__c" for number in range(200)}
    org.records["Account"][0] |= dict.fromkeys(list(properties.values())[:-1], "x")
    one = SalesforceObject("Account", "company", properties)
    assert "there is no column Field_199__c of Account" in refused(signing_in(), one)


@pytest.mark.parametrize(
    ("way", "wrong", "said"),
    [
        ("soap", {"password": "hush & other"}, "INVALID_LOGIN: Invalid username, password, security token"),
        ("soap", {"security_token": None}, "INVALID_LOGIN"),
        ("client", {"consumer_secret": "hush-other"}, "invalid_client"),
        ("password", {"password": "hush-other"}, "invalid_client"),
    ],
)
def test_who_is_not_let_in_is_told_why_without_the_secret(signing_in, way, wrong, said):
    settings = signing_in(way, **wrong)
    with pytest.raises(SalesforceError) as error:
        read(settings)
    found = str(error.value)
    assert said in found
    for name in ("password", "security_token", "consumer_key", "consumer_secret"):
        if (secret := getattr(settings, name)) and secret != stub.SECRET:
            assert secret not in found


def test_an_app_that_nobody_has_allowed_is_said_without_its_key(org, signing_in):
    org.not_approved = True
    assert "invalid_grant: user hasn't approved this consumer" in refused(signing_in())


@pytest.mark.parametrize("body", ["<html>hush</html>", "{}", "[]", '{"records": 1}', ""])
def test_what_is_no_answer_of_salesforces_is_said(org, signing_in, body):
    org.answer(200, body, times=9)
    assert "does not answer as Salesforce" in refused(signing_in(), kind=SalesforceUnavailable)


def test_nobody_at_all_is_said(running, signing_in):
    running.stop()
    try:
        assert "cannot be asked" in refused(signing_in(), kind=SalesforceUnavailable)
    finally:
        running._server.socket.close()


def test_a_secret_goes_to_no_other_place(org, signing_in):
    org.answer(302, "")
    assert "is elsewhere (302): salesforce.instance_url says where" in refused(signing_in())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "says no way to sign in"),
        ({"username": "u"}, "says no way to sign in"),
        ({"access_token": "t"}, r"salesforce\.instance_url: required with salesforce\.access_token"),
        ({"consumer_key": "k"}, r"salesforce\.consumer_secret: required"),
        ({"consumer_key": "k", "consumer_secret": "s"}, "must be your own My Domain"),
    ],
)
def test_how_to_sign_in_must_be_said_whole(given, said):
    with pytest.raises(SettingsError, match=said):
        Org(SalesforceSettings(**given))


def test_without_an_instance_it_goes_where_people_sign_in():
    assert Org(SalesforceSettings(username="u", password="p")).said == "https://login.salesforce.com"
    assert (
        module.signing_in(SalesforceSettings(domain="acme.my", consumer_key="k", consumer_secret="s"))["domain"]
        == "acme.my"
    )


def test_the_check_of_the_configuration_signs_in(org, signing_in, capsys, tmp_path):
    journal = JournalSettings(url=f"sqlite:///{tmp_path}/journal.db")

    def report(settings):
        return checking.report(Settings(journal=journal, salesforce=settings))

    assert report(signing_in(objects=(ACCOUNT,))) == 0
    out = capsys.readouterr().out
    assert f"ok   salesforce: {signing_in().instance_url} lets this service in; Account → company" in out
    assert (org.logins, org.queries) == (["client_credentials"], [])
    assert report(signing_in(consumer_secret="hush-other", objects=(ACCOUNT,))) == 1
    assert report(SalesforceSettings(objects=(ACCOUNT,))) == 1
    out = capsys.readouterr().out
    assert "bad  salesforce: says no way to sign in" in out
    assert "invalid_client" in out
    assert "hush-other" not in out
    assert report(SalesforceSettings()) == 0
    assert "salesforce" not in capsys.readouterr().out
