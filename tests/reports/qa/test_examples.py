"""docs/examples are what the command makes now; ``python -m tests.reports.qa.test_examples`` writes them anew."""

import subprocess
import sys

import pytest

from tests.processes import ROOT, environment

PAIR = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}
COMMAND = ("qa", "docs/examples/qa-plan.json", "fixtures/workbench/calls.jsonl")
EXAMPLES = {"qa.txt": "text", "qa.html": "html"}


def made(shape: str) -> bytes:
    """What the command says, in a format; something is not as planned."""
    done = subprocess.run(
        [sys.executable, "-m", "translator", *COMMAND, "--format", shape],
        cwd=ROOT, env=environment(ROOT, **PAIR), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_the_command_makes_now(name):
    assert (ROOT / "docs" / "examples" / name).read_bytes() == made(EXAMPLES[name])


if __name__ == "__main__":
    for one, form in EXAMPLES.items():
        (ROOT / "docs" / "examples" / one).write_bytes(made(form))
