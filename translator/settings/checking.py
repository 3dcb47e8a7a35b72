"""A configuration of plain values as the schemas check it. Pure."""

from __future__ import annotations

from marshmallow import ValidationError

from translator.errors import SettingsError
from translator.settings import schema
from translator.settings.explain import explain
from translator.settings.origins import Tree


def checked(tree: Tree, origin: str | None) -> Tree:
    """Frozen values by table. ``origin``: the file, where there is one. Raises SettingsError naming the keys."""
    try:
        return dict(schema.WholeFile().load(tree))
    except ValidationError as error:
        raise SettingsError(explain(error.messages_dict, tree, origin)) from None
