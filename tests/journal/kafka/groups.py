"""Members of a destination's group: journals that share its partitions."""

import time

from translator.journal.kafka import KafkaJournal
from translator.parcels import Lease
from translator.settings.values import JournalSettings, KafkaSettings

PARTITIONS = 6
SECONDS = 60.0
QUICK = {"session.timeout.ms": "3000", "heartbeat.interval.ms": "500"}
"""A member that was killed is missed sooner (45 s); so is one that has to wait for a processor."""


def settings(**options: str) -> KafkaSettings:
    return KafkaSettings(PARTITIONS, 1, 1, options)


def member(url, now=None, wait=5.0, **options):
    return KafkaJournal(url, JournalSettings(url=url, wait_seconds=wait, kafka=settings(**options)), now)


def gathered(journal, count, seconds=300.0) -> list[Lease]:
    """Leases with so many calls together."""
    leases: list[Lease] = []
    deadline = time.monotonic() + SECONDS
    while sum(len(one.items) for one in leases) < count:
        assert time.monotonic() < deadline, [item.message_id for one in leases for item in one.items]
        if lease := journal.claim("amplitude", 1000, seconds):
            leases.append(lease)
        else:
            time.sleep(0.02)
    return leases
