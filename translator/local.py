"""``translator serve --sandbox``: the service and a local Amplitude side by side, for as long as this process lives.

Comes in: ports, a configuration. Goes out: an exit code. Never here: a connection to anything but this machine.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from types import FrameType

import click

from translator.errors import SettingsError
from translator.serving import BESIDE
from translator.settings.load import CONFIG, SANDBOX_URL, child_environment, load_settings
from translator.settings.values import Settings

TRIAL = '{"type":"track","event":"Hello","userId":"user-1"}'
LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 30.0


def environment(config: str | None, host: str | None, port: int | None) -> dict[str, str]:
    """Command line options as the environment variables of child processes."""
    changes: dict[str, str] = {}
    if config:
        changes[CONFIG] = config
    if host:
        changes["TRANSLATOR__SERVER__HOST"] = f'"{host}"'
    if port is not None:
        changes["TRANSLATOR__SERVER__PORT"] = str(port)
    return changes


def serve_with_sandbox(changes: dict[str, str], sandbox_port: int, demo: bool) -> int:
    """Run both until one of them ends or a signal comes; with ``demo`` send the demo calls and show what arrived."""
    url = f"http://{LOOPBACK}:{sandbox_port}"
    changes = {"TRANSLATOR__SERVER__HOST": f'"{LOOPBACK}"', **changes, SANDBOX_URL: url}
    env = child_environment(**changes)
    if demo:
        env = _with_demo_settings(env)
    settings = load_settings(None, env)
    _only_loopback(settings)
    _free(sandbox_port, "--sandbox-port (make run SANDBOX_PORT=…)")
    _free(settings.server.port, "--port (make run PORT=…)")
    pair = Pair(env, sandbox_port)
    try:
        pair.start(settings)
        if demo:
            from translator.reports.demo import run_demo

            run_demo(settings, f"http://{LOOPBACK}:{settings.server.port}", url)
        _addresses(settings, url)
        return pair.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        pair.stop()


class Pair:
    """The two child processes: the sandbox and the service."""

    def __init__(self, env: dict[str, str], sandbox_port: int) -> None:
        self._env = env
        self._port = sandbox_port
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self, settings: Settings) -> None:
        """Start the sandbox, then the service; return when both answer. Raises SettingsError when one does not."""
        signal.signal(signal.SIGTERM, _interrupt)
        # killed, this process can stop nobody: the sandbox watches it
        self._run("sandbox", "--port", str(self._port), "--beside", str(os.getpid()))
        self._await(f"http://{LOOPBACK}:{self._port}/api/counts", "the sandbox")
        self._env = {**self._env, BESIDE: str(os.getpid())}
        self._run("serve")
        self._await(f"http://{LOOPBACK}:{settings.server.port}/readyz", "the service")

    def wait(self) -> int:
        """Until one of them ends: its exit code."""
        while True:
            for child in self._children:
                if child.poll() is not None:
                    return child.returncode or 1
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask both to end, the service first, and wait; kill what does not."""
        for child in reversed(self._children):
            if child.poll() is None:
                child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _run(self, *command: str) -> None:
        self._children.append(subprocess.Popen([sys.executable, "-m", "translator", *command], env=self._env))

    def _await(self, url: str, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._children[-1].poll() is not None:
                break
            if _answers(url):
                return
            time.sleep(0.1)
        raise SettingsError(f"{name} did not start; see above for its reason")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  our own http address
            return bool(response.status == 200)
    except OSError:
        return False


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _with_demo_settings(env: dict[str, str]) -> dict[str, str]:
    """The trait pair of the guide's example, where nothing else is configured. No secret: this machine may send, so
    that people can try calls of their own by hand."""
    settings = load_settings(None, env)
    if settings.groups.type_trait is None and settings.groups.value_trait is None and not settings.groups.rules:
        env = {**env, "AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}
    return env


def _only_loopback(settings: Settings) -> None:
    if settings.server.host != LOOPBACK:
        raise SettingsError(f"server.host: {settings.server.host!r} must be {LOOPBACK} with --sandbox")


def _free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise SettingsError(f"port {port} on {LOOPBACK}: {error.strerror}; choose another: {option}") from None


def _addresses(settings: Settings, sandbox_url: str) -> None:
    base = f"http://{LOOPBACK}:{settings.server.port}"
    click.echo(f"\nwebhook   {base}/webhook   (try it: curl -d '{TRIAL}' {base}/webhook)")
    sources = ", ".join(sorted(set(settings.segment.write_keys.values())))
    key = f"with a write key of {sources}" if sources else "with any write key"
    click.echo(f"SDKs      {base}   (the host for Segment's own SDKs, {key})")
    click.echo(f"pages     {base}/   (calls, groups, dead letters, playground)   {base}/readyz   {base}/metrics")
    click.echo(f"sandbox   {sandbox_url}/   (a local Amplitude: users, groups, events)\nCtrl-C ends all of it.")
