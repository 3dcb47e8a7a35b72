"""Requests to Amplitude as T.requests.D/p has them, one record when a request goes out and one when it has ended. Pure.

``{"n", "api", "began", "calls", "parked", "moved", "configuration"}``: ``calls`` and ``parked`` are the offsets of what
it carried of this partition, ``moved`` those that the parked ones have among the calls; ``{"n", "ended", "answer"}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from translator import jsontext
from translator.sights import Sent

WELL = "200"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, so far as it is of one partition. ``offset``: of its first record. ``calls``, ``parked``: the offsets
    of what it carried in either stream; ``carried``: where all of that stands among the calls. Times are ms since the
    epoch."""

    number: int
    offset: int
    api: str
    began: int
    calls: tuple[int, ...]
    parked: tuple[int, ...]
    carried: frozenset[int]
    configuration: str
    ended: int | None = None
    answer: str | None = None

    def sent(self, destination: str) -> Sent:
        """As people see it; ``calls`` counts those of its partition."""
        return Sent(
            self.number, destination, self.api, self.began, self.ended, self.answer, self.configuration,
            len(self.carried),
        )  # fmt: skip


def read(records: Iterable[tuple[int, bytes]]) -> list[Asked]:
    """The requests in some records (offset and value) of a partition, in the order in which they went out. An answer
    to one that is not among them is passed over."""
    found: dict[int, Asked] = {}
    for offset, text in records:
        row = jsontext.loads(text)
        number = row["n"]
        if "ended" not in row:
            carried = frozenset([*row["calls"], *row.get("moved", ())])
            found[number] = Asked(
                number, offset, row["api"], row["began"], tuple(row["calls"]), tuple(row.get("parked", ())), carried,
                row["configuration"],
            )  # fmt: skip
        elif number in found:
            found[number] = replace(found[number], ended=row["ended"], answer=row["answer"])
    return list(found.values())


def delivered(requests: Iterable[Asked], call: int) -> Asked | None:
    """The request by which a call that is finished was delivered: the last one that carried something of it. None where
    none did, or where the last one at any of the APIs did not end well."""
    last = {one.api: one for one in requests if call in one.carried}
    if not last or any(one.answer != WELL for one in last.values()):
        return None
    return max(last.values(), key=lambda one: one.offset)
