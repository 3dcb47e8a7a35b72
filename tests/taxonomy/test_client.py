"""The client against the sandbox, over HTTP."""

import socket
import threading
import time
from base64 import b64encode

import pytest

from tests.processes import free_port
from tests.taxonomy.projects import KEY, PATH, SECRET, ask, behave, client, come, destination, requested, taxonomy
from translator import sandbox
from translator.errors import TaxonomyAbsent, TaxonomyRefused, TaxonomyUnavailable
from translator.settings.values import Destination
from translator.taxonomy.client import Client, host_of
from translator.taxonomy.definitions import Definition
from translator.taxonomy.pacing import TRIES, Hope, Pace

HEADER = b64encode(f"{KEY}:{SECRET}".encode()).decode()


def form(name="p", **said):
    return {"group_property": f"grp:{name}", "group_type": "Company", **said}


@pytest.fixture
def project(amplitude):
    come(amplitude, "Company")
    return amplitude


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ({}, "https://amplitude.com"),
        ({"region": "eu"}, "https://analytics.eu.amplitude.com"),
        ({"url": "http://127.0.0.1:8100/", "region": "eu"}, "http://127.0.0.1:8100"),
    ],
)
def test_the_host_is_that_of_the_region_or_the_destinations_own(said, host):
    assert host_of(Destination("test", KEY, **said)) == host


def test_a_key_of_any_letters_is_sent(amplitude):
    come(amplitude, "Company", key="ключ")
    with Client(destination(amplitude.url, api_key="ключ"), print) as asked:
        assert asked.listed("Company") == ()


def test_what_is_created_and_changed_is_listed(project):
    with client(project) as asked:
        asked.create(form("a/b ä", type="enum", enum_values="x, y", description="of two\nlines"))
        asked.update("grp:a/b ä", {"group_type": "Company", "overrideScope": "override", "enum_values": "x"})
        (found,) = asked.listed("Company")
        assert (found.name, found.values) == ("a/b ä", ("x",))
        assert found.description.splitlines() == ["of two", "lines"]
        assert [one.values for one in asked.listed(None)] == [("x", "y")], "what others share stays"


def test_a_refusal_says_its_status_and_why(project):
    with client(project) as asked:
        asked.create(form())
        with pytest.raises(TaxonomyRefused, match="already exists") as again:
            asked.create(form())
        with pytest.raises(TaxonomyRefused, match="does not exist") as missing:
            asked.create({**form(), "group_type": "Nowhere"})
        with pytest.raises(TaxonomyRefused, match="Nowhere"):
            asked.listed("Nowhere")
    assert (again.value.status, missing.value.status) == (409, 404)


def test_a_plan_without_the_api_is_explained(project):
    taxonomy(project, available=False)
    with client(project) as asked, pytest.raises(TaxonomyAbsent, match="Enterprise plan: ask") as absent:
        asked.listed(None)
    assert str(absent.value).startswith(project.url)


def test_keys_that_are_not_taken_are_explained():
    running = sandbox.start(keys=frozenset({"another-key"}))
    with (
        client(running) as asked,
        pytest.raises(TaxonomyUnavailable, match="api_key and secret_key must be") as refused,
    ):
        asked.listed(None)
    running.stop()
    assert KEY not in str(refused.value)
    with pytest.raises(TaxonomyUnavailable, match=r"destinations\.test\.secret_key is needed"):
        Client(destination(running.url, secret_key=None), print)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 200, "body": "<html>"}, "answers 200, and not as the Taxonomy API does: '<html>'"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example"}}, "answers 302, and not as"),
        ({"status": 200, "body": {"success": False}}, "answers 200, and not as"),
        ({"status": 200, "body": {"success": True, "data": {}}}, "did not answer with a list"),
        ({"status": 400, "body": {"errors": [{"message": f"bad {SECRET}"}, {"message": 1}, 2]}}, r"^bad \*\*\*"),
        ({"status": 400, "body": {"errors": "x"}}, "answers 400"),
        ({"status": 418, "body": f"Authorization: Basic {HEADER}"}, r"'Authorization: Basic \*\*\*'"),
        ({"status": 404, "body": {"code": 404}}, "has no Taxonomy API"),
        ({"status": 403, "body": "no"}, "does not take the keys"),
    ],
)
def test_any_other_answer_is_an_error_without_a_key(project, answer, said):
    behave(project, **answer)
    with client(project) as asked, pytest.raises(TaxonomyUnavailable, match=said) as raised:
        asked.listed(None)
    assert not {one for one in (KEY, SECRET, HEADER) if one in str(raised.value)}


def test_429_is_waited_for(project):
    behave(project, next=1, status=429, headers={"Retry-After": "1"})
    behave(project, next=2, status=429)
    lines: list[str] = []
    began = time.monotonic()
    with client(project, lines.append, pause=0.05) as asked:
        asked.create(form())
    assert time.monotonic() - began >= 1 + 0.1 + 0.2
    assert lines[0] == f"{project.url} answers 429: trying again in 1 s"
    assert requested(project, "POST") == [429, 429, 429, 200]


