"""The service as real processes: gunicorn, and delivery beside it."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, Service, environment, free_port, until
from translator.receive.signature import sign

CALL = {"type": "track", "event": "e", "userId": "user-1", "messageId": "m1"}


@pytest.fixture
def serve(tmp_path):
    made = []

    def build(*command, **env):
        service = Service(tmp_path, *command, **env)
        made.append(service)
        return service

    yield build
    for service in made:
        service.kill_all()


def to(amplitude):
    return {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}


@pytest.mark.parametrize("command", [("gunicorn", "app:app"), ("translator", "serve")], ids=["gunicorn", "translator"])
def test_one_line_is_the_whole_service(serve, amplitude, command):
    service = serve(*command, **to(amplitude))
    until(lambda: service.ready()["ready"])
    assert service.post(CALL).json()["accepted"] == 1
    until(lambda: amplitude.store.counts["event"] == 1)
    assert service.ready()["delivery"] == 1
    assert service.stop() == 0
    assert service.pids("translator deliver") == []


def test_a_killed_delivery_is_started_again(serve, amplitude):
    service = serve(**to(amplitude))
    (first,) = until(lambda: service.pids("translator deliver"))
    until(lambda: service.ready()["delivery"] == 1)
    os.kill(first, signal.SIGKILL)
    (second,) = until(lambda: [pid for pid in service.pids("translator deliver") if pid != first])
    assert second != first
    service.post(CALL)
    until(lambda: amplitude.store.counts["event"] == 1)


def noted_pid(service):
    environ = Path(f"/proc/{service.pids('translator deliver')[0]}/environ").read_bytes().split(b"\0")
    (folder,) = [one.partition(b"=")[2].decode() for one in environ if one.startswith(b"TRANSLATOR_RUNTIME_FOLDER=")]
    return int((Path(folder) / "delivery.lock").read_text() or 0)


def test_a_delivery_that_dies_while_the_disk_is_full_is_started_again_and_found_by_a_reload(serve, amplitude):
    service = serve(TRANSLATOR__SERVER__WORKERS="1", **to(amplitude))
    (first,) = until(lambda: service.pids("translator deliver"))
    (worker,) = [pid for pid in service.pids("gunicorn") if pid != service.process.pid]
    # a limit of the kernel stands for a disk that is full: the worker cannot even write down a pid
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    for _ in range(2):
        (current,) = until(lambda: service.pids("translator deliver"))
        os.kill(current, signal.SIGKILL)
        until(lambda: set(service.pids("translator deliver")) - {current})  # noqa: B023  called at once
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (last,) = service.pids("translator deliver")
    resource.prlimit(last, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert last != first
    until(lambda: noted_pid(service) == last)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: set(service.pids("translator deliver")) - {last}, 30)
    until(lambda: service.ready()["ready"])
    service.post(CALL)
    until(lambda: amplitude.store.counts["event"] == 1)


def test_there_is_one_delivery_for_several_workers(serve, amplitude):
    service = serve(TRANSLATOR__SERVER__WORKERS="3", **to(amplitude))
    until(lambda: service.ready()["delivery"] == 1)
    assert len(service.pids("translator deliver")) == 1


def test_when_the_master_is_killed_all_of_it_ends(serve, amplitude):
    service = serve(**to(amplitude))
    until(lambda: service.pids("translator deliver"))
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    until(lambda: not service.pids("translator deliver") and not service.pids("gunicorn"))


def test_gunicorn_without_its_configuration_says_that_no_delivery_is_alive(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "/dev/null", "--bind", f"127.0.0.1:{port}", "app:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    try:
        state = until(lambda: requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).json())
        assert state["problems"] == ["no delivery is alive", "no destination"]
    finally:
        process.terminate()
        process.wait()


def test_metrics_of_all_processes_add_up(serve, amplitude):
    service = serve(TRANSLATOR__SERVER__WORKERS="2", **to(amplitude))
    for number in range(20):
        service.post({**CALL, "messageId": f"m{number}"})
    until(lambda: amplitude.store.counts["event"] == 20)
    until(lambda: 'translator_delivered_total{destination="test"} 20.0' in service.get("/metrics").text)
    assert 'translator_calls_total{outcome="accepted",type="track"} 20.0' in service.get("/metrics").text


def run_command(folder, *command, **env):
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment(folder, **env),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_what_processes_count_over_time_is_on_the_page_and_survives_a_restart(serve, amplitude):
    service = serve(TRANSLATOR__SERVER__WORKERS="2", **to(amplitude))
    for number in range(6):
        assert service.post({**CALL, "messageId": f"m{number}"}).status_code == 200

    def page():
        return requests.get(f"{service.url}/now/live", timeout=5).text

    until(lambda: "6 calls came in the last hour" in page())
    until(lambda: "p50 of the last hour" in page() and amplitude.store.counts["event"] == 6)
    assert service.stop() == 0
    service.start()
    assert "6 calls came in the last hour" in page()
    series = requests.get(f"{service.url}/now/series?span=day", timeout=5).json()
    assert len(series["x"]) == 144


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_command(tmp_path, "translator", "serve", "--port", port)
    assert done.returncode == 2
    assert f"translator: port {port} on 127.0.0.1: Address already in use; choose another: PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("translator", "serve"), ("gunicorn", "app:app")], ids=["translator", "gunicorn"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GROUPS__FALLBACK", "nine", "groups.fallback: 'nine' must be one of: segment-group, none, reject"),
        (
            "SEGMENT__ANALYTICS_JS",
            "umd",
            "segment.analytics_js: 'umd' has no index.js and no standalone.js; it must be",
        ),
    ],
    ids=["no choice", "no folder with the browser's library"],
)
def test_a_wrong_configuration_is_one_clear_line(tmp_path, command, name, value, said):
    done = run_command(tmp_path, *command, **{f"TRANSLATOR__{name}": value}, PORT=str(free_port()))
    assert done.returncode == 2
    assert f"translator: {said}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_destination_that_vanished_while_calls_wait_stops_the_start(serve, tmp_path):
    port = free_port()
    service = serve(
        TRANSLATOR__DESTINATIONS__OLD__API_KEY="k", TRANSLATOR__DESTINATIONS__OLD__URL=f"http://127.0.0.1:{port}"
    )
    service.post(CALL)
    service.stop()
    done = run_command(tmp_path, "translator", "serve", PORT=str(free_port()), AMPLITUDE_API_KEY="k")
    assert done.returncode == 2
    assert "calls wait for destinations that the configuration does not name: old (1 waiting)" in done.stderr


def test_the_start_says_what_may_not_be_meant(serve):
    service = serve()
    log = until(service.log.read_text)
    for said in ("calls are accepted from this machine only", "user-level groups cannot be unset", "no destination"):
        assert log.count(said) == 1, said


def test_a_database_that_is_not_used_is_said_at_the_start(serve):
    service = serve(DATABASE_URL="mysql://u:hush@h/db")
    assert "DATABASE_URL is set, but the journal is an SQLite file" in service.log.read_text()
    assert "hush" not in service.log.read_text()


def test_a_signature_sent_twice_is_refused_and_the_service_goes_on(serve):
    service = serve(SEGMENT_SHARED_SECRET="s")
    body = json.dumps(CALL).encode()
    for times, status in ((2, 401), (0, 401), (1, 200)):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
        connection.putrequest("POST", "/webhook")
        for _ in range(times):
            connection.putheader("X-Signature", sign("s", body))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        assert connection.getresponse().status == status
        connection.close()


def test_a_body_over_the_limit_is_413_with_and_without_a_length(serve):
    service = serve(TRANSLATOR__SERVER__MAX_BODY_BYTES="100000")
    body = b" " * 100_001
    assert requests.post(service.url + "/webhook", data=body, timeout=5).status_code == 413
    chunked = requests.post(service.url + "/webhook", data=iter([body]), timeout=5)
    assert (chunked.status_code, chunked.json()) == (413, {"error": "the body is larger than 100000 bytes"})
    assert service.post(CALL).status_code == 200


def test_when_the_disk_takes_no_more_it_says_503_and_goes_on_when_it_does(serve):
    service = serve(TRANSLATOR__SERVER__WORKERS="1")
    big = {**CALL, "properties": {"t": "x" * 20_000}}
    assert service.post({**big, "messageId": "first"}).status_code == 200
    (worker,) = [pid for pid in service.pids("gunicorn") if pid != service.process.pid]
    # a limit of the kernel stands for a disk that is full: writes beyond it fail
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    answers = [service.post([{**big, "messageId": f"m{number}-{part}"} for part in range(3)]) for number in range(10)]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert refused[0].headers["Retry-After"] == "5"
    assert service.get("/healthz").status_code == 200
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert service.post({**CALL, "messageId": "last"}).status_code == 200
    accepted = sum(answer.json()["accepted"] for answer in answers if answer.status_code == 200)
    text = service.get("/metrics").text
    assert f'translator_journal_calls_total{{outcome="accepted"}} {float(accepted + 2)}' in text
    assert accepted % 3 == 0, "an array is on disk whole or not at all"


def test_a_worker_that_starts_on_a_full_disk_says_503_from_its_first_answer_on(serve):
    service = serve(TRANSLATOR__SERVER__WORKERS="1")
    (worker,) = [pid for pid in service.pids("gunicorn") if pid != service.process.pid]
    # it has not counted anything yet, and cannot make the file in which it would
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    for _ in range(2):
        answer = service.post(CALL)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert service.post(CALL).json()["accepted"] == 1
    assert 'translator_calls_total{outcome="accepted",type="track"} 1.0' in service.get("/metrics").text


class Load:
    """Calls one after another over connections of their own, each sent until it is answered 200."""

    def __init__(self, service):
        self.service = service
        self.answered: list[str] = []
        self.failures = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._stop.is_set():
            name = f"load-{number}"
            message = {**CALL, "messageId": name, "userId": f"user-{number % 20}"}
            try:
                answer = requests.post(
                    self.service.url + "/webhook", json=message, headers={"Connection": "close"}, timeout=10
                )
            except requests.RequestException:
                self.failures += 1
                continue
            assert answer.status_code == 200
            self.answered.append(name)
            number += 1

    def stop(self):
        self._stop.set()
        self._thread.join()


def test_a_reload_under_load_loses_nothing_and_delivers_under_the_new_configuration(serve, amplitude, tmp_path):
    config = tmp_path / "translator.toml"
    table = f'[destinations.test]\napi_key = "k"\nurl = "{amplitude.url}"\n'
    config.write_text(table)
    service = serve(TRANSLATOR_CONFIG=str(config))
    until(lambda: service.ready()["ready"])
    (first,) = service.pids("translator deliver")
    load = Load(service)
    until(lambda: len(load.answered) > 30 and amplitude.store.counts["event"] > 0)
    config.write_text(table + '[translate]\nversion_name = "seven"\n')
    service.process.send_signal(signal.SIGHUP)
    until(lambda: [pid for pid in service.pids("translator deliver") if pid != first])
    count = len(load.answered)
    until(lambda: len(load.answered) > count + 50)
    load.stop()
    until(lambda: service.waiting() == 0)
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    assert {row["body"]["insert_id"] for row in rows} == set(load.answered)
    assert {row["body"].get("version_name") for row in rows} == {None, "seven"}


WRONG = {
    "an unknown table": "[segmnt]",
    "no TOML": "not toml",
    "no key": '[segment]\nwrite_keys = {web = "no key!"}',
    "no such hook": '[translate]\nhook = "nowhere:at_all"',
    "no such folder": '[segment]\nanalytics_js = "nowhere"',
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_reload_of_a_wrong_configuration_is_not_done(serve, amplitude, tmp_path, wrong):
    config = tmp_path / "translator.toml"
    table = f'[destinations.test]\napi_key = "k"\nurl = "{amplitude.url}"\n'
    config.write_text(table)
    service = serve(TRANSLATOR_CONFIG=str(config))
    until(lambda: service.ready()["ready"])
    (delivery,) = service.pids("translator deliver")
    workers = set(service.pids("gunicorn")) - {service.process.pid}
    requests.post(amplitude.url + "/api/behaviour", json={"next": 1000, "status": 503}, timeout=5)
    load = Load(service)
    until(service.waiting)
    config.write_text(f"{table}{WRONG[wrong]}\n")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded, the configuration before goes on" in service.log.read_text())
    until(lambda: not workers & set(service.pids("gunicorn")))
    assert service.ready()["destinations"][0]["name"] == "test"
    assert service.pids("translator deliver") == [delivery]
    requests.post(amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
    config.write_text(table + '[translate]\nversion_name = "seven"\n')
    service.process.send_signal(signal.SIGHUP)
    until(lambda: [pid for pid in service.pids("translator deliver") if pid != delivery])
    load.stop()
    until(lambda: service.waiting() == 0)
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    assert {row["body"]["insert_id"] for row in rows} == set(load.answered)
    assert "seven" in {row["body"].get("version_name") for row in rows}


def test_workers_that_are_replaced_under_load_lose_nothing(serve, amplitude):
    service = serve(GUNICORN_CMD_ARGS="--max-requests 40 --max-requests-jitter 10", **to(amplitude))
    until(lambda: service.ready()["ready"])
    before = set(service.pids("gunicorn"))
    load = Load(service)
    until(lambda: len(load.answered) > 400, 60)
    load.stop()
    assert set(service.pids("gunicorn")) != before, "workers were replaced"
    until(lambda: service.waiting() == 0)
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    assert {row["body"]["insert_id"] for row in rows} == set(load.answered)
    assert len(service.pids("translator deliver")) == 1


def test_a_second_start_beside_the_first_is_safe(serve, amplitude, tmp_path):
    first = serve(**to(amplitude))
    until(lambda: first.ready()["ready"])
    load = Load(first)
    second = serve(**to(amplitude))
    other = Load(second)
    other.answered.append("")  # its names are the same: the journal takes each once
    until(lambda: len(load.answered) > 100 and len(other.answered) > 100)
    load.stop()
    other.stop()
    until(lambda: second.waiting() == 0)
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    arrived = [row["body"]["insert_id"] for row in rows]
    assert sorted(arrived) == sorted(set(load.answered) | set(other.answered[1:]) - {""})
    assert amplitude.store.counts["duplicates"] == 0, "no call was delivered by both"
    assert first.ready()["delivery"] == 2


def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest(serve, amplitude, tmp_path):
    env = {"TRANSLATOR__DELIVERY__BATCH_EVENTS": "1", "TRANSLATOR__DELIVERY__IN_FLIGHT": "2"}
    service = serve(**to(amplitude), **env)
    until(lambda: service.ready()["ready"])
    answer = {"body": {"code": 200, "events_ingested": 1}, "ingest": True}
    slow = {"path": "/2/httpapi", "next": 1000, "delay_seconds": 1.0, **answer}
    requests.post(amplitude.url + "/api/behaviour", json=slow, timeout=5)
    service.post([{**CALL, "messageId": f"m{number}", "userId": f"user-{number}"} for number in range(60)])
    until(lambda: amplitude.store.counts["event"] > 0)
    assert service.stop() == 0
    requests.post(amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
    assert amplitude.store.counts["event"] < 60
    service.start()
    until(lambda: service.ready()["ready"] and service.waiting() == 0)
    assert amplitude.store.counts["event"] == 60
    assert amplitude.store.counts["duplicates"] == 0, "what was in flight was settled"
