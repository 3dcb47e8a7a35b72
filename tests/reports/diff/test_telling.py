"""What people read: groups first, in plain words; the same in HTML; and when there is nothing to say."""

import json
import re
from html import unescape

from tests.reports.diff.helpers import PAIR, diff, group, said, track
from translator.reports.diff import plain
from translator.reports.diff.page import page
from translator.reports.diff.telling import told

HOSTILE = "<script>alert(1)</script>"


def test_groups_come_first_with_what_cannot_be_taken_back():
    found = diff(
        {},
        {"groups": PAIR, "translate": {"properties_deny": ["plan"]}},
        group(),
        *(track(f"{n}", properties={"plan": 1}) for n in range(3)),
    )
    text = told(found)
    assert text.startswith("4 calls of a test, translated as configured: 4 would change (all)\n")
    titles = re.findall(r"^[A-Z]{4,}.*", text, re.M)
    assert titles == [
        "GROUPS, and what cannot be taken back", "RECORDS AND KEYS", "NOTES (what translation clips, drops or replaces)", "SETTINGS that differ",
    ]  # fmt: skip
    flat = " ".join(text.split())
    assert "Amplitude never rewrites history" in flat
    assert "! Group type Organization is new (1 call): users and events from before" in flat
    assert "! Group type [Segment] Group gets nothing any more (1 call before)" in flat
    assert "user joins identify groups.Organization" in flat
    assert "group is now set group_identify [Organization]" in flat
    shown = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(found))))
    for said_ in ("Group type Organization is new (1 call)", "Amplitude never rewrites history", "user joins"):
        assert said_ in shown


def test_a_sixth_group_type_is_warned_of():
    calls = [group(f"g{n}", kind=f"type-{n}") for n in range(6)]
    flat = " ".join(told(diff({}, {"groups": PAIR}, *calls)).split())
    assert "NEW names 6 group types (type-0, type-1, type-2, type-3, type-4, type-5). A project has 5" in flat
    assert "NEW names" not in told(diff({}, {"groups": PAIR}, *calls[:5]))


def test_merging_and_deleting_users_is_warned_of():
    calls = [
        {"type": "delete", "userId": "u", "messageId": "d"},
        {"type": "alias", "userId": "u", "previousId": "p", "messageId": "a"},
    ]
    text = told(diff({}, {"translate": {"delete": True, "alias": True}}, *calls))
    assert "Users are merged who were not (1 call): that cannot be undone." in text
    assert "Users are deleted who were not (1 call): that cannot be undone." in text


def test_when_nothing_changes_that_is_said_plainly():
    found = diff({"server": {"port": 1}}, {"server": {"port": 2}}, track())
    assert told(found) == (
        "1 call of a test, translated as configured: nothing changes\n\nSETTINGS that differ\n  server.port\n    - 1\n    + 2\n"
    )
    assert "Groups stay as they are." in page(found)
    assert (
        told(diff({}, {}))
        == "0 calls of a test, translated as configured: there was nothing to compare\n\nSETTINGS: none differ\n"
    )


def test_a_destination_is_named_and_its_settings_count():
    to = {"api_key": "k" * 32}
    old = {"destinations": {"one": to, "two": to}, "groups": {"fallback": "none"}}
    new = {
        **old,
        "destinations": {"one": to, "two": {**to, "api_key": "K" * 32, "groups": {"fallback": "segment-group"}}},
    }
    assert diff(old, new, group(), destination="one").changed == 0
    found = diff(old, new, group(), destination="two")
    assert found.changed == 1
    assert "translated as for destination two" in told(found)
    assert [(one.key, one.old, one.new) for one in found.settings] == [
        ("destinations.two.api_key", "***", "***"), ("destinations.two.groups.fallback", '"none"', '"segment-group"'),
    ]  # fmt: skip


def test_what_is_hostile_is_text_and_does_nothing_to_a_terminal():
    call = group(HOSTILE, HOSTILE, HOSTILE, "\x1b[2J\u202e", **{HOSTILE: "\x07"})
    found = diff({}, {"groups": PAIR}, call)
    assert said(found)
    for text in (page(found), told(found)):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "<script" not in page(found)
    assert "&lt;script&gt;" in page(found)


def test_the_page_is_whole_and_loads_nothing():
    text = page(diff({}, {"groups": PAIR}, group()))
    assert not re.search(
        r"<script|\ssrc=|<link(?! rel=.icon. href=.data:,.)|@import|url\(|http", text.replace("http-equiv", "")
    )
    body = text.partition("<main>")[2]
    assert not re.search(r"<style|\sstyle=|\son\w+=", body), "the dashboard's policy lets none pass"


def test_the_keys_of_the_json_are_these():
    found = plain(diff({}, {"groups": PAIR}, group()))
    assert list(found) == [
        "version", "old", "new", "destination", "source", "calls", "changed", "unreadable", "cut", "hooks_left_out", "warnings",
        "effects", "outcomes", "group_types", "more_group_types", "changes", "settings",
    ]  # fmt: skip
    assert list(found["changes"][0]) == [
        "groups", "call", "record", "group", "what", "path", "calls", "pairs", "more_pairs", "examples",
    ]  # fmt: skip
    assert list(found["changes"][0]["examples"][0]) == ["message_id", "old", "new"]
    assert list(found["settings"][0]) == ["key", "old", "new"]
    assert json.dumps(found)
