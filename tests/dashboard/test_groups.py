"""The page of groups: what was delivered, who made it, what fell back, what may not be meant."""

import re

import pytest

from tests.dashboard.conftest import PAIR, group, track

RULE = {"type": "company", "value": ["properties.company"], "calls": ["track"]}


def warned(here):
    return [" ".join(one.split()) for one in re.findall(r'<p class="problem">([^<]*)</p>', here.get("/groups"))]


def test_nothing_yet_says_what_will_be(place):
    assert "Nothing was delivered yet." in place().text("/groups")
    assert "Nothing was delivered yet." in place(destinations={}).text("/groups")


def test_types_values_properties_and_members(place):
    here = place()
    here.post(group("g1", "user-1", group_type="Organization", name="Acme", seats=5))
    here.post(group("g2", "user-2", group_type="Organization", name="Acme", seats=7), track("m1"))
    here.deliver()
    text = here.text("/groups")
    assert "Group types: 1 of 5" in text
    assert re.search(r"Organization group traits\.group_type, traits\.name user 2 2 ", text)
    assert re.search(r"Organization Acme 2 user user-2 user-1 ", text)
    assert "Group properties: 3 of 1,000" in text
    assert re.search(r"Organization seats number 2 7 · 5 ", text)
    assert re.search(r"group 2 2 100 %", text)
    assert re.search(r"track 1 0 0 %", text)
    assert here.links("/groups", r"/calls\?group=Acme") == ["/calls?group=Acme"]


def test_fallbacks_say_which_trait_was_missing_and_lead_to_calls(place):
    here = place()
    here.post(group("g1", group_type="Organization"), group("g2", "user-2", other=1))
    here.deliver()
    text = here.text("/groups")
    assert re.search(r"traits\.name 1 ", text)
    assert re.search(r"traits\.group_type, traits\.name 1 ", text)
    first, second = here.links("/groups", r"/calls/\d")
    assert {here.text(first), here.text(second)} == {here.text(here.call("g1")), here.text(here.call("g2"))}


def test_a_type_alone(place):
    here = place()
    here.post(group("g1", group_type="Org", name="A"), group("g2", "user-2", group_type="Team", name="B"))
    here.deliver()
    text = here.text("/groups", type="Team")
    assert "Values of Team" in text
    assert " B " in text
    assert " A " not in text


def test_values_are_found_by_a_part_of_their_name(place, monkeypatch):
    monkeypatch.setattr("translator.reports.accounts.MOST_VALUES", 2)
    here = place(groups={**PAIR, "name_trait": "title"})
    here.post(*[group(f"g{n}", f"u{n}", group_type="Org", name=f"v{n}", title=f"Title {n}") for n in range(5)])
    here.deliver()
    assert " v0 " not in here.text("/groups")
    for asked in ("V0", "title 0"):
        assert re.search(r" Org v0 Title 0 ", here.text("/groups", value=asked)), asked
    assert "none of these" in here.text("/groups", value="nowhere")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([group("g1", group_type="Org", name="4711")], "Org: 1 value is an id without a readable name (4711)"),
        (
            [group("g1", group_type="Org", name="Acme"), group("g2", "u2", group_type="Team", name="Acme")],
            "Acme: the same value in several group types: Org, Team",
        ),
        (
            [group("g1", group_type="Org", name="Acme"), group("g2", "u2", group_type="Org", name="ACME ")],
            "Org: “ACME ”, “Acme” are different groups for Amplitude",
        ),
        (
            [group("g1", group_type="Org", name="A"), group("g2", group_type="Org", name="B")],
            "Org: 1 user was in more than one value (user-1)",
        ),
        (
            [group("g1", group_type="Org", name="A", n=1), group("g2", "u2", group_type="Org", name="A", n="x")],
            "Org: the property n has values of several kinds: number 1, text 1",
        ),
        ([group("g1", group_type="Org", name="A")], "Users joined Org for ever"),
        (
            [group(f"g{n}", f"user-{n}", group_type=f"T{n}", name="A") for n in range(6)],
            "T5: a project has 5 group types; Amplitude does not track this one",
        ),
    ],
)
def test_warnings(place, calls, expected):
    here = place()
    here.post(*calls)
    here.deliver()
    assert [one for one in warned(here) if one.startswith(expected)], warned(here)


def test_several_values_at_once_are_no_change_of_account(place):
    here = place()
    here.post(group("g1", group_type="Team", name=["Red", "Blue"]))
    here.deliver()
    assert not any("more than one value" in one for one in warned(here))


def test_nothing_to_warn_of(place):
    here = place(groups={"rules": [RULE]})
    here.post(track("m1", properties={"company": "Acme"}), track("m2", "user-2", properties={"company": "Other"}))
    here.deliver()
    assert warned(here) == []
    assert re.search(r"company track properties\.company \(groups\.rules, 1\) event 2 2 ", here.text("/groups"))


def test_a_readable_name_is_shown_and_not_warned_of(place):
    here = place(groups={**PAIR, "name_trait": "title"})
    here.post(group("g1", group_type="Org", name="4711", title="Acme, Inc."))
    here.deliver()
    assert re.search(r"Org 4711 Acme, Inc\. 1 user", here.text("/groups"))
    assert not any("readable name" in one for one in warned(here))


def test_destinations_are_chosen(place, amplitude):
    to = {"api_key": "k" * 32, "url": amplitude.url}
    here = place(destinations={"one": to, "two": to})
    here.post(group("g1"))
    here.deliver("two")
    assert "Nothing was delivered yet." in here.text("/groups")
    assert "Organization" in here.text("/groups", destination="two")
    assert here.links("/groups", "destination=") == ["/groups?destination=one", "/groups?destination=two"]
