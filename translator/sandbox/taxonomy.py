"""The group properties in a project's tracking plan, and what the Taxonomy API may do to them.

Sources: Amplitude's page of the Taxonomy API (amplitude-docs 2ab99c5, 2026-11-28), amplitude-api.md section 7.3. Where
these are silent, one reading is taken; docs/sandbox.md says which.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

PREFIX = "grp:"
"""Of the names of custom group properties; one without it is Amplitude's own, and cannot be edited."""

TYPES = ("any", "string", "number", "boolean", "enum")
CLASSIFICATIONS = ("PII", "SENSITIVE", "REVENUE")
SCOPES = ("override", "shared")
TRUTHS = {"true": True, "false": False}
FIELDS = ("description", "type", "regex", "enum_values", "is_array_type", "is_hidden", "classifications")
Form = Mapping[str, str]


class Refused(ValueError):
    """What is asked for cannot be. ``status``: of the answer."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True)
class Definition:
    """What is said of a group property, for all group types or for one of them."""

    description: str | None = None
    type: str = "any"
    regex: str | None = None
    enum_values: str | None = None
    is_array_type: bool = False
    is_hidden: bool = False
    classifications: tuple[str, ...] = ()


@dataclass(frozen=True)
class Around:
    """What a project has beside its plan: its ``group_types``, the names of group properties that have ``come``
    (without prefix), and the names of those that are Amplitude's ``own``."""

    group_types: Collection[str] = ()
    come: Collection[str] = ()
    own: Collection[str] = ()


@dataclass
class Property:
    """``overrides``: the group types that have it; None where the shared definition counts there."""

    shared: Definition
    overrides: dict[str, Definition | None] = field(default_factory=dict)

    def on(self, group_type: str) -> Definition:
        """What counts for a group type."""
        return self.overrides.get(group_type) or self.shared


@dataclass
class Taxonomy:
    """The plan of a project."""

    properties: dict[str, Property] = field(default_factory=dict)

    def apply(self, method: str, name: str, sent: Form, around: Around) -> None:
        """Create (POST) or update (PUT). Raises Refused."""
        group_type = _known(sent, around)
        if method == "POST":
            self._create(name, group_type, sent, around)
        else:
            self._update(name, group_type, sent, around)

    def listed(self, group_type: str | None, around: Around) -> list[dict[str, Any]]:
        """What is planned for a group type; None: what is shared. Raises Refused."""
        if group_type is not None and group_type not in around.group_types:
            raise Refused(404, _no_type(group_type))
        own = [_facts(name, group_type, Definition(type="string")) for name in around.own]
        return own + [
            _facts(name, group_type, one.shared if group_type is None else one.on(group_type))
            for name, one in self.properties.items()
            if group_type is None or group_type in one.overrides
        ]

    def one(self, name: str, group_type: str | None, around: Around) -> dict[str, Any]:
        """A group property. Raises Refused."""
        for found in self.listed(group_type, around):
            if found["group_property"] == name:
                return found
        raise Refused(400, "Not found")

    def _create(self, name: str, group_type: str | None, sent: Form, around: Around) -> None:
        if name in around.own:
            raise Refused(409, _not_editable(name) if _given(sent) else _is_there(name))
        if not name.startswith(PREFIX) or name == PREFIX:
            raise Refused(400, f'Custom group properties are prefixed with "{PREFIX}": "{name}"')
        known = self.properties.get(name)
        definition = _changed(name, Definition(), sent, around)
        if known is None:
            self.properties[name] = Property(definition, {} if group_type is None else {group_type: None})
        elif group_type is None or group_type in known.overrides:
            raise Refused(409, _is_there(name))
        else:
            _not_classified(name, group_type, sent)
            known.overrides[group_type] = definition

    def _update(self, name: str, group_type: str | None, sent: Form, around: Around) -> None:
        if name in around.own:
            raise Refused(409, _not_editable(name))
        known = self.properties.get(name)
        if known is None:
            raise Refused(409, f'Attempted to operate on entity group_property, id "{name}", that does not exist.')
        scope = _scope(sent, group_type)
        renamed = sent.get("new_group_property_value", name)
        if renamed != name and (renamed in self.properties or not renamed.startswith(PREFIX)):
            raise Refused(409, f'Attempted to rename a group property to "{renamed}", which cannot be.')
        if group_type is not None and (scope == "override" or (scope is None and known.overrides.get(group_type))):
            _not_classified(name, group_type, sent)
            known.overrides[group_type] = _changed(name, known.on(group_type), sent, around)
        else:
            known.shared = _changed(name, known.shared, sent, around)
            if scope == "shared" and group_type is not None and group_type in known.overrides:
                known.overrides[group_type] = None
        if renamed != name:
            self.properties = {renamed if key == name else key: one for key, one in self.properties.items()}


