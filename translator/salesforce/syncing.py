"""Accounts whose pick-up date has come → groups and what they are to have; ``jobs`` sends what changed of it.

Of each group at each destination the job remembers what was set (see jobs.state_key) and, by the object's mark,
``last``, the day that it was picked up, and ``next``, the day that it is to be: two objects may fill one group, each at
its own pace. What was never picked up is due: the daily run itself begins on the morning after it came into the
settings (deliver/scheduling.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from translator.errors import SalesforceError, Unfinished
from translator.jobs import Changed, Run, Wanted, fitting, known, set_changed, state_key
from translator.parcels import Json
from translator.salesforce.dates import day_of, following, is_due
from translator.salesforce.doubles import Doubles
from translator.salesforce.records import Account, group, mark
from translator.salesforce.sources import Source
from translator.salesforce.values import printable
from translator.settings.values import Destination, SalesforceObject, Settings

NAME = "salesforce"
"""The job's."""

MOST_REASONS = 3


def destinations(settings: Settings) -> list[Destination]:
    """Those that get the properties."""
    named = settings.salesforce.destinations
    return [one for name, one in settings.destinations.items() if not named or name in named]


@dataclass
class Tally:
    """What was met of an object at a destination: accounts that are not due, records without a key, records whose key
    another had before, and texts that are longer than Amplitude keeps."""

    waiting: int = 0
    keyless: int = 0
    doubled: int = 0
    cut: int = 0

    def see(self, page: Sequence[Account], fresh: Sequence[Account]) -> None:
        """Count the accounts of a page; ``fresh``: of them those that have a key, each for the first time."""
        keyless = sum(one.key is None for one in page)
        self.keyless += keyless
        self.doubled += len(page) - len(fresh) - keyless

    def take(self, one: Account) -> None:
        """Count an account that is looked at."""
        kept = fitting(one.properties)
        self.cut += sum(kept[name] != value for name, value in one.properties.items())

    def said(self) -> str:
        """In words, where there is something to say."""
        words = {
            "not due": self.waiting,
            "records without a key": self.keyless,
            "records left out, since another has the same key": self.doubled,
            "texts cut, since Amplitude keeps no more of them": self.cut,
        }
        return "".join(f", {count:,} {word}" for word, count in words.items() if count)


@dataclass(frozen=True)
class Sync:
    """A run over some objects. ``everything``: all accounts, whether or not their date has come."""

    settings: Settings
    source: Source
    objects: Sequence[SalesforceObject]
    everything: bool = False

    def work(self, run: Run) -> str:
        """Do it under a job's lease; what came of it. An object that cannot be read does not hold up the others, and
        where the run is begun again, those that are done are not read again. Raises Unfinished, LeaseLost,
        JournalError."""
        said: list[str] = []
        whole = True
        for one in self.objects:
            if run.stop.is_set():
                break
            whole = self._done(run, one, said) and whole
        if run.stop.is_set():
            said.insert(0, "stopped before its end, to go on at the next run")
        if run.stop.is_set() or not whole:
            raise Unfinished("; ".join(said))
        return "; ".join(said)

    def _done(self, run: Run, one: SalesforceObject, said: list[str]) -> bool:
        """Whether an object was done whole. Lines for people go to ``said``."""
        key, mark = done_key(one), {"due": run.lease.due}
        if not self.everything and run.journal.job_states(NAME, [key]).get(key) == mark:
            said.append(f"{one.object} → {one.group_type}: done before")
            return True
        parts = [Part(self, run, one, each) for each in destinations(self.settings)]
        try:
            is_read = self._read(run, one, parts)
            whole = is_read and not run.stop.is_set() and not any(part.changed.left for part in parts)
        except SalesforceError as error:
            said.append(str(error))
            is_read, whole = True, False
        said += [part.said() for part in parts]
        if not is_read:
            said.append(f"{one.object}: not read to its end")
        if whole:
            run.journal.keep_states(run.lease, {key: mark})
        return whole

    def _read(self, run: Run, one: SalesforceObject, parts: Sequence[Part]) -> bool:
        """Whether it was read to its end: each page is one of the org's requests, which it may need for other work than
        what Amplitude does not take."""
        doubles = Doubles()
        try:
            for page in self.source.pages(one):
                fresh = doubles.first(page)
                for part in parts:
                    part.take(page, fresh)
                if run.stop.is_set() or all(part.changed.circuit is not None for part in parts):
                    return False
            return True
        finally:
            doubles.close()


