"""A Difference as JSON: the keys are documented in docs/workbench.md. Pure."""

from __future__ import annotations

from dataclasses import asdict

from translator.parcels import Json
from translator.reports.diff.changes import Counted, Difference
from translator.reports.diff.words import warnings

VERSION = 1


def plain(found: Difference) -> Json:
    """A Difference as plain values; ``version`` is raised where a key changes its meaning."""
    return {
        "version": VERSION,
        "old": found.old or None,
        "new": found.new or None,
        "destination": found.destination,
        "source": found.source,
        "calls": found.calls,
        "changed": found.changed,
        "unreadable": found.unreadable,
        "cut": found.is_cut,
        "hooks_left_out": found.hooks_left_out,
        "warnings": warnings(found),
        "effects": dict(found.effects),
        "outcomes": [{"outcome": name, "old": old, "new": new} for name, (old, new) in found.outcomes.items()],
        "group_types": [asdict(one) for one in found.types],
        "more_group_types": found.has_more_types,
        "changes": [_change(one) for one in found.changes],
        "settings": [asdict(one) for one in found.settings],
    }


def _change(one: Counted) -> Json:
    return {
        "groups": one.is_of_groups,
        "call": one.call,
        "record": one.record or None,
        "group": one.group or None,
        "what": one.what,
        "path": one.path,
        "calls": one.calls,
        "pairs": one.pairs,
        "more_pairs": one.has_more_pairs,
        "examples": [asdict(example) for example in one.examples],
    }
