"""What the tests of the PostgreSQL journal do again and again, to the destination ``amplitude``."""

from contextlib import contextmanager

import psycopg

from tests.processes import until
from translator.errors import JournalUnavailable
from translator.journal import open_journal
from translator.parcels import Done
from translator.settings.values import JournalSettings

DAY = 86_400_000


@contextmanager
def opened(url, **settings):
    journal = open_journal(JournalSettings(url=url, **settings))
    try:
        journal.attach({"amplitude": "now"})
        yield journal
    finally:
        journal.close()


def begin_again(server, journal):
    """Start a server that was stopped, and wait until the journal has a connection again: on a machine that is busy it
    may be refused a first one, and tries the next a moment later."""
    server.start()
    until(lambda: answers(journal), 10)


def answers(journal):
    try:
        return journal.versions()
    except JournalUnavailable:
        return None


def names(journal):
    return [one.message_id for one in journal.read()]


def claimed(journal, limit=100):
    lease = journal.claim("amplitude", limit, 30)
    return lease, [item.message_id for item in lease.items] if lease else []


def settle(journal, lease, verdict=None, **more):
    journal.settle(lease, {item.id: verdict or Done() for item in lease.items}, {}, **more)


def count_of(url, table):
    with psycopg.connect(url) as connection:
        return count(connection, f"SELECT count(*) FROM {table}")  # noqa: S608


def count(sql, query):
    return sql.execute(query).fetchone()[0]
