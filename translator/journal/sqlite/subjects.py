"""Finding a subject's calls: their index is cut into blocks by the order of arrival, and looked through block by block.

In one index of all subjects each call that comes belongs somewhere else: an append of 100 wrote 100 of its pages in a
journal of a million calls, now it writes some tens. A look through all blocks of five million calls takes 5 ms.
"""

from __future__ import annotations

from contextlib import closing

import apsw

BLOCK_BITS = 13
"""A block has 2 ** BLOCK_BITS numbers of calls; the index of migrations/0008.sql has the same."""

STRETCH_BITS = 6
"""Blocks are looked through by stretches of 2 ** STRETCH_BITS, of which none is quite empty: where a dead letter of
long ago stays, what came after it goes. To ask whether a block is there would take as long as to look into it."""

NEVER = 2**62
NUMBERS = BLOCK_BITS + STRETCH_BITS
OF_SUBJECT = f"""
WITH RECURSIVE stretches (stretch) AS (
    SELECT max(seq) >> {NUMBERS} FROM calls WHERE seq < ?1
    UNION ALL SELECT (SELECT max(seq) >> {NUMBERS} FROM calls WHERE seq < stretch << {NUMBERS}) FROM stretches
    WHERE stretch IS NOT NULL
), places (place) AS (
    SELECT {2**STRETCH_BITS - 1} UNION ALL SELECT place - 1 FROM places WHERE place > 0
)
SELECT calls.seq FROM stretches CROSS JOIN places CROSS JOIN calls INDEXED BY calls_block
ON calls.seq >> {BLOCK_BITS} = (stretch << {STRETCH_BITS}) + place AND calls.subject = ?2 WHERE calls.seq < ?1
"""
"""The newest block first. Within a block the oldest call first, as they stand, so that SQLite need not find all of them
before it tells one."""


def numbers_of(db: apsw.Connection, subject: str, *, below: int = NEVER, limit: int = NEVER) -> list[int]:
    """The numbers (seq) of a subject's calls ``below`` one, the newest first, ``limit`` at most."""
    found: list[int] = []
    with closing(db.execute(OF_SUBJECT, (below, subject))) as rows:
        for (seq,) in rows:
            if found and len(found) >= limit and seq >> BLOCK_BITS < found[-1] >> BLOCK_BITS:
                break
            found.append(seq)
    return sorted(found, reverse=True)[:limit]
