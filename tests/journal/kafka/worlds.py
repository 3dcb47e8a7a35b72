"""A log in memory on which everything happens that may: others write between any two steps of a process, a process dies in the
middle of an append or after it, an append is written in part, or whole, though its writer is told that it was not."""

from translator.errors import JournalUnavailable
from translator.journal.kafka.log import Entry, MemoryLog


class Killed(Exception):
    """The process is no more: nothing of it may go on."""


class World:
    """Logs that all processes share. ``happen``: called before each step of a process with how many
    records it is about to append; which of them are written before it is broken off (their places), or None: it is not."""

    def __init__(self, names, clock):
        self.clock = clock
        self.now = {name: MemoryLog(clock) for name in names}
        self.whole = {name: MemoryLog(clock) for name in names}
        """The same without any compaction."""

    def logs(self, happen):
        """For one process."""
        return {name: Troubled(self, name, happen) for name in self.now}

    def compact(self, name, below, tombstones_from):
        """As a broker does it, behind the backs of all."""
        self.now[name] = self.now[name].compacted(below=below, tombstones_from=tombstones_from)

    def end(self, name):
        """How many records a log has had."""
        return self.whole[name]._next


class Troubled:
    """A log as one process has it."""

    def __init__(self, world, name, happen):
        self._world, self._name, self._happen = world, name, happen

    def append(self, records):
        part = self._happen(len(records))
        written = records if part is None else [records[place] for place in sorted(part)]
        offset = -1
        if written:
            offset = self._world.now[self._name].append(written)
            assert self._world.whole[self._name].append(written) == offset
        if part is not None:
            if self._happen(0) is not None:
                raise Killed
            raise JournalUnavailable("nobody knows", "connection")
        return offset

    def read(self, after):
        if self._happen(0) is not None:
            raise Killed
        found: list[Entry] = list(self._world.now[self._name].read(after))
        return iter(found)

    def close(self):
        pass
