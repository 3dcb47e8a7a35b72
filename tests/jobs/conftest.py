import threading

import pytest
import requests

from translator.jobs import Wanted
from translator.journal import open_journal
from translator.parcels import GroupProperties
from translator.settings.load import settings_from


class Place:
    """A journal and a destination at the sandbox."""

    def __init__(self, tmp_path, url):
        tree = {
            "journal": {"url": f"sqlite:///{tmp_path}/journal.db"},
            "delivery": {"timeout_seconds": 2},
            "destinations": {"amplitude": {"api_key": "hush-key", "url": url}},
        }
        self.url = url
        self.settings = settings_from(tree)
        self.journal = open_journal(self.settings.journal)
        self.destination = self.settings.destinations["amplitude"]
        self.limits = self.settings.delivery
        self.stop = threading.Event()

    def groups(self):
        """Group properties that Amplitude has, by group value."""
        found = requests.get(self.url + "/api/groups", timeout=5).json()
        return {one["group_value"]: one["group_properties"] for one in found}

    def asked(self):
        """How many Group Identify requests came."""
        found = requests.get(self.url + "/api/requests", timeout=5).json()
        return sum(one["path"] == "/groupidentify" for one in found)

    def behave(self, **more):
        answer = requests.post(self.url + "/api/behaviour", json={"path": "/groupidentify", **more}, timeout=5)
        assert answer.status_code == 200, answer.text


def wanted(value, keep=None, **properties):
    return Wanted(GroupProperties("company", value, properties), keep or {})


@pytest.fixture
def place(tmp_path, amplitude):
    made = Place(tmp_path, amplitude.url)
    yield made
    made.journal.close()
