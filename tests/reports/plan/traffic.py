"""Traffic of a product for companies, made from a seed, with answers that are known beforehand."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 10, 1, 8, tzinfo=UTC)
FIRST = (
    "Northwind",
    "Contoso",
    "Fabrikam",
    "Initech",
    "Globex",
    "Umbrella",
    "Stark",
    "Wayne",
    "Acme",
    "Hooli",
    "Vandelay",
    "Tyrell",
)
SECOND = ("Traders", "Logistics", "Foods", "Software", "Energy", "Health", "Media", "Bank", "Airlines", "Robotics")
INDUSTRIES = ("Finance", "Healthcare", "Retail", "Software")
PLANS = ("enterprise", "free", "team")
EVENTS = ("Report Viewed", "Report Exported", "Dashboard Opened", "Teammate Invited")


@dataclass(frozen=True)
class Shape:
    """How much of what. ``moving``: users that change accounts once; ``swinging``: users that go to and fro.
    ``untyped``: further group calls without group_type; ``unnamed``: accounts without a website; ``misspelt``: accounts
    whose name comes in two spellings. ``strangers``: visitors that stay anonymous, with a page call each."""

    accounts: int = 12
    users: int = 40
    moving: int = 4
    swinging: int = 2
    untyped: int = 3
    unnamed: int = 5
    misspelt: int = 1
    strangers: int = 15
    events: int = 6
    seed: int = 7
    step: timedelta = field(default=timedelta(minutes=7))


WORKBENCH = Shape()


def calls(shape: Shape = WORKBENCH) -> Iterator[dict[str, Any]]:
    """The calls, in order of time."""
    for number, call in enumerate(_calls(shape, random.Random(shape.seed)), 1):
        yield {"messageId": f"call-{number:05}", "timestamp": _time(shape, number), **call}


def account(number: int, spelling: int = 0) -> dict[str, Any]:
    """The traits of an account. ``spelling``: of its name."""
    name = f"{FIRST[number % len(FIRST)]} {SECOND[number // len(FIRST) % len(SECOND)]}"
    name += f" {number // (len(FIRST) * len(SECOND)) + 1}" if number >= len(FIRST) * len(SECOND) else ""
    return {
        "group_type": "Company",
        "name": name.lower() if spelling else name,
        "industry": INDUSTRIES[number % len(INDUSTRIES)],
        "plan": PLANS[number % len(PLANS)],
        "employees": 10 + number * 7 if number else "12",
        "trial": number % 5 == 0,
    }


def group_id(number: int) -> str:
    return str(1_004_200 + number * 17)


def _calls(shape: Shape, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(shape.strangers):
        yield {
            "type": "page",
            "anonymousId": f"device-{number:04}",
            "name": "Pricing",
            "properties": {"path": "/pricing"},
        }
    for number in range(shape.users):
        home = number % shape.accounts
        user = f"user-{number:04}"
        yield {
            "type": "identify",
            "userId": user,
            "traits": {"email": f"{user}@example.com", "role": chance.choice(("admin", "member"))},
        }
        yield _group(user, home, shape, number)
        yield from _work(user, shape, chance)
    for number in range(shape.moving + shape.swinging):
        user, away = f"user-{number:04}", (number + 1) % shape.accounts
        yield _group(user, away, shape, number)
        yield from _work(user, shape, chance)
        if number >= shape.moving:
            yield _group(user, number % shape.accounts, shape, number)
            yield from _work(user, shape, chance)
    for number in range(shape.untyped):
        traits = {"name": account(number)["name"]}
        yield {
            "type": "group",
            "userId": f"user-{number + shape.users:04}",
            "groupId": group_id(number),
            "traits": traits,
        }


def _group(user: str, number: int, shape: Shape, turn: int) -> dict[str, Any]:
    spelling = int(number < shape.misspelt and turn >= shape.accounts)
    more = {} if number < shape.unnamed else {"website": f"https://account-{number}.example.com"}
    return {
        "type": "group",
        "userId": user,
        "groupId": group_id(number),
        "traits": {**account(number, spelling), **more},
    }


def _work(user: str, shape: Shape, chance: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(shape.events):
        name = chance.choice(EVENTS)
        yield {
            "type": "track",
            "userId": user,
            "event": name,
            "properties": {"report": f"r-{chance.randrange(50)}", "seconds": chance.randrange(90)},
        }


def _time(shape: Shape, number: int) -> str:
    return (START + shape.step * number).isoformat().replace("+00:00", "Z")


def lines(shape: Shape = WORKBENCH) -> str:
    """The calls as JSON lines."""
    return "".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls(shape))


if __name__ == "__main__":
    sys.stdout.write(lines())
