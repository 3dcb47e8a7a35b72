"""The list of calls and a call's page: what came in, what became of it, under which configuration, and why."""

import json
import re
import time
from html import unescape

import pytest
import requests

from tests.dashboard.conftest import HOSTILE, PAIR, group, track
from translator.dashboard import finding
from translator.parcels import Later

LATER = {"groups": {"type_trait": "kind", "value_trait": "title"}}


def names(page):
    """The calls of a page, by event or name, in order."""
    return [unescape(one) for one in re.findall(r'href="/calls/\d+">([^<]*)</a>', page)]


def blocks(page, label):
    return [json.loads(unescape(one)) for one in re.findall(rf'aria-label="{label}"[^>]*>([^<]*)</pre>', page)]


def test_the_newest_calls_come_first_with_their_groups_and_states(place):
    here = place()
    here.post(track("m1", event="First"), group("g1"))
    assert names(here.get("/calls")) == ["acme-1", "First"]
    assert here.text("/calls").count("waiting") == 3, "two calls, and the choice of the filter"
    here.deliver()
    text = here.text("/calls")
    assert "Organization = Acme" in text
    assert len(re.findall(r"\bdelivered\b", text)) == 3
    assert names(here.get("/calls/rows")) == ["acme-1", "First"]


def test_filters(place):
    here = place()
    here.post(track("m1", event="First"), group("g1", "user-2"), track("m2", "user-2", event="Other"))
    for asked, expected in (
        ({"type": "group"}, ["acme-1"]),
        ({"event": "Other"}, ["Other"]),
        ({"user": "user-2"}, ["Other", "acme-1"]),
        ({"group": "Acme"}, ["acme-1"]),
        ({"text": "FIRST"}, ["First"]),
        ({"state": "waiting"}, ["Other", "acme-1", "First"]),
        ({"state": "delivered"}, []),
        ({"type": "track", "user": "user-2"}, ["Other"]),
    ):
        assert names(here.get("/calls", **asked)) == expected, asked
    assert "None of the 3 calls that were looked at fits." in here.text("/calls", text="nowhere")


def test_calls_of_sdks_say_from_which_source_they_come(place):
    here = place()
    here.post(track("m1", event="First"))
    sent = {"batch": [track("m2", event="Second"), {"type": "track"}], "writeKey": "hush"}
    assert here.client.post("/v1/batch", json=sent).status_code == 200
    assert names(here.get("/calls", source="tracking")) == ["Second"]
    assert names(here.get("/calls", source="webhook")) == ["First"]
    assert len(re.findall("from tracking", here.text("/calls"))) == 2, "a call, and what was none"
    assert "event: required" in here.text("/calls", source="tracking")
    (link,) = here.links("/calls", r"/calls/\d+", event="Second")
    page = here.get(link)
    assert "from tracking, 127.0.0.1" in page
    assert "hush" not in page


def test_a_refused_message_says_from_which_source_it_comes(place):
    here = place(segment={"write_keys": {"web": "hush"}})
    here.post(track("m1"), {"type": "track", "userId": "by webhook"})
    sent = {"batch": [{"type": "track", "userId": "by SDK"}], "writeKey": "hush"}
    assert here.client.post("/v1/batch", json=sent).status_code == 200
    for page in (here.text("/calls"), here.text("/letters", destination="", why="invalid")):
        assert page.count("from web ") == 1
        assert "from webhook" not in page
    by_sdk, by_webhook = here.links("/calls", r"/letters/r")
    assert "Answered 400, or named in the answer of its batch, " in here.text(by_sdk)
    assert "Answered 400, or named in the answer of its array, " in here.text(by_webhook)


def sources(page):
    """What may be chosen, and what is."""
    (select,) = re.findall(r'<select name="source".*?</select>', page)
    found = re.findall(r"<option( selected)?>([^<]*)</option>", select)
    return [unescape(name) for _, name in found], [unescape(name) for chosen, name in found if chosen]


