"""translator.toml and the environment → Settings. The only reader of os.environ.

Order, later wins: defaults, the file, named variables (SEGMENT_SHARED_SECRET, AMPLITUDE_API_KEY, …), and
``TRANSLATOR__TABLE__KEY`` for any key, whose value is read as TOML where it is TOML and as text where it is not.
A secret may also be in a file: SEGMENT_SHARED_SECRET_FILE and so on. DATABASE_URL and WEB_CONCURRENCY, which platforms
set, count where nothing else is said.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from translator.errors import SettingsError
from translator.settings import schema, values
from translator.settings.explain import explain
from translator.settings.values import Destination, Settings, TranslationSettings

PREFIX = "TRANSLATOR__"
SANDBOX_URL = "TRANSLATOR_SANDBOX_URL"
CONFIG = "TRANSLATOR_CONFIG"
SHARED_KEY = "TRANSLATOR_SHARED_KEY"
"""A variable among one service's own processes, random: a form that one worker made is known to the others."""

SANDBOX_JOURNAL = "sqlite:///data/sandbox-journal.db"

NAMED = {
    "SEGMENT_SHARED_SECRET": ("segment", "shared_secret"),
    "SEGMENT_HEADER_TOKEN": ("segment", "header_token"),
    "TRANSLATOR_PRESET": ("translate", "preset"),
    "AMPLITUDE_GROUP_TYPE_TRAIT": ("groups", "type_trait"),
    "AMPLITUDE_GROUP_VALUE_TRAIT": ("groups", "value_trait"),
    "JOURNAL_URL": ("journal", "url"),
    "DASHBOARD_PASSWORD": ("dashboard", "password"),
}
"""Environment variables with a name of their own, and the key that each sets."""

SINGLE = {"AMPLITUDE_API_KEY": "api_key", "AMPLITUDE_SECRET_KEY": "secret_key", "AMPLITUDE_REGION": "region"}
"""Variables of a single destination, which is called ``amplitude`` where the file names none."""

WITH_FILE = (
    "SEGMENT_SHARED_SECRET",
    "SEGMENT_HEADER_TOKEN",
    "AMPLITUDE_API_KEY",
    "AMPLITUDE_SECRET_KEY",
    "JOURNAL_URL",
    "DATABASE_URL",
    "DASHBOARD_PASSWORD",
)

DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+://")
"""SQLAlchemy's way to name a driver too."""

KEPT_IN_SANDBOX = ("route", "endpoint", "min_id_length", "groups", "translate", "fields")

Tree = dict[str, Any]


