"""Forgetting a person: their calls are hidden at once, everything else is deleted.

Records of the topic of calls cannot be deleted one by one (see ``gone``): they go with the oldest.
"""

from __future__ import annotations

from translator.journal.kafka import index
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.client import Client
from translator.journal.kafka.letters import Letters
from translator.journal.kafka.looking import MOST_LOOKED_THROUGH
from translator.journal.kafka.partitioner import partition_of
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.records import key_of
from translator.journal.kafka.remembering import Remembering
from translator.journal.kafka.subjects import Subjects
from translator.sights import mark_of


class Purging:
    """For any thread."""

    def __init__(
        self, client: Client, subjects: Subjects, letters: Letters, arrivals: Arrivals, remembering: Remembering
    ) -> None:
        self._topic = client.address.topic
        self._subjects = subjects
        self._letters = letters
        self._arrivals = arrivals
        self._remembering = remembering
        self._picking = Picking(client)

    def purge(self, subject: str, keep: str = "") -> int:
        """See Journal.purge, and above what is not deleted. Raises JournalUnavailable: ask again then.

        It counts refused messages that were deleted, and the calls that were not hidden before: those among the newest
        MOST_LOOKED_THROUGH of their partition, and those that are dead letters. What is being delivered at this moment
        is hidden and counted too; it ends as it ends. What a process remembers of them that delivers is forgotten by
        that one, once it has seen that they are gone.
        """
        ends = self._arrivals.ends()
        partition, mark = partition_of(key_of(subject), len(ends)), mark_of(subject)
        found = self._found(subject, partition, ends[partition]) - {keep}
        if self._subjects.archives.position() is not None:
            # before they are hidden: whoever is killed between has them archived, and taken out again
            path = self._subjects.paths.lead(ends, always=True)
            ends = list(path.end)
            self._subjects.archives.note_erasure(mark, path.last)
        self._subjects.gone.note(mark, partition, ends[partition], [keep] if keep else [])
        self._subjects.sightings.forget_person(subject)
        self._forget(subject)
        return len(found) + self._letters.purge(subject, keep)

    def _found(self, subject: str, partition: int, end: int) -> set[str]:
        """The names of their calls that are not hidden yet."""
        key, mark, hides = key_of(subject), mark_of(subject), self._subjects.gone.hides_at
        span = {(self._topic, partition): (max(0, end - MOST_LOOKED_THROUGH), end)}
        offsets = {int(one.offset() or 0) for one in self._picking.between(span) if one.key() == key}
        with self._letters.index.read() as db:
            offsets |= {one.name.offset for one in index.of_subject(db, subject) if one.name.partition == partition}
        return {f"{partition}-{offset}" for offset in offsets if not hides(partition, offset, mark)}

    def _forget(self, subject: str) -> None:
        """Forget what is remembered of them where nobody delivers who would do it."""
        served = self._subjects.processes.served()
        for name, known in self._subjects.destinations.known().items():
            if name not in served:
                self._remembering.forget(known.id, subject)
