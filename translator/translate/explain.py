"""Where each key of a record comes from, in words for people: a path of the call, or the rule that made it. Pure.

Computed only when somebody asks, from the same tables and findings that translation uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from translator.parcels import Call, Json, Record, Translation
from translator.settings.values import TranslationSettings
from translator.times import millis
from translator.translate import campaign, groups
from translator.translate.agents import agent_fields
from translator.translate.contexts import plain_fields
from translator.translate.fields import FIELDS
from translator.translate.paths import at, present, split, text
from translator.translate.reading import Reading, read

MADE = {
    "insert_id": "messageId and the record's place",
    "library": "context.library.name, else segment",
    "session_id": "integrations, or translate.session_minutes",
    "event_id": "integrations",
    "version_name": "translate.version_name",
    "group_type": "the group's type",
    "group_value": "the group's value",
    "global_user_id": "userId",
    "unmap": "integrations",
    "idfa": "context.device.advertisingId, or idfa (Apple)",
    "adid": "context.device.advertisingId (Android)",
    "idfv": "context.device.id (Apple)",
}
"""Keys that are made rather than copied."""

MONEY = ("price", "quantity", "revenue", "productId", "revenueType")
PATHS = {row.key: row.path for row in FIELDS}


def explain(call: Call, settings: TranslationSettings, translation: Translation) -> list[dict[str, str]]:
    """For each record of a call's translation: key, dotted, to where it came from."""
    reading = read(call, settings)
    if settings.translate.subscriptions and call.type != "delete":
        return [_of_mapping(record, reading) for record in translation.records]
    found = {one.type: one.source for one in groups.find(reading)} if translation.records else {}
    return [dict(_of_record(record, reading, found)) for record in translation.records]


def sources(call: Call, settings: TranslationSettings) -> dict[str, str]:
    """The group types that a call names itself, and where each was found. Raises Untranslatable."""
    return {one.type: one.source for one in _named(read(call, settings))}


def named_groups(call: Call, settings: TranslationSettings) -> dict[str, tuple[str, ...]]:
    """The groups that a call names itself: type to values. Raises Untranslatable."""
    return {one.type: one.values for one in _named(read(call, settings))}


def _named(reading: Reading) -> list[groups.Found]:
    if not reading.settings.translate.subscriptions:
        return groups.find(reading)
    from translator.translate import mapped  # see dispatch

    return mapped.named(reading)


def _of_mapping(record: Record, reading: Reading) -> dict[str, str]:
    """Keys that the mappings of some subscriptions make."""
    from translator.translate import mapped  # see dispatch

    said = f"{mapped.makers(reading, record)} (translate.mappings)"
    return {key: MADE[key] if key in ("insert_id", "version_name") else said for key in record.body}


def _of_record(record: Record, reading: Reading, found: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in record.body.items():
        if key == "groups":
            yield from ((f"groups.{name}", found.get(name, "memory of an earlier group call")) for name in value)
        elif key in ("user_properties", "group_properties"):
            yield from _properties(record, key, value, reading, found)
        else:
            yield key, _simple(record, key, reading, found)


def _properties(
    record: Record, key: str, operations: Json, reading: Reading, found: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for operation, values in operations.items():
        for name in values:
            yield f"{key}.{operation}.{name}", _property(record, name, reading, found)


def _property(record: Record, name: str, reading: Reading, found: dict[str, str]) -> str:
    traits = "traits" if reading.kind in ("group", "identify") or record.kind != "group_identify" else "properties"
    if record.kind == "identify" and name in found:
        return f"the group that is joined: {found[name]}"
    bare = name.removeprefix("initial_")
    if record.kind == "group_identify":
        return _readable_name(name, reading) or f"{traits}.{name}"
    if name in reading.traits:
        return f"{traits}.{name}"
    if bare in campaign.UTM:
        return f"context.campaign.{campaign.UTM[bare]}"
    if bare == "referrer":
        return campaign.REFERRER
    if name in reading.settings.translate.query_params:
        return "context.page.search (translate.query_params)"
    return f"{name} (translate.short_ids)" if name in reading.short else f"{traits}.{name}"


def _readable_name(name: str, reading: Reading) -> str | None:
    """The path of a group's human-readable name, where a rule names one that ends so."""
    paths = (path for rule in reading.settings.groups.rules for path in rule.name)
    found = next((path for path in paths if split(path)[-1] == name and present(at(reading.body, path))), None)
    return found and f"{found} (the group's name)"


def _simple(record: Record, key: str, reading: Reading, found: dict[str, str]) -> str:
    if key in reading.settings.fields:
        return f"{', '.join(reading.settings.fields[key])} ([fields])"
    if key == "group_type" or key == "group_value":
        return found.get(record.body["group_type"], MADE[key])
    if key in ("user_id", "device_id"):
        return _id(record, key, reading)
    if key == "time":
        return _time(reading)
    if key in ("event_type", "event_properties"):
        return _event(record, key, reading)
    if key in PATHS:
        return _field(key, reading)
    return f"properties.{key} (revenue)" if key in MONEY else MADE.get(key, "context.userAgent")


def _id(record: Record, key: str, reading: Reading) -> str:
    if record.kind == "user_map":
        return "previousId"
    if key == "user_id":
        return "userId"
    return "context.device.id" if text(at(reading.body, "context.device.id")) == record.body[key] else "anonymousId"


def _time(reading: Reading) -> str:
    if millis(reading.body.get("timestamp")) is not None:
        return "timestamp"
    return "receivedAt" if present(reading.body.get("receivedAt")) else "the time of arrival"


def _event(record: Record, key: str, reading: Reading) -> str:
    product = record.body["event_type"] == "Product Purchased" and record.body["insert_id"] != reading.call.message_id
    if key == "event_properties":
        return "properties.products" if product else "properties"
    if product:
        return "properties.products"
    return "event" if reading.kind == "track" else f"name, category (preset {reading.settings.translate.preset})"


def _field(key: str, reading: Reading) -> str:
    if key in plain_fields(reading):
        web = key == "platform" and not present(at(reading.body, "context.device.type"))
        return "context.library.name (analytics.js)" if web else PATHS[key]
    return "context.userAgent" if key in agent_fields(reading) else PATHS[key]
