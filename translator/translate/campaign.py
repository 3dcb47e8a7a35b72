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

SOURCES = {"campaign": UTM, "page": {"referrer": "referrer"}}
"""Of objects of a context: each property's source. ``straight.campaign`` reads them, by ``make compiled``."""

Told = dict[str, str]


def tell(found: Told, first: Told, key: str, value: Any) -> None:
    """Note the text of a scalar as a property that is set, and as the one that is set once."""
    if (value := scalar(value)) is not None:
        found[key] = first[INITIAL[key]] = text_of(value)


def initial(properties: Told) -> Told:
    """Properties under the names that are set once."""
    return {INITIAL[key]: value for key, value in properties.items()}
