"""What a run sets at Amplitude: due accounts, changed properties, and nothing else; whatever cuts it."""

import json
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
import requests

from tests.processes import ROOT, environment, until
from tests.salesforce import org as stub
from tests.salesforce.conftest import record
from translator import jobs
from translator.errors import Unfinished
from translator.journal import open_journal
from translator.parcels import JobLease
from translator.salesforce import Live
from translator.salesforce import org as module
from translator.salesforce.org import Org
from translator.salesforce.records import mark
from translator.salesforce.syncing import NAME, Sync
from translator.settings.load import load_settings

DAY = 24 * 60 * 60 * 1000
DUE = int(datetime(2017, 9, 1, 5, tzinfo=UTC).timestamp() * 1000)
IDS = [record(number, "")["Id"] for number in range(100)]
CONFIGURATION = """
[journal]
url = "{journal}"
[delivery]
timeout_seconds = 2
[destinations.amplitude]
api_key = "hush-key"
url = "{amplitude}"
[salesforce]
instance_url = "{org}"
consumer_key = "{key}"
consumer_secret = "{secret}"
[[salesforce.objects]]
object = "Account"
group_type = "company"
{more}
[salesforce.objects.properties]
"Account Name" = "Name"
Owner = "Owner.Name"
Revenue = "AnnualRevenue"
"""


