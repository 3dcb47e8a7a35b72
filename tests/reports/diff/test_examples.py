"""The examples of the docs are what the command makes now."""

import subprocess
import sys

import pytest

from tests.processes import ROOT, environment

FOLDER = ROOT / "docs" / "examples"


@pytest.mark.parametrize("name", ["diff.txt", "diff.html"])
def test_an_example_is_what_the_command_makes(tmp_path, name):
    """To make it anew: the command below, in docs/examples, with its output into the file."""
    shape = {"txt": "text", "html": "html"}[name.partition(".")[2]]
    command = ["diff", "diff-old.toml", "diff-new.toml", "../../fixtures/workbench/calls.jsonl", "--format", shape]
    done = subprocess.run(
        [sys.executable, "-m", "translator", *command],
        cwd=FOLDER, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout == (FOLDER / name).read_text()
