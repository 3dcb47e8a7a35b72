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

_UTM = tuple((name, key, INITIAL[key]) for key, name in UTM.items())
_REFERRER = (("referrer", "referrer", INITIAL["referrer"]),)

Told = dict[str, str]


def read(context: dict[str, Any]) -> tuple[Told, Told]:
    """The utm_ properties and the ``referrer`` that a context has, and the same under the names that are set once; an
    empty text stays: it says that there was none."""
    found: Told = {}
    first: Told = {}
    for given, rows in ((context.get("campaign"), _UTM), (context.get("page"), _REFERRER)):
        if type(given) is not dict:
            continue
        for name, key, once in rows:
            value = given.get(name)
            if value is None:
                continue
            if type(value) is not str:
                if (value := scalar(value)) is None:
                    continue
                value = text_of(value)
            found[key] = first[once] = value
    return found, first


def initial(properties: Told) -> Told:
    """Properties under the names that are set once."""
    return {INITIAL[key]: value for key, value in properties.items()}
