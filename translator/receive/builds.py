"""Which files of Segment's library for browsers there must be. Without Flask, since commands ask too."""

from __future__ import annotations

from pathlib import Path

from translator.errors import SettingsError
from translator.settings.values import Settings

BUILDS = ("index.js", "standalone.js")
"""The package's ``dist/umd`` has both: for a script tag, and for Segment's snippet."""


def check_library(settings: Settings) -> None:
    """See whether the folder holds the library, where one is configured. Raises SettingsError."""
    given = settings.segment.analytics_js
    if given is None:
        return
    lacking = [name for name in BUILDS if not (Path(given) / name).is_file()]
    if lacking:
        raise SettingsError(
            f"segment.analytics_js: {given!r} has no {' and no '.join(lacking)}; it must be a folder such as "
            "node_modules/@segment/analytics-next/dist/umd"
        )
