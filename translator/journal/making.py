"""What has to be made before a journal is used: topics of one in Kafka; others make what they need by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from translator.errors import SettingsError
from translator.settings.values import JournalSettings

PACKAGE = "confluent_kafka"
INSTALL = "pip install 'segment-amplitude-translator[kafka]'"


@contextmanager
def kafka_extra() -> Iterator[None]:
    """While what Kafka needs is imported. Raises SettingsError where it is not installed."""
    try:
        yield
    except ImportError as error:
        if not (error.name or "").startswith(PACKAGE):
            raise
        raise SettingsError(
            f"journal.url: kafka:// needs the extra kafka of this package ({INSTALL}): {error}"
        ) from None


@dataclass(frozen=True, slots=True)
class Topic:
    """``partitions``, ``copies``: how many it has. ``is_new``: it was not there before."""

    name: str
    partitions: int
    copies: int
    is_new: bool


def make(settings: JournalSettings) -> list[Topic] | None:
    """What a journal needs and whether it was there; None for one that needs nothing.

    Raises SettingsError, JournalUnavailable, JournalUnsafe where something is there and cannot be used.
    """
    if not settings.is_in_kafka:
        return None
    with kafka_extra():
        from translator.journal.kafka.address import parsed
        from translator.journal.kafka.client import Client
        from translator.journal.kafka.topics import Topics
    topics = Topics(Client(parsed(settings.url), settings.kafka), settings.keep_days)
    new = topics.make()
    there = topics.seen()
    return [Topic(name, *there[name], name in new) for name in topics.common() if name in there]
