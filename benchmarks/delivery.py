"""From the journal to a local receiver in another process, by one delivery loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from benchmarks.engines import journals
from benchmarks.lines import lines
from benchmarks.measure import Row, json_only, rate
from benchmarks.receiver import receiving
from translator import heap, jsontext
from translator.deliver import Sender, run_once
from translator.journal import Journal, open_journal
from translator.parcels import Call, Facts
from translator.settings.load import settings_from
from translator.validate import check

COUNT = 10_000
FACTS = Facts("webhook", 1710090246000)
ROUNDS = 5
AS_LONG = 20
"""How often orjson does the same calls, so that both take about as long: a short piece is disturbed less often."""


def rows(engines: Iterable[tuple[str, str]] | None = None, rounds: int = ROUNDS) -> Iterator[Row]:
    """The figure of each engine beside orjson alone on the same calls: what bounds it is the processor.

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
    heap.settle(heap.FOR_LEASES, heap.OF_LEASES)
    found, limit = 0.0, 0.0
    for turn in range(rounds):
        texts = lines(COUNT, prefix=f"d{turn}")
        _append(journal, [check(jsontext.loads(text), FACTS, settings.segment) for text in texts])
        found = max(found, rate(partial(_drain, journal, sender), 1))
        limit = max(limit, rate(partial(json_only, texts * AS_LONG), 1))
    sender.close()
    journal.close()
    what = "journal → local receiver, one delivery process"
    return Row(what, found, "orjson loads+dumps", limit, f"delivery/{engine}")


def _append(journal: Journal, calls: list[Call]) -> None:
    for start in range(0, len(calls), 1000):
        journal.append(calls[start : start + 1000])


def _drain(journal: Journal, sender: Sender) -> int:
    while run_once(journal, sender):
        pass
    assert all(one.waiting == 0 for one in journal.counts().destinations.values())
    return COUNT
