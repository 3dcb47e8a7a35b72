"""The whole way: services that were away for days do each job once, and people see it."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import requests

from tests.processes import Service, Worker, environment, until
from tests.salesforce import org as stub
from tests.salesforce.conftest import record
from translator.clock import DAY_MS, last_due
from translator.journal import open_journal
from translator.settings.values import JournalSettings

CONFIGURATION = """
[groups]
type_trait = "group_type"
value_trait = "name"

[destinations.amplitude]
api_key = "hush-key"
url = "{amplitude}"

[salesforce]
instance_url = "{org}"
consumer_key = "hush-consumer-key"
consumer_secret = "hush-consumer-secret"
at = "00:00"

[[salesforce.objects]]
object = "Account"
group_type = "company"
[salesforce.objects.properties]
"Account Name" = "Name"

[kpis]
at = "00:00"

[[kpis.properties]]
name = "Last 7 Day Active Users"
group_type = "company"
measure = "active-users"
window = "7 days"
"""


@pytest.fixture
def org():
    running = stub.Running(stub.Org({"Account": [record(1, "Acme"), record(2, "Initech")]}))
    yield running
    running.stop()


def call(kind, number, user, at, **more):
    said = datetime.fromtimestamp(at / 1000, UTC).isoformat().replace("+00:00", "Z")
    return {"type": kind, "messageId": f"{kind}-{number}", "userId": user, "timestamp": said, **more}


def properties(url):
    return {one["group_value"]: one["group_properties"] for one in requests.get(url + "/api/groups", timeout=5).json()}


def test_services_that_were_away_do_each_job_once_and_say_so(tmp_path, amplitude, journal_url, org):
    config = tmp_path / "translator.toml"
    config.write_text(CONFIGURATION.format(amplitude=amplitude.url, org=org.url))
    env = {"JOURNAL_URL": journal_url, "TRANSLATOR_CONFIG": str(config)}
    journal = open_journal(JournalSettings(url=journal_url))
    due = last_due(0, int(time.time() * 1000))
    for name in ("kpi", "salesforce"):
        journal.know_job(name, due - 3 * DAY_MS)
    acme = record(1, "Acme")["Id"]
    web, worker = Service(tmp_path, **env), Worker(tmp_path, "translator", "deliver", **env)
    try:
        yesterday = due - DAY_MS // 2
        for number, user in enumerate(("ann", "bo")):
            group = call("group", number, user, yesterday, groupId="g", traits={"group_type": "company", "name": acme})
            assert web.post(group).json()["accepted"] == 1
            assert web.post(call("track", number, user, yesterday + 1000, event="Opened")).json()["accepted"] == 1
        until(lambda: all(one.ended_at and one.tries and not one.running for one in journal.jobs()), 60)
        found = {one.name: one for one in journal.jobs()}
        assert [(one.due, one.tries, one.failed) for one in found.values()] == [(due, 1, False)] * 2, found
        assert len(org.org.queries) == 1
        until(lambda: "Account Name" in properties(amplitude.url).get(acme, {}))
        assert properties(amplitude.url)[acme]["Account Name"] == "Acme"
        assert web.get("/metrics").status_code == 200
        done = subprocess.run(
            [sys.executable, "-m", "translator", "status", "--json"],
            cwd=tmp_path, env=environment(tmp_path, **env), capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        jobs = {one["name"]: one for one in json.loads(done.stdout)["jobs"]}
        assert {(one["state"], one["next"]) for one in jobs.values()} == {("done", due + DAY_MS)}
        assert "2 set" in jobs["salesforce"]["said"]
        page = web.get("/").text
        assert "Once a day" in page
        # by hand, a while later: now the calls are there, and of the accounts nothing has changed
        for command in (["kpi"], ["salesforce", "sync", "--now"]):
            again = subprocess.run(
                [sys.executable, "-m", "translator", *command],
                cwd=tmp_path, env=environment(tmp_path, **env), capture_output=True, text=True, timeout=60, check=True,
            )  # fmt: skip
            assert "hush" not in again.stdout + again.stderr
        assert properties(amplitude.url)[acme]["Last 7 Day Active Users"] == 2
        assert "2 unchanged" in {one.name: one.said for one in journal.jobs()}["salesforce"]
    finally:
        web.kill_all()
        worker.kill_all()
        journal.close()
