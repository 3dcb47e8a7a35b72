"""All that a process has on boards, put together: five logs, so that nobody keeps what they never ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from translator.journal.kafka.archiving import Archives
from translator.journal.kafka.board import Board
from translator.journal.kafka.counting import Counters
from translator.journal.kafka.destinations import Destinations
from translator.journal.kafka.gone import Gone
from translator.journal.kafka.jobs import JobTable
from translator.journal.kafka.log import Log
from translator.journal.kafka.noting import Notes
from translator.journal.kafka.paths import Paths
from translator.journal.kafka.processes import Processes
from translator.journal.kafka.redriven import Redriven
from translator.journal.kafka.sharing import Shares
from translator.journal.kafka.sightings import Sightings
from translator.journal.kafka.states import States

LOGS: Mapping[str, str] = {
    "board": "destinations, processes, jobs, the archive, counters: every process reads it",
    "jobs": "states of jobs, of which there may be a million",
    "shared": "what subjects share: delivery writes it in its transactions, which hold up whoever reads behind them",
    "notes": "configurations, spans, sightings: for pages",
    "letters": "how many letters were redriven: written in transactions, read by whoever draws up the books",
}
"""What each is for. A process reads one at its first question to it."""


class Subjects:
    """``log``: opens one of LOGS. ``now``: the clock, ms since the epoch. ``wait_seconds``: for other threads."""

    def __init__(self, log: Callable[[str], Log], now: Callable[[], int], wait_seconds: float = 10.0) -> None:
        self._boards = {name: Board(log(name), wait_seconds) for name in LOGS}
        board, notes = self._boards["board"], self._boards["notes"]
        self.processes = Processes(board, now)
        self.destinations = Destinations(board, self.processes, now)
        self.counters = Counters(board)
        self.archives = Archives(board, now)
        self.paths = Paths(board, self.archives)
        self.gone = Gone(board, now)
        self.states = States(self._boards["jobs"], self.destinations)
        self.jobs = JobTable(board, self.states, now)
        self.shares = Shares(self._boards["shared"], self.destinations, now)
        self.notes = Notes(notes, now)
        self.redriven = Redriven(self._boards["letters"])
        self.sightings = Sightings(notes, self.destinations, now)

    def sweep(self, among: Collection[str] = ("jobs", "shared", "notes"), limit: int = 1000) -> int:
        """Delete up to ``limit`` records of each of these logs that are of destinations that were forgotten; how
        many. Nobody finds them any more."""
        sweeping = {"jobs": self.states.sweep, "shared": self.shares.sweep, "notes": self.sightings.sweep}
        return sum(sweeping[name](limit) for name in among)

    def board(self, name: str) -> Board:
        """One of them."""
        return self._boards[name]

    def close(self) -> None:
        """Close what this process has open."""
        for one in self._boards.values():
            one.close()