def test_a_source_is_chosen_among_those_that_there_are(place):
    here = place(segment={"write_keys": {"web": "hush-1", "app": ["hush-2", "hush-3"]}})
    assert sources(here.get("/calls")) == (["webhook", "tracking", "app", "web"], [])
    here.post(track("m1", event="First"))
    assert here.client.post("/v1/track", json=track("m2", event="Second", writeKey="hush-3")).status_code == 200
    page = here.get("/calls", source="app")
    assert (names(page), sources(page)[1]) == (["Second"], ["app"])
    assert "hush" not in page


def test_a_source_that_is_gone_can_be_chosen_while_it_is_shown_or_asked_for(place):
    before = place(segment={"write_keys": {"old": "hush"}})
    for event in ({"event": "Second"}, {}):  # one is accepted, one refused
        before.client.post("/v1/track", json={"userId": "u", "writeKey": "hush", **event})
    here = place()
    assert sources(here.get("/calls")) == (["webhook", "tracking", "old"], [])
    page = here.get("/calls", source="old")
    assert (names(page), sources(page)) == (["Second"], (["webhook", "tracking", "old"], ["old"]))
    page = here.get("/calls", source=HOSTILE)
    assert (names(page), sources(page)) == ([], (["webhook", "tracking", HOSTILE], [HOSTILE]))
    assert "<script>alert" not in page


