"""The demo calls: sent through the real webhook, signed, with fresh ids; then a table of what arrived."""

from __future__ import annotations

import json
import secrets
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from translator.parcels import Json
from translator.reports.files import demo_folder, listed, messages
from translator.reports.posting import post_calls
from translator.settings.values import Settings

WAIT_SECONDS = 30.0


def demo_calls(now: datetime) -> list[Json]:
    """The demo calls in their order, with a messageId that no run had before and the present time."""
    run = secrets.token_hex(4)
    calls = [call for file in listed([demo_folder()]) for call in messages(file)]
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        {**call, "messageId": f"demo-{run}-{number:02}", "timestamp": stamp} for number, call in enumerate(calls, 1)
    ]


def run_demo(settings: Settings, service: str, sandbox: str) -> None:
    """Send the demo calls to a running service, wait until they have arrived in its sandbox, print what did.

    ``service``, ``sandbox``: their addresses. Raises NotAccepted when the service does not take a call.
    """
    calls = demo_calls(datetime.now(UTC))
    for call in calls:
        post_calls(f"{service}/webhook", [call], settings.segment)
    waiting = _delivered(service)
    console = Console()
    console.print(f"\n[bold]{len(calls)} signed Segment calls sent to {service}/webhook; this arrived in Amplitude:")
    for table in (_users(sandbox), _groups(sandbox), _events(sandbox, len(calls))):
        console.print(table)
    if waiting:
        console.print(f"[yellow]{waiting} calls still wait: see {service}/readyz and translator dead list")
    for line in _books(service):
        console.print(line)


def _delivered(service: str) -> int:
    """Wait until nothing waits; how many calls still do after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    waiting = 1
    while waiting and time.monotonic() < deadline:
        time.sleep(0.2)
        waiting = sum(one["waiting"] for one in _get(f"{service}/readyz")["destinations"])
    return waiting


def _books(service: str) -> list[str]:
    """The books of each destination, in a line: of this journal, earlier runs included."""
    words = ("delivered", "ignored", "dead", "waiting")
    return [
        f"{one['name']}: accepted {one['accepted']} = " + " + ".join(f"{word} {one[word]}" for word in words)
        for one in _get(f"{service}/readyz")["destinations"]
    ]


def _users(sandbox: str) -> Table:
    table = _table("users", "user", "groups", "user properties", "events")
    for user in _get(f"{sandbox}/api/users"):
        name = user["user_id"] or ", ".join(user["device_ids"])
        full = _get(f"{sandbox}/api/users/{quote(user.get('key') or name, safe='')}")
        table.add_row(name, _pairs(full["groups"]), _pairs(full["user_properties"]), str(full["events"]))
    return table


def _groups(sandbox: str) -> Table:
    table = _table("groups", "group type", "group value", "group properties", "members", "events")
    for group in _get(f"{sandbox}/api/groups"):
        members = ", ".join(group["users"])
        properties = _pairs(group["group_properties"])
        table.add_row(group["group_type"], group["group_value"], properties, members, str(group["events"]))
    return table


def _events(sandbox: str, count: int) -> Table:
    table = _table("events", "event", "user", "groups of this event", "revenue")
    for one in _get(f"{sandbox}/api/events?limit={count * 3}"):
        body = one["body"]
        if body.get("event_type", "").startswith("$"):
            continue
        who = body.get("user_id") or body.get("device_id") or ""
        table.add_row(body.get("event_type"), who, _pairs(body.get("groups", {})), str(body.get("revenue", "")))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _pairs(values: Json) -> str:
    return "\n".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in values.items()
    )


def _get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310  our own http addresses
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)
