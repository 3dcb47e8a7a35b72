"""What commands say of a journal in Kafka, each in a process of its own."""

import re
import subprocess
import sys

import pytest

from tests.processes import environment
from translator.journal.kafka.address import parsed

MAIN = "from translator.cli import main; main()"
WITHOUT = f"import sys; sys.modules['confluent_kafka'] = None; {MAIN}"
"""Where the extra is not installed."""


@pytest.fixture
def run(tmp_path, kafka_url):
    return runner(tmp_path, kafka_url)


def runner(folder, url):
    more = {f"TRANSLATOR__JOURNAL__KAFKA__{name}": value for name, value in SIZES.items()}

    def run(*arguments, code=MAIN, **said):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=folder, env=environment(folder, JOURNAL_URL=url, **more, **said), capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


SIZES = {"PARTITIONS": "3", "REPLICATION": "1", "MIN_INSYNC": "1"}


def test_init_makes_what_is_missing_and_a_second_time_nothing(run, kafka_url):
    address = parsed(kafka_url)
    first, second = run("journal", "init"), run("journal", "init")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert f"{address.topic}: made, partitions 3, copies 1" in first.stdout.splitlines()
    assert second.stdout == first.stdout.replace(": made,", ": was there,")
    assert len(second.stdout.splitlines()) >= 7


def test_init_names_what_cannot_be_used_and_makes_nothing(run, kafka, kafka_url):
    kafka.create(kafka_url.rpartition("/")[2], 3)
    done = run("journal", "init")
    assert done.returncode != 0
    assert "retention.ms is 604800000 and must be -1" in done.stderr
    assert "kafka-configs.sh" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_says_which_brokers_and_that_duplicates_are_amplitudes_to_remove(run, kafka_url):
    assert run("journal", "init").returncode == 0
    done = run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if "journal: " in line]
    assert re.match(r"ok +journal: engine kafka, brokers 1, partitions 3, .*librdkafka \d.*, encrypted no, ", lines[0])
    assert kafka_url.removeprefix("kafka://") in lines[0]
    assert lines[1].split(maxsplit=1) == [
        "note",
        "journal: a message that comes twice is not recognised at the door: it is accepted, and delivered, twice, and "
        "Amplitude takes the second for the first by its insert_id, within 7 days",
    ]
    assert len(lines) == 2


def test_check_of_another_journal_says_nothing_of_duplicates(tmp_path):
    done = runner(tmp_path, f"sqlite:///{tmp_path}/journal.db")("check")
    assert "engine sqlite" in done.stdout
    assert "twice" not in done.stdout


def test_check_before_init_says_what_to_do(run):
    done = run("check")
    assert done.returncode == 1
    assert "`translator journal init` makes them" in done.stdout


@pytest.mark.parametrize("command", [("check",), ("status",), ("journal", "init"), ("dead", "list")], ids=" ".join)
def test_without_the_extra_it_is_said_what_to_install(tmp_path, command):
    done = runner(tmp_path, "kafka://127.0.0.1:9/t")(*command, code=WITHOUT)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "journal.url: kafka:// needs the extra kafka of this package" in said
    assert "pip install 'segment-amplitude-translator[kafka]'" in said
    assert "Traceback" not in said


def test_without_the_extra_other_journals_do(tmp_path):
    done = runner(tmp_path, f"sqlite:///{tmp_path}/journal.db")("check", code=WITHOUT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_error_of_our_own_is_not_taken_for_a_missing_extra(tmp_path):
    code = f"import sys; sys.modules['translator.journal.kafka.appending'] = None; {MAIN}"
    done = runner(tmp_path, "kafka://127.0.0.1:9/t")("check", code=code)
    assert done.returncode != 0
    assert "needs the extra" not in done.stdout + done.stderr
