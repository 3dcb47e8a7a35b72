"""Journals with many calls in them: each of about 1 KB, a random messageId, one of half a million users."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.lines import lines
from translator import jsontext
from translator.journal import Journal
from translator.parcels import Call, Done

USERS = 500_000
LOT = 2000
LEASE = 2000


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


def fill(journal: Journal, first: int, count: int, now: int) -> None:
    """Append as many calls as ``calls`` says, in lots."""
    found = calls(first, count, now)
    for start in range(0, count, LOT):
        journal.append([next(found) for _ in range(min(LOT, count - start))])


def deliver(journal: Journal, destination: str, limit: int = LEASE) -> int:
    """Claim, say that a request goes out, settle as delivered, without a request; how many calls."""
    lease = journal.claim(destination, limit, 60)
    if lease is None:
        return 0
    ids = [item.call.id for item in lease.items]
    journal.posting(lease, "http-v2", ids, "configuration")
    journal.settle(lease, dict.fromkeys(ids, Done()), {})
    return len(ids)
