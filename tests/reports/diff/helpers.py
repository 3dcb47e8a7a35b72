"""Configurations and calls for tests of diff."""

from translator.reports.diff import compared
from translator.reports.reading import Source
from translator.settings.load import settings_from

PAIR = {"type_trait": "group_type", "value_trait": "name"}


def diff(old, new, *calls, destination=None):
    """What changes between two configurations as trees of plain values."""
    source = Source(iter(calls), "a test")
    return compared(source, settings_from(old), settings_from(new), destination)


def said(found):
    """Each change as (call, record, group, what, path, calls, pairs of the examples)."""
    return [
        (
            one.call, one.record, one.group, one.what, one.path, one.calls,
            [(example.old, example.new) for example in one.examples],
        )
        for one in found.changes
    ]  # fmt: skip


def track(name="m1", user="u", **more):
    return {
        "type": "track", "event": "Ordered", "userId": user, "messageId": name, "timestamp": "2026-11-01T00:00:00Z", **more
    }  # fmt: skip


def group(name="g1", user="u", /, kind="Organization", value="Acme", **traits):
    return {
        "type": "group", "groupId": "id-1", "userId": user, "messageId": name, "timestamp": "2026-11-01T00:00:00Z",
        "traits": {"group_type": kind, "name": value, **traits},
    }  # fmt: skip
