"""A destination's subscriptions, out of what Segment's APIs give. Pure. Raises MappingError that says which and what.

The shapes that are read:

- Segment's Public API, ``GET /destinations/{destinationId}/subscriptions``: ``{"data": {"subscriptions": [{"id",
  "name", "actionId", "actionSlug", "destinationId", "modelId", "enabled", "trigger", "settings"}], "pagination":
  {"current", "next", "totalEntries"}}}``, ``settings`` being the mapping (docs.segmentapis.com, "Destinations" and
  "Pagination"; an answer at prismatic.io/docs/example-payloads/segment/actions/listDestinationSubscriptions.json; all
  read 2026-11-28).
  Segment's Terraform provider writes ``settings`` as a JSON text.
- ``{"subscriptions": […]}``, one ``{"subscription": {…}}``, or the bare list.
- The shape of Segment's own code and older APIs: ``partnerAction``, ``subscribe``, ``mapping``.
- Beside them a destination's ``settings``, as ``GET /destinations/{destinationId}`` gives them
  (``{"data": {"destination": {"settings"}}}``), and ``filters``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from translator import jsontext
from translator.errors import MappingError, NotJson
from translator.mappings.checking import check
from translator.mappings.matching import Group
from translator.mappings.query import parse
from translator.mappings.transforming import wrapped

MAX_SUBSCRIPTIONS = 200
"""Segment's own limit is 50 a destination; this is what keeps a mistake from being read for hours."""


@dataclass(frozen=True, slots=True)
class Given:
    """A subscription as it stands there. ``trigger``: the query; ``mapping``: unchecked."""

    name: str
    action: str
    trigger: str
    mapping: Mapping[str, Any]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """What an export has. ``settings``: of the destination, keys included; ``filters``: names of those enabled;
    ``has_more``: whether Segment said that there are further pages."""

    subscriptions: tuple[Given, ...]
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    filters: tuple[str, ...] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that can be run: its query as a tree, its mapping checked and ``wrapped``."""

    name: str
    action: str
    trigger: Group
    mapping: Mapping[str, Any]


def runnable(given: Given) -> Subscription:
    """A subscription read in full."""
    try:
        mapping = wrapped(given.mapping)
        check(mapping)
        return Subscription(given.name, given.action, parse(given.trigger), mapping)
    except MappingError as error:
        raise MappingError(*(f"{given.name}: {fault}" for fault in error.faults)) from None


def listing(value: Any) -> Listing:
    """What a JSON value has of subscriptions."""
    whole = _inner(value, "data")
    if isinstance(whole, list):
        return Listing(tuple(_all(whole)))
    if not isinstance(whole, dict):
        raise MappingError("must be a list of subscriptions, or an object that has one")
    found = whole.get("subscriptions", [whole["subscription"]] if "subscription" in whole else None)
    if not isinstance(found, list):
        raise MappingError('has no "subscriptions", which must be a list (GET /destinations/ID/subscriptions)')
    pages = whole.get("pagination")
    return Listing(
        tuple(_all(found)),
        _settings(whole),
        tuple(_filters(whole.get("filters"))),
        isinstance(pages, dict) and bool(pages.get("next")),
    )


def _inner(value: Any, key: str) -> Any:
    """Without the envelope, which is sometimes twice there."""
    for _ in range(2):
        if isinstance(value, dict) and isinstance(value.get(key), (dict, list)):
            value = value[key]
    return value


def _settings(whole: Mapping[str, Any]) -> Mapping[str, Any]:
    destination = whole.get("destination")
    for found in (whole.get("settings"), destination.get("settings") if isinstance(destination, dict) else None):
        if isinstance(found, dict):
            return found
    return {}


def _filters(given: Any) -> Iterator[str]:
    for number, one in enumerate(given if isinstance(given, list) else [], 1):
        if isinstance(one, dict) and one.get("enabled") is not False:
            yield str(one.get("title") or one.get("id") or number)


def _all(given: list[Any]) -> Iterator[Given]:
    if len(given) > MAX_SUBSCRIPTIONS:
        raise MappingError(f"has {len(given)} subscriptions; {MAX_SUBSCRIPTIONS} at most are read")
    seen: set[str] = set()
    for number, one in enumerate(given, 1):
        found = _given(one, number)
        yield found if found.name not in seen else replace(found, name=f"{found.name} ({number})")
        seen.add(found.name)


def _given(one: Any, number: int) -> Given:
    if not isinstance(one, dict):
        raise MappingError(f"subscription {number} must be an object")
    name = str(one.get("name") or one.get("id") or f"subscription {number}")[:100]
    return Given(
        name,
        _text(one, ("actionSlug", "partnerAction"), name),
        _text(one, ("trigger", "subscribe"), name),
        _mapping(next((one[key] for key in ("mapping", "settings") if one.get(key) is not None), {}), name),
        one.get("enabled") is not False,
    )


def _text(one: Mapping[str, Any], keys: tuple[str, str], name: str) -> str:
    found = next((one[key] for key in keys if key in one), None)
    if not isinstance(found, str):
        raise MappingError(f"{name}: {keys[0]} must be a text")
    return found


def _mapping(found: Any, name: str) -> Mapping[str, Any]:
    if isinstance(found, str):
        try:
            found = jsontext.loads(found.encode("utf-8", "surrogatepass"))
        except NotJson:
            found = None
    if not isinstance(found, dict):
        raise MappingError(f"{name}: settings must be an object, the mapping")
    return found
