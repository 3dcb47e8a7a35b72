"""How many bytes a call takes on disk, of about 1 KB as JSON: while it waits, and once delivered, until it is pruned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.engines import journals
from benchmarks.filling import calls, deliver, fill, opened
from benchmarks.measure import Row
from translator import jsontext

COUNT = 50_000
TABLES = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = 'translator'::regnamespace AND relkind = 'r'
"""
"""All bytes of the schema, indexes too."""


def rows() -> Iterator[Row]:
    """Of each engine, beside the calls' own JSON."""
    body = sum(len(jsontext.dumps(call.body)) for call in calls(0, COUNT, 0)) / COUNT
    for engine, url in journals():
        journal = opened(url, "bench")
        empty = _bytes(url)
        fill(journal.append, 0, COUNT)
        waiting = (_bytes(url) - empty) / COUNT
        while deliver(journal, "bench"):
            pass
        delivered = (_bytes(url) - empty) / COUNT
        journal.close()
        yield Row("on disk, a call that waits", waiting, "its JSON", body, f"disk-waiting/{engine}", "bytes")
        yield Row("on disk, a call that is kept", delivered, "its JSON", body, f"disk-kept/{engine}", "bytes")


def _bytes(url: str) -> int:
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size
    with psycopg.connect(url) as sql:
        found = sql.execute(TABLES).fetchone()
        return int(found[0]) if found else 0
