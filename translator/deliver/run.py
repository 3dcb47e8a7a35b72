"""Delivery: from the journal to Amplitude, for as long as the process lives."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from translator.deliver.batches import Part, parts_of
from translator.deliver.sender import Sender, pause
from translator.errors import JournalError, LeaseLost, Untranslatable
from translator.journal import Journal
from translator.observe import emit
from translator.parcels import Dead, Done, Json, Later, Lease, Leased, Verdict
from translator.settings.values import Destination, Settings

WINDOW_MS = 6 * 24 * 60 * 60 * 1000
"""Amplitude recognises a repeated insert id for 7 days (amplitude-api.md section 5.1); a day less, to be safe. Counted
from the first try whose outcome is not known: a call that was surely not taken may be tried at any time."""

BEAT_SECONDS = 5.0
PRUNE_SECONDS = 60.0
PRUNE_STEPS = 20
DAY_MS = 24 * 60 * 60 * 1000
LONGEST_IDLE = 1.0

_log = logging.getLogger("translator.deliver")


def run_once(journal: Journal, sender: Sender) -> int:
    """Claim, translate, post, settle; how many calls were claimed. Raises JournalError."""
    name, limits = sender.destination.name, sender.limits
    lease = journal.claim(name, sender.room(), limits.lease_seconds)
    if lease is None:
        return 0
    now = _now()
    prepared = _Prepared(sender, lease, now)
    keeper = _Keeper(journal, lease, limits.lease_seconds)
    try:
        outcomes = sender.send(prepared.parts, now, keeper.keep)
        verdicts = _in_order(lease, {**prepared.verdicts, **outcomes.verdicts})
        journal.settle(keeper.lease, verdicts, prepared.remembered(verdicts))
    except LeaseLost as error:
        emit("lease_lost", destination=name)
        _log.warning("destination %s: %s; its calls are delivered again", name, error)
    else:
        _observe(name, prepared, verdicts)
        _purge_deleted(journal, lease, verdicts)
    return len(lease.items)


def _purge_deleted(journal: Journal, lease: Lease, verdicts: dict[str, Verdict]) -> None:
    """A person whose deletion Amplitude has taken is forgotten here too. No id is logged.

    The delete call stays for its retention: other destinations may not have had it yet.
    """
    for item in lease.items:
        if item.call.type == "delete" and verdicts.get(item.call.id) == Done():
            journal.purge(item.call.subject, keep=item.call.id)


def run(
    settings: Settings, journal: Journal, stop: threading.Event, parent_alive: Callable[[], bool] = lambda: True
) -> None:
    """Deliver to every destination, a thread for each, until ``stop`` is set or the parent has ended.

    Requests in flight are finished and settled; the rest stays in the journal.
    """
    threads = [
        threading.Thread(target=_deliver, args=(settings, journal, destination, stop), name=f"deliver-{name}")
        for name, destination in settings.destinations.items()
    ]
    for thread in threads:
        thread.start()
    _look_after(settings, journal, stop, parent_alive)
    stop.set()
    for thread in threads:
        thread.join()


class _Prepared:
    """A lease translated: parts to send, verdicts that need no sending, states to remember."""

    def __init__(self, sender: Sender, lease: Lease, now: int) -> None:
        self.parts: list[Part] = []
        self.verdicts: dict[str, Verdict] = {}
        self.noted: Counter[str] = Counter()
        self._sender = sender
        self._states: dict[str, Json] = dict(lease.memory)
        self._left: list[tuple[str, str, Json]] = []
        for item in lease.items:
            verdict = self._too_old(item, now) or self._translated(item)
            if verdict is not None:
                self.verdicts[item.call.id] = verdict

    def remembered(self, verdicts: dict[str, Verdict]) -> dict[str, Json | None]:
        """The last state of each subject that a finished call left."""
        done = {subject: state for name, subject, state in self._left if isinstance(verdicts.get(name), Done)}
        return dict(done)

    def _too_old(self, item: Leased, now: int) -> Verdict | None:
        if item.unknown_since is None or now - item.unknown_since < WINDOW_MS:
            return None
        return Dead(
            "window", "tried for 6 days without knowing whether Amplitude has it; sent later it could count twice"
        )

    def _translated(self, item: Leased) -> Verdict | None:
        """None where there is something to send."""
        try:
            done = self._sender.translate(item.call, self._states.get(item.call.subject))
        except Untranslatable as error:
            return Dead(error.reason, str(error))
        except Exception as error:  # whatever it is, it is this call's fault and must not stop the others
            _log.exception("call %s cannot be translated", item.call.id)
            return Dead("translation_error", type(error).__name__)
        self.noted.update(note.rule for note in done.notes)
        if done.remember is not None:
            self._states[item.call.subject] = done.remember
            self._left.append((item.call.id, item.call.subject, done.remember))
        self.parts += parts_of(item, done.records, self._sender.destination)
        return None if done.records else Done(done.ignored)


class _Keeper:
    """Keeps a lease while requests take their time."""

    def __init__(self, journal: Journal, lease: Lease, seconds: float) -> None:
        self.lease = lease
        self._journal = journal
        self._seconds = seconds

    def keep(self) -> None:
        """Renew the lease when less than half of it is left. Raises LeaseLost."""
        if self.lease.until - _now() < self._seconds * 500:
            self.lease = self._journal.renew(self.lease, self._seconds)


def _in_order(lease: Lease, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts to settle: none for what stands behind a call of its subject that waits.

    A call that needs no sending is left too where an earlier one waits, so that memory grows in order.
    """
    waiting: set[str] = set()
    kept: dict[str, Verdict] = {}
    for item in lease.items:
        verdict = verdicts.get(item.call.id)
        if verdict is None or isinstance(verdict, Later):
            waiting.add(item.call.subject)
        if verdict is not None and (isinstance(verdict, Later) or item.call.subject not in waiting):
            kept[item.call.id] = verdict
    return kept


