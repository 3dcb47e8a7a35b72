"""Records of a partition as they are fetched, for tests."""

from translator.journal.kafka.lines import Item
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.state import begun
from translator.parcels import Leased

NOW = 1710090245678
MINUTE = 60_000
TOKEN = "t"


def call(offset, subject="u1", **more):
    return Leased(f"3-{offset}", "webhook", f"m{offset}", subject, NOW + offset, b'{"type":"track"}', **more)


def calls(*subjects, start=0):
    """Calls of these subjects, one after another."""
    return [Item(start + number, call(start + number, subject)) for number, subject in enumerate(subjects)]


def started(*subjects, **options):
    """The progress of a destination that began with the partition, with calls of these subjects."""
    progress = Progress(begun(0, 0), **options)
    progress.put("calls", calls(*subjects))
    return progress


def claimed(progress, token=TOKEN, limit=100, now=NOW, seconds=30):
    """What a claim leases, by offset of the call."""
    return [int(one.id.partition("-")[2]) for one in progress.claim(limit, now, token, now + seconds * 1000)]


def settle(progress, verdicts, token=TOKEN, now=NOW):
    """Settle and commit verdicts by offset of the call."""
    settled = progress.settle(token, {f"3-{offset}": verdict for offset, verdict in verdicts.items()}, now)
    progress.commit(settled)
    return settled
