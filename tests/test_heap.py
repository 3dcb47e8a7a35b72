"""What ``heap.settle`` changes, counted by the kernel: page faults of batches that come and go."""

import subprocess
import sys

import pytest

BATCHES = """
import gc, resource, sys
import orjson
from translator import heap

if sys.argv[1] != "as it is":
    heap.settle(getattr(heap, sys.argv[1]), heap.OF_LEASES)
text = orjson.dumps({"type": "track", "properties": {f"p{number}": "x" * 90 for number in range(10)}})

def batch():
    if sys.argv[2] == "calls":
        return [orjson.dumps(orjson.loads(text)) for _ in range(2000)]
    return orjson.dumps(orjson.loads(b"[" + b",".join([text] * 400) + b"]"))

batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    batch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, gc.get_threshold()[0], gc.get_freeze_count() > 1000)
"""


def run(how, what):
    done = subprocess.run(
        [sys.executable, "-c", BATCHES, how, what], capture_output=True, text=True, check=True, timeout=60
    )
    faults, allocations, frozen = done.stdout.split()
    return int(faults), int(allocations), frozen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_a_batchs_memory_stays_for_the_next_one():
    faults, allocations, frozen = run("FOR_LEASES", "calls")
    assert (allocations, frozen) == (50_000, "True")
    without, _, _ = run("as it is", "calls")
    assert without > 2000, "else this test shows nothing"
    assert faults < without / 10


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
@pytest.mark.parametrize("kept", ["FOR_REQUESTS", "FOR_LEASES"])
def test_so_does_that_of_one_large_text(kept):
    faults, _, _ = run(kept, "an array")
    assert faults < 1000, "for 20 arrays of 400 KB; 5,000 where each large block is asked of the kernel"
