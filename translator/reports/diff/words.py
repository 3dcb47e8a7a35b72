"""What a Difference means, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from translator.reports.diff.changes import Counted, Difference, Effect, What
from translator.reports.diff.texts import short
from translator.settings.values import MAX_GROUP_TYPES

HISTORY = (
    "Amplitude never rewrites history: what has arrived under OLD stays as it is, and what is listed here counts from "
    "the moment that NEW is deployed. A user who has joined a group cannot leave it, only join another of its type."
)

WORDS: Mapping[What, str] = {
    "only_new": "new record",
    "only_old": "record gone",
    "added": "key added",
    "removed": "key gone",
    "changed": "other value",
    "type": "other type",
    "outcome": "becomes",
    "note_gained": "now noted",
    "note_lost": "no longer noted",
}

JOINS: Mapping[What, str] = {
    "added": "user joins",
    "removed": "user joins no more",
    "changed": "user joins another",
    "type": "user joins others",
}
BELONGS: Mapping[What, str] = {
    "added": "event gets group",
    "removed": "event loses group",
    "changed": "event gets another",
    "type": "event gets others",
}
OF_GROUP: Mapping[What, str] = {
    "only_new": "group is now set",
    "only_old": "group set no more",
    "added": "property added",
    "removed": "property gone",
    "changed": "property changed",
    "type": "property's type",
}


EFFECTS: Mapping[Effect, str] = {
    "joins": "Users join groups that they did not, or others ({}): they stay in what they have joined.",
    "leaves": "Users are not made to join groups that they joined ({}); who is in them already stays.",
    "events": "Events count for other groups than before, more or fewer ({}); those from before stay where they are.",
    "properties": "Group properties are set otherwise ({}); one that is no longer sent keeps its last value.",
    "merged": "Users are merged who were not ({}): that cannot be undone.",
    "deleted": "Users are deleted who were not ({}): that cannot be undone.",
}
"""What a call does otherwise that cannot be taken back; with how many calls do."""


def words(one: Counted) -> str:
    """What a change is, in two or three words."""
    if one.is_of_groups and one.record == "group_identify":
        if one.what in ("only_new", "only_old") or one.path.startswith("group_properties"):
            return OF_GROUP[one.what]
    elif one.is_of_groups:
        return {"identify": JOINS, "event": BELONGS}.get(one.record, WORDS).get(one.what, WORDS[one.what])
    return WORDS[one.what]


def where(one: Counted) -> str:
    """What a change is about: record, group type and key; an outcome or a rule."""
    parts = [one.record, f"[{one.group}]" if one.group else "", one.path]
    return " ".join(part for part in parts if part) or "record"


def count(number: int, one: str, many: str = "") -> str:
    """How many of what."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def summary(found: Difference) -> str:
    """The first line: how many calls change."""
    who = f"as for destination {found.destination}" if found.destination else "as configured"
    read = f"{count(found.calls, 'call')} of {found.source}, translated {who}"
    if not found.calls:
        return f"{read}: there was nothing to compare"
    if not found.changed:
        return f"{read}: nothing changes"
    return f"{read}: {found.changed:,} would change ({_percent(found.changed, found.calls)})"


def reservations(found: Difference) -> list[str]:
    """What was not looked at, or not as it will be."""
    said = []
    if found.is_cut:
        said.append(f"Not all calls were looked at: time was up after {found.calls:,}.")
    if found.unreadable:
        said.append(f"{found.unreadable:,} of the source could not be read, so this is not all.")
    if found.hooks_left_out:
        said.append("translate.hook was left out on both sides: no code is run from here.")
    if found.rest:
        said.append("There are so many different keys that the last ones are put together under *.")
    return said


def warnings(found: Difference) -> list[str]:
    """What cannot be taken back, the gravest first; empty where groups, users and their merging stay as they are."""
    return [*_of_limits(found), *_of_types(found), *_of_changes(found)]


def _of_limits(found: Difference) -> Iterator[str]:
    there = [one.name for one in found.types if one.new]
    if len(there) > MAX_GROUP_TYPES and any(one.new and not one.old for one in found.types):
        named = ", ".join(short(name, 60) for name in there[: 2 * MAX_GROUP_TYPES])
        more = " and more" if found.has_more_types or len(there) > 2 * MAX_GROUP_TYPES else ""
        yield (
            f"NEW names {len(there)} group types ({named}{more}). A project has {MAX_GROUP_TYPES}, the first that "
            "come, those that it has already among them; Amplitude drops the rest in silence."
        )


def _of_types(found: Difference) -> Iterator[str]:
    for one in found.types:
        name = short(one.name, 80)
        if one.new and not one.old:
            yield (
                f"Group type {name} is new ({count(one.new, 'call')}): users and events from before will not be in its "
                f"groups, and it takes one of the project's {MAX_GROUP_TYPES} types."
            )
        elif one.old and not one.new:
            yield (
                f"Group type {name} gets nothing any more ({count(one.old, 'call')} before): its groups, and the users "
                "who joined them, stay in Amplitude as they are."
            )


def _of_changes(found: Difference) -> Iterator[str]:
    for effect, said in EFFECTS.items():
        if calls := found.effects.get(effect):
            yield said.format(count(calls, "call"))


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return "all" if part == whole else "under 0.1 %" if share < 0.1 else f"{share:.1f} %"
