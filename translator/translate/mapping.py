"""What one of Segment's subscriptions makes of a call, read: its fields as texts, numbers, ids and times. Pure.

Fields are coerced as everywhere here, not as Segment does (differences 4, 5, 7): what cannot be read is absent, and the
event stays. What ``translate.properties_*`` keep from leaving is kept from the mapping: it never sees it, whatever name
it would have sent it under. Groups are found in the call as it came.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from translator.errors import MappingError, Untranslatable
from translator.mappings import ABSENT, Given, Subscription, matches, resolved, runnable
from translator.translate.paths import mapping, text
from translator.translate.reading import Reading, fitting, moment, valid_id
from translator.translate.screening import screened

GROUPS = ("groups", "group_type", "group_value")
"""Fields that hold groups."""

PARTS = frozenset({"app", "device", "os", "network", "location", "library", "campaign", "page", "userAgentData"})
"""Parts of a context that are objects."""

APART = 1000
"""Places between the records of a call's first subscription of a kind, of its second, and so on: a subscription has 500
products at most."""


class Mapped(Struct, frozen=True, gc=False):
    """``fields``: what the mapping made, without what says nothing. ``reading``: the call, with the mapping's ids and
    time. ``number``: from 0, among the subscriptions that take the call and make the same kind of thing."""

    subscription: Subscription
    fields: dict[str, Any]
    reading: Reading
    number: int

    @property
    def place(self) -> int:
        """What is added to the places of its records."""
        return self.number * APART

    def object(self, key: str) -> dict[str, Any]:
        """A field that is an object, else an empty one."""
        return mapping(self.fields.get(key))

    def flag(self, key: str) -> bool:
        """A field that is true."""
        return self.fields.get(key) in (True, "true")


@lru_cache(maxsize=64)
def subscriptions(said: str) -> tuple[Subscription, ...]:
    """The subscriptions of ``Translate.subscriptions``, which the loader has checked. More destinations with their own
    than are kept would have them read again for each call, in 2 ms."""
    return tuple(runnable(Given(**one)) for one in json.loads(said or "[]"))


def taking(reading: Reading) -> Iterator[Mapped]:
    """What each subscription that takes a call makes of it, in their order. Raises Untranslatable."""
    counts: dict[str, int] = {}
    whole = _whole(reading)
    shown: dict[str, Any] | None = None
    for one in subscriptions(reading.settings.translate.subscriptions):
        if not matches(one.trigger, reading.body):
            continue
        shown = _shown(reading, whole) if shown is None else shown
        number = counts.get(_kind(one), 0)
        counts[_kind(one)] = number + 1
        yield _mapped(one, reading, (shown, whole), number)


def _kind(one: Subscription) -> str:
    """Actions that make records of a kind, of which each needs a place of its own."""
    if one.action in ("identifyUser", "groupIdentifyUser"):
        return "identify"
    return "event" if one.action.startswith("log") else one.action


def _whole(reading: Reading) -> dict[str, Any]:
    """The message without parts of its context that are no objects: a path through one would find it instead
    (differences 19)."""
    body, context = reading.body, reading.context
    odd = {key for key in PARTS & context.keys() if not isinstance(context[key], dict)}
    if odd:
        return {**body, "context": {key: value for key, value in context.items() if key not in odd}}
    return body if isinstance(body.get("context"), dict) else {**body, "context": {}}


def _shown(reading: Reading, whole: dict[str, Any]) -> dict[str, Any]:
    """The message as mappings see it."""
    settings = reading.settings.translate
    if not (settings.properties_allow or settings.properties_deny or settings.properties_hash):
        return whole
    body = {**whole}
    for name in ("properties", "traits"):
        if isinstance(body.get(name), dict):
            body[name] = reading.sendable(body[name], name)
    if isinstance(reading.context.get("traits"), dict):
        traits = reading.sendable(reading.context["traits"], "context.traits")
        body["context"] = {**body["context"], "traits": traits}
    return body


def sendable(one: Mapped, values: dict[str, Any], path: str) -> dict[str, Any]:
    """Properties under the names that the mapping gave them, which must be allowed too. Hashes are made already."""
    settings = one.reading.settings.translate
    if not settings.properties_allow and not settings.properties_deny:
        return values
    return screened(values, path, replace(settings, properties_hash=()), one.reading.notes)


def _mapped(one: Subscription, reading: Reading, bodies: tuple[dict[str, Any], dict[str, Any]], number: int) -> Mapped:
    """``bodies``: what the mapping may see of the message, and what groups are found in."""
    shown, whole = bodies
    made = _made(one, one.mapping, shown)
    if shown is not whole:
        made |= {key: value for key, value in _made(one, _of_groups(one.mapping), whole).items() if key in GROUPS}
    fields = {key: value for key, value in made.items() if value is not None and value != ""}
    ids, short = fitting(_ids(one, made, reading), reading.settings, reading.notes)
    read = msgspec.structs.replace(reading, ids=ids, short=short, time=_time(fields, reading))
    return Mapped(one, fields, read, number)


def _of_groups(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mapping's fields of groups; of one with a root directive the whole, since they are within it."""
    if any(key.startswith("@") for key in given):
        return given
    return {key: given[key] for key in GROUPS if key in given}


def _made(one: Subscription, wanted: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    try:
        found = resolved(wanted, body)
    except MappingError as error:
        raise refused(one, str(error)) from None
    return found if found is not ABSENT and isinstance(found, dict) else {}


def refused(one: Subscription, said: str) -> Untranslatable:
    """The error of a subscription that makes nothing good of a call."""
    return Untranslatable("mapping_error", {"translate.mappings": [f"{one.name}: {said}"]})


def _ids(one: Subscription, made: dict[str, Any], reading: Reading) -> dict[str, str]:
    """A device id that is empty, or that Amplitude refuses, falls back to the anonymousId (differences 6 and 27), where
    the mapping reads that too: whoever maps another path does not mean it."""
    user, device = (valid_id(made.get(key), key, reading.notes) for key in ("user_id", "device_id"))
    if (
        device is None
        and made.get("device_id") is not None
        and "anonymousId" in json.dumps(one.mapping.get("device_id"))
    ):
        device = valid_id(reading.body.get("anonymousId"), "anonymousId", reading.notes)
    return {key: value for key, value in (("user_id", user), ("device_id", device)) if value is not None}


def _time(fields: dict[str, Any], reading: Reading) -> int:
    """The mapping's time where it has one of its own that can be; else the call's."""
    given = fields.get("time")
    if given is None or given == reading.body.get("timestamp"):
        return reading.time
    return moment(given, reading.call, reading.notes) or reading.time


def typed(one: Mapped, key: str) -> str | None:
    """A field as text."""
    return text(one.fields.get(key))
