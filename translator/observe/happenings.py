"""The closed list of what may be counted, each with its meaning and its labels."""

from __future__ import annotations

HAPPENINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("requests answered, by door (webhook or tracking) and status", ("door", "status")),
    "unauthorized": ("requests answered 401 or 403, by reason", ("reason",)),
    "limited": ("requests answered 429, because their source sends too fast", ("source",)),
    "proxied": (
        "requests to /v1 that a proxy passed on while server.behind_proxy is false: without the users' addresses",
        (),
    ),
    "calls": ("calls read from requests, by type and what became of them at the door", ("type", "outcome")),
    "noted": ("what translation clipped, dropped or replaced, by rule", ("destination", "rule")),
    "saved": ("property updates not sent again, because nothing changed (translate.unchanged_hours)", ("destination",)),
    "ignored": ("calls that became nothing, by reason", ("destination", "reason")),
    "posted": (
        "requests to Amplitude, by API and answer (a status, or timeout, refused, reset)",
        ("destination", "api", "answer"),
    ),
    "records": ("records delivered, by kind", ("destination", "kind")),
    "delivered": ("calls delivered", ("destination",)),
    "later": ("calls put back to wait, by reason", ("destination", "reason")),
    "dead": ("calls that became dead letters, by reason", ("destination", "reason")),
    "lease_lost": ("leases that ended before they were settled", ("destination",)),
    "without_ids": (
        "group identifies that the event API refused for lack of ids, sent through /groupidentify",
        ("destination",),
    ),
    "mismatched": ("answers whose events_ingested was not what was sent", ("destination",)),
    "journal_unavailable": ("accepts that the journal could not write", ("reason",)),
    "archived": ("calls written to the archive", ()),
    "archived_bytes": ("bytes of their objects, compressed", ()),
    "archive_failed": ("times that the archive could not be written, or not read", ()),
    "archive_erased": ("calls taken out of the archive, of people who were forgotten", ()),
    "job_failed": ("runs of work by the clock that did not end well", ("job",)),
    "pruned": ("delivered calls deleted after their retention", ()),
}