class Part:
    """An object at one destination."""

    def __init__(self, sync: Sync, run: Run, one: SalesforceObject, destination: Destination) -> None:
        self._sync, self._run, self._object, self._destination = sync, run, one, destination
        self._today = day_of(run.lease.due)
        self.changed = Changed()
        self._tally = Tally()

    def take(self, page: Sequence[Account], fresh: Sequence[Account]) -> None:
        """Set what is due of the accounts of a page; ``fresh``: of them those that have a key, each for the first
        time."""
        self._tally.see(page, fresh)
        wanted = self._due(fresh)
        self._tally.waiting += len(fresh) - len(wanted)
        if self.changed.circuit is not None or self._run.stop.is_set():
            self.changed.left += len(wanted)
        else:
            _add(self.changed, set_changed(self._run, self._destination, self._sync.settings.delivery, wanted))

    def said(self) -> str:
        """What came of it, in a line."""
        done = self.changed
        where = f"{self._object.object} → {self._object.group_type} at {self._destination.name}"
        refused = f", {done.refused:,} refused by Amplitude ({_reasons(done.why)})" if done.refused else ""
        why = f" ({done.circuit})" if done.circuit else ""
        cause = " for the next run" if self._run.stop.is_set() else f", since Amplitude takes nothing now{why}"
        left = f", {done.left:,} left{cause}" if done.left else ""
        return f"{where}: {done.set:,} set, {done.unchanged:,} unchanged{self._tally.said()}{refused}{left}"

    def _due(self, accounts: Sequence[Account]) -> list[Wanted]:
        states = states_of(self._run.journal.job_states, self._object, self._destination, accounts)
        every = self._object.every
        dates = {"last": self._today.isoformat(), "next": following(self._today, every).isoformat()}
        keep: Json = {mark(self._object): dates}
        wanted = []
        for one, state in zip(accounts, states, strict=True):
            if self._sync.everything or is_due(last_of(self._object, state), every, self._today):
                self._tally.take(one)
                wanted.append(Wanted(group(self._object, one), keep))
        return wanted


def done_key(one: SalesforceObject) -> str:
    """The key under which it is noted for which run an object was done; no destination has an empty name."""
    return f"\ndone\n{mark(one)}"


def last_of(one: SalesforceObject, state: Json | None) -> str | None:
    """The day on which an account was picked up for an object, by what is remembered of it; None for never."""
    found = (state or {}).get(mark(one))
    return None if found is None else str(found["last"])


def states_of(
    read: Callable[[str, list[str]], Mapping[str, Json]],
    one: SalesforceObject,
    destination: Destination,
    accounts: Sequence[Account],
) -> list[Json | None]:
    """What is remembered of each account; nothing of what was set in another project."""
    keys = [state_key(destination.name, one.group_type, found.key or "") for found in accounts]
    states = read(NAME, keys)
    return [known(destination, states.get(key)) for key in keys]


def _add(whole: Changed, more: Changed) -> None:
    whole.set += more.set
    whole.unchanged += more.unchanged
    whole.left += more.left
    whole.refused += more.refused
    whole.why |= more.why
    whole.circuit = more.circuit


def _reasons(why: Mapping[str, str]) -> str:
    shown = [f"{name}: {said}" for name, said in list(why.items())[:MOST_REASONS]]
    return printable("; ".join(shown))