class Place:
    """An org, an Amplitude, and a configuration between them."""

    def __init__(self, folder, org, running, amplitude, journal=None):
        self._journal = journal or f"sqlite:///{folder}/journal.db"
        self.folder, self.org, self.url, self.amplitude = folder, org, running.url, amplitude
        self.path = folder / "translator.toml"
        self.stop = threading.Event()
        self.configure()

    def configure(self, more="", after=""):
        found = CONFIGURATION.format(
            journal=self._journal,
            amplitude=self.amplitude.url,
            org=self.url,
            key=stub.KEY,
            secret=stub.SECRET,
            more=more,
        )
        self.path.write_text(found + after)
        self.settings = load_settings(str(self.path), {})
        self.journal = open_journal(self.settings.journal)

    def run(self, due=DUE, *, everything=False):
        """A run in this process; what it said."""
        source = Live(Org(self.settings.salesforce, self.stop))
        sync = Sync(self.settings, source, self.settings.salesforce.objects, everything)
        done = jobs.run(self.journal, NAME, due, sync.work, self.stop)
        return None if done is None else done.said

    def command(self, *more, wait=True):
        """``translator salesforce …`` as a process."""
        words = [sys.executable, "-m", "translator", "salesforce", *map(str, more), "--config", str(self.path)]
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment(self.folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return process if not wait else (process.wait(60), *process.communicate())

    def groups(self):
        """Group properties that Amplitude has, by group value."""
        found = requests.get(self.amplitude.url + "/api/groups", timeout=5).json()
        return {one["group_value"]: one["group_properties"] for one in found}

    def asked(self):
        """How many Group Identify requests came."""
        found = requests.get(self.amplitude.url + "/api/requests", timeout=5).json()
        return sum(one["path"] == "/groupidentify" for one in found)

    def set_from_elsewhere(self, value, **properties):
        one = {"group_type": "company", "group_value": value, "group_properties": {"$set": properties}}
        body = {"api_key": "hush-key", "identification": json.dumps([one])}
        assert requests.post(self.amplitude.url + "/groupidentify", data=body, timeout=5).status_code == 200

    def next_dates(self):
        (one,) = self.settings.salesforce.objects
        states = [state for key, state in self.states().items() if key.startswith("amplitude")]
        return {state[mark(one)]["next"] for state in states}

    def states(self):
        return dict(self.journal.all_job_states(NAME))


@pytest.fixture
def place(tmp_path, org, running, amplitude, monkeypatch):
    monkeypatch.setattr(module, "WAITS", (0.01,))
    made = Place(tmp_path, org, running, amplitude)
    yield made
    made.stop.set()
    made.journal.close()


def test_columns_become_group_properties_and_nothing_is_sent_twice(place):
    assert place.run() == "Account → company at amplitude: 3 set, 0 unchanged"
    assert place.groups() == {
        IDS[1]: {"Account Name": "Acme", "Owner": "Ann", "Revenue": 5000000},
        IDS[2]: {"Account Name": "Initech"},
        IDS[3]: {"Account Name": "Hooli", "Owner": "Bo"},
    }
    asked = place.asked()
    assert place.run(DUE + DAY) == "Account → company at amplitude: 0 set, 3 unchanged"
    assert place.asked() == asked


@pytest.mark.parametrize("given", ["database_url", "kafka_journal"])
def test_a_journal_on_servers_remembers_as_well(tmp_path, org, running, amplitude, request, given):
    place = Place(tmp_path, org, running, amplitude, request.getfixturevalue(given))
    assert place.run() == "Account → company at amplitude: 3 set, 0 unchanged"
    org.records["Account"][0]["Name"] = "Acme Corp"
    assert place.run(DUE + DAY) == "Account → company at amplitude: 1 set, 2 unchanged"
    assert "3 not due" in place.run(DUE + DAY + 1)
    place.journal.close()


def test_only_what_changed_is_sent_and_what_the_mapping_does_not_name_is_left_alone(place):
    place.set_from_elsewhere(IDS[1], plan="gold", Owner="somebody else")
    place.run()
    assert place.groups()[IDS[1]] == {"plan": "gold", "Account Name": "Acme", "Owner": "Ann", "Revenue": 5000000}
    place.set_from_elsewhere(IDS[1], Revenue=1)
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    place.org.records["Account"][2]["Owner"] = None
    assert place.run(DUE + DAY) == "Account → company at amplitude: 2 set, 1 unchanged"
    assert place.groups()[IDS[1]] == {"plan": "gold", "Account Name": "Acme Corp", "Owner": "Ann", "Revenue": 1}
    assert place.groups()[IDS[3]] == {"Account Name": "Hooli"}, "what is empty at Salesforce is so here"


def test_an_account_is_picked_up_when_its_date_has_come(place):
    place.configure("every = 7")
    place.run()
    assert place.next_dates() == {"2017-09-08"}, "the guide's own example"
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    place.org.records["Account"].append(record(4, "New"))
    assert place.run(DUE + 6 * DAY) == "Account → company at amplitude: 1 set, 0 unchanged, 3 not due"
    assert place.groups()[IDS[1]]["Account Name"] == "Acme"
    assert place.run(DUE + 7 * DAY) == "Account → company at amplitude: 1 set, 2 unchanged, 1 not due"
    assert place.groups()[IDS[1]]["Account Name"] == "Acme Corp"


def test_a_changed_interval_holds_at_once(place):
    place.configure('every = "month"')
    place.run()
    assert "3 not due" in place.run(DUE + 7 * DAY)
    place.configure('every = "week"')
    assert "3 unchanged" in place.run(DUE + 7 * DAY + 1)
    assert place.next_dates() == {"2017-09-15"}


def test_what_is_new_in_the_mapping_is_picked_up_at_the_next_run(place):
    place.configure('every = "month"')
    place.run()
    place.org.records["Account"][0]["Industry"] = "Roads"
    place.configure('every = "month"', after='Industry = "Industry"\n')
    assert place.run(DUE + DAY) == "Account → company at amplitude: 1 set, 2 unchanged"
    assert place.groups()[IDS[1]] == {"Account Name": "Acme", "Owner": "Ann", "Revenue": 5000000, "Industry": "Roads"}


def test_two_objects_may_fill_one_group_each_at_its_own_pace(place):
    more = '[[salesforce.objects]]\nobject = "Account"\ngroup_type = "company"\nevery = 7\nproperties = {Id = "Id"}\n'
    place.configure(after=more)
    first = "Account → company at amplitude: 3 set, 0 unchanged"
    assert place.run() == f"{first}; {first}"
    assert place.groups()[IDS[2]] == {"Account Name": "Initech", "Id": IDS[2]}
    daily, weekly = place.run(DUE + DAY).split("; ")
    assert (daily.endswith("0 set, 3 unchanged"), weekly.endswith("0 unchanged, 3 not due")) == (True, True)


def test_all_are_picked_up_when_that_is_asked_for(place):
    place.configure('every = "month"')
    place.run()
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    assert place.run(DUE + 1, everything=True) == "Account → company at amplitude: 1 set, 2 unchanged"


def test_two_records_of_one_key_do_not_set_one_group_by_turns(place):
    place.configure('key = "Number__c"')
    place.org.records["Account"] = [
        record(1, "First", Number__c="7"), record(2, "Second", Number__c="7"), record(3, "None", Number__c=None)
    ]  # fmt: skip
    place.org.page = 1
    said = "Account → company at amplitude: 1 set, 0 unchanged, 1 records without a key, 1 records left out, since another has the same key"
    assert place.run() == said
    assert place.groups() == {"7": {"Account Name": "First", "Owner": "Ann"}}
    # an org says them in any order
    place.org.records["Account"].reverse()
    assert "0 set, 1 unchanged" in place.run(DUE + DAY)


def test_keys_may_be_sent_in_the_form_of_15_characters(place):
    place.configure('key_form = "15"')
    place.run()
    assert set(place.groups()) == {one[:15] for one in IDS[1:4]}


def test_one_object_that_cannot_be_read_does_not_hold_up_another_which_is_not_read_again(place):
    site = '[[salesforce.objects]]\nobject = "Site__c"\ngroup_type = "site"\nproperties = {Name = "Name"}\n'
    place.configure(after=site)
    with pytest.raises(Unfinished, match="Account → company at amplitude: 3 set") as error:
        place.run()
    assert "there is no object Site__c" in str(error.value)
    (job,) = place.journal.jobs()
    assert (job.failed, job.said) == (True, str(error.value))
    place.org.queries.clear()
    place.org.records["Site__c"] = [{"Id": "s1", "Name": "Berlin"}]
    # the same run, begun again
    lease = place.journal.lease_job(NAME, DUE + 1, 60)
    run = jobs.Run(place.journal, JobLease(lease.token, NAME, DUE, lease.until), place.stop)
    source = Live(Org(place.settings.salesforce))
    said = Sync(place.settings, source, place.settings.salesforce.objects).work(run)
    assert said == "Account → company: done before; Site__c → site at amplitude: 1 set, 0 unchanged"
    assert place.org.queries == ["SELECT Id, Name FROM Site__c"]


def test_one_object_by_hand_does_not_take_the_place_of_the_run_of_the_day(place):
    site = '[[salesforce.objects]]\nobject = "Site__c"\ngroup_type = "site"\nproperties = {Name = "Name"}\n'
    place.configure(after=site)
    with pytest.raises(Unfinished):
        place.run()
    before = place.journal.jobs()
    code, out, _ = place.command("sync", "--object", "Account", "--now")
    assert (code, out) == (0, "Account → company at amplitude: 0 set, 3 unchanged\n")
    assert place.journal.jobs() == before


def test_where_amplitude_takes_nothing_what_is_left_is_done_next_time(place):
    behaviour = {"path": "/groupidentify", "status": 400, "body": {"code": 400, "error": "Invalid API key: hush-key"}}
    assert requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5).status_code == 200
    with pytest.raises(Unfinished, match="left, since Amplitude takes nothing now"):
        place.run()
    assert place.groups() == {}