def test_429_for_ever_ends(project):
    behave(project, next=100, status=429)
    with (
        client(project, patience=0.4) as asked,
        pytest.raises(TaxonomyUnavailable, match="429, too often: try again later"),
    ):
        asked.listed(None)
    assert requested(project, "GET") == [429] * 4, "after 0.05, 0.1 and 0.2 s"
    behave(project, clear=True)
    behave(project, status=429, headers={"Retry-After": "86400"})
    with client(project) as asked, pytest.raises(TaxonomyUnavailable):
        asked.listed(None)


def test_what_fails_for_a_moment_is_tried_again(project):
    behave(project, next=1, status=503)
    behave(project, next=1, close=True)
    with client(project) as asked:
        assert asked.listed(None) == ()
    behave(project, next=100, status=500)
    with client(project) as asked, pytest.raises(TaxonomyUnavailable, match="answers 500, too often"):
        asked.listed(None)
    assert requested(project, "GET")[-TRIES:] == [500] * TRIES


def test_what_is_away_for_longer_than_the_patience_is_not_waited_for(project):
    behave(project, next=100, status=503, headers={"Retry-After": "86400"})
    with client(project) as asked, pytest.raises(TaxonomyUnavailable, match="answers 503, too often"):
        asked.listed(None)
    assert requested(project, "GET") == [503]


def test_a_key_at_the_place_where_an_answer_is_cut_is_no_part_of_an_error(project):
    behave(project, status=418, body="x" * 295 + SECRET)
    with client(project) as asked, pytest.raises(TaxonomyUnavailable) as raised:
        asked.listed(None)
    assert SECRET[:4] not in str(raised.value)


def test_no_answer_is_an_error(project):
    behave(project, next=100, path=PATH, delay_seconds=2)
    with (
        client(project, timeout=0.1) as asked,
        pytest.raises(TaxonomyUnavailable, match=r"does not answer within 0\.1 s"),
    ):
        asked.listed(None)
    nowhere = destination(f"http://user:{SECRET}@127.0.0.1:{free_port()}")
    unreachable = pytest.raises(TaxonomyUnavailable, match="cannot be reached")
    with Client(nowhere, lambda line: None, pause=0.01) as asked, unreachable as raised:
        asked.listed(None)
    assert SECRET not in str(raised.value)


def test_what_is_no_http_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak():
            for _ in range(TRIES):
                connection, _address = listening.accept()
                with connection:
                    connection.recv(10_000)
                    connection.sendall(b"220 mail.example ESMTP\r\n")

        speaker = threading.Thread(target=speak)
        speaker.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with Client(destination(url), lambda line: None, pause=0.01) as asked, pytest.raises(TaxonomyUnavailable):
            asked.listed(None)
        speaker.join()


def test_the_budget_of_a_project_is_kept(project):
    """Of 10 in a second: no request is refused, and what may be spent is."""
    taxonomy(project, cost=10, seconds=1.0)
    began = time.monotonic()
    with client(project, pace=Pace(10, 1.0)) as asked:
        for number in range(12):
            asked.create(form(f"p{number}"))
        assert len(asked.listed("Company")) == 12
    assert time.monotonic() - began >= 2
    assert {*requested(project, "POST"), *requested(project, "GET")} == {200}


def test_a_budget_that_others_spend_too_is_waited_for(project):
    taxonomy(project, cost=4, seconds=1.5)
    ask(project, "GET")
    with client(project) as asked:
        for number in range(4):
            asked.create(form(f"p{number}"))
        assert len(asked.listed("Company")) == 4
    assert 429 in requested(project, "POST")
    assert requested(project, "POST").count(200) == 4


def test_a_long_wait_is_told():
    pace = Pace(2, 0.3)
    said: list[float] = []
    for _ in range(2):
        pace.wait(2, said.append)
        pace.spend(2)
    assert [0.2 < one <= 0.3 for one in said] == [True]


def test_waits_become_longer_and_end():
    hope = Hope(100.0, 8.0)
    assert [hope.wait(is_busy=True) for _ in range(4)] == [8, 16, 32, None]
    hope = Hope(1000.0, 8.0)
    assert [hope.wait(is_busy=False) for _ in range(6)] == [8, 16, 32, 60, None, None]
    assert Hope(10.0, 1.0).wait(True, 10.0) == 10
    assert Hope(10.0, 1.0).wait(True, 11.0) is None


def test_entries_of_other_group_types_are_left_out(project):
    come(project, "Team")
    with client(project) as asked:
        asked.create(form())
        asked.create({**form(), "group_type": "Team"})
        assert asked.listed("Company") == (Definition("p", "Company"),)
