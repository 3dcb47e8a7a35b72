from pathlib import Path
from typing import Any

import pytest

from translator.journal import open_journal
from translator.receive.app import create_app
from translator.settings.load import settings_from

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}
LIBRARY = Path(__file__).parent / "library"
"""Stands for the package's ``dist/umd``."""


@pytest.fixture
def service(tmp_path):
    """The application over a real journal: a function from settings to a test client of this machine."""
    made = []

    def build(**tables):
        settings = settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}, **tables})
        journal = open_journal(settings.journal)
        made.append(journal)
        client: Any = create_app(settings, journal).test_client()
        client.environ_base.update(LOCAL)
        client.journal = journal
        return client

    yield build
    for journal in made:
        journal.close()


@pytest.fixture
def stored():
    """The message ids that the journal of a client has."""
    return lambda client: [call.message_id for call in client.journal.read()]
