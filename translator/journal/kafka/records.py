"""Calls and refused messages as Kafka's records, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Message

from translator import jsontext
from translator.journal.rows import faults_text
from translator.parcels import Call, Leased, Refusal
from translator.sights import Kept

Headers = list[tuple[str, str | bytes | None]]


def text_of(call: Call) -> bytes:
    """The call's JSON text."""
    return call.text or jsontext.dumps(call.body)


def key_of(subject: str) -> bytes:
    """The key of a subject's records: of one subject all are in one partition."""
    return subject.encode("utf-8")


def headers_of(call: Call) -> Headers:
    """What of a call does not stand in its text, key or time."""
    found: Headers = [("source", call.source.encode("utf-8")), ("message_id", call.message_id.encode("utf-8"))]
    if call.ip is not None:
        found.append(("ip", call.ip.encode("utf-8")))
    if call.derived:
        found.append(("derived", b"1"))
    return found


def said(message: Message) -> dict[str, str]:
    """A record's headers, as texts."""
    headers: Any = message.headers() or ()
    return {name: (value or b"").decode("utf-8") for name, value in headers}


def name_of(message: Message) -> str:
    """The journal's name of the call in a record of the topic of calls: ``partition-offset``."""
    return f"{message.partition()}-{message.offset()}"


def place_of(name: str) -> tuple[int, int] | None:
    """Partition and offset of a name; None where it is none."""
    partition, dash, offset = name.partition("-")
    if not dash or not (partition.isascii() and partition.isdigit() and offset.isascii() and offset.isdigit()):
        return None
    return int(partition), int(offset)


def leased_of(message: Message) -> Leased:
    """A call as a lease has it; of one that was set aside, with what it had been through by then."""
    return leased_with(message, said(message))


def leased_with(message: Message, more: Mapping[str, str]) -> Leased:
    """The same, by its headers."""
    unknown_since = more.get("unknown_since")
    key, text = message.key() or b"", message.value() or b""
    return Leased(
        more.get("call") or name_of(message), more["source"], more["message_id"], key.decode("utf-8"),
        int(more["received_at"]) if "received_at" in more else message.timestamp()[1], text,
        more.get("ip"), "derived" in more, int(more.get("attempts", 0)),
        None if unknown_since is None else int(unknown_since), more.get("why"),
    )  # fmt: skip


def parked_headers(call: Leased, due_at: int) -> Headers:
    """Of a call that is set aside: whose it is stands in the key. ``due_at``: not before then, ms since the epoch."""
    texts: dict[str, str | int | None] = {
        "source": call.source, "message_id": call.message_id, "received_at": call.received_at, "ip": call.ip,
        "derived": 1 if call.derived else None, "call": call.id, "attempts": call.attempts,
        "unknown_since": call.unknown_since, "why": call.why, "due_at": due_at,
    }  # fmt: skip
    return [(name, str(value).encode("utf-8")) for name, value in texts.items() if value is not None]


def due_of(more: Mapping[str, str]) -> int:
    """When a call that was set aside is due by its headers, ms since the epoch; 0: at once."""
    return int(more.get("due_at", 0))


def kept_of(one: Leased) -> Kept:
    """A call as people look at it."""
    return Kept(one.id, one.source, one.message_id, one.subject, one.received_at, one.text, one.ip, one.derived)


def refused_headers(refusal: Refusal) -> Headers:
    """What of a refused message does not stand in its text."""
    texts = {"source": refusal.source, "received_at": str(refusal.received_at), "faults": faults_text(refusal)}
    return [(name, text.encode("utf-8")) for name, text in texts.items()]


def dumped(value: object) -> bytes:
    """JSON, for what only this journal reads."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def joined(names: Iterable[str]) -> str:
    """Names for people."""
    return ", ".join(sorted(names))
