"""A run: calls → figures of each group → what is set, or would be."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from translator import jobs, jsontext
from translator.archive import open_archive
from translator.errors import KpiError, Unfinished, Untranslatable
from translator.hooks import Translator, translator
from translator.journal import Journal
from translator.kpi.computing import Computing, check
from translator.kpi.facts import Fact, fact
from translator.kpi.reading import STOPPED, Read, kept, leaving
from translator.kpi.windows import bounds
from translator.parcels import Call, GroupProperties, Json
from translator.reports.remembered import Remembered
from translator.settings.values import KPI_JOB, Destination, KpiProperty, Settings, TranslationSettings
from translator.translate import TYPES, applied

DAY_MS = 24 * 60 * 60 * 1000

AHEAD_MS = DAY_MS
"""Calls received so long before a window are looked at too: clocks of devices may be ahead."""

PORTION = 500
EXACT = 2**53
MOST_PROPERTIES = 5_000
"""As many as a journal keeps of those that calls set."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure for people. ``before``: what was set before, None for nothing. ``changes``: whether it would be set."""

    destination: str
    group_type: str
    group_value: str
    name: str
    value: float
    before: object
    changes: bool


@dataclass
class Asked:
    """``due``: the time of the run, ms since the epoch. ``destination``: by name; None: all that kpis.destinations
    says. ``stop``: set, it ends soon. ``warnings``: what people should know, gathered meanwhile."""

    settings: Settings
    journal: Journal
    due: int
    destination: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    warnings: list[str] = field(default_factory=list)

    @property
    def destinations(self) -> list[Destination]:
        """Of which figures are wanted."""
        names = self._all() if self.destination is None else [self.destination]
        return [self.settings.destinations[name] for name in names]

    @property
    def properties(self) -> Sequence[KpiProperty]:
        """All that are configured."""
        return self.settings.kpis.properties

    @property
    def is_part(self) -> bool:
        """Whether it is not for all destinations that get figures."""
        return self.destination is not None and len(self._all()) > 1

    def _all(self) -> Sequence[str]:
        return list(self.settings.kpis.destinations or self.settings.destinations)

    def spans(self) -> list[tuple[int, int]]:
        """The time of each property."""
        return [bounds(one.window, self.due, self.settings.kpis.timezone) for one in self.properties]


def run(asked: Asked) -> jobs.Ended | None:
    """Compute all figures and set what changed; what came of it, None where it need not be done now. Raises KpiError
    where not all could be set, SettingsError, JournalError, ArchiveError."""
    check()
    return jobs.run(asked.journal, KPI_JOB, asked.due, lambda one: _work(asked, one), asked.stop, is_part=asked.is_part)


def preview(asked: Asked) -> Iterator[Row]:
    """What ``run`` would set, in the order of the groups' names. Nothing is sent or written. Raises as ``run``."""
    with closing(_computed(asked)) as found:
        for one, computing in found:
            wanted = _wanted(asked, one, computing)
            while portion := list(islice(wanted, PORTION)):
                if asked.stop.is_set():
                    raise KpiError(STOPPED)
                yield from _rows(asked.journal, one, portion)


def _work(asked: Asked, running: jobs.Run) -> str:
    said, left = [], 0
    with closing(_computed(asked)) as found:
        for one, computing in found:
            wanted = (jobs.Wanted(group) for group in _wanted(asked, one, computing))
            done = jobs.set_changed(running, one, asked.settings.delivery, wanted)
            left += done.left
            said.append(_said(one.name, done))
    whole = "; ".join([*said, *asked.warnings])
    if left:
        raise Unfinished(whole)
    return whole


def _said(name: str, done: jobs.Changed) -> str:
    first = next((f" ({group}: {why})" for group, why in done.why.items()), "")
    refused = f", {done.refused} refused{first}" if done.refused else ""
    left = f", {done.left} left" if done.left else ""
    circuit = f" ({done.circuit})" if done.circuit else ""
    return f"{name}: {done.set} groups set, {done.unchanged} unchanged{refused}{left}{circuit}"


def _computed(asked: Asked) -> Generator[tuple[Destination, Computing]]:
    """Each destination with its figures, to be used before the next. Of those that translate alike they are computed
    once."""
    alike: dict[str, list[Destination]] = {}
    for one in asked.destinations:
        alike.setdefault(repr(one.translation), []).append(one)
    for destinations in alike.values():
        with Computing(asked.properties, asked.stop) as computing:
            _gather(asked, destinations[0].translation, computing)
            computing.figures(asked.spans())
            for one in destinations:
                yield one, computing


def _gather(asked: Asked, settings: TranslationSettings, computing: Computing) -> None:
    """Put in the facts of all calls that may count."""
    spans = asked.spans()
    span = (min(first for first, _ in spans), max(end for _, end in spans))
    first = span[0] - AHEAD_MS
    since = max(0, first - max(asked.settings.kpis.joined_days, settings.groups.memory_days) * DAY_MS)
    read = Read()
    archive = open_archive(asked.settings.archive)
    if archive is not None:
        archive.see(asked.journal)
    calls = kept(asked.journal, archive, since, first, leaving(settings), asked.stop, read)
    with closing(translator(settings)) as translate, closing(Remembered()) as memory:
        for call in calls:
            computing.add(call, _facts(translate, memory, call, asked.properties, read), span)
    asked.warnings += _warnings(read, span[0], asked.due)


