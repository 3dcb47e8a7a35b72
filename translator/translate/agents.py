"""User agents → the os and device keys that Segment's destination adds (segment-actions.md section 5). Pure, cached.

The parser is ua-parser with the uap-core database. Segment uses another one, which names some things differently and
reads the model of an Android device as it stands: ``agentnames`` has these names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ua_parser import Result, parse

from translator.translate import agentnames as names
from translator.translate.agentbrowsers import browser
from translator.translate.agentos import system
from translator.translate.agentrules import agent_of
from translator.translate.paths import at, text
from translator.translate.reading import Reading

MAX_AGENT = 255
"""Characters that Segment's parser looks at (segment-actions.md section 5)."""


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
    result = parse(agent)
    read = agent_of(agent)
    os_name = system(read)
    name, major = browser(read)
    vendor, model = _device(agent, result)
    found = {
        "os_name": os_name or name,
        "os_version": major,
        "device_manufacturer": vendor,
        "device_model": model or os_name,
    }
    return tuple((key, value) for key, value in found.items() if value)


def _device(agent: str, result: Result) -> tuple[str, str]:
    """Vendor and model: of an Android device by its model as it stands, else by the database."""
    model = names.android_model(agent)
    if model:
        return names.vendor(model), names.short(model)
    console = names.console(agent)
    if console:
        return console
    if not result.device:
        return "", ""
    brand = names.BRANDS.get(result.device.brand or "", result.device.brand or "")
    found = names.MODELS.get(result.device.model or "", result.device.model or "")
    # a brand without a model is a guess of the database from the system alone
    return (brand, found) if found else ("", "")
