"""10,000 calls of about 1 KB: 60 % track, 20 % identify, 10 % group, 10 % page; 4 user agents. The same for every run."""

from __future__ import annotations

import json
import random

AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
)


def lines(count: int = 10_000, seed: int = 1, prefix: str = "bench") -> list[bytes]:
    """JSON texts of calls, one each."""
    chance = random.Random(seed)
    return [_line(chance, number, prefix) for number in range(count)]


def _line(chance: random.Random, number: int, prefix: str) -> bytes:
    kind = chance.choices(("track", "identify", "group", "page"), (60, 20, 10, 10))[0]
    user = f"user-{chance.randrange(2000)}"
    message = {
        "type": kind,
        "messageId": f"{prefix}-{number:08}",
        "userId": user,
        "anonymousId": f"anon-{user}",
        "timestamp": "2024-03-10T17:04:05.678Z",
        "receivedAt": "2024-03-10T17:04:06.001Z",
        "context": {
            "ip": "8.8.8.8",
            "userAgent": chance.choice(AGENTS),
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "locale": "en-US",
            "page": {
                "url": "https://www.example.com/a/b",
                "referrer": "https://www.google.com/",
                "path": "/a/b",
                "title": "A page",
            },
            "campaign": {"source": "newsletter", "medium": "email", "name": "spring"},
        },
    }
    return json.dumps({**message, **_body(chance, kind)}, separators=(",", ":")).encode()


def _body(chance: random.Random, kind: str) -> dict[str, object]:
    words = {f"property_{index}": "some text of a usual length" for index in range(8)}
    if kind == "track":
        return {
            "event": chance.choice(("Signed Up", "Report Shared", "Order Completed")),
            "properties": {**words, "revenue": 25},
        }
    if kind == "page":
        return {"name": "Pricing", "properties": words}
    if kind == "identify":
        return {"traits": {**words, "email": "ada@example.com"}}
    return {
        "groupId": f"g-{chance.randrange(200)}",
        "traits": {**words, "group_type": "company", "name": f"c-{chance.randrange(200)}"},
    }
