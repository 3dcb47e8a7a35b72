"""What make scale reads from /proc, and what docs/kafka-scale.md plans with it."""

import subprocess
import sys

from benchmarks import planning
from benchmarks.processors import spent
from benchmarks.scale import Sight, _tenths

BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
COSTS = {"scale-accept-one": (1500.0, 300.0), "scale-accept-arrays": (60.0, 20.0), "scale-delivery": (100.0, 50.0)}


def row(value, **also):
    return {"value": value, "also": also}


def record():
    rows = {"scale-bytes/kafka-3": row(500.0), "scale-bytes-more/kafka-3": row(20.0)}
    for name, (ours, servers) in COSTS.items():
        cost = "delivery_us" if name == "scale-delivery" else "web_us"
        rows[f"{name}/1/kafka-3"] = row(1000.0, **{cost: ours, "server_us": servers})
        rows[f"{name}/2/kafka-3"] = row(1900.0, **{cost: ours / 2, "server_us": servers})
    return {"rows": rows, "python": "3", "processors": 2, "cpu": "x", "date": "2026-11-29"}


def test_the_time_of_a_process_has_that_of_its_children_which_have_ended():
    with subprocess.Popen(
        [sys.executable, "-c", f"{CHILD}; print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"\n"
        assert spent([process.pid]) >= 0.3
    assert spent([process.pid]) == 0


def test_what_counts_is_between_the_first_and_the_last_tenth():
    sights = [Sight(float(at), count, 0.0, 0.0) for at, count in enumerate((0, 5, 10, 50, 90, 95, 100))]
    assert [one.count for one in _tenths(sights)] == [10, 90]


def test_the_plan_takes_the_dearest_cell_and_keeps_half_of_each_processor_free():
    lines = planning.processors(record()).splitlines()
    assert "| web processes: accepted, arrays of 100 | 60 | 6 | 12 |" in lines
    assert "| brokers: delivered | 50 | 5 | 10 |" in lines
    assert "| delivery processes for 100,000 calls/s | 20 |" in planning.partitions(record())
    assert "| partitions, so that as many again can be added | 48 |" in planning.partitions(record())


def test_bytes_are_those_of_all_copies_and_days():
    lines = planning.volumes(record()).splitlines()
    assert "| between brokers, a second (3 copies) | 100 MB | 200 MB |" in lines
    assert "| calls kept 7 days, all brokers | 90.7 TB | 181 TB |" in lines


def test_rates_stand_by_processes_and_costs_as_a_span():
    assert "| Kafka, three brokers | delivered | 1,000 | 1,900 | 50 to 100 | 50 |" in planning.scale(record())
