"""Requests to Amplitude as delivery writes them to T.requests.D/p, and reads them when it takes a partition over. Pure.

Records are those of ``asked``.
"""

from __future__ import annotations

from collections.abc import Iterable

from translator.journal.kafka import asked
from translator.journal.kafka.records import dumped
from translator.journal.kafka.state import Posting

ANSWER_CHARACTERS = 500


def posting_record(number: int, posting: Posting, moved: Iterable[int], api: str, configuration: str) -> bytes:
    """That a request goes out now. ``moved``: where the calls stood that are carried from the parked topic."""
    return dumped(
        {
            "n": number, "api": api, "began": posting.began, "calls": posting.calls, "parked": posting.parked,
            "moved": [*moved], "configuration": configuration,
        }
    )  # fmt: skip


def answer_record(number: int, ended: int, answer: str) -> bytes:
    """How it ended. ``ended``: ms since the epoch."""
    return dumped({"n": number, "ended": ended, "answer": answer[:ANSWER_CHARACTERS]})


def postings(records: Iterable[tuple[int, bytes]]) -> list[Posting]:
    """The requests in some records (offset and value) of a partition, with whether they have ended."""
    return [Posting(one.began, one.calls, one.parked, one.offset, one.ended is not None) for one in asked.read(records)]
