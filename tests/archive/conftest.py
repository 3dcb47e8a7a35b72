"""An archive in each place, of each engine's journal."""

import os
import time

import pytest

from tests.archive import buckets
from tests.conftest import missing
from translator.archive import open_archive
from translator.archive.writing import Archivist
from translator.journal import open_journal
from translator.parcels import Call, Done
from translator.settings.values import ArchiveSettings, JournalSettings


def opened(settings):
    archive = open_archive(settings)
    assert archive
    return archive


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    if not buckets.PROGRAM.exists() and not os.environ.get("TEST_S3_ENDPOINT"):
        missing("moto's S3 server: make test installs it into .venv/s3")
    with buckets.server(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Of the journal."""
    if request.param == "postgres":
        return request.getfixturevalue("database_url")
    return f"sqlite:///{tmp_path}/data/journal.db"


@pytest.fixture
def journal(url):
    journal = open_journal(JournalSettings(url=url))
    journal.attach({"amplitude": "now"})
    yield journal
    journal.close()


@pytest.fixture(params=["disk", "s3"])
def place(request, tmp_path):
    """The settings of where an archive is."""
    if request.param == "disk":
        return {"url": f"file://{tmp_path}/archive"}
    running = request.getfixturevalue("s3")
    return {
        "url": f"s3://{running.bucket()}/a/prefix", "endpoint": running.endpoint, "region": buckets.REGION,
        "access_key_id": buckets.KEY, "secret_access_key": buckets.SECRET,
    }  # fmt: skip


@pytest.fixture
def settings(place):
    return ArchiveSettings(**place)


@pytest.fixture
def archive(settings):
    return opened(settings)


@pytest.fixture
def archivist(journal, archive):
    return archive.archivist(journal)


@pytest.fixture
def make(journal, archive):
    """Another process's."""
    return lambda: Archivist(journal, archive.store, archive.settings)


@pytest.fixture
def call():
    def build(name, subject="u1", received_at=None, **more):
        body = {"type": "track", "event": "e", "userId": subject, "messageId": name, **more}
        return Call("", "webhook", name, subject, received_at or int(time.time() * 1000), body, "192.0.2.1")

    return build


@pytest.fixture
def deliver(journal):
    def run():
        while lease := journal.claim("amplitude", 500, 30):
            journal.settle(lease, {item.id: Done() for item in lease.items}, {})

    return run
