"""translator.toml and the environment → Settings. The only reader of os.environ.

Order, later wins: defaults, the file, named variables (SEGMENT_SHARED_SECRET, AMPLITUDE_API_KEY, …), and
``TRANSLATOR__TABLE__KEY`` for any key, whose value is read as TOML where it is TOML and as text where it is not.
A secret may also be in a file: SEGMENT_SHARED_SECRET_FILE and so on. DATABASE_URL and WEB_CONCURRENCY, which platforms
set, count where nothing else is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from translator.errors import SettingsError
from translator.settings import quick, values
from translator.settings.origins import LAID_OVER, Gathered, Tree, copied, inherited, noted
from translator.settings.values import Destination, Settings, TranslationSettings

PREFIX = "TRANSLATOR__"
SANDBOX_URL = "TRANSLATOR_SANDBOX_URL"
CONFIG = "TRANSLATOR_CONFIG"
RUNTIME_FOLDER = "TRANSLATOR_RUNTIME_FOLDER"
"""Names the folder where the processes of one service meet."""

SHARED_KEY = "TRANSLATOR_SHARED_KEY"
"""A variable among one service's own processes, random: a form that one worker made is known to the others."""

SANDBOX_JOURNAL = "sqlite:///data/sandbox-journal.db"

NAMED = {
    "SEGMENT_SHARED_SECRET": ("segment", "shared_secret"),
    "SEGMENT_HEADER_TOKEN": ("segment", "header_token"),
    "SEGMENT_WRITE_KEYS": ("segment", "write_keys"),
    "TRANSLATOR_PRESET": ("translate", "preset"),
    "AMPLITUDE_GROUP_TYPE_TRAIT": ("groups", "type_trait"),
    "AMPLITUDE_GROUP_VALUE_TRAIT": ("groups", "value_trait"),
    "JOURNAL_URL": ("journal", "url"),
    "DASHBOARD_PASSWORD": ("dashboard", "password"),
    "SALESFORCE_USERNAME": ("salesforce", "username"),
    "SALESFORCE_PASSWORD": ("salesforce", "password"),
    "SALESFORCE_SECURITY_TOKEN": ("salesforce", "security_token"),
    "SALESFORCE_CONSUMER_KEY": ("salesforce", "consumer_key"),
    "SALESFORCE_CONSUMER_SECRET": ("salesforce", "consumer_secret"),
    "SALESFORCE_ACCESS_TOKEN": ("salesforce", "access_token"),
}
"""Environment variables with a name of their own, and the key that each sets."""

SINGLE = {"AMPLITUDE_API_KEY": "api_key", "AMPLITUDE_SECRET_KEY": "secret_key", "AMPLITUDE_REGION": "region"}
"""Variables of a single destination, which is called ``amplitude`` where the file names none."""

OF_BUCKETS = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_REGION": "region",
}
"""Variables of Amazon's own tools, which count where an archive is in a bucket and the key is not set."""

WITH_FILE = (
    "SEGMENT_SHARED_SECRET",
    "SEGMENT_HEADER_TOKEN",
    "SEGMENT_WRITE_KEYS",
    "AMPLITUDE_API_KEY",
    "AMPLITUDE_SECRET_KEY",
    "JOURNAL_URL",
    "DATABASE_URL",
    "DASHBOARD_PASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "SALESFORCE_PASSWORD",
    "SALESFORCE_SECURITY_TOKEN",
    "SALESFORCE_CONSUMER_KEY",
    "SALESFORCE_CONSUMER_SECRET",
    "SALESFORCE_ACCESS_TOKEN",
)

FILE = "translator.toml"
"""Read where it exists and no other is named."""

LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){64}""")
"""A key of more than 64 parts; ours have 5. For one of 40,000, Python 3.11's tomllib takes minutes (2026-11-28)."""

DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+://")
"""SQLAlchemy's way to name a driver too."""

KEPT_IN_SANDBOX = ("route", "endpoint", "min_id_length", *LAID_OVER)

SANDBOX = "serve --sandbox"
"""The origin of what that replaces."""

GIVEN = "given"
"""The origin of values that come from no file."""


