"""Finding a line's calls: their index is cut into blocks by the order of arrival, and looked through block by block.

The same as in SQLite (sqlite/subjects.py, which says why).
"""

from __future__ import annotations

from translator.journal.postgres.text import line_of

BLOCK_BITS = 13
"""A block has 2 ** BLOCK_BITS numbers of calls; the index of migrations/0005.sql has the same."""

NEVER = 2**62
OF_LINE = f"""
WITH RECURSIVE blocks (block) AS (
    (SELECT seq >> {BLOCK_BITS} FROM translator.calls WHERE seq < %(below)s ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT (
        SELECT seq >> {BLOCK_BITS} FROM translator.calls
        WHERE seq < blocks.block << {BLOCK_BITS} ORDER BY seq DESC LIMIT 1)
    FROM blocks WHERE block IS NOT NULL
)
SELECT theirs.seq FROM blocks CROSS JOIN LATERAL (
    SELECT seq FROM translator.calls
    WHERE calls.seq >> {BLOCK_BITS} = block AND calls.line = %(line)s AND calls.seq < %(below)s
) AS theirs ORDER BY theirs.seq DESC LIMIT %(limit)s
"""
"""Only blocks that there are: where a dead letter of long ago stays, what came after it goes."""


def of_subject(subject: str, *, below: int = NEVER, limit: int | None = None) -> dict[str, object]:
    """The values of OF_LINE: a subject's calls ``below`` a number, the newest first, ``limit`` at most (None: all)."""
    return {"line": line_of(subject), "below": below, "limit": limit}
