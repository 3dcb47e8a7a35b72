"""A destination's configuration as text that is kept, so that people can see later what calls were translated under.

Pure. Without keys; a configuration of another version is read as far as it is known here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlsplit

from translator.settings.values import Destination, Groups, Rule, Translate, TranslationSettings

PLAIN = ("region", "endpoint", "route", "min_id_length", "gzip")
SECTIONS: dict[str, type[Translate | Groups]] = {"translate": Translate, "groups": Groups}


def to_text(destination: Destination) -> str:
    """JSON text of what decides which records and requests a call becomes."""
    found: dict[str, Any] = {key: getattr(destination, key) for key in PLAIN}
    if destination.url is not None:
        parts = urlsplit(destination.url)
        found["url"] = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return json.dumps({**found, "translation": asdict(destination.translation)}, ensure_ascii=False)


def from_text(text: str, name: str) -> Destination:
    """A destination without keys. Raises ValueError for what is no such text."""
    try:
        found = json.loads(text)
        translation = found["translation"]
        plain = {key: found[key] for key in (*PLAIN, "url") if key in found}
        sections = {key: _section(kind, translation[key]) for key, kind in SECTIONS.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no configuration of a destination: {error}") from None
    rest = {
        "own_names": tuple(translation.get("own_names", ())),
        "min_id_length": translation.get("min_id_length", 1),
        "fields": {key: tuple(paths) for key, paths in translation.get("fields", {}).items()},
    }
    return Destination(name, **plain, translation=TranslationSettings(**sections, **rest))


def _section(kind: type[Any], values: dict[str, Any]) -> Any:
    known = {one.name for one in fields(kind)}
    found = {key: _frozen(value) for key, value in values.items() if key in known}
    if kind is Groups and "rules" in found:
        found["rules"] = tuple(_section(Rule, one) for one in values["rules"])
    return kind(**found)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
