"""User agents, as Segment's destination reads them (recorded in segment_user_agents and segment_actions)."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.translate import agentbrowsers, agentdevices, agentos, agentphones
from translator.translate.agentrules import agent_of, compiled, lookup, table
from translator.translate.agents import parse_agent

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0"
TABLE = [
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", ("Windows", "122", None, "Windows")),
    (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36", ("Mac OS", "122", None, "Mac OS")),
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/122.0.2365.80", ("Windows", "122", None, "Windows")),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0", ("Ubuntu", "123", None, "Ubuntu")),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", ("Chromium OS", "122", None, "Chromium OS")),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3.1 Mobile/15E148 Safari/604.1",
     ("iOS", "17", "Apple", "iPhone")),
    (f"Mozilla/5.0 (Linux; Android 14; SM-S928B) {CHROME} Mobile Safari/537.36", ("Android", "122", "Samsung", "SM-S928B")),
    (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", ("Android", "122", None, "K")),
    (f"Mozilla/5.0 (Linux; Android 11; moto g power (2021)) {CHROME} Mobile Safari/537.36", ("Android", "122", "Motorola", "moto g power (2021)")),
    (f"Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) {CHROME} Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/451.0.0;]", ("Android", "451", "Samsung", "SM-A536B")),
    ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/538.2 (KHTML, like Gecko) Large Screen Safari/538.2", ("webOS", None, None, "webOS")),
    ("HbbTV/1.2.1 (;Thomson; LF1V307 ;1.0;;)", (None, None, "Thomson", "LF1V307")),
    ("Mozilla/5.0 (Nintendo WiiU) AppleWebKit/536.28 (KHTML, like Gecko) NX/3.0.3.12.6", ("Nintendo", "536", "Nintendo", "WiiU")),
    ("Mozilla/5.0 (Macintosh; U; PPC Mac OS X; sv) AppleWebKit/412 (KHTML, like Gecko) Safari/412", ("Mac OS", "2", None, "Mac OS")),
    ("Mozilla/4.0 (compatible; MSIE 7.0; Windows Phone OS 7.0; Trident/3.1; IEMobile/7.0; Nokia; Lumia 800)", ("Windows Phone OS", "7", "Nokia", "Lumia 800")),
    ("curl/8.4.0", (None, None, None, None)),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", (None, None, None, None)),
]  # fmt: skip
KEYS = ("os_name", "os_version", "device_manufacturer", "device_model")
TABLES = (
    agentos.SYSTEMS, agentbrowsers.BROWSERS, agentphones.MAKERS,
    agentdevices.OTHERS, agentdevices.TELEVISIONS, agentdevices.REST,
)  # fmt: skip


@pytest.mark.parametrize(("agent", "expected"), TABLE, ids=lambda one: one[:60] if isinstance(one, str) else "")
def test_common_agents_are_read_as_segment_reads_them(agent, expected):
    found = dict(parse_agent(agent))
    assert tuple(found.get(key) for key in KEYS) == expected


@given(st.text(max_size=200) | st.from_regex(r"Mozilla/5\.0 \(Linux; Android \d; [^)]{0,20}\) .{0,40}"))
def test_any_text_is_read_without_an_error(agent):
    assert set(dict(parse_agent(agent))) <= set(KEYS)
    assert json.dumps(parse_agent(agent))


@pytest.mark.parametrize("rules", TABLES, ids=lambda one: one[-1][0])
def test_no_rule_repeats_a_repetition_and_all_know_small_letters_only(rules):
    for sign, rule in rules:
        assert sign
        assert sign == sign.lower()
        assert not re.search(r"[+*}]\)[+*{]", rule.pattern), rule.pattern
        assert re.sub(r"\\[A-Z]", "", rule.pattern).islower(), rule.pattern
        assert compiled(rule.pattern).pattern == rule.pattern


def test_a_rule_says_what_is_written_or_its_groups_as_they_stand():
    rules = table(("one/", r"(one)/(\d)", "", "v{}"), ("two", "two", "Two", "-"), ("", r"; (\w+)", "Android", ""))
    said = [lookup(rules, agent_of(text)) for text in ("É One/1", "TWO", "x; no (Android 9; Model) x", "three")]
    assert said == [("One", "v1"), ("Two", None), ("Android", "Model"), None]


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("parse", {"os_name", "os_version", "device_model"}),
        ("raw", {"user_agent"}),
        ("off", set()),
        ("both", {"os_name", "os_version", "device_model", "user_agent"}),
    ],
)
def test_the_setting_says_what_is_sent(translated, mode, keys):
    message = {"type": "track", "event": "e", "userId": "u", "context": {"userAgent": TABLE[0][0]}}
    (event,) = translated(message, translate={"user_agent": mode}).records
    assert event.body.keys() & {*KEYS, "user_agent"} == keys


def test_what_the_context_says_wins_key_by_key_and_hints_over_the_parser(translated):
    context = {
        "userAgent": TABLE[6][0], "os": {"name": "My OS"}, "userAgentData": {"platformVersion": "14.1", "model": ""},
    }  # fmt: skip
    (event,) = translated({"type": "track", "event": "e", "userId": "u", "context": context}).records
    assert (event.body["os_name"], event.body["os_version"]) == ("My OS", "14.1")
    assert event.body["device_manufacturer"] == "Samsung"
    assert "device_model" not in event.body


def test_nineteen_of_twenty_recorded_agents_are_read_as_segment_reads_them():
    """All 752 of segment_user_agents; the share may only grow."""
    lines = (Path(__file__).parent / "segment_user_agents.jsonl").read_text().splitlines()
    agreed: Counter[str] = Counter()
    for line in lines:
        vector = json.loads(line)
        found = dict(parse_agent(vector["userAgent"][:255]))
        agreed.update(key for key in KEYS if found.get(key) == vector["parsed"].get(key))
    assert {key: agreed[key] / len(lines) >= 0.95 for key in KEYS} == dict.fromkeys(KEYS, True)
