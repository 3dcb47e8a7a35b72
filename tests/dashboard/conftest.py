import re
from html import unescape

import pytest

from translator.deliver import Sender, run_once
from translator.deliver.sightings import Sightings
from translator.journal import open_journal
from translator.receive.app import create_app
from translator.settings.load import settings_from
from translator.settings.stored import to_text
from translator.settings.values import JournalSettings

AWAY = {"REMOTE_ADDR": "198.51.100.7", "HTTP_HOST": "events.example"}
LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}
HOSTILE = '"><script>alert(1)</script>'
PAIR = {"type_trait": "group_type", "value_trait": "name"}


@pytest.fixture
def open_another(tmp_path):
    """Opens the same file once more."""
    return lambda: open_journal(JournalSettings(f"sqlite:///{tmp_path}/journal.db"))


@pytest.fixture
def opened(open_another):
    """A function from settings to a browser; its journal is always the same one. ``origin``: of which machine."""
    made = []

    def build(settings, origin=LOCAL):
        journal = open_another()
        made.append(journal)
        client = create_app(settings, journal).test_client()
        client.environ_base.update(origin)
        return client

    yield build
    for journal in made:
        journal.close()


@pytest.fixture
def board(opened, tmp_path):
    """A function from tables of settings to a browser of another machine."""

    def build(origin=AWAY, **tables):
        return opened(settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}, **tables}), origin)

    return build


class Place:
    """A service with the sandbox behind it, seen from this machine: calls go in, are delivered when asked, and pages
    are read."""

    def __init__(self, client, amplitude):
        self.client = client
        self.amplitude = amplitude
        self.settings, self.journal = client.application.extensions["translator"]
        self.journal.attach(dict.fromkeys(self.settings.destinations, "now"))

    def post(self, *calls):
        answer = self.client.post("/webhook", json=list(calls))
        assert answer.status_code == 200, answer.data

    def deliver(self, name="amplitude", leases=1_000_000):
        """As a delivery process does, until nothing is due, or so many leases."""
        sender = Sender(self.settings.destinations[name], self.settings.delivery)
        self.journal.note_configuration(name, sender.configuration, to_text(sender.destination))
        sightings = Sightings(sender.destination.translation)
        while leases and run_once(self.journal, sender, sightings):
            leases -= 1
        self.journal.note_seen(name, sightings.drain())
        sender.close()

    def get(self, path, status=200, **query):
        answer = self.client.get(path, query_string=query or None)
        assert answer.status_code == status, answer.data
        return answer.get_data(as_text=True)

    def text(self, path, **query):
        """What a person reads of a page, blanks made single."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.get(path, **query))).split())

    def links(self, path, pattern, **query):
        return [
            one
            for one in map(unescape, re.findall(r'href="([^"]+)"', self.get(path, **query)))
            if re.search(pattern, one)
        ]

    def submit(self, page, path, **fields):
        """The form of a page, sent with its token."""
        (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', self.get(page)))
        answer = self.client.post(path, data={"csrf_token": token, **fields})
        return answer.status_code, answer.get_data(as_text=True)

    def call(self, message_id):
        """The address of a call's page."""
        (one,) = self.journal.named(message_id)
        return f"/calls/{one.id}"


@pytest.fixture
def place(board, amplitude):
    """A function from settings to a Place; by default with the pair of the guide."""

    def build(**tables):
        to = {"api_key": "k" * 32, "url": amplitude.url}
        return Place(board(LOCAL, **{"groups": PAIR, "destinations": {"amplitude": to}, **tables}), amplitude)

    return build


def track(name="m1", user="user-1", **more):
    return {"type": "track", "event": "Signed Up", "userId": user, "messageId": name, **more}


def group(message_id="g1", user="user-1", /, **traits):
    traits = traits or {"group_type": "Organization", "name": "Acme"}
    return {"type": "group", "groupId": "acme-1", "userId": user, "messageId": message_id, "traits": traits}
