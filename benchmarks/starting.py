"""How soon a command has done its work: whole processes, with what a Python that does nothing takes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row
from tests.processes import environment

RUNS = 9
CALL = {
    "type": "group",
    "userId": "u1",
    "groupId": "g1",
    "traits": {"group_type": "Organization", "name": "Acme"},
}
TRANSLATOR = ("-c", "from translator.cli import main; main()")
"""As the installed command does."""

COMMANDS = {
    "translator --help": (*TRANSLATOR, "--help"),
    "translator translate, one call": (*TRANSLATOR, "translate"),
    "python -c pass": ("-c", "pass"),
}


def seconds() -> dict[str, float]:
    """What is run, and the median of RUNS in seconds. In turn, so that a busy minute of the machine counts for all."""
    with tempfile.TemporaryDirectory() as folder:
        rounds = [{what: _run(command, Path(folder)) for what, command in COMMANDS.items()} for _ in range(RUNS + 1)]
    # the first may find no compiled code, and cold files
    return {what: statistics.median(one[what] for one in rounds[1:]) for what in COMMANDS}


def rows() -> Iterator[Row]:
    """Beside an interpreter that does nothing."""
    found = seconds()
    bare = "python -c pass"
    for name, key in (("translator translate, one call", "start-translate"), ("translator --help", "start-help")):
        yield Row(name, found[name], bare, found[bare], key, "s")


def _run(command: tuple[str, ...], folder: Path) -> float:
    text = json.dumps(CALL).encode()
    env = environment(folder)
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # some machines say so; an installed package has its compiled code
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, env=env, input=text, capture_output=True, check=True)
    return time.perf_counter() - began