def _observe(name: str, prepared: _Prepared, verdicts: dict[str, Verdict]) -> None:
    for rule, count in prepared.noted.items():
        emit("noted", count, destination=name, rule=rule)
    for (happening, reason), count in Counter(_happened(verdict) for verdict in verdicts.values()).items():
        labels = {"reason": reason} if reason else {}
        emit(happening, count, destination=name, **labels)


def _happened(verdict: Verdict) -> tuple[str, str]:
    if isinstance(verdict, Done):
        return ("ignored", verdict.ignored) if verdict.ignored else ("delivered", "")
    return ("dead" if isinstance(verdict, Dead) else "later", verdict.why)


def _deliver(settings: Settings, journal: Journal, destination: Destination, stop: threading.Event) -> None:
    sender = Sender(destination, settings.delivery)
    idle = settings.delivery.idle_seconds
    try:
        while not stop.is_set():
            if sender.ready() and _tried(journal, sender, stop):
                idle = settings.delivery.idle_seconds
            else:
                pause(stop, min(idle, LONGEST_IDLE))
                idle *= 1.2
    finally:
        sender.close()


def _tried(journal: Journal, sender: Sender, stop: threading.Event) -> int:
    try:
        return run_once(journal, sender)
    except JournalError as error:
        _log.error("destination %s: %s", sender.destination.name, error)
    except Exception:  # delivery must outlive its own mistakes; the lease ends by itself
        _log.exception("destination %s: unexpected", sender.destination.name)
    pause(stop, LONGEST_IDLE)
    return 0


def _look_after(settings: Settings, journal: Journal, stop: threading.Event, parent_alive: Callable[[], bool]) -> None:
    """Say that this process lives, and prune, until it is to stop."""
    host, beaten, pruned = socket.gethostname(), 0.0, time.monotonic()
    while not stop.is_set() and parent_alive():
        now = time.monotonic()
        try:
            if now - beaten >= BEAT_SECONDS:
                beaten = now
                journal.beat(host, os.getpid())
            if now - pruned >= PRUNE_SECONDS:
                pruned = now
                _prune(settings, journal, stop)
        except JournalError as error:
            _log.error("journal: %s", error)
        pause(stop, 0.25)


def _prune(settings: Settings, journal: Journal, stop: threading.Event) -> None:
    before = _now() - settings.journal.keep_days * DAY_MS
    for _ in range(PRUNE_STEPS):
        pruned = journal.prune(before)
        emit("pruned", pruned)
        if not pruned or stop.is_set():
            return


def _now() -> int:
    return int(time.time() * 1000)
