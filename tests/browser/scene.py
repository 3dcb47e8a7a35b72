"""What the pages show: the real service with a local Amplitude behind it, and calls of every fate."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from tests.processes import Service, environment, until
from translator import sandbox
from translator.reports.demo import demo_calls

PASSWORD = "correct horse battery"
HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
"""What no page may run. Escaped wrongly it sets ``window.hacked``, or the page's policy complains, which is told too."""

DEAD = {"type": "track", "event": "Refused by Amplitude", "userId": "user-dead", "messageId": "dead-1"}
HOSTILE_CALL: dict[str, Any] = {
    "type": "group", "userId": HOSTILE, "groupId": HOSTILE, "messageId": f"hostile {HOSTILE}",
    "traits": {"group_type": HOSTILE, "name": HOSTILE, HOSTILE: HOSTILE},
}  # fmt: skip
INVALID = {"type": "track", "userId": HOSTILE, "messageId": "invalid-1"}
TAME = {"type": "track", "userId": "user-7", "messageId": "invalid-1", "properties": {"plan": "pro"}}
FIGURES = """[
    {name = "Last 7 Day Active Users", measure = "active-users", window = "7 days"},
    {name = "Revenue, last 30 days", measure = "sum", of = "revenue", window = "30 days"},
]"""
PAIR = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}


class Scene:
    """``amplitude``: the sandbox. ``service``: looked at from this machine, with the demo calls, one that Amplitude
    refuses, and where ``hostile`` says so a hostile one and an invalid one."""

    def __init__(self, folder: Path, stack: ExitStack, hostile: bool) -> None:
        self._folder = folder
        self._stack = stack
        self.amplitude = sandbox.start()
        stack.callback(self.amplitude.stop)
        self.service = self._started("service")
        self._send(hostile)
        self._plan(hostile)
        self._count()

    @cached_property
    def guarded(self) -> Service:
        """Behind a proxy: nobody is of this machine, and PASSWORD lets in. Started when first asked for."""
        return self._started("guarded", DASHBOARD_PASSWORD=PASSWORD, TRANSLATOR__SERVER__BEHIND_PROXY="true")

    def call(self, text: str) -> str:
        """The address of the page of the newest call in which a text stands."""
        page = requests.get(f"{self.service.url}/calls", {"text": text}, timeout=5).text
        found: list[str] = re.findall(r'href="(/calls/\d+)"', page)
        return found[0]

    def _started(self, name: str, **env: str) -> Service:
        folder = self._folder / name
        folder.mkdir()
        service = Service(folder, **self._to(), **PAIR, **env)
        self._stack.callback(service.kill_all)
        until(lambda: service.ready()["ready"])
        return service

    def _send(self, hostile: bool) -> None:
        refuse = {"settings": {"refuse": {DEAD["messageId"]: 400}}}
        requests.post(f"{self.amplitude.url}/api/behaviour", json=refuse, timeout=5).raise_for_status()
        for call in [*demo_calls(datetime.now(UTC)), DEAD, *([HOSTILE_CALL] if hostile else [])]:
            assert self.service.post(call).json()["accepted"] == 1
        assert self.service.post(INVALID if hostile else TAME).status_code == 400
        until(lambda: self.service.waiting() == 0)
        # what is noted for people comes some seconds later
        until(lambda: "Organization" in self._page("/groups") and "p50 of the last hour" in self._page("/"))
        until(lambda: "Amplitude&#39;s answers" in self._page("/now/live"))

    def _plan(self, hostile: bool) -> None:
        """Put some group properties into the taxonomy."""
        planned = (
            {"group_property": "grp:employees", "type": "number", "description": "How many work there"},
            {"group_property": "grp:plan", "type": "enum", "enum_values": "free, team, enterprise"},
            {"group_property": "grp:email", "type": "string", "regex": "[^@]+@[^@]+", "description": "Of the account"},
            {"group_property": "grp:tags", "is_array_type": "true", "description": HOSTILE if hostile else "By sales"},
        )
        url = f"{self.amplitude.url}/api/2/taxonomy/group-property"
        for one in planned:
            sent = {"group_type": "Organization", **one}
            requests.post(url, data=sent, auth=("k", "s"), timeout=5).raise_for_status()

    def _count(self) -> None:
        """Compute figures of groups as tomorrow's run will: windows end where the day of the run begins."""
        folder, tomorrow = self._folder / "service", int((time.time() + 86_400) * 1000)
        command = [sys.executable, "-m", "translator", "kpi", "--due", str(tomorrow)]
        env = environment(folder, **self._to(), **PAIR)
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)

    def _to(self) -> dict[str, str]:
        return {
            "TRANSLATOR__DESTINATIONS__AMPLITUDE__API_KEY": "k",
            "TRANSLATOR__DESTINATIONS__AMPLITUDE__URL": self.amplitude.url,
            "TRANSLATOR__KPIS__PROPERTIES": FIGURES,
        }

    def _page(self, path: str) -> str:
        return requests.get(self.service.url + path, timeout=5).text


@contextmanager
def scene(folder: Path, *, hostile: bool = True) -> Iterator[Scene]:
    """A scene with its files in a folder, until the end of the block."""
    with ExitStack() as stack:
        yield Scene(folder, stack, hostile)
