"""What translator.toml may say: one marshmallow schema for each table. Pure.

Schemas check and convert to the frozen values; they never read the environment and fill in nothing but defaults.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from translator.settings import values
from translator.settings.shape import Odd, texts

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
A_NAME = "a name is at most 32 small letters, digits, - and _, and begins with one of the first two"
TEXT: dict[str, Any] = {"invalid": "must be text", "required": "required", "null": "must be text"}
KAFKA_NAME = re.compile(r"log_level|[a-z0-9]+(\.[a-z0-9]+)*")
"""Of librdkafka's options (its CONFIGURATION.md, 2.16)."""

WRITE_KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}")

ORIGIN = re.compile(
    r"\*|null|(https?://(\*\.)?([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?|(?!http)[a-z][a-z0-9+.-]*://[a-z0-9.-]*)",
    re.IGNORECASE | re.ASCII,
)
"""As browsers write them: no path, no user, other letters in punycode; ``null``: a page that has none."""

DEFAULT_PORT = re.compile(r"http:.*:80|https:.*:443", re.IGNORECASE)

ARCHIVE_URL = re.compile(r"file:///[^?#]*[^?#/][^?#]*|s3://[a-z0-9][a-z0-9.-]{1,62}(/[^?#@]*)?")

SALESFORCE_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
SALESFORCE_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
SALESFORCE_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,5}")
"""Names in SOQL; of a related record at most five levels up (its reference, "Relationship Query Limitations")."""

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

PATH = re.compile(r"(\$\.)?[^.\s][^.]*(\.[^.]+)*")


class TextOrList(fields.Field[tuple[str, ...]]):
    """A text or a list of texts, always as a tuple. ``separator``: how several stand in one text, if they may."""

    def __init__(self, *, separator: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.separator = separator

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> tuple[str, ...]:
        try:
            return texts(value, self.separator)
        except Odd:
            raise ValidationError("must be a text or a list of texts") from None


class WriteKeys(fields.Field[dict[str, str]]):
    """Write keys, each to its source's name: a table source = key (or keys), a list of keys, or a text with commas
    (``KEY,KEY`` or ``web=KEY,app=KEY``). Without a name a source is called by a hash of its key."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for source, key in _named_keys(value):
            if not WRITE_KEY.fullmatch(key):
                raise ValidationError("a write key has 1 to 128 letters, digits and any of . _ ~ -")
            source = source or f"source-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
            if not NAME.fullmatch(source) or source in values.OWN_SOURCES:
                raise ValidationError(
                    "a source's name has up to 32 small letters, digits, - and _, and is not "
                    f"{' or '.join(values.OWN_SOURCES)}"
                )
            if found.setdefault(key, source) != source:
                raise ValidationError(f"the same key is given for {found[key]} and for {source}")
        return found


def _named_keys(value: Any) -> Iterator[tuple[str, str]]:
    """Source ("" where it has no name) and key."""
    if isinstance(value, str):
        for part in filter(None, (part.strip() for part in value.split(","))):
            source, _, key = part.rpartition("=")
            yield source.strip(), key.strip()
        return
    for source, given in (value if isinstance(value, dict) else {"": value}).items():
        keys = [given] if isinstance(given, str) else given
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise ValidationError("must be a list of keys, or a table source = key")
        yield from ((source, key) for key in keys)


class Properties(fields.Field[bool | tuple[str, ...]]):
    """true, false, or a list of trait names."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> bool | tuple[str, ...]:
        if isinstance(value, bool):
            return value
        if isinstance(value, list) and value and all(isinstance(item, str) and item for item in value):
            return tuple(value)
        raise ValidationError("must be true, false or a list of trait names")


class _Table(Schema):
    """A table that becomes one frozen value; a key that it does not know is a fault (marshmallow's default)."""

    error_messages = {"type": "must be a table", "unknown": "unknown key"}  # noqa: RUF012  marshmallow reads a plain attribute here
    becomes: type

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> Any:
        return self.becomes(**data)


def _one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error="must be one of: {choices}")