def _known(sent: Form, around: Around) -> str | None:
    group_type = sent.get("group_type")
    if group_type is not None and group_type not in around.group_types:
        raise Refused(404, _no_type(group_type))
    return group_type


def _scope(sent: Form, group_type: str | None) -> str | None:
    scope = sent.get("overrideScope")
    if scope is not None and (scope not in SCOPES or group_type is None):
        raise Refused(400, f"overrideScope must be {' or '.join(SCOPES)}, beside a group_type")
    return scope


def _changed(name: str, definition: Definition, sent: Form, around: Around) -> Definition:
    """A definition with what is sent. Raises Refused."""
    is_array = _truth("is_array_type", sent, definition.is_array_type)
    kind = sent.get("type", "string" if is_array and not definition.is_array_type else definition.type)
    if kind not in TYPES:
        raise Refused(400, f"type must be one of {', '.join(TYPES)}")
    for key, only in (("regex", "string"), ("enum_values", "enum")):
        if sent.get(key) and kind != only:
            raise Refused(400, f"{key} applies only to the {only} type")
    if "is_hidden" in sent and name.removeprefix(PREFIX) not in around.come:
        raise Refused(400, "is_hidden can be set only once the property has come")
    classes = tuple(one.strip() for one in sent.get("classifications", "").split(",") if one.strip())
    if not set(classes) <= set(CLASSIFICATIONS):
        raise Refused(400, f"classifications are {', '.join(CLASSIFICATIONS)}")
    return replace(
        definition,
        description=sent.get("description", definition.description),
        type=kind,
        regex=(sent.get("regex", definition.regex) or None) if kind == "string" else None,
        enum_values=(sent.get("enum_values", definition.enum_values) or None) if kind == "enum" else None,
        is_array_type=is_array,
        is_hidden=_truth("is_hidden", sent, definition.is_hidden),
        classifications=classes if "classifications" in sent else definition.classifications,
    )


def _truth(key: str, sent: Form, otherwise: bool) -> bool:
    if key not in sent:
        return otherwise
    if sent[key].lower() not in TRUTHS:
        raise Refused(400, f"{key} must be true or false")
    return TRUTHS[sent[key].lower()]


def _not_classified(name: str, group_type: str, sent: Form) -> None:
    if "classifications" in sent:
        raise Refused(
            409,
            f'Attempted to update classifications for an overridden group property, "{name}" on group type '
            f'"{group_type}".',
        )


def _given(sent: Form) -> bool:
    return any(key in sent for key in FIELDS)


def _facts(name: str, group_type: str | None, definition: Definition) -> dict[str, Any]:
    facts = {key: getattr(definition, key) for key in FIELDS}
    return {"group_type": group_type, "group_property": name, **facts, "classifications": [*definition.classifications]}


def _no_type(group_type: str) -> str:
    return f'Group type "{group_type}" does not exist.'


def _is_there(name: str) -> str:
    return f'Attempted to add a group property, "{name}", that already exists.'


def _not_editable(name: str) -> str:
    return f'Group property "{name}" is not editable, since Amplitude made it.'
