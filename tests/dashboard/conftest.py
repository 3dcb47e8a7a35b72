import pytest

from translator.journal import open_journal
from translator.receive import create_app
from translator.settings.load import settings_from

AWAY = {"REMOTE_ADDR": "198.51.100.7", "HTTP_HOST": "events.example"}


@pytest.fixture
def board(tmp_path):
    """A function from settings to a browser of another machine."""
    made = []

    def build(origin=AWAY, **tables):
        settings = settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}, **tables})
        journal = open_journal(settings.journal)
        made.append(journal)
        client = create_app(settings, journal).test_client()
        client.environ_base.update(origin)
        return client

    yield build
    for journal in made:
        journal.close()
