"""The parent's side of the process in which a user's function runs: asks it, and ends it when it hangs."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from translator import jsontext
from translator.errors import HookUnavailable, Untranslatable

START_SECONDS = 30.0
"""How long a user's module may take to be imported."""


class Host:
    """One process for one function, started when it is first needed; for one thread.

    ``seconds``: how long the function has for one call.
    """

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._deadline = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def begin(self) -> None:
        """A new call: its time begins. Raises HookUnavailable when the function cannot be loaded."""
        if self._line is None:
            self._start()
        self._deadline = time.monotonic() + self._seconds

    def ask(self, call: dict[str, Any], records: list[dict[str, Any]] | None) -> Any:
        """What the function says. Raises Untranslatable: hook_error for whatever it raises, hook_hangs."""
        assert self._line is not None, "begin comes first"  # noqa: S101  a mistake in this house, not a check of input
        try:
            self._line.send_bytes(jsontext.dumps({"call": call, "records": records}))
            said = self._receive(self._deadline)
        except (EOFError, OSError):
            raise self._failed(f"the hook ended its process ({self._ended()})") from None
        if said is None:
            self.close()
            raise Untranslatable("hook_hangs", {"": [f"the hook took more than {self._seconds:g} s"]})
        if "error" in said:
            raise self._failed(f"the hook raised {said['error']}")
        return said["answer"]

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _failed(self, said: str) -> Untranslatable:
        return Untranslatable("hook_error", {"": [said]})

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "translator.hooks.process", str(theirs.fileno())]
            # what the function prints must not get among what this process prints
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=2)
        self._line = Connection(ours.detach())
        try:
            self._line.send_bytes(jsontext.dumps({"hook": self._name, "path": sys.path}))
            said = self._receive(time.monotonic() + START_SECONDS)
        except (EOFError, OSError):
            said = {"error": f"its process ended ({self._ended()})"}
        if said is None or "error" in said:
            self.close()
            fault = f"took more than {START_SECONDS:g} s" if said is None else said["error"]
            raise HookUnavailable(f"translate.hook: {self._name!r} cannot be loaded: {fault}")

    def _receive(self, deadline: float) -> Any:
        """The next message, or None when there is none in time."""
        assert self._line is not None  # noqa: S101  as above
        if not self._line.poll(max(0.0, deadline - time.monotonic())):
            return None
        return jsontext.loads(self._line.recv_bytes())

    def _ended(self) -> str:
        process = self._process
        self._process = None
        if self._line is not None:
            self._line.close()
            self._line = None
        if process is None:
            return "unknown"
        try:
            code = process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"
