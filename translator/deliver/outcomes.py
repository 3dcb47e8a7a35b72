"""What has become of a lease's calls so far. Pure; one for each lease, shared by its lanes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from translator.deliver.batches import Part
from translator.parcels import Dead, Done, Later, Verdict


@dataclass
class Outcomes:
    """Verdicts by call id, subjects that wait for the rest of the lease, parts that each call still waits for.

    ``begun``: calls of which Amplitude has taken something. Lanes have different subjects, so that no call and no
    subject is changed by two of them at once.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    open: dict[str, int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def expect(self, parts: Iterable[Part]) -> None:
        """Count the parts that each call waits for."""
        for part in parts:
            self.open[part.item.id] = self.open.get(part.item.id, 0) + 1

    def wanted(self, part: Part) -> bool:
        """Whether a part may still be sent: neither its call nor an earlier one of its subject has failed."""
        return part.item.subject not in self.held and part.item.id not in self.verdicts

    def done(self, part: Part) -> None:
        """A part was taken; with the last one its call is done."""
        self.begun.add(part.item.id)
        left = self.open[part.item.id] = self.open[part.item.id] - 1
        if left == 0:
            self.verdicts.setdefault(part.item.id, Done())

    def later(self, part: Part, verdict: Later | None) -> None:
        """A part has to wait, and all of its subject behind it; None: as if it had never been tried."""
        self.held.add(part.item.subject)
        if verdict is not None:
            self.verdicts[part.item.id] = verdict

    def dead(self, part: Part, why: str, answer: str) -> None:
        """A part was refused for good, and its call with it; the rest of the subject goes on."""
        self.verdicts[part.item.id] = Dead(why, answer)

    def finish(self, now: int) -> dict[str, Verdict]:
        """The verdicts. A call of which only a part was taken has an age, since that part goes out again.

        ``now``: ms since the epoch.
        """
        for name in self.begun:
            verdict = self.verdicts.get(name)
            if verdict is None:
                self.verdicts[name] = Later(now, "partly", unknown=True)
            elif isinstance(verdict, Later) and not verdict.unknown:
                self.verdicts[name] = Later(verdict.at, verdict.why, unknown=True)
        return self.verdicts
