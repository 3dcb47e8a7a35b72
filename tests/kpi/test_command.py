"""The command, as a process of its own: figures are those of a hand count, however journal and archive share the calls."""

import json
import sys

import pytest
import requests

from tests.kpi.traffic import DAY, RUN, counted_by_hand, made, stamp
from translator.journal import open_journal
from translator.settings.values import JournalSettings
from translator.sights import Sighting

NAMES = {
    "company": {"Last 7 Day Active Users", "Monthly Active Users", "Orders this week", "Pro orders, 30 days"},
    "team": {"Last 7 Day Active Users", "Orders this week", "Pro orders, 30 days"},
    "workspace": {"Last 7 Day Active Users", "Orders this week", "Pro orders, 30 days"},
}


def expected(calls, zone="UTC"):
    """With 0 for what nothing was counted of."""
    found = counted_by_hand(calls, zone)
    return {group: {name: figures.get(name, 0) for name in NAMES[group[0]]} for group, figures in found.items()}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_figures_are_those_of_a_hand_count(place, zone):
    calls = made(4000, seed=1)
    if place.archives:  # the archive has the first three quarters, the journal the last half
        place.append(calls[:3000])
        place.archive()
        place.deliver()
        place.prune(calls[2000]["receivedAt"])
        assert len(list(place.journal.read())) == 1000
    place.append(calls[3000:] if place.archives else calls)
    place.configure(zone=zone)
    wanted = expected(calls, zone)
    assert {kind for kind, _ in wanted} == set(NAMES)
    # everywhere in the morning of the 28th
    due = {"UTC": RUN, "America/New_York": RUN + 5 * 3_600_000, "Pacific/Auckland": RUN - 8 * 3_600_000}[zone]
    assert place.previewed(due=due) == wanted
    assert place.run(due=due).stdout.startswith(f"amplitude: {len(wanted)} groups set, 0 unchanged")
    assert place.at_amplitude() == wanted


ALONE = """
[groups]
type_trait = "kind"
value_trait = "name"
level = "{zone}"

[[kpis.properties]]
name = "Active"
measure = "active-users"
window = "7 days"

[[kpis.properties]]
name = "Spent"
measure = "sum"
of = "revenue"
window = "7 days"
group_type = "company"
"""
"""``zone``: the level of groups, so that it is one text with the other configuration."""

SMALL = ("company", "Acme")


def call(name, days, *, kind="track", received=None, **more):
    """So many days before the run."""
    at = int(RUN - days * DAY)
    body = {"type": kind, "messageId": name, "timestamp": stamp(at), "receivedAt": received or at, **more}
    return body if "anonymousId" in more or "userId" in more else {**body, "userId": "u1"}


def track(name, days, **more):
    return call(name, days, event="e", **more)


def joins(name, days, value, **more):
    return call(name, days, kind="group", groupId="g", traits={"kind": "company", "name": value}, **more)


@pytest.fixture
def level(request, small):
    small.configure(ALONE, zone=getattr(request, "param", "user"))
    return small


def active(place, **more):
    return {value: figures["Active"] for (_, value), figures in place.previewed(**more).items()}