def _at_least(smallest: float, largest: float | None = None) -> validate.Range:
    said = f"must be at least {smallest}" if largest is None else f"must be from {smallest} to {largest}"
    return validate.Range(min=smallest, max=largest, error=said)


def _any_of(*choices: str) -> Any:
    def check(items: tuple[str, ...]) -> None:
        if any(item not in choices for item in items):
            raise ValidationError(f"must be a list of: {', '.join(choices)}, or an empty one")

    return check


def _each_of(*choices: str) -> Any:
    def check(items: tuple[str, ...]) -> None:
        odd = [item for item in items if item not in choices]
        if odd or not items:
            raise ValidationError(f"must be a list of: {', '.join(choices)}")

    return check


def _paths(items: tuple[str, ...]) -> None:
    if not items or not all(PATH.fullmatch(item) for item in items):
        raise ValidationError("must be a path such as context.groupId, or a list of paths")


def _origins(items: tuple[str, ...]) -> None:
    if not all(ORIGIN.fullmatch(item) for item in items):
        raise ValidationError("must be origins such as https://www.example.com or https://*.example.com, or *")
    if any(DEFAULT_PORT.fullmatch(item) for item in items):
        raise ValidationError("must be without :80 or :443, as browsers write them")


def _host_url(example: str) -> Callable[[str], None]:
    def check(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValidationError(f"must be a scheme and a host, such as {example}")

    return check


def _endpoint(url: str) -> None:
    _host_url("https://s3.eu-central-003.backblazeb2.com")(url)
    if "@" in url:
        raise ValidationError("must be without a user: keys have settings of their own")


def _archive_url(url: str) -> None:
    if not ARCHIVE_URL.fullmatch(url):
        raise ValidationError("must be file:///absolute/path or s3://bucket/prefix")


def _names(items: tuple[str, ...]) -> None:
    if not all(NAME.fullmatch(item) for item in items):
        raise ValidationError("must be names of destinations")


def _timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError("must be a time zone such as Europe/Berlin, or UTC") from None


def _property_name(name: str) -> None:
    if not name.strip() or name.startswith("$") or len(name) > values.MAX_PROPERTY_NAME:
        raise ValidationError(
            f"must be a name of up to {values.MAX_PROPERTY_NAME} characters that does not begin with $"
        )


def _property_path(path: str) -> None:
    if not PATH.fullmatch(path) or path.startswith("$."):
        raise ValidationError("must be revenue, or the path of an event property, such as total or cart.total")


def _conditions() -> fields.Dict:
    def check(value: Any) -> None:
        if not isinstance(value, (str, int, float)):
            raise ValidationError("must be a text, a number, true or false")

    return fields.Dict(
        keys=fields.String(validate=_property_path),
        values=fields.Raw(validate=check),
        error_messages={"invalid": "must be a table of event properties and values"},
    )


def _text(**options: Any) -> fields.String:
    return fields.String(error_messages=TEXT, validate=validate.Length(min=1, error="must not be empty"), **options)


def _secret(**options: Any) -> fields.String:
    return fields.String(error_messages=TEXT, **options)


def _flag() -> fields.Boolean:
    return fields.Boolean(
        truthy={True, "true"}, falsy={False, "false"}, error_messages={"invalid": "must be true or false"}
    )


def _whole(smallest: int, largest: int | None = None) -> fields.Integer:
    return fields.Integer(
        strict=True, validate=_at_least(smallest, largest), error_messages={"invalid": "must be a whole number"}
    )


def _seconds(smallest: float, largest: float) -> fields.Float:
    return fields.Float(
        validate=_at_least(smallest, largest), error_messages={"invalid": "must be a number of seconds"}
    )


def _texts_by_text(of_values: Any = None) -> fields.Dict:
    known = fields.String(error_messages=TEXT, validate=of_values or validate.Length(min=1, error="must not be empty"))
    return fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, error="must not be empty")),
        values=known,
        error_messages={"invalid": "must be a table of texts"},
    )


