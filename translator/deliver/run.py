"""Delivery: from the journal to Amplitude, for as long as the process lives."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from translator.deliver.archiving import archiving
from translator.deliver.noting import Noting, note
from translator.deliver.preparing import Prepared, no_look, prepare
from translator.deliver.scheduling import scheduling
from translator.deliver.sender import Sender, pause
from translator.deliver.sightings import Sightings
from translator.deliver.upkeep import look_after
from translator.errors import HookUnavailable, JournalError, LeaseLost
from translator.journal import Journal, this_host
from translator.observe import emit, took
from translator.parcels import Answered, Dead, Done, Later, Lease, Leased, Verdict
from translator.settings.values import Destination, Settings, jobs_of

LONGEST_IDLE = 0.5
"""Seconds between two looks at an empty journal: a fresh call leaves within a second."""

ARCHIVE_SECONDS = 5.0
"""A bucket that hangs takes a minute or more to fail: nobody waits so long for a process to end."""

AFTER_ERROR = 1.0
PURGE_TRIES = 5

_log = logging.getLogger("translator.deliver")


def run_once(journal: Journal, sender: Sender, sightings: Sightings | None = None) -> int:
    """Claim, translate, post, settle; how many calls were claimed. Raises JournalError, HookUnavailable.

    ``sightings``: what was delivered is noted there.
    """
    name, limits = sender.destination.name, sender.limits
    lease = journal.claim(name, sender.room(), limits.lease_seconds)
    if lease is None:
        return 0
    now = _now()
    keeper = _Keeper(journal, lease, limits.lease_seconds, sender.configuration)
    try:
        look = no_look if sightings is None else sightings.of
        prepared = prepare(sender, lease, now, lambda keys: journal.recall(name, keys), keeper.keep, look)
        outcomes = sender.send(prepared.parts(), now, keeper)
        verdicts = _in_order(lease, {**prepared.verdicts, **outcomes.finish(_now())})
        journal.settle(keeper.lease, verdicts, *prepared.remembered(verdicts), keeper.answers)
        _tell_circuit(journal, sender)
    except HookUnavailable:
        journal.settle(keeper.lease, {}, {})
        raise
    except LeaseLost as error:
        emit("lease_lost", destination=name)
        _log.warning("destination %s: %s; its calls are delivered again", name, error)
    else:
        _observe(name, prepared, verdicts)
        if sightings is not None:
            note(sightings, prepared, verdicts)
        _purge_deleted(journal, prepared.deletions(verdicts))
    return len(lease.items)


def _purge_deleted(journal: Journal, deletions: Iterable[Leased]) -> None:
    """A person whose deletion Amplitude has taken is forgotten here too. No id is logged.

    The delete call stays for its retention: other destinations may not have had it yet.
    """
    for call in deletions:
        _purge(journal, call)


def _purge(journal: Journal, call: Leased) -> None:
    for _ in range(PURGE_TRIES):
        try:
            journal.purge(call.subject, keep=call.id)
        except JournalError as error:
            _log.warning("the copies of call %s's user cannot be deleted yet: %s", call.id, error)
            time.sleep(AFTER_ERROR)
        else:
            return
    _log.error("the copies of call %s's user are still here: use translator forget", call.id)


def run(
    settings: Settings, journal: Journal, stop: threading.Event, parent_alive: Callable[[], bool] = lambda: True
) -> None:
    """Deliver to every destination, a thread for each, until ``stop`` is set or the parent has ended.

    Requests in flight are finished and settled; the rest stays in the journal. What is being archived is not waited for
    long: the next process deletes what was begun, and writes it again.
    """
    threads = [
        threading.Thread(target=_deliver, args=(settings, journal, destination, stop), name=f"deliver-{name}")
        for name, destination in settings.destinations.items()
    ]
    threads += scheduling(jobs_of(settings), journal, settings.origin, stop)
    archivists = archiving(settings, journal, stop)
    for thread in threads + archivists:
        thread.start()
    look_after(settings, journal, stop, parent_alive)
    stop.set()
    for thread in threads:
        thread.join()
    for thread in archivists:
        thread.join(ARCHIVE_SECONDS)
    with suppress(JournalError):
        journal.leave(this_host(), os.getpid())


def _tell_circuit(journal: Journal, sender: Sender) -> None:
    """Let every process see whether the destination has stopped; written where it changed."""
    if sender.health.told != sender.health.circuit:
        journal.break_circuit(sender.destination.name, sender.health.circuit)
        sender.health.told = sender.health.circuit


class _Keeper:
    """Keeps a lease while requests take their time, and their books. Shared by the lanes."""

    def __init__(self, journal: Journal, lease: Lease, seconds: float, configuration: str) -> None:
        self.lease = lease
        self.answers: list[Answered] = []
        self._journal = journal
        self._seconds = seconds
        self._configuration = configuration
        self._lock = threading.Lock()
        self._carried: dict[int, Collection[str]] = {}

    def keep(self) -> None:
        """Renew the lease when less than half of it is left. Raises LeaseLost."""
        with self._lock:
            if self.lease.until - _now() < self._seconds * 500:
                self.lease = self._journal.renew(self.lease, self._seconds)

    def before(self, api: str, calls: Collection[str]) -> int:
        """See lane.Door."""
        self.keep()
        number = self._journal.posting(self.lease, api, calls, self._configuration)
        self._carried[number] = calls
        return number

    def after(self, number: int, answer: str) -> None:
        """See lane.Door."""
        self.answers.append(Answered(number, answer, self._carried.pop(number)))


def _in_order(lease: Lease, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts to settle: of what stands behind a call of its subject that waits only what is dead.

    A call that needs no sending is left too where an earlier one waits, so that memory grows in order. A dead one is
    settled: tried again behind later calls, it could arrive out of order should Amplitude take it then.
    """
    waiting: set[str] = set()
    kept: dict[str, Verdict] = {}
    for item in lease.items:
        verdict = verdicts.get(item.id)
        if verdict is None or isinstance(verdict, Later):
            waiting.add(item.subject)
        if verdict is not None and (isinstance(verdict, (Later, Dead)) or item.subject not in waiting):
            kept[item.id] = verdict
    return kept


