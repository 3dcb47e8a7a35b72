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


@dataclass(frozen=True, slots=True)
class _Refused:
    """A message with faults, and what it was completed to."""

    index: int
    whole: object
    message: object
    faults: Faults


Complete = Callable[[object], tuple[object, Faults]]
"""What a message becomes before it is checked, and faults of its own."""


def _as_it_is(message: object) -> tuple[object, Faults]:
    return message, {}


def accept(
    messages: Sequence[object],
    facts: Facts,
    journal: Journal,
    settings: Settings,
    complete: Complete = _as_it_is,
    kept_bytes: int = KEPT_BYTES,
) -> Outcome:
    """Check messages and append the good ones; the others are kept for people, up to ``kept_bytes`` each.

    Durable when it returns. Raises JournalUnavailable, and then nothing of it was written.
    """
    if not messages:
        return Outcome()
    calls: list[Call] = []
    refused: list[_Refused] = []
    for index, message in enumerate(messages):
        found = _checked(index, message, complete, facts, settings)
        if isinstance(found, Call):
            calls.append(found)
        else:
            refused.append(found)
    kept = [one for one in (_kept(refusal, facts, kept_bytes) for refusal in refused) if one]
    receipts = journal.append(calls, kept, len(refused) - len(kept))
    outcome = Outcome(tuple(receipts), tuple((one.index, one.faults) for one in refused))
    _observe(calls, outcome)
    return outcome


def _checked(index: int, message: object, complete: Complete, facts: Facts, settings: Settings) -> Call | _Refused:
    whole, faults = complete(message)
    try:
        call = check(whole, facts, settings.segment, None if whole is message else message)
    except Invalid as error:
        faults = {**error.faults, **faults}
    return _Refused(index, whole, message, faults) if faults else call


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


def _kept(refused: _Refused, facts: Facts, kept_bytes: int) -> Refusal | None:
    """Kept complete, so that it can be redriven; as it came where that is too large."""
    body = _text(refused.whole, kept_bytes) or _text(refused.message, kept_bytes)
    return Refusal(facts.source, facts.received_at, refused.faults, body) if body else None


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
