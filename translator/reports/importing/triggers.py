"""Which calls a subscription takes, as far as types and names of events say it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from translator.mappings import Condition, Group

TYPES = ("track", "page", "screen", "identify", "group", "alias")


class Unturnable(Exception):
    """A condition that is neither of the type nor of the event's name; the message says which."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of events: ``only`` these (None: any), ``but`` not those; ``*`` may stand for anything."""

    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Whether one exact name is among them."""
        return (self.only is None or _fits(name, self.only)) and not _fits(name, self.but)

    def plain(self) -> Names:
        """The same, without what is excluded of a list of exact names."""
        if self.only is None or _patterns(self.only):
            return self
        return Names(frozenset(name for name in self.only if self.takes(name)))


def _fits(name: str, names: frozenset[str]) -> bool:
    return any(fnmatchcase(name, one.replace("[", "[[]")) for one in names)


def _patterns(names: frozenset[str]) -> bool:
    return any("*" in name for name in names)


Taken = dict[str, Names]
"""Type of call → the names that are taken of it."""

ANY = Names()
_PATTERNS = {"=": "{}", "contains": "*{}*", "starts_with": "{}*", "ends_with": "*{}"}
_NEGATED = {"!=": "=", "not_contains": "contains", "not_starts_with": "starts_with", "not_ends_with": "ends_with"}


def taken(tree: Condition | Group) -> Taken:
    """What a query takes. Raises Unturnable."""
    if isinstance(tree, Condition):
        return _condition(tree)
    first, *rest = (taken(child) for child in tree.children)
    for other in rest:
        first = _both(first, other) if tree.operator == "and" else _either(first, other)
    return first


def _condition(one: Condition) -> Taken:
    if one.type == "event-type" and one.operator in ("=", "!="):
        return {kind: ANY for kind in TYPES if (kind == one.value) is (one.operator == "=")}
    if one.type != "event" or (one.operator not in _PATTERNS and one.operator not in _NEGATED):
        place = f"{one.type.removeprefix('event-')} {one.name or ''}".strip()
        raise Unturnable(f"it asks for {place} {one.operator}")
    name = str(one.value)
    if "*" in name or "?" in name:
        raise Unturnable(f"the name {name!r} has a sign that stands for anything here")
    if one.operator in _PATTERNS:
        return {"track": Names(frozenset({_PATTERNS[one.operator].format(name)}))}
    but = Names(but=frozenset({_PATTERNS[_NEGATED[one.operator]].format(name)}))
    # what has no event is not equal to one, but a negated contains or match wants a text
    others = {kind: ANY for kind in TYPES if kind != "track"} if one.operator == "!=" else {}
    return {"track": but, **others}


def _both(one: Taken, other: Taken) -> Taken:
    """Kinds of which no name is left are not taken."""
    found = {kind: names_of_both(one[kind], other[kind]).plain() for kind in one if kind in other}
    return {kind: names for kind, names in found.items() if names.only != frozenset()}


def _either(one: Taken, other: Taken) -> Taken:
    return {**one, **other, **{kind: names_of_either(one[kind], other[kind]) for kind in one if kind in other}}


def names_of_both(one: Names, other: Names) -> Names:
    """Names that two conditions take together. Raises Unturnable where that is no list."""
    but = one.but | other.but
    if one.only is None or other.only is None:
        return Names(other.only if one.only is None else one.only, but)
    if one.only != other.only and any("*" in name for name in one.only | other.only):
        raise Unturnable("it asks for a name that two conditions have to fit")
    return Names(one.only & other.only, but)


def names_of_either(one: Names, other: Names) -> Names:
    """Names that one of two conditions takes. Raises Unturnable where that is no list."""
    if ANY in (one, other):
        return ANY
    one, other = one.plain(), other.plain()
    neither = one.only is None and other.only is None
    if _patterns(one.but ^ other.but if neither else one.but | other.but):
        raise Unturnable("it takes some names, or others")
    if neither:
        return Names(None, one.but & other.but)
    but = frozenset(name for name in one.but | other.but if not one.takes(name) and not other.takes(name))
    return Names(None if one.only is None or other.only is None else one.only | other.only, but)


def overlap(one: Names, other: Names) -> bool:
    """Whether two lists of names may take the same call; what cannot be known counts as yes."""
    if one.only is not None and other.only is not None and not any("*" in name for name in one.only | other.only):
        return bool((one.only & other.only) - one.but - other.but)
    for few, many in ((one, other), (other, one)):
        if few.only is not None and not any("*" in name for name in few.only | many.but) and many.only is None:
            return bool(few.only - many.but - few.but)
    return True
