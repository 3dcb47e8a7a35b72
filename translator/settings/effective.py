"""The configuration that counts, for people: each key of each table, its value as TOML, and where it came from. Pure.

Secrets are masked, but not the names that they have; of a URL everything is that is not known to be none.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from translator.settings.origins import LAID_OVER, common_origin
from translator.settings.values import (
    MASK,
    SECRET_KEYS,
    Destination,
    KafkaSettings,
    KpiProperty,
    Rule,
    SalesforceObject,
    Settings,
    may_show_option,
)

if TYPE_CHECKING:
    from marshmallow import Schema

DEFAULT = "default"
"""The origin of what nobody set."""

NOT_SET = "not set"
"""What stands for None, which TOML has no word for."""

URL = re.compile(
    r"(?P<scheme>https?|postgres(?:ql)?|kafka)://((?P<user>[^@/?#]*)@)?(?P<place>[\w.,:\[\]-]*)(?P<path>(/[\w.-]*)?)"
    r"(\?(?P<query>[^@?#]*))?",
    re.ASCII,
)
"""A URL of which each part can be told apart; not one with an unescaped @, /, ? or # in its password."""

HOST = re.compile(r"([\w.-]*|\[[0-9a-f:.]*\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
PLAIN = re.compile(r"[\w.-]+", re.ASCII)
BARE = re.compile(r"[\w-]+", re.ASCII)
UNPRINTABLE = re.compile("[\x7f\ud800-\udfff]")

ROWS = (Rule, KpiProperty, SalesforceObject)
"""Tables that stand in lists."""

OPEN_OPTIONS = frozenset({"sslmode", "connect_timeout", "application_name", "target_session_attrs", "channel_binding"})
"""Options of a PostgreSQL URL that hold no secret (libpq's docs, "Parameter Key Words")."""


@dataclass(frozen=True, slots=True)
class Setting:
    """``key``: the whole, dotted. ``value``: TOML, unless it is not set or hidden. ``origin``: in words.

    ``is_secret``: whether something of the value is hidden.
    """

    key: str
    value: str
    origin: str
    is_secret: bool = False

    @property
    def name(self) -> str:
        """The key within its table."""
        return self.key.rpartition(".")[2]

    @property
    def is_default(self) -> bool:
        """Whether nobody set it."""
        return self.origin == DEFAULT

    @property
    def is_set(self) -> bool:
        """Whether it has a value at all."""
        return self.value != NOT_SET


@dataclass(frozen=True, slots=True)
class Table:
    """A table of translator.toml, by its dotted name."""

    name: str
    settings: tuple[Setting, ...]


def effective(settings: Settings) -> list[Table]:
    """Every table, in the order of the schema; of destinations also the tables of their own. Without ``[fields]`` where
    nothing is in it."""
    # whoever only shows a URL does without the schemas, and marshmallow
    from marshmallow.fields import Nested

    from translator.settings import schema

    origins = settings.origins
    found = [
        _table(name, one.schema, getattr(settings, name), origins)
        for name, one in schema.WholeFile().fields.items()
        if isinstance(one, Nested)
    ]
    if settings.journal.is_in_kafka or settings.journal.kafka != KafkaSettings():
        found.append(_table("journal.kafka", schema.KafkaTable(), settings.journal.kafka, origins))
    found.append(_paths("fields", settings.fields, origins))
    for name, destination in settings.destinations.items():
        found += _destination(f"destinations.{name}", destination, settings)
    return [table for table in found if table.settings]


def changed(tables: Sequence[Table]) -> list[Table]:
    """Only what somebody set."""
    kept = [replace(one, settings=tuple(row for row in one.settings if not row.is_default)) for one in tables]
    return [table for table in kept if table.settings]


def shown_url(url: str) -> str:
    """A URL for people: of who signs in at most a plain user's name, and no option that may be secret."""
    if url.startswith("sqlite:///"):
        return url if not set(url) & set("?@#") else f"sqlite:///{MASK}"
    found = URL.fullmatch(url)
    if found is None or not all(HOST.fullmatch(one) for one in found["place"].split(",")):
        return MASK
    who = "" if found["user"] is None else f"{_user(found['user'])}@"
    query = f"?{'&'.join(map(_option, found['query'].split('&')))}" if found["query"] else ""
    return f"{found['scheme']}://{who}{found['place']}{found['path']}{query}"


def _user(text: str) -> str:
    """``user:***``; of one without a password nothing, since it may be a token."""
    name, colon, _ = text.partition(":")
    return f"{name}:{MASK}" if colon and PLAIN.fullmatch(name) else MASK


def _option(text: str) -> str:
    key, _, value = text.partition("=")
    return text if key in OPEN_OPTIONS and PLAIN.fullmatch(value) else MASK


def _destination(name: str, one: Destination, settings: Settings) -> list[Table]:
    """Its keys, and those of its tables that are its own: configured for it, or unlike the common ones."""
    from translator.settings import schema

    found = [_table(name, schema.DestinationTable(), one, settings.origins)]
    for part, table in (("groups", schema.GroupsTable()), ("translate", schema.TranslateTable())):
        values = getattr(one.translation, part)
        if _is_own(name, part, values, settings):
            found.append(_table(f"{name}.{part}", table, values, settings.origins))
    if _is_own(name, "fields", one.translation.fields, settings):
        found.append(_paths(f"{name}.fields", one.translation.fields, settings.origins))
    return found


def _is_own(name: str, part: str, values: Any, settings: Settings) -> bool:
    said = [origin for key, origin in settings.origins.items() if key.startswith(f"{name}.{part}.")]
    return bool(values != getattr(settings, part)) or any(origin != common_origin(part) for origin in said)


def _table(name: str, table: Schema, values: Any, origins: Mapping[str, str]) -> Table:
    keys = {field.data_key or attribute: attribute for attribute, field in table.fields.items()}
    rows = [
        _setting(name, key, getattr(values, attribute), origins)
        for key, attribute in keys.items()
        if key not in LAID_OVER and not isinstance(getattr(values, attribute), KafkaSettings)
    ]
    return Table(name, tuple(rows))


def _paths(name: str, values: Mapping[str, tuple[str, ...]], origins: Mapping[str, str]) -> Table:
    return Table(name, tuple(_setting(name, key, value, origins) for key, value in values.items()))


def _setting(table: str, name: str, value: Any, origins: Mapping[str, str]) -> Setting:
    key = f"{table}.{name}"
    origin = printable(origins.get(key, DEFAULT))
    if value is None or (name in SECRET_KEYS and not value):
        return Setting(key, NOT_SET, origin)
    if name in SECRET_KEYS:
        return Setting(key, _masked(value), origin, True)
    if name == "url":
        # where the archive is: its schema lets nothing in that could be a secret
        shown = value if table == "archive" else shown_url(value)
        return Setting(key, toml(shown), origin, shown != value)
    if table == "journal.kafka" and name == "options":
        options = {one: said if may_show_option(one) else MASK for one, said in sorted(value.items())}
        return Setting(key, toml(options), origin, options != value)
    if name == "at":
        return Setting(key, toml(clock(value)), origin)
    return Setting(key, toml(value), origin)


def _masked(value: str | Sequence[str] | Mapping[str, str]) -> str:
    """``***``, or ``*** (2)``; of keys with their sources' names: ``{web = "***"}``. Names are no secret: they stand in
    the journal, and in figures."""
    if isinstance(value, str):
        return MASK
    if not isinstance(value, Mapping):
        return f"{MASK} ({len(value)})"
    counts = Counter(value.values())
    return toml({name: MASK if count == 1 else [MASK] * count for name, count in counts.items()})


def toml(value: Any) -> str:
    """A value as TOML text; a list of tables has a line for each."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, ROWS):
        said = {field.name: getattr(value, field.name) for field in fields(value)}
        return toml({key: one for key, one in said.items() if one not in (None, (), {})})
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key if BARE.fullmatch(key) else toml(key)} = {toml(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if value and isinstance(value[0], ROWS):
        return "[\n" + "".join(f"  {toml(one)},\n" for one in value) + "]"
    return f"[{', '.join(toml(one) for one in value)}]"


def clock(minute: int) -> str:
    """A minute of the day as 05:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def printable(text: str) -> str:
    """A text that can be written in UTF-8; a path need not be one."""
    return text.encode("utf-8", "replace").decode("utf-8")