def test_where_amplitude_takes_nothing_the_orgs_requests_are_not_used_up(place):
    behaviour = {"path": "/groupidentify", "status": 400, "body": {"code": 400, "error": "Invalid API key: hush-key"}}
    assert requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5).status_code == 200
    place.org.records["Account"] = [record(number, f"A{number}") for number in range(10)]
    place.org.page = 1
    with pytest.raises(Unfinished, match=r"1 left, since Amplitude takes nothing now.*; Account: not read to its end"):
        place.run()
    assert place.org.requests == 1


def test_every_destination_gets_them_or_those_that_are_named(place):
    other = f'[destinations.second]\napi_key = "hush-other"\nurl = "{place.amplitude.url}"\n'
    place.configure(after=other)
    said = place.run()
    assert said == "Account → company at amplitude: 3 set, 0 unchanged; Account → company at second: 3 set, 0 unchanged"
    assert place.org.requests == 1, "what was asked once is for both"
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    text = place.path.read_text().replace("[salesforce]", '[salesforce]\ndestinations = ["second"]')
    place.path.write_text(text)
    place.settings = load_settings(str(place.path), {})
    assert place.run(DUE + DAY) == "Account → company at second: 1 set, 2 unchanged"


def test_a_text_is_cut_as_amplitude_would_cut_it(place):
    place.org.records["Account"][1]["Name"] = "x" * 200_000
    assert place.run().endswith("3 set, 0 unchanged, 1 texts cut, since Amplitude keeps no more of them"), (
        "and it is counted"
    )
    assert place.groups()[IDS[2]] == {"Account Name": "x" * 1024}
    assert "0 set, 3 unchanged" in place.run(DUE + DAY)


