"""The pages: what they show, that they escape it, and that they stay small."""

import html
import json
import re
import shlex
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.calls import HOSTILE, event, form, page, send, view
from translator.sandbox import create_sandbox
from translator.sandbox.texts import group_path, user_path

ODD = ("a/b", "//", "..", "a?b#c", "a&b=c", "ä ö", "%2F", "x" * 1024, "a\nb", HOSTILE, '"quoted"')


def shown(text):
    """A page as its reader sees it: without tags, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_an_empty_sandbox_says_what_to_do(amplitude):
    assert f"curl {amplitude.url}/2/httpapi" in shown(page(amplitude, "/"))
    assert "No silent drops" in page(amplitude, "/")
    assert "No group yet." in page(amplitude, "/groups")
    assert "0 of 5 group types" in page(amplitude, "/groups")
    assert "None so far." in page(amplitude, "/drops")
    for path in ("/users", "/requests"):
        assert "Nothing has come yet. Send an event:" in shown(page(amplitude, path))
    assert "No such user: nobody" in shown(page(amplitude, "/users/nobody", 404))
    assert "No such group: t: v" in shown(page(amplitude, "/groups/t/v", 404))
    assert "No such record: 7" in shown(page(amplitude, "/records/7", 404))


def test_the_command_that_an_empty_sandbox_shows_sends_an_event(amplitude):
    text = html.unescape(re.findall('<pre id="first"[^>]*>([^<]*)</pre>', page(amplitude, "/"))[0])
    _, url, _, header, _, data = shlex.split(text)
    name, _, value = header.partition(": ")
    assert requests.post(url, data=data, headers={name: value}, timeout=5).status_code == 200
    assert [row["body"]["groups"] for row in view(amplitude, "/api/events")] == [{"company": "Acme"}]


def test_the_overview_has_counts_newest_records_groups_and_loud_drops(amplitude):
    send(amplitude, *[event(event_type=f"Event {n}", groups={"team": f"v{n}"}) for n in range(20)])
    send(amplitude, event(groups={"team": [str(n) for n in range(12)]}), event(event_properties={"t": "x" * 2000}))
    text = shown(page(amplitude, "/"))
    assert "Amplitude would have dropped data in silence: 2 times" in text
    assert "11th group value 1" in text
    assert "text over 1,024 characters 1" in text
    assert "events 22" in text
    assert "requests 2" in text
    assert "Event 19" in text
    assert "Event 5 " not in text, "the newest 15"
    assert text.index("Event 19") < text.index("Event 18")


def test_duplicates_alone_are_no_alarm(amplitude):
    send(amplitude, event(insert_id="1"), event(insert_id="1"))
    text = page(amplitude, "/")
    assert "No silent drops" in text
    assert 'class="calm"' in text
    assert "duplicate insert id 1" in shown(text)


def test_a_users_page(amplitude):
    form(
        amplitude,
        "/identify",
        identification={
            "user_id": "user-1",
            "device_id": "device-1",
            "groups": {"org": "Acme"},
            "user_properties": {"name": "Grace", "n": 3},
        },
    )
    send(
        amplitude,
        event(event_type="Opened", groups={"team": "red"}, insert_id="m-1", platform="Web"),
        event(group_properties={"a": 1}),
    )
    form(amplitude, "/usermap", mapping={"user_id": "user-1", "global_user_id": "user-9"})
    asked = {"user_ids": ["user-1"], "requester": "cs"}
    requests.post(amplitude.url + "/api/2/deletions/users", json=asked, auth=("k", "s"), timeout=5)
    text = shown(page(amplitude, "/users/user-1"))
    assert "2 events · mapped to user-9 · deletion requested" in text
    assert "org: Acme They count for all later events of this user, and cannot be unset in Amplitude" in text
    assert "name Grace" in text
    assert "n 3" in text
    assert "platform Web" in text
    assert "device-1 Copy" in text
    assert "org: Acme from the user (user-level) team: red from this record" in text
    assert '"insert_id": "m-1"' in text
    assert "1 silent drop of this user's records group properties on an event 1 All, with path and record" in text
    assert text.index("user deletion") < text.index("user map") < text.index("Opened")


def test_a_device_without_a_user_is_found_under_its_id(amplitude):
    send(amplitude, {"device_id": "device-1", "event_type": "e"})
    assert "a device: no user id is known of it" in page(amplitude, "/users/device-1")
    assert "a device: no user id is known of it" in page(amplitude, "/users/device:device-1")


def test_a_groups_page(amplitude):
    form(
        amplitude,
        "/groupidentify",
        identification={"group_type": "org", "group_value": "Acme", "group_properties": {"plan": "pro"}},
    )
    send(
        amplitude,
        event(groups={"org": "Acme", "team": "red"}, time=1_710_028_800_000),
        event(user_id="user-2", groups={"org": "Acme"}, time=1_710_028_800_001),
    )
    send(amplitude, event(groups={"org": ["Acme", *map(str, range(10))]}))
    text = shown(page(amplitude, "/groups/org/Acme"))
    assert "2 members · 3 events" in text
    assert "plan pro" in text
    assert "2024-03-10 2" in text
    assert "user-1 user-2" in text
    assert "11th group value groups.org 9" in text
    assert 'value="2"' in page(amplitude, "/groups/org/Acme")
    assert "11th group value groups.org 9" in shown(page(amplitude, "/group?type=org&value=0"))
    assert "11th group value" not in page(amplitude, "/groups/team/red")


def test_lists_are_searched_and_paged(amplitude):
    send(
        amplitude,
        *[
            event(user_id=f"user-{n}", device_id=f"device-{n}", groups={"org": f"Org {n}", "team": "x"})
            for n in range(120)
        ],
    )
    first, second, third = (page(amplitude, f"/users?page={n}") for n in (1, 2, 3))
    assert [len(re.findall('<a class="id"', text)) for text in (first, second, third)] == [50, 50, 20]
    assert "user-119" in first
    assert "user-0<" in third
    assert 'href="?page=2"' in first
    assert "Older" not in third
    assert re.findall(r'<a class="id" href="[^"]*">([^<]*)', page(amplitude, "/users?q=DEVICE-11")) == [
        f"user-{n}" for n in (*range(119, 109, -1), 11)
    ]
    assert "No user or device id contains" in page(amplitude, "/users?q=zzz")
    text = page(amplitude, "/groups?type=team")
    assert "2 of 5 group types" in text
    assert "120" in shown(text)
    assert "Org" not in shown(text)
    assert shown(page(amplitude, "/groups?type=org&q=ORG%201")).count("org:") == 31
    assert "Page 3" in page(amplitude, "/groups?type=org&page=3")
    text = page(amplitude, "/groups/team/x")
    assert text.count('<li><a class="id"') == 50
    assert "user-50" in shown(page(amplitude, "/groups/team/x?members=2"))


def test_a_long_stream_is_paged_by_number(amplitude):
    send(amplitude, *[event(event_type=f"Event {n}") for n in range(60)], event(user_id="user-2"))
    seen: list[str] = []
    path = "/users/user-1"
    while path:
        text = page(amplitude, path)
        seen += re.findall(r'<span class="event">(Event \d+)<', text)
        found = re.search(r'rel="next" href="(\?before=\d+)"', text)
        path = f"/users/user-1{found[1]}" if found else ""
    assert seen == [f"Event {n}" for n in range(59, -1, -1)]


def test_search_goes_to_the_one_that_is_meant_or_lists_all(amplitude):
    send(
        amplitude,
        event(user_id="user-1", device_id="device-1", groups={"org": "Acme"}),
        event(user_id="user-11", groups={"org": "Acme Ltd"}),
    )

    def goes(text):
        return requests.get(
            amplitude.url + "/search", params={"q": text}, timeout=5, allow_redirects=False
        ).headers.get("Location")

    assert goes("user-1") == "/users/user-1"
    assert goes("device-1") == "/users/user-1"
    assert goes("Acme") == "/groups/org/Acme"
    assert goes(" ") == "/"
    assert goes("acme") is None
    assert "Groups that contain it org: Acme 1 member, 1 event org: Acme Ltd" in shown(
        page(amplitude, "/search?q=acme")
    )
    send(amplitude, event(user_id="Acme!", groups={"org": "user-1"}))
    assert "Exactly that user-1 device-1 1 event org: user-1" in shown(page(amplitude, "/search?q=user-1"))
    assert "Nothing has zzz in its user id" in shown(page(amplitude, "/search?q=zzz"))


def test_the_request_log_is_filtered_by_status(amplitude):
    send(amplitude, event())
    send(amplitude, {"event_type": "e"})
    assert "all 2 200 1 400 1" in shown(page(amplitude, "/requests"))
    text = shown(page(amplitude, "/requests?status=400"))
    assert "refused: Request missing required field: user_id (missing fields)" in text
    assert text.count("POST /2/httpapi") == 2, "the row and its details"
    assert '"events_with_missing_fields": { "user_id": [ 0 ] }' in text
    assert "No request of this kind." in page(amplitude, "/requests?status=503")


def test_drops_are_listed_and_filtered_by_rule(amplitude):
    send(amplitude, event(event_properties={"t": "x" * 1025}, group_properties={"plan": 1}))
    text = shown(page(amplitude, "/drops?rule=text"))
    assert "text over 1,024 characters event_properties.t 1 of 1025 characters user-1 e" in text
    assert "group_properties plan user-1" not in text
    assert "group_properties plan user-1" in shown(page(amplitude, "/drops"))
    assert "None of this rule." in page(amplitude, "/drops?rule=mixed")


@pytest.mark.parametrize("odd", ODD)
def test_any_id_and_value_has_a_page_that_its_links_lead_to(amplitude, odd):
    assert send(amplitude, event(user_id=odd, groups={odd: odd}, event_type=odd), min_id_length=1).status_code == 200
    for path in (user_path(odd), group_path(odd, odd)):
        assert html.escape(path) in page(amplitude, "/")
        assert html.escape(odd, quote=False).split("\n")[0].replace('"', "&#34;") in page(amplitude, path)
    assert page(amplitude, "/user?" + urlencode({"key": odd}))


def test_hostile_input_is_text_on_every_page(amplitude):
    send(
        amplitude,
        {
            "user_id": HOSTILE,
            "device_id": HOSTILE,
            "event_type": HOSTILE,
            "insert_id": HOSTILE,
            "time": 1,
            "groups": {HOSTILE: [HOSTILE, HOSTILE + "2"]},
            "event_properties": {HOSTILE: HOSTILE + "x" * 2000},
            "user_properties": {HOSTILE: {HOSTILE: [HOSTILE]}, "$set": {"<u>": "<s>"}},
            "group_properties": {HOSTILE: 1},
            "platform": HOSTILE,
            "country": HOSTILE,
        },
    )
    send(
        amplitude,
        {
            "user_id": HOSTILE,
            "event_type": HOSTILE,
            "os_name": HOSTILE,
            "groups": {HOSTILE: [f"{HOSTILE}{n}" for n in range(11)]},
        },
    )
    form(amplitude, "/identify", identification={"user_id": HOSTILE, "groups": {HOSTILE: HOSTILE}})
    form(
        amplitude,
        "/groupidentify",
        identification={"group_type": HOSTILE, "group_value": HOSTILE, "group_properties": {HOSTILE: HOSTILE}},
    )
    form(amplitude, "/usermap", mapping={"user_id": HOSTILE, "global_user_id": HOSTILE})
    settings = {"throttle_users": {HOSTILE: None}, "refuse": {HOSTILE: 400}}
    requests.post(amplitude.url + "/api/behaviour", json={"settings": settings}, timeout=5)
    requests.post(amplitude.url + "/api/behaviour", json={"path": HOSTILE, "body": HOSTILE}, timeout=5)
    requests.post(amplitude.url + "/api/behaviour", json={"status": 500, "body": {HOSTILE: HOSTILE}}, timeout=5)
    send(amplitude, event())
    query = urlencode(
        {"q": HOSTILE, "type": HOSTILE, "value": HOSTILE, "key": HOSTILE, "rule": HOSTILE, "status": HOSTILE}
    )
    paths = [
        "/",
        "/users",
        "/groups",
        "/taxonomy",
        "/requests",
        "/drops",
        "/faults",
        "/forget",
        "/records/1",
        user_path(HOSTILE),
        group_path(HOSTILE, HOSTILE),
    ]
    paths += [f"{path}?{query}" for path in ("/users", "/groups", "/requests", "/drops", "/faults", "/search")]
    for path in paths:
        text = page(amplitude, path)
        assert "<script>" not in text, path
        assert not re.search("<[us]>", text), path
        assert not re.search(r'(href|src)="\s*javascript', text), path
    for path in ("/", user_path(HOSTILE), group_path(HOSTILE, HOSTILE), "/requests", "/drops", "/faults"):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page(amplitude, path), path
    assert "&lt;script&gt;" in page(amplitude, "/user?" + urlencode({"key": HOSTILE + "0"}), 404)


def test_a_page_that_did_not_change_is_304_and_one_that_did_is_not(amplitude):
    def ask(tag):
        return requests.get(amplitude.url + "/", headers={"If-None-Match": tag} if tag else {}, timeout=5)

    tag = ask(None).headers["ETag"]
    assert ask(tag).status_code == 304
    send(amplitude, event())
    tag = ask(tag).headers["ETag"]
    requests.post(amplitude.url + "/api/behaviour", json={"settings": {"throttle_users": ["user-1"]}}, timeout=5)
    assert ask(tag).status_code == 200


def test_times_are_for_machines_too_with_utc_on_hover(amplitude):
    send(amplitude, event(time=1_710_115_199_999))
    assert (
        '<time class="when" datetime="2024-03-10T23:59:59.999Z" title="2024-03-10 23:59:59.999 UTC">03-10 23:59:59 UTC</time>'
        in page(amplitude, "/users/user-1")
    )
    send(amplitude, event(user_id="user-2", time=2**62))
    assert f"{2**62} ms" in page(amplitude, "/users/user-2")


def test_very_long_json_is_cut_on_a_page_and_whole_as_json(amplitude):
    send(amplitude, event(event_properties={f"p{n}": "x" * 1000 for n in range(100)}), path="/batch")
    text = page(amplitude, "/records/1")
    assert "more characters" in text
    assert len(text) < 40_000
    assert len(view(amplitude, "/api/records/1")["body"]["event_properties"]) == 100


@pytest.mark.parametrize(
    "path",
    [
        "/users?page=x",
        "/users?page=-1",
        "/users?page=99999999999999999999",
        "/users/user-1?before=x",
        "/users/user-1?before=-1",
        "/requests?before=99999999999999999999",
        "/drops?page=0",
        "/groups/t/v?members=-5&before=0",
    ],
)
def test_odd_pages_are_answered(amplitude, path):
    send(amplitude, event(groups={"t": "v"}))
    assert page(amplitude, path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/users",
        "/users/user-1",
        "/groups",
        "/groups/t/v",
        "/requests",
        "/drops",
        "/faults",
        "/forget",
        "/search?q=e",
    ],
)
def test_pages_can_be_used_by_keyboard_and_screen_reader(amplitude, path):
    send(amplitude, event(groups={"t": [str(n) for n in range(11)] + ["v"]}), event(groups={"t": "v"}))
    text = page(amplitude, path)
    assert '<html lang="en">' in text
    assert text.count("<h1") == 1
    for landmark in ("<header>", "<nav ", '<main id="main"', "<footer>"):
        assert text.count(landmark) >= 1
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "no id twice"
    assert set(re.findall(r'aria-labelledby="([^"]+)"', text)) <= set(ids)
    fields = set(re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', text))
    assert fields <= set(re.findall(r'<label[^>]* for="([^"]+)"', text))
    assert text.count("<table") == text.count("<caption")
    assert all('aria-label="Copy ' in button for button in re.findall(r'<button[^>]*class="copy"[^>]*>', text))


KEYS = ["user_id", "device_id", "groups", "group_type", "group_value", "group_properties", "user_properties", "event_properties", "time", "insert_id", "event_id", "event_type", "platform", "country", "price", "quantity", "revenue", "$set", "$add", "$skip_user_properties_sync", "unmap", "global_user_id", "a"]  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
RECORD = st.dictionaries(st.sampled_from(KEYS), ANY, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=3))
def test_whatever_was_taken_every_page_can_be_written(records):
    app = create_sandbox()
    client = app.test_client()
    fixed = {"user_id": "user-1", "event_type": "e"}
    for record in records:
        assert client.post("/2/httpapi", json={"api_key": "k", "events": [{**record, **fixed}]}).status_code < 500
        groups = {"group_type": "t", "group_value": "v", "group_properties": {"a": 1}}
        for path, name, has in (("/identify", "identification", {"user_id": "user-1"}), ("/groupidentify", "identification", groups), ("/usermap", "mapping", fixed)):  # fmt: skip
            data = {"api_key": "k", name: json.dumps({**record, **has})}
            assert client.post(path, data=data).status_code < 500
    for path in (
        "/",
        "/users",
        "/users/user-1",
        "/groups",
        "/groups/t/v",
        "/requests",
        "/drops",
        "/faults",
        "/search?q=u",
    ):
        assert client.get(path).status_code in (200, 302, 404), path
    for number in range(1, app.extensions["sandbox"][0].number + 1):
        assert client.get(f"/records/{number}").status_code == 200
    for path in ("events", "users", "groups", "drops", "requests"):
        assert client.get(f"/api/{path}").status_code == 200


def test_only_users_who_are_known_are_links(amplitude):
    lone = {"event_type": "$groupidentify", "groups": {"org": "Acme"}, "group_properties": {"t": "x" * 2000}}
    send(amplitude, {**lone, "user_id": HOSTILE + "-1"}, event())
    form(amplitude, "/usermap", mapping={"user_id": "user-1", "global_user_id": "elsewhere"})
    requests.post(
        amplitude.url + "/api/behaviour", json={"settings": {"throttle_users": ["nobody", "user-1"]}}, timeout=5
    )
    paths = ("/", "/groups/org/Acme", "/drops", "/faults", "/users/user-1", "/records/1")
    links = {link for path in paths for link in re.findall(r'href="(/users?[/?][^"]*)"', page(amplitude, path))}
    assert links == {"/users/user-1"}
    assert f"{HOSTILE}-1" in shown(page(amplitude, "/drops"))
    assert HOSTILE not in page(amplitude, "/drops")
    assert "nobody" in shown(page(amplitude, "/faults"))
    assert "mapped to elsewhere" in shown(page(amplitude, "/users/user-1"))


def test_search_leads_to_the_record_of_an_insert_id(amplitude):
    send(amplitude, event(insert_id="m-1"), event(insert_id="m-2"), event(insert_id="m-2", device_id="device-1"))

    def answer(text):
        return requests.get(amplitude.url + "/search", params={"q": text}, timeout=5, allow_redirects=False)

    assert answer("m-1").headers["Location"] == "/records/1"
    text = answer("m-2").text
    assert "Exactly that Record 3 e insert id m-2" in shown(text)
    assert re.findall('href="(/records/[^"]*)"', text) == ["/records/3", "/records/2"]
    send(amplitude, event(user_id="m-1-user", insert_id=HOSTILE), event(user_id="m-1-user", insert_id="m-1-user"))
    assert answer(HOSTILE).headers["Location"] == "/records/4"
    assert "Exactly that m-1-user 2 events Record 5" in shown(answer("m-1-user").text)
    assert "or as its insert id" in answer("zzz").text


def test_a_group_that_was_dropped_is_struck_through_in_its_row(amplitude):
    send(amplitude, event(groups={"org": [str(n) for n in range(12)], HOSTILE: None}))
    send(amplitude, event(groups={f"t{n}": "v" for n in range(4)} | {"t5": HOSTILE}), event(user_id="user-2"))
    for path in ("/", "/users/user-1", "/groups/org/1", "/records/1"):
        text = page(amplitude, path)
        assert HOSTILE not in text
        assert '<del><span class="soft">org:</span> 10, 11</del>' in text, path
        assert "(dropped: 11th group value)" in text
        assert "(dropped: group without a value)" in text
    assert f"t5: {HOSTILE}" in shown(page(amplitude, "/records/2"))
    assert "<del>" not in page(amplitude, "/users/user-2")
