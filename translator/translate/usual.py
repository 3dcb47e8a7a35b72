"""The straight way of nearly all calls, in one pass. Pure.

``translate`` says what is right; here stands only what most calls under most configurations need of it, and everything
else is sent there: a type of call that the configuration does more with, or a call with anything unusual. A property
test holds that both say the same of whatever call, and benchmarks/translation.py what it is good for: less than half of
the time (2026-11-28). What changes in ``translate`` has to change here, or make this give way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from translator.parcels import Call, Json, Record, Translation
from translator.settings.values import TranslationSettings
from translator.times import EPOCH
from translator.translate import memory, people
from translator.translate.agents import MAX_AGENT, parse_agent
from translator.translate.contexts import add_plain, library, made_by
from translator.translate.dispatch import translate
from translator.translate.fields import EVENTS
from translator.translate.groups import Found, Reach
from translator.translate.groupvalues import limited
from translator.translate.limits import MAX_TEXT, PSEUDO_EVENTS, RESERVED_PREFIX, clean, clip, is_refused_id
from translator.translate.notes import Notes
from translator.translate.operations import NAMES
from translator.translate.options import NAMES as DESTINATIONS
from translator.translate.paths import mapping
from translator.translate.reading import ANCIENT_MS, FUTURE_MS
from translator.translate.records import LIBRARY
from translator.translate.revenue import ORDER, revenue_block

Translate = Callable[[Call, Json | None], Translation]
Way = Callable[[Call, Json | None], Translation | None]
"""None: this call is not a usual one."""


def compiled(settings: TranslationSettings) -> Translate:
    """``translate`` under some settings; what it raises, this raises."""
    ways = _ways(settings)

    def translated(call: Call, state: Json | None) -> Translation:
        way = ways.get(call.body["type"])
        found = way(call, state) if way else None
        return translate(call, settings, state) if found is None else found

    return translated


def is_usual(call: Call, settings: TranslationSettings, state: Json | None = None) -> bool:
    """Whether a call goes the straight way."""
    way = _ways(settings).get(call.type)
    return way is not None and way(call, state) is not None


def _ways(settings: TranslationSettings) -> Mapping[str, Way]:
    """By type of call; a type is left out where the configuration says more of it than stands here."""
    translating, groups = settings.translate, settings.groups
    if (
        settings.fields
        or translating.subscriptions
        or translating.user_agent != "parse"
        or translating.prefer_anonymous_id
        or translating.query_params
        or translating.properties_allow
        or translating.properties_deny
        or translating.properties_hash
        or (translating.short_ids != "send" and settings.min_id_length > 1)
    ):
        return {}
    named = {kind for rule in groups.rules for kind in rule.calls} | set(groups.calls)
    found: dict[str, Way] = {}
    if not (
        translating.preset != "actions"
        or translating.append_fields
        or translating.session_minutes
        or translating.events_allow
        or translating.events_deny
        or translating.version_name
    ):
        found = {kind: _event_way(kind, groups.memory_days) for kind in EVENTS if kind not in named}
    lists = (translating.unset, translating.set_once, translating.increment, translating.append, translating.prepend)
    if "identify" not in named and not any(lists):
        found["identify"] = _identify
    if "group" in groups.calls and not groups.rules and not groups.name_trait:
        kind, value = groups.type_trait, groups.value_trait
        if kind and value and "id" not in (kind, value):
            found["group"] = _group_way(kind, value, groups.level)
    return found


def _event_way(kind: str, memory_days: int) -> Way:
    name_of = _track_name if kind == "track" else _page_name

    def way(call: Call, state: Json | None) -> Translation | None:
        """See track.event."""
        body, context = call.body, call.body.get("context")
        if type(context) is not dict or body.get("traits"):
            return None
        name, ids = name_of(body), _ids(body, context)
        time = _time(body.get("timestamp"), call.received_at)
        if name is None or ids is None or time is None:
            return None
        agent, given = _of_agent(context), body.get("properties")
        if agent is None:
            return None
        properties = given if type(given) is dict else {}
        is_order = kind == "track" and name == ORDER
        if is_order and "products" in properties:
            return None
        notes = Notes()
        groups = limited(memory.carried(state, time, memory_days).items(), notes) if state else None
        event: Json = {**agent}
        by = made_by(context)
        add_plain(event, context, kind, by, notes)
        event |= ids
        event["time"] = time
        if visit := people.of_context(context, notes) if is_order else people.of_visit(context, notes):
            event["user_properties"] = visit
        if groups:
            event["groups"] = groups
        event["library"] = by if by and type(by) is str else library(by)
        event["event_type"] = name if len(name) <= MAX_TEXT else clip(name, "event", notes)
        if cleaned := clean(properties, "properties", notes):
            event["event_properties"] = cleaned
        event["insert_id"] = call.message_id
        if is_order:
            event |= revenue_block(properties, "properties", notes)
        return Translation((Record("event", event),), notes.all())

    return way


def _track_name(body: Json) -> str | None:
    name = body.get("event")
    if type(name) is not str or not name:
        return None
    return None if name in PSEUDO_EVENTS or name.startswith(RESERVED_PREFIX) else name


def _page_name(body: Json) -> str | None:
    for key in ("name", "category"):
        name = body.get(key)
        if name is not None and name != "":
            return f"Viewed {name}" if type(name) is str else None
    return f"Viewed {body['type'].title()}"


def _identify(call: Call, state: Json | None) -> Translation | None:
    """See identify.of_identify."""
    body, context = call.body, call.body.get("context")
    traits = body.get("traits") or {}
    if type(context) is not dict or type(traits) is not dict:
        return None
    ids, time = _ids(body, context), _time(body.get("timestamp"), call.received_at)
    if ids is None or time is None:
        return None
    agent = _of_agent(context)
    if agent is None or not NAMES.isdisjoint(traits):
        return None
    notes = Notes()
    record: Json = {**ids, **agent}
    add_plain(record, context, "identify", made_by(context), notes)
    if properties := _of_person(context, traits, notes):
        record["user_properties"] = properties
    record["time"] = time
    record["insert_id"] = call.message_id
    record["library"] = LIBRARY
    return Translation((Record("identify", record),), notes.all())


def _of_person(context: Json, traits: Json, notes: Notes) -> Json:
    """See people.of_identify."""
    brought = people.of_context(context, notes)
    if not brought:
        properties = clean(traits, "traits", notes)
        return {"$set": properties} if properties else {}
    if not traits.keys().isdisjoint(people.HIDDEN):
        traits = {key: value for key, value in traits.items() if key not in people.HIDDEN}
    brought["$set"] |= clean(traits, "traits", notes)
    return brought


def _group_way(type_trait: str, value_trait: str, level: str) -> Way:
    joins, carried = level in ("user", "both"), level in ("event", "both")
    reach: frozenset[Reach] = frozenset({"carried"})

    def way(call: Call, state: Json | None) -> Translation | None:
        """See group.of_group."""
        body, traits = call.body, call.body.get("traits")
        if type(traits) is not dict or not NAMES.isdisjoint(traits):
            return None
        ids, time = _ids(body, mapping(body.get("context"))), _time(body.get("timestamp"), call.received_at)
        if ids is None or time is None:
            return None
        kind, value = _group_text(traits.get(type_trait)), _group_text(traits.get(value_trait))
        if kind is None or value is None or not value.strip():
            return None
        notes, name = Notes(), call.message_id
        records = []
        if joins:
            who = {"user_properties": {"$set": {kind: value}}, "groups": {kind: value}}
            records = [Record("identify", {**ids, **who, "time": time, "insert_id": name, "library": LIBRARY})]
        properties: Json = {"$set": clean(traits, "traits", notes)}
        what = {"group_type": kind, "group_value": value, "group_properties": properties}
        group = {**what, "time": time, "insert_id": f"{name}-2", "library": LIBRARY}
        records.append(Record("group_identify", group, ids))
        left = memory.remembered(state, [Found(kind, (value,), reach)], time) if carried else None
        return Translation(tuple(records), notes.all(), left)

    return way


def _group_text(value: Any) -> str | None:
    return value if type(value) is str and 0 < len(value) <= MAX_TEXT else None


def _ids(body: Json, context: Json) -> dict[str, str] | None:
    """See reading.read: ids, of a call that is for all destinations and whose ids are in their places."""
    options = body.get("integrations")
    if options and (
        type(options) is not dict or options.get("All") is False or not options.keys().isdisjoint(DESTINATIONS)
    ):
        return None
    user, device = body.get("userId"), body.get("anonymousId")
    given = context.get("device")
    if given and type(given) is dict and given.get("id") is not None:
        device = given["id"]
    found = {}
    if user is not None:
        if type(user) is not str or is_refused_id(user):
            return None
        found["user_id"] = user
    if device is not None:
        if type(device) is not str or is_refused_id(device):
            return None
        found["device_id"] = device
    return found or None


def _time(given: Any, received_at: int) -> int | None:
    """See reading._time: of a timestamp in ISO 8601 with a zone, neither ancient nor ahead."""
    try:
        past = datetime.fromisoformat(given) - EPOCH
    except (ValueError, TypeError):  # no such time; or no text, or without a zone
        return None
    if len(given) > 40 or given[4] != "-":
        return None
    time = past.days * 86_400_000 + past.seconds * 1000 + past.microseconds // 1000
    return time if ANCIENT_MS <= time <= received_at + FUTURE_MS else None


def _of_agent(context: Json) -> Mapping[str, str] | None:
    """See agents.agent_fields: of a user agent without further hints."""
    agent = context.get("userAgent")
    if agent is None:
        return {}
    if type(agent) is not str or not agent or "userAgentData" in context:
        return None
    return parse_agent(agent[:MAX_AGENT])
