"""User agents → the os and device keys that Segment's destination adds (segment-actions.md section 5). Pure, cached.

The parser is ua-parser with the uap-core database; NAMES turns its words into those of Segment's parser.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ua_parser import Result, parse

from translator.translate.paths import at, text
from translator.translate.reading import Reading

MAX_AGENT = 255
"""Characters that Segment's parser looks at (segment-actions.md section 5)."""

NAMES = {"Mac OS X": "Mac OS", "Other": ""}


def agent_fields(reading: Reading) -> dict[str, Any]:
    """What the user agent says, under the setting ``translate.user_agent``."""
    mode = reading.settings.translate.user_agent
    agent = text(at(reading.body, "context.userAgent"))
    if agent is None or mode == "off":
        return {}
    found: dict[str, Any] = dict(_parsed(reading.body, agent)) if mode in ("parse", "both") else {}
    if mode in ("raw", "both"):
        found["user_agent"] = agent
    return found


def _parsed(body: dict[str, Any], agent: str) -> dict[str, str]:
    found = dict(parse_agent(agent[:MAX_AGENT]))
    for key, path in (("os_version", "platformVersion"), ("device_model", "model")):
        hint = at(body, f"context.userAgentData.{path}")
        if isinstance(hint, str):
            found[key] = hint
    return {key: value for key, value in found.items() if value}


@lru_cache(maxsize=4096)
def parse_agent(agent: str) -> tuple[tuple[str, str], ...]:
    """The keys of one user agent: os name else browser; the browser's major version; vendor; model else os name."""
    return tuple(_keys(parse(agent)).items())


def _keys(result: Result) -> dict[str, str]:
    browser, system, device = result.user_agent, result.os, result.device
    name = _word(system.family if system else None) or _word(browser.family if browser else None)
    found = {
        "os_name": name,
        "os_version": browser.major if browser else None,
        "device_manufacturer": _word(device.brand if device else None),
        "device_model": _word(device.model if device else None) or name,
    }
    return {key: value for key, value in found.items() if value}


def _word(name: str | None) -> str:
    return NAMES.get(name or "", name or "")
