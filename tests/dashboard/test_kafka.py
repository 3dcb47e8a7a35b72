"""Pages of a journal in Kafka, where names of calls and letters are no numbers: they lead to what they stand for."""

import re
from html import unescape

import pytest
import requests

from tests.dashboard.conftest import group, track
from tests.dashboard.test_letters import ask
from tests.journal.kafka.patient import ALONE, Patient
from translator.dashboard import finding
from translator.dashboard import letters as letters_page
from translator.settings.values import JournalSettings


@pytest.fixture
def open_another(kafka_journal):
    made: list[Patient] = []

    def build():
        made.append(
            Patient(kafka_journal, JournalSettings(kafka_journal, kafka=ALONE), None, made[0] if made else None)
        )
        return made[-1]

    return build


def names(page):
    return [unescape(one) for one in re.findall(r'href="/calls/[0-9]+-[0-9]+">([^<]*)</a>', page)]


def paged(here, address, pattern):
    """What all pages have, the first first."""
    seen: list[str] = []
    link = [address]
    while link:
        assert len(seen) < 20, seen
        seen += re.findall(pattern, here.get(link[0]))
        link = here.links(link[0], r"(before|below)=")
    return seen


def test_pages_go_back_to_the_first_call_and_each_call_has_one(place, monkeypatch):
    monkeypatch.setattr(finding, "SHOWN", 3)
    here = place()
    here.post(*[track(f"m{number}", f"u{number}", event=f"e{number}") for number in range(8)])
    found = paged(here, "/calls", r'href="/calls/[0-9]+-[0-9]+">([^<]*)</a>')
    assert sorted(found) == [f"e{number}" for number in range(8)]
    assert len(names(here.get("/calls", before="0-0"))) <= 3
    assert names(here.get("/calls", before="0-99999999")) == []
    assert len(names(here.get("/calls", before="nothing"))) == 3, "what is no name is not asked for"
    for number in (0, 7):
        assert f"e{number}" in here.text(here.call(f"m{number}"))
    assert names(here.get("/calls", id="m5")) == ["e5"]
    assert names(here.get("/calls", user="u6")) == ["e6"]


def test_what_became_of_a_call_is_told(place):
    here = place()
    here.post(group("g1"), track("m1"), {"type": "track", "userId": "u"})
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": {"m1": 400}}}, timeout=5)
    here.deliver()
    assert "delivered" in here.text(here.call("g1")).lower()
    assert names(here.get("/calls", state="dead")) == ["Signed Up"]
    assert "Acme" in here.text("/groups")
    (refused,) = set(here.links("/calls", r"^/letters/r"))
    assert "event: required" in here.text(refused)


def test_letters_are_paged_redriven_and_dropped(place, monkeypatch):
    monkeypatch.setattr(letters_page, "SHOWN", 2)
    here = place()
    here.post(*[track(f"m{number}", f"u{number}") for number in range(5)])
    refuse = {f"m{number}": 400 for number in range(5)}
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": refuse}}, timeout=5)
    here.deliver()
    ((destination, why),) = {(one.destination, one.why) for one in here.journal.reasons()}
    of_it = f"/letters?destination={destination}&why={why}"
    links = paged(here, of_it, r'href="(/letters/d1:[^"?]+)"')
    assert len(set(links)) == 5
    assert here.client.get(links[0]).headers["Location"] == f"/calls/{links[0].split(':')[1]}"
    requests.post(f"{here.amplitude.url}/faults/refused/clear", timeout=5)
    one, other, *_ = [link.removeprefix("/letters/") for link in links]
    for act, chosen in (
        ("redrive", {"id": one}), ("drop", {"id": other}), ("redrive", {"destination": destination, "why": why})
    ):  # fmt: skip
        status, page = here.submit(ask(here, act, **chosen), "/letters/do", act=act, **chosen)
        assert status == 200, page
    tally = here.journal.counts().destinations["amplitude"]
    assert (tally.waiting, tally.dead) == (4, 1), "one was dropped for good"
    here.deliver()
    assert here.journal.counts().destinations["amplitude"].delivered == 4
