"""Everybody at once: appends, claims, lost leases, redrives, purges and prunes of many journals on one database, while the
tables are looked at in one snapshot after another."""

import random
import threading
import time

import pytest

from tests.journal.postgres.helpers import opened
from translator.errors import LeaseLost
from translator.parcels import Dead, Done, Later
from translator.sights import SeenKind, Sighting

SECONDS = 5.0
SUBJECTS = 15
KINDS: tuple[SeenKind, ...] = ("value", "property", "fallback")
NEVER = {
    "two leases have calls of one line": """
        SELECT destination, line FROM translator.open WHERE token IS NOT NULL
        GROUP BY destination, line HAVING count(DISTINCT token) > 1""",
    "a call is due behind an unfinished one of its line": """
        SELECT seq FROM translator.open AS late WHERE due_at IS NOT NULL AND EXISTS (
            SELECT FROM translator.open AS early
            WHERE early.destination = late.destination AND early.line = late.line AND early.seq < late.seq)""",
    "a call is due beside a leased one of its line": """
        SELECT seq FROM translator.open AS due WHERE due_at IS NOT NULL AND EXISTS (
            SELECT FROM translator.open AS held
            WHERE held.destination = due.destination AND held.line = due.line AND held.token IS NOT NULL)""",
    "a line has calls of which none is due or leased": """
        SELECT seq FROM translator.open AS stuck WHERE token IS NULL AND due_at IS NULL AND NOT EXISTS (
            SELECT FROM translator.open AS moving WHERE moving.destination = stuck.destination
            AND moving.line = stuck.line AND (moving.token IS NOT NULL OR moving.due_at IS NOT NULL))""",
    "a call is leased by nobody": """
        SELECT seq FROM translator.open WHERE token IS NOT NULL
        AND token NOT IN (SELECT token FROM translator.leases)""",
    "something waits that is not kept": """
        SELECT seq FROM (SELECT seq FROM translator.open UNION SELECT seq FROM translator.fresh
            UNION SELECT seq FROM translator.dead) AS waiting WHERE seq NOT IN (SELECT seq FROM translator.calls)""",
    "something is said of a call that is not kept": """
        SELECT seq FROM (SELECT seq FROM translator.finished UNION SELECT seq FROM translator.attempts) AS told
        WHERE seq NOT IN (SELECT seq FROM translator.calls)""",
    "the books are not the real counts": """
        SELECT name FROM translator.destinations WHERE (SELECT sum(accepted) FROM translator.appenders) - base
        - delivered - ignored - dead <> (SELECT count(*) FROM translator.open WHERE destination = id)
        + (SELECT count(*) FROM translator.fresh WHERE destination = id)""",
}


class Storm:
    """Threads that each have a journal of their own, until they are told to stop; what went wrong with them."""

    def __init__(self, url):
        self.url = url
        self.over = threading.Event()
        self.done: list[tuple[str, str]] = []
        self.errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, work, seed):
        self._threads.append(threading.Thread(target=self._run, args=(work, seed)))
        self._threads[-1].start()

    def stop(self):
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, work, seed):
        chance = random.Random(seed)
        try:
            with opened(self.url) as journal:
                while not self.over.is_set():
                    work(self, journal, chance)
        except Exception as error:
            self.errors.append(error)


def deliver(storm, journal, chance):
    lease = journal.claim("amplitude", chance.choice([1, 3, 20, 100]), chance.choice([0.05, 0.3, 5]))
    if lease is None:
        time.sleep(0.005)
        return
    try:
        if chance.random() < 0.5:
            journal.posting(lease, "batch", [item.id for item in lease.items], "hash")
        if chance.random() < 0.3:
            time.sleep(chance.random() * 0.2)
        if chance.random() < 0.1:
            lease = journal.renew(lease, 0.5)
        if chance.random() < 0.05:
            return  # forgotten: its time ends it
        verdicts, held = {}, set()
        for item in lease.items:
            if item.subject in held:
                continue
            verdict = chance.choice([*[Done()] * 16, Dead("x"), Later(int(time.time() * 1000) + 50, "y"), None])
            if verdict is None or isinstance(verdict, Later):
                held.add(item.subject)
            if verdict is not None:
                verdicts[item.id] = verdict
        journal.settle(lease, verdicts, {})
        storm.done += [(one, lease.token) for one, verdict in verdicts.items() if verdict == Done()]
    except LeaseLost:
        pass


def trouble(storm, journal, chance):
    act = chance.randrange(6)
    if act == 0:
        journal.prune(int(time.time() * 1000) - chance.choice([0, 1000]))
    elif act == 1:
        journal.purge(f"u{chance.randrange(SUBJECTS)}")
    elif act == 2:
        journal.redrive([letter.id for letter in journal.dead("amplitude", limit=3)])
    elif act == 4:
        someone = f"u{chance.randrange(SUBJECTS)}"
        journal.note_seen("amplitude", [Sighting(kind, "x", 1, 1, 1, {}, ((someone, someone),)) for kind in KINDS])
    elif act == 3:
        journal.drop([letter.id for letter in journal.dead("amplitude", limit=2)])
    else:
        journal.fade(int(time.time() * 1000))
    time.sleep(0.03)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_meets_nothing_is_stuck_doubled_or_passed_over(url, sql, call, seed):
    numbers = iter(range(10**9))

    def append(storm, journal, chance):
        names = [f"{next(numbers)}" for _ in range(chance.randrange(1, 6))]
        now = int(time.time() * 1000)
        calls = [call(name, f"u{chance.randrange(SUBJECTS)}", now) for name in names]
        assert {one.status for one in journal.append(calls)} == {"accepted"}
        time.sleep(chance.random() * 0.01)

    with opened(url) as journal:
        journal.check()
        storm = Storm(url)
        for place, work in enumerate((append, append, deliver, deliver, deliver, trouble, trouble)):
            storm.start(work, 100 * seed + place)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not storm.errors:
            for what, query in NEVER.items():
                found = sql.execute(query).fetchmany(3)
                assert found == [], what
        storm.stop()
        assert storm.errors == []
        while lease := journal.claim("amplitude", 1000, 30) or _later(journal):
            journal.settle(lease, {item.id: Done() for item in lease.items}, {})
            storm.done += [(item.id, lease.token) for item in lease.items]
        for what, query in NEVER.items():
            assert sql.execute(query).fetchall() == [], what
        tally = journal.counts().destinations["amplitude"]
        assert tally.waiting == 0
        assert len({one for one, _ in storm.done}) == len(storm.done) == tally.delivered
        assert tally.accepted == next(numbers)


def _later(journal):
    """What is leased, or due in a moment."""
    deadline = time.monotonic() + 8
    while journal.counts().destinations["amplitude"].waiting and time.monotonic() < deadline:
        time.sleep(0.05)
        if lease := journal.claim("amplitude", 1000, 30):
            return lease
    return None
