"""What objects are called: the name says what is inside, so that an archive can be read and proved without a journal.

    calls/2026-11-28/18e2d1a6a2e3f9b01-0000000000000001-0000000000008000-7990-0f3a…-5c01d2aa.jsonl.gz
          day (UTC)  identity          first            last             calls digest nonce

``identity``: of the journal that the calls were in; a later journal's is greater. ``first``, ``last``: the numbers that
were looked at, of which a call need not be left. ``digest``: of the object's bytes. ``nonce``: so that no name is ever
used again. Pure but for the nonce.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

Suffix = Literal["jsonl.gz", "parquet"]

CALLS = "calls/"
SUBJECTS = "subjects/"
JOURNALS = "journals/"
"""What is kept there: a mark for each journal that an archive has calls of, by its identity."""

NAME = re.compile(
    r"calls/(?P<day>\d{4}-\d\d-\d\d)/(?P<identity>[0-9a-f]{17})-(?P<first>\d{16})-(?P<last>\d{16})-(?P<count>\d+)-"
    r"(?P<digest>[0-9a-f]{16})-(?P<nonce>[0-9a-f]{8})\.(?P<suffix>jsonl\.gz|parquet)"
)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """See above."""

    day: str
    identity: str
    first: int
    last: int
    count: int
    digest: str
    nonce: str
    suffix: str

    @property
    def path(self) -> str:
        """Of the object with the calls."""
        return f"{CALLS}{self.day}/{self._stem}.{self.suffix}"

    @property
    def subjects(self) -> str:
        """Of the object that says whose calls these are."""
        return f"{SUBJECTS}{self.day}/{self._stem}.subjects"

    @property
    def _stem(self) -> str:
        return f"{self.identity}-{self.first:016}-{self.last:016}-{self.count}-{self.digest}-{self.nonce}"


def parsed(path: str) -> Name | None:
    """The name of an object with calls; None for what is none."""
    found = NAME.fullmatch(path)
    if found is None:
        return None
    said = found.groupdict()
    return Name(
        said["day"], said["identity"], int(said["first"]), int(said["last"]), int(said["count"]), said["digest"],
        said["nonce"], said["suffix"],
    )  # fmt: skip


def digest_of(data: bytes) -> str:
    """16 hexadecimal digits."""
    return blake2b(data, digest_size=8).hexdigest()


def nonce() -> str:
    """8 hexadecimal digits that were never there before."""
    return secrets.token_hex(4)


def day_of(ms: int) -> str:
    """The UTC day of a time in ms since the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
