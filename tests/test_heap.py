"""What ``heap.settle`` changes, counted by the kernel: page faults of batches that come and go."""

import subprocess
import sys

import pytest

BATCHES = """
import gc, resource, sys
import orjson
from translator import heap

if sys.argv[1] == "settled":
    heap.settle(heap.FOR_LEASES)
text = orjson.dumps({"type": "track", "properties": {f"p{number}": "x" * 90 for number in range(10)}})

def batch():
    return [orjson.dumps(orjson.loads(text)) for _ in range(2000)]

batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    batch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, gc.get_threshold()[0], gc.get_freeze_count() > 1000)
"""


def run(how):
    done = subprocess.run([sys.executable, "-c", BATCHES, how], capture_output=True, text=True, check=True, timeout=60)
    faults, allocations, frozen = done.stdout.split()
    return int(faults), int(allocations), frozen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_a_batchs_memory_stays_for_the_next_one():
    faults, allocations, frozen = run("settled")
    assert (allocations, frozen) == (50_000, "True")
    without, _, _ = run("as it is")
    assert without > 2000, "else this test shows nothing"
    assert faults < without / 10
