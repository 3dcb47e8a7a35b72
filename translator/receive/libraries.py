"""Segment's library for browsers, from a folder on this machine, under the paths that Segment's CDN has.

Its builds for pages without a bundler load further parts when they are needed (trackLink, trackForm, ``?ajs_event``):
from ``<_cdn>/analytics-next/bundles/`` (analytics-next 1.84.3, its source; 2026-11-25).
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_from_directory

from translator.receive.builds import check_library
from translator.receive.context import sender
from translator.receive.writekeys import may_load
from translator.settings.values import Settings

KINDS = {".js": "text/javascript", ".map": "application/json", ".txt": "text/plain"}
"""What is handed out, by its last ending: scripts, maps to their source, licences."""

NAME = re.compile(r"\w[\w.-]*(\.js|\.js\.map|\.txt)", re.ASCII)
HASHED = re.compile(r".*\.[0-9a-f]{16,}\.js(\.map)?", re.ASCII)
FOR_EVER = "public, max-age=31536000, immutable"
"""Of a file whose name changes with what is in it."""

SHORTLY = "public, max-age=300"


def add_libraries(app: Flask, settings: Settings) -> None:
    """Open the library's paths in an application; without a folder nothing is there. Raises SettingsError."""
    check_library(settings)
    given = settings.segment.analytics_js
    # Flask would look for a relative one beside its own code
    folder = Path(given).resolve() if given else None
    routes = Blueprint("libraries", __name__)

    @routes.get("/analytics-next/bundles/<filename>")
    def part(filename: str) -> Response:
        """A file of the folder: the build for a script tag, or a part that a build loads."""
        return _file(folder, filename)

    @routes.get("/analytics.js/v1/<write_key>/analytics.min.js")
    def snippets(write_key: str) -> Response:
        """The build that Segment's snippet loads."""
        if not may_load(sender(), write_key, settings):
            abort(404)
        return _file(folder, "standalone.js")

    app.register_blueprint(routes)


def _file(folder: Path | None, name: str) -> Response:
    if folder is None or not NAME.fullmatch(name):
        abort(404)
    answer = send_from_directory(folder, name, mimetype=KINDS[Path(name).suffix])
    answer.headers["Cache-Control"] = FOR_EVER if HASHED.fullmatch(name) else SHORTLY
    # public files, the same for everybody: a page may load them with crossorigin or integrity
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
