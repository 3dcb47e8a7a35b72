import time

import pytest

from translator.deliver import Sender, run_once
from translator.journal import open_journal
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.validate import check


class Line:
    """A journal, a sender and a way to put messages on it; ``run`` delivers until nothing more is due."""

    def __init__(self, tmp_path, url, destination, tables):
        tree = {
            "journal": {"url": f"sqlite:///{tmp_path}/journal.db"},
            "delivery": {"timeout_seconds": 2},
            "destinations": {"amplitude": {"api_key": "hush-key", "url": url, **destination}},
            **tables,
        }
        self.settings = settings_from(tree)
        self.journal = open_journal(self.settings.journal)
        self.journal.attach({"amplitude": "now"})
        self.sender = Sender(self.settings.destinations["amplitude"], self.settings.delivery, lambda: 0.0)

    def put(self, *messages):
        facts = Facts("webhook", int(time.time() * 1000))
        self.journal.append([check(one, facts, self.settings.segment) for one in messages])

    def once(self):
        self.sender.health.hold_until = 0.0
        return run_once(self.journal, self.sender)

    def run(self, seconds=10.0):
        deadline = time.monotonic() + seconds
        while self.tally.waiting and time.monotonic() < deadline:
            if not self.once():
                time.sleep(0.05)

    @property
    def tally(self):
        return self.journal.counts().destinations["amplitude"]

    def close(self):
        self.sender.close()
        self.journal.close()


@pytest.fixture
def line(tmp_path, amplitude):
    made = []

    def build(url=None, destination=None, **tables):
        one = Line(tmp_path, url or amplitude.url, destination or {}, tables)
        made.append(one)
        return one

    yield build
    for one in made:
        one.close()
