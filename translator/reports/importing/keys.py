"""Every other key of the mappings: fields, user agents, campaigns, and what is of the whole destination."""

from __future__ import annotations

from typing import Any

from translator.reports.importing.defaults import DEFAULTS, EVENTS, is_default, normal
from translator.reports.importing.paths import paths_of, shown
from translator.reports.importing.reading import Sub
from translator.reports.importing.turned import Named, Turned
from translator.settings.values import FIELDS

MONEY = frozenset({"price", "quantity", "revenue", "productId", "revenueType"})
AGENT = ("userAgent", "userAgentParsing", "includeRawUserAgent", "userAgentData")
ELSEWHERE = frozenset({"groups", "group_type", "group_value", "group_properties", "global_user_id", "products", *AGENT})
"""Keys that are turned elsewhere."""

OF_SEGMENT = frozenset({"enable_batching", "batch_size", "batch_keys", "batch_bytes"})
"""How Segment itself collects calls."""

IDS = frozenset({"user_id", "device_id"})
LABELS = frozenset({"library", "library2"})
MAY_LACK = frozenset({"session_id", "use_batch_endpoint", "trackRevenuePerProduct", *LABELS})
WHOLE = frozenset({"use_batch_endpoint", "min_id_length", "trackRevenuePerProduct"})
"""Keys of the whole destination here."""


def keys(subs: list[Sub], name: str, done: Turned) -> None:
    """All of them, subscription by subscription, then what subscriptions have to agree on."""
    found: dict[str, dict[str, list[str] | None]] = {}
    for sub in subs:
        if sub.action == "mapUser":
            continue
        for key in dict.fromkeys((*DEFAULTS[sub.action], *sub.mapping)):
            if key not in ELSEWHERE | OF_SEGMENT | WHOLE:
                _key(sub, key, found, done)
    _fields(subs, found, done)
    _agent([sub for sub in subs if "userAgent" in DEFAULTS[sub.action]], done)
    _whole(subs, name, done)
    _products([sub for sub in subs if sub.action == "logPurchase"], done)


def _key(sub: Sub, key: str, found: dict[str, dict[str, list[str] | None]], done: Turned) -> None:
    given = sub.mapping.get(key)
    if key in MONEY and sub.action != "logPurchase":
        if given is not None and not is_default(sub.action, key, given, sub.types):
            done.remark(f"{sub.name}: {key} is read by Segment and then thrown away, so nothing was made of it")
    elif given is None:
        if key not in MAY_LACK:
            _lacking(sub, key, done)
    elif is_default(sub.action, key, given, sub.types):
        found.setdefault(key, {})[sub.name] = None
    elif key in LABELS:
        done.remark(f"{sub.name}: {key} is {shown(given)}; here library is the calling library's name, or segment")
    elif key in FIELDS:
        _override(sub, key, given, found, done)
    elif not _special(sub, key, given, done):
        done.named.append(Named(sub.name, key, shown(given), WHY.get(key, "nothing here is like it")))


WHY = {
    "time": "the time of a record is the call's timestamp here",
    "insert_id": "the insert id is the messageId here",
    "user_properties": "user properties are the traits here",
    "event_properties": "event properties are the call's properties here, and what translate.append_fields adds",
    "setOnce": "user properties that are set once are campaign and referrer here, and translate.set_once of traits",
    "setAlways": "user properties of events are campaign and referrer here",
    "add": "what is added to user properties is translate.increment here, of traits",
    "utm_properties": "the campaign is read from context.campaign here",
    "referrer": "the referrer is read from context.page.referrer here",
}


def _lacking(sub: Sub, key: str, done: Turned) -> None:
    default = shown(DEFAULTS[sub.action][key])
    why = f"Segment sends nothing there; here it is sent as by default ({default})"
    done.named.append(
        Named(
            sub.name, key, "nothing", why, "a translate.hook can take it out; or run all as it is: translate.mappings"
        )
    )


def _override(sub: Sub, key: str, given: Any, found: dict[str, dict[str, list[str] | None]], done: Turned) -> None:
    paths = paths_of(given)
    if paths is None:
        why = "[fields] reads paths, the first that is there"
        done.named.append(Named(sub.name, key, shown(given), why))
    elif key == "event_type" and paths == ["event"]:
        why = "pages and screens have no event, so that Segment refuses them; here they become Viewed …"
        done.named.append(Named(sub.name, key, shown(given), why))
    else:
        found.setdefault(key, {})[sub.name] = paths


def _special(sub: Sub, key: str, given: Any, done: Turned) -> bool:
    """Whether a key says something that holds here anyway, or has a setting of its own."""
    if key == "insert_id":
        return bool(normal(given) == {"@path": "messageId"})
    if key == "event_properties":
        return _appended(sub, given, done)
    return False


def _appended(sub: Sub, given: Any, done: Turned) -> bool:
    """``@merge`` of the properties and some paths: ``append_fields``."""
    said = normal(given)
    merge = said.get("@merge") if isinstance(said, dict) else None
    if not isinstance(merge, dict) or merge.get("direction") != "right":
        return False
    objects = merge.get("objects")
    if not isinstance(objects, list) or len(objects) != 2:
        return False
    first, more = objects
    if first != {"@path": "properties"} or not isinstance(more, dict) or any(key[:1] == "@" for key in more):
        return False
    paths = {name: paths_of(value) for name, value in more.items()}
    if not all(one is not None and len(one) == 1 for one in paths.values()):
        return False
    added = [(one[0], name) for name, one in paths.items() if one]
    before = done.tables.get("translate", {}).get("append_fields", {})
    every = {*before.items(), *added}
    if len({path for path, _ in every}) < len(every) or len({name for _, name in every}) < len(every):
        return False  # a path has one name there, and a name one path
    done.put("translate", "append_fields", {**before, **dict(added)})
    done.remark(f"{sub.name}: append_fields adds to every event, of whichever subscription")
    return True