def test_what_is_left_since_it_was_to_stop_is_not_said_to_be_amplitudes_doing(place):
    place.org.records["Account"] = [record(number, f"A{number}") for number in range(2000)]
    process = place.command("sync", "--due", DUE, wait=False)
    until(lambda: place.groups())
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert "stopped before its end" in said
    assert " left for the next run" in said
    assert "Amplitude takes nothing" not in said


def test_what_a_terminal_would_obey_is_not_said(place):
    place.configure('key = "Number__c"')
    place.org.records["Account"] = [record(2, "Second", Number__c="7\x1b[2J")]
    behaviour = {"path": "/groupidentify", "next": 1, "status": 400, "body": "no\x1b[31m"}
    assert requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5).status_code == 200
    assert "1 refused by Amplitude (company 7\ufffd[2J: " in (said := place.run())
    assert "\x1b" not in said
    place.org.refuse(400, "ODD", "bad\x1b[2J", times=9)
    with pytest.raises(Unfinished, match="ODD: bad\ufffd") as error:
        place.run(DUE + 1)
    assert "\x1b" not in str(error.value)


def test_a_column_that_an_answer_lacks_is_left_alone(place):
    place.run()
    place.org.answer(200, {"records": [{"Id": IDS[1], "Name": "Acme", "Owner": {}}], "done": True})
    assert place.run(DUE + DAY) == "Account → company at amplitude: 0 set, 1 unchanged"
    assert place.groups()[IDS[1]] == {"Account Name": "Acme", "Owner": "Ann", "Revenue": 5000000}


def test_half_of_an_emoji_does_not_hold_up_the_others(place):
    place.org.records["Account"][0]["Name"] = "Acme \ud83d"
    assert place.run() == "Account → company at amplitude: 3 set, 0 unchanged"
    assert place.groups()[IDS[1]]["Account Name"] == "Acme \ufffd"


def test_what_amplitude_refuses_is_said_and_tried_again_at_the_next_run(place):
    del place.org.records["Account"][1:]
    behaviour = {"path": "/groupidentify", "next": 1, "status": 400, "body": {"code": 400, "error": "no such thing"}}
    assert requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5).status_code == 200
    said = place.run()
    assert said.startswith("Account → company at amplitude: 0 set, 0 unchanged, 1 refused by Amplitude (company ")
    assert "no such thing" in said
    assert not place.journal.jobs()[0].failed
    requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5)
    assert place.command("sync", "--now", "--due", DUE + 1)[0] == 0, "delivery has nothing to begin again"
    requests.post(place.amplitude.url + "/api/behaviour", json=behaviour, timeout=5)
    assert place.command("sync", "--now")[0] == 1
    assert place.run(int(time.time() * 1000) + DAY) == "Account → company at amplitude: 1 set, 0 unchanged"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_is_cut_in_the_middle_goes_on_where_it_was(place, number):
    place.org.records["Account"] = [record(number, f"A{number}") for number in range(100)]
    place.org.page = 10
    process = place.command("sync", "--due", DUE, wait=False)
    until(lambda: place.org.requests >= 3)
    place.org.held = threading.Event()
    until(lambda: place.groups())
    process.send_signal(number)
    if number == signal.SIGTERM:
        place.org.held.set()
    assert process.wait(30) == (2 if number == signal.SIGTERM else -signal.SIGKILL)
    _, said = process.communicate()
    place.org.held.set()
    done = len(place.groups())
    assert 10 <= done <= 100
    place.org.held = None
    if number == signal.SIGTERM:
        assert "stopped before its end" in said
        assert "Amplitude takes nothing" not in said
        (job,) = place.journal.jobs()
        assert (job.failed, job.ended_at, job.running) == (False, None, False), "it is begun again at once"
    remembered = sum(key.startswith("amplitude") for key in place.states())
    assert done - place.org.page <= remembered <= done, "of one portion it may not be known that Amplitude took it"
    found = place.run(DUE + 1)
    assert len(place.groups()) == 100
    assert f"{100 - remembered} set, 0 unchanged, {remembered} not due" in found


