"""What Amplitude's pages say that it refuses, as index maps and texts (docs 6e7e48e, 2026-03-13)."""

from __future__ import annotations

from typing import Any

INVALID_IDS = frozenset(
    {
        "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "",
        "00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1",
    }
)  # fmt: skip
TYPES: dict[str, type | tuple[type, ...]] = {
    "event_properties": dict, "user_properties": dict, "group_properties": dict, "groups": dict,
    "event_type": str, "insert_id": str, "platform": str, "os_name": str, "os_version": str, "device_brand": str,
    "device_manufacturer": str, "device_model": str, "carrier": str, "country": str, "region": str, "city": str,
    "dma": str, "language": str, "app_version": str, "productId": str, "revenueType": str, "ip": str, "library": str,
    "time": int, "session_id": int, "event_id": int, "quantity": int, "price": (int, float), "revenue": (int, float),
    "location_lat": (int, float), "location_lng": (int, float),
}  # fmt: skip

Maps = dict[str, dict[str, list[int]]]


def event_faults(events: list[Any], min_id_length: int, *, first_only: bool, group_identify_needs_ids: bool) -> Maps:
    """The index maps of a 400, {} where every event is well formed. ``first_only``: HTTP V2 names one event a field."""
    maps: Maps = {}
    for index, event in enumerate(events):
        for name, key in _faults(event, min_id_length, group_identify_needs_ids):
            listed = maps.setdefault(name, {}).setdefault(key, [])
            if not (first_only and listed):
                listed.append(index)
    return maps


def maps_error(maps: Maps) -> str:
    """What a 400 with these index maps says (amplitude-api.md section 2.1.5, 2026-11-24)."""
    if "events_with_missing_fields" in maps:
        return "Request missing required field"
    if maps.keys() == {"events_with_invalid_id_lengths"}:
        return "Invalid id length for user_id or device_id"
    return "Invalid field values on some events"


def _faults(event: Any, min_id_length: int, group_identify_needs_ids: bool) -> list[tuple[str, str]]:
    if not isinstance(event, dict):
        return [("events_with_invalid_fields", "event")]
    found = []
    if not event.get("event_type"):
        found.append(("events_with_missing_fields", "event_type"))
    ids = {key: event[key] for key in ("user_id", "device_id") if event.get(key) is not None}
    if not ids and (group_identify_needs_ids or event.get("event_type") != "$groupidentify"):
        found.append(("events_with_missing_fields", "user_id"))
    found += [fault for key, value in ids.items() for fault in _id_faults(key, value, min_id_length)]
    found += [("events_with_invalid_fields", key) for key in _of_wrong_type(event)]
    return found


def _of_wrong_type(one: dict[str, Any]) -> list[str]:
    """The fields whose values are of another type than they must be; null counts as absent."""
    found = []
    for key, kind in TYPES.items():
        value = one.get(key)
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            found.append(key)
    return found


def _id_faults(key: str, value: Any, min_id_length: int) -> list[tuple[str, str]]:
    if not isinstance(value, str) or value.strip().lower() in INVALID_IDS:
        return [("events_with_invalid_fields", key)]
    return [("events_with_invalid_id_lengths", key)] if len(value) < min_id_length else []


def identify_fault(one: Any, min_id_length: int) -> str | None:
    """Why an identification is refused, or None."""
    if not isinstance(one, dict):
        return "missing_event"
    ids = [one[key] for key in ("user_id", "device_id") if one.get(key) is not None]
    if not ids or any(_id_faults("id", value, min_id_length) for value in ids):
        return "invalid user_id or device_id"
    odd = _of_wrong_type(one)
    return f"invalid type of {', '.join(odd)}" if odd else None


def group_fault(one: Any) -> str | None:
    """Why a group identification is refused, or None."""
    if not isinstance(one, dict):
        return "missing_event"
    if not all(isinstance(one.get(key), str) and one[key] for key in ("group_type", "group_value")):
        return "group_type and group_value must be text"
    return None if isinstance(one.get("group_properties"), dict) else "group_properties must be an object"


def map_fault(one: Any) -> str | None:
    """Why a user mapping is refused, or None."""
    if not isinstance(one, dict) or not isinstance(one.get("user_id"), str) or not one["user_id"]:
        return "user_id is missing"
    if one.get("unmap") is True:
        return "global_user_id must be absent with unmap" if "global_user_id" in one else None
    return None if isinstance(one.get("global_user_id"), str) and one["global_user_id"] else "global_user_id is missing"
