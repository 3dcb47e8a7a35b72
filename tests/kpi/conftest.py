import json
import subprocess
import sys

import pytest
import requests

from tests.archive.conftest import opened
from tests.kpi.traffic import CONFIGURATION, RUN
from tests.processes import environment
from translator.journal import open_journal
from translator.parcels import Done, Facts
from translator.settings.values import ArchiveSettings, JournalSettings, Segment
from translator.validate import check


class Place:
    """A journal, an archive beside it where ``archives``, and the sandbox as the destination."""

    def __init__(self, tmp_path, journal_url, amplitude_url, archives):
        self.folder = tmp_path
        self.url = amplitude_url
        self.archives = archives
        self.journal = open_journal(JournalSettings(url=journal_url))
        self.journal.attach({"amplitude": "now"})
        self.env = {
            "JOURNAL_URL": journal_url, "AMPLITUDE_API_KEY": "hush-key", "TRANSLATOR__DESTINATIONS__AMPLITUDE__URL": amplitude_url,
        }  # fmt: skip
        if archives:
            self.env["TRANSLATOR__ARCHIVE__URL"] = f"file://{tmp_path}/archive"
        self.configure()

    def configure(self, text=CONFIGURATION, zone="UTC"):
        (self.folder / "translator.toml").write_text(text.format(zone=zone))

    def append(self, calls):
        """Raw calls with ``receivedAt``."""
        for start in range(0, len(calls), 1000):
            part = calls[start : start + 1000]
            self.journal.append(
                [check({**one, "receivedAt": None}, Facts("webhook", one["receivedAt"]), Segment()) for one in part]
            )

    def archive(self):
        """All there is so far."""
        opened(ArchiveSettings(url=f"file://{self.folder}/archive")).archivist(self.journal).work(everything=True)

    def deliver(self):
        """Say of all calls that they were delivered, so that they may be deleted."""
        while self.journal.counts().destinations["amplitude"].waiting:
            if lease := self.journal.claim("amplitude", 2000, 30):
                self.journal.settle(lease, {item.id: Done() for item in lease.items}, {})

    def prune(self, before):
        while self.journal.prune(before):
            pass

    def run(self, *arguments, code=0, due=RUN, **more):
        done = subprocess.run(
            [sys.executable, "-m", "translator", "kpi", "--due", str(due), *arguments],
            cwd=self.folder, env=environment(self.folder, **{**self.env, **more}), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    def previewed(self, **more):
        """What a dry run says: group to figures by name."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        for line in self.run("--dry-run", "--format", "json", **more).stdout.splitlines():
            row = json.loads(line)
            found.setdefault((row["group_type"], row["group_value"]), {})[row["name"]] = row["value"]
        return found

    def at_amplitude(self):
        """Properties of each group."""
        found = requests.get(self.url + "/api/groups", timeout=5).json()
        return {(one["group_type"], one["group_value"]): one["group_properties"] for one in found}

    def asked(self):
        """How many Group Identify requests came."""
        found = requests.get(self.url + "/api/requests", timeout=5).json()
        return sum(one["path"] == "/groupidentify" for one in found)


@pytest.fixture
def place(journal_url, tmp_path, amplitude):
    """Of each engine: SQLite alone, the others with an archive."""
    made = Place(tmp_path, journal_url, amplitude.url, archives=not journal_url.startswith("sqlite:"))
    yield made
    made.journal.close()


@pytest.fixture
def small(tmp_path, amplitude):
    """SQLite with an archive."""
    made = Place(tmp_path, f"sqlite:///{tmp_path}/journal.db", amplitude.url, archives=True)
    yield made
    made.journal.close()