def test_the_command_sets_and_says_what_it_did(place):
    code, out, err = place.command("sync", "--due", DUE)
    assert (code, out, err) == (0, "Account → company at amplitude: 3 set, 0 unchanged\n", "")
    assert place.command("sync", "--due", DUE)[:2] == (
        0,
        "nothing to do now: another process does it, or it was done\n",
    )
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    assert place.command("sync", "--now", "--due", DUE + 1)[1] == "Account → company at amplitude: 1 set, 2 unchanged\n"


def test_a_dry_run_says_what_would_be_set_and_does_nothing(place):
    place.run()
    asked, states, known = place.asked(), place.states(), place.journal.jobs()
    place.org.records["Account"][0]["Name"] = "Acme Corp"
    place.org.records["Account"][2]["Owner"] = None
    place.org.records["Account"].append(record(4, "New", revenue=0.5))
    code, out, err = place.command("sync", "--dry-run", "--due", DUE + DAY)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Account → company at amplitude: 3 would be set (1 for the first time), 1 unchanged",
        f"  {IDS[1]}",
        '    Account Name: "Acme" → "Acme Corp"',
        f"  {IDS[3]}",
        '    Owner: "Bo" → nothing',
        f"  {IDS[4]}",
        '    Account Name: nothing → "New"',
        '    Owner: nothing → "Ann"',
        "    Revenue: nothing → 0.5",
    ]
    assert "4 not due" not in out
    assert "1 would be set" in place.command("sync", "--dry-run", "--due", DUE)[1], "the new one alone"
    assert (place.asked(), place.states(), place.journal.jobs()) == (asked, states, known)


def test_an_export_is_set_as_an_org_is(place):
    export = place.folder / "accounts.csv"
    export.write_text(f"Id,Name,Owner.Name,AnnualRevenue\n{IDS[1]},Acme,Ann,5000000.0\n{IDS[2]},Initech,,\n")
    code, out, _ = place.command("sync", "--csv", export, "--due", DUE)
    assert (code, out) == (0, "Account → company at amplitude: 2 set, 0 unchanged\n")
    assert place.org.requests == 0
    assert place.run(DUE + 1) == "Account → company at amplitude: 1 set, 0 unchanged, 2 not due"
    assert place.run(DUE + DAY) == "Account → company at amplitude: 0 set, 3 unchanged"


def test_no_secret_is_ever_said(place):
    place.org.refuse(400, "ODD", f"{stub.SECRET} and {stub.KEY}", times=9)
    code, out, err = place.command("sync", "--due", DUE)
    assert code == 2
    assert "ODD: *** and ***" in err
    assert "hush" not in out + err + place.journal.jobs()[0].said


def test_without_the_package_exports_work_and_an_org_says_what_to_install(place):
    export = place.folder / "accounts.csv"
    export.write_text(f"Id,Name,Owner.Name,AnnualRevenue\n{IDS[1]},Acme,Ann,1\n")
    code = "import sys; sys.modules['simple_salesforce'] = None; from translator.cli import main; main()"
    words = [sys.executable, "-c", code, "salesforce", "sync", "--config", str(place.path), "--dry-run"]
    lacking = subprocess.run(words, env=environment(place.folder), capture_output=True, text=True, timeout=60)
    assert lacking.returncode == 2
    assert "pip install 'segment-amplitude-translator[salesforce]'" in lacking.stderr
    done = subprocess.run(
        [*words, "--csv", str(export)], env=environment(place.folder), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, "1 would be set" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sync", "--object", "Site__c"], "salesforce.objects does not name what to read; there are: Account"),
        (["check", "--from-journal", "--object", "Site__c"], "there are: Account"),
        (["check"], "say what: some files, --from-journal or --from-archive"),
    ],
)
def test_what_makes_no_sense_is_said(place, words, said):
    code, _, err = place.command(*words)
    assert (code, said in err) == (2, True)


def test_the_service_does_not_start_where_it_cannot_sign_in(place):
    place.path.write_text(place.path.read_text().replace(f'consumer_secret = "{stub.SECRET}"\n', ""))
    words = [sys.executable, "-m", "translator", "deliver", "--config", str(place.path)]
    done = subprocess.run(words, cwd=ROOT, env=environment(place.folder), capture_output=True, text=True, timeout=60)
    assert (done.returncode, "hush" in done.stderr) == (2, False)
    assert "salesforce.consumer_secret: required with salesforce.consumer_key" in done.stderr
