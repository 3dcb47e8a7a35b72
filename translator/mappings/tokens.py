"""A subscription query → its tokens, one pass. Pure. Raises MappingError for what is none.

As Segment's lexer reads (segment-actions.md section 10, and the vectors): a closing quote that no blank, comma or
closing bracket follows is the next text's opening one, ``!=`` needs a blank behind it, and capitals are names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from translator.errors import MappingError

Kind = Literal[
    "name", "text", "number", "operator", "joint", "null", "dot", "comma", "open", "close", "bracket", "end"
]  # fmt: skip
MARKS: dict[str, Kind] = {".": "dot", ",": "comma", "(": "open", ")": "close", "[": "bracket", "]": "bracket"}
WORDS: dict[str, Kind] = {"and": "joint", "or": "joint", "null": "null"}
ENDS = frozenset(" \t\n,])")
"""What ends a word; so does the query's end."""

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Token:
    """``value``: as it stands there; of a text with its quotes, of a name without backslashes."""

    kind: Kind
    value: str


END = Token("end", "eos")


class _Reader:
    def __init__(self, query: str) -> None:
        self.query = query
        self.place = 0

    def peek(self, ahead: int = 0) -> str:
        return self.query[self.place + ahead : self.place + ahead + 1]

    def ends(self, ahead: int = 0) -> bool:
        return not self.peek(ahead) or self.peek(ahead) in ENDS

    def taken(self, count: int = 1) -> str:
        self.place += count
        return self.query[self.place - count : self.place]


def tokens(query: str) -> list[Token]:
    """The tokens, END last; names that dots join are one."""
    reader, found = _Reader(query), []
    while char := reader.peek():
        if char in " \t\n":
            reader.taken()
        else:
            found.append(_token(reader, char))
    return _joined([*found, END])


def _token(reader: _Reader, char: str) -> Token:
    if char in MARKS:
        return Token(MARKS[char], reader.taken())
    if char in "!=<>":
        return Token("operator", _operator(reader, char))
    if char in _LETTERS or char == "_":
        return _word(reader)
    if char in _DIGITS or char in "+-":
        return Token("number", _number(reader))
    if char in "\"'":
        return Token("text", _text(reader, char))
    raise MappingError(f"invalid character {char!r} at {reader.place + 1}")


def _operator(reader: _Reader, char: str) -> str:
    following = reader.peek(1)
    if char == "!" and following and (following in _LETTERS or following == "("):
        return reader.taken()
    if char in "!<>" and following == "=" and reader.ends(2):
        return reader.taken(2)
    if char == "!":
        raise MappingError(f"expected '= ' after '!' at {reader.place + 1}")
    return reader.taken()


def _word(reader: _Reader) -> Token:
    for word, kind in WORDS.items():
        if reader.query.startswith(word, reader.place) and reader.ends(len(word)):
            return Token(kind, reader.taken(len(word)))
    name = [reader.taken()]
    while (char := reader.peek()) and (char in _LETTERS or char in _DIGITS or char in "_-\\"):
        reader.taken()
        if char == "\\" and not (char := reader.taken()):
            raise MappingError("expected a character after the last backslash")
        name.append(char)
    if not reader.ends() and reader.peek() not in ".(=!":
        raise MappingError(f"expected the end of a name at {reader.place + 1}, got {reader.peek()!r}")
    return Token("name", "".join(name))


def _number(reader: _Reader) -> str:
    digits = [reader.taken()]
    while (char := reader.peek()) and (char in _DIGITS or char == "."):
        digits.append(reader.taken())
        if char == "." and ("." in digits[:-1] or reader.ends()):
            raise MappingError(f"a number with a stray point at {reader.place}")
    return "".join(digits)


def _text(reader: _Reader, quote: str) -> str:
    end = reader.query.find(quote, reader.place + 1)
    if end < 0:
        raise MappingError(f"unterminated text at {reader.place + 1}")
    found = reader.query[reader.place : end + 1]
    reader.place = end
    if reader.ends(1):
        reader.taken()
    return found


def _joined(found: list[Token]) -> list[Token]:
    done: list[Token] = []
    index = 0
    while index < len(found):
        one = found[index]
        following = found[index + 1] if index + 1 < len(found) else END
        if done and done[-1].kind == "name" and one.kind == "dot" and following.kind == "name":
            done[-1] = Token("name", f"{done[-1].value}.{following.value}")
            index += 2
        else:
            done.append(one)
            index += 1
    return done
