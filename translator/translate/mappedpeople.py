"""identifyUser, groupIdentifyUser and mapUser, and the groups and user properties of all actions. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from translator.parcels import Json, Record
from translator.settings.values import FIELDS
from translator.translate import groups, memory
from translator.translate.agents import parsed_agent
from translator.translate.campaign import INITIAL, UTM
from translator.translate.contexts import note_partial
from translator.translate.fields import IDENTIFY_KEYS, READ, READ_AS
from translator.translate.groups import Found, Reach
from translator.translate.groupvalues import group_type, group_values
from translator.translate.limits import clip, is_refused_id
from translator.translate.mapping import Mapped, refused, sendable, typed
from translator.translate.operations import GROUP, NAMES, USER, Operations, operations
from translator.translate.paths import mapping, present, text
from translator.translate.people import HIDDEN, merged
from translator.translate.records import group_identifies, identify, joined

WEB = "analytics.js"


class Made(Struct, frozen=True, gc=False):
    """What a subscription made of a call."""

    records: list[Record]
    remember: Json | None = None
    ignored: str | None = None


def fields_of(one: Mapped, keys: frozenset[str]) -> Json:
    """The plain fields among ``keys``, and what the user agent says under them."""
    found: Json = agent_of(one)
    for key in keys & one.fields.keys():
        value = READ_AS.get(key, READ[FIELDS[key]])(one.fields[key])
        if value is not None:
            found[key] = clip(value, key, one.reading.notes) if isinstance(value, str) else value
    if "platform" in keys and "platform" not in found and one.fields.get("library") == WEB:
        found["platform"] = "Web"
    note_partial({key: value for key, value in found.items() if key in one.fields}, one.reading.notes)
    return found


def agent_of(one: Mapped) -> Json:
    """What the user agent says, where the mapping wants that."""
    agent = typed(one, "userAgent")
    if agent is None:
        return {}
    hints = {"userAgentData": one.object("userAgentData")}
    found: Json = dict(parsed_agent(hints, agent)) if one.flag("userAgentParsing") else {}
    return {**found, "user_agent": agent} if one.flag("includeRawUserAgent") else found


def groups_of(one: Mapped) -> list[Found]:
    """The field ``groups``: event-level, of identifyUser user-level."""
    reach: Reach = "joins" if one.subscription.action == "identifyUser" else "event"
    found = []
    for name, value in one.object("groups").items():
        values = group_values(value, f"groups.{name}", one.reading.notes) if name and present(value) else ()
        if values:
            found.append(Found(name, values, frozenset({reach}), source=f"groups.{name} ({one.subscription.name})"))
    return found


def group_of(one: Mapped) -> list[Found]:
    """The group of groupIdentifyUser; of a group call without it the fallback (differences 12)."""
    reading, notes = one.reading, one.reading.notes
    kind = group_type(one.fields.get("group_type"), "group_type", notes)
    values = group_values(one.fields.get("group_value"), "group_value", notes)
    if not kind or not values:
        return groups.fallback(reading) if reading.kind == "group" else []
    properties = operations(
        sendable(one, one.object("group_properties"), "group_properties"), GROUP, "group_properties", notes
    )
    if len(values) > 1 and properties:
        notes.add("group_properties_withheld", "group_properties")
        properties = {}
    place = groups.before(reading) + 2 + one.place
    reach = groups.reaches(reading.settings.groups.level)
    return [Found(kind, values, reach, properties or None, place, f"group_value ({one.subscription.name})")]


def of_group(one: Mapped, state: Json | None) -> Made:
    """The user joins the group, and the group gets its properties."""
    reading, found = one.reading, group_of(one)
    joins = joined(reading, found) if reading.ids else {}
    place = groups.before(reading) + 1 + one.place
    records = [identify(reading, place, {"$set": dict(reading.short)} if reading.short else {}, joins)] if joins else []
    records += group_identifies(reading, found)
    remember = memory.remembered(state, found, reading.time) if reading.ids else None
    return Made(records, remember, "group_without_user" if found else "group_traits_missing")


def of_identify(one: Mapped, state: Json | None) -> Made:
    """An Identify object; what campaign and referrer say wins over operations in the traits, plain traits over both."""
    reading, found = one.reading, groups_of(one)
    traits, visit = user_traits(one, visited(one))
    own = operations({key: value for key, value in traits.items() if key in NAMES}, USER, "traits", reading.notes)
    plain = operations({key: value for key, value in traits.items() if key not in NAMES}, USER, "traits", reading.notes)
    properties = merged(merged(own, visit), plain)
    fields = fields_of(one, IDENTIFY_KEYS & FIELDS.keys())
    place = groups.before(reading) + 1 + one.place
    record = identify(reading, place, properties, joined(reading, found), **fields)
    return Made([record], memory.remembered(state, found, reading.time))


def of_alias(one: Mapped, state: Json | None) -> Made:
    """A user mapping, or with ``unmap`` among the call's options its end."""
    body: Json = {"user_id": _alias(one, "user_id")}
    if one.reading.options.unmap:
        body["unmap"] = True
    else:
        body["global_user_id"] = _alias(one, "global_user_id")
    return Made([Record("user_map", body)])


def _alias(one: Mapped, key: str) -> str:
    value = typed(one, key) or ""
    if is_refused_id(value):
        raise refused(one.subscription, f"{key} is none, or an id that Amplitude refuses")
    return value


def user_traits(one: Mapped, visit: Operations) -> tuple[dict[str, Any], Operations]:
    """``user_properties`` as they may be sent, and the campaign, which hides traits of the same names."""
    given = {key: value for key, value in one.object("user_properties").items() if not visit or key not in HIDDEN}
    return {**sendable(one, given, "traits"), **one.reading.short}, visit


def visited(one: Mapped) -> Operations:
    """``utm_properties`` and ``referrer`` as operations; an empty referrer says nothing."""
    utm = mapping(one.fields.get("utm_properties"))
    found = {key: value for key in UTM if (value := _told(utm.get(key))) is not None}
    if referrer := typed(one, "referrer"):
        found["referrer"] = referrer
    if not found:
        return {}
    found = {key: clip(value, key, one.reading.notes) for key, value in found.items()}
    every = {"$set": found, "$setOnce": {INITIAL[key]: value for key, value in found.items()}}
    return {name: inner for name, inner in sendable(one, every, "traits").items() if inner}


def _told(value: Any) -> str | None:
    """A text, an empty one too, or a scalar as one."""
    return value if value == "" else text(value)
