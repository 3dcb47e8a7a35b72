"""A file of Segment's subscriptions → the JSON text that settings keep of it, checked. Pure."""

from __future__ import annotations

import json

from translator import jsontext
from translator.errors import MappingError, NotJson, SettingsError
from translator.mappings import Given, listing, runnable

ACTIONS = ("logEvent", "logEventV2", "logPurchase", "identifyUser", "groupIdentifyUser", "mapUser", "sessionId")
"""Actions of Segment's Amplitude (Actions) destination (segment-actions.md section 4)."""

MAX_BYTES = 2_000_000
"""Of a file: each subscription has 5 KB."""


def read_subscriptions(text: bytes, path: str) -> str:
    """The enabled subscriptions, without whatever else stands beside them. ``path``: for people.

    Raises SettingsError with every fault: which subscription, which key, what it may be.
    """
    if len(text) > MAX_BYTES:
        raise SettingsError(f"translate.mappings: {path} has more than {MAX_BYTES} bytes")
    try:
        found = listing(jsontext.loads(text))
    except (MappingError, NotJson) as error:
        raise SettingsError(f"translate.mappings: {path}: {error}") from None
    enabled = [one for one in found.subscriptions if one.enabled]
    faults = [fault for one in enabled for fault in _faults(one)]
    if found.has_more:
        faults.append("has a page of the subscriptions only: put those of all pages in one list")
    if not enabled:
        faults.append("has no subscription that is enabled: every call would be ignored")
    if faults:
        raise SettingsError("\n".join(f"translate.mappings: {path}: {fault}" for fault in faults))
    return json.dumps([_kept(one) for one in enabled if one.action != "sessionId"], ensure_ascii=False, sort_keys=True)


def _faults(one: Given) -> list[str]:
    if one.action not in ACTIONS:
        return [f"{one.name}: actionSlug {one.action!r} must be one of: {', '.join(ACTIONS)}"]
    try:
        runnable(one)
    except MappingError as error:
        return list(error.faults)
    return []


def _kept(one: Given) -> dict[str, object]:
    return {"name": one.name, "action": one.action, "trigger": one.trigger, "mapping": one.mapping}
