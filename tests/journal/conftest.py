"""The contract's suite runs on every engine: each test here takes ``make`` or ``journal``, and asks of ``dedupes`` what an
engine need not have. What only one engine has is in a file of its own, which overrides ``engine``."""

from typing import Any

import pytest

from tests.journal.kafka.patient import ALONE, Patient, make_topics
from translator.journal import open_journal
from translator.journal.postgres import PostgresJournal
from translator.journal.sqlite import SqliteJournal
from translator.parcels import Call
from translator.settings.values import JournalSettings

NOW = 1710090245678


class Clock:
    def __init__(self):
        self.ms = NOW

    def __call__(self):
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "data" / "journal.db")


@pytest.fixture(params=["sqlite", "postgres", "kafka"])
def engine(request):
    return request.param


@pytest.fixture
def url(engine, request):
    """Where a journal of the engine is, for processes of their own."""
    if engine == "postgres":
        return request.getfixturevalue("database_url")
    if engine == "kafka":
        found = request.getfixturevalue("kafka_url")
        make_topics(found)
        return found
    return "sqlite:///" + request.getfixturevalue("path")


@pytest.fixture
def make(engine, url, clock):
    made: list[Any] = []

    def open_another(**settings):
        if engine == "kafka":
            values = JournalSettings(url=url, kafka=ALONE, **settings)
            made.append(Patient(url, values, clock, made[0] if made else None))
            return made[-1]
        values = JournalSettings(url=url, **settings)
        kind, place = (
            (PostgresJournal, url) if engine == "postgres" else (SqliteJournal, url.removeprefix("sqlite:///"))
        )
        journal = kind(place, values, clock)
        made.append(journal)
        return journal

    yield open_another
    for journal in reversed(made):
        journal.close()


@pytest.fixture
def journal(make):
    journal = make()
    journal.attach({"amplitude": "now"})
    return journal


@pytest.fixture
def deduping(journal):
    if not journal.dedupes:
        pytest.skip("this engine does not recognise duplicates")
    return journal


@pytest.fixture
def shares_leases(engine):
    if engine == "kafka":
        pytest.skip("a lease is its process's there, and ends with its session: kafka/test_following.py")


@pytest.fixture
def sees_leases(engine):
    if engine == "kafka":
        pytest.skip(
            "only who has a lease knows of it there: purge hides what is leased, and it ends as it ends: kafka/test_purging.py"
        )


@pytest.fixture
def deletes_one_by_one(engine):
    if engine == "kafka":
        pytest.skip("the oldest records are deleted there, all that all are done with: kafka/test_keeping.py")


@pytest.fixture
def notes_verdicts(engine):
    if engine == "kafka":
        pytest.skip(
            "there is no place for verdicts there; requests and their answers are told instead: kafka/test_looks.py"
        )


@pytest.fixture
def call():
    def build(name, subject="u1", received_at=NOW):
        body = {"type": "track", "event": "e", "userId": subject, "messageId": name}
        return Call("", "webhook", name, subject, received_at, body, "192.0.2.1")

    return build


@pytest.fixture
def plain(url):
    """A journal with the engine's own clock."""
    journal = open_journal(JournalSettings(url=url, kafka=ALONE))
    yield journal
    journal.close()
