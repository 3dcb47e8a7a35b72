"""The mappings that Segment begins with, by action (segment-actions.md section 3; as the vectors have them)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVENTS = ("logEventV2", "logEvent", "logPurchase")
ORDER = "Order Completed"


def path(name: str) -> dict[str, str]:
    """The directive for a path."""
    return {"@path": f"$.{name}"}


def either(first: str, second: str) -> dict[str, Any]:
    """The first path where it exists, else the second."""
    return {"@if": {"exists": path(first), "then": path(first), "else": path(second)}}


CAMPAIGN = {"source": "source", "medium": "medium", "campaign": "name", "term": "term", "content": "content"}


def _campaign(start: str) -> dict[str, Any]:
    return {f"{start}utm_{name}": path(f"context.campaign.{key}") for name, key in CAMPAIGN.items()}


_ADVERTISING = either("context.device.advertisingId", "context.device.idfa")
_USER: dict[str, Any] = {
    "user_id": path("userId"),
    "device_id": either("context.device.id", "anonymousId"),
}
_BLOCKS: dict[str, Any] = {
    "app_version": path("context.app.version"),
    "platform": path("context.device.type"),
    "os_name": path("context.os.name"),
    "os_version": path("context.os.version"),
    "device_brand": path("context.device.brand"),
    "device_manufacturer": path("context.device.manufacturer"),
    "device_model": path("context.device.model"),
    "carrier": path("context.network.carrier"),
    "country": path("context.location.country"),
    "region": path("context.location.region"),
    "city": path("context.location.city"),
    "language": path("context.locale"),
}
_AGENT: dict[str, Any] = {
    "userAgent": path("context.userAgent"),
    "userAgentParsing": True,
    "includeRawUserAgent": False,
    "userAgentData": {
        "model": path("context.userAgentData.model"),
        "platformVersion": path("context.userAgentData.platformVersion"),
    },
}
_MONEY: dict[str, Any] = {
    key: path(f"properties.{key}") for key in ("price", "quantity", "revenue", "productId", "revenueType")
}
_EVENT: dict[str, Any] = {
    **_USER,
    "event_type": path("event"),
    "session_id": path("integrations.Actions Amplitude.session_id"),
    "time": path("timestamp"),
    "event_properties": path("properties"),
    "user_properties": path("traits"),
    **_BLOCKS,
    **_MONEY,
    "location_lat": path("context.location.latitude"),
    "location_lng": path("context.location.longitude"),
    "ip": path("context.ip"),
    "idfa": _ADVERTISING,
    "idfv": path("context.device.id"),
    "adid": _ADVERTISING,
    "library": path("context.library.name"),
    "library2": {"behavior": "use_mapping", "mapping": path("context.library.name")},
    "products": {
        "@arrayPath": [
            "$.properties.products",
            {key: path(key) for key in ("price", "revenue", "quantity", "productId", "revenueType")},
        ]
    },
    "use_batch_endpoint": False,
    **_AGENT,
}
_VISIT: dict[str, Any] = {"utm_properties": _campaign(""), "referrer": path("context.page.referrer")}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "logEventV2": {
        **_EVENT,
        "setOnce": {"initial_referrer": path("context.page.referrer"), **_campaign("initial_")},
        "setAlways": {"referrer": path("context.page.referrer"), **_campaign("")},
    },
    "logEvent": {**_EVENT, **_VISIT},
    "logPurchase": {"trackRevenuePerProduct": False, **_EVENT, **_VISIT},
    "identifyUser": {
        **_USER,
        "user_properties": path("traits"),
        **_BLOCKS,
        **_AGENT,
        **_VISIT,
        "library": path("context.library.name"),
    },
    "groupIdentifyUser": {**_USER, "time": path("timestamp"), "group_properties": path("traits")},
    "mapUser": {"user_id": path("previousId"), "global_user_id": path("userId")},
}
"""Action → its default mapping."""

VIEWED = {"@template": "Viewed {{name}}"}
"""The event type of page and screen calls in Segment's quick set-up."""

TYPES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("logEventV2", "logEvent"), frozenset({"track", "page", "screen"})),
    "logPurchase": frozenset({"track"}),
    "identifyUser": frozenset({"identify"}),
    "groupIdentifyUser": frozenset({"group"}),
    "mapUser": frozenset({"alias"}),
}
"""Action → the types of call that it is made of here."""


def normal(value: Any) -> Any:
    """A mapping's value with each path written in one way, and without what the editor of Segment notes beside it."""
    if isinstance(value, list):
        if value and isinstance(value[0], str):
            value = [value[0].removeprefix("$."), *value[1:]]
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: normal(item) for key, item in value.items() if key != "_metadata"}
    if isinstance(found.get("@path"), str):
        found["@path"] = found["@path"].removeprefix("$.")
    return found


def is_default(action: str, key: str, value: Any, types: frozenset[str]) -> bool:
    """Whether a key of a mapping is what Segment begins with, for calls of these types."""
    if key == "event_type" and types & {"page", "screen"}:
        return types <= {"page", "screen"} and bool(normal(value) == VIEWED)
    default = DEFAULTS[action].get(key)
    return default is not None and bool(normal(value) == normal(default))
