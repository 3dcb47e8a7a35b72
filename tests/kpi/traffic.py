"""Made-up traffic, and its figures counted by hand: from the raw calls, in plain Python, by other means than ours."""

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

DAY = 86_400_000
HOUR = 3_600_000
RUN = int(datetime(2026, 11, 28, 4, tzinfo=UTC).timestamp() * 1000)
COMPANIES = ("acme", "Globex, Inc", 'ini\n"tech"', "Ümlaut ✓", "x\u0000y")
PLANS = ("free", "pro")

CONFIGURATION = """
[groups]
type_trait = "kind"
value_trait = "name"

[[groups.rules]]
type = "workspace"
value = "properties.workspace"
calls = ["track", "page"]

[kpis]
timezone = "{zone}"

[[kpis.properties]]
name = "Last 7 Day Active Users"
measure = "active-users"
window = "7 days"

[[kpis.properties]]
name = "Monthly Active Users"
measure = "active-users"
window = "last month"
group_type = "company"

[[kpis.properties]]
name = "Orders this week"
measure = "events"
window = "this week"
events = ["Order Placed"]

[[kpis.properties]]
name = "Pro orders, 30 days"
measure = "sum"
of = "cart.total"
window = "30 days"
events = "Order Placed"
where = {{plan = "pro"}}
"""

WINDOWS = {
    "Last 7 Day Active Users": ("2026-11-21", "2026-11-28"),
    "Monthly Active Users": ("2026-10-01", "2026-11-01"),
    "Orders this week": ("2026-11-23", "2026-11-28"),
    "Pro orders, 30 days": ("2026-10-29", "2026-11-28"),
}


def stamp(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def made(count, seed, users=60):
    """Raw calls with ``receivedAt`` (ms) in the order of their arrival, up to RUN; some come late."""
    dice = random.Random(seed)
    received = sorted(dice.randrange(RUN - 70 * DAY, RUN) for _ in range(count))
    return [_call(dice, number, at, users) for number, at in enumerate(received)]


def _call(dice, number, received, users):
    # some come days late, and one in a hundred from a clock that is an hour ahead
    at = received - dice.choice([0, 0, 0, 0, dice.randrange(9 * DAY), -HOUR if dice.random() < 0.05 else 0])
    who = dice.randrange(users)
    ids = dice.choice(
        [{"userId": f"u{who}"}, {"anonymousId": f"d{who}"}, {"userId": f"u{who}", "anonymousId": f"d{who}"}]
    )
    if dice.random() < 0.05:
        ids = {"anonymousId": f"stranger{dice.randrange(30)}"}
    body = {"messageId": f"m{number}", "timestamp": stamp(at), "receivedAt": received, **ids}
    word = dice.random()
    if word < 0.1:
        kind = dice.choice(["company", "company", "team"])
        return {**body, "type": "group", "groupId": "g", "traits": {"kind": kind, "name": dice.choice(COMPANIES)}}
    if word < 0.2:
        return {**body, "type": "identify", "traits": {"plan": "x"}}
    properties = {"workspace": dice.choice(COMPANIES[:2])} if dice.random() < 0.3 else {}
    if word < 0.4:
        return {**body, "type": "page", "name": "Home", "properties": properties}
    if word < 0.6:
        return {**body, "type": "track", "event": "Opened", "properties": properties}
    total = dice.choice([0.1, 0.2, 19.99, 5, "12", True, None])
    return {
        **body, "type": "track", "event": "Order Placed",
        "properties": {**properties, "plan": dice.choice(PLANS), "cart": {"total": total}},
    }  # fmt: skip


def moment(day, zone):
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000


def counted_by_hand(calls, zone="UTC"):
    """Type and value of each group to its figures by name, where there is one."""
    owner: dict[str, str] = {}
    for call in calls:
        if "userId" in call and "anonymousId" in call:
            owner.setdefault(call["anonymousId"], call["userId"])
    joins: dict[tuple[str, str], list[tuple[float, int, str]]] = {}
    for number, call in enumerate(calls):
        if call["type"] == "group":
            key = (_person(call, owner), call["traits"]["kind"])
            joins.setdefault(key, []).append((_at(call), number, call["traits"]["name"]))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for call in calls:
        if call["type"] in ("group", "identify"):
            continue
        person, at = _person(call, owner), _at(call)
        groups = {}
        for kind in ("company", "team"):
            before = [one for one in joins.get((person, kind), []) if one[0] <= at]
            if before:
                groups[kind] = max(before)[2]
        if workspace := call["properties"].get("workspace"):
            groups["workspace"] = workspace
        for group in groups.items():
            _count(found.setdefault(group, {}), group[0], call, person, at, zone)
    return {
        group: {name: len(one) if isinstance(one, set) else round(one, 6) for name, one in figures.items()}
        for group, figures in found.items()
        if figures
    }


def _count(figures, kind, call, person, at, zone):
    inside = {name for name, (first, end) in WINDOWS.items() if moment(first, zone) <= at < moment(end, zone)}
    if "Last 7 Day Active Users" in inside:
        figures.setdefault("Last 7 Day Active Users", set()).add(person)
    if "Monthly Active Users" in inside and kind == "company":
        figures.setdefault("Monthly Active Users", set()).add(person)
    if call.get("event") != "Order Placed":
        return
    if "Orders this week" in inside:
        figures["Orders this week"] = figures.get("Orders this week", 0) + 1
    total = call["properties"]["cart"]["total"]
    if "Pro orders, 30 days" in inside and call["properties"]["plan"] == "pro" and type(total) in (int, float):
        figures["Pro orders, 30 days"] = figures.get("Pro orders, 30 days", 0) + total


def _at(call):
    return datetime.fromisoformat(call["timestamp"]).timestamp() * 1000


def _person(call, owner):
    if "userId" in call:
        return call["userId"]
    return owner.get(call["anonymousId"], "device " + call["anonymousId"])
