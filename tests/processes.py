"""Real processes for tests: the service by gunicorn, on a free port, with its journal in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[1]
LEFT_OUT = ("TRANSLATOR", "AMPLITUDE", "SEGMENT", "JOURNAL", "DATABASE", "PORT", "PROMETHEUS", "SALESFORCE")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What a check says as soon as it says something; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := check():
                return found
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {check}")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A clean environment with a journal of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(LEFT_OUT)}
    return {**kept, "JOURNAL_URL": f"sqlite:///{folder}/journal.db", "PYTHONPATH": str(ROOT), **more}


class Running:
    """A process of ours."""

    process: subprocess.Popen[bytes]

    def kill_all(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        finally:
            self.kill_all()


class Service(Running):
    """The service as a process group; ``command`` after the interpreter."""

    def __init__(self, folder: Path, *command: str, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"log-{self.port}"
        self._command = [sys.executable, "-m", *(command or ("gunicorn", "app:app"))]
        self._env = environment(folder, PORT=str(self.port), TRANSLATOR__SERVER__HOST='"127.0.0.1"', **env)
        self.start()

    def start(self, *, wait: bool = True) -> None:
        """Start it (again), and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            until(lambda: self.get("/healthz").status_code == 200)

    def get(self, path: str) -> requests.Response:
        """GET."""
        return requests.get(self.url + path, timeout=5)

    def post(self, body: Any, **headers: str) -> requests.Response:
        """POST to the webhook."""
        return requests.post(self.url + "/webhook", json=body, headers=headers, timeout=15)

    def ready(self) -> dict[str, Any]:
        """What /readyz says."""
        found: dict[str, Any] = self.get("/readyz").json()
        return found

    def waiting(self) -> int:
        """How many calls wait, at all destinations; at least one where the journal cannot be read."""
        state = self.ready()
        return sum(int(one["waiting"]) for one in state["destinations"]) + int(state["journal"] != "ok")

    def pids(self, name: str) -> list[int]:
        """The processes of this group whose command line has ``name``."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and name in _command_line(entry) and _group(entry) == self.process.pid:
                found.append(int(entry.name))
        return found

    def kill_all(self) -> None:
        """SIGKILL for every process of the group at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Worker(Running):
    """A process that does not listen, such as ``translator deliver``; ``command`` after the interpreter."""

    def __init__(self, folder: Path, *command: str, **env: str) -> None:
        self.log = folder / f"worker-{time.monotonic_ns()}"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment(folder, **env), stdout=log, stderr=log
            )


def _command_line(entry: Path) -> str:
    try:
        return entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def _group(entry: Path) -> int:
    try:
        return os.getpgid(int(entry.name))
    except ProcessLookupError:
        return 0


PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
"""Python for the most memory that a process has held, in KB. Not ru_maxrss, in which a process begins with that of the one
which started it (2026-11-28: a test's own 775 MB)."""
