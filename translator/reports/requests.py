"""The requests that one call alone would make, keys masked, for ``translator translate --as requests``."""

from __future__ import annotations

from translator.deliver import requests_of
from translator.parcels import Json
from translator.reports.rows import Row
from translator.settings.values import Destination, Settings


def as_requests(row: Row, settings: Settings, name: str | None) -> Json:
    """The row with ``requests`` in the place of ``records``. Without a destination, as for a new one in the US."""
    plain = row.plain()
    del plain["records"]
    return {**plain, "requests": requests_of(row.records, _destination(settings, name))}


def _destination(settings: Settings, name: str | None) -> Destination:
    if name is not None:
        return settings.destinations[name]
    return next(iter(settings.destinations.values()), Destination("amplitude"))