def _observe(name: str, prepared: Prepared, verdicts: dict[str, Verdict]) -> None:
    noted = prepared.noted(verdicts)
    for rule, count in noted.items():
        emit("noted", count, destination=name, rule=rule)
    emit("saved", noted["unchanged"], destination=name)
    now = _now()
    done = (item for item in prepared.lease.items if verdicts.get(item.id) == Done())
    took(name, (max(0, now - item.received_at) for item in done))
    for (happening, reason), count in Counter(_happened(verdict) for verdict in verdicts.values()).items():
        labels = {"reason": reason} if reason else {}
        emit(happening, count, destination=name, **labels)


def _happened(verdict: Verdict) -> tuple[str, str]:
    if isinstance(verdict, Done):
        return ("ignored", verdict.ignored) if verdict.ignored else ("delivered", "")
    return ("dead" if isinstance(verdict, Dead) else "later", verdict.why)


def _deliver(settings: Settings, journal: Journal, destination: Destination, stop: threading.Event) -> None:
    """Full requests one after another; when there is less, what has come by then, every idle_seconds."""
    sender = Sender(destination, settings.delivery, stop=stop)
    noting = Noting(journal, sender)
    idle = settings.delivery.idle_seconds
    try:
        while not stop.is_set():
            claimed = _tried(journal, sender, stop, noting) if sender.health.ready() else 0
            if claimed >= settings.delivery.batch_events:
                continue
            idle = settings.delivery.idle_seconds if claimed else min(1.2 * idle, LONGEST_IDLE)
            pause(stop, idle)
    finally:
        noting.end()
        sender.close()


def _tried(journal: Journal, sender: Sender, stop: threading.Event, noting: Noting) -> int:
    try:
        noting.step()
        claimed = run_once(journal, sender, noting.sightings)
        noting.is_journal_away = False
        return claimed
    except (JournalError, HookUnavailable) as error:
        noting.is_journal_away = isinstance(error, JournalError)
        _log.error("destination %s: %s", sender.destination.name, error)
    except Exception:  # delivery must outlive its own mistakes; the lease ends by itself
        _log.exception("destination %s: unexpected", sender.destination.name)
    pause(stop, AFTER_ERROR)
    return 0


def _now() -> int:
    return int(time.time() * 1000)
