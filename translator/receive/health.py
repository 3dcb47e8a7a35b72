"""``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from translator.dashboard import Guard, Problem, State, TooManyAttempts
from translator.errors import JournalError
from translator.journal import Journal
from translator.observe import exposition
from translator.parcels import Archived, Counts
from translator.receive.context import from_here, house
from translator.settings.values import Settings

LITTLE_DISK = 1024**3
"""Bytes: with less, a person should know, since a backlog needs about 1 KB for each call that waits."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

routes = Blueprint("health", __name__)


@routes.get("/healthz")
def healthz() -> Response:
    """This process lives."""
    return jsonify(status="ok")


@routes.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether the service can do its work: the journal can be written, delivery lives, there is a destination."""
    settings, journal = house()
    state = readiness(settings, journal, from_here())
    return jsonify(state), 200 if state["ready"] else 503


@routes.get("/metrics")
def metrics() -> Response:
    """Prometheus. Without the journal's books where it cannot be read."""
    settings, journal = house()
    guard: Guard = current_app.extensions["guard"]
    try:
        if not settings.metrics.public and not guard.allows_figures():
            return _for_others(guard)
    except TooManyAttempts as error:
        return _said(str(error), 429, {"Retry-After": str(error.seconds)})
    try:
        counts: Counts | None = journal.counts()
        archived = journal.archived()
    except JournalError:
        counts = archived = None
    return Response(exposition(counts, archived), content_type="text/plain; version=0.0.4; charset=utf-8")


def _for_others(guard: Guard) -> Response:
    if guard.has_password:
        asked = {"WWW-Authenticate": 'Basic realm="metrics"'}
        return _said("the dashboard's password is needed, as Basic authentication with any user", 401, asked)
    return _said("for this machine only: set dashboard.password, or metrics.public = true", 403)


def _said(what: str, status: int, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    answer = jsonify(error=what)
    answer.status_code = status
    answer.headers.extend(headers)
    return answer


def readiness(settings: Settings, journal: Journal, to_loopback: bool) -> dict[str, Any]:
    """What /readyz says. ``problems`` is empty where it is ready; ``warnings`` ask for a person before it is not."""
    state = state_of(settings, journal, to_loopback)
    grave = [one.said for one in state.problems if one.is_grave]
    return {
        "ready": not grave,
        "problems": grave,
        "warnings": [one.said for one in state.problems if not one.is_grave],
        "journal": state.journal,
        "delivery": state.alive,
        "destinations": [{"name": name, **asdict(tally)} for name, tally in state.counts.destinations.items()],
    }


def state_of(settings: Settings, journal: Journal, to_loopback: bool) -> State:
    """How the service does. Only this machine hears where the journal is and what its engine said: /readyz is open to
    anybody."""
    problems: list[Problem] = []
    counts, alive, said = Counts(), 0, "ok"
    try:
        journal.check()
        counts, alive = journal.counts(), journal.deliveries()
        problems = _warnings(journal.free_bytes(), counts) + _archive(settings, journal.archived(), to_loopback)
        if alive:
            problems += _unserved(counts, journal.served())
    except JournalError as error:
        said = str(error) if to_loopback else f"unavailable: {getattr(error, 'reason', 'unsafe')}"
        problems.append(Problem("journal", "the journal cannot be written", True))
    if not alive:
        problems.append(Problem("delivery", "no delivery is alive", True))
    if not settings.destinations and (settings.server.delivery or not counts.destinations):
        problems.append(Problem("no_destination", "no destination", True))
    if said == "ok":
        for name in sorted(settings.destinations.keys() - counts.destinations.keys()):
            lost = f"the journal does not know destination {name} (any more): start again"
            problems.append(Problem("unknown_destination", lost, True, name))
    return State(tuple(problems), said, alive, counts)


def _unserved(counts: Counts, served: Collection[str]) -> list[Problem]:
    """What still gets calls, and nobody delivers to: a name that went from the configuration while others had it."""
    said = (
        "{0}: {1} calls wait, and no process delivers there: name it in the configuration again, or "
        "translator destination forget {0}"
    )
    return [
        Problem("unserved", said.format(name, tally.waiting), False, name)
        for name, tally in counts.destinations.items()
        if name not in served and tally.waiting
    ]


def _archive(settings: Settings, found: Archived | None, to_loopback: bool) -> list[Problem]:
    """Only where an archive is configured. Where it is, and what it said, only this machine hears."""
    if settings.archive.url is None or found is None or found.failing_since is None:
        return []
    minutes = max(0, int(time.time() * 1000) - found.failing_since) // 60_000
    why = f": {found.said}" if to_loopback else ""
    said = f"the archive cannot be written for {minutes} minutes; {found.behind} calls wait in the journal for it{why}"
    return [Problem("archive", said, False)]


def _warnings(free: int | None, counts: Counts) -> list[Problem]:
    found = [
        Problem("circuit", f"{name}: stopped, a person is needed: {tally.circuit}", False, name)
        for name, tally in counts.destinations.items()
        if tally.circuit
    ]
    if free is not None and free < LITTLE_DISK:
        little = f"the journal's disk has only {free // 2**20} MB left; no call is accepted when it is nearly full"
        found.append(Problem("disk", little, False))
    return found
