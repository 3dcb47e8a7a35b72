"""What an answer means for each part of a request: one table, by amplitude-api.md section 2.7. Pure; never raises.

Where Amplitude's pages disagree the safe side is taken: waits are the longer ones (section 9.5, 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from translator.deliver.answers import Answer
from translator.deliver.batches import Batch

DEAD_REASONS = (
    "invalid_fields", "silenced", "refused_by_amplitude", "forbidden", "too_large", "window",
    "no_valid_id", "reserved_name", "hook_error", "hook_hangs", "group_traits_missing", "translation_error",
    "mapping_error",
)  # fmt: skip
"""Why a call is a dead letter."""

LATER_REASONS = (
    "throttled", "parked", "partly", "lost", "daily_quota", "unavailable", "timeout", "server_error", "not_json",
    "hold", "circuit", "hook_hangs",
)  # fmt: skip
"""Why a call waits."""

INDEX_MAPS = ("events_with_invalid_fields", "events_with_missing_fields", "events_with_invalid_id_lengths")
PARK_SECONDS = {"http-v2": 30.0}
PARK_OTHERWISE = 15.0
QUOTA_SECONDS = 3600.0
HOLD_SECONDS = 60.0
TEXT_APIS = ("identify", "groupidentify", "usermap")
"""APIs that answer with text: amplitude-api.md sections 2.3 to 2.5."""


@dataclass(frozen=True, slots=True)
class Wait:
    """``seconds`` None: as long as backoff says, by attempts. ``ids``: those that Amplitude named, to be left alone."""

    why: str
    seconds: float | None = None
    unknown: bool = False
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of each part, by index: every index is in exactly one of done, dead, later, again and elsewhere.

    ``again``: groups to be sent again now, one request each. ``elsewhere``: group identifies that go through
    /groupidentify instead. ``hold``: seconds for which the destination is left alone. ``circuit``: why a person is
    needed. ``whole``: it is the destination that failed, not a part.
    """

    done: tuple[int, ...] = ()
    dead: dict[int, tuple[str, str]] = field(default_factory=dict)
    later: dict[int, Wait] = field(default_factory=dict)
    again: tuple[tuple[int, ...], ...] = ()
    elsewhere: tuple[int, ...] = ()
    hold: float | None = None
    circuit: str | None = None
    whole: bool = False
    mismatched: bool = False


def judge(answer: Answer, batch: Batch) -> Judgement:
    """What an answer to a batch means."""
    if answer.status is None:
        return _lost(answer, batch)
    if 200 <= answer.status < 300:
        return _taken(answer, batch)
    return TABLE.get(answer.status, _by_class)(answer, batch)


def _all(batch: Batch) -> tuple[int, ...]:
    return tuple(range(len(batch.parts)))


def _wait(batch: Batch, wait: Wait) -> Judgement:
    return Judgement(later=dict.fromkeys(_all(batch), wait), whole=True)


def _lost(answer: Answer, batch: Batch) -> Judgement:
    if answer.failure == "refused":
        return _wait(batch, Wait("unavailable", answer.retry_after))
    return _wait(batch, Wait("timeout", None, unknown=True))


def _taken(answer: Answer, batch: Batch) -> Judgement:
    if batch.api in TEXT_APIS:
        return Judgement(done=_all(batch))
    if answer.json is None:
        return _wait(batch, Wait("not_json", None, unknown=True))
    ingested = answer.json.get("events_ingested") if isinstance(answer.json, dict) else None
    return Judgement(done=_all(batch), mismatched=isinstance(ingested, int) and ingested != len(batch.parts))


def _bad_request(answer: Answer, batch: Batch) -> Judgement:
    said = answer.json if isinstance(answer.json, dict) else {}
    if said.get("missing_field") or _is_bad_key(said, answer):
        return _circuit(answer, batch)
    named = {index: name for name in INDEX_MAPS for index in _indexes(said.get(name), batch)}
    silenced = _listed(said.get("silenced_events"), batch)
    throttled = _listed(said.get("throttled_events"), batch) - silenced - named.keys()
    if not named and not silenced and not throttled:
        return _bisect("refused_by_amplitude", answer, batch)
    elsewhere = tuple(sorted(index for index in named if _lacks_ids(said, index, batch)))
    dead = {index: ("invalid_fields", answer.text) for index in named if index not in elsewhere}
    dead |= dict.fromkeys(silenced, ("silenced", answer.text))
    later = {index: Wait("throttled", _park(batch)) for index in throttled}
    return Judgement(dead=dead, later=later, again=_rest(batch, dead, later, elsewhere), elsewhere=elsewhere)


