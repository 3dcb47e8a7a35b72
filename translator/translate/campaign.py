"""Campaign and referrer as user properties: the first is kept, the last is set (segment-actions.md section 7)."""

from __future__ import annotations

from typing import Any

from translator.jsontext import text_of
from translator.translate.paths import mapping, scalar

UTM = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
}
"""Each property's source in ``context.campaign``."""

INITIAL = {key: f"initial_{key}" for key in (*UTM, "referrer")}
REFERRER = "context.page.referrer"


def utm(context: dict[str, Any]) -> dict[str, str]:
    """The utm_ properties that the context has; an empty text stays, since it says that there was none."""
    given = context.get("campaign")
    if not isinstance(given, dict):
        return {}
    found = {}
    for key, name in UTM.items():
        value = given.get(name)
        if type(value) is str or (value := scalar(value)) is not None:
            found[key] = text_of(value)
    return found


def referrer(context: dict[str, Any]) -> dict[str, str]:
    """``{"referrer": …}``, or nothing."""
    value = scalar(mapping(context.get("page")).get("referrer"))
    return {} if value is None else {"referrer": text_of(value)}


def initial(properties: dict[str, str]) -> dict[str, str]:
    """The same under the names that are set once."""
    return {INITIAL[key]: value for key, value in properties.items()}
