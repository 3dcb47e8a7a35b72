"""How far destinations are: the last record of each partition of T.progress.D."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from confluent_kafka import Message

from translator.journal.kafka.destinations import Known
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Place, Reader, Span, place_in
from translator.journal.kafka.state import State, decoded

STEPS = (4, 64, 1024)
"""How far from its end a partition is read for its last record: behind it there are marks of transactions."""


class Last(NamedTuple):
    """The last state of a partition, None where there is none; all before ``end`` was looked at."""

    end: int
    state: State | None


NOTHING: Mapping[Place, Last] = MappingProxyType({})


def standing(reader: Reader, picking: Picking, topic: str, partitions: Iterable[int]) -> dict[int, State]:
    """The last states that there are, by partition. ``topic``: T.progress.D. Raises JournalUnavailable,
    JournalUnsafe."""
    found = last_states(picking.between, reader.settled_ends([(topic, number) for number in partitions]))
    return {partition: one.state for (_, partition), one in found.items() if one.state is not None}


def last_states(
    read: Callable[[Mapping[Place, Span]], Iterable[Message]],
    ends: Mapping[Place, int],
    before: Mapping[Place, Last] = NOTHING,
) -> dict[Place, Last]:
    """The last state before each of these ends. ``read``: gives the records in spans. ``before``: what was found
    earlier, behind which is looked. Raises as ``standing``."""
    found = {place: before[place] for place, end in ends.items() if place in before and before[place].end >= end}
    left = {place: end for place, end in ends.items() if place not in found}
    begins = {place: before[place].end if place in before else 0 for place in left}
    for step in (*STEPS, max(left.values(), default=0)):
        spans = {place: (max(begins[place], end - step), end) for place, end in left.items()}
        texts = {place_in(one): one.value() for one in read(spans) if one.value() is not None}
        found |= {place: Last(left[place], decoded(text or b"")) for place, text in texts.items()}
        left = {place: end for place, end in left.items() if place not in texts and end - step > begins[place]}
    for place, end in ends.items():
        if place not in found:
            found[place] = Last(end, before[place].state if place in before else None)
    return found


def begin_of(known: Known, partition: int) -> int | None:
    """Where a destination begins in a partition, as it was said when it was attached the last time; None: with the
    oldest call that is kept, or where it has got to."""
    start: Any = known.start
    return int(start[partition]) if isinstance(start, list) and partition < len(start) else None
