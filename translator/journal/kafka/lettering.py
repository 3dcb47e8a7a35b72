"""Dead letters and refused messages as records of their topics, and back. Pure.

A letter is known by the name of its call and by when it died: ``3-1021:1710090245678``; to people with the id of its
destination before it: ``d1:3-1021:1710090245678``. That is its order too: by time, then by the call's place.
"""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import Message

from translator.journal.kafka.records import Headers, key_of, place_of, said
from translator.journal.kafka.settled import Letter
from translator.journal.rows import ANSWER_CHARACTERS, refused_letter
from translator.parcels import DeadLetter, Json


class Name(NamedTuple):
    """A letter's. ``partition``, ``offset``: of its call; ``at``: when it died, ms since the epoch."""

    destination: str
    partition: int
    offset: int
    at: int

    @property
    def key(self) -> str:
        """In the topic of its destination."""
        return f"{self.partition}-{self.offset}:{self.at}"

    def __str__(self) -> str:
        return f"{self.destination}:{self.key}"


def name_of(text: str) -> Name | None:
    """The name that a text is; None where it is none."""
    destination, _, key = text.partition(":")
    call, _, at = key.partition(":")
    place = place_of(call)
    if place is None or not (at.isascii() and at.isdigit()) or max(map(len, (call, at))) > 40:
        return None
    name = Name(destination, *place, int(at))
    return name if str(name) == text else None


def refused_place(text: str) -> int | None:
    """The offset of a refused message, which is called ``r1`` where it is the first record; None for anything else."""
    digits = text.removeprefix("r")
    if not text.startswith("r") or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    return int(digits) - 1


def record_of(letter: Letter, at_ms: int) -> tuple[bytes, bytes, Headers]:
    """Key, value and headers of a letter that died at ``at_ms`` (ms since the epoch), for the partition of its call.
    The call's own time, source, address and subject are in the headers, so that nothing else need be kept of it."""
    call = letter.call
    texts: dict[str, str | int | None] = {
        "why": letter.why, "answer": letter.answer[:ANSWER_CHARACTERS], "at": at_ms, "attempts": letter.attempts,
        "unknown_since": letter.unknown_since, "source": call.source, "message_id": call.message_id,
        "received_at": call.received_at, "subject": call.subject, "call": call.id, "ip": call.ip,
        "derived": 1 if call.derived else None,
    }  # fmt: skip
    return f"{call.id}:{at_ms}".encode(), call.text, _headers(texts)


def letter_of(message: Message, destination: str, number: str) -> DeadLetter:
    """A letter as people see it. ``destination``: its name; ``number``: its id."""
    more = said(message)
    return DeadLetter(
        f"{number}:{(message.key() or b'').decode()}", destination, more["why"], more["answer"], int(more["at"]),
        int(more["attempts"]), more["source"], more["message_id"], int(more["received_at"]), message.value() or b"",
        int(more["unknown_since"]) if "unknown_since" in more else None, more["call"],
    )  # fmt: skip


def refused_of(message: Message) -> DeadLetter:
    """A refused message as people see it."""
    more = said(message)
    name, text = (message.offset() or 0) + 1, message.value() or b""
    return refused_letter((name, more["source"], more["received_at"], more["faults"], text))


def redriven_record(message: Message, *, afresh: bool) -> tuple[bytes, bytes, Headers]:
    """Key, value and headers of the record by which a letter waits again, for T.parked.D, in the same partition.
    It is tried anew; ``afresh``: as if none of it could have arrived before."""
    more = said(message)
    texts: dict[str, str | int | None] = {
        **{name: more.get(name) for name in ("source", "message_id", "received_at", "ip", "derived", "call")},
        "attempts": 0,
        "unknown_since": None if afresh else more.get("unknown_since"),
        "redriven": 1,
    }
    return key_of(more["subject"]), message.value() or b"", _headers(texts)


def row_of(message: Message) -> Json:
    """What an index keeps of a letter."""
    more = said(message)
    partition, _, rest = (message.key() or b"").decode().partition("-")
    return {
        "partition": int(partition), "call": int(rest.partition(":")[0]), "at": int(more["at"]),
        "why": more["why"], "subject": more["subject"], "attempts": int(more["attempts"]),
    }  # fmt: skip


def _headers(texts: dict[str, str | int | None]) -> Headers:
    return [(name, str(value).encode("utf-8")) for name, value in texts.items() if value is not None]
