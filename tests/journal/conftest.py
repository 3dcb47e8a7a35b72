import pytest

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


@pytest.fixture
def make(path, clock):
    made = []

    def open_another(**settings):
        journal = SqliteJournal(path, JournalSettings(**settings), clock)
        made.append(journal)
        return journal

    yield open_another
    for journal in made:
        journal.close()


@pytest.fixture
def journal(make):
    journal = make()
    journal.attach({"amplitude": "now"})
    return journal


@pytest.fixture
def call():
    def build(name, subject="u1"):
        body = {"type": "track", "event": "e", "userId": subject, "messageId": name}
        return Call("", "webhook", name, subject, NOW, body, "192.0.2.1")

    return build
