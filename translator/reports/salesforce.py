"""``translator salesforce``: the group values of calls, held against keys, and what came of it, for people and
machines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from translator.jsontext import text_of
from translator.parcels import Record
from translator.reports import reading
from translator.reports.reading import Advance, Summary
from translator.reports.rows import Translator
from translator.salesforce import WORDS, Held, Source, Value, Values
from translator.salesforce.values import printable
from translator.settings.values import SalesforceObject, Settings, translation_settings

if TYPE_CHECKING:
    from translator.salesforce.trying import Tried

EVERY = 500
"""Calls between two steps of the progress bar."""


@dataclass(frozen=True)
class Found:
    """What came of a check. ``calls``, ``keys``: where these are from."""

    calls: str
    keys: str
    read: int
    refused: int
    unreadable: int
    types: tuple[Held, ...]

    @property
    def is_good(self) -> bool:
        """Whether every group value exists."""
        return all(one.is_good for one in self.types)


def held(
    source: reading.Source,
    settings: Settings,
    destination: str | None,
    objects: Sequence[SalesforceObject],
    keys: Source,
    summary: Summary,
    most: int,
    advance: Advance = lambda what, count: None,
) -> Found:
    """The group values that calls make, as for a destination, held against the keys of some objects. ``most``: examples
    of each kind. Raises SalesforceError."""
    types = tuple(dict.fromkeys(one.group_type for one in objects))
    values = Values()
    try:
        _gather(source, settings, destination, types, values, summary, advance)
        for one in objects:
            for page in keys.keys(one):
                values.hold(one.group_type, page)
                advance("read", len(page))
        found = tuple(values.held(one, most) for one in types)
    finally:
        values.close()
    return Found(source.said, keys.said, summary["read"], summary["refused"], summary["not readable"], found)


def groups_of(record: Record) -> Iterator[tuple[str, str]]:
    """The group types and values that a record names."""
    body = record.body
    if record.kind == "group_identify":
        yield str(body["group_type"]), text_of(body["group_value"])
    for kind, value in (body.get("groups") or {}).items():
        for one in value if isinstance(value, list) else [value]:
            yield kind, text_of(one)


def as_json(found: Found) -> str:
    """For machines."""
    return json.dumps({**asdict(found), "types": [_plain(one) for one in found.types]}, indent=2) + "\n"


def as_text(found: Found) -> str:
    """For people."""
    lines = [f"{found.calls}: {_many(found.read, 'calls')}, against {found.keys}"]
    if found.refused or found.unreadable:
        lines.append(f"{found.refused:,} refused as invalid, {found.unreadable:,} not readable")
    for one in found.types:
        lines += ["", *_type(one)]
    return "\n".join(map(printable, lines)) + "\n"


def dry_text(found: Sequence[Tried]) -> str:
    """What a sync would set, for people."""
    lines: list[str] = []
    for one in found:
        what = f"{one.object.object} → {one.object.group_type} at {one.destination}"
        lines.append(
            f"{what}: {one.new + one.changed:,} would be set ({one.new:,} for the first time), "
            f"{one.unchanged:,} unchanged{one.tally.said()}"
        )
        for example in one.examples:
            lines.append(f"  {example.group}")
            lines += [f"    {name}: {_shown(old)} → {_shown(new)}" for name, (old, new) in example.properties.items()]
    return "\n".join(map(printable, lines)) + "\n"


def _gather(
    source: reading.Source,
    settings: Settings,
    destination: str | None,
    types: Sequence[str],
    values: Values,
    summary: Summary,
    advance: Advance,
) -> None:
    work = Translator(settings.segment, translation_settings(settings, destination))
    try:
        for call in source.before:
            work.warm(call)
        for call in reading.calls(source, settings, summary):
            named = {pair for record in work.of_call(call).records for pair in groups_of(record)}
            for kind, value in named:
                if kind in types:
                    values.add(kind, value, call.message_id)
            if not summary["read"] % EVERY:
                advance("read", EVERY)
    finally:
        work.close()


def _plain(one: Held) -> dict[str, Any]:
    return {**asdict(one), "missing": one.missing}


def _type(one: Held) -> Iterator[str]:
    keys = f"{_many(one.accounts, 'keys')} at Salesforce"
    if not one.values:
        yield f"{one.type}: no call has a group value of this type; {keys}"
        return
    yield f"{one.type}: {_many(one.values, 'values')} on {_many(one.calls, 'calls')}; {keys}"
    yield f"  {one.exist:>10,} exist"
    if one.near:
        yield f"  {one.near:>10,} nearly exist"
        yield from _examples(one.nearly, one.near)
    if one.missing:
        yield f"  {one.missing:>10,} do not exist"
        yield from _examples(one.unknown, one.missing)
    yield f"  {one.unused:>10,} keys at Salesforce that no call names"
    if one.keyless:
        yield f"  {one.keyless:>10,} records at Salesforce without a key"


def _examples(shown: Sequence[Value], count: int) -> Iterator[str]:
    for one in shown:
        must = "" if one.key is None else f", must be {_quoted(one.key)}: {'; '.join(WORDS[word] for word in one.how)}"
        yield f"               {_quoted(one.value)}, {_many(one.calls, 'calls')}, such as {one.example}{must}"
    if count > len(shown):
        yield f"               and {count - len(shown):,} more (--examples)"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what[:-1] if count == 1 else what}"