def _facts(
    translate: Translator, memory: Remembered, call: Call, properties: Sequence[KpiProperty], read: Read
) -> list[Fact]:
    state = memory.get(call.subject)
    try:
        done = translate(call, state)
    except Untranslatable:
        read.untranslatable += 1
        return []
    if done.remember is not None:
        memory[call.subject] = applied(state, done.remember)
    return [found for record in done.records if (found := fact(record, properties)) is not None]


def _warnings(read: Read, first: int, due: int) -> Iterator[str]:
    if read.oldest is None:
        yield "no call is kept of that time"
    elif first < read.oldest <= due:
        yield f"windows that begin before {_day(read.oldest)} count from there: no earlier call is kept"
    if read.untranslatable:
        yield f"{read.untranslatable} calls that cannot be translated do not count"


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def _wanted(asked: Asked, destination: Destination, computing: Computing) -> Iterator[GroupProperties]:
    """What each group is to have: of which nothing was counted 0, where something else was, or it had a figure
    before."""
    fitting = _Fitting(asked, destination)
    for kind, value, figures in computing.groups(_had(asked.journal, destination, fitting)):
        properties: Json = {one.name: _plain(figures.get(number, 0)) for number, one in fitting.of(kind)}
        if properties:
            yield GroupProperties(kind, value, properties)


class _Fitting:
    """Which properties a group type gets at a destination: not those that calls set too, nor any where calls of the
    type are left out (groups.over_limit), of which a warning is given."""

    def __init__(self, asked: Asked, destination: Destination) -> None:
        self._properties = list(enumerate(asked.properties))
        self._left = set(_left_out(asked.journal, destination))
        asked.warnings += (
            f"{destination.name}: {kind} is beyond Amplitude's group types, and left out (groups.over_limit)"
            for kind in sorted(self._left)
            if any(self._of_type(kind))
        )
        seen = asked.journal.seen(destination.name, "property", MOST_PROPERTIES)
        self._taken = {tuple(jsontext.loads(one.name.encode("utf-8"))) for one in seen}
        for kind, name in sorted(self._taken):
            if any(one.name == name for _, one in self._of_type(kind)):
                asked.warnings.append(f"{destination.name}: {name} of {kind} is set by calls too: choose another name")

    def of(self, kind: str) -> list[tuple[int, KpiProperty]]:
        """By their numbers."""
        if kind in self._left:
            return []
        return [(number, one) for number, one in self._of_type(kind) if (kind, one.name) not in self._taken]

    def _of_type(self, kind: str) -> Iterable[tuple[int, KpiProperty]]:
        return ((number, one) for number, one in self._properties if one.group_type in (None, kind))


def _left_out(journal: Journal, destination: Destination) -> Iterable[str]:
    """Group types of which nothing is delivered (see translate/history.py)."""
    if destination.translation.groups.over_limit != "drop":
        return ()
    return [name for name, entry in journal.recall(destination.name, [TYPES]).get(TYPES, {}).items() if "over" in entry]


def _had(journal: Journal, destination: Destination, fitting: _Fitting) -> Iterator[tuple[str, str]]:
    """Groups that one of these properties was set of."""
    for kind, value, state in states(journal, destination.name):
        names = {one.name for _, one in fitting.of(kind)}
        before = jobs.known(destination, state)
        if before is not None and not names.isdisjoint(before.get("set", {})):
            yield kind, value


def states(journal: Journal, destination: str) -> Iterator[tuple[str, str, Json]]:
    """Type and value of each group that something was set of at a destination, and the state. Raises JournalError."""
    after = ""
    while page := journal.all_job_states(KPI_JOB, after):
        after = page[-1][0]
        for key, state in page:
            name, kind, value = jobs.group_of(key)
            if name == destination:
                yield kind, value, state


def _rows(journal: Journal, destination: Destination, groups: Sequence[GroupProperties]) -> Iterator[Row]:
    keys = [jobs.state_key(destination.name, one.group_type, one.group_value) for one in groups]
    found: Mapping[str, Json] = journal.job_states(KPI_JOB, keys)
    for key, one in zip(keys, groups, strict=True):
        state = jobs.known(destination, found.get(key))
        changed = jobs.changes(jobs.fitting(one.properties), state)
        before = {} if state is None else state.get("set", {})
        for name, value in one.properties.items():
            yield Row(
                destination.name, one.group_type, one.group_value, name, value, before.get(name), name in changed
            )  # fmt: skip


def _plain(figure: float) -> float:
    """Whole ones without ".0", as far as a double has every one of them."""
    return int(figure) if abs(figure) < EXACT and float(figure).is_integer() else figure
