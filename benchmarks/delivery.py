"""From the journal to a local receiver in another process, by one delivery loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import requests

from benchmarks.engines import journals
from benchmarks.lines import lines
from benchmarks.measure import Row, best
from benchmarks.receiver import receiving
from translator import jsontext
from translator.deliver import Sender, run_once
from translator.journal import Journal, open_journal
from translator.parcels import Call, Facts
from translator.settings.load import settings_from
from translator.settings.values import Settings
from translator.validate import check

COUNT = 10_000
ROUNDS = 5


def rows(engines: Iterable[tuple[str, str]] | None = None, rounds: int = ROUNDS) -> Iterator[Row]:
    """The figure of each engine beside requests alone: posting as many small events in batches of the same number.

    ``engines``: name and URL of each journal; by default those of this machine."""
    with receiving() as receiver:
        for engine, journal_url in engines or journals():
            yield _row(engine, journal_url, receiver.url, rounds)


def _row(engine: str, journal_url: str, url: str, rounds: int) -> Row:
    settings = settings_from(
        {
            "journal": {"url": journal_url},
            "groups": {"type_trait": "group_type", "value_trait": "name"},
            "destinations": {"bench": {"api_key": "k", "url": url}},
        }
    )
    journal = open_journal(settings.journal)
    journal.attach({"bench": "now"})
    sender = Sender(settings.destinations["bench"], settings.delivery)
    session = requests.Session()
    found, limit = 0.0, 0.0
    for turn in range(rounds):
        _append(journal, _calls(settings, turn))
        drained, posted = best((lambda: _drain(journal, sender), lambda: _bare(session, url)), 1)
        found, limit = max(found, drained), max(limit, posted)
    sender.close()
    journal.close()
    what = f"{engine}: journal -> local receiver, one delivery process (calls)"
    return Row(what, found, "bare posts of as many small events", limit, f"delivery/{engine}")


def _calls(settings: Settings, turn: int) -> list[Call]:
    facts = Facts("webhook", 1710090246000)
    return [check(jsontext.loads(text), facts, settings.segment) for text in lines(COUNT, prefix=f"d{turn}")]


def _append(journal: Journal, calls: list[Call]) -> None:
    for start in range(0, len(calls), 1000):
        journal.append(calls[start : start + 1000])


def _drain(journal: Journal, sender: Sender) -> int:
    while run_once(journal, sender):
        pass
    assert all(one.waiting == 0 for one in journal.counts().destinations.values())
    return COUNT


def _bare(session: requests.Session, url: str) -> int:
    events = [{"user_id": "user-1", "event_type": "e", "insert_id": "i"}] * 500
    for _ in range(COUNT // 500):
        session.post(f"{url}/2/httpapi", json={"api_key": "k", "events": events}, timeout=30)
    return COUNT
