"""A function of the user's own, ``translate.hook = "package.module:function"``, around translation.

Comes in: a call, settings, memory. Goes out: a Translation. Outside the promise of purity; never here: a way for the
function to stop delivery, since whatever it raises makes a dead letter.

The function is called as ``function(call, None)`` with a copy of the call: None leaves it as it is, a call takes its
place, a list of calls splits it, an empty list drops it. Then for each of these as ``function(call, records)`` with
records as ``{"kind", "body"}``: None leaves them, a list takes their place.
"""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from translator.errors import Invalid, SettingsError, Untranslatable
from translator.parcels import KINDS, Call, Facts, Json, Note, Record, Translation
from translator.settings.values import Segment, TranslationSettings
from translator.translate import applied, merged, translate
from translator.validate import check

Hook = Callable[[Json, list[Json] | None], Any]
Translate = Callable[[Call, Json | None], Translation]
_ANY_SIZE = Segment(max_call_bytes=2**40)


def load(name: str) -> Hook:
    """The function of a name such as ``my_rules.amplitude:change``; modules of the working folder are found too.

    Raises SettingsError where there is none.
    """
    module, _, function = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # a user's module may raise anything when it is imported
        raise SettingsError(f"translate.hook: {name!r} cannot be loaded: {type(error).__name__}: {error}") from None
    if not callable(found):
        raise SettingsError(f"translate.hook: {name!r} is not a function")
    return found  # type: ignore[no-any-return]  # a user's own, checked to be callable


def translator(settings: TranslationSettings) -> Translate:
    """Translation under these settings, with the hook around it where they name one. Raises SettingsError."""
    if settings.translate.hook is None:
        return lambda call, memory: translate(call, settings, memory)
    hook = load(settings.translate.hook)
    return lambda call, memory: _around(hook, call, settings, memory)


def _around(hook: Hook, call: Call, settings: TranslationSettings, memory: Json | None) -> Translation:
    records: list[Record] = []
    notes: list[Note] = []
    remember: Json | None = None
    calls = _calls(hook, call)
    done = Translation(ignored="hook")
    for one in calls:
        done = translate(one, settings, memory)
        records += _records(hook, one, done.records)
        notes += done.notes
        remember = merged(remember, done.remember)
        memory = applied(memory, done.remember)
    ignored = None if records else done.ignored or "hook"
    return Translation(tuple(_with_insert_ids(records, call.message_id)), tuple(notes), remember, ignored)


def _calls(hook: Hook, call: Call) -> list[Call]:
    said = _asked(hook, call, None)
    if said is None:
        return [call]
    bodies = said if isinstance(said, list) else [said]
    return [_checked(body, call, number) for number, body in enumerate(bodies)]


def _checked(body: Any, call: Call, number: int) -> Call:
    """What the hook made of a call, checked like any message; a further one has an id of its own."""
    name = call.message_id if number == 0 else f"{call.message_id}-h{number}"
    try:
        one = check(body, Facts(call.source, call.received_at, call.ip), _ANY_SIZE)
    except Invalid as error:
        raise Untranslatable("hook_error", {"": [f"the hook's call is invalid: {error}"]}) from None
    return Call(call.id, call.source, name, call.subject, call.received_at, one.body, call.ip)


def _records(hook: Hook, call: Call, records: tuple[Record, ...]) -> list[Record]:
    said = _asked(hook, call, [{"kind": record.kind, "body": record.body} for record in records])
    if said is None:
        return list(records)
    ids = next((record.ids for record in records if record.ids), {})
    return [_record(one, ids) for one in said] if isinstance(said, list) else _refuse("records must be a list")


def _record(value: Any, ids: Any) -> Record:
    if not isinstance(value, dict) or value.get("kind") not in KINDS or not isinstance(value.get("body"), dict):
        _refuse(f"a record is {{'kind': one of {', '.join(KINDS)}, 'body': object}}")
    return Record(value["kind"], value["body"], ids if value["kind"] == "group_identify" else {})


def _with_insert_ids(records: list[Record], message_id: str) -> list[Record]:
    """Records that the hook added have ids of their own: ``messageId-h1``, …"""
    seen: set[str] = set()
    added = 0
    for record in records:
        given = record.body.get("insert_id")
        if record.kind in ("event", "identify", "group_identify") and (not given or given in seen):
            added += 1
            record.body["insert_id"] = f"{message_id}-h{added}"
        seen.add(str(record.body.get("insert_id")))
    return records


def _asked(hook: Hook, call: Call, records: list[Json] | None) -> Any:
    try:
        return hook(copy.deepcopy(call.body), copy.deepcopy(records))
    except Exception as error:  # whatever it is: this call's dead letter, with the last line of its traceback
        raise Untranslatable("hook_error", {"": [f"the hook raised {type(error).__name__}: {error}"]}) from None


def _refuse(said: str) -> Any:
    raise Untranslatable("hook_error", {"": [f"the hook's answer is wrong: {said}"]})
