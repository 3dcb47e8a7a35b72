"""The configuration as frozen values. Pure: nothing here reads a file or the environment.

Secrets are kept out of every repr.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Preset = Literal["actions", "classic"]
UserAgentMode = Literal["parse", "raw", "both", "off"]
Fallback = Literal["segment-group", "none", "reject"]
Level = Literal["user", "event", "both"]
OverLimit = Literal["warn", "drop"]
ShortIds = Literal["send", "drop", "move"]
Region = Literal["us", "eu"]
Endpoint = Literal["http-v2", "batch"]
Route = Literal["events", "identify-apis"]
Start = Literal["now", "earliest"]
ArchiveFormat = Literal["jsonl", "parquet"]
KeyForm = Literal["as-is", "15", "18"]
Measure = Literal["active-users", "events", "sum"]
Window = Literal[
    "1 day", "7 days", "14 days", "28 days", "30 days", "90 days", "this week", "last week", "this month", "last month"
]

GROUP_CALLS = ("group", "track", "identify")
"""Calls in which the type_trait and value_trait pair may be looked for."""

PAGES = ("all", "named", "categorized")
"""Segment Classic's settings trackAllPages, trackNamedPages and trackCategorizedPages."""

RULE_CALLS = ("group", "identify", "track", "page", "screen")
"""Calls that a group rule may look at."""

MAX_NAME = 1024
"""Characters of a group type; Amplitude truncates (amplitude-api.md 2.1.3, "string values")."""

MAX_GROUP_PROPERTIES = 1000
"""Group properties per project (the same guide, "Limits")."""

MAX_GROUP_TYPES = 5
"""Group types per project: Amplitude's accounts guide, "Limits" (amplitude-docs 6e7e48e, 2026-03-13)."""

MAX_PROPERTY_NAME = 1000
"""Characters of a property's name (amplitude-api.md section 2.1.3)."""

WEBHOOK_SOURCE = "webhook"
"""The source of what Segment's Webhook destination sends."""

OPEN_SOURCE = "tracking"
"""The source of what this machine sends to the tracking API where no write keys are configured."""

SECRET_KEYS = frozenset(
    {
        "shared_secret", "header_token", "write_keys", "api_key", "secret_key", "password", "access_key_id",
        "secret_access_key", "security_token", "consumer_key", "consumer_secret", "access_token",
    }
)  # fmt: skip
"""Keys of any table whose values nobody may see. A ``url`` may have a password in it: see ``effective.shown_url``."""

LOOPBACK_URL = re.compile(
    r"http://(?:localhost|\[::1\]|(127(?:\.[0-9]{1,3}){3}))(?::[0-9]{1,5})?/?", re.IGNORECASE | re.ASCII
)

OWN_SOURCES = (WEBHOOK_SOURCE, OPEN_SOURCE)
"""Sources that no write key names: the Webhook destination's calls, and those of this machine that need no key."""

OWN_NAMES = ("Webhooks", "Webhooks (Actions)", "Webhook", "Webhooks Actions")
"""Segment's names of its webhook destinations; in a replay one of them is true under ``All: false``."""


@dataclass(frozen=True, slots=True)
class Segment:
    """How Segment, or its SDKs, prove who they are, and what a call may be.

    ``write_keys``: of the tracking API, each to the name of its source. ``origins``: of pages that may send, as
    browsers write them; ``*`` stands for any, or for any subdomain. ``calls_per_second``: of a source, over all web
    processes of a machine; 0: no limit. ``analytics_js``: the folder whose files pages may load, npm's
    ``@segment/analytics-next/dist/umd``. ``max_call_bytes``: of a call's JSON text; ``max_batch_bytes``: of a body of
    the tracking API, inflated; ``max_batch_calls``: in one such body (all three are Segment's own: spec, HTTP API,
    2025-11-07).
    """

    shared_secret: tuple[str, ...] = field(default=(), repr=False)
    header_token: str | None = field(default=None, repr=False)
    arrays: Literal["signed", "token-only"] = "signed"
    write_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    origins: tuple[str, ...] = ()
    calls_per_second: float = 1000.0
    analytics_js: str | None = None
    own_names: tuple[str, ...] = OWN_NAMES
    max_call_bytes: int = 32 * 1024
    max_batch_bytes: int = 500 * 1024
    max_batch_calls: int = 2500


