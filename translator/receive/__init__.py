"""The doors for HTTP. Comes in: requests. Goes out: answers, once what was accepted is on disk.

Never here: meaning, translation, Amplitude, an echo of what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from translator.receive.builds import check_library
from translator.receive.warning import warnings

if TYPE_CHECKING:
    from flask import Flask

    from translator.journal import Journal
    from translator.settings.values import Settings

__all__ = ["check_library", "create_app", "warnings"]


def create_app(settings: Settings | None = None, journal: Journal | None = None) -> Flask:
    """The web application, as receive/app.py makes it; whoever only asks for warnings does without Flask."""
    from translator.receive import app

    return app.create_app(settings, journal)
