"""What only the PostgreSQL journal has: a server that others use too, that stops, and a network before it."""

import psycopg
import pytest

from tests.conftest import own_server
from tests.cutting import Proxy
from translator.journal.postgres import (
    PostgresJournal,
)
from translator.settings.values import JournalSettings


@pytest.fixture
def engine():
    return "postgres"


@pytest.fixture
def sql(url):
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def server():
    """A server that may be stopped and spoilt."""
    with own_server() as running:
        yield running


@pytest.fixture
def cut(url, clock):
    port = str(psycopg.conninfo.conninfo_to_dict(url)["port"])
    proxy = Proxy(int(port))
    journal = PostgresJournal(url.replace(f":{port}/", f":{proxy.port}/"), JournalSettings(), clock)
    journal.attach({"amplitude": "now"})
    yield journal, proxy
    journal.close()
    proxy.close()