@dataclass(frozen=True, slots=True)
class Translate:
    """What translation does beyond groups.

    ``pages``: of preset classic, which page and screen calls become events. ``set_once``, ``increment``, ``append``,
    ``prepend``, ``unset``: traits of identify calls, by what becomes of them. ``append_fields``: path to the name of an
    event property; ``query_params``: name to where the query string goes (both after Segment Classic's settings).
    ``short_ids``: what becomes of ids shorter than the destination's min_id_length. ``session_minutes``: how long
    without a call until a new session begins, for calls that bring no session id; 0 for none. ``unchanged_hours``: how
    long a property that was sent is not sent again while its value stays the same; 0: always sent. ``events_*``,
    ``properties_*``: what may be sent, by name (see translate/screening.py). ``mappings``: a file of Segment's own
    subscriptions, which then decide what calls become; ``subscriptions``: what it says, as JSON text that the loader
    has checked, so that the file is read once, and is in whatever is compared, hashed or kept of a configuration.
    ``hook_seconds``: how long the hook has for one call.
    """

    preset: Preset = "actions"
    pages: tuple[str, ...] = ("named", "categorized")
    user_agent: UserAgentMode = "parse"
    product_events: bool = True
    revenue_per_product: bool = False
    alias: bool = False
    delete: bool = False
    set_once: tuple[str, ...] = ()
    increment: tuple[str, ...] = ()
    append: tuple[str, ...] = ()
    prepend: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    append_fields: Mapping[str, str] = field(default_factory=dict)
    query_params: Mapping[str, str] = field(default_factory=dict)
    prefer_anonymous_id: bool = False
    short_ids: ShortIds = "send"
    session_minutes: int = 0
    unchanged_hours: int = 0
    events_allow: tuple[str, ...] = ()
    events_deny: tuple[str, ...] = ()
    properties_allow: tuple[str, ...] = ()
    properties_deny: tuple[str, ...] = ()
    properties_hash: tuple[str, ...] = ()
    version_name: str | None = None
    mappings: str | None = None
    subscriptions: str = ""
    hook: str | None = None
    hook_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How one group is found.

    ``type``: literal, or a path when it begins with ``$.``; ``value``: paths, the first found wins.

    ``properties``: which traits (on group and identify) or properties (on track, page and screen) become group
    properties: all, none, or the named ones. None means all on group calls and none elsewhere.
    ``name``: paths, the first found wins, of the group's human-readable name, which becomes a group property under the
    last part of its path, whatever ``properties`` says.
    ``level`` None: user on group and identify, event on track, page and screen. ``both`` is of plans, not of files.
    """

    type: str
    value: tuple[str, ...]
    calls: tuple[str, ...] = ("group",)
    properties: bool | tuple[str, ...] | None = None
    name: tuple[str, ...] = ()
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """How groups are found. ``memory_days``: how long a remembered group is carried onto later events.

    ``over_limit``: what becomes of a sixth group type, and of a group property beyond the thousandth, that calls bring.
    ``name_trait``: the trait beside the pair that holds the group's human-readable name.
    """

    type_trait: str | None = None
    value_trait: str | None = None
    name_trait: str | None = None
    calls: tuple[str, ...] = ("group",)
    fallback: Fallback = "segment-group"
    level: Level = "user"
    memory_days: int = 30
    over_limit: OverLimit = "warn"
    rules: tuple[Rule, ...] = ()


FIELDS: Mapping[str, Literal["text", "number", "integer"]] = {
    **dict.fromkeys(
        (
            "user_id", "device_id", "event_type", "app_version", "platform", "os_name", "os_version", "device_brand",
            "device_manufacturer", "device_model", "carrier", "country", "region", "city", "dma", "language", "ip",
            "idfa", "idfv", "adid", "android_id", "user_agent", "productId", "revenueType", "currency", "paying",
            "start_version", "version_name",
        ),
        "text",
    ),
    **dict.fromkeys(("price", "revenue", "location_lat", "location_lng"), "number"),
    **dict.fromkeys(("quantity", "session_id", "event_id"), "integer"),
}  # fmt: skip
"""Amplitude's keys that ``[fields]`` may name, and how each is read (amplitude-api.md sections 2.1.2 and 2.3). Time,
insert id, groups and properties have rules of their own."""


@dataclass(frozen=True, slots=True)
class TranslationSettings:
    """All that translation needs to know: one for each destination."""

    translate: Translate = field(default_factory=Translate)
    groups: Groups = field(default_factory=Groups)
    own_names: tuple[str, ...] = OWN_NAMES
    min_id_length: int = 1
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """An Amplitude project. ``url``: scheme and host of a sandbox or a proxy, instead of Amplitude's own hosts.

    ``events_per_second``: at most, of one delivery process; 0: no limit. ``gzip``: whether events go compressed.
    ``test``: whether the playground may send to it (see ``may_try``); not in the repr, which is a hash of what changes
    what is sent.
    """

    name: str
    api_key: str = field(default="", repr=False)
    secret_key: str | None = field(default=None, repr=False)
    region: Region = "us"
    url: str | None = None
    endpoint: Endpoint = "http-v2"
    route: Route = "events"
    min_id_length: int = 1
    events_per_second: float = 0.0
    gzip: bool = False
    start: Start = "now"
    test: bool = field(default=False, repr=False)
    translation: TranslationSettings = field(default_factory=TranslationSettings)


KAFKA_OWN = frozenset(
    {
        "acks", "allow.auto.create.topics", "auto.commit.enable", "auto.offset.reset", "bootstrap.servers",
        "delivery.timeout.ms", "enable.auto.commit", "enable.auto.offset.store", "enable.gapless.guarantee",
        "enable.idempotence", "enable.partition.eof", "group.id", "group.instance.id", "group.protocol",
        "isolation.level", "max.in.flight", "max.in.flight.requests.per.connection", "message.send.max.retries",
        "message.timeout.ms", "metadata.broker.list", "partition.assignment.strategy", "partitioner",
        "request.required.acks", "retries", "transactional.id",
    }
)  # fmt: skip
"""librdkafka's options that cannot be set: what the journal promises rests on them, or other keys say it."""

