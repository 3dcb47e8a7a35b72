"""Appends of several threads share one transaction, and so one wait for the disk, whichever engine writes it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from translator.errors import JournalUnavailable
from translator.parcels import Call, Receipt, Refusal

GROUP = 64
GROUP_CALLS = 4000
"""Appends of one transaction at most, and calls after which none joins in, so that nobody waits long for others."""

LOOKS = 5
"""How often it is looked whether more have come, at most, before a group that follows on a shared one is written."""

TOO_LONG = "the journal could not be written within {:g} s: it is locked, or slow"
AWAY = ("connection", "locked", "readonly", "refused")
"""Reasons of JournalUnavailable for which no smaller group could be written either, and each would wait anew."""


@dataclass(eq=False)
class Append:
    """One append on its way: what is to be written, and then either receipts or an error."""

    calls: Sequence[Call]
    refusals: Sequence[Refusal]
    answered: int
    done: threading.Event = field(default_factory=threading.Event)
    receipts: list[Receipt] = field(default_factory=list)
    error: Exception | None = None


class Appender:
    """Takes appends from any thread; a thread of its own writes those that wait, together.

    ``commit`` writes a group in one transaction and fills in its receipts, or raises and has written nothing.
    ``commits`` counts the transactions of this process. ``gather_seconds``: where several shared the last one, the next
    waits for so long, and on while more come (LOOKS), for an engine where a transaction costs about as much, and never
    longer than the last one took; one who appends alone waits for nobody.
    """

    def __init__(
        self, commit: Callable[[list[Append]], None], wait_seconds: float, gather_seconds: float = 0.0
    ) -> None:
        self._commit = commit
        self._wait = wait_seconds
        self._pause = gather_seconds
        self._pid = 0
        self._thread: threading.Thread | None = None
        self.commits = 0
        self._guard = threading.Lock()

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal], answered: int) -> list[Receipt]:
        """Durable when it returns. Raises JournalUnavailable when it could not be written within ``wait_seconds``.

        While the engine is away one append at a time finds out whether it is back; the others are told at once, so that
        a few threads are enough for all who ask.
        """
        one = Append(calls, refusals, answered)
        self._submit(one)
        if not one.done.wait(self._wait) and not self._withdrawn(one):
            # it is being written at this moment: its outcome comes soon, or is the disk's secret
            one.done.wait(self._wait)
        if one.error is not None:
            raise one.error
        if not one.done.is_set():
            raise JournalUnavailable(TOO_LONG.format(2 * self._wait), "locked")
        return one.receipts

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._guard:
            thread = self._thread if self._pid == os.getpid() else None
            self._pid = 0
        if thread is not None:
            with self._waiting_changed:
                self._ending = True
                self._waiting_changed.notify()
            thread.join(self._wait)

    def _submit(self, one: Append) -> None:
        with self._guard:
            if self._pid != os.getpid():
                self._start()
            changed = self._waiting_changed
        with changed:
            if self._away is not None and (self._waiting or self._writing):
                raise JournalUnavailable(str(self._away), self._away.reason)
            self._waiting.append(one)
            changed.notify()

    def _start(self) -> None:
        """The thread of this process; one of a process before a fork does not come along."""
        self._pid = os.getpid()
        self._waiting: deque[Append] = deque()
        self._waiting_changed = threading.Condition()
        self._ending = False
        self._writing = False
        self._away: JournalUnavailable | None = None
        self._thread = threading.Thread(target=self._run, name="journal-appender", daemon=True)
        self._thread.start()

    def _withdrawn(self, one: Append) -> bool:
        with self._waiting_changed:
            if one not in self._waiting:
                return False
            self._waiting.remove(one)
        one.error = JournalUnavailable(TOO_LONG.format(self._wait), "locked")
        return True

    def _run(self) -> None:
        pause = 0.0
        while self._await_one():
            if pause:
                self._gather(pause)
            group = self._next()
            began = time.monotonic()
            if group:
                self._write(group)
            pause = min(self._pause, time.monotonic() - began) if len(group) > 1 else 0.0

    def _await_one(self) -> bool:
        """Whether one waits to be written; none does at the end."""
        with self._waiting_changed:
            self._writing = False
            while not self._waiting and not self._ending:
                self._waiting_changed.wait()
            return bool(self._waiting)

    def _gather(self, pause: float) -> None:
        """Let more join in, for as long as they come."""
        seen = 0
        for _ in range(LOOKS):
            with self._waiting_changed:
                there, calls = len(self._waiting), sum(len(one.calls) for one in self._waiting)
            if there == seen or there >= GROUP or calls >= GROUP_CALLS or self._ending:
                return
            seen = there
            time.sleep(pause)

    def _next(self) -> list[Append]:
        """Those that wait; none where all were withdrawn meanwhile."""
        with self._waiting_changed:
            group: list[Append] = []
            while self._waiting and len(group) < GROUP and sum(len(one.calls) for one in group) < GROUP_CALLS:
                group.append(self._waiting.popleft())
            self._writing = bool(group)
            return group

    def _write(self, group: list[Append]) -> None:
        """Write a group in one transaction; where that fails, each alone, so that one cannot fail the others."""
        try:
            self._commit(group)
            self.commits += 1
            self._away = None
        except Exception as error:
            self._away = error if isinstance(error, JournalUnavailable) and error.reason in AWAY else None
            if len(group) > 1 and self._away is None:
                self._write_singly(group)
                return
            _fail(group, error)
        else:
            for one in group:
                one.done.set()

    def _write_singly(self, group: list[Append]) -> None:
        for place, one in enumerate(group):
            self._write([one])
            if self._away is not None:
                _fail(group[place + 1 :], self._away)
                return


def _fail(group: Sequence[Append], error: Exception) -> None:
    for one in group:
        one.error = error
        one.done.set()


def refusing(group: Sequence[Append]) -> list[str]:
    """The sources of a group's refused messages."""
    return sorted({refusal.source for one in group for refusal in one.refusals})


def counted(group: Sequence[Append]) -> dict[str, int]:
    """What a written group adds to the counters of the door, by name."""
    calls = sum(len(one.calls) for one in group)
    accepted = sum(receipt.status == "accepted" for one in group for receipt in one.receipts)
    kept = sum(len(one.refusals) for one in group)
    answered = sum(one.answered for one in group)
    return {
        "received": calls + kept + answered,
        "accepted": accepted,
        "duplicates": calls - accepted,
        "refused_kept": kept,
        "refused_answered": answered,
    }
