"""What a kept call became, computed again under the configuration that held then. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from translator import jsontext
from translator.deliver import requests_of
from translator.errors import NotJson, Untranslatable
from translator.journal import Journal
from translator.parcels import Call, Json, Note
from translator.reports.accounts import types_over
from translator.reports.rows import Row, Translator
from translator.settings.stored import from_text
from translator.settings.values import Destination, Settings, TranslationSettings
from translator.sights import Fate, Kept, Sent
from translator.translate import RULES, named_groups

ENDED = ("delivered", "ignored", "dead")
REMEMBERED = ("delivered", "ignored")
"""What a call leaves in memory, it leaves when it is done."""

MOST_EARLIER = 200
"""Calls of the same subject that are translated before it, so that memory is what it was."""


@dataclass(frozen=True)
class Recomputed:
    """``is_then``: under the configuration that was used, else under the present one. ``has_hook``: which is left out.
    ``is_cut``: there were more earlier calls of its subject than were looked at."""

    row: Row
    requests: list[Json]
    is_then: bool
    has_hook: bool
    is_cut: bool


def recomputed(journal: Journal, settings: Settings, kept: Kept, fate: Fate, sent: Sequence[Sent]) -> Recomputed | None:
    """What a call became, or will become, at a fate's destination; None where neither its configuration nor the
    destination is known any more. Raises JournalError."""
    destination = _configured_then(journal, fate, sent)
    is_then = destination is not None
    destination = destination or settings.destinations.get(fate.destination)
    call = call_of(kept)
    if destination is None or call is None:
        return None
    translation = destination.translation
    plain = replace(translation, translate=replace(translation.translate, hook=None))
    earlier, is_cut = _earlier(journal, kept, fate)
    work = Translator(settings.segment, plain)
    for one in earlier:
        work.of_call(one)
    work.explains = True
    row = work.of_call(call)
    row = _with_limits(row, types_over(journal, fate.destination))
    return Recomputed(row, requests_of(row.records, destination), is_then, plain != translation, is_cut)


def _with_limits(row: Row, over: Sequence[str]) -> Row:
    """The row with a note for each group type that Amplitude does not track, which only delivery knows."""
    groups = {name for record in row.records for name in _named(record.body)}
    known = {note.path for note in row.notes}
    paths = (f"groups.{name}" for name in sorted(groups & set(over)))
    notes = [Note("group_types_limit", path, RULES["group_types_limit"]) for path in paths if path not in known]
    return replace(row, notes=(*row.notes, *notes))


def _named(body: Json) -> Iterable[str]:
    groups = body.get("groups")
    return [*(groups if isinstance(groups, dict) else ()), *([body["group_type"]] if "group_type" in body else ())]


def call_of(kept: Kept) -> Call | None:
    """A kept call as it was accepted; None for what can no longer be read."""
    try:
        body = jsontext.loads(kept.body)
    except NotJson:
        return None
    return Call(
        kept.id, kept.source, kept.message_id, kept.subject, kept.received_at, body, kept.ip, kept.derived
    ) if isinstance(body, dict) else None  # fmt: skip


def groups_of(kept: Kept, settings: TranslationSettings) -> Mapping[str, tuple[str, ...]]:
    """The groups that a call names: type to values; none where it may not be translated."""
    call = call_of(kept)
    try:
        return named_groups(call, settings) if call else {}
    except Untranslatable:
        return {}


def _configured_then(journal: Journal, fate: Fate, sent: Sequence[Sent]) -> Destination | None:
    """The configuration under which a call ended: the one of its last request, else the one that held at that time."""
    if fate.state not in ENDED:
        return None
    mine = next((one.configuration for one in sent if one.number == fate.request), None)
    text = journal.configuration(fate.destination, mine, fate.at)
    if text is None:
        return None
    try:
        return from_text(text, fate.destination)
    except ValueError:
        return None


def _earlier(journal: Journal, kept: Kept, fate: Fate) -> tuple[list[Call], bool]:
    """The calls of the same subject before it that count for its memory, in order; whether there may be more.

    Of one that waits also those that wait before it: they are delivered first.
    """
    before = journal.earlier(kept, MOST_EARLIER)
    fates = journal.fates([one.id for one in before])
    counted = REMEMBERED if fate.state in ENDED else (*REMEMBERED, "waiting", "posting")
    mine = [one for one in before if _counts(fates[one.id], fate.destination, counted)]
    calls = [call for one in reversed(mine) if (call := call_of(one)) is not None]
    return calls, len(before) == MOST_EARLIER


def _counts(fates: Sequence[Fate], destination: str, states: Sequence[str]) -> bool:
    return any(one.destination == destination and one.state in states for one in fates)
