"""The real service with two write keys, the sandbox behind it, and pages of another origin in front."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from tests.clients import sdks
from tests.clients.thief import Thief, certificate
from tests.processes import Service, until
from translator import sandbox

KEYS = {"website": "websitekey0123456789", "backend": "backendkey0123456789"}
"""Source = write key."""


class Pages:
    """A folder as a web server of its own: another origin than the service's, since its port is another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Scene:
    """``service``: what libraries send to. ``thief``: a way to it that loses answers. ``front``: a way by https to a
    service that hands out the browser's library. ``pages``: of an allowed origin; ``strangers``: of one that is not."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.amplitude = sandbox.start()
        stack.callback(self.amplitude.stop)
        self.pages, self.strangers = (self._pages(folder / name, stack) for name in ("pages", "strangers"))
        self.service = self.serve(folder, stack, workers=2)
        self.thief = Thief(self.service.port)
        stack.callback(self.thief.stop)
        self.front = Thief(tls=certificate(folder))
        stack.callback(self.front.stop)
        self.behind = self.serve(folder, stack, public_url=self.front.url, analytics_js=str(sdks.UMD))
        self.front.port = self.behind.port

    def serve(
        self, folder: Path, stack: ExitStack, *, workers: int = 1, public_url: str | None = None, **segment: Any
    ) -> Service:
        """A service with so many web workers; ``segment``: further keys of that table."""
        place = folder / f"service-{len(list(folder.iterdir()))}"
        place.mkdir()
        config = place / "translator.toml"
        public = f'[server]\npublic_url = "{public_url}"\n' if public_url else ""
        config.write_text(public + _configuration(self.amplitude.url, self.pages.url, segment))
        service = Service(place, "translator", "serve", TRANSLATOR_CONFIG=str(config), WEB_CONCURRENCY=str(workers))
        stack.callback(service.kill_all)
        until(lambda: service.ready()["ready"])
        return service

    def records(self, user: str) -> list[dict[str, Any]]:
        """What the sandbox has of a user, in order."""
        found: list[dict[str, Any]] = self._asked("events", user=user)
        return found

    def everything(self) -> list[dict[str, Any]]:
        """What the sandbox has, in order."""
        found: list[dict[str, Any]] = self._asked("events")
        return found

    def user(self, name: str) -> dict[str, Any]:
        """A user as the sandbox shows it."""
        found: dict[str, Any] = self._asked(f"users/{name}")
        return found

    def group(self, kind: str, value: str) -> dict[str, Any]:
        """A group as the sandbox shows it."""
        (found,) = [one for one in self._asked("groups") if (one["group_type"], one["group_value"]) == (kind, value)]
        return dict(found)

    def settled(self) -> None:
        """Wait until all calls are delivered."""
        until(lambda: self.service.waiting() == 0, 60)

    def _asked(self, path: str, **asked: str) -> Any:
        return requests.get(f"{self.amplitude.url}/api/{path}", asked, timeout=30).json()

    def _pages(self, folder: Path, stack: ExitStack) -> Pages:
        folder.mkdir()
        pages = Pages(folder)
        stack.callback(pages.stop)
        return pages


def counted(service: Service, name: str) -> float:
    """A counter of /metrics, all lines of it together; 0 while there is none."""
    lines = service.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def _configuration(amplitude: str, origin: str, segment: dict[str, Any]) -> str:
    more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in segment.items())
    keys = "".join(f"{source} = {json.dumps(key)}\n" for source, key in KEYS.items())
    return (
        f'[segment]\norigins = ["{origin}"]\n{more}[segment.write_keys]\n{keys}'
        '[groups]\ntype_trait = "group_type"\nvalue_trait = "name"\n'
        "[translate]\nalias = true\n"
        f'[destinations.test]\napi_key = "k"\nurl = "{amplitude}"\n'
    )


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A scene with its files in a folder, until the end of the block."""
    with ExitStack() as stack:
        yield Scene(folder, stack)