def test_a_reason_is_found(place):
    here = place()
    here.post(track("m1"), track("m2", "user-2", event="Refused"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": {"m2": 400}}}, timeout=5)
    here.deliver()
    assert names(here.get("/calls", reason="invalid_fields")) == ["Refused"]
    assert names(here.get("/calls", state="dead")) == ["Refused"]
    assert names(here.get("/calls", state="delivered")) == ["Signed Up"]


def test_pages_go_back_to_the_first_call(place, monkeypatch):
    monkeypatch.setattr(finding, "SHOWN", 3)
    monkeypatch.setattr(finding, "CHUNK", 4)
    here = place()
    here.post(*[track(f"m{number}", event=f"e{number}", properties={"odd": number % 2}) for number in range(10)])
    for query, expected in (({}, range(10)), ({"text": '"odd":1'}, [1, 3, 5, 7, 9])):
        seen, link = [], ["/calls?" + "&".join(f"{key}={value}" for key, value in query.items())]
        while link:
            seen += names(here.get(link[0]))
            link = here.links(link[0], r"before=")
        assert seen == [f"e{number}" for number in reversed(expected)], query


def test_a_look_goes_so_far_and_can_be_continued(place, monkeypatch):
    monkeypatch.setattr(finding, "SCANNED", 4)
    monkeypatch.setattr(finding, "CHUNK", 2)
    here = place()
    here.post(track("m0", event="Wanted"), *[track(f"m{number}") for number in range(1, 8)])
    assert "None of the 4 calls" in here.text("/calls", event="Wanted")
    (older,) = here.links("/calls", r"before=", event="Wanted")
    assert names(here.get(older)) == ["Wanted"]


def test_an_exact_id_is_found_among_all_calls(place):
    here = place()
    here.post(track("m1", "user-1"), track("m2", "user-2", event="Other"), track("m3", "user-1", event="Third"))
    assert names(here.get("/calls", id="m2")) == ["Other"]
    assert names(here.get("/calls", id=" user-1 ")) == ["Third", "Signed Up"]
    assert "No kept call or refused message has this" in here.text("/calls", id="m")


def test_what_was_refused_is_in_the_list_too(place):
    here = place()
    here.post(track("m1"), {"type": "track", "userId": "u", "messageId": "bad"})
    text = here.text("/calls")
    assert "no call event: required" in text
    (link,) = here.links("/calls", r"/letters/r")
    assert "A message that was no call" in here.text(link)
    assert here.links("/calls", r"/letters/r", state="refused") == [link]
    for asked, expected in (
        ({"type": "track"}, [link]), ({"user": "u"}, [link]), ({"text": "BAD"}, [link]), ({"id": "bad"}, [link]), ({"id": "u"}, [link]),
        ({"type": "group"}, []), ({"state": "delivered"}, []), ({"state": "refused", "text": "nowhere"}, []),
    ):  # fmt: skip
        assert here.links("/calls", r"/letters/r", **asked) == expected, asked


def test_refused_messages_stand_where_they_came(place, monkeypatch):
    here = place()
    for number, message in enumerate([track("m1"), {"type": "track", "messageId": "bad"}, track("m2", event="Later")]):
        monkeypatch.setattr("translator.receive.webhook.time.time", lambda number=number: 1.7e9 + number)
        here.post(message)
    page = here.get("/calls")
    assert page.index(">Later<") < page.index("/letters/r1") < page.index(">Signed Up<")


def test_refused_messages_are_paged(place, monkeypatch):
    monkeypatch.setattr(finding, "SHOWN", 2)
    here = place()
    here.post(*[{"type": "track", "messageId": f"bad{number}"} for number in range(5)])
    seen, link = [], ["/calls?state=refused"]
    while link:
        seen += here.links(link[0], r"/letters/r")
        link = here.links(link[0], r"before=")
    assert seen == [f"/letters/r{number}" for number in (5, 4, 3, 2, 1)]


def test_what_was_no_json_is_kept_and_shown(place):
    here = place()
    assert here.client.post("/webhook", data=b"{no json").status_code == 400
    (link,) = here.links("/calls", r"/letters/r")
    assert "{no json" in here.text(link)
    assert here.journal.counts().refused_kept == 1
    assert here.client.post("/webhook", data=b"  ").status_code == 400
    assert here.client.post("/webhook", data=b"[" * 70_000).status_code == 400
    counts = here.journal.counts()
    assert (counts.received, counts.refused_kept, counts.refused_answered) == (2, 1, 1)


def test_a_call_whose_number_is_somebodys_id_is_found_too(place):
    here = place()
    here.post(track("first"), *[track(f"m{number}", "1") for number in range(210)])
    assert "number here 1 " in here.text("/calls/1")


def redriven(place):
    """A call that died under one configuration and waits under another, under which it becomes nothing."""
    here = place()
    here.post(group("g1"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": {"g1": 400}}}, timeout=5)
    here.deliver()
    later = place(groups={**LATER["groups"], "fallback": "none"})
    later.journal.redrive(["d1"])
    return later


def test_what_waits_again_is_shown_under_the_present_configuration(place):
    later = redriven(place)
    text = later.text(later.call("g1"))
    assert "What it becomes Computed again under the present configuration" in text
    assert "It becomes nothing: group_traits_missing." in text


def test_a_call_that_was_redriven_is_shown_under_the_configuration_of_its_end(place):
    later = redriven(place)
    later.deliver()
    text = later.text(later.call("g1"))
    assert "Became nothing" in text
    assert "It becomes nothing: group_traits_missing." in text
    assert blocks(later.get(later.call("g1")), "Record 1") == []


def test_an_earlier_call_that_waits_counts_for_one_that_waits_behind_it(place):
    here = place(groups={**PAIR, "level": "event"})
    here.post(group("g1"), track("m1"))
    (record,) = blocks(here.get(here.call("m1")), "Record 1")
    assert record["groups"] == {"Organization": "Acme"}
    here.deliver()
    assert blocks(here.get(here.call("m1")), "Record 1") == [record]


def test_many_later_calls_of_a_user_do_not_hide_the_earlier_ones(place):
    here = place(groups={**PAIR, "level": "event"})
    here.post(group("g1"), track("m1"), *[track(f"later-{number}") for number in range(210)])
    here.deliver()
    assert blocks(here.get(here.call("m1")), "Record 1")[0]["groups"] == {"Organization": "Acme"}
    assert "(the 200 before it were looked at)" in here.text(here.call("later-209"))
    assert "(the 200 before it were looked at)" not in here.text(here.call("m1"))


def test_a_group_type_that_amplitude_does_not_track_is_said_on_the_calls_page(place):
    here = place()
    here.post(*[group(f"g{number}", f"user-{number}", group_type=f"T{number}", name="A") for number in range(6)])
    here.deliver()
    assert "group_types_limit groups.T5" in here.text(here.call("g5"))
    assert "group_types_limit" not in here.text(here.call("g4"))


def test_a_group_that_a_rule_finds_deep_in_a_call_is_filtered_for(place):
    rules = [{"type": "company", "value": ["properties.company.id"], "calls": ["track"]}]
    here = place(groups={"rules": rules})
    here.post(track("m1", properties={"company": {"id": "Initech"}}), track("m2", "user-2", event="Other"))
    assert names(here.get("/calls", group="Initech")) == ["Signed Up"]


def test_a_call_that_waits_for_a_destination_that_is_away_says_so(place):
    here = place()
    here.post(track("m1"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"status": 503, "body": "away"}, timeout=5)
    here.deliver(leases=1)
    text = here.text(here.call("m1"))
    assert "Waits: amplitude does not take calls now. Its last request was answered 503: away " in text
    assert re.search(r" 503 \d+ m?s ago ", here.text("/now/live"))


def test_a_call_beside_a_bad_one_says_that_it_was_sent_again(place):
    here = place()
    here.post(track("m1"), track("bad", "user-2"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": {"bad": 400}}}, timeout=5)
    here.deliver()
    assert "for another call in it; this one was sent again" in here.text(here.call("m1"))
    assert "for another call in it" not in here.text(here.call("bad"))


def test_a_lease_that_has_ended_is_no_delivery_and_what_is_due_has_no_date_of_1970(place):
    here = place()
    here.post(track("m1"), track("m2", "user-2"))
    lease = here.journal.claim("amplitude", 10, 30)
    later = int(time.time() * 1000) - 5
    here.journal.settle(lease, {item.id: Later(later, "throttled") for item in lease.items}, {})
    here.journal.claim("amplitude", 10, 0.05)
    time.sleep(0.1)
    for page in (here.call("m1"), here.call("m2")):
        assert "Waits to be tried again; the last time: throttled ." in here.text(page)
    here.journal.claim("amplitude", 1, 30)
    texts = [here.text(here.call(name)) for name in ("m1", "m2")]
    assert sum("Being delivered at this moment." in one for one in texts) == 1
    assert not any("1970" in one for one in texts)


def test_a_call_is_tried_with_other_settings(place):
    here = place()
    here.post(group("g1"))
    (link,) = here.links(here.call("g1"), r"playground\?call")
    page = here.get(link)
    assert json.loads(unescape(re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)[0])) == group("g1")
    here.get("/playground?call=99999")


def test_the_end_of_the_list_says_so(place, monkeypatch):
    monkeypatch.setattr(finding, "SHOWN", 2)
    here = place()
    here.post(track("m1"), track("m2"))
    (older,) = here.links("/calls", "before=")
    assert "There are no older ones." in here.text(older)


def test_a_search_that_takes_long_ends_and_is_not_live(place, monkeypatch):
    here = place()
    here.post(*[track(f"m{number}") for number in range(4)])
    assert "hx-trigger" in here.get("/calls", text="nowhere")
    monkeypatch.setattr(finding, "CHEAP_SECONDS", 0)
    page = here.get("/calls", text="nowhere")
    assert "hx-trigger" not in page
    assert "Not live, since that takes long" in page
    monkeypatch.setattr(finding, "CHUNK", 1)
    monkeypatch.setattr(finding, "SECONDS", 0)
    assert "0 calls were looked at" in here.text("/calls", text="nowhere")


def test_an_empty_list_says_what_to_do(place):
    text = place().text("/calls")
    assert "No call yet." in text
    assert re.search(r"curl -X POST http://localhost\S*/webhook ", text)


def test_a_call_is_followed_from_its_post_to_its_answer(place):
    here = place()
    here.post(group("g1"))
    page = here.call("g1")
    assert "Waits to be delivered." in here.text(page)
    here.deliver()
    text = here.text(page)
    assert "amplitude delivered" in text
    assert re.search(r"Delivered .*, \d+ m?s after its receipt\.", text)
    assert re.search(r"http-v2 .*answered 200 after \d+ m?s request 1, with 1 call\b", text)
    assert "under the configuration that was used" in text
    html = here.get(page)
    (raw,) = blocks(html, "The raw call")
    assert raw == group("g1")
    (identify,), (properties,) = blocks(html, "Record 1"), blocks(html, "Record 2")
    assert identify["groups"] == {"Organization": "Acme"}
    assert properties["group_properties"] == {"$set": {"group_type": "Organization", "name": "Acme"}}
    sent = [one["body"] for one in requests.get(f"{here.amplitude.url}/api/events", timeout=5).json()]
    (request,) = blocks(html, "Request 1")
    assert request["events"] == sent, "what is shown is what was sent"
    assert request["api_key"] == "***"
    assert "kkkk" not in html
    assert "traits.group_type, traits.name" in html, "explain"


def test_records_are_computed_under_the_configuration_that_was_used(place, board, tmp_path):
    here = place()
    here.post(group("g1"))
    here.deliver()
    later = place(**LATER)
    (record,) = blocks(later.get(here.call("g1")), "Record 1")
    assert record["groups"] == {"Organization": "Acme"}
    later.post(group("g2", "user-2"))
    text = later.text(later.call("g2"))
    assert "under the present configuration" in text
    (record,) = blocks(later.get(later.call("g2")), "Record 1")
    assert record["groups"] == {"[Segment] Group": "acme-1"}


def test_a_call_that_became_nothing_says_why_under_the_configuration_of_then(place):
    here = place(translate={"events_deny": ["Secret"]})
    here.post(track("m1", event="Secret"))
    here.deliver()
    text = place().text(here.call("m1"))
    assert "amplitude ignored Became nothing" in text
    assert text.count("not_allowed") >= 1 or text.count("denied") >= 1
    assert "under the configuration that was used" in text


def test_memory_is_what_earlier_calls_of_the_user_left(place):
    here = place(groups={**PAIR, "level": "event"})
    here.post(group("g1"), track("m1"), track("m2", "user-2"))
    here.deliver()
    (with_group,), (without,) = (
        blocks(here.get(here.call("m1")), "Record 1"),
        blocks(here.get(here.call("m2")), "Record 1"),
    )
    assert with_group["groups"] == {"Organization": "Acme"}
    assert "groups" not in without
    assert "memory of an earlier group call" in here.get(here.call("m1"))


def test_attempts_that_failed_are_listed_with_their_requests(place):
    here = place()
    here.post(track("m1"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"status": 500, "body": "busy"}, timeout=5)
    here.deliver(leases=1)
    text = here.text(here.call("m1"))
    assert re.search(r"amplitude waiting server_error Waits until \S+ \S+ : server_error", text) or re.search(
        r"amplitude waiting Waits until \S+ \S+ : server_error", text
    )
    assert re.search(r"Attempts that failed when why request \S+ \S+ server_error 1 ", text)
    assert re.search(r"answered 500 after .* busy", text)


def test_requests_that_left_no_trace_on_the_call_are_shown_too(place):
    """A destination that is away rests; its calls are as if they had not been tried."""
    here = place()
    here.post(track("m1"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"status": 503, "body": "away"}, timeout=5)
    here.deliver()
    text = here.text(here.call("m1"))
    assert "amplitude delivered" in text
    assert re.search(r"answered 503 after .* request 1, .* away .*answered 200 after .* request 2,", text)


def test_a_dead_call_shows_what_was_said_and_what_can_be_done(place):
    here = place()
    here.post(track("m1"))
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"settings": {"refuse": {"m1": 400}}}, timeout=5)
    here.deliver()
    page = here.call("m1")
    assert re.search(r"A dead letter since .*: invalid_fields \.", here.text(page))
    assert "events_with_invalid_fields" in here.text(page)
    assert here.links(page, "letters/ask") == ["/letters/ask?act=redrive&id=d1", "/letters/ask?act=drop&id=d1"]


def test_what_was_clipped_is_noted(place):
    here = place()
    here.post(track("m1", properties={"long": "x" * 2000}))
    text = here.text(here.call("m1"))
    assert "Clipped, dropped or replaced" in text
    assert "properties.long" in text


def test_each_destination_has_its_own_fate_and_records(place, amplitude):
    to = {"api_key": "k" * 32, "url": amplitude.url}
    here = place(destinations={"one": to, "two": {**to, **LATER}})
    here.post(group("g1"))
    here.deliver("one")
    text = here.text(here.call("g1"))
    assert "one delivered" in text
    assert "two waiting" in text
    html = here.get(here.call("g1"))
    assert [one.get("groups") for one in blocks(html, "Record 1")] == [
        {"Organization": "Acme"},
        {"[Segment] Group": "acme-1"},
    ]


@pytest.mark.parametrize("name", ["0", "99", "x", "%3Cscript%3E", "1" * 40])
def test_a_call_that_is_not_there_is_not_found(place, name):
    assert "There is no such call or letter" in place().get(f"/calls/{name}", status=404)


def hostile_calls():
    extra = {HOSTILE: HOSTILE, "nested": {HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}}
    common = {"userId": HOSTILE, "anonymousId": HOSTILE, "context": {**extra, "ip": HOSTILE, "userAgent": HOSTILE}}
    groups = {"Amplitude": {"groups": {HOSTILE: HOSTILE}}}
    yield {
        "type": "track",
        "event": HOSTILE,
        "messageId": f"a {HOSTILE}",
        "properties": extra,
        "integrations": groups,
        **common,
    }
    traits = {**extra, "group_type": HOSTILE, "name": HOSTILE}
    yield {"type": "group", "groupId": HOSTILE, "messageId": f"b {HOSTILE}", "traits": traits, **common}
    yield {"type": "identify", "messageId": f"c {HOSTILE}", "traits": extra, "integrations": groups, **common}
    yield {
        "type": "page",
        "name": HOSTILE,
        "category": HOSTILE,
        "messageId": f"d {HOSTILE}",
        "properties": extra,
        **common,
    }


def test_calls_are_hostile_and_shown_as_text_on_every_page(place):
    here = place()
    here.post(*hostile_calls(), {"type": HOSTILE, HOSTILE: HOSTILE}, {"type": "track", "userId": HOSTILE})
    refuse = {"settings": {"refuse": {f"a {HOSTILE}": 400}}}
    requests.post(f"{here.amplitude.url}/api/behaviour", json=refuse, timeout=5)
    requests.post(f"{here.amplitude.url}/api/behaviour", json={"next": 1, "status": 503, "body": HOSTILE}, timeout=5)
    here.deliver()
    pages = ["/", "/now/live", "/calls", "/groups", "/letters", "/letters?destination=&why=invalid", "/settings"]
    pages += [f"/calls/{one.id}" for one in here.journal.newest(10)] + ["/letters/r1", "/letters/r2"]
    pages += [f"/letters/ask?act={act}&id=r1" for act in ("redrive", "drop")]
    queries: list[dict[str, str]] = [
        {name: HOSTILE} for name in ("text", "event", "user", "group", "reason", "id", "type", "before")
    ]
    for page, query in [*((one, {}) for one in pages), *(("/calls", one) for one in queries)]:
        html = here.get(page, **query)
        assert "<script>" not in html, (page, query)
        assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', '""', html)), page
    asked = f"/letters/ask?act=drop&destination={HOSTILE}&why={HOSTILE}"
    assert "<script>" not in here.get(asked)
    assert "<script>" not in here.get("/letters", destination=HOSTILE, why=HOSTILE)
    assert "<script>" not in here.get("/groups", destination=HOSTILE, type=HOSTILE)
