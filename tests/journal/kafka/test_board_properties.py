"""Random commands of several processes, one in the middle of another's, with deaths, appends of unknown outcome and compactions:
what comes of it is right, and the same from a compacted log as from the whole one."""

import random
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journal.conftest import NOW, Clock
from tests.journal.kafka.conftest import BoardJournal
from tests.journal.kafka.worlds import Killed, World
from translator.errors import DestinationUnknown, JournalUnavailable, LeaseLost
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.subjects import LOGS
from translator.parcels import RETRY_MS, ArchiveLease, JobLease
from translator.sights import Sighting

DEPTH = 3
STEPS = 25
DESTINATIONS = ("a", "b", "c")
JOBS = ("kpi", "sf")
WAY = settings(max_examples=100, deadline=None)
SEEDS = given(st.integers(0, 2**32))
"""A play draws thousands of times: from one seed that is quick, and a failure is found again."""


@pytest.fixture(autouse=True, scope="module")
def few_parts():
    """So that sums are put together again and again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("translator.journal.kafka.sums.MOST_PARTS", 1)
        yield


def folded(logs, clock):
    """All that a process knows that reads these logs from their beginnings."""
    journal = BoardJournal(logs, clock)
    names = [*journal.destinations.known()]
    return {
        "known": journal.destinations.known(),
        "circuits": journal.destinations.circuits(),
        "served": journal.served(),
        "jobs": journal.jobs(),
        "states": {name: dict(journal.all_job_states(name)) for name in JOBS},
        "archive": (journal.archived(), journal.archives.position(), journal.forsaken(), journal.erasures()),
        "shared": {name: journal.recall(name, ["g1", "g2"]) for name in names},
        "seen": {name: sorted(journal.seen(name, "type"), key=lambda one: one.name) for name in names},
        "counters": journal.counters.total(),
        "spans": journal.spans(60, 0),
        "configurations": {name: journal.configuration(name, at=2**60) for name in DESTINATIONS},
    }


class Actor(BoardJournal):
    """A process, with what it believes to have."""

    def __init__(self, logs, clock):
        super().__init__(logs, clock)
        self.leases: dict[str, JobLease] = {}
        self.archive: ArchiveLease | None = None
        self.cells = Cells(self.board, "number")


class Play:
    """A world, three processes in it, and what is known of what they have done."""

    def __init__(self, seed):
        self.chance, self.clock = random.Random(seed), Clock()
        self.world = World(LOGS, self.clock)
        self.depth, self.commands = 0, [*COMMANDS]
        self.busy: tuple[int, ...] = ()
        self.processes = [self._born() for _ in range(3)]
        self.counted: Counter[str] = Counter()
        self.unsure: Counter[str] = Counter()
        self.changes = self.unsure_changes = 0

    def _born(self):
        return Actor(self.world.logs(self.happen), self.clock)

    def choose(self, *options):
        return self.chance.choice(options)

    def some(self, options):
        return [one for one in options if self.chance.random() < 0.5]

    def upto(self, most):
        return self.chance.randint(0, most)

    def happen(self, records):
        """Between two steps of a process. See World."""
        one = self.upto(19)
        if one > 13 and self.depth < DEPTH:
            self.step()
        elif one == 13:
            name = self.choose(*LOGS)
            # the word that something is deleted stays until all who live have read it: for a day, and see STALE_SECONDS
            unread = min(journal.boards[name]._position for journal in self.processes) + 1
            self.world.compact(name, self.upto(self.world.end(name)), self.upto(unread))
        elif one == 12:
            return self.some(range(records))
        return None

    def step(self):
        """A command of a process, be it in the middle of another's."""
        busy = self.busy
        if len(busy) == len(self.processes):
            return
        place = self.choose(*{*range(len(self.processes))} - {*busy})
        self.busy = (*busy, place)
        self.depth += 1
        journal = self.processes[place]
        try:
            self.choose(*self.commands)(self, journal)
        except Killed:
            self.processes[place] = self._born()
        except JournalUnavailable:
            pass  # nobody knows: it goes on
        finally:
            self.depth -= 1
            self.busy = busy

    def check(self):
        """What a process knows that was there all the time, of a compacted log, and of the whole."""
        whole = folded(self.world.whole, self.clock)
        assert folded(self.world.now, self.clock) == whole
        all_of_it = {name: log.compacted() for name, log in self.world.now.items()}
        assert folded(all_of_it, self.clock) == whole
        for name, counted in self.counted.items():
            assert counted <= whole["counters"].get(name, 0) <= counted + self.unsure[name]
        calm = BoardJournal(self.world.whole, self.clock)
        with calm.board.read():
            number = (Cells(calm.board, "number").get("x") or {"of": 0})["of"]
        assert number == 0 or self.changes <= number <= self.changes + self.unsure_changes
        return whole


def attach(play, journal):
    journal.attach(dict.fromkeys(play.some(DESTINATIONS), "now"), only_add=play.choose(True, False))


def rename(play, journal):
    with suppress(DestinationUnknown, ValueError):
        journal.rename(*play.chance.sample(DESTINATIONS, 2))


