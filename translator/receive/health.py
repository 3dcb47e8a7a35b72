"""``/healthz``, ``/readyz``, ``/metrics`` and the status page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template

from translator import __version__
from translator.errors import JournalError
from translator.journal import Journal
from translator.observe import exposition
from translator.parcels import Counts
from translator.receive.credentials import is_loopback
from translator.receive.webhook import house, sender
from translator.settings.values import Settings

LITTLE_DISK = 1024**3
"""Bytes: with less, a person should know, since a backlog needs about 1 KB for each call that waits."""

routes = Blueprint("health", __name__, template_folder="templates")


@routes.get("/healthz")
def healthz() -> Response:
    """This process lives."""
    return jsonify(status="ok")


@routes.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether the service can do its work: the journal can be written, delivery lives, there is a destination."""
    settings, journal = house()
    state = readiness(settings, journal, is_loopback(sender(), settings))
    return jsonify(state), 200 if state["ready"] else 503


@routes.get("/metrics")
def metrics() -> Response:
    """Prometheus. Without the journal's books where it cannot be read."""
    _, journal = house()
    try:
        counts: Counts | None = journal.counts()
    except JournalError:
        counts = None
    return Response(exposition(counts), content_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/")
def status() -> str:
    """A page for people on this machine."""
    settings, journal = house()
    if not is_loopback(sender(), settings):
        abort(404)
    try:
        counts = journal.counts()
    except JournalError:
        counts = Counts()
    state = readiness(settings, journal, to_loopback=True)
    return render_template("status.html", state=state, counts=counts, version=__version__, settings=settings)


def readiness(settings: Settings, journal: Journal, to_loopback: bool) -> dict[str, Any]:
    """What /readyz says. ``problems`` is empty where it is ready; ``warnings`` ask for a person before it is not.

    Only this machine hears where the journal is and what its engine said: /readyz is open to anybody.
    """
    problems: list[str] = []
    warnings: list[str] = []
    counts, alive, said = Counts(), 0, "ok"
    try:
        journal.check()
        counts, alive = journal.counts(), journal.deliveries()
        warnings = _warnings(journal.free_bytes(), counts)
    except JournalError as error:
        said = str(error) if to_loopback else f"unavailable: {getattr(error, 'reason', 'unsafe')}"
        problems.append("the journal cannot be written")
    if not alive:
        problems.append("no delivery is alive")
    if not settings.destinations and (settings.server.delivery or not counts.destinations):
        problems.append("no destination")
    if said == "ok":
        lost = settings.destinations.keys() - counts.destinations.keys()
        problems += [f"the journal does not know destination {name} (any more): start again" for name in sorted(lost)]
    destinations = [{"name": name, **asdict(tally)} for name, tally in counts.destinations.items()]
    return {
        "ready": not problems,
        "problems": problems,
        "warnings": warnings,
        "journal": said,
        "delivery": alive,
        "destinations": destinations,
    }


def _warnings(free: int | None, counts: Counts) -> list[str]:
    found = [
        f"{name}: stopped, a person is needed: {tally.circuit}"
        for name, tally in counts.destinations.items()
        if tally.circuit
    ]
    if free is not None and free < LITTLE_DISK:
        found.append(f"the journal's disk has only {free // 2**20} MB left; no call is accepted when it is nearly full")
    return found
