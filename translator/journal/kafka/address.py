"""Where a journal in Kafka is, and what its topics are called. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from translator.errors import SettingsError

SCHEME = "kafka://"
SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,180}")
"""As Kafka takes them: 249 letters, of which our endings need some (Topic.java, "legalChars")."""

DEFAULT_TOPIC = "segment-calls"
SHAPE = "kafka://host:9092,host:9092/topic; passwords and TLS stand in [journal.kafka.options]"


@dataclass(frozen=True, slots=True)
class Address:
    """``servers``: host:port, with commas between. ``topic``: of the calls; the names of the others begin with it."""

    servers: str
    topic: str

    @property
    def board(self) -> str:
        """Of what is small and shared."""
        return f"{self.topic}.board"

    @property
    def jobs(self) -> str:
        """Of what work by the clock remembers."""
        return f"{self.topic}.jobs"

    @property
    def shared(self) -> str:
        """Of what all subjects of a destination share."""
        return f"{self.topic}.shared"

    @property
    def notes(self) -> str:
        """Of what is noted for pages."""
        return f"{self.topic}.notes"

    @property
    def letters(self) -> str:
        """Of how many dead letters went back to waiting."""
        return f"{self.topic}.letters"

    @property
    def refused(self) -> str:
        """Of messages that were refused, and are kept for people."""
        return f"{self.topic}.refused"

    def parked(self, destination: str) -> str:
        """Of calls that were set aside, by the id of their destination (``d1``)."""
        return f"{self.topic}.parked.{destination}"

    def memory(self, destination: str) -> str:
        """Of what is remembered of subjects."""
        return f"{self.topic}.memory.{destination}"

    def progress(self, destination: str) -> str:
        """Of how far a destination is in each partition."""
        return f"{self.topic}.progress.{destination}"

    def requests(self, destination: str) -> str:
        """Of requests to Amplitude, and how they ended."""
        return f"{self.topic}.requests.{destination}"

    def dead(self, destination: str) -> str:
        """Of dead letters."""
        return f"{self.topic}.dead.{destination}"

    def group(self, destination: str) -> str:
        """The consumer group."""
        return f"{self.topic}.{destination}"

    def of_destination(self, destination: str) -> tuple[str, ...]:
        """All topics that a destination has for itself."""
        return (
            self.parked(destination), self.memory(destination), self.progress(destination),
            self.requests(destination), self.dead(destination),
        )  # fmt: skip


def parsed(url: str) -> Address:
    """The address in a URL. Raises SettingsError, which says nothing of what may be a password."""
    servers, _, topic = url.removeprefix(SCHEME).partition("/")
    if "@" in url:
        raise SettingsError(f"journal.url: may not have a user in it; it may be {SHAPE}")
    if not url.startswith(SCHEME) or not all(map(_is_server, servers.split(","))):
        raise SettingsError(f"journal.url: is no address of Kafka; it may be {SHAPE}")
    topic = topic or DEFAULT_TOPIC
    if not TOPIC.fullmatch(topic) or topic in (".", ".."):
        raise SettingsError(f"journal.url: a topic has up to 180 letters, digits and any of . _ -; it may be {SHAPE}")
    return Address(",".join(map(_with_port, servers.split(","))), topic)


def _is_server(text: str) -> bool:
    found = SERVER.fullmatch(text)
    return found is not None and (found[2] is None or 0 < int(found[2][1:]) < 65536)


def _with_port(server: str) -> str:
    return server if ":" in server.rpartition("]")[2] else f"{server}:9092"
