"""User agents → the os and device keys that Segment's destination adds (segment-actions.md section 5). Pure, cached.

Segment's destination asks @amplitude/ua-parser-js: versions 0.7.25 and 0.7.26 give all the 752 recorded answers of
segment_user_agents (2026-11-24). ``agentos``, ``agentbrowsers`` and ``agentdevices`` say what it would answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from translator.jsontext import text_of
from translator.translate.agentbrowsers import browser
from translator.translate.agentdevices import device
from translator.translate.agentos import system
from translator.translate.agentrules import agent_of
from translator.translate.paths import mapping, text
from translator.translate.reading import Reading

MAX_AGENT = 255
"""Characters that Segment's parser looks at (segment-actions.md section 5)."""


HINTS = (("os_version", "platformVersion"), ("device_model", "model"))
"""Keys that ``context.userAgentData`` knows better, and their names there."""


def agent_fields(reading: Reading) -> dict[str, Any]:
    """What the user agent says, under the setting ``translate.user_agent``."""
    mode = reading.settings.translate.user_agent
    agent = text(reading.context.get("userAgent"))
    if agent is None or mode == "off":
        return {}
    found: dict[str, Any] = parsed_agent(reading.context, agent) if mode in ("parse", "both") else {}
    if mode in ("raw", "both"):
        found["user_agent"] = agent
    return found


def parsed_agent(context: dict[str, Any], agent: str) -> dict[str, str]:
    """The keys of a user agent, and what ``userAgentData`` of a context knows better."""
    found = dict(parse_agent(agent[:MAX_AGENT]))
    if hints := mapping(context.get("userAgentData")):
        for key, name in HINTS:
            hint = hints.get(name)
            if isinstance(hint, (str, int, float)) and not isinstance(hint, bool):
                found[key] = text_of(hint)
        return {key: value for key, value in found.items() if value}
    return found


@lru_cache(maxsize=4096)
def parse_agent(agent: str) -> Mapping[str, str]:
    """Comes in: a user agent. Goes out: the four keys, those of which nothing is known left out; not to be changed.

    They are the name of the system, else of the browser; the major version of the browser; the vendor; the model, else
    the name of the system. Source: segment-actions.md section 5, 2026-11-24.
    """
    read = agent_of(agent)
    os_name = system(read)
    name, major = browser(read)
    vendor, model = device(read)
    found = {
        "os_name": os_name or name,
        "os_version": major,
        "device_manufacturer": vendor,
        "device_model": os_name if model is None else model,
    }
    return {key: value for key, value in found.items() if value}