class SegmentTable(_Table):
    """``[segment]``."""

    becomes = values.Segment
    shared_secret = TextOrList(separator=",")
    header_token = _secret(allow_none=True)
    arrays = fields.String(validate=_one_of("signed", "token-only"))
    write_keys = WriteKeys()
    origins = TextOrList(separator=",", validate=_origins)
    calls_per_second = fields.Float(validate=_at_least(0), error_messages={"invalid": "must be a number of calls"})
    analytics_js = _text(allow_none=True)
    own_names = TextOrList()
    max_call_bytes = _whole(1024, 16 * 1024 * 1024)
    max_batch_bytes = _whole(1024, 64 * 1024 * 1024)
    max_batch_calls = _whole(1, 100_000)


class TranslateTable(_Table):
    """``[translate]``."""

    becomes = values.Translate
    preset = fields.String(validate=_one_of("actions", "classic"))
    user_agent = fields.String(validate=_one_of("parse", "raw", "both", "off"))
    product_events = _flag()
    revenue_per_product = _flag()
    pages = TextOrList(validate=_any_of(*values.PAGES))
    alias = _flag()
    delete = _flag()
    set_once = TextOrList()
    increment = TextOrList()
    append = TextOrList()
    prepend = TextOrList()
    unset = TextOrList()
    append_fields = _texts_by_text()
    query_params = _texts_by_text(_one_of("user_properties", "event_properties"))
    prefer_anonymous_id = _flag()
    short_ids = fields.String(validate=_one_of("send", "drop", "move"))
    session_minutes = _whole(0, 24 * 60)
    unchanged_hours = _whole(0, 24 * 7)
    events_allow = TextOrList()
    events_deny = TextOrList()
    properties_allow = TextOrList()
    properties_deny = TextOrList()
    properties_hash = TextOrList()
    version_name = _text(allow_none=True)
    mappings = _text(allow_none=True)
    hook = fields.String(
        allow_none=True, validate=validate.Regexp(r"[\w.]+:\w+$", error="must be package.module:function")
    )
    hook_seconds = _seconds(0.1, 15)


class RuleTable(_Table):
    """``[[groups.rules]]``."""

    becomes = values.Rule
    type = _text(required=True)
    value = TextOrList(required=True, validate=_paths, error_messages={"required": "required"})
    calls = TextOrList(validate=_each_of(*values.RULE_CALLS))
    properties = Properties()
    name = TextOrList(validate=_paths)
    level = fields.String(validate=_one_of("user", "event"))


class GroupsTable(_Table):
    """``[groups]``."""

    becomes = values.Groups
    type_trait = _text(allow_none=True)
    value_trait = _text(allow_none=True)
    name_trait = _text(allow_none=True)
    calls = TextOrList(validate=_each_of(*values.GROUP_CALLS))
    fallback = fields.String(validate=_one_of("segment-group", "none", "reject"))
    level = fields.String(validate=_one_of("user", "event", "both"))
    memory_days = _whole(1, 3650)
    over_limit = fields.String(validate=_one_of("warn", "drop"))
    rules = fields.List(fields.Nested(RuleTable))

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> values.Groups:
        return values.Groups(**{**data, "rules": tuple(data.get("rules", ()))})

    @validates_schema
    def _few_types(self, data: dict[str, Any], **_: Any) -> None:
        types = {rule.type for rule in data.get("rules", ())}
        pair = ["the trait pair"] if data.get("type_trait") and data.get("value_trait") else []
        if len(types) + len(pair) > values.MAX_GROUP_TYPES:
            named = ", ".join([*pair, *sorted(types)])
            raise ValidationError(
                f"{len(types) + len(pair)} group types are configured ({named}); Amplitude keeps "
                f"{values.MAX_GROUP_TYPES} for each project and silently drops the others",
                "rules",
            )


