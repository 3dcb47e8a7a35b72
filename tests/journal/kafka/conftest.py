"""The board's suite runs on logs in memory: processes are boards of their own on the same logs. The journal's own tests, where
they ask of nothing but the board, run on ``BoardJournal``."""

import pytest

from translator.journal.kafka.log import MemoryLog
from translator.journal.kafka.subjects import LOGS, Subjects


class BoardJournal:
    """A process: what a journal hands on to the board, and calls that are nothing but counted."""

    dedupes = False

    def __init__(self, logs, clock, waiting=None):
        self.subjects = one = Subjects(logs.__getitem__, clock)
        self.boards = {name: one.board(name) for name in LOGS}
        self.waiting = {} if waiting is None else waiting
        self.board, self.processes, self.destinations, self.states, self.table, self.archives, self.shares = (
            self.boards["board"], one.processes, one.destinations, one.states, one.jobs, one.archives, one.shares,
        )  # fmt: skip
        self.notes, self.sightings, self.counters = one.notes, one.sightings, one.counters
        self.beat, self.leave = self.processes.beat, self.processes.leave
        self.served, self.deliveries = self.processes.served, self.processes.deliveries
        self.rename = self.destinations.rename
        self.know_job, self.renew_job, self.end = self.table.know, self.table.renew, self.table.end
        self.jobs, self.keep_states, self.job_states = self.table.seen, self.table.keep, self.table.states
        self.hold, self.renew_archive = self.archives.hold, self.archives.renew
        self.lease_archive, self.begun = self.archives.lease, self.archives.begun
        self.forsake, self.forsaken, self.let_go = self.archives.forsake, self.archives.forsaken, self.archives.let_go
        self.erasures, self.erased = self.archives.erasures, self.archives.erased
        self.begin_anew, self.archived = self.archives.begin_anew, self.archives.archived
        self.note_configuration, self.note_spans, self.spans = (
            self.notes.note_configuration, self.notes.note_spans, self.notes.spans,
        )  # fmt: skip
        self.note_seen = self.sightings.note
        self.recall = self.shares.recall

    def close(self):
        self.subjects.close()

    def attach(self, destinations, *, only_add=False):
        def waiting(known):
            return {name: self.waiting.get(name, 0) for name in known}

        return self.destinations.attach(destinations, only_add, waiting, lambda: [5, 7])

    def forget(self, name):
        self.destinations.forget(name)
        return self.waiting.pop(name, 0)

    def lease_job(self, name, due, seconds, *, is_part=False):
        return self.table.lease(name, due, seconds, is_part)

    def end_job(self, lease, said, how="done"):
        self.table.end(lease, said, how)

    def all_job_states(self, name, after="", limit=1000):
        return self.table.all(name, after, limit)

    def leave_archive(self, lease, said=None):
        self.archives.leave(lease, said)

    def written(self, lease, position=None, calls=0, size=0):
        return self.archives.written(lease, position, calls, size)

    def writing(self, lease, names, instead=()):
        self.archives.plan(lease, names, instead)

    def configuration(self, destination, name=None, at=None):
        return self.notes.configuration(destination, name, at)

    def seen(self, destination, kind, limit=1000):
        return self.sightings.seen(destination, kind, limit)


@pytest.fixture
def logs(clock):
    return {name: MemoryLog(clock) for name in LOGS}


@pytest.fixture
def make(logs, clock):
    waiting: dict[str, int] = {}
    return lambda: BoardJournal(logs, clock, waiting)


@pytest.fixture
def journal(make):
    journal = make()
    journal.attach({"amplitude": "now"})
    return journal
