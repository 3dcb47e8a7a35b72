"""Figures of groups on the page of groups: what was computed, and when it was set."""

import re

from tests.dashboard.conftest import HOSTILE, PAIR, group
from translator.jobs import state_key
from translator.jobs.setting import project_of

SHOWN = {"name": "Active", "measure": "active-users", "window": "7 days"}
KPIS = {"properties": [SHOWN, {**SHOWN, "name": HOSTILE, "measure": "events"}], "at": "05:30"}


def remember(here, value, at=1_710_046_800_000, project=None, **figures):
    lease = here.journal.lease_job("kpi", at, 30)
    state = {"set": figures, "at": at} | ({"project": project} if project else {})
    here.journal.keep_states(lease, {state_key("amplitude", "Organization", value): state})
    here.journal.end_job(lease, "")


def test_the_figures_of_a_group_are_shown_with_when_they_were_set(place):
    here = place(kpis=KPIS)
    here.post(
        group("g1", group_type="Organization", name="Acme"), group("g2", group_type="Organization", name="Globex")
    )
    here.deliver()
    assert "Computed each day Set as group properties each day at 05:30 UTC" in here.text("/groups")
    assert "None was set yet." in here.text("/groups")
    remember(here, "Acme", **{"Active": 12_345, HOSTILE: 0.5})
    remember(here, "Other", 1_710_046_800_001, Active=1)
    text = here.text("/groups")
    assert re.search(r"type value Active .* last changed Organization Acme 12,345 0\.5 2024-03-10 05:00:00Z", text)
    assert "None was set yet" not in text
    assert "Group properties: 4 of 1,000" in text
    assert HOSTILE not in here.get("/groups")
    # by part of a name, and of another type
    assert "12,345" in here.text("/groups", value="acm")
    assert "12,345" not in here.text("/groups", value="glob")
    assert "None was set yet of these." in here.text("/groups", value="glob")


def test_figures_that_are_no_longer_configured_are_still_shown(place):
    here = place()
    here.post(group("g1", group_type="Organization", name="Acme"))
    here.deliver()
    assert "Computed each day" not in here.text("/groups")
    remember(here, "Acme", Active=0)
    assert re.search(r"No longer configured: .* Organization Acme 0 2024", here.text("/groups"))


def test_figures_that_an_earlier_project_of_the_name_has_are_not_shown(place):
    here = place(kpis=KPIS)
    here.post(group("g1", group_type="Organization", name="Acme"))
    here.deliver()
    remember(here, "Acme", project="another", Active=7)
    assert "None was set yet." in here.text("/groups")
    remember(here, "Acme", 1_710_046_800_001, project_of(here.settings.destinations["amplitude"]), Active=8)
    assert "Organization Acme 8" in here.text("/groups")


def test_each_destination_has_its_own(place, amplitude):
    to = {"api_key": "k" * 32, "url": amplitude.url}
    here = place(kpis=KPIS, groups=PAIR, destinations={"amplitude": to, "two": to})
    here.post(group("g1", group_type="Organization", name="Acme"))
    here.deliver()
    here.deliver("two")
    remember(here, "Acme", Active=7)
    assert "Organization Acme 7" in here.text("/groups", destination="amplitude")
    assert "None was set yet." in here.text("/groups", destination="two")
