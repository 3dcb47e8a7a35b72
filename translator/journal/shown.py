"""What the rows mean that are only looked at, and what the engines have in common there. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from translator import jsontext
from translator.sights import Fate, Kept, SeenKind, Sent, Sighting, Span, State, mark_of

MOST_CONFIGURATIONS = 100
"""Of a destination, the newest."""

MOST_SEEN: Mapping[SeenKind, int] = {"type": 200, "value": 10_000, "property": 5_000, "fallback": 200, "calls": 20}
"""Sightings of a kind that are kept for a destination, those that were seen last."""

MOST_LOOKED_AT = 300
"""Requests that are looked at for whether they carried a call."""

FORGOTTEN_MS = 10 * 60_000
"""For so long nothing of somebody who was forgotten is noted: a delivery process may have seen them just before."""

MOST_WAITS = 20_000
"""Calls that wait and are counted, so that a long queue does not make a page slow."""

HOUR_MS = 3_600_000
SPANS_KEPT: Mapping[int, int] = {60: 2 * HOUR_MS, 600: 8 * 24 * HOUR_MS}
"""Lengths of spans in seconds, and for how many ms they are kept."""

DROPPED = "dropped"
"""Instead of why a call was ignored: its dead letter was dropped by a person."""

ENDS: Mapping[str | None, State] = {None: "delivered", DROPPED: "dead"}


def kept(row: Sequence[Any]) -> Kept:
    """A kept call from seq, source, message_id, subject, received_at, body, ip, derived."""
    seq, source, message_id, subject, received_at, body, ip, derived = row
    return Kept(str(seq), source, message_id, subject, received_at, bytes(body), ip, bool(derived))


def fates_of(
    calls: Iterable[str],
    names: Mapping[int, str],
    fresh: Iterable[tuple[int, int]],
    unfinished: Iterable[Sequence[Any]],
    finished: Iterable[Sequence[Any]],
    dead: Iterable[Sequence[Any]],
) -> dict[str, list[Fate]]:
    """What became of calls, from rows that begin with a destination's number and a call's.

    After these, ``fresh``: nothing. ``unfinished``: whether a lease that holds has it, due_at, why, attempts, whether
    any lease has it. ``finished``: at, ignored, request. ``dead``: at, why, attempts, request, id.
    """
    found: dict[str, dict[str, Fate]] = defaultdict(dict)

    def put(number: int, seq: int, state: Any, *more: Any) -> None:
        if number in names:
            found[str(seq)][names[number]] = Fate(names[number], state, *more)

    for number, seq in fresh:
        put(number, seq, "waiting", 0)
    for number, seq, at, ignored, request in finished:
        put(number, seq, ENDS.get(ignored, "ignored"), at, ignored, 0, request)
    for number, seq, at, why, attempts, request, letter in dead:
        put(number, seq, "dead", at, why, attempts, request, f"d{letter}")
    # after the others: a redriven call may have been finished once
    for number, seq, is_posted, due_at, why, attempts, is_leased in unfinished:
        # of a lease that has ended: it is due, whenever somebody claims
        put(
            number,
            seq,
            "posting" if is_posted else "waiting",
            0 if is_leased and not is_posted else due_at,
            why,
            attempts,
        )
    return {one: sorted(found.get(one, {}).values(), key=lambda fate: fate.destination) for one in calls}


def carried_by(rows: Iterable[Sequence[Any]], call: int) -> list[Sent]:
    """The requests that carried a call, from number, destination, api, began, ended, answer, configuration, calls."""
    return [
        Sent(number, destination, api, began, ended, answer, configuration, len(calls))
        for number, destination, api, began, ended, answer, configuration, calls in rows
        if call in calls
    ]


def span(row: Sequence[Any]) -> Span:
    """A span from seconds, began, owner, counts."""
    seconds, began, owner, counts = row
    return Span(seconds, began, owner, json.loads(counts))


def sighting(row: Sequence[Any]) -> Sighting:
    """A sighting from kind, name, first_at, last_at, count, said."""
    kind, name, first_at, last_at, count, said = row
    more = json.loads(said)
    samples = tuple((text, subject) for text, subject in more["samples"])
    return Sighting(kind, name, first_at, last_at, count, more["facets"], samples, more["label"])


def seen_row(one: Sighting) -> tuple[str, str, int, int, int, str]:
    """kind, name, first_at, last_at, count, said of a sighting."""
    more = {"facets": dict(one.facets), "samples": one.samples, "label": one.label}
    return one.kind, one.name, one.first_at, one.last_at, one.count, jsontext.dumps(more).decode("utf-8")


def without_marked(one: Sighting, marks: Collection[str]) -> Sighting:
    """A sighting without what these subjects' calls left in it."""
    samples = tuple(sample for sample in one.samples if mark_of(sample[1]) not in marks) if marks else one.samples
    return replace(one, samples=samples)
