"""user_properties: traits, campaign and referrer (segment-actions.md section 7). Pure.

Segment's actions differ in how operations inside traits meet those of the campaign; each way has its function here.
"""

from __future__ import annotations

from typing import Any

from translator.settings.values import Translate
from translator.translate import campaign, straight
from translator.translate.campaign import Told
from translator.translate.limits import MAX_TEXT, clean
from translator.translate.notes import Notes
from translator.translate.operations import NAMES, USER, Operations, operations
from translator.translate.paths import at
from translator.translate.reading import Reading

HIDDEN = ("utm_properties", "referrer")
"""Traits of these names give way where the context has a campaign or a referrer."""


def of_event(reading: Reading) -> Operations:
    """For an ordinary event: the campaign's operations replace those of traits; one kept at all is kept whole."""
    traits = _traits(reading)
    if not traits:  # nearly always
        return of_visit(reading.context, reading.notes)
    found, first = straight.campaign(reading.context)
    if any(found.values()):
        traits |= {"$set": found, "$setOnce": first}
    return operations(traits, USER, "traits", reading.notes)


def of_visit(context: dict[str, Any], notes: Notes) -> Operations:
    """The campaign and the referrer of an event without traits."""
    found, first = straight.campaign(context)
    length = _length(found)
    if not length:
        return {}
    if length <= MAX_TEXT:
        return {"$set": found, "$setOnce": first}
    return {"$set": clean(found, "traits.$set", notes), "$setOnce": clean(first, "traits.$setOnce", notes)}


def of_purchase(reading: Reading) -> Operations:
    """For an Order Completed: merged, what traits say wins."""
    context = of_context(reading.context, reading.notes)
    traits = _traits(reading, _hidden(context))
    own = operations(traits, USER, "traits", reading.notes)
    return merged(context, own)


def of_identify(reading: Reading) -> Operations:
    """For an identify: merged, what the context says wins over operations in traits; plain traits win over both."""
    context = of_context(reading.context, reading.notes)
    plain = _traits(reading, _hidden(context))
    given = {} if NAMES.isdisjoint(plain) else {key: plain.pop(key) for key in list(plain) if key in NAMES}
    own = operations(given, USER, "traits", reading.notes)
    listed = operations(_listed(reading, plain), USER, "traits", reading.notes)
    return merged(merged(own, context), listed)


def query_params(reading: Reading, target: str) -> dict[str, Any]:
    """The query string under the names that go to a target (Classic's mapQueryParams: the whole string, each time)."""
    configured = reading.settings.translate.query_params
    if not configured:
        return {}
    names = [name for name, where in configured.items() if where == target]
    query = at(reading.body, "context.page.search")
    return dict.fromkeys(names, query) if names and isinstance(query, str) and query else {}


def _listed(reading: Reading, plain: dict[str, Any]) -> dict[str, Any]:
    """Plain traits with the listed ones under their operations; one in two lists gets both, and is not set."""
    found = plain
    for name, names in _lists(reading.settings.translate):
        moved = {key: "-" if name == "$unset" else plain[key] for key in names if key in plain}
        moved = {key: value for key, value in moved.items() if name != "$add" or _can_add(key, value, reading)}
        found = {key: value for key, value in found.items() if key not in moved}
        if moved:
            found[name] = moved
    return found


def _lists(settings: Translate) -> list[tuple[str, tuple[str, ...]]]:
    """The operations that the configuration lists traits for."""
    lists = (
        ("$unset", settings.unset),
        ("$setOnce", settings.set_once),
        ("$add", settings.increment),
        ("$append", settings.append),
        ("$prepend", settings.prepend),
    )
    return [one for one in lists if one[1]]


def _can_add(key: str, value: Any, reading: Reading) -> bool:
    """Whether a trait is a number; one that is not stays what it is, noted."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    reading.notes.add("operation_unusable", f"traits.{key}", "cannot be incremented: not a number")
    return False


def of_context(context: dict[str, Any], notes: Notes) -> Operations:
    """The campaign and the referrer that an identify or an order brings; an empty referrer says nothing there."""
    found, first = straight.campaign(context)
    if found.get("referrer") == "":
        del found["referrer"], first[campaign.INITIAL["referrer"]]
    if not found:
        return {}
    if _length(found) > MAX_TEXT:
        found = clean(found, "context", notes)
        first = campaign.initial(found)
    return {"$set": found, "$setOnce": first}


def _length(texts: Told) -> int:
    """Of all together: within a limit no one of them is beyond it."""
    return len("".join(texts.values()))


def _hidden(context: Operations) -> tuple[str, ...]:
    return HIDDEN if context else ()


def _traits(reading: Reading, hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """Traits, but the hidden ones, and what else becomes user properties."""
    found: dict[str, Any] = {}
    if reading.traits:
        found |= reading.sendable(reading.traits, "traits")
        for key in hidden:
            found.pop(key, None)
    if reading.short:
        found |= reading.short
    if reading.settings.translate.query_params:
        found |= query_params(reading, "user_properties")
    return found


def merged(under: Operations, over: Operations) -> Operations:
    """Operations of two, name by name; of the same property ``over`` counts."""
    if not under or not over:
        return under or over
    return {name: {**under.get(name, {}), **over.get(name, {})} for name in {**under, **over}}
