"""Brings calls to Amplitude. Comes in: leases of the journal. Goes out: requests to Amplitude, verdicts to the journal.

Never here: HTTP from Segment, a rule of translation, a call that is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable

from translator.deliver.answers import Answer
from translator.deliver.batches import cut, parts_of, plain_requests, request
from translator.deliver.run import run, run_once
from translator.deliver.sender import Sender
from translator.deliver.setting import Setter
from translator.parcels import Json, Leased, Record
from translator.settings.values import MASK, Delivery, Destination

__all__ = ["Answer", "Sender", "Setter", "post_now", "requests_of", "run", "run_once"]

_ALONE = Leased("", "", "", "", 0, b"")


def requests_of(records: Iterable[Record], destination: Destination) -> list[Json]:
    """The requests that the records of one call alone would make, keys masked, for people."""
    return plain_requests(cut(parts_of(_ALONE, records, destination), Delivery()), destination, MASK)


def post_now(records: Iterable[Record], destination: Destination, limits: Delivery) -> list[tuple[Json, Answer]]:
    """Send the records of one call at once, past the journal, without a second try: for somebody who tries things out.

    Each request, keys masked, and what was answered. A record goes to the API that delivery would choose.
    """
    from translator.deliver.client import Client

    batches = cut(parts_of(_ALONE, records, destination), limits)
    client = Client(destination, limits.timeout_seconds)
    try:
        answers = [client.send(request(batch, destination)) for batch in batches]
    finally:
        client.close()
    return list(zip(plain_requests(batches, destination, MASK), answers, strict=True))
