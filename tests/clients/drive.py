"""Sends what the first line of the input asks for by Segment's Python library; says the message ids.

Run with the interpreter of .venv/segment, without the rest of this house.
"""

import json
import re
import sys
import threading
from typing import Any

from segment.analytics import Client


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    failed: list[str] = []
    client = Client(
        asked["key"],
        host=asked["host"],
        on_error=lambda error, batch: failed.extend(one["messageId"] for one in batch),
        **asked["options"],
    )
    closed = threading.Event()
    threading.Thread(target=wait_for_the_end, args=(closed,), daemon=True).start()
    ids = made(client, asked["calls"])
    while asked["again"] and not closed.wait(0.02):
        ids += made(client, asked["calls"])
    client.shutdown()
    print(json.dumps({"ids": ids, "failed": failed}))  # noqa: T201  what the test reads


def wait_for_the_end(closed: threading.Event) -> None:
    """Until the input is closed."""
    sys.stdin.read()
    closed.set()


def made(client: Client, calls: list[Any]) -> list[str]:
    """Make each call; the message ids."""
    ids = []
    for method, given in calls:
        taken, message = getattr(client, method)(**{snake(key): value for key, value in given.items()})
        assert taken
        ids.append(message["messageId"])
    return ids


def snake(key: str) -> str:
    """userId is user_id here."""
    return re.sub("[A-Z]", lambda one: f"_{one[0].lower()}", key)


main()
