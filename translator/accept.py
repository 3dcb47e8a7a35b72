"""Takes messages in: check, then onto the disk. Comes in: parsed messages. Goes out: receipts and faults.

Never here: HTTP, translation, an answer before the journal has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from translator import jsontext
from translator.errors import Faults, Invalid, NotJson
from translator.journal import Journal
from translator.observe import emit
from translator.parcels import Call, Facts, Receipt, Refusal
from translator.settings.values import Settings
from translator.validate import check

KEPT_BYTES = 64 * 1024
"""A refused message larger than this, or nested too deeply to be written, is only counted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages of a request. ``rejected``: index and faults of the invalid ones."""

    receipts: tuple[Receipt, ...] = ()
    rejected: tuple[tuple[int, Faults], ...] = ()

    def count(self, status: str) -> int:
        """How many calls have a receipt of this status."""
        return sum(receipt.status == status for receipt in self.receipts)


def _as_it_is(message: object) -> object:
    return message


def accept(
    messages: Sequence[object],
    facts: Facts,
    journal: Journal,
    settings: Settings,
    complete: Callable[[object], object] = _as_it_is,
    kept_bytes: int = KEPT_BYTES,
) -> Outcome:
    """Check messages and append the good ones; the others are kept for people, up to ``kept_bytes`` each.

    ``complete``: what each becomes before it is checked; may raise Invalid. A refused one is kept complete, and as it
    came where that is too large. Durable when it returns.
    Raises JournalUnavailable, and then nothing of it was written.
    """
    calls: list[Call] = []
    rejected: list[tuple[int, Faults]] = []
    refused: list[tuple[object, object]] = []
    for index, message in enumerate(messages):
        whole = message
        try:
            whole = complete(message)
            calls.append(check(whole, facts, settings.segment))
        except Invalid as error:
            rejected.append((index, error.faults))
            refused.append((whole, message))
    if not messages:
        return Outcome()
    kept = _refusals(refused, rejected, facts, kept_bytes)
    outcome = Outcome(tuple(journal.append(calls, kept, len(rejected) - len(kept))), tuple(rejected))
    _observe(calls, outcome)
    return outcome


def keep_unread(body: bytes, faults: Faults, facts: Facts, journal: Journal, kept_bytes: int = KEPT_BYTES) -> None:
    """Keep what somebody who may send has sent and is no JSON, or no call, for people to see; one of more than
    ``kept_bytes`` is only counted.

    Raises JournalUnavailable.
    """
    if not body.strip():
        return
    kept = [Refusal(facts.source, facts.received_at, faults, body)] if len(body) <= kept_bytes else []
    journal.append([], kept, 1 - len(kept))
    emit("calls", type="invalid", outcome="rejected")


def _refusals(
    refused: Sequence[tuple[object, object]], rejected: list[tuple[int, Faults]], facts: Facts, kept_bytes: int
) -> list[Refusal]:
    kept = []
    for (whole, message), (_, faults) in zip(refused, rejected, strict=True):
        body = _text(whole, kept_bytes) or _text(message, kept_bytes)
        if body:
            kept.append(Refusal(facts.source, facts.received_at, faults, body))
    return kept


def _text(message: object, most: int) -> bytes:
    """A message's JSON text; empty where it is longer, or cannot be written."""
    try:
        body = jsontext.dumps(message)
    except NotJson:
        return b""
    return body if len(body) <= most else b""


def _observe(calls: list[Call], outcome: Outcome) -> None:
    pairs = zip(calls, outcome.receipts, strict=True)
    for (kind, status), count in Counter((call.type, receipt.status) for call, receipt in pairs).items():
        emit("calls", count, type=kind, outcome=status)
    if outcome.rejected:
        emit("calls", len(outcome.rejected), type="invalid", outcome="rejected")
