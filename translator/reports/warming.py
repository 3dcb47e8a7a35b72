"""The groups that earlier calls leave for those which are replayed: remembered as if they had been sent before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from translator.errors import Untranslatable
from translator.hooks import Translator, translator
from translator.journal import Journal
from translator.parcels import Call, Json
from translator.settings.values import TranslationSettings
from translator.translate import applied

CHUNK = 1000


def left(translate: Translator, call: Call, state: Json | None) -> Json | None:
    """A subject's state after a call, as far as groups go; None where it leaves nothing. Sessions and what was sent of
    properties are not taken along: these calls are not sent."""
    try:
        changes = translate(call, state).remember
    except Untranslatable:
        return None
    groups = (changes or {}).get("groups")
    return applied(state, {"groups": groups}) if groups else None


def warm(calls: Iterator[Call], settings: TranslationSettings, journal: Journal, destination: str) -> int:
    """Write what calls leave into a replay's own journal, some at a time; how many calls were read."""
    translate, read = translator(settings), 0
    while part := list(itertools.islice(calls, CHUNK)):
        read += len(part)
        states = journal.remembered(destination, {call.subject for call in part})
        new: dict[str, Json] = {}
        for call in part:
            subject = call.subject
            if state := left(translate, call, new.get(subject, states.get(subject))):
                new[subject] = state
        journal.remember(destination, new)
    return read