def load_settings(config: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file and the environment.

    The file: ``config``, else TRANSLATOR_CONFIG, else translator.toml where it exists.

    ``environment``: instead of the process's own, for tests. Raises SettingsError.
    """
    env = dict(os.environ if environment is None else environment)
    origin = config or env.get(CONFIG) or (FILE if _exists(FILE) else None)
    gathered = Gathered(_read(origin) if origin else {}, origin or GIVEN)
    _add_environment(gathered, Variables(env))
    return settings_from(gathered.tree, origin, gathered.origins)


def settings_of_text(
    text: str,
    origin: str,
    keys: Mapping[str, str] = MappingProxyType({}),
    environment: Mapping[str, str] | None = None,
    mappings: Mapping[str, str] = MappingProxyType({}),
) -> Settings:
    """The settings of a configuration's text and the environment, as load_settings would have them of its file.

    Nothing that the text names is opened. ``origin``: the text, for people. ``keys``: API keys by destination, for
    those that the text names without one. ``environment``: see load_settings. ``mappings``: what files of subscriptions
    that the text may name say, by name; it may name no others. Raises SettingsError.
    """
    env = dict(os.environ if environment is None else environment)
    if LONG_KEY.search(text):
        raise SettingsError(f"{origin}: is not TOML for this: a key has more than 64 parts")
    try:
        return _settings_of(text, origin, keys, env, mappings)
    except RecursionError:
        raise SettingsError(f"{origin}: is not TOML: nested too deeply") from None


def _settings_of(
    text: str, origin: str, keys: Mapping[str, str], env: Mapping[str, str], mappings: Mapping[str, str]
) -> Settings:
    try:
        tree = _toml(text)
    except ValueError as error:
        raise SettingsError(f"{origin}: is not TOML: {error}") from None
    gathered = Gathered(tree, origin)
    named = tree.get("destinations")
    for name, table in named.items() if isinstance(named, dict) else ():
        if isinstance(table, dict) and "api_key" not in table and name in keys:
            gathered.put(("destinations", name, "api_key"), keys[name], origin)
    _add_environment(gathered, Variables(env))
    return settings_from(gathered.tree, origin, gathered.origins, mappings)


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment with some variables changed, for a child process."""
    return {**os.environ, **changes}


def set_variable(name: str, value: str | None) -> None:
    """Set an environment variable of this process and its later children; None: there is none any more."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def variable(name: str) -> str | None:
    """An environment variable of this process."""
    return os.environ.get(name)


def settings_from(
    tree: Tree,
    origin: str | None = None,
    origins: Mapping[str, str] | None = None,
    mappings: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from a tree of plain values as translator.toml has them. Raises SettingsError naming the keys.

    ``origin``: the file, beside which ``translate.mappings`` is looked for. ``origins``: where each value came from,
    where that is not all from the file. ``mappings``: what the files of subscriptions say, by name, instead of reading
    them; None: they are read.
    """
    said = noted((), tree, origin or GIVEN) if origins is None else origins
    said = {**said, **inherited(tree)}
    tree = _laid_over(tree)
    loaded = quick.loaded(tree)
    if loaded is None:
        from translator.settings.checking import checked

        loaded = checked(tree, origin)
    if "translate" in loaded:
        loaded["translate"] = _with_subscriptions(loaded["translate"], origin, mappings)
    found = {
        name: _destination(name, table, loaded, origin, mappings)
        for name, table in loaded.pop("destinations", {}).items()
    }
    fields = loaded.pop("paths", {})
    settings = Settings(fields=fields, **loaded, destinations=found, origin=origin, origins=said)
    _see_that_records_fit(settings)
    return settings


class Variables:
    """Environment variables, and how people know them. A secret whose variable names a file is read from that file.
    Raises SettingsError."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._from_file = [name for name in WITH_FILE if env.get(f"{name}_FILE")]
        self.values = {**env, **{name: _secret_file(name, env[f"{name}_FILE"]) for name in self._from_file}}

    def get(self, name: str) -> str:
        """A variable, empty where there is none."""
        return self.values.get(name, "")

    def origin(self, name: str) -> str:
        """Where its value came from, in words."""
        return f"environment: {name}_FILE" if name in self._from_file else f"environment: {name}"


def _exists(path: str) -> bool:
    """Whether there is a file; one that cannot be looked at counts, since reading it will say why."""
    try:
        os.stat(path)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    return True


def _read(path: str) -> Tree:
    try:
        return _toml(_text(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None


def _text(path: str) -> str:
    # not by pathlib, which takes 5 ms to import
    with open(path, encoding="utf-8") as file:
        return file.read()


def _toml(text: str) -> Tree:
    """Raises ValueError."""
    import tomllib

    return tomllib.loads(text)


def _add_environment(gathered: Gathered, env: Variables) -> None:
    for name, path in NAMED.items():
        if env.get(name):
            gathered.put(path, env.get(name), env.origin(name))
    _single_destination(gathered, env)
    _port(gathered, env)
    for name in sorted(env.values):
        if name.startswith(PREFIX) and env.get(name):
            parts = name.removeprefix(PREFIX).lower().split("__")
            gathered.put(tuple(parts), _toml_value(env.get(name)), env.origin(name))
    if env.get(SANDBOX_URL):
        _only_sandbox(gathered, env.get(SANDBOX_URL))
    _platform(gathered, env)
    _bucket(gathered, env)


def _secret_file(name: str, path: str) -> str:
    try:
        return _text(path).strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{name}_FILE: {path} cannot be read") from None


def _see_that_records_fit(settings: Settings) -> None:
    """See that the largest call and the largest refused message that may be taken fit into a record of a journal in
    Kafka. One that does not would be answered 503 for ever. Raises SettingsError."""
    if not settings.journal.is_in_kafka:
        return
    segment, most = settings.segment, settings.journal.kafka.record_bytes
    # a call: its own text, what its batch says for all, and again its user, as its key
    needed = 2 * segment.max_call_bytes + segment.max_batch_bytes + values.KAFKA_HEADERS_BYTES
    if needed > most:
        raise SettingsError(
            f"segment.max_call_bytes ({segment.max_call_bytes}), segment.max_batch_bytes ({segment.max_batch_bytes}): "
            f"in a journal in Kafka a record would have up to {needed} bytes, and may have {most}: set "
            f'"{values.KAFKA_RECORD}" = "{needed}" in journal.kafka.options, and run `translator journal init`'
        )


def _single_destination(gathered: Gathered, env: Variables) -> None:
    given = {name: key for name, key in SINGLE.items() if env.get(name)}
    if not given:
        return
    named = _named(gathered)
    if len(named) > 1:
        raise SettingsError(
            f"{', '.join(given)}: the configuration names {len(named)} destinations ({', '.join(named)}), so these "
            f"variables could mean any; use {PREFIX}DESTINATIONS__NAME__API_KEY"
        )
    if not named and "AMPLITUDE_API_KEY" not in given:
        return
    name = next(iter(named), "amplitude")
    for variable, key in given.items():
        gathered.put(("destinations", name, key), env.get(variable), env.origin(variable))


def _named(gathered: Gathered) -> dict[str, Tree]:
    """The destinations that are named. Raises SettingsError where something is not a table."""
    named = gathered.tree.get("destinations", {})
    if not isinstance(named, dict) or not all(isinstance(table, dict) for table in named.values()):
        raise SettingsError(f"{gathered.origin}: destinations must be tables, [destinations.NAME]")
    return named


def _port(gathered: Gathered, env: Variables) -> None:
    if not env.get("PORT"):
        return
    gathered.put(("server", "port"), _number("PORT", env.get("PORT"), 65535), env.origin("PORT"))
    # a platform that sets PORT sends its traffic from outside; nothing is accepted from there without a secret
    gathered.put_default("server", "host", "0.0.0.0", env.origin("PORT"))  # noqa: S104


def _platform(gathered: Gathered, env: Variables) -> None:
    """What platforms set, where nothing else says it: DATABASE_URL, of their PostgreSQL, and WEB_CONCURRENCY, how many
    workers fit (gunicorn's docs, "workers")."""
    url = DRIVER.sub(r"\1://", env.get("DATABASE_URL"))
    if url.startswith(("postgres://", "postgresql://")):
        gathered.put_default("journal", "url", url, env.origin("DATABASE_URL"))
    if env.get("WEB_CONCURRENCY"):
        workers = _number("WEB_CONCURRENCY", env.get("WEB_CONCURRENCY"), 1024)
        gathered.put_default("server", "workers", workers, env.origin("WEB_CONCURRENCY"))


def _bucket(gathered: Gathered, env: Variables) -> None:
    archive = gathered.tree.get("archive")
    url = archive.get("url") if isinstance(archive, dict) else None
    for name, key in OF_BUCKETS.items() if isinstance(url, str) and url.startswith("s3://") else ():
        if env.get(name):
            gathered.put_default("archive", key, env.get(name), env.origin(name))


def _number(name: str, text: str, largest: int) -> int:
    if not text.isdecimal() or int(text) > largest:
        raise SettingsError(f"{name}: {text!r} must be a whole number from 0 to {largest}")
    return int(text)


def _only_sandbox(gathered: Gathered, url: str) -> None:
    """``serve --sandbox``: nothing leaves this machine, whatever destinations are configured."""
    named = _named(gathered)
    name, lone = next(iter(named.items())) if len(named) == 1 else ("", {})
    kept = {key: lone[key] for key in KEPT_IN_SANDBOX if key in lone}
    before = gathered.beneath(f"destinations.{name}")
    own = {"api_key": "sandbox", "secret_key": "sandbox", "url": url, "from": "earliest"}
    gathered.put(("destinations",), {"sandbox": {**kept, **own}}, SANDBOX)
    gathered.origins |= {
        f"destinations.sandbox.{key}": said for key, said in before.items() if key.split(".")[0] in kept
    }
    kpis = gathered.tree.get("kpis")
    if isinstance(kpis, dict) and kpis.get("destinations"):
        gathered.put(("kpis", "destinations"), ["sandbox"], SANDBOX)
    gathered.put_default("journal", "url", SANDBOX_JOURNAL, SANDBOX)
    salesforce = gathered.tree.get("salesforce")
    if isinstance(salesforce, dict):
        if "destinations" in salesforce:
            gathered.put(("salesforce", "destinations"), [], SANDBOX)
        if "objects" in salesforce and not values.LOOPBACK_URL.fullmatch(str(salesforce.get("instance_url"))):
            # an org is elsewhere too
            gathered.put(("salesforce", "objects"), [], SANDBOX)


def _toml_value(text: str) -> Any:
    try:
        return _toml(f"value = {text}")["value"]
    except ValueError:
        return text


def _laid_over(tree: Tree) -> Tree:
    """Each destination with the common ``groups`` and ``translate`` under its own."""
    tree = copied(tree)
    named = tree.get("destinations")
    for table in named.values() if isinstance(named, dict) else ():
        for part in LAID_OVER:
            common, own = tree.get(part, {}), table.get(part, {}) if isinstance(table, dict) else None
            if isinstance(common, dict) and isinstance(own, dict):
                table[part] = {**common, **own}
    return tree


def _with_subscriptions(
    translate: values.Translate, origin: str | None, known: Mapping[str, str] | None
) -> values.Translate:
    """With what ``translate.mappings`` names, a path beside the configuration's file. Raises SettingsError."""
    name = translate.mappings
    if name is None:
        return translate
    if known is not None:
        if name not in known:
            said = "is not opened for a text; only files of the running configuration are known. Use translator diff"
            raise SettingsError(f"translate.mappings: {name} {said}")
        return replace(translate, subscriptions=known[name])
    from translator.settings.mappings import MAX_BYTES, read_subscriptions

    path = os.path.join(os.path.dirname(origin or ""), name)
    try:
        with open(path, "rb") as file:
            return replace(translate, subscriptions=read_subscriptions(file.read(MAX_BYTES + 1), path))
    except OSError as error:
        raise SettingsError(f"translate.mappings: {path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"translate.mappings: {name!r} cannot be the name of a file") from None


def _destination(
    name: str, table: Tree, loaded: Tree, origin: str | None, mappings: Mapping[str, str] | None
) -> Destination:
    groups = table.pop("groups", values.Groups())
    translate = _with_subscriptions(table.pop("translate", values.Translate()), origin, mappings)
    fields = table.pop("paths", {})
    segment = loaded.get("segment", values.Segment())
    one = Destination(name=name, **table)
    translation = TranslationSettings(translate, groups, segment.own_names, one.min_id_length, fields)
    return replace(one, translation=translation)