def test_a_second_run_sends_only_changes_and_a_group_that_fell_gets_0(level):
    order = {"event": "Order Completed", "properties": {"revenue": 9.5, "currency": "EUR"}}
    level.append(
        [joins("g1", 9, "Acme"), joins("g2", 9, "Globex", userId="u2"), track("t1", 3), track("t2", 6.5, userId="u2")]
    )
    level.append([call("o1", 2, **order), call("o2", 1, **order)])
    assert level.run().stdout == "amplitude: 2 groups set, 0 unchanged\n"
    assert level.at_amplitude() == {SMALL: {"Active": 1, "Spent": 19}, ("company", "Globex"): {"Active": 1, "Spent": 0}}
    assert level.asked() == 1
    assert level.run(due=RUN + 1).stdout == "amplitude: 0 groups set, 2 unchanged\n"
    assert level.asked() == 1
    # the run of that time is done
    assert level.run(due=RUN + 1).stdout == "nothing to do now: another process does it, or it was done\n"
    # a day later t2 is out of the window
    said = level.run("--dry-run", due=RUN + DAY).stdout.splitlines()
    assert said[0] == "amplitude:"
    assert [line.split() for line in said[1:]] == [
        ["group", "property", "value", "before"],
        ["company", "Acme", "Active", "1", "1"],
        ["company", "Acme", "Spent", "19", "19"],
        ["company", "Globex", "Active", "0", "1", "changes"],
        ["company", "Globex", "Spent", "0", "0"],
        ["2", "groups:", "1", "would", "change;", "1", "figures", "fell", "to", "0.", "Nothing", "was", "sent."],
    ]
    assert level.run(due=RUN + DAY).stdout == "amplitude: 1 groups set, 1 unchanged\n"
    assert level.at_amplitude()["company", "Globex"] == {"Active": 0, "Spent": 0}
    assert level.run(due=RUN + 60 * DAY).stdout.startswith("amplitude: 1 groups set, 1 unchanged")
    assert level.at_amplitude()[SMALL] == {"Active": 0, "Spent": 0}


def test_a_dry_run_writes_and_sends_nothing(level):
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    files = {path: path.read_bytes() for path in level.folder.rglob("*.db")}
    assert level.previewed() == {SMALL: {"Active": 1, "Spent": 0}}
    assert level.journal.jobs() == []
    assert level.journal.all_job_states("kpi") == []
    assert level.asked() == 0
    assert {path: path.read_bytes() for path in level.folder.rglob("*.db")} == files


@pytest.mark.parametrize("level", ["user", "event", "both"], indirect=True)
def test_an_event_is_of_the_group_that_its_user_had_when_it_happened(level):
    level.append([joins("g1", 20, "Acme"), joins("g2", 4, "Globex"), track("t1", 3)])
    # it happened before the user went to Globex, and came after
    level.append([track("t2", 5, received=RUN - DAY)])
    assert active(level) == ({"Globex": 1} if level_of(level) == "event" else {"Acme": 1, "Globex": 1})
    level.append([joins("g3", 3.5, "Initech", received=RUN - DAY)])
    expected = {"user": {"Acme": 1, "Initech": 1}, "event": {"Globex": 1}, "both": {"Acme": 1, "Globex": 1}}
    assert active(level) == expected[level_of(level)]


def level_of(place):
    return (place.folder / "translator.toml").read_text().split('level = "')[1].split('"')[0]


def test_groups_that_were_named_long_before_the_window_count(level):
    level.append(
        [joins("g1", 80, "Acme"), joins("g2", 99, "Globex", userId="u2"), track("t1", 3), track("t2", 3, userId="u2")]
    )
    level.archive()
    level.deliver()
    level.prune(RUN)
    assert list(level.journal.read()) == []
    assert active(level) == {"Acme": 1}  # kpis.joined_days: 90


def test_a_device_counts_as_the_user_who_was_first_on_it(level):
    level.append(
        [
            track("t1", 5, anonymousId="d1"),
            joins("g1", 4.5, "Acme", anonymousId="d1", userId="u1"),
            joins("g2", 4, "Acme", anonymousId="d1", userId="u2"),
            track("t2", 3, anonymousId="d1"),
            track("t3", 3, userId="u1"),
            joins("g3", 3, "Acme", anonymousId="d2"),
            track("t4", 2, anonymousId="d2"),
        ]
    )
    assert active(level) == {"Acme": 2}  # u1, and the device d2 itself


