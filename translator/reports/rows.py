"""A line of JSON text → a row that says what became of it, for ``translator translate``. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from translator import jsontext
from translator.errors import Invalid, NotJson, Untranslatable
from translator.hooks import translator
from translator.parcels import Call, Facts, Json, Note, Record, Translation
from translator.reports.remembered import Remembered
from translator.reports.warming import left
from translator.settings.values import WEBHOOK_SOURCE, Segment, TranslationSettings
from translator.translate import applied, explain
from translator.validate import check


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one line. ``error``: path to faults, or None. ``remember``: what changes in memory."""

    message_id: str | None = None
    records: tuple[Record, ...] = ()
    ignored: str | None = None
    notes: tuple[Note, ...] = ()
    error: dict[str, Any] | None = None
    explain: list[dict[str, str]] | None = None
    remember: Json | None = None

    def plain(self) -> Json:
        """The row as ``translator translate --as records`` prints it."""
        found: Json = {
            "message_id": self.message_id,
            "records": [{"kind": record.kind, "body": record.body} for record in self.records],
            "ignored": self.ignored,
            "notes": [{"rule": note.rule, "path": note.path, "detail": note.detail} for note in self.notes],
            "error": self.error,
        }
        return found if self.explain is None else {**found, "explain": self.explain}


@dataclass
class Translator:
    """Translates lines one after another; what one leaves in memory, later ones of its subject find.

    As the webhook's, so that ids which are made from them are the same. There is no destination here that has had
    anything before, so nothing is stale or unchanged. Memory is bounded, however many subjects there are."""

    segment: Segment
    settings: TranslationSettings
    explains: bool = False

    def __post_init__(self) -> None:
        self._translate = translator(self.settings)

    memory: Remembered = field(default_factory=Remembered)

    def rows(self, lines: Iterable[bytes], now: int) -> Iterator[Row]:
        """A row for each line that is not blank, in order. ``now``: ms since the epoch."""
        for line in lines:
            if line.strip():
                yield self.row(line, now)

    def row(self, line: bytes, now: int) -> Row:
        """The row of one line; a line that is not JSON, or not a call, is a row with an error."""
        try:
            call = check(jsontext.loads(line), Facts(WEBHOOK_SOURCE, now), self.segment)
        except NotJson as error:
            return Row(error={"": [str(error)]})
        except Invalid as error:
            return Row(error=dict(error.faults))
        return self.of_call(call)

    def warm(self, call: Call) -> None:
        """Let a call that is not to be sent leave its groups for later ones."""
        state = left(self._translate, call, self.memory.get(call.subject))
        if state is not None:
            self.memory[call.subject] = state

    def of_call(self, call: Call) -> Row:
        """The row of a call that was checked."""
        try:
            memory = self.memory.get(call.subject)
            done: Translation = self._translate(call, memory)
        except Untranslatable as error:
            return Row(call.message_id, error=dict(error.faults))
        if done.remember is not None:
            self.memory[call.subject] = applied(memory, done.remember)
        hooked = self.settings.translate.hook is not None
        said = explain(call, self.settings, done) if self.explains and not hooked else None
        return Row(call.message_id, done.records, done.ignored, done.notes, explain=said, remember=done.remember)

    def close(self) -> None:
        """End a hook's process, and let go of memory."""
        self._translate.close()
        self.memory.close()
