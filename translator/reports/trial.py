"""One call tried out under settings changed for it: what would become of it, and the case to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from translator import jsontext
from translator.deliver import post_now
from translator.errors import NotJson
from translator.parcels import Json
from translator.reports.files import demo_folder, listed
from translator.reports.requests import as_requests
from translator.reports.rows import Row, Translator
from translator.settings.values import (
    Delivery,
    Destination,
    Settings,
    TranslationSettings,
    may_try,
    translation_settings,
)

CHOICES = ("preset", "type_trait", "value_trait", "fallback", "level")
"""What may be changed: ``preset`` of [translate], the others of [groups]."""


@dataclass(frozen=True)
class Trial:
    """``row``: the call's. ``requests``: as ``translator translate --as requests`` has them. ``case``: as the files
    under fixtures/ are; its ``why`` is for people to write."""

    row: Row
    requests: list[Json]
    case: Json


@dataclass(frozen=True)
class Sending:
    """A request that went out, keys masked, and its answer: a status, or how it failed; and what was said."""

    request: Json
    status: int | None
    failure: str | None
    said: object


def tried(text: str, settings: Settings, destination: str | None, choices: Mapping[str, str], now: int) -> Trial:
    """Translate a call's JSON text as for a destination (None: see translation_settings), with ``choices`` (by CHOICES;
    an empty text for none) instead of its own. ``now``: ms since the epoch. A hook is left out."""
    chosen = _chosen(translation_settings(settings, destination), choices)
    row = Translator(settings.segment, chosen, explains=True).row(text.encode("utf-8", "replace"), now)
    return Trial(row, as_requests(row, settings, destination)["requests"], _case(text, row, chosen))


def sent(trial: Trial, destination: Destination, limits: Delivery) -> list[Sending]:
    """Send what a trial's call became to a destination, at once and once. Raises ValueError for a destination that is
    neither a sandbox nor marked as one for tests."""
    if not may_try(destination):
        raise ValueError(f"{destination.name} is no destination for tests: set test = true in its table")
    answers = post_now(trial.row.records, destination, limits)
    return [Sending(one, said.status, said.failure, _shown(said.text)) for one, said in answers]


def _shown(text: str) -> object:
    """An answer's text, in which keys are masked, as JSON where it is."""
    try:
        return jsontext.loads(text.encode("utf-8"))
    except NotJson:
        return text


@cache
def examples() -> Mapping[str, str]:
    """The demo calls, by name, as indented JSON text."""
    found = {}
    for path in listed([demo_folder()]):
        given = json.loads(path.read_text(encoding="utf-8"))["given"]
        found[path.stem] = json.dumps(given, indent=2, ensure_ascii=False)
    return MappingProxyType(found)


def _chosen(settings: TranslationSettings, choices: Mapping[str, str]) -> TranslationSettings:
    given = {key: choices[key].strip() or None for key in CHOICES if key in choices}
    preset = given.pop("preset", None) or settings.translate.preset
    translate = replace(settings.translate, preset=preset, hook=None)  # type: ignore[arg-type]  # of a closed list
    for key in ("fallback", "level"):
        given[key] = given.get(key) or getattr(settings.groups, key)
    groups = replace(settings.groups, **given)  # type: ignore[arg-type]  # of a closed list, too
    return replace(settings, translate=translate, groups=groups)


def _case(text: str, row: Row, settings: TranslationSettings) -> Json:
    try:
        given = jsontext.loads(text.encode("utf-8", "replace"))
    except NotJson:
        given = text
    groups = {key: getattr(settings.groups, key) for key in CHOICES[1:]}
    plain = row.plain()
    return {
        "why": "",
        "given": given,
        "settings": {
            "translate": {"preset": settings.translate.preset},
            "groups": {key: value for key, value in groups.items() if value is not None},
        },
        "expect": {
            **{key: plain[key] for key in ("records", "ignored")},
            "notes": sorted(note.rule for note in row.notes),
            "error": plain["error"],
            **({} if row.remember is None else {"remember": row.remember}),
        },
    }
