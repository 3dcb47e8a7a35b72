"""What several rooms' tests need."""

import itertools
import os
from contextlib import contextmanager

import pytest

from tests import postgres
from tests.browser import chromium
from tests.kafka.cluster import Cluster, lacking
from translator import sandbox
from translator.journal.kafka.address import parsed
from translator.journal.kafka.client import Client
from translator.journal.kafka.topics import Topics
from translator.settings.values import KafkaSettings

_numbers = itertools.count()
_environment = dict(os.environ)


def pytest_collection_finish(session):
    """What one module of tests sets when it is imported, all the others would run with."""
    if changed := {name for name, _ in _environment.items() ^ os.environ.items()} - {"PYTEST_VERSION"}:
        raise pytest.UsageError(f"importing the tests changed the environment: {', '.join(sorted(changed))}")


@pytest.fixture
def amplitude():
    running = sandbox.start()
    yield running
    running.stop()


def missing(what):
    """A part that this machine lacks: its tests are skipped, but never where everything must be tested."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def browser():
    """Chromium, for whichever rooms look at pages: Playwright starts once in a process."""
    if lacks := chromium.lacking():
        missing(lacks)
    with chromium.started() as running:
        yield running


@contextmanager
def own_server(otherwise=""):
    """A PostgreSQL server of one's own, where this machine has one. ``otherwise``: what would do too."""
    if not postgres.binary("initdb"):
        missing(f"PostgreSQL: apt-get install postgresql{otherwise}")
    running = postgres.Server()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def postgres_url():
    """A PostgreSQL server: TEST_DATABASE_URL, or one of this machine's, started for these tests."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with own_server(", or TEST_DATABASE_URL") as server:
        yield server.url()


@pytest.fixture(scope="module")
def mortal_server():
    """A PostgreSQL server that may be crashed, and is up again after each test."""
    with own_server() as server:
        yield server


@pytest.fixture
def database_url(postgres_url):
    """An empty database."""
    with postgres.database(postgres_url, f"translator_test_{os.getpid()}_{next(_numbers)}") as url:
        yield url


@contextmanager
def own_cluster(brokers, **more):
    """Kafka servers of one's own, where this machine can run them."""
    if lacks := lacking():
        missing(lacks)
    cluster = Cluster(brokers, **more)
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="session")
def kafka():
    """A Kafka of one broker, for whatever goes well: 3 s at the first test that asks."""
    with own_cluster(1) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka_servers():
    """Three brokers, which may be down: ask for ``kafka3``."""
    with own_cluster(3) as cluster:
        yield cluster


@pytest.fixture
def kafka3(kafka_servers):
    """A Kafka of three brokers, any of which may be stopped or killed; all run again for the next test."""
    kafka_servers.heal()
    return kafka_servers


@pytest.fixture
def kafka_journal(kafka_url):
    """The same, with the topics that all journals there need, of one copy."""
    Topics(Client(parsed(kafka_url), KafkaSettings(3, 1, 1)), 7).make()
    return kafka_url


@pytest.fixture(params=["sqlite", "postgres", "kafka"])
def journal_url(request, tmp_path):
    """An empty journal of each engine, for processes and for the test."""
    given = {"postgres": "database_url", "kafka": "kafka_journal"}
    if request.param in given:
        return request.getfixturevalue(given[request.param])
    return f"sqlite:///{tmp_path}/journal.db"


@pytest.fixture
def kafka_url(kafka):
    """An address whose topics are not there yet, on the one broker; they go with the test."""
    topic = f"test-{os.getpid()}-{next(_numbers)}"
    yield kafka.url(topic)
    kafka.drop(topic)
