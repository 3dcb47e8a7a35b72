"""The subscriptions that can be turned at all: enabled, of Amplitude's actions, with a trigger of types and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from translator.mappings import Given, Listing, MappingError, runnable
from translator.reports.importing.defaults import DEFAULTS, TYPES
from translator.reports.importing.triggers import Taken, Unturnable, taken
from translator.reports.importing.turned import Named, Turned

EMPTY: tuple[Any, ...] = (None, "", {})
"""Values of a mapping that send nothing, as if the key were not there."""


@dataclass(frozen=True)
class Sub:
    """A subscription: which calls it takes, by type, and the keys of its mapping that say something."""

    name: str
    action: str
    taken: Taken
    mapping: dict[str, Any]

    @property
    def types(self) -> frozenset[str]:
        """The types of call that it takes."""
        return frozenset(self.taken)


def subs(listing: Listing, done: Turned) -> list[Sub]:
    """Those that can be turned; the others are told."""
    found = []
    for given in listing.subscriptions:
        if not given.enabled:
            done.remark(f"{given.name}: is turned off in Segment, so nothing was made of it")
        elif given.action == "sessionId":
            done.remark(f"{given.name}: works in the browser only; the session id that it adds to calls is read here")
        elif sub := _sub(given, done):
            found.append(sub)
    return found


def _sub(given: Given, done: Turned) -> Sub | None:
    if given.action not in DEFAULTS:
        known = ", ".join(DEFAULTS)
        done.named.append(
            Named(
                given.name, "actionSlug", given.action, f"is no action of Amplitude (Actions): {known}", "leave it out"
            )
        )
        return None
    try:
        tree = runnable(given).trigger
    except MappingError as error:
        said = "; ".join(error.faults).removeprefix(f"{given.name}: ")
        done.named.append(Named(given.name, "trigger or mapping", "", f"Segment refuses it: {said}", "mend it there"))
        return None
    try:
        found = taken(tree)
    except Unturnable as error:
        why = f"{error}; only types and names of events can be chosen here, so nothing of this subscription was turned"
        done.named.append(Named(given.name, "trigger", given.trigger, why))
        return None
    mine = {kind: names for kind, names in found.items() if kind in TYPES[given.action]}
    others = sorted(found.keys() - mine.keys())
    if others:
        what = (
            f"{given.action} is made of {', '.join(sorted(TYPES[given.action]))} calls only, not of {', '.join(others)}"
        )
        done.named.append(Named(given.name, "trigger", given.trigger, what))
    if not found:
        done.remark(f"{given.name}: its trigger takes no call at all, at Segment neither: {given.trigger}")
    mapping = {key: value for key, value in given.mapping.items() if value not in EMPTY}
    return Sub(given.name, given.action, mine, mapping) if mine else None
