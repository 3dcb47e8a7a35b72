"""Group Identify for what is not as it is to be: what was set before is remembered, so that only changes are sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

from translator.deliver import Setter
from translator.jobs.running import Run, now_ms
from translator.parcels import Dead, Done, GroupProperties, Json
from translator.settings.values import Delivery, Destination

PORTION = 500
"""Groups of which it is remembered at once what was set."""

MOST_TEXT = 1024
"""Characters of a text; what is beyond, Amplitude cuts off in silence (see translate/limits.py)."""

MOST_SILENT = 2
"""Portions one after another of which Amplitude took nothing, in all the time that the Setter has for each: then it is
left alone until the next run. One alone may have a group that Amplitude cannot stand, and holds up no other."""

GIVEN_UP = "it takes nothing for so long that no more is tried in this run"

MOST_REFUSED = 20
"""Groups that are named; the others are counted."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a group is to have. ``keep``: more to remember of it (see ``state_key``), such as a pick-up date."""

    group: GroupProperties
    keep: Json = field(default_factory=dict)


@dataclass
class Changed:
    """What came of it, in groups. ``refused``: how many Amplitude did not take; ``why``: what it said of the first of
    them, by group. ``left``: not done, since it was to stop, or Amplitude did not answer; ``circuit``: why nothing
    more is tried in this run (a person is needed, or it does not answer), or None. What is not done is done at the next
    run."""

    set: int = 0
    unchanged: int = 0
    left: int = 0
    refused: int = 0
    why: dict[str, str] = field(default_factory=dict)
    circuit: str | None = None


def state_key(destination: str, group_type: str, group_value: str) -> str:
    """The key under which a job remembers a group at a destination (see Journal.job_states). Its state is
    ``{"set": {property: value}, "at": ms since the epoch, "project": see ``project_of``, **keep}``."""
    kind = group_type.replace("\\", "\\\\").replace("\n", "\\n")  # of a call's trait: it may have any letter
    return f"{destination}\n{kind}\n{group_value}"


def group_of(key: str) -> tuple[str, str, str]:
    """Destination, type and value of a state's key."""
    destination, kind, value = key.split("\n", 2)
    return destination, _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], kind), value


def project_of(destination: Destination) -> str:
    """Stands for the project at Amplitude, without saying its key."""
    said = "\n".join((destination.api_key, destination.region, destination.url or ""))
    return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


def known(destination: Destination, state: Json | None) -> Json | None:
    """A state; None where it is of another project, which the destination was before: nothing of it was set in this
    one."""
    project = project_of(destination)
    return state if state is not None and state.get("project", project) == project else None


def fitting(properties: Json) -> Json:
    """Properties as Amplitude keeps them: texts within MOST_TEXT."""
    return {name: value[:MOST_TEXT] if isinstance(value, str) else value for name, value in properties.items()}


def changes(properties: Json, state: Json | None) -> Json:
    """Those properties that were not set before, or otherwise; None, which unsets, of what was set before. Pure."""
    before = {} if state is None else state.get("set", {})
    return {name: value for name, value in properties.items() if not _same(before.get(name), value)}


def set_changed(run: Run, destination: Destination, limits: Delivery, wanted: Iterable[Wanted]) -> Changed:
    """Set what is not as it was set before, some hundred groups at a time, through the Group Identify API, whatever the
    destination's route.

    A property that was set and is no longer wanted is left alone. After each portion that Amplitude took, it is
    remembered: a run that was cut goes on where it was. Waits where Amplitude asks for it. Raises LeaseLost,
    JournalError.
    """
    changed = Changed()
    setter = Setter(destination, limits, run.stop, run.keep)
    try:
        for portion in _portions(destination.name, wanted):
            if run.stop.is_set() or setter.circuit is not None or _is_silent(run, destination):
                changed.left += len(portion)
                continue
            _set_portion(run, destination, setter, portion, changed)
    finally:
        setter.close()
        run.refused += changed.refused
    changed.circuit = setter.circuit or (GIVEN_UP if _is_silent(run, destination) else None)
    return changed


def _is_silent(run: Run, destination: Destination) -> bool:
    return run.silent[destination.name] >= MOST_SILENT


def _set_portion(
    run: Run, destination: Destination, setter: Setter, portion: dict[str, Wanted], changed: Changed
) -> None:
    found = run.journal.job_states(run.lease.name, list(portion))
    states = {key: state for key, one in found.items() if (state := known(destination, one)) is not None}
    project = project_of(destination)
    due: dict[str, GroupProperties] = {}
    kept: dict[str, Json | None] = {}
    for key, one in portion.items():
        group = one.group
        if new := changes(fitting(group.properties), states.get(key)):
            due[key] = GroupProperties(group.group_type, group.group_value, new)
        else:
            changed.unchanged += 1
            state = states.get(key, {})
            if any(state.get(word) != value for word, value in one.keep.items()):
                kept[key] = {**state, **one.keep}
    verdicts = setter.set(list(due.values()))
    if verdicts:
        is_heard = any(isinstance(one, (Done, Dead)) for one in verdicts)
        run.silent[destination.name] = 0 if is_heard else run.silent[destination.name] + 1
    for (key, group), verdict in zip(due.items(), verdicts, strict=True):
        if isinstance(verdict, Done):
            changed.set += 1
            state = states.get(key, {})
            properties = {**state.get("set", {}), **group.properties}
            kept[key] = {**state, "set": properties, "at": now_ms(), "project": project, **portion[key].keep}
        elif isinstance(verdict, Dead):
            changed.refused += 1
            if len(changed.why) < MOST_REFUSED:
                changed.why[f"{group.group_type} {group.group_value}"] = verdict.answer or verdict.why
        else:
            changed.left += 1
    if kept:
        run.journal.keep_states(run.lease, kept)


def _portions(destination: str, wanted: Iterable[Wanted]) -> Iterator[dict[str, Wanted]]:
    """Some at a time, by key; of two for one group what they want together."""
    items = iter(wanted)
    while some := list(islice(items, PORTION)):
        found: dict[str, Wanted] = {}
        for one in some:
            group = one.group
            key = state_key(destination, group.group_type, group.group_value)
            if (before := found.get(key)) is not None:
                both = {**before.group.properties, **group.properties}
                one = Wanted(GroupProperties(group.group_type, group.group_value, both), {**before.keep, **one.keep})
            found[key] = one
        yield found


def _same(one: object, other: object) -> bool:
    """Whether Amplitude would see no difference: True is not 1, in a list or an object neither."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    return one == other and isinstance(one, bool) == isinstance(other, bool)
