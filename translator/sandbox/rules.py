"""What Amplitude drops or changes in silence: the rules, by name, and what each says (amplitude-api.md, 2026-11-24)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Lost = tuple[str, str, str]
"""One silent drop of a record: the rule's name, the path in the record, what was lost."""

SHOWN_CHARACTERS = 120
DEDUPE_SECONDS = 7 * 24 * 3600
GROUP_TYPES = 5
GROUP_VALUES = 10
TEXT = 1024
LAYERS = 40
UPDATES_AN_HOUR = 1800
EVENT_TYPES = 2000
EVENT_PROPERTIES = 2000
USER_PROPERTIES = 1000
GROUP_PROPERTIES = 1000
DEVICE = (
    "platform", "os_name", "os_version", "device_brand", "device_manufacturer", "device_model", "carrier",
)  # fmt: skip
LOCATION = ("country", "region", "city", "dma")


@dataclass(frozen=True)
class Rule:
    """``title``: for a table. ``meaning``: for people. ``section``: of amplitude-api.md.

    ``sure``: whether Amplitude's pages say that it happens; else they only forbid it, or say that it may happen.
    ``usual``: what a retry makes, and does no harm.
    """

    title: str
    meaning: str
    section: str
    sure: bool = True
    usual: bool = False


RULES = {
    "duplicate": Rule(
        "duplicate insert id",
        "A record whose insert_id was seen within seven days (by project and device) is ignored and answered 200.",
        "5.1",
        usual=True,
    ),
    "duplicate_event_id": Rule(
        "duplicate event id",
        "An event with the event_id, time and device_id of an earlier one is ignored: an older rule beside insert_id.",
        "5.1",
    ),
    "group_values": Rule(
        "11th group value",
        "Ten group values count for an event, all types together. Those beyond are not tracked.",
        "4.2",
    ),
    "group_types": Rule(
        "6th group type",
        "A project has five group types. Groups of a sixth are not tracked.",
        "4.2",
    ),
    "text": Rule(
        "text over 1,024 characters",
        "Longer text is cut to 1,024 characters.",
        "2.1.3",
    ),
    "group_properties_ignored": Rule(
        "group properties on an event",
        "group_properties count only on $groupidentify. On any other event type they are ignored.",
        "4.4",
    ),
    "device_reset": Rule(
        "device fields reset",
        "A record that sets one of " + ", ".join(DEVICE) + " resets the others to null, unless it sets them too.",
        "2.1.4",
    ),
    "location_reset": Rule(
        "location fields reset",
        "A record that sets one of " + ", ".join(LOCATION) + " resets the others to null, unless it sets them too.",
        "2.1.4",
    ),
    "revenue": Rule(
        "revenue ignored",
        "With price, quantity and revenue all present, price x quantity counts; revenue does not.",
        "2.1.2",
    ),
    "event_types": Rule(
        "2,001st event type",
        "A project can query 2,000 event types. Events of further ones are taken, but no chart finds them.",
        "2.1.3",
    ),
    "event_properties": Rule(
        "2,001st event property",
        "A project can query 2,000 event properties. Further ones are taken, but no chart finds them.",
        "2.1.3",
    ),
    "user_properties": Rule(
        "1,001st user property",
        "A project can query 1,000 user properties. Further ones are taken, but no chart finds them.",
        "2.1.3",
    ),
    "group_property_names": Rule(
        "1,001st group property",
        "A project has 1,000 group properties.",
        "4.2",
        sure=False,
    ),
    "updates": Rule(
        "over 1,800 updates an hour",
        "Beyond 1,800 property updates of a user an hour the event is kept and its updates may be dropped. Here they "
        "are kept.",
        "2.1.3",
        sure=False,
    ),
    "mixed": Rule(
        "plain keys beside operations",
        "A property dictionary holds plain keys or $-operations, never both: Amplitude's pages call a mixed one "
        "invalid and do not say what becomes of it. Here plain keys are set after the operations, as comments in its "
        "SDKs have it.",
        "3.1",
        sure=False,
    ),
    "group_operation": Rule(
        "operation unknown for groups",
        "Groups have $set, $setOnce, $add, $append, $prepend and $unset. Here the others work too; there they may not.",
        "3",
        sure=False,
    ),
    "operation": Rule(
        "operation without effect",
        "$add needs a number, and an operation needs an object of properties. What Amplitude does with others is not "
        "documented. Here they do nothing.",
        "3",
        sure=False,
    ),
    "layers": Rule(
        "over 40 layers",
        "Properties have at most 40 layers. What becomes of deeper ones is not documented. Here they become null.",
        "2.1.3",
        sure=False,
    ),
    "group_null": Rule(
        "group without a value",
        "A group of null or of an empty list is not described. Here it is left out.",
        "4.2",
        sure=False,
    ),
}  # fmt: skip


def excerpt(value: Any) -> str:
    """A value as short text."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def fitted(body: dict[str, Any], lost: list[Lost]) -> dict[str, Any]:
    """A record with its texts cut and its deepest layers left out: itself, where nothing is too long or too deep."""
    if _fits(body, LAYERS):
        return body
    return {key: _cut(value, key, LAYERS, lost) for key, value in body.items()}


def _fits(value: Any, layers: int) -> bool:
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is str:
            if len(item) > TEXT:
                return False
        elif (kind is dict or kind is list) and (not layers or not _fits(item, layers - 1)):
            return False
    return True


def _cut(value: Any, path: str, layers: int, lost: list[Lost]) -> Any:
    if isinstance(value, str):
        if len(value) <= TEXT:
            return value
        lost.append(("text", path, f"{len(value) - TEXT} of {len(value)} characters"))
        return value[:TEXT]
    if not isinstance(value, (dict, list)):
        return value
    if not layers:
        lost.append(("layers", path, "an object" if isinstance(value, dict) else "an array"))
        return None
    if isinstance(value, dict):
        return {key: _cut(item, f"{path}.{key}", layers - 1, lost) for key, item in value.items()}
    return [_cut(item, f"{path}[{place}]", layers - 1, lost) for place, item in enumerate(value)]


def revenue(body: dict[str, Any], lost: list[Lost]) -> None:
    """Note a revenue that does not count."""
    if "revenue" not in body or body.get("price") is None or body.get("quantity") is None:
        return
    counts = body["price"] * body["quantity"]
    if body["revenue"] is not None and abs(counts - body["revenue"]) > 0.005:
        lost.append(("revenue", "revenue", f"{body['revenue']} (price x quantity is {counts})"))
