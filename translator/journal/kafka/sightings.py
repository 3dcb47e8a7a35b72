"""What was seen at each destination, added up by all who deliver, and people who were forgotten. See
translator.journal.looking."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from translator.journal.kafka.board import Board, Key, Plain
from translator.journal.kafka.destinations import Destinations, ids_of
from translator.journal.kafka.sums import Sums
from translator.journal.shown import FORGOTTEN_MS, MOST_SEEN, seen_row, sighting, without_marked
from translator.parcels import Json
from translator.sights import SeenKind, Sighting, joined, mark_of


class Sightings:
    """``now``: ms since the epoch."""

    def __init__(self, board: Board, destinations: Destinations, now: Callable[[], int]) -> None:
        self._board = board
        self._destinations = destinations
        self._now = now
        self._sums = Sums(board, "seen", _joined)
        self._forgotten = Plain("forgotten")
        board.add(self._forgotten)

    def note(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """See Looking.note_seen."""
        known = self._destinations.known().get(destination)
        if known is None or not sightings:
            return
        names = {(known.id, one.kind, one.name) for one in sightings}
        with self._board.read():
            marks = self._marks()
            told = [without_marked(one, marks) for one in sightings]
            self._board.append([self._sums.part((known.id, one.kind, one.name), _row(one)) for one in told])
            # whoever was forgotten between the look and the write
            self._unsampled(names, self._marks() - marks)
            if many := self._sums.many_parts(names):
                self._sums.put_together(many)
            for kind in {one.kind for one in sightings}:
                self._few(known.id, kind)

    def seen(self, destination: str, kind: SeenKind, limit: int) -> list[Sighting]:
        """See Looking.seen."""
        known = self._destinations.known().get(destination)
        if known is None:
            return []
        with self._board.read():
            found = [one for _, one in self._newest(known.id, kind)]
            marks = self._marks()
        return [without_marked(one, marks) for one in found[:limit]]

    def forget_person(self, subject: str) -> None:
        """Take a person's samples away, and note none for FORGOTTEN_MS. Durable when it returns."""
        mark, now = mark_of(subject), self._now()
        with self._board.read():
            old = [name for name, (_, at) in self._forgotten.there.items() if at < now - FORGOTTEN_MS]
            new = self._forgotten.record((mark,), now)
            self._board.append([*(self._forgotten.record(name, None) for name in old), new])
            self._unsampled(self._sums.names(), {mark})

    def sweep(self, limit: int = 1000) -> int:
        """Delete up to ``limit`` sightings of destinations that were forgotten; how many."""
        with self._board.read():
            kept = ids_of(self._destinations.known())
            useless = [name for name in self._sums.names() if name[0] not in kept][:limit]
            self._board.append(self._sums.delete(useless))
        return len(useless)

    def _unsampled(self, names: Collection[Key], marks: Collection[str]) -> None:
        """Write sums anew that have samples of these people."""
        while marks and (left := [one for one in names if self._sampled(one, marks)]):
            self._sums.put_together(left, lambda one: _row(without_marked(_sighting(one), marks)))

    def _sampled(self, name: Key, marks: Collection[str]) -> bool:
        total = self._sums.total(name)
        return total is not None and any(mark_of(subject) in marks for _, subject in _sighting(total).samples)

    def _few(self, number: str, kind: SeenKind) -> None:
        most = MOST_SEEN[kind]
        if len([name for name in self._sums.names() if name[:2] == (number, kind)]) > most:
            surplus = [name for name, _ in self._newest(number, kind)[most:]]
            self._board.append(self._sums.delete(surplus))

    def _newest(self, number: str, kind: SeenKind) -> list[tuple[Key, Sighting]]:
        totals = [(name, self._sums.total(name)) for name in self._sums.names() if name[:2] == (number, kind)]
        found = [(name, _sighting(total)) for name, total in totals if total is not None]
        return sorted(found, key=lambda one: one[1].last_at, reverse=True)

    def _marks(self) -> set[str]:
        lately = self._now() - FORGOTTEN_MS
        return {name[0] for name, (_, at) in self._forgotten.there.items() if at >= lately}


def _row(one: Sighting) -> Json:
    return {"row": seen_row(one)}


def _sighting(value: Json) -> Sighting:
    return sighting(value["row"])


def _joined(old: Json, new: Json) -> Json:
    return _row(joined(_sighting(old), _sighting(new)))
