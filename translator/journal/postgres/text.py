"""Texts that PostgreSQL cannot hold, and lines: what stands for a subject in an index. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

MARK = "\u241b"  # the sign for an escape character; hardly ever in an id


def stored(text: str) -> str:
    """A text without the character U+0000, which PostgreSQL's text cannot hold (docs "Character Types"); ``restored``
    gives back just what it was."""
    if "\0" not in text and MARK not in text:
        return text
    return text.replace(MARK, MARK + MARK).replace("\0", MARK + "0")


def restored(text: str) -> str:
    """What ``stored`` was given."""
    if MARK not in text:
        return text
    return MARK.join(part.replace(MARK + "0", "\0") for part in text.split(MARK + MARK))


def optional(text: str | None) -> str | None:
    """``stored``, where there is a text."""
    return None if text is None else stored(text)


def call_row(row: Sequence[Any]) -> tuple[Any, ...]:
    """A call's row as it came: seq, source, message_id, subject, received_at, body (bytes), ip, derived."""
    seq, source, message_id, subject, received_at, body, ip, derived = row
    told = None if ip is None else restored(ip)
    return (
        seq, restored(source), restored(message_id), restored(subject), received_at, body.encode("utf-8"), told, derived
    )  # fmt: skip


def line_of(subject: str) -> bytes:
    """16 bytes that stand for a subject of any length: an index entry holds 2,704 bytes (docs "B-Tree Indexes")."""
    return blake2b(subject.encode("utf-8"), digest_size=16).digest()
