"""Why calls became nothing, fell back, or were changed, added up. Pure."""

from __future__ import annotations

from collections import Counter

from translator.reports.plan.seen import Tally
from translator.reports.rows import Row

MOST_REASONS = 200
SAMPLES = 3


class Reasons:
    """Why calls became nothing, or something else than one may think."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in ("ignored", "failed", "notes", "fallbacks")}
        self._samples: dict[str, list[str]] = {}

    def see(self, row: Row) -> None:
        """What became of a call."""
        if row.error is not None:
            path, said = next(iter(row.error.items()))
            self._add("failed", f"{path}: {said[0]}" if path else str(said[0]), row)
        if row.ignored is not None:
            self._add("ignored", row.ignored, row)
        for note in row.notes:
            self._add("notes", note.rule, row)
            if note.rule == "group_fallback":
                self._add("fallbacks", note.path, row)

    def tally(self) -> Tally:
        """All of it."""
        samples = {reason: tuple(ids) for reason, ids in self._samples.items()}
        one = self.counts
        return Tally(dict(one["ignored"]), dict(one["failed"]), dict(one["notes"]), dict(one["fallbacks"]), samples)

    def _add(self, what: str, reason: str, row: Row) -> None:
        counts = self.counts[what]
        if reason not in counts and len(counts) >= MOST_REASONS:
            reason = "further reasons"
        counts[reason] += 1
        ids = self._samples.setdefault(f"{what}: {reason}", [])
        if len(ids) < SAMPLES and row.message_id and row.message_id not in ids:
            ids.append(row.message_id)
