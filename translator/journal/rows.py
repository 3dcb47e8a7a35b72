"""What the engines' rows mean, and what they have in common. Pure."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from translator import jsontext
from translator.errors import DestinationVanished, NotJson
from translator.parcels import Answered, Call, Dead, DeadLetter, Done, Json, Leased, Refusal, Verdict

SCAN = 2000
"""New calls looked at in one step at the most; further steps follow while all of them were blocked."""

STEPS = 20
MOST_ATTEMPTS = 20
"""Failed attempts on a call that are kept, the newest."""

ANSWER_CHARACTERS = 10_000
HEARD_MS = 15_000
"""A delivery process of another host that was not heard of for so long is taken for dead."""

NUMBER = re.compile(r"[+-]?[\d.]+(e[+-]?\d+)?", re.IGNORECASE)
LARGE_BYTES = 64 * 1024
MOST_LARGE = 100
"""Refused messages larger than LARGE_BYTES that are kept of each source, the newest: those of the tracking API may have
500 KB, and ``journal.keep_refused`` of them would be gigabytes. The migrations have an index with the same bytes."""

CHUNK = 500
"""Rows that are read at a time where somebody reads all of them."""

LeasedRow = tuple[int, str, str, str, int, bytes, str | None, int, int, int | None, str | None]
"""seq, source, message_id, subject, received_at, body, ip, derived, attempts, unknown_since, why."""


@dataclass(frozen=True)
class Sums:
    """How the calls of a settle ended, counted."""

    finished: int
    delivered: int
    ignored: int
    dead: int


def sums(finished: Collection[Verdict]) -> Sums:
    """Count the verdicts that finish a call."""
    ignored = sum(isinstance(one, Done) and one.ignored is not None for one in finished)
    dead = sum(isinstance(one, Dead) for one in finished)
    return Sums(len(finished), len(finished) - ignored - dead, ignored, dead)


def call_of(row: Sequence[object]) -> Call:
    """A call from seq, source, message_id, subject, received_at, body, ip, derived."""
    seq, source, message_id, subject, received_at, body, ip, derived = row
    return Call(
        str(seq), str(source), str(message_id), str(subject), int(str(received_at)),
        jsontext.loads(body), None if ip is None else str(ip), bool(derived),  # type: ignore[arg-type]  # bytes
    )  # fmt: skip


def leased(row: LeasedRow) -> Leased:
    """A leased call."""
    seq, source, message_id, subject, received_at, body, ip, derived, attempts, unknown_since, why = row
    return Leased(
        str(seq), source, message_id, subject, received_at, body, ip, bool(derived), attempts, unknown_since, why
    )


def letter(row: Sequence[object]) -> DeadLetter:
    """A dead letter from its number and DeadLetter's other fields, in their order."""
    return DeadLetter(f"d{row[0]}", *row[1:])  # type: ignore[arg-type]  # each engine's query names the columns


def refused_letter(row: Sequence[object]) -> DeadLetter:
    """A refused message, from id, source, received_at, faults, body, as a letter."""
    number, source, received_at, faults, body = row
    said = "; ".join(f"{path or 'call'}: {', '.join(one)}" for path, one in json.loads(str(faults)).items())
    at = int(str(received_at))
    return DeadLetter(f"r{number}", "", "invalid", said, at, 0, str(source), "", at, bytes(body))  # type: ignore[call-overload]  # a blob


def faults_text(refusal: Refusal) -> str:
    """The faults of a refused message as JSON text: path to a list of what was said."""
    return json.dumps({path: list(said) for path, said in refusal.faults.items()})


def number_of(name: str, prefix: str) -> int:
    """The number in ``d12`` or ``r3``; -1, which nothing has, for anything else."""
    digits = name.removeprefix(prefix)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else -1


def merged(entries: Json, changes: Json) -> Json:
    """Entries by name with changes; of two for one name the one with the later ``at`` stays."""
    new = {name: one for name, one in changes.items() if name not in entries or entries[name]["at"] <= one["at"]}
    return {**entries, **new}


def newest(letters: Iterable[DeadLetter], limit: int) -> list[DeadLetter]:
    """The letters that died last, the newest first."""
    return sorted(letters, key=lambda one: one.at, reverse=True)[:limit]


def is_of(body: bytes, subject: str) -> bool:
    """Whether a message that may be anything is of a user: has the id as a userId or anonymousId, at any depth; or
    anywhere in a text that cannot be read."""
    is_there = jsontext.dumps(subject)[1:-1] in body or jsontext.escaped(subject) in body
    if not is_there and not NUMBER.fullmatch(subject):  # a number may be written in other ways
        return False
    try:
        message = jsontext.loads(body, nan_is_null=True)
    except NotJson:
        return is_there
    return subject in _ids_within(message)


def _ids_within(message: Any) -> set[str]:
    found, left = set(), [message]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            ids = (one.get(key) for key in ("userId", "anonymousId"))
            found |= {jsontext.text_of(value) for value in ids if isinstance(value, (str, int, float))}
            left += one.values()
        elif isinstance(one, list):
            left += one
    return found


def vanished(
    waiting: Mapping[str, int], served: Collection[str], destinations: Collection[str], only_add: bool
) -> tuple[str, ...]:
    """Of attached destinations that a configuration does not name, the ones that stay (see Journal.attach).

    ``waiting``: each of them to how many calls wait for it. Raises DestinationVanished.
    """
    if only_add:
        return tuple(waiting)
    lost = {name: count for name, count in waiting.items() if count and name not in served}
    if lost:
        raise DestinationVanished(lost)
    return tuple(waiting) if not destinations else tuple(name for name in waiting if name in served)


def now_ms() -> int:
    """The present, ms since the epoch."""
    return int(time.time() * 1000)


def last_request(answers: Iterable[Answered]) -> dict[str, int]:
    """Call id to the number of the last request that carried something of it."""
    return {call: one.request for one in answers for call in one.calls}
