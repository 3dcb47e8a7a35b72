"""Settings that are surely good, by table and key.

Written by ``make compiled`` from the schemas beside it, which say why; a test holds both together. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from translator.settings.shape import Shape

NAME = "[a-z0-9][a-z0-9_-]{0,31}"

SHAPES: Mapping[str, Mapping[str, Shape]] = {
    "segment": {
        "shared_secret": Shape(kind="texts", separator=","),
        "header_token": Shape(kind="text"),
        "arrays": Shape(kind="choice", choices=("signed", "token-only")),
        "analytics_js": Shape(kind="text", least=1),
        "own_names": Shape(kind="texts"),
        "max_call_bytes": Shape(kind="whole", least=1024, most=16777216),
        "max_batch_bytes": Shape(kind="whole", least=1024, most=67108864),
        "max_batch_calls": Shape(kind="whole", least=1, most=100000),
    },
    "translate": {
        "preset": Shape(kind="choice", choices=("actions", "classic")),
        "user_agent": Shape(kind="choice", choices=("parse", "raw", "both", "off")),
        "product_events": Shape(kind="flag"),
        "revenue_per_product": Shape(kind="flag"),
        "alias": Shape(kind="flag"),
        "set_once": Shape(kind="texts"),
        "increment": Shape(kind="texts"),
        "append": Shape(kind="texts"),
        "prepend": Shape(kind="texts"),
        "unset": Shape(kind="texts"),
        "append_fields": Shape(kind="empty"),
        "query_params": Shape(kind="empty"),
        "prefer_anonymous_id": Shape(kind="flag"),
        "short_ids": Shape(kind="choice", choices=("send", "drop", "move")),
        "session_minutes": Shape(kind="whole", most=1440),
        "unchanged_hours": Shape(kind="whole", most=168),
        "events_allow": Shape(kind="texts"),
        "events_deny": Shape(kind="texts"),
        "properties_allow": Shape(kind="texts"),
        "properties_deny": Shape(kind="texts"),
        "properties_hash": Shape(kind="texts"),
        "version_name": Shape(kind="text", least=1),
        "mappings": Shape(kind="text", least=1),
    },
    "groups": {
        "type_trait": Shape(kind="text", least=1),
        "value_trait": Shape(kind="text", least=1),
        "name_trait": Shape(kind="text", least=1),
        "fallback": Shape(kind="choice", choices=("segment-group", "none", "reject")),
        "level": Shape(kind="choice", choices=("user", "event", "both")),
        "memory_days": Shape(kind="whole", least=1, most=3650),
        "over_limit": Shape(kind="choice", choices=("warn", "drop")),
    },
    "journal": {
        "url": Shape(kind="text", least=1),
        "keep_days": Shape(kind="whole", least=1, most=3650),
        "keep_refused": Shape(kind="whole"),
    },
    "archive": {
        "format": Shape(kind="choice", choices=("jsonl", "parquet")),
        "every_minutes": Shape(kind="whole", least=1, most=1440),
        "keep_days": Shape(kind="whole", most=36500),
        "region": Shape(kind="text", least=1),
        "access_key_id": Shape(kind="text"),
        "secret_access_key": Shape(kind="text"),
    },
    "salesforce": {
        "username": Shape(kind="text", least=1),
        "password": Shape(kind="text"),
        "security_token": Shape(kind="text"),
        "consumer_key": Shape(kind="text"),
        "consumer_secret": Shape(kind="text"),
        "access_token": Shape(kind="text"),
    },
    "kpis": {"joined_days": Shape(kind="whole", least=1, most=3650)},
    "delivery": {
        "batch_events": Shape(kind="whole", least=1, most=1999),
        "batch_bytes": Shape(kind="whole", least=10000, most=20000000),
        "claim_calls": Shape(kind="whole", least=1, most=20000),
        "in_flight": Shape(kind="whole", least=1, most=32),
    },
    "server": {
        "host": Shape(kind="text", least=1),
        "port": Shape(kind="whole", most=65535),
        "workers": Shape(kind="whole", most=256),
        "threads": Shape(kind="whole", least=1, most=1024),
        "max_body_bytes": Shape(kind="whole", least=1024, most=1073741824),
        "behind_proxy": Shape(kind="flag"),
        "proxies": Shape(kind="whole", least=1, most=10),
        "delivery": Shape(kind="flag"),
    },
    "dashboard": {
        "enabled": Shape(kind="flag"),
        "password": Shape(kind="text", least=12),
        "secret_key": Shape(kind="text", least=32),
    },
    "metrics": {"public": Shape(kind="flag")},
    "destinations": {
        "api_key": Shape(kind="text", least=1, required=True),
        "secret_key": Shape(kind="text"),
        "region": Shape(kind="choice", choices=("us", "eu")),
        "endpoint": Shape(kind="choice", choices=("http-v2", "batch")),
        "route": Shape(kind="choice", choices=("events", "identify-apis")),
        "min_id_length": Shape(kind="whole", least=1, most=100),
        "gzip": Shape(kind="flag"),
        "from": Shape(kind="choice", choices=("now", "earliest"), name="start"),
        "test": Shape(kind="flag"),
        "fields": Shape(kind="empty", name="paths"),
    },
}