def _is_bad_key(said: dict[str, Any], answer: Answer) -> bool:
    # the SDK expects a key behind the words (amplitude-python 1.2.3); the forms answer in plain text
    return "invalid api key" in str(said.get("error", answer.text)).lower() or "invalid_api_key" in answer.text.lower()


def _lacks_ids(said: dict[str, Any], index: int, batch: Batch) -> bool:
    """Whether a $groupidentify without ids was refused for that (contradiction: amplitude-api.md section 9.11)."""
    part = batch.parts[index]
    if part.kind != "group_identify" or part.beside:
        return False
    maps = [said[name] for name in INDEX_MAPS if isinstance(said.get(name), dict)]
    fields = {key for one in maps for key, value in one.items() if index in _listed(value, batch)}
    return bool(fields) and all("user_id" in key or "device_id" in key for key in fields)


def _circuit(answer: Answer, batch: Batch) -> Judgement:
    return Judgement(later=dict.fromkeys(_all(batch), Wait("circuit", 0.0)), circuit=answer.text[:500], whole=True)


def _bisect(why: str, answer: Answer, batch: Batch) -> Judgement:
    count = len(batch.parts)
    if count == 1:
        return Judgement(dead={0: (why, answer.text)})
    half = count // 2
    return Judgement(again=(tuple(range(half)), tuple(range(half, count))))


def _forbidden(answer: Answer, batch: Batch) -> Judgement:
    return _circuit(answer, batch) if batch.api == "deletions" else _bisect("forbidden", answer, batch)


def _too_large(answer: Answer, batch: Batch) -> Judgement:
    return _bisect("too_large", answer, batch)


def _too_many(answer: Answer, batch: Batch) -> Judgement:
    said = answer.json if isinstance(answer.json, dict) else {}
    over = _ids(said, "exceeded_daily_quota_users", "exceeded_daily_quota_devices")
    slow = _ids(said, "throttled_users", "throttled_devices")
    throttled = _listed(said.get("throttled_events"), batch)
    later: dict[int, Wait] = {}
    for index, part in enumerate(batch.parts):
        mine = part.ids
        if mine & over:
            later[index] = Wait("daily_quota", QUOTA_SECONDS, ids=frozenset(mine & over))
        elif index in throttled or mine & slow:
            later[index] = Wait("throttled", _park(batch), ids=frozenset(mine & slow))
    if not later:
        hold = max(HOLD_SECONDS, answer.retry_after or 0.0)
        return Judgement(later=dict.fromkeys(_all(batch), Wait("hold", 0.0)), hold=hold, whole=True)
    return Judgement(later=later, again=_rest(batch, later))


def _server_error(answer: Answer, batch: Batch) -> Judgement:
    return _wait(batch, Wait("server_error", answer.retry_after, unknown=True))


def _unavailable(answer: Answer, batch: Batch) -> Judgement:
    return _wait(batch, Wait("unavailable", answer.retry_after))


def _by_class(answer: Answer, batch: Batch) -> Judgement:
    if answer.status is not None and 400 <= answer.status < 500:
        return _bisect("refused_by_amplitude", answer, batch)
    return _server_error(answer, batch)


TABLE: dict[int, Callable[[Answer, Batch], Judgement]] = {
    400: _bad_request,
    401: _circuit,
    403: _forbidden,
    408: _server_error,
    413: _too_large,
    414: _too_large,
    429: _too_many,
    500: _server_error,
    502: _server_error,
    503: _unavailable,
    504: _server_error,
}
"""Statuses; others by their class, redirects as server errors, since nothing of Amplitude's redirects."""


def _park(batch: Batch) -> float:
    return PARK_SECONDS.get(batch.api, PARK_OTHERWISE)


def _rest(batch: Batch, *taken: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    gone = {index for one in taken for index in one}
    rest = tuple(index for index in _all(batch) if index not in gone)
    return (rest,) if rest else ()


def _indexes(value: Any, batch: Batch) -> set[int]:
    """The indexes of a map of field to indexes, those that are within the batch."""
    lists = value.values() if isinstance(value, dict) else ()
    return {index for one in lists for index in _listed(one, batch)}


def _listed(value: Any, batch: Batch) -> set[int]:
    listed = value if isinstance(value, list) else ()
    return {one for one in listed if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < len(batch.parts)}


def _ids(said: dict[str, Any], *names: str) -> set[str]:
    return {one for name in names for one in (said[name] if isinstance(said.get(name), dict) else ())}
