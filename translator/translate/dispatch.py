"""One call → its records. Pure, deterministic: the same call, settings and memory give the same Translation."""

from __future__ import annotations

from collections.abc import Callable

from translator.parcels import Call, Json, Translation
from translator.settings.values import TranslationSettings
from translator.translate.alias import of_alias, of_delete
from translator.translate.group import of_group
from translator.translate.identify import of_identify
from translator.translate.reading import Reading, read
from translator.translate.track import event

TRANSLATORS: dict[str, Callable[[Reading, Json | None], Translation]] = {
    "track": event,
    "page": event,
    "screen": event,
    "identify": of_identify,
    "group": of_group,
    "alias": of_alias,
    "delete": of_delete,
}
"""Every call type has its translator; a test holds this against CALL_TYPES."""

IGNORED: dict[str, str] = {
    "integrations": "the call says under integrations that it is not for Amplitude",
    "page_gate": "translate.pages does not ask for such a page or screen (preset classic)",
    "event_denied": "translate.events_allow and events_deny do not let this event be sent",
    "hook": "translate.hook dropped the call",
    "alias_off": "translate.alias is false",
    "delete_off": "translate.delete is false",
    "group_traits_missing": "a group call without the mapped traits, and groups.fallback is none",
    "no_mapping": "no subscription of translate.mappings takes the call",
    "group_without_user": "a group call without a user and without properties to set",
    "group_types_limit": "only a sixth group type was in it, and groups.over_limit is drop",
    "group_properties_limit": "only group properties beyond 1,000 were in it, and groups.over_limit is drop",
    "stale_group": "the group has newer values of all its properties",
    "unchanged": "all in it was sent before with the same values (translate.unchanged_hours)",
}
"""Why a call became nothing: a closed list."""


def translate(call: Call, settings: TranslationSettings, memory: Json | None = None) -> Translation:
    """What becomes of a checked call.

    ``memory``: what the subject's earlier calls left (Translation.remember), or None. Raises Untranslatable for a call
    that the configuration, or Amplitude's list of invalid ids, refuses.
    """
    reading = read(call, settings)
    if not reading.options.sent:
        return Translation(notes=reading.notes.all(), ignored="integrations")
    if settings.translate.subscriptions and call.type != "delete":
        from translator.translate.mapped import of_mapped  # a fifth of what this room takes to import, for few

        return of_mapped(reading, memory)
    return TRANSLATORS[call.type](reading, memory)
