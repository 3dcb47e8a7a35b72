"""The path by which the archive numbers calls (see ``path``): a cell of the board.

It is made longer by who asks for a horizon, before anything of that is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from translator.journal.kafka.archiving import Archives
from translator.journal.kafka.board import Board
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.path import Path, begun, path_of
from translator.parcels import Json

ALL = ("all",)
MOST_POINTS = 500
"""Of a path, while nothing is archived: then the horizon stays where it is. 20 KB of 12 partitions."""


class Paths:
    """The path of the archive's journal. ``archives``: say how far it is."""

    def __init__(self, board: Board, archives: Archives) -> None:
        self._board = board
        self._archives = archives
        self._cells = Cells(board, "path")

    def path(self, partitions: int) -> Path:
        """As it is now. Raises JournalUnavailable."""
        with self._board.read():
            return _path(self._cells.get(*ALL), partitions)

    def lead(self, point: Sequence[int], *, always: bool = False) -> Path:
        """The path, which leads to a point now; not where it has MOST_POINTS already, unless ``always``. Raises
        JournalUnavailable."""

        def decide(held: Json | None) -> tuple[Json | None, Path]:
            old = _path(held, len(point))
            path = old.shorter(self._archives.position() or 0)
            if always or len(path.points) < MOST_POINTS:
                path = path.longer(point)
            # what is only shorter is written with what makes it longer
            return (None, old) if path.end == old.end else (path.row(), path)

        return self._cells.change(ALL, decide)


def _path(held: Json | None, partitions: int) -> Path:
    return begun(partitions) if held is None else path_of(held)
