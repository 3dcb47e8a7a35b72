"""``@liquid``: the part of Liquid that mappings are written in. Pure: it knows no clock. Raises MappingError.

Outputs with filters, ``assign``, ``if``, ``elsif``, ``else``, ``unless``, ``comment`` and ``raw``. What Segment turned
off (segment-actions.md section 9) is refused in its words, and whatever else is not known here by its name: an engine
of its own for a thousand characters would be a large guest, and its ``date: "now"`` a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from translator.errors import MappingError
from translator.mappings.javascript import ABSENT
from translator.mappings.liquidvalues import Chain, holds, parsed, shown, spans

OFF = frozenset({"case", "for", "include", "layout", "render", "tablerow"})
"""Tags that Segment turned off."""

MAX_NESTING = 16
"""Of ``if`` in ``if``."""

MAX_TEXT = 1_000_000
"""Characters of what comes out."""

_ASSIGN = re.compile(r"([A-Za-z_][\w-]*)\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """``kind``: text, output or tag; ``said``: without its braces; ``at``: where it begins, in words."""

    kind: str
    said: str
    at: str


@dataclass(slots=True)
class Branch:
    """An ``if`` that is being read: whether one of its branches was taken, and whether this one is."""

    name: str
    taken: bool
    shown: bool


@dataclass(slots=True)
class _Run:
    """What was assigned, the branches that are open, and what came out so far."""

    payload: Any
    names: dict[str, Any] = field(default_factory=dict)
    open: list[Branch] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def shows(self) -> bool:
        return all(branch.shown for branch in self.open)

    def put(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise MappingError(f"liquid: more than {MAX_TEXT} characters come out")
        self.out.append(text)

    def chain(self, said: str) -> Any:
        return parsed(said).value(self.names, self.payload)

    def holds(self, said: str) -> bool:
        return holds(said, self.names, self.payload)


def rendered(template: str, payload: Any) -> str:
    """The text that a template is for a message. What does not come to show is still checked."""
    run = _Run(payload)
    for piece in spans(template, Piece):
        try:
            _step(piece, run)
        except MappingError as error:
            raise MappingError(f"{error}, {piece.at}") from None
    if run.open:
        raise MappingError(f'tag "{run.open[-1].name}" not closed')
    return "".join(run.out)


def _step(piece: Piece, run: _Run) -> None:
    if piece.kind == "text":
        if run.shows:
            run.put(piece.said)
    elif piece.kind == "output":
        chain: Chain = parsed(piece.said)
        if run.shows:
            run.put(shown(chain.value(run.names, run.payload)))
    else:
        name, _, rest = piece.said.strip().partition(" ")
        _tag(name, rest.strip(), run)


def _tag(name: str, rest: str, run: _Run) -> None:
    if name in OFF:
        raise MappingError(f'tag "{name}" is disabled')
    if name in ("if", "unless"):
        _open(name, rest, run)
    elif name in ("elsif", "else"):
        _other(name, rest, run)
    elif name in ("endif", "endunless"):
        _inner(name.removeprefix("end"), run)
        run.open.pop()
    elif name == "assign":
        _assign(rest, run)
    else:
        raise MappingError(f'tag "{name}" not found')


def _open(name: str, rest: str, run: _Run) -> None:
    if len(run.open) >= MAX_NESTING:
        raise MappingError(f"more than {MAX_NESTING} conditions within each other")
    found = run.holds(rest) is (name == "if") if run.shows else False
    run.open.append(Branch(name, found, found))


def _other(name: str, rest: str, run: _Run) -> None:
    branch = _inner(None, run)
    outer = all(one.shown for one in run.open[:-1])
    branch.shown = outer and not branch.taken and (name == "else" or run.holds(rest))
    branch.taken = branch.taken or branch.shown


def _inner(name: str | None, run: _Run) -> Branch:
    if not run.open or name not in (None, run.open[-1].name):
        raise MappingError(f'unexpected tag "end{name}"' if name else 'unexpected tag "else"')
    return run.open[-1]


def _assign(rest: str, run: _Run) -> None:
    found = _ASSIGN.fullmatch(rest)
    if not found:
        raise MappingError('tag "assign" needs a name, = and a value')
    if run.shows:
        value = run.chain(found[2])
        run.names[found[1]] = None if value is ABSENT else value