def load_settings(config: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file and the environment.

    The file: ``config``, else TRANSLATOR_CONFIG, else translator.toml where it exists.

    ``environment``: instead of the process's own, for tests. Raises SettingsError.
    """
    env = dict(os.environ if environment is None else environment)
    origin = config or env.get(CONFIG) or ("translator.toml" if Path("translator.toml").exists() else None)
    tree = _read(origin) if origin else {}
    return settings_from(_with_environment(tree, env), origin)


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment with some variables changed, for a child process."""
    return {**os.environ, **changes}


def set_variable(name: str, value: str) -> None:
    """Set an environment variable of this process and its later children."""
    os.environ[name] = value


def variable(name: str) -> str | None:
    """An environment variable of this process."""
    return os.environ.get(name)


def settings_from(tree: Tree, origin: str | None = None) -> Settings:
    """Settings from a tree of plain values as translator.toml has them. Raises SettingsError naming the keys."""
    tree = _laid_over(tree)
    try:
        loaded: Tree = dict(schema.WholeFile().load(tree))
    except ValidationError as error:
        raise SettingsError(explain(error.messages_dict, tree, origin)) from None
    found = {name: _destination(name, table, loaded) for name, table in loaded.pop("destinations", {}).items()}
    return Settings(fields=loaded.pop("paths", {}), **loaded, destinations=found, origin=origin)


def _read(path: str) -> Tree:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None


def _with_environment(tree: Tree, env: dict[str, str]) -> Tree:
    tree = _copy(tree)
    for name in WITH_FILE:
        if env.get(f"{name}_FILE"):
            env[name] = _secret_file(name, env[f"{name}_FILE"])
    for name, path in NAMED.items():
        if env.get(name):
            _put(tree, path, env[name])
    _single_destination(tree, env)
    for name in sorted(env):
        if name.startswith(PREFIX) and env[name]:
            _put(
                tree,
                tuple(part.lower() for part in name.removeprefix(PREFIX).split("__")),
                _toml_value(env[name]),
                name,
            )
    _port(tree, env)
    if env.get(SANDBOX_URL):
        _only_sandbox(tree, env)
    _platform(tree, env)
    return tree


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{name}_FILE: {path} cannot be read") from None


def _single_destination(tree: Tree, env: Mapping[str, str]) -> None:
    given = {name: key for name, key in SINGLE.items() if env.get(name)}
    if not given:
        return
    named = tree.get("destinations") or {}
    if len(named) > 1:
        raise SettingsError(
            f"{', '.join(given)}: the configuration names {len(named)} destinations ({', '.join(named)}), so these "
            f"variables could mean any; use {PREFIX}DESTINATIONS__NAME__API_KEY"
        )
    if not named and "AMPLITUDE_API_KEY" not in given:
        return
    name = next(iter(named), "amplitude")
    for variable, key in given.items():
        _put(tree, ("destinations", name, key), env[variable])


def _port(tree: Tree, env: Mapping[str, str]) -> None:
    if not env.get("PORT"):
        return
    _put(tree, ("server", "port"), _number("PORT", env["PORT"], 65535))
    # a platform that sets PORT sends its traffic from outside
    tree["server"].setdefault("host", "0.0.0.0")  # noqa: S104  nothing is accepted from outside without a secret


def _platform(tree: Tree, env: Mapping[str, str]) -> None:
    """What platforms set, where nothing else says it: DATABASE_URL, of their PostgreSQL, and WEB_CONCURRENCY, how many
    workers fit (gunicorn's docs, "workers")."""
    url = DRIVER.sub(r"\1://", env.get("DATABASE_URL", ""))
    if url.startswith(("postgres://", "postgresql://")):
        _default(tree, "journal", "url", url)
    if env.get("WEB_CONCURRENCY"):
        _default(tree, "server", "workers", _number("WEB_CONCURRENCY", env["WEB_CONCURRENCY"], 1024))


def _default(tree: Tree, table: str, key: str, value: Any) -> None:
    found = tree.setdefault(table, {})
    if isinstance(found, dict):
        found.setdefault(key, value)


def _number(name: str, text: str, largest: int) -> int:
    if not text.isdecimal() or int(text) > largest:
        raise SettingsError(f"{name}: {text!r} must be a whole number from 0 to {largest}")
    return int(text)


def _only_sandbox(tree: Tree, env: Mapping[str, str]) -> None:
    """``serve --sandbox``: nothing leaves this machine, whatever destinations are configured."""
    named = tree.get("destinations") or {}
    lone = next(iter(named.values())) if len(named) == 1 else {}
    kept = {key: lone[key] for key in KEPT_IN_SANDBOX if key in lone}
    tree["destinations"] = {
        "sandbox": {**kept, "api_key": "sandbox", "secret_key": "sandbox", "url": env[SANDBOX_URL], "from": "earliest"}
    }
    tree.setdefault("journal", {}).setdefault("url", SANDBOX_JOURNAL)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(tree: Tree, path: tuple[str, ...], value: Any, name: str = "") -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise SettingsError(f"{name or path[0]}: {key} is not a table")
    tree[path[-1]] = value


def _copy(value: Any) -> Any:
    return {key: _copy(item) for key, item in value.items()} if isinstance(value, dict) else value


def _laid_over(tree: Tree) -> Tree:
    """Each destination with the common ``groups`` and ``translate`` under its own."""
    tree = _copy(tree)
    named = tree.get("destinations")
    for table in named.values() if isinstance(named, dict) else ():
        for part in ("groups", "translate", "fields"):
            common, own = tree.get(part, {}), table.get(part, {}) if isinstance(table, dict) else None
            if isinstance(common, dict) and isinstance(own, dict):
                table[part] = {**common, **own}
    return tree


def _destination(name: str, table: Tree, loaded: Tree) -> Destination:
    groups = table.pop("groups", values.Groups())
    translate = table.pop("translate", values.Translate())
    fields = table.pop("paths", {})
    segment = loaded.get("segment", values.Segment())
    one = Destination(name=name, **table)
    translation = TranslationSettings(translate, groups, segment.own_names, one.min_id_length, fields)
    return replace(one, translation=translation)
