"""Dead letters by reason: looked at, redriven, dropped, taken away; nothing without being asked."""

import json
import re

import pytest

from tests.dashboard.conftest import track
from translator.dashboard import letters as letters_page
from translator.journal.rows import LARGE_BYTES, MOST_LARGE
from translator.parcels import Dead
from translator.reports import redriving


@pytest.fixture
def dead(place):
    """Three dead letters of one reason, one of another, and a refused message."""
    here = place()
    here.post(*[track(f"m{number}", f"user-{number}") for number in range(4)], {"type": "track", "userId": "u"})
    lease = here.journal.claim("amplitude", 10, 30)
    whys = ["invalid_fields", "invalid_fields", "invalid_fields", "silenced"]
    verdicts = {item.id: Dead(why, f"said of {item.message_id}") for item, why in zip(lease.items, whys, strict=True)}
    here.journal.settle(lease, verdicts, {})
    return here


def waiting(here):
    return here.journal.counts().destinations["amplitude"].waiting


def reasons(here):
    return {(one.destination, one.why): one.count for one in here.journal.reasons()}


def test_reasons_are_listed_with_counts_and_letters_below(dead):
    text = dead.text("/letters")
    assert re.search(r"amplitude invalid_fields 3 ", text)
    assert re.search(r"amplitude silenced 1 ", text)
    assert re.search(r"none: no call invalid 1 ", text)
    text = dead.text("/letters", destination="amplitude", why="invalid_fields")
    assert text.index("said of m2") < text.index("said of m1") < text.index("said of m0")
    assert "said of m3" not in text
    assert "event: required" in dead.text("/letters", destination="", why="invalid")


def test_how_long_letters_stay_is_said(place):
    text = place(journal={"keep_refused": 1200}).text("/letters")
    assert "The calls stay until somebody redrives or drops them" in text
    assert "only the newest 1,200 of each source do, and of those larger than 64 KB the newest hundred." in text
    assert (MOST_LARGE, LARGE_BYTES) == (100, 64 * 1024)


def test_letters_are_paged(dead, monkeypatch):
    monkeypatch.setattr(letters_page, "SHOWN", 2)
    (older,) = dead.links("/letters", "below=", destination="amplitude", why="invalid_fields")
    assert "said of m0" in dead.text(older)
    assert "said of m1" not in dead.text(older)


def test_a_letter_leads_to_its_call_and_a_refused_message_is_shown(dead):
    answer = dead.client.get("/letters/d1")
    assert (answer.status_code, answer.headers["Location"]) == (303, dead.call("m0"))
    assert "faults event: required" in dead.text("/letters/r1")
    for name in ("d99", "r99", "x", "d", "%3Cscript%3E"):
        dead.get(f"/letters/{name}", status=404)


def test_nothing_is_done_by_asking(dead):
    before = dead.journal.counts(), reasons(dead)
    for act in ("redrive", "drop"):
        assert "3 letters?" in dead.text("/letters/ask", act=act, destination="amplitude", why="invalid_fields")
        assert "this letter?" in dead.text("/letters/ask", act=act, id="d1")
    assert (dead.journal.counts(), reasons(dead)) == before


def test_without_a_token_nothing_is_done(dead):
    fields = {"act": "drop", "destination": "amplitude", "why": "silenced", "csrf_token": "made-up"}
    assert dead.client.post("/letters/do", data=fields).status_code == 400
    assert dead.client.get("/letters/do", query_string=fields).status_code in (404, 405)
    assert len(reasons(dead)) == 3


def ask(here, act, **chosen):
    query = "&".join(f"{key}={value}" for key, value in {"act": act, **chosen}.items())
    return f"/letters/ask?{query}"


def test_one_is_redriven_and_arrives(dead):
    status, page = dead.submit(ask(dead, "redrive", id="d1"), "/letters/do", act="redrive", id="d1")
    assert status == 200
    assert "1 of 1 wait to be sent again" in page
    dead.deliver()
    assert "amplitude delivered" in dead.text(dead.call("m0"))
    assert reasons(dead)["amplitude", "invalid_fields"] == 2


def test_all_of_a_reason_are_redriven_and_no_others(dead):
    chosen = {"destination": "amplitude", "why": "invalid_fields"}
    _, page = dead.submit(ask(dead, "redrive", **chosen), "/letters/do", act="redrive", **chosen)
    assert "3 of 3 wait to be sent again" in page
    assert reasons(dead) == {("amplitude", "silenced"): 1, ("", "invalid"): 1}
    assert waiting(dead) == 3


