"""A planned group property → what Amplitude's taxonomy is to say of it. Pure.

What a plan leaves empty is not said, so that what people wrote at Amplitude stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from translator.reports.plan.planned import Kind, PlannedProperty
from translator.taxonomy.definitions import PREFIX, Definition

TYPES: dict[Kind, str | None] = {
    "text": "string",
    "number": "number",
    "boolean": "boolean",
    "list": None,
    "object": "any",
    "any": None,
}
"""A plan's words for types in Amplitude's; None: not said. Of a list Amplitude's type is that of its entries, which a
plan does not say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said. Empty and None: nothing is. ``notes``: what of the plan cannot be said, and why."""

    group_type: str
    name: str
    type: str | None = None
    is_list: bool = False
    values: tuple[str, ...] = ()
    regex: str = ""
    description: str = ""
    notes: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """As the API has it."""
        return PREFIX + self.name

    def creating(self) -> dict[str, str]:
        """The form of the request that creates it."""
        return {"group_property": self.full_name, "group_type": self.group_type, **self._said()}

    def updating(self) -> dict[str, str]:
        """The form of the request that changes it, for its group type alone: others may share what it has."""
        return {"group_type": self.group_type, "overrideScope": "override", **self._said()}

    def _said(self) -> dict[str, str]:
        said = {
            "type": self.type or "",
            "is_array_type": str(self.is_list).lower() if self.type or self.is_list else "",
            "enum_values": ", ".join(self.values),
            "regex": self.regex,
            "description": self.description,
        }
        return {key: text for key, text in said.items() if text}


@dataclass(frozen=True, slots=True)
class Difference:
    """``what``: type, values, regex or description. ``planned``, ``present``: in words."""

    what: str
    planned: str
    present: str


def wanted(one: PlannedProperty) -> Wanted:
    """What is to be said of a planned property."""
    kind = TYPES[one.kind]
    is_list = one.kind == "list"
    notes = []
    if one.name.startswith(PREFIX):
        notes.append(f"Amplitude puts {PREFIX} before each name, so that this one becomes {PREFIX}{one.name}")
    values: tuple[str, ...] = ()
    if one.values and (is_list or one.kind in ("text", "any")):
        why = _unlistable(one.values)
        notes += [f"its allowed values are not said: {why}"] if why else []
        values = () if why else one.values
        kind = "string" if why else "enum"
    elif one.values:
        notes.append(f"its allowed values are not said: at Amplitude an enum has texts, and it is {one.kind}")
    regex = ""
    if one.regex and (values or one.kind in ("number", "boolean", "object")):
        notes.append(f"its regex is not said: it applies to the type string alone, and this is {kind}")
    elif one.regex:
        kind, regex = "string", one.regex
    if one.kind == "object":
        notes.append("its type is any: Amplitude has none for objects")
    return Wanted(one.group_type, one.name, kind, is_list, values, regex, one.description, tuple(notes))


def differences(one: Wanted, present: Definition) -> Iterator[Difference]:
    """Where what is there is otherwise than what is to be said."""
    is_said = bool(one.type or one.is_list)
    if (one.type and one.type != present.type) or (is_said and one.is_list != present.is_list):
        yield Difference("type", _type(one.type, one.is_list), _type(present.type, present.is_list))
    if one.values and set(one.values) != set(present.values):
        yield Difference("values", ", ".join(one.values), ", ".join(present.values) or "none")
    if one.regex and one.regex != present.regex:
        yield Difference("regex", one.regex, present.regex or "none")
    if one.description and _lines(one.description) != _lines(present.description):
        yield Difference("description", one.description, present.description or "none")


def said_of(one: Wanted) -> str:
    """What is to be said, in words."""
    parts = [_type(one.type, one.is_list)]
    parts += [f"values {', '.join(one.values)}"] if one.values else []
    parts += [f"regex {one.regex}"] if one.regex else []
    return ", ".join([*parts, *([f'"{one.description}"'] if one.description else [])])


def _unlistable(values: tuple[str, ...]) -> str:
    """Why values cannot be said, as texts with commas between; "" where they can."""
    if any("," in one for one in values):
        return "Amplitude takes them as one text with commas, and one of them has a comma"
    if any(one != one.strip() for one in values):
        return "Amplitude takes them as one text with commas, and one of them begins or ends with a blank"
    return ""


def _type(name: str | None, is_list: bool) -> str:
    if is_list:
        return f"list of {name}" if name else "list"
    return name or "any"


def _lines(text: str) -> list[str]:
    """A text whose ends of lines do not count: a form writes them its own way."""
    return text.strip().splitlines()
