"""The web application."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request

from translator.dashboard import House, mount
from translator.journal import Journal, open_journal
from translator.observe import emit
from translator.receive import context, description, health, webhook
from translator.receive.jsonanswers import JsonAnswers
from translator.receive.libraries import add_libraries
from translator.receive.refusing import add_refusals
from translator.receive.tracking import add_tracking
from translator.settings.load import SHARED_KEY, load_settings, variable
from translator.settings.values import Settings
from translator.validate import prepare

DOORS = ("webhook", "tracking")
"""The blueprints where calls come in, which figures call so too."""


def create_app(settings: Settings | None = None, journal: Journal | None = None) -> Flask:
    """The application. Nothing is opened before the first request, so that it may be made before a fork.

    ``settings``, ``journal``: by default those of the configuration. Raises SettingsError.
    """
    prepare()
    settings = settings or load_settings()
    journal = journal or open_journal(settings.journal)
    app = Flask(__name__, static_folder=None)  # files are the dashboard's
    app.json = JsonAnswers(app)
    # one more: werkzeug 3.1 cuts a body without Content-Length at the limit without a word (2026-11-24)
    app.config["MAX_CONTENT_LENGTH"] = settings.server.max_body_bytes + 1
    app.url_map.merge_slashes = False  # a redirect would lose a call: libraries follow it by GET, or not at all
    app.extensions["translator"] = (settings, journal)
    app.register_blueprint(webhook.routes)
    app.register_blueprint(health.routes)
    app.register_blueprint(description.routes)
    add_tracking(app, settings)
    add_libraries(app, settings)
    look = partial(health.state_of, settings, journal, to_loopback=True)
    house = House(settings, journal, context.from_here, look, context.address, variable(SHARED_KEY))
    app.extensions["guard"] = mount(app, house)
    add_refusals(app)
    app.after_request(_finish)
    return app


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    door = request.blueprint
    if door in DOORS and request.method != "OPTIONS":
        emit("requests", door=door, status=str(response.status_code))
    return response