def test_what_was_tried_long_ago_stays_unless_it_may_double(dead, monkeypatch):
    monkeypatch.setattr(
        "translator.reports.redriving.time.time", lambda: __import__("time").time_ns() / 1e9 + 8 * 86_400
    )
    assert "(this letter)" in dead.text("/letters/ask", act="redrive", id="d1")
    _, page = dead.submit(ask(dead, "redrive", id="d1"), "/letters/do", act="redrive", id="d1")
    assert "0 of 1 wait to be sent again" in page
    assert "1 stay: they were last tried so long ago" in page
    _, page = dead.submit(ask(dead, "redrive", id="d1"), "/letters/do", act="redrive", id="d1", allow_doubles="yes")
    assert "1 of 1 wait to be sent again" in page


def test_a_refused_message_is_checked_again(dead, place):
    _, page = dead.submit(ask(dead, "redrive", id="r1"), "/letters/do", act="redrive", id="r1")
    assert "0 of 1 wait" in page
    assert "r1: event: required" in page
    big = place(segment={"max_call_bytes": 1024})
    big.post(track("large", properties={"x": "y" * 1100}))
    assert reasons(big)["", "invalid"] == 2
    able = place()
    chosen = {"destination": "", "why": "invalid"}
    _, page = able.submit(ask(able, "redrive", **chosen), "/letters/do", act="redrive", **chosen)
    assert "1 of 2 wait to be sent again" in page
    assert [one.message_id for one in able.journal.newest(1)] == ["large"]


def test_letters_are_dropped_one_or_all_of_a_reason(dead):
    _, page = dead.submit(ask(dead, "drop", id="d4"), "/letters/do", act="drop", id="d4")
    assert "1 dropped" in page
    chosen = {"destination": "amplitude", "why": "invalid_fields"}
    _, page = dead.submit(ask(dead, "drop", **chosen), "/letters/do", act="drop", **chosen)
    assert "3 dropped" in page
    assert reasons(dead) == {("", "invalid"): 1}
    assert "Its dead letter was dropped" in dead.text(dead.call("m0"))
    assert "Nothing to drop" in dead.text(ask(dead, "drop", id="d4"))


def test_what_takes_too_long_stops_and_can_go_on(dead, monkeypatch):
    monkeypatch.setattr(redriving, "CHUNK", 1)
    monkeypatch.setattr(letters_page, "MOST_SECONDS", -1)
    chosen = {"destination": "amplitude", "why": "invalid_fields"}
    for act in ("redrive", "drop"):
        _, page = dead.submit(ask(dead, act, **chosen), "/letters/do", act=act, **chosen)
        assert "There are more" in page
    assert reasons(dead)["amplitude", "invalid_fields"] == 3


@pytest.mark.parametrize("act", ["", "delete", "REDRIVE"])
def test_only_what_there_is_can_be_done(dead, act):
    dead.get("/letters/ask", status=400, act=act, id="d1")
    assert dead.submit(ask(dead, "drop", id="d1"), "/letters/do", act=act, id="d1")[0] == 400


def test_letters_are_taken_away_as_lines(dead):
    answer = dead.client.get("/letters/download", query_string={"destination": "amplitude", "why": "invalid_fields"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="dead-letters-amplitude-invalid_fields.jsonl"'
    rows = [json.loads(line) for line in answer.data.splitlines()]
    assert [row["call"]["messageId"] for row in rows] == ["m0", "m1", "m2"]
    refused = dead.client.get("/letters/download", query_string={"destination": "", "why": "invalid"})
    assert [json.loads(line)["call"] for line in refused.data.splitlines()] == [{"type": "track", "userId": "u"}]


def test_without_letters_that_is_said(place):
    assert "None: every call was delivered" in place().text("/letters")


def test_a_redrive_of_a_reason_ends_though_they_die_again_at_once(dead, monkeypatch):
    journal, redrive = dead.journal, dead.journal.redrive

    def dies_again(ids, *, afresh=False):
        done = redrive(ids, afresh=afresh)
        lease = journal.claim("amplitude", 10, 30)
        journal.settle(lease, {item.id: Dead("invalid_fields") for item in lease.items}, {})
        return done

    monkeypatch.setattr(journal, "redrive", dies_again)
    found = redriving.redrive_all(journal, dead.settings, "amplitude", "invalid_fields", False, 10)
    assert (found.asked, found.tried, found.left) == (3, 3, False)