def test_what_a_restored_journal_archived_again_counts_once(level):
    """The same calls, under the numbers of another journal."""
    calls = [joins("g1", 9, "Acme"), track("t1", 3), track("t2", 2)]
    level.append(calls)
    level.archive()
    level.journal.close()
    for file in level.folder.glob("journal.db*"):
        file.unlink()
    level.journal = open_journal(JournalSettings(url=f"sqlite:///{level.folder}/journal.db"))
    level.journal.attach({"amplitude": "now"})
    level.append([track("t0", 5), *calls])
    level.archive()
    level.configure(ALONE.replace("active-users", "events"), zone="user")
    assert active(level) == {"Acme": 3}


def test_a_name_that_calls_set_too_is_left_out_and_said(level):
    level.journal.note_seen("amplitude", [Sighting("property", '["company","Active"]', 1, 2, 3)])
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    done = level.run("--dry-run", "--format", "json")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["Spent"]
    assert "amplitude: Active of company is set by calls too: choose another name" in done.stderr


def test_calls_that_are_kept_for_less_than_the_window_are_said(level):
    level.append([joins("g1", 3, "Acme"), track("t1", 2)])
    said = "windows that begin before 2026-11-25 count from there: no earlier call is kept"
    assert said in level.run("--dry-run").stderr
    assert level.run().stdout == f"amplitude: 1 groups set, 0 unchanged; {said}\n"


def test_a_window_in_which_nothing_came_at_first_is_whole(level):
    level.append([track("t0", 12), track("t1", 2)])
    assert level.run("--dry-run").stderr == ""


def test_an_archive_that_is_not_there_is_not_taken_for_an_empty_one(level):
    """A disk that is not mounted: all figures would be 0."""
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    level.archive()
    level.deliver()
    level.prune(RUN)
    assert level.run().stdout == "amplitude: 1 groups set, 0 unchanged\n"
    (level.folder / "archive").rename(level.folder / "elsewhere")
    done = level.run(due=RUN + DAY, code=2)
    assert "has nothing of what this journal has archived so far: is the disk mounted" in done.stderr
    assert level.at_amplitude() == {SMALL: {"Active": 1, "Spent": 0}}
    assert [job.failed for job in level.journal.jobs()] == [True]


def test_a_group_that_had_a_figure_in_another_project_only_is_not_made_in_this_one(level):
    level.append([joins("g1", 9, "Acme"), joins("g2", 9, "Globex", userId="u2"), track("t1", 3)])
    level.append([track("t2", 6.5, userId="u2")])
    level.run()
    assert active(level, due=RUN + DAY) == {"Acme": 1, "Globex": 0}
    assert active(level, due=RUN + DAY, AMPLITUDE_API_KEY="of-another") == {"Acme": 1}


@pytest.mark.parametrize(
    ("properties", "spent"),
    [({"revenue": 1e308}, sys.float_info.max), ({"revenue": -1e308}, -sys.float_info.max), ({"revenue": 4e20}, 8e20)],
)
def test_a_sum_beyond_a_double_is_still_a_number(level, properties, spent):
    order = {"event": "Order Completed", "properties": {**properties, "currency": "EUR"}}
    level.append([joins("g1", 9, "Acme"), call("o1", 2, **order), call("o2", 1, **order)])
    rows = [json.loads(line) for line in level.run("--dry-run", "--format", "json").stdout.splitlines()]
    assert [(type(row["value"]), row["value"]) for row in rows if row["name"] == "Spent"] == [(float, spent)]
    assert level.run().stdout == "amplitude: 1 groups set, 0 unchanged\n"
    assert level.run(due=RUN + 1).stdout == "amplitude: 0 groups set, 1 unchanged\n"


@pytest.mark.parametrize("kind", ["a\nb", "a\\nb", "a\\"])
def test_a_group_type_may_have_any_letter(level, kind):
    level.append([call("g1", 9, kind="group", groupId="g", traits={"kind": kind, "name": "\nAcme"}), track("t1", 3)])
    level.run()
    assert level.previewed() == {(kind, "\nAcme"): {"Active": 1}}
    assert level.run(due=RUN + 6 * DAY).stdout == "amplitude: 1 groups set, 0 unchanged\n"
    assert level.at_amplitude() == {(kind, "\nAcme"): {"Active": 0}}


