"""From the journal to a local Amplitude in another process, by one delivery loop."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import requests

from benchmarks.engines import journals
from benchmarks.lines import lines
from benchmarks.measure import Row, rate
from tests.processes import environment, free_port, until
from translator import jsontext
from translator.deliver import Sender, run_once
from translator.journal import open_journal
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.validate import check

COUNT = 10_000


def rows() -> Iterator[Row]:
    """The figure beside requests alone: posting the same number of empty events in the same batches."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "translator", "sandbox", "--port", str(port)]
        process = subprocess.Popen(command, env=environment(Path(folder)), stdout=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        until(lambda: requests.get(f"{url}/api/counts", timeout=5).ok)
        try:
            for engine, journal_url in journals():
                yield replace(_row(journal_url, url), what=f"{engine}: journal -> local Amplitude, one delivery loop")
        finally:
            process.terminate()
            process.wait()


def _row(journal_url: str, url: str) -> Row:
    settings = settings_from(
        {
            "journal": {"url": journal_url},
            "groups": {"type_trait": "group_type", "value_trait": "name"},
            "destinations": {"bench": {"api_key": "k", "url": url}},
        }
    )
    journal = open_journal(settings.journal)
    journal.attach({"bench": "now"})
    sender = Sender(settings.destinations["bench"], settings.delivery)
    facts = Facts("webhook", 1710090246000)
    turn = iter(range(100))

    def deliver() -> int:
        calls = [check(jsontext.loads(text), facts, settings.segment) for text in lines(COUNT, prefix=f"d{next(turn)}")]
        for start in range(0, COUNT, 1000):
            journal.append(calls[start : start + 1000])
        return COUNT

    def drain() -> int:
        while run_once(journal, sender):
            pass
        return COUNT

    best = 0.0
    for _ in range(3):
        deliver()
        best = max(best, rate(drain, 1))
    journal.close()
    return Row("", best, "bare posts of as many small events", _bare(url))


def _bare(url: str) -> float:
    session = requests.Session()
    event = {"user_id": "user-1", "event_type": "e"}

    def post() -> int:
        for _ in range(COUNT // 500):
            session.post(f"{url}/2/httpapi", json={"api_key": "k", "events": [event] * 500}, timeout=30)
        return COUNT

    return rate(post)
