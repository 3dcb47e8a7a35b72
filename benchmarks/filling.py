"""Journals with many calls in them: each of about 1 KB, a random messageId, one of half a million users."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks.lines import lines
from translator import jsontext
from translator.journal import Journal, open_journal
from translator.journal.appending import Append
from translator.journal.rows import now_ms
from translator.journal.sqlite.appending import Writer
from translator.journal.sqlite.claiming import Claims
from translator.journal.sqlite.database import Database
from translator.parcels import Call, Done
from translator.settings.values import JournalSettings

USERS = 500_000
LOT = 2000
HURRIED = ("synchronous = OFF", "cache_size = -2000000", "wal_autocheckpoint = 200000")
"""For a file that is only grown: nobody would miss it. 2 GB of cache, 800 MB of log."""


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


def deliver(journal: Journal | Claims, destination: str, limit: int = LOT) -> int:
    """Claim, say that a request goes out, settle as delivered, without a request; how many calls."""
    lease = journal.claim(destination, limit, 60)
    if lease is None:
        return 0
    ids = [item.call.id for item in lease.items]
    journal.posting(lease, "http-v2", ids, "configuration")
    journal.settle(lease, dict.fromkeys(ids, Done()), {}, {}, ())
    return len(ids)


def opened(url: str, destination: str = "") -> Journal:
    """A journal, which knows the destination, if any."""
    journal = open_journal(JournalSettings(url=url))
    if destination:
        journal.attach({destination: "now"})
    return journal


def grow(url: str, first: int, count: int, destination: str = "", *, is_delivered: bool = False) -> None:
    """Put so many further calls into a journal; they wait for the destination, if any, or are delivered to it."""
    journal = opened(url, destination)
    if url.startswith("sqlite:///"):
        _grow_file(url.removeprefix("sqlite:///"), first, count, destination if is_delivered else "")
    else:
        fill(journal.append, first, count)
        while is_delivered and deliver(journal, destination):
            pass
    journal.close()


def _grow_file(path: str, first: int, count: int, destination: str) -> None:
    """As ``grow``, without waiting for the disk; with a ``destination`` they are delivered to it."""
    database = Database(path, "NORMAL")
    with database.reading() as connection:
        for pragma in HURRIED:
            connection.execute(f"PRAGMA {pragma}")
    writer, claims = Writer(database, 0), Claims(database, now_ms)
    fill(lambda lot: writer.commit([Append(lot, (), 0)]), first, count)
    while destination and deliver(claims, destination):
        pass
    with database.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