def test_a_group_type_that_is_left_out_beyond_the_limit_gets_no_figures(level):
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    lease = level.journal.claim("amplitude", 1, 30)
    level.journal.settle(lease, {}, {}, {"project:types": {"company": {"at": 1, "over": True}}})
    assert level.previewed() == {SMALL: {"Active": 1, "Spent": 0}}
    drop = {"TRANSLATOR__GROUPS__OVER_LIMIT": "drop"}
    said = "amplitude: company is beyond Amplitude's group types, and left out (groups.over_limit)"
    assert level.run(**drop).stdout == f"amplitude: 0 groups set, 0 unchanged; {said}\n"
    assert level.at_amplitude() == {}


def behave(place, **more):
    done = requests.post(f"{place.url}/api/behaviour", json={"path": "/groupidentify", **more}, timeout=5)
    assert done.status_code == 200, done.text


def test_what_amplitude_refuses_is_said_and_asked_again_the_next_day(level):
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    behave(level, next=1, status=400, body={"code": 400, "error": "no such thing"})
    assert "amplitude: 0 groups set, 0 unchanged, 1 refused (company Acme: " in level.run().stdout
    assert [job.failed for job in level.journal.jobs()] == [False]
    assert level.run(due=RUN + DAY).stdout == "amplitude: 1 groups set, 0 unchanged\n"


def test_where_amplitude_takes_nothing_the_run_is_still_due(level):
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    behave(level, next=9, status=401, body={"code": 401, "error": "Invalid API key: hush-key"})
    done = level.run(code=2)
    assert "amplitude: 0 groups set, 0 unchanged, 1 left" in done.stderr
    assert "hush-key" not in done.stderr + done.stdout
    assert [job.failed for job in level.journal.jobs()] == [True]


def test_each_destination_has_its_own_translation_and_states(level):
    other = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": level.url}
    other |= {"TRANSLATOR__DESTINATIONS__TEST__GROUPS__VALUE_TRAIT": '"id"'}
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    rows = [json.loads(line) for line in level.run("--dry-run", "--format", "json", **other).stdout.splitlines()]
    assert [(row["destination"], row["group_value"], row["name"]) for row in rows] == [
        ("amplitude", "Acme", "Active"), ("amplitude", "Acme", "Spent"), ("test", "g", "Active"), ("test", "g", "Spent"),
    ]  # fmt: skip
    assert level.run("--destination", "test", **other).stdout == "test: 1 groups set, 0 unchanged\n"
    (job,) = level.journal.jobs()
    assert (job.tries, job.due) == (0, RUN), "a part takes no run's place"
    (state,) = level.journal.all_job_states("kpi")
    assert (state[0], state[1]["set"]) == ("test\ncompany\ng", {"Active": 1, "Spent": 0})


def test_groups_of_another_project_of_the_same_name_are_not_set_to_0(level):
    level.append([joins("g1", 9, "Acme"), track("t1", 3)])
    assert level.run().stdout == "amplitude: 1 groups set, 0 unchanged\n"
    other = level.run(due=RUN + 60 * DAY, AMPLITUDE_API_KEY="hush-other")
    assert other.stdout == "amplitude: 0 groups set, 0 unchanged\n"
    assert level.run(due=RUN + 61 * DAY).stdout == "amplitude: 1 groups set, 0 unchanged\n"


def test_nothing_configured_and_an_unknown_destination_are_said(small):
    small.configure("[groups]\n")
    assert "none is configured: [[kpis.properties]] says which" in small.run(code=2).stderr
    small.configure(ALONE, zone="user")
    assert "'no' is not configured; there are: amplitude" in small.run("--destination", "no", code=2).stderr