KAFKA_OPEN = frozenset(
    {
        "broker.address.family", "client.dns.lookup", "client.id", "client.rack", "compression.codec",
        "compression.type",
        "debug", "enable.ssl.certificate.verification", "log_level", "sasl.kerberos.service.name", "sasl.mechanism",
        "sasl.mechanisms", "sasl.oauthbearer.method", "sasl.username", "security.protocol", "socket.keepalive.enable",
        "ssl.ca.location", "ssl.certificate.location", "ssl.cipher.suites", "ssl.endpoint.identification.algorithm",
        "ssl.key.location", "ssl.keystore.location",
    }
)  # fmt: skip
KAFKA_RECORD = "message.max.bytes"
KAFKA_RECORD_BYTES = 2_000_000
KAFKA_HEADERS_BYTES = 128 * 1024
"""What stands beside a call or a refused message in its record, but for what its own text says: why, an answer."""

KAFKA_SIZES = (".ms", ".bytes", ".kbytes", ".messages")


def may_show_option(name: str) -> bool:
    """Whether an option of librdkafka's is known to hold no secret: one that is misspelt may."""
    return name in KAFKA_OPEN or name.endswith(KAFKA_SIZES)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """``[journal.kafka]``, for a journal at ``kafka://``. ``partitions``, ``replication``, ``min_insync``: of topics
    when they are made. ``options``: librdkafka's own, by their names (SASL, TLS, time-outs)."""

    partitions: int = 12
    replication: int = 3
    min_insync: int = 2
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def record_bytes(self) -> int:
        """Bytes that a record may have, with its key and headers."""
        said = self.options.get(KAFKA_RECORD, "")
        return int(said) if said.isdecimal() else KAFKA_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """Where accepted calls are kept. ``wait_seconds``: how long an accept waits for the disk before it answers 503.

    ``keep_days``: how long a delivered call is kept (and its messageId known). ``keep_refused``: how many refused
    messages of each source are kept, the newest ones.
    """

    url: str = field(default="sqlite:///data/journal.db", repr=False)
    wait_seconds: float = 10.0
    keep_days: int = 7
    keep_refused: int = 10_000
    kafka: KafkaSettings = field(default_factory=KafkaSettings)

    @property
    def is_in_kafka(self) -> bool:
        """Whether ``kafka`` says anything of it."""
        return self.url.startswith("kafka:")


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Where every call is kept beside the journal, and longer. ``url`` None: nowhere.

    ``every_minutes``: how long a call waits for others at most before it is archived. ``keep_days``: 0 for ever.
    ``endpoint``: scheme and host of a bucket that is not Amazon's.
    """

    url: str | None = None
    format: ArchiveFormat = "jsonl"
    every_minutes: int = 15
    keep_days: int = 0
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)


KPI_JOB = "kpi"
"""The name of the job that computes them."""

MEASURES: tuple[Measure, ...] = ("active-users", "events", "sum")
WINDOWS: tuple[Window, ...] = (
    "1 day", "7 days", "14 days", "28 days", "30 days", "90 days", "this week", "last week", "this month", "last month",
)  # fmt: skip
"""What each means is in kpi/windows.py."""


@dataclass(frozen=True, slots=True)
class KpiProperty:
    """A group property that is computed each day. ``group_type`` None: of every group type.

    ``events``: event types as they are delivered; none: all. ``of``: for a sum, ``revenue`` or the path of an event
    property. ``where``: event properties by path and what each must be.
    """

    name: str
    measure: Measure
    window: Window
    group_type: str | None = None
    events: tuple[str, ...] = ()
    of: str | None = None
    where: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kpis:
    """Group properties that are computed each day. ``at``: the minute of the day, UTC. ``destinations``: by name; none:
    all.

    ``timezone``: in which days begin, a name of the tz database. ``joined_days``: how long before the first window a
    user's joining of a group is looked for.
    """

    at: int = 4 * 60
    destinations: tuple[str, ...] = ()
    timezone: str = "UTC"
    joined_days: int = 90
    properties: tuple[KpiProperty, ...] = ()


@dataclass(frozen=True, slots=True)
class SalesforceObject:
    """Salesforce's records that are groups at Amplitude. ``key``: the column that is the group value.

    ``properties``: Amplitude's name of a group property to Salesforce's column (``Owner.Name``: of a related record).
    ``every``: how long until an account is looked at again: a day, a week, a calendar month or so many days. ``where``:
    a condition in SOQL, as it is. ``key_form``: how ids travel, where Salesforce's form is not that of the calls.
    """

    object: str
    group_type: str
    properties: Mapping[str, str]
    key: str = "Id"
    every: str | int = "day"
    where: str | None = None
    key_form: KeyForm = "as-is"


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """An org, and which of its columns become group properties (docs/salesforce.md).

    ``domain``: where people sign in, without ``.salesforce.com``; ``instance_url``: scheme and host instead of it.
    ``at``: the minute of the day, UTC, of the daily run. ``destinations``: names; () for all.
    """

    domain: str = "login"
    instance_url: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    consumer_key: str | None = field(default=None, repr=False)
    consumer_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    at: int = 300
    destinations: tuple[str, ...] = ()
    objects: tuple[SalesforceObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """How calls leave. Seconds, events and bytes of one request.

    ``in_flight``: requests to one destination at the same time. ``window_days``: how long a call whose outcome is not
    known is tried again.
    """

    lease_seconds: float = 30.0
    timeout_seconds: float = 10.0
    batch_events: int = 500
    batch_bytes: int = 900_000
    claim_calls: int = 2000
    in_flight: int = 4
    idle_seconds: float = 0.2
    window_days: float = 6.0


@dataclass(frozen=True, slots=True)
class Server:
    """The web service. ``workers`` 0: chosen by the number of processors. ``delivery``: with a delivery process beside
    it; without, ``translator deliver`` runs elsewhere, on the same journal.

    ``proxies``: how many stand before it, of which each adds to X-Forwarded-For whom it heard; where ``behind_proxy``.
    ``public_url``: scheme and host by which browsers reach it, where a request does not tell.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    threads: int = 16
    max_body_bytes: int = 5 * 1024 * 1024
    behind_proxy: bool = False
    proxies: int = 1
    public_url: str | None = None
    delivery: bool = True


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The pages for people. ``password``: without one only this machine sees them. ``secret_key``: signs the cookies of
    sessions, instead of a key made from the password."""

    enabled: bool = True
    password: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Metrics:
    """``/metrics``. ``public``: for anybody; else for this machine, and for whoever knows the dashboard's password."""

    public: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. ``origin``: the file it came from, for messages; None for none.

    ``origins``: where each value came from, in words, by dotted key (``destinations.test.groups.level``); a key that is
    not there was left at its default.
    """

    segment: Segment = field(default_factory=Segment)
    translate: Translate = field(default_factory=Translate)
    groups: Groups = field(default_factory=Groups)
    journal: JournalSettings = field(default_factory=JournalSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    salesforce: SalesforceSettings = field(default_factory=SalesforceSettings)
    kpis: Kpis = field(default_factory=Kpis)
    delivery: Delivery = field(default_factory=Delivery)
    server: Server = field(default_factory=Server)
    dashboard: Dashboard = field(default_factory=Dashboard)
    metrics: Metrics = field(default_factory=Metrics)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origin: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done once a day across all processes. ``name``: ``salesforce`` or ``kpi``. ``minute``: of the day,
    UTC, at which it is due. ``command``: what ``translator`` is called with for it."""

    name: str
    minute: int
    command: tuple[str, ...]


def jobs_of(settings: Settings) -> tuple[Job, ...]:
    """What is done once a day, and when."""
    found = []
    if settings.salesforce.objects:
        found.append(Job("salesforce", settings.salesforce.at, ("salesforce", "sync")))
    if settings.kpis.properties:
        found.append(Job("kpi", settings.kpis.at, ("kpi",)))
    return tuple(found)


def translation_settings(settings: Settings, destination: str | None = None) -> TranslationSettings:
    """How calls are translated for a destination (None: for any that has no configuration of its own)."""
    if destination is not None:
        return settings.destinations[destination].translation
    lone = next(iter(settings.destinations.values())) if len(settings.destinations) == 1 else None
    if lone is not None:
        return lone.translation
    return TranslationSettings(settings.translate, settings.groups, settings.segment.own_names, fields=settings.fields)


def may_try(destination: Destination) -> bool:
    """Whether the playground may send to a destination when it is asked to: one with ``test``, or at this machine."""
    found = LOOPBACK_URL.fullmatch(destination.url or "")
    return destination.test or (found is not None and _is_address(found[1] or "127.0.0.1"))


def _is_address(text: str) -> bool:
    from ipaddress import IPv4Address

    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


MASK = "***"
"""What stands for a secret wherever people read."""
