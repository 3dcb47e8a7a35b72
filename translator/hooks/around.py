"""Translation with a user's function before and after it.

The function is called as ``function(call, None)``: None leaves the call as it is, a call takes its place, a list of
calls splits it, an empty list drops it. Then for each of these as ``function(call, records)`` with records as
``{"kind", "body"}``: None leaves them, a list takes their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from translator.errors import HookUnavailable, Invalid, SettingsError, Untranslatable
from translator.parcels import KINDS, Call, Facts, Json, Note, Record, Translation
from translator.settings.values import Segment, TranslationSettings
from translator.translate import applied, compiled, merged, translate
from translator.validate import check

if TYPE_CHECKING:
    from translator.hooks.host import Host

_ANY_SIZE = Segment(max_call_bytes=2**40)
NEEDED: dict[str, dict[str, type]] = {
    "event": {"event_type": str},
    "identify": {},
    "group_identify": {"group_type": str, "group_value": str, "group_properties": dict},
    "user_map": {"user_id": str},
    "user_deletion": {"user_id": str},
}
"""What a record of each kind must have to be sent at all."""


class Translator:
    """Translation under settings, with the hook around it where they name one; for one thread."""

    def __init__(self, settings: TranslationSettings) -> None:
        self._settings = settings
        self._translate = compiled(settings)
        self._host = _host(settings)

    def __call__(self, call: Call, memory: Json | None) -> Translation:
        """What becomes of a call. Raises Untranslatable; HookUnavailable when the hook cannot be loaded (any more)."""
        if self._host is None:
            return self._translate(call, memory)
        self._host.begin()
        return _around(self._host, call, self._settings, memory)

    def close(self) -> None:
        """End the hook's process, if there is one."""
        if self._host is not None:
            self._host.close()


def translator(settings: TranslationSettings) -> Translator:
    """Translation under these settings."""
    return Translator(settings)


def check_hook(settings: TranslationSettings) -> None:
    """Load the hook once, to see that it can be. Raises SettingsError."""
    host = _host(settings)
    if host is None:
        return
    try:
        host.begin()
    except HookUnavailable as error:
        raise SettingsError(str(error)) from None
    finally:
        host.close()


def _host(settings: TranslationSettings) -> Host | None:
    """The hook's process, where the settings name one."""
    hook, seconds = settings.translate.hook, settings.translate.hook_seconds
    if hook is None:
        return None
    from translator.hooks.host import Host

    return Host(hook, seconds)


def _around(host: Host, call: Call, settings: TranslationSettings, memory: Json | None) -> Translation:
    records: list[Record] = []
    notes: list[Note] = []
    remember: Json | None = None
    calls = _calls(host, call)
    done = Translation(ignored="hook")
    for one in calls:
        done = translate(one, settings, memory)
        records += _records(host, one, done.records)
        notes += done.notes
        remember = merged(remember, done.remember)
        memory = applied(memory, done.remember)
    ignored = None if records else done.ignored or "hook"
    return Translation(tuple(_with_insert_ids(records, call.message_id)), tuple(notes), remember, ignored)


def _calls(host: Host, call: Call) -> list[Call]:
    said = host.ask(call.body, None)
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


def _records(host: Host, call: Call, records: tuple[Record, ...]) -> list[Record]:
    said = host.ask(call.body, [{"kind": record.kind, "body": record.body} for record in records])
    if said is None:
        return list(records)
    ids = next((record.ids for record in records if record.ids), {})
    return [_record(one, ids) for one in said] if isinstance(said, list) else _refuse("records must be a list")


def _record(value: Any, ids: Any) -> Record:
    if not isinstance(value, dict) or value.get("kind") not in KINDS or not isinstance(value.get("body"), dict):
        _refuse(f"a record is {{'kind': one of {', '.join(KINDS)}, 'body': object}}")
    for key, kind in NEEDED[value["kind"]].items():
        if not isinstance(value["body"].get(key), kind):
            _refuse(f"the body of a record of kind {value['kind']} needs {key}")
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


def _refuse(said: str) -> Any:
    raise Untranslatable("hook_error", {"": [f"the hook's answer is wrong: {said}"]})
