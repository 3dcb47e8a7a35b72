"""What of a configuration may not be meant. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from translator.kpi.windows import bounds
from translator.settings.values import Settings

DAY_MS = 24 * 60 * 60 * 1000


def warnings(settings: Settings, now: int) -> Iterator[str]:
    """Windows that reach back further than calls are kept, each a line. ``now``: ms since the epoch."""
    if settings.archive.url is None:
        days, key = settings.journal.keep_days, "journal.keep_days"
    elif settings.archive.keep_days:
        days, key = max(settings.archive.keep_days, settings.journal.keep_days), "archive.keep_days"
    else:
        return
    for one in settings.kpis.properties:
        first, _ = bounds(one.window, now, settings.kpis.timezone)
        reach = -(-(now - first) // DAY_MS)
        if reach > days:
            said = f"reaches back {reach} days, and calls are kept for {days} ({key}): it will be too low"
            yield f"kpis.properties: {one.name} {said}; have an archive, or keep calls for longer"
