"""Texts that PostgreSQL cannot hold, and lines: what stands for a subject in an index. Pure."""

from __future__ import annotations

from hashlib import blake2b

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


def line_of(subject: str) -> bytes:
    """16 bytes that stand for a subject of any length: an index entry holds 2,704 bytes (docs "B-Tree Indexes")."""
    return blake2b(subject.encode("utf-8"), digest_size=16).digest()
