"""Campaign and referrer as user properties: the first is kept, the last is set (segment-actions.md section 7)."""

from __future__ import annotations

from typing import Any

from translator.jsontext import text_of
from translator.translate.paths import scalar

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


_UTM = tuple(UTM.items())


def read(context: dict[str, Any]) -> dict[str, str]:
    """The utm_ properties and the ``referrer`` that a context has; an empty text stays: it says that there was none."""
    found: dict[str, str] = {}
    given = context.get("campaign")
    if isinstance(given, dict):
        for key, name in _UTM:
            value = given.get(name)
            if value is not None:
                _add(key, value, found)
    page = context.get("page")
    if isinstance(page, dict) and (value := page.get("referrer")) is not None:
        _add("referrer", value, found)
    return found


def _add(key: str, value: Any, found: dict[str, str]) -> None:
    if type(value) is str:
        found[key] = value
    elif (value := scalar(value)) is not None:
        found[key] = text_of(value)


def initial(properties: dict[str, str]) -> dict[str, str]:
    """The same under the names that are set once."""
    return {INITIAL[key]: value for key, value in properties.items()}