def forget(play, journal):
    with suppress(DestinationUnknown):
        journal.forget(play.choose(*DESTINATIONS))


def stop(play, journal):
    journal.destinations.break_circuit(play.choose(*DESTINATIONS), play.choose(None, "no key"))


def beat(play, journal):
    journal.beat("elsewhere", play.choose(1, 2, 3), play.some(DESTINATIONS))


def job(play, journal):
    name = play.choose(*JOBS)
    lease = journal.leases.get(name)
    if lease is None:
        lease = journal.lease_job(name, NOW + play.upto(3), 30, is_part=play.choose(True, False, False))
        if lease:
            journal.leases[name] = lease
        return
    try:
        keys = [f"{one}\nx" for one in DESTINATIONS] + ["plain", "other"]
        states = {key: play.choose(None, {"n": play.upto(9)}) for key in play.some(keys)}
        journal.keep_states(lease, states)
        if play.choose(True, False):
            journal.leases[name] = journal.renew_job(lease, 30)
        else:
            del journal.leases[name]
            journal.end_job(lease, "said", play.choose("done", "failed", "cut"))
    except LeaseLost:
        journal.leases.pop(name, None)


def archive(play, journal):
    journal.hold()
    journal.archive = journal.archive or journal.lease_archive(30)
    lease, name = journal.archive, f"object-{play.world.end('board')}"
    if lease is None:
        return
    try:
        journal.writing(lease, [name], play.choose([], ["old"]))
        play.choose(
            lambda: journal.written(lease, play.upto(9), 1, 10),
            lambda: journal.forsake(lease, [name]),
            lambda: journal.let_go(lease, journal.forsaken()),
            lambda: journal.erased(lease, journal.erasures()[:1]),
            lambda: journal.leave_archive(lease, play.choose(None, "away")),
            lambda: journal.begin_anew(lease),
        )()
    except LeaseLost:
        journal.archive = None


def erase(play, journal):
    journal.archives.note_erasure("mark", 5)


def share(play, journal):
    entries = {name: {"at": play.upto(9)} for name in play.some("xyz")}
    with suppress(DestinationUnknown):
        journal.shares.share(play.choose(*DESTINATIONS), {play.choose("g1", "g2"): entries})


def sweep(play, journal):
    play.choose(journal.shares, journal.states, journal.sightings).sweep()


def fade(play, journal):
    journal.shares.fade(play.clock.ms - 20_000)


def see(play, journal):
    at = play.upto(9)
    journal.note_seen(
        play.choose(*DESTINATIONS), [Sighting("type", play.choose("t1", "t2"), at, at, 1, {}, (), play.choose("", "L"))]
    )


def count(play, journal):
    name = play.choose("received", "accepted")
    try:
        journal.counters.add({name: 1})
    except (JournalUnavailable, Killed):
        play.unsure[name] += 1
        raise
    play.counted[name] += 1


def number(play, journal):
    """The plainest cell: each change adds one to what was seen."""
    try:
        journal.cells.change(("x",), lambda held: ({"of": (held or {"of": 0})["of"] + 1}, None))
    except (JournalUnavailable, Killed):
        play.unsure_changes += 1
        raise
    play.changes += 1


def note(play, journal):
    journal.note_configuration(play.choose(*DESTINATIONS), play.choose("h1", "h2"), "said")


def wait(play, journal):
    play.clock.ms += play.choose(1000, 16_000, 31_000, RETRY_MS)


COMMANDS = (
    attach, rename, forget, stop, beat, job, job, job, archive, archive, erase, share, share, sweep, fade, see, see, count, count,
    number, number, note, wait,
)  # fmt: skip


@SEEDS
@WAY
def test_a_compacted_log_folds_to_the_same_whatever_has_happened(seed):
    play = Play(seed)
    for _ in range(STEPS):
        play.step()
    play.check()


@SEEDS
@WAY
def test_who_was_there_all_the_time_knows_what_a_new_process_folds(seed):
    play = Play(seed)
    for _ in range(STEPS):
        play.step()
    whole = play.check()
    for journal in play.processes:
        for log in (board._log for board in journal.boards.values()):
            log._happen = lambda records: None
        assert journal.destinations.known() == whole["known"]
        assert journal.jobs() == whole["jobs"]
        assert {name: dict(journal.all_job_states(name)) for name in JOBS} == whole["states"]
        assert journal.counters.total() == whole["counters"]
        assert {name: journal.recall(name, ["g1", "g2"]) for name in whole["known"]} == whole["shared"]
        assert journal.forsaken() == whole["archive"][2]


@pytest.mark.parametrize("waits", [0, 31_000])
@SEEDS
@WAY
def test_of_several_at_the_same_moment_one_has_a_lease(waits, seed):
    play = Play(seed)
    held: list[int] = []

    def take(play, journal):
        play.clock.ms += waits * play.choose(0, 0, 1)
        lease = journal.lease_job("kpi", NOW, 30)
        if lease is not None and lease.until >= play.clock.ms:
            assert all(until < play.clock.ms for until in held), "the other's has not ended"
            held.append(lease.until)

    play.commands = [take]
    for _ in range(10):
        play.step()
    play.check()
