"""What a person should see to, and what to do about it. Pure."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from translator.dashboard.formats import counted, duration, number
from translator.dashboard.house import Problem, State, Trouble
from translator.dashboard.series import Counted
from translator.sights import Wait

LONG_MS = 10 * 60_000
"""A call that waits longer than this is told of."""


@dataclass(frozen=True)
class Advice:
    """``link``: the page (a section's name) where to go on, and what it says."""

    said: str
    do: str
    is_grave: bool = False
    link: tuple[str, str] | None = None


DO: dict[Trouble, str] = {
    "journal": (
        "Calls are answered 503, and Segment sends them again for some hours. See that the journal's disk has "
        "room and can be written, or that its database answers; then it goes on by itself."
    ),
    "delivery": (
        "Calls are still accepted and wait; none is lost. Start translator deliver, or look into this service's "
        "log for why its delivery process ended."
    ),
    "no_destination": (
        "Calls are accepted and wait. Set AMPLITUDE_API_KEY, or [destinations.NAME] in the configuration, and "
        "start the service again."
    ),
    "unknown_destination": "Start the service again, so that the journal knows it.",
    "circuit": (
        "Nothing is lost: its calls wait. Correct what Amplitude complains of (most often the api_key, or its "
        "region) and start the service again; it also tries again by itself once a minute."
    ),
    "unserved": (
        "Nothing is lost: its calls wait. If the name is gone for good, give up what waits for it with the "
        "command above."
    ),
    "archive": (
        "Nothing is lost: the journal keeps what is not archived, and grows. See that the archive's disk or bucket can "
        "be written: translator check; then it goes on by itself."
    ),
    "disk": "Make room, or shorten journal.keep_days.",
}
REFUSED = {
    "signature_missing": (
        "Requests came without X-Signature: enter the shared secret in Segment's Webhook destination too."
    ),
    "signature_wrong": (
        "Requests were signed with another secret: add the one that Segment has to SEGMENT_SHARED_SECRET (several"
        " may stand there, with commas)."
    ),
    "token_missing": "Requests came without the Authorization header: enter it in Segment's webhook settings.",
    "token_wrong": (
        "Requests came with another Authorization token: compare segment.header_token with Segment's settings."
    ),
    "array_needs_token": (
        "Arrays came without the header token, and segment.arrays is token-only: set segment.header_token here "
        "and in Segment."
    ),
    "not_loopback": (
        "Requests came from another machine, and no secret is configured: set SEGMENT_SHARED_SECRET here and in "
        "Segment, or SEGMENT_WRITE_KEYS for Segment's SDKs."
    ),
    "key_missing": "Requests to /v1 came without a write key: give the SDK one that segment.write_keys names.",
    "key_unknown": "Requests to /v1 came with a write key that segment.write_keys does not name: add it here.",
    "keys_differ": "Requests to /v1 had one write key in the Authorization header and another in the body.",
    "key_unreadable": (
        "Requests to /v1 came with an Authorization header that is not Basic, or with a writeKey that is no text."
    ),
    "wrong_origin": (
        "Pages of another origin sent to /v1 (403): if they are yours, add it to segment.origins; browsers keep their "
        "calls for a while."
    ),
}
GONE = {
    "500": "Requests met an error of this service, which is in its log: please report it.",
    "413": (
        "Bodies were larger than server.max_body_bytes (/webhook), segment.max_batch_bytes or segment.max_batch_calls "
        "(/v1): raise what is too small, or make the sender's batches smaller."
    ),
    "415": "Bodies were compressed in another way than gzip: change that at the sender.",
}
"""Answers after which nothing of a request is kept, and what to do."""

TOO_FAST = (
    "Calls are lost if this lasts: Segment's libraries keep only so many in memory, send them again for some minutes "
    "(half an hour at most), and then give up. If that many are meant, raise segment.calls_per_second now. If not, "
    "see in Calls what the source sends: a loop is ended at its sender, and a key that strangers use is taken out of "
    "segment.write_keys."
)

PROXIED = (
    "Their calls have no context.ip, since the proxy's would place all users where it stands: set "
    "server.behind_proxy = true, and server.proxies to how many there are."
)

LOST = "Neither Segment nor its SDKs send again what was refused with 401."


def advice(state: State, hour: Counted, waits: Collection[Wait], over: Collection[str]) -> list[Advice]:
    """What to see to, the gravest first. ``hour``: what was counted in the last hour; ``over``: group types beyond
    Amplitude's limit."""
    found = [
        *map(_of_problem, state.problems),
        *_of_refusals(hour),
        *_of_letters(hour),
        *_of_waiting(state, waits),
        *_of_types(over),
    ]
    return sorted(found, key=lambda one: not one.is_grave)


def _of_problem(problem: Problem) -> Advice:
    grave = problem.is_grave or problem.kind == "circuit"
    said = problem.said[:1].upper() + problem.said[1:]
    return Advice(said, DO[problem.kind], grave, ("settings", "Settings") if problem.kind == "circuit" else None)


def _of_refusals(hour: Counted) -> Iterator[Advice]:
    if reasons := hour.by("unauthorized", 0):
        said = f"{_requests(reasons)} refused with 401 or 403 in the last hour: {_listed(reasons)}"
        yield Advice(said, f"{' '.join(REFUSED.get(reason, '') for reason in reasons)} {LOST}", True)
    if lost := {status: count for status, count in hour.by("requests", 1).items() if status in GONE}:
        said = f"{_requests(lost)} not taken, and not kept, in the last hour: {_listed(lost)}"
        yield Advice(said, f"{' '.join(GONE[status] for status in lost)} Whoever sent them gives up.", True)
    if limited := hour.by("limited", 0):
        said = f"{_requests(limited)} answered 429 in the last hour, for coming too fast: {_listed(limited, 'source ')}"
        yield Advice(said, TOO_FAST, True, ("calls", "Calls"))
    if proxied := hour.total("proxied"):
        total = counted(proxied, "request", "requests")
        yield Advice(f"{total} to /v1 came through a proxy that the configuration does not name", PROXIED, True)
    if unavailable := hour.total("journal_unavailable"):
        total = counted(unavailable, "request was", "requests were")
        said = f"{total} answered 503 in the last hour: the journal could not be written"
        yield Advice(said, "Segment sends them again. Look into this service's log for the reason.")


def _requests(counts: Mapping[str, int]) -> str:
    return counted(sum(counts.values()), "request was", "requests were")


def _listed(counts: Mapping[str, int], before: str = "") -> str:
    return ", ".join(f"{before}{name} {number(count)}" for name, count in counts.items())


def _of_letters(hour: Counted) -> Iterator[Advice]:
    reasons = hour.by("dead", 1)
    if reasons:
        total = counted(sum(reasons.values()), "call became a dead letter", "calls became dead letters")
        do = "They are kept. See why, mend the cause, and redrive them."
        said = f"{total} in the last hour: {_listed(reasons)}"
        yield Advice(said, do, False, ("letters", "Dead letters"))


def _of_waiting(state: State, waits: Collection[Wait]) -> Iterator[Advice]:
    now = time.time() * 1000
    for name, tally in state.counts.destinations.items():
        if tally.circuit or tally.oldest_waiting is None or now - tally.oldest_waiting < LONG_MS:
            continue
        reasons = ", ".join(f"{one.why} {number(one.calls)}" for one in waits if one.destination == name)
        total, longest = counted(tally.waiting, "call waits", "calls wait"), duration(now - tally.oldest_waiting)
        said = f"{name}: {total}, the oldest for {longest}"
        do = "Nothing is lost, and it goes on by itself. If this lasts, see on a waiting call's page what is answered."
        yield Advice(f"{said}{': ' if reasons else ''}{reasons}", do, False, ("calls", "Calls"))


def _of_types(over: Collection[str]) -> Iterator[Advice]:
    if over:
        said = f"Amplitude does not track these group types, because a project has five: {', '.join(sorted(over))}"
        do = 'Correct the rule that makes them, or leave them out with groups.over_limit = "drop".'
        yield Advice(said, do, False, ("groups", "Groups"))