class KafkaOptions(fields.Field[dict[str, str]]):
    """librdkafka's options: names to texts, numbers or booleans, all as texts. What stands between dots may be a table
    (``sasl.password`` without quotes), and a dot may be ``_``, as in environment variables."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise ValidationError('must be a table of options, such as {"security.protocol" = "SASL_SSL"}')
        named = list(_kafka_options(value))
        faults = [said for name, one in named if (said := _fault_of_option(name, one))]
        if faults:
            raise ValidationError(faults)
        # of one under two names the later counts, which is the environment's
        return {name: str(one).lower() if isinstance(one, bool) else str(one) for name, one in named}


def _kafka_options(table: dict[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """Each by its whole name."""
    for key, value in table.items():
        name = start + (key if key == "log_level" else key.replace("_", "."))
        if isinstance(value, dict):
            yield from _kafka_options(value, f"{name}.")
        else:
            yield name, value


def _fault_of_option(name: str, value: Any) -> str | None:
    """What is wrong with an option of librdkafka's. Says no value."""
    if not KAFKA_NAME.fullmatch(name):
        return f"{name!r} is no name of an option of librdkafka's"
    if name in values.KAFKA_OWN:
        return f"{name} cannot be set: what is promised rests on it"
    if not isinstance(value, (str, int, float)):
        return f"{name} must be a text, a number, true or false"
    if "password" in name and not isinstance(value, str):
        # as a number it would be another: 1_000, 0x10
        return f"{name} must be a text, in quotes"
    return f"{name} may not have a NUL in it" if "\0" in str(value) else None


class KafkaTable(_Table):
    """``[journal.kafka]``."""

    becomes = values.KafkaSettings
    partitions = _whole(1, 10_000)
    replication = _whole(1, 100)
    min_insync = _whole(1, 100)
    options = KafkaOptions()

    @validates_schema
    def _enough(self, data: dict[str, Any], **_: Any) -> None:
        least = data.get("min_insync", values.KafkaSettings().min_insync)
        copies = data.get("replication", values.KafkaSettings().replication)
        if least > copies:
            raise ValidationError(f"must be at most replication, {copies}", "min_insync")


class JournalTable(_Table):
    """``[journal]``."""

    becomes = values.JournalSettings
    url = _text()
    wait_seconds = _seconds(0.1, 60)
    keep_days = _whole(1, 3650)
    keep_refused = _whole(0)
    kafka = fields.Nested(KafkaTable, error_messages={"type": "must be a table"})


class ArchiveTable(_Table):
    """``[archive]``."""

    becomes = values.ArchiveSettings
    url = fields.String(error_messages=TEXT, validate=_archive_url)
    format = fields.String(validate=_one_of("jsonl", "parquet"))
    every_minutes = _whole(1, 24 * 60)
    keep_days = _whole(0, 36_500)
    endpoint = fields.String(allow_none=True, validate=_endpoint)
    region = _text()
    access_key_id = _secret(allow_none=True)
    secret_access_key = _secret(allow_none=True)


class Clock(fields.Field[int]):
    """A time of the day, UTC, such as 05:00; becomes the minute of the day."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> int:
        found = CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError("must be a time of the day in UTC, such as 05:00")
        return int(found[1]) * 60 + int(found[2])


class Every(fields.Field[str | int]):
    """day, week, month or a number of days."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> str | int:
        if value in ("day", "week", "month") or (type(value) is int and 1 <= value <= 3650):
            return cast(str | int, value)
        raise ValidationError("must be day, week, month or a number of days, from 1 to 3650")


def _salesforce_domain(text: str) -> None:
    if text.endswith((".salesforce.com", ".force.com")) or not SALESFORCE_DOMAIN.fullmatch(text):
        raise ValidationError("must be login, test or your own such as mycompany.my, without .salesforce.com")


