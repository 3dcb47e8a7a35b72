"""What counts of a record: who, when, of which groups, and what each configured property makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from translator.parcels import Json, Record
from translator.settings.values import KpiProperty

REVENUE = "revenue"
"""Of a sum: what Amplitude takes for revenue, which is ``revenue``, else ``price`` times ``quantity``
(amplitude-api.md section 2.3)."""

LAST = 2**53
"""No time is beyond it: a hook may set any."""

Groups = Mapping[str, tuple[str, ...]]


class Fact(Struct, frozen=True, gc=False):
    """An event, or the joining of groups. ``user``, ``device``: ids, one at least. ``at``: when it happened, ms since
    the epoch. ``amounts``: of an event, for each property what it adds, None where it does not count; of a joining
    None."""

    at: int
    user: str | None
    device: str | None
    groups: Groups
    amounts: tuple[float | None, ...] | None


def fact(record: Record, properties: Sequence[KpiProperty]) -> Fact | None:
    """What counts of a record; None where nothing does."""
    body = record.body
    user, device, at = _id(body.get("user_id")), _id(body.get("device_id")), body.get("time")
    if (user is None and device is None) or not isinstance(at, int) or abs(at) > LAST:
        return None
    if record.kind == "event":
        return Fact(at, user, device, _groups(body), tuple(_amount(one, body) for one in properties))
    groups = _groups(body) if record.kind == "identify" else {}
    return Fact(at, user, device, groups, None) if groups else None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _groups(body: Json) -> Groups:
    given = body.get("groups")
    if not isinstance(given, dict):
        return {}
    found = {name: value if isinstance(value, (list, tuple)) else (value,) for name, value in given.items()}
    return {name: tuple(dict.fromkeys(one for one in values if isinstance(one, str))) for name, values in found.items()}


def _amount(one: KpiProperty, body: Json) -> float | None:
    """What an event adds to a property, or None."""
    if one.events and body.get("event_type") not in one.events:
        return None
    own = body.get("event_properties")
    if any(not _is(_at(own, path), value) for path, value in one.where.items()):
        return None
    if one.measure != "sum":
        return 1.0
    return _revenue(body) if one.of == REVENUE else number(_at(own, one.of or ""))


def _revenue(body: Json) -> float | None:
    whole = number(body.get("revenue"))
    if whole is not None:
        return whole
    price, quantity = number(body.get("price")), number(body.get("quantity"))
    return None if price is None else number(price * (1.0 if quantity is None else quantity))


def number(value: Any) -> float | None:
    """A number as one; None for anything else: true is none, a text neither, nor one that is beyond a double."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if abs(found) < float("inf") else None


def _is(value: Any, wanted: str | float | bool) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _at(given: Any, path: str) -> Any:
    """What is at a dotted path; a name with dots in it counts too, as a whole."""
    if isinstance(given, dict) and path in given:
        return given[path]
    for part in path.split("."):
        given = given.get(part) if isinstance(given, dict) else None
    return given
