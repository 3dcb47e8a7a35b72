"""What a million calls cost a PostgreSQL server: bytes that stay, bytes of its log, statements. ``make costs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg

from benchmarks.disk import TABLES
from benchmarks.lines import lines
from tests import postgres
from translator import jsontext
from translator.journal import Journal, open_journal
from translator.parcels import Call, Done, Facts
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

COUNT = 20_000
LEASE = 1000
ARRIVING = (("one call a request, one request at a time", 1, 1), ("one call a request, 16 at a time", 1, 16), ("arrays of 100", 100, 1))  # fmt: skip
LOGGED = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
STATEMENTS = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"


def main() -> None:
    """A table on the output."""
    server = postgres.Server()
    try:
        with psycopg.connect(server.url(), autocommit=True) as sql:
            sql.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        server.stop("fast")
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as sql:
            sql.execute("CREATE EXTENSION pg_stat_statements")
            for what, size, threads in ARRIVING:
                sys.stdout.write(f"{what}:\n")
                for line in _measured(sql, server.url(), size, threads):
                    sys.stdout.write(f"    {line}\n")
    finally:
        server.close()


def _measured(sql: psycopg.Connection, url: str, size: int, threads: int) -> Iterator[str]:
    sql.execute("DROP SCHEMA IF EXISTS translator CASCADE")
    journal = open_journal(JournalSettings(url=url))
    journal.attach({"amplitude": "now"})
    calls = [
        check(jsontext.loads(text), Facts("webhook", 1), Segment())
        for text in lines(COUNT, prefix=f"c{size}-{threads}")
    ]
    body = sum(len(jsontext.dumps(call.body)) for call in calls)
    before = _state(sql)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda start: journal.append(calls[start : start + size]), range(0, COUNT, size)))
    accepted = _state(sql)
    _deliver(journal, calls)
    delivered = _state(sql)
    journal.close()
    yield f"the calls themselves, as JSON:      {_million(body)} MB"
    yield f"kept, tables and indexes:           {_million(delivered[0] - before[0])} MB"
    yield f"log (WAL), accepting:               {_million(accepted[1] - before[1])} MB"
    yield f"log (WAL), delivering:              {_million(delivered[1] - accepted[1])} MB"
    yield f"statements, accepting:              {(accepted[2] - before[2]) * 1_000_000 // COUNT:,}"
    yield f"statements, delivering by {LEASE:,}:    {(delivered[2] - accepted[2]) * 1_000_000 // COUNT:,}"


def _deliver(journal: Journal, calls: list[Call]) -> None:
    """As delivery does, two requests a lease, without the requests."""
    while lease := journal.claim("amplitude", LEASE, 30):
        ids = [item.id for item in lease.items]
        for half in (ids[::2], ids[1::2]):
            journal.posting(lease, "http-v2", half, "configuration")
        journal.settle(lease, dict.fromkeys(ids, Done()), {})
    assert journal.counts().destinations["amplitude"].delivered == len(calls)


def _state(sql: psycopg.Connection) -> tuple[int, int, int]:
    found = [sql.execute(query).fetchone() or (0,) for query in (TABLES, LOGGED, STATEMENTS)]
    return (found[0][0], found[1][0], found[2][0])


def _million(size: int) -> str:
    return f"{size / COUNT * 1_000_000 / 2**20:,.0f}"


if __name__ == "__main__":
    main()