def _fields(subs: list[Sub], found: dict[str, dict[str, list[str] | None]], done: Turned) -> None:
    """``[fields]`` is for all calls: subscriptions must agree, but for those in whose calls the paths never are, which
    have what they had before; not so ids, which are read from these paths alone."""
    for key, by_sub in found.items():
        wanted = {tuple(paths) for paths in by_sub.values() if paths}
        for paths in sorted(wanted):
            others = [sub.name for sub in subs if _differs(sub, key, paths, by_sub)]
            if key in MONEY:
                why = "[fields] sends it as revenue with every event that has it, not with Order Completed only"
                done.named += [Named(name, key, ", ".join(paths), why) for name, one in by_sub.items() if one]
            elif others or len(wanted) > 1:
                who = ", ".join(name for name, one in by_sub.items() if one and tuple(one) == paths)
                why = f"[fields] is for all calls, and {', '.join(others) or 'another subscription'} has it otherwise"
                done.named.append(Named(who, key, ", ".join(paths), why))
            else:
                done.put("fields", key, list(paths))
                _told(key, paths, done)


def _differs(sub: Sub, key: str, paths: tuple[str, ...], by_sub: dict[str, list[str] | None]) -> bool:
    if sub.name not in by_sub:
        return False
    own = by_sub[sub.name] or paths_of(DEFAULTS[sub.action].get(key)) or []
    never = "traits." if sub.action in EVENTS else "properties."
    reached = [path for path in paths if not path.startswith(never)]
    return (bool(reached) or key in IDS) and reached != own


def _told(key: str, paths: tuple[str, ...], done: Turned) -> None:
    default = paths_of(DEFAULTS["logEventV2"].get(key))
    if default and default != list(paths) and default[-1] not in paths and key not in IDS:
        done.remark(
            f"fields.{key}: where {' and '.join(paths)} is absent, {default[0]} is read here, and nothing at Segment"
        )


def _agent(subs: list[Sub], done: Turned) -> None:
    modes = {sub.name: _mode(sub) for sub in subs}
    for sub in subs:
        for key in ("userAgent", "userAgentData"):
            given = sub.mapping.get(key)
            if given is not None and not is_default(sub.action, key, given, sub.types):
                why = f"it is read from context.{key} here"
                done.named.append(Named(sub.name, key, shown(given), why))
    if len(set(modes.values())) > 1:
        said = ", ".join(f"{name}: {mode}" for name, mode in modes.items())
        done.named.append(Named("(several)", "userAgentParsing", said, "translate.user_agent is one for all calls"))
    elif modes and next(iter(modes.values())) != "parse":
        done.put("translate", "user_agent", next(iter(modes.values())))


def _mode(sub: Sub) -> str:
    if "userAgent" not in sub.mapping:
        return "off"
    parses, raw = sub.mapping.get("userAgentParsing") is True, sub.mapping.get("includeRawUserAgent") is True
    return {(True, False): "parse", (False, True): "raw", (True, True): "both"}.get((parses, raw), "off")


def _whole(subs: list[Sub], name: str, done: Turned) -> None:
    _agreed([sub for sub in subs if sub.action in EVENTS], "use_batch_endpoint", name, done)
    _agreed(subs, "min_id_length", name, done)
    if any(sub.mapping.get("trackRevenuePerProduct") is True for sub in subs if sub.action == "logPurchase"):
        done.put("translate", "revenue_per_product", True)


def _agreed(subs: list[Sub], key: str, name: str, done: Turned) -> None:
    said = {sub.name: sub.mapping.get(key) or None for sub in subs}
    found = set(map(str, said.values()))
    if len(found) > 1:
        what = ", ".join(f"{sub}: {value}" for sub, value in said.items())
        done.named.append(Named("(several)", key, what[:80], "it is one for all calls of a destination"))
        return
    value = next(iter(said.values()), None)
    if value is None:
        return
    table = done.tables.setdefault("destinations", {}).setdefault(name, {})
    if key == "use_batch_endpoint" and value is True:
        table["endpoint"] = "batch"
    elif key == "min_id_length" and isinstance(value, int) and 1 <= value <= 100:
        table["min_id_length"] = value
    else:
        done.named.append(Named("(all)", key, shown(value), "must be a value that Amplitude knows", "choose one"))


def _products(subs: list[Sub], done: Turned) -> None:
    """Here a product's event has all its keys (differences 9)."""
    for sub in subs:
        given = sub.mapping.get("products")
        if given is None:
            done.put("translate", "product_events", False)
        elif not is_default(sub.action, "products", given, sub.types) and normal(given) not in (
            {"@path": "properties.products"},
            {"@arrayPath": ["properties.products"]},
        ):
            why = "the products of an order are properties.products here, with all their keys"
            done.named.append(Named(sub.name, "products", shown(given), why))
