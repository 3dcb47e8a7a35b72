"""The names of events: a track's own, a page's or screen's by preset. Pure.

Actions: one event, ``Viewed <name>`` (segment-actions.md section 2; differences 10). Classic: up to three, by the
settings all, named and categorized (peers.md section 1, run 2026-08-21).
"""

from __future__ import annotations

from translator.translate.paths import first, text
from translator.translate.reading import Reading

PLACES = 3
"""The places of a page's or screen's events: named (or the only one), categorized, all."""


def event_types(reading: Reading) -> list[tuple[int, str]]:
    """Place and event type of each event of a call, in the order in which they are sent."""
    kind = reading.kind
    paths = reading.settings.fields.get("event_type")
    if paths and (given := text(first(reading.body, paths))):
        return [(1, given)]
    if kind == "track":
        return [(1, text(reading.body.get("event")) or "")]
    name, category = text(reading.body.get("name")), text(reading.body.get("category"))
    if reading.settings.translate.preset == "actions":
        return [(1, f"Viewed {name or category or kind.title()}")]
    return _classic(reading.settings.translate.pages, name, category, kind.title())


def _classic(pages: tuple[str, ...], name: str | None, category: str | None, kind: str) -> list[tuple[int, str]]:
    found = []
    if "all" in pages:
        found.append((3, f"Loaded a {kind}"))
    if "categorized" in pages and category:
        found.append((2, f"Viewed {category} {kind}"))
    if "named" in pages and name:
        full = f"{category} {name}" if category else name
        found.append((1, f"Viewed {full} {kind}"))
    return found
