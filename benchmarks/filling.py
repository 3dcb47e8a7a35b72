"""Journals with many calls in them: each of about 1 KB, a random messageId, one of half a million users."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.lines import lines
from translator import jsontext
from translator.journal import Journal, open_journal
from translator.journal.appending import Append
from translator.journal.sqlite.appending import Writer
from translator.journal.sqlite.database import Database
from translator.parcels import Call, Done
from translator.settings.values import JournalSettings

USERS = 500_000
LOT = 2000
HURRIED = ("synchronous = OFF", "cache_size = -2000000", "wal_autocheckpoint = 200000")
"""For a file that is only grown: nobody would miss it. 2 GB of cache, 800 MB of log."""

ALL_DELIVERED = (
    """INSERT INTO finished (seq, destination, at, request)
    SELECT seq, id, received_at, 1 FROM calls JOIN destinations ON seq > position""",
    """UPDATE destinations SET position = newest, handed = handed + found, delivered = delivered + found
    FROM (SELECT max(seq) AS newest, count(*) AS found FROM calls WHERE seq > (SELECT min(position) FROM destinations))""",
)
"""For one destination, at which nothing is under way."""


def calls(first: int, count: int, now: int) -> Iterator[Call]:
    """As many calls; other ones for another ``first``. ``now``: when they are received, ms since the epoch.

    Their ids are as random as those of Segment's libraries, so that an index of them is written everywhere.
    """
    chance = random.Random(first)
    bodies = [jsontext.loads(text) for text in lines()]
    for number in range(first, first + count):
        name, user = f"{chance.getrandbits(128):032x}", f"user-{chance.randrange(USERS)}"
        body = {**bodies[number % len(bodies)], "messageId": name, "userId": user}
        yield Call("", "webhook", name, user, now, body)


def fill(append: Callable[[Sequence[Call]], object], first: int, count: int) -> None:
    """Append as many calls as ``calls`` says, in lots."""
    found = calls(first, count, int(time.time() * 1000))
    for start in range(0, count, LOT):
        append([next(found) for _ in range(min(LOT, count - start))])


def deliver(journal: Journal, destination: str, limit: int = LOT) -> int:
    """Claim, say that a request goes out, settle as delivered, without a request; how many calls."""
    lease = journal.claim(destination, limit, 60)
    if lease is None:
        return 0
    ids = [item.id for item in lease.items]
    journal.posting(lease, "http-v2", ids, "configuration")
    journal.settle(lease, dict.fromkeys(ids, Done()), {})
    return len(ids)


def opened(url: str, destination: str = "") -> Journal:
    """A journal, which knows the destination, if any."""
    journal = open_journal(JournalSettings(url=url))
    if destination:
        journal.attach({destination: "now"})
    return journal


def grow(url: str, first: int, count: int, destination: str = "") -> None:
    """Put so many further calls into a journal, where they wait for the destination, if any."""
    journal = opened(url, destination)
    if path := _file(url):
        with _hurried(path) as database:
            writer = Writer(database, 0)
            fill(lambda lot: writer.commit([Append(lot, (), 0)]), first, count)
    else:
        fill(journal.append, first, count)
    journal.close()


def deliver_all(url: str, destination: str) -> None:
    """Everything that waits in a journal is delivered; of millions in a file the rows are written at once."""
    if path := _file(url):
        with _hurried(path) as database, database.writing() as connection:
            for statement in ALL_DELIVERED:
                connection.execute(statement)
    journal = opened(url, destination)
    while deliver(journal, destination):
        pass
    tally = journal.counts().destinations[destination]
    assert (tally.waiting, tally.delivered) == (0, tally.accepted), tally
    journal.close()


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else ""


@contextmanager
def _hurried(path: str) -> Iterator[Database]:
    """A journal's file, which does not wait for the disk before the end."""
    database = Database(path, "NORMAL")
    with database.reading() as connection:
        for pragma in HURRIED:
            connection.execute(f"PRAGMA {pragma}")
    yield database
    with database.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