def _instance_url(url: str) -> None:
    _host_url("https://mycompany.my.salesforce.com")(url)
    if "@" in url or "#" in url:
        raise ValidationError("must be a scheme and a host alone")
    if not url.startswith("https://") and not values.LOOPBACK_URL.fullmatch(url):
        raise ValidationError("must be https, but for this machine's own")


def _soql_name(pattern: re.Pattern[str], example: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ValidationError(f"must be an API name such as {example}: letters, digits and _")

    return check


def _some(found: dict[str, str]) -> None:
    if not 1 <= len(found) <= values.MAX_GROUP_PROPERTIES:
        raise ValidationError(f"must name from 1 to {values.MAX_GROUP_PROPERTIES} properties, each with its column")


class SalesforceObjectTable(_Table):
    """``[[salesforce.objects]]``."""

    becomes = values.SalesforceObject
    object = fields.String(
        required=True, error_messages=TEXT, validate=_soql_name(SALESFORCE_OBJECT, "Account or Site__c")
    )
    key = fields.String(error_messages=TEXT, validate=_soql_name(SALESFORCE_COLUMN, "Id or Customer_Number__c"))
    group_type = fields.String(
        required=True,
        error_messages=TEXT,
        validate=validate.Length(min=1, max=values.MAX_NAME, error="must have 1 to {max} characters"),
    )
    every = Every()
    where = _text(allow_none=True)
    key_form = fields.String(validate=_one_of("as-is", "15", "18"))
    properties = fields.Dict(
        required=True,
        keys=fields.String(validate=_property_name),
        values=fields.String(
            error_messages=TEXT, validate=_soql_name(SALESFORCE_COLUMN, "Industry, Region__c or Owner.Name")
        ),
        validate=_some,
        error_messages={"invalid": "must be a table of Amplitude's property = Salesforce's column"},
    )


class SalesforceTable(_Table):
    """``[salesforce]``. How to sign in is looked at where it is done, since a part of it may come later."""

    becomes = values.SalesforceSettings
    domain = fields.String(error_messages=TEXT, validate=_salesforce_domain)
    instance_url = fields.String(allow_none=True, error_messages=TEXT, validate=_instance_url)
    username = _text(allow_none=True)
    password = _secret(allow_none=True)
    security_token = _secret(allow_none=True)
    consumer_key = _secret(allow_none=True)
    consumer_secret = _secret(allow_none=True)
    access_token = _secret(allow_none=True)
    at = Clock()
    destinations = TextOrList()
    objects = fields.List(fields.Nested(SalesforceObjectTable))

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> values.SalesforceSettings:
        return values.SalesforceSettings(**{**data, "objects": tuple(data.get("objects", ()))})

    @validates_schema
    def _each_property_once(self, data: dict[str, Any], **_: Any) -> None:
        known: dict[tuple[str, str], values.SalesforceObject] = {}
        for one in data.get("objects", ()):
            for name in one.properties:
                other = known.setdefault((one.group_type, name), one)
                if other is not one and not (one.where and other.where):
                    raise ValidationError(
                        f"property {name!r} of group type {one.group_type!r} is named twice; that is possible only "
                        "where each has a where that keeps their records apart",
                        "objects",
                    )

    @validates_schema
    def _few_group_types(self, data: dict[str, Any], **_: Any) -> None:
        types = sorted({one.group_type for one in data.get("objects", ())})
        if len(types) > values.MAX_GROUP_TYPES:
            raise ValidationError(
                f"{len(types)} group types are named ({', '.join(types)}); Amplitude keeps {values.MAX_GROUP_TYPES} "
                "for each project and silently drops the others",
                "objects",
            )


class KpiPropertyTable(_Table):
    """``[[kpis.properties]]``."""

    becomes = values.KpiProperty
    name = fields.String(required=True, error_messages=TEXT, validate=_property_name)
    measure = fields.String(required=True, error_messages=TEXT, validate=_one_of(*values.MEASURES))
    window = fields.String(required=True, error_messages=TEXT, validate=_one_of(*values.WINDOWS))
    group_type = _text(allow_none=True)
    events = TextOrList()
    of = fields.String(allow_none=True, error_messages=TEXT, validate=_property_path)
    where = _conditions()

    @validates_schema
    def _sum_of_something(self, data: dict[str, Any], **_: Any) -> None:
        is_sum, of = data.get("measure") == "sum", data.get("of")
        if is_sum and not of:
            raise ValidationError('required for measure = "sum": revenue, or the path of an event property', "of")
        if of and not is_sum:
            raise ValidationError('must be left out: it is for measure = "sum"', "of")


class KpisTable(_Table):
    """``[kpis]``."""

    becomes = values.Kpis
    at = Clock()
    destinations = TextOrList(validate=_names)
    timezone = fields.String(error_messages=TEXT, validate=_timezone)
    joined_days = _whole(1, 3650)
    properties = fields.List(fields.Nested(KpiPropertyTable))

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> values.Kpis:
        return values.Kpis(**{**data, "properties": tuple(data.get("properties", ()))})

    @validates_schema
    def _names_apart(self, data: dict[str, Any], **_: Any) -> None:
        known: dict[str, set[str | None]] = {}
        for one in data.get("properties", ()):
            types = known.setdefault(one.name, set())
            if types and (one.group_type in types or None in (one.group_type, *types)):
                raise ValidationError(f"{one.name!r} is named twice for a group type", "properties")
            types.add(one.group_type)


class DeliveryTable(_Table):
    """``[delivery]``."""

    becomes = values.Delivery
    lease_seconds = _seconds(5, 3600)
    timeout_seconds = _seconds(0.1, 300)
    batch_events = _whole(1, 1999)
    batch_bytes = _whole(10_000, 20_000_000)
    claim_calls = _whole(1, 20_000)
    in_flight = _whole(1, 32)
    window_days = fields.Float(validate=_at_least(0.01, 6.5), error_messages={"invalid": "must be a number of days"})
    idle_seconds = _seconds(0.01, 10)

    @validates_schema
    def _lease_outlives_a_request(self, data: dict[str, Any], **_: Any) -> None:
        whole = values.Delivery(**data)
        if whole.lease_seconds < 2 * whole.timeout_seconds:
            raise ValidationError("must be at least twice delivery.timeout_seconds", "lease_seconds")


class ServerTable(_Table):
    """``[server]``."""

    becomes = values.Server
    host = _text()
    port = _whole(0, 65535)
    workers = _whole(0, 256)
    threads = _whole(1, 1024)
    max_body_bytes = _whole(1024, 1024 * 1024 * 1024)
    behind_proxy = _flag()
    proxies = _whole(1, 10)
    public_url = fields.String(allow_none=True, validate=_host_url("https://events.example.com"))
    delivery = _flag()


class DashboardTable(_Table):
    """``[dashboard]``."""

    becomes = values.Dashboard
    enabled = _flag()
    password = _secret(allow_none=True, validate=validate.Length(min=12, error="must have at least 12 characters"))
    secret_key = _secret(allow_none=True, validate=validate.Length(min=32, error="must have at least 32 characters"))


class MetricsTable(_Table):
    """``[metrics]``."""

    becomes = values.Metrics
    public = _flag()


def _field_paths() -> fields.Dict:
    # under another name, because ``fields`` is marshmallow's own
    return fields.Dict(
        data_key="fields",
        keys=fields.String(validate=_one_of(*values.FIELDS)),
        values=TextOrList(validate=_paths),
        error_messages={"invalid": "must be a table of paths"},
    )


class DestinationTable(Schema):
    """``[destinations.NAME]``; its own ``groups`` and ``translate`` are laid over the common ones before this."""

    error_messages = {"type": "must be a table", "unknown": "unknown key"}  # noqa: RUF012  marshmallow reads a plain attribute here
    api_key = _secret(required=True, validate=validate.Length(min=1, error="must not be empty"))
    secret_key = _secret(allow_none=True)
    region = fields.String(validate=_one_of("us", "eu"))
    url = fields.String(allow_none=True, validate=_host_url("http://127.0.0.1:8100"))
    endpoint = fields.String(validate=_one_of("http-v2", "batch"))
    route = fields.String(validate=_one_of("events", "identify-apis"))
    min_id_length = _whole(1, 100)
    events_per_second = fields.Float(validate=_at_least(0), error_messages={"invalid": "must be a number of events"})
    gzip = _flag()
    start = fields.String(data_key="from", validate=_one_of("now", "earliest"))
    test = _flag()
    groups = fields.Nested(GroupsTable)
    translate = fields.Nested(TranslateTable)
    paths = _field_paths()

    @validates_schema
    def _deletions_need_the_secret_key(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("translate") and data["translate"].delete and not data.get("secret_key"):
            raise ValidationError(
                "required, because translate.delete is true: Amplitude's deletion API asks for it", "secret_key"
            )


class WholeFile(Schema):
    """The tables of translator.toml. ``destinations`` is checked by name; each is a DestinationTable."""

    error_messages = {"type": "must be a table", "unknown": "unknown table"}  # noqa: RUF012  marshmallow reads a plain attribute here
    segment = fields.Nested(SegmentTable)
    translate = fields.Nested(TranslateTable)
    groups = fields.Nested(GroupsTable)
    journal = fields.Nested(JournalTable)
    archive = fields.Nested(ArchiveTable)
    salesforce = fields.Nested(SalesforceTable)
    kpis = fields.Nested(KpisTable)
    delivery = fields.Nested(DeliveryTable)
    server = fields.Nested(ServerTable)
    dashboard = fields.Nested(DashboardTable)
    metrics = fields.Nested(MetricsTable)
    paths = _field_paths()
    destinations = fields.Dict(
        keys=fields.String(validate=validate.Regexp(rf"{NAME.pattern}\Z", error=A_NAME)),
        values=fields.Nested(DestinationTable),
    )

    @validates_schema
    def _salesforce_knows_its_destinations(self, data: dict[str, Any], **_: Any) -> None:
        named = data["salesforce"].destinations if "salesforce" in data else ()
        known = data.get("destinations", {})
        odd = [one for one in named if one not in known]
        if odd:
            raise ValidationError(
                f"{', '.join(map(repr, odd))} is not configured; there are: {', '.join(known) or 'none'}",
                "salesforce.destinations",
            )

    @validates_schema
    def _known_destinations(self, data: dict[str, Any], **_: Any) -> None:
        kpis, there = data.get("kpis"), data.get("destinations", {})
        unknown = [name for name in kpis.destinations if name not in there] if kpis else []
        if unknown:
            said = ", ".join(there) or "none"
            raise ValidationError({"kpis": {"destinations": [f"{unknown[0]!r} is not configured; there are: {said}"]}})

    @validates_schema
    def _no_property_of_two_jobs(self, data: dict[str, Any], **_: Any) -> None:
        kpis, salesforce = data.get("kpis"), data.get("salesforce")
        if not kpis or not salesforce:
            return
        named = (set(kpis.destinations), set(salesforce.destinations))
        if all(named) and named[0].isdisjoint(named[1]):
            return
        theirs = {(one.group_type, name) for one in salesforce.objects for name in one.properties}
        for one in kpis.properties:
            if any(one.name == name and one.group_type in (None, kind) for kind, name in theirs):
                said = f"{one.name!r} is set by salesforce.objects too: choose another name"
                raise ValidationError({"kpis": {"properties": [said]}})
