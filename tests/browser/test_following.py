"""A call followed from its POST to its page, filtered for, redriven; what is live stays put; times and copies."""

import json
import re
import time
import uuid

import pytest
import requests

from tests.browser.chromium import expect, new_page
from tests.browser.looking import unharmed
from tests.browser.pages import PROXIED, sign_in
from tests.browser.scene import HOSTILE
from tests.processes import until


def named():
    return f"browser-{uuid.uuid4().hex[:8]}"


def group(name, value="Acme", **traits):
    traits = {"group_type": "Organization", "name": value, **traits}
    return {"type": "group", "groupId": name, "userId": f"user-{name}", "messageId": name, "traits": traits}


def track(name, event="Followed", **more):
    return {"type": "track", "event": event, "userId": f"user-{name}", "messageId": name, **more}


def shown_json(page, label):
    return json.loads(page.get_by_role("region", name=label, exact=True).first.inner_text())


def behave(scene, **how):
    requests.post(f"{scene.amplitude.url}/api/behaviour", json=how, timeout=5).raise_for_status()


def test_a_call_is_followed_from_its_post_to_its_page(page, scene):
    name = named()
    page.goto(f"{scene.service.url}/calls")
    scene.service.post(group(name))
    row = page.get_by_role("row").filter(has_text=name)
    expect(row.get_by_text("delivered")).to_be_visible(timeout=15_000)  # it came by itself
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"group {name}")
    expect(page.get_by_text(re.compile(r"Delivered .* after its receipt"))).to_be_visible()
    assert shown_json(page, "Record 1")["groups"] == {"Organization": "Acme"}
    arrived = requests.get(f"{scene.amplitude.url}/api/events", params={"user": f"user-{name}"}, timeout=5).json()
    assert shown_json(page, "Request 1")["events"] == [one["body"] for one in arrived]
    assert shown_json(page, "The raw call") == group(name)
    page.get_by_role("link", name="all calls of this user").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_calls_are_filtered_by_a_person(page, scene):
    first, second = named(), named()
    scene.service.post(track(first, "Signed Up", properties={"note": f"Only {first}"}))
    scene.service.post(group(second))
    page.goto(f"{scene.service.url}/calls")
    page.get_by_label("Text").fill(f"only {first}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("link")).to_have_count(1)
    expect(page.get_by_role("link", name="Signed Up")).to_be_visible()
    with page.expect_navigation():
        page.get_by_label("type").select_option("group")  # a list that is chosen from goes to its page
    expect(page.get_by_text("None of the")).to_be_visible()
    assert page.get_by_label("Text").input_value() == f"only {first}"
    page.get_by_role("link", name="Newest of all").click()
    page.get_by_label("An exact id").fill(second)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name=second)).to_be_visible()


def test_a_dead_letter_is_redriven_and_arrives(page, scene):
    name = named()
    behave(
        scene, next=1, status=400, path="/2/httpapi", body={"code": 400, "events_with_invalid_fields": {"time": [0]}}
    )
    scene.service.post(track(name))
    until(lambda: name in requests.get(f"{scene.service.url}/calls?state=dead", timeout=5).text)
    page.goto(f"{scene.service.url}/calls?id={name}")
    page.get_by_role("link", name="Followed").click()
    expect(page.get_by_role("heading", name="amplitude dead")).to_be_visible()
    page.get_by_role("link", name="Redrive…").click()
    expect(page.get_by_role("heading", name="Redrive this letter?")).to_be_visible()
    page.get_by_role("link", name="Leave as it is").click()
    page.go_back()
    page.get_by_role("button", name="Redrive this letter").click()
    expect(page.get_by_role("heading", name="1 of 1 wait to be sent again")).to_be_visible()
    until(lambda: scene.service.waiting() == 0)
    page.goto(f"{scene.service.url}/calls?id={name}")
    expect(page.get_by_role("cell", name="delivered")).to_be_visible()


def test_letters_of_a_reason_are_redriven_taken_away_and_dropped_by_keyboard(page, scene):
    names = [named() for _ in range(3)]
    behave(scene, settings={"refuse": dict.fromkeys(names, 400)})
    for name in names:
        scene.service.post(track(name, f"Event of {name}"))
    until(lambda: scene.service.waiting() == 0)
    page.goto(f"{scene.service.url}/letters")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all invalid_fields of amplitude").click()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert set(names) <= {row["message_id"] for row in rows}
    page.get_by_role("link", name="Drop all invalid_fields of amplitude").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"Drop \d+ letters\?"))
    count = int(re.findall(r"\d+", heading.inner_text())[0])
    assert count >= 3
    page.get_by_role("button", name="Drop").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{count} dropped")).to_be_visible()
    page.get_by_role("link", name="Dead letters").last.click()
    expect(page.get_by_role("link", name="invalid_fields", exact=True)).to_have_count(0)


def test_the_playground_sends_to_the_sandbox_when_asked(page, scene):
    name = named()
    page.goto(f"{scene.service.url}/playground")
    page.get_by_label("A Segment call, as JSON").fill(json.dumps(track(name)))
    with page.expect_navigation():
        page.get_by_role("button", name="Translate").click()
    url = f"{scene.amplitude.url}/api/events?user=user-{name}"
    assert requests.get(url, timeout=5).json() == []
    with page.expect_navigation():
        page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Sent to amplitude")).to_be_visible()
    assert [one["body"]["insert_id"] for one in requests.get(url, timeout=5).json()] == [name]


def wait_until_counted(page, seconds=8, longest=60):
    """Until the lists of the last hour stay as they are: what other tests did is counted some seconds later, and brings
    new reasons into them."""
    lists, since, end = page.locator(".split"), time.monotonic(), time.monotonic() + longest
    seen = lists.inner_text()
    while time.monotonic() - since < seconds and time.monotonic() < end:
        page.wait_for_timeout(500)
        if (now := lists.inner_text()) != seen:
            seen, since = now, time.monotonic()


def test_what_is_live_changes_its_numbers_and_nothing_else(page, scene):
    page.goto(f"{scene.service.url}/")
    wait_until_counted(page)
    number = page.locator(".numbers dd").first
    before = int(number.inner_text().split("\n")[0].replace(",", ""))
    link = page.get_by_role("navigation").get_by_role("link", name="Dead letters")
    link.focus()
    page.evaluate("""() => {
        window.shifts = []
        const places = one => one.sources.map(each => each.node?.closest ? each.node : each.node?.parentElement)
        const isNumber = one => places(one).every(place => place?.closest('.number, .numbers dd'))  // grows by a digit
        const said = one => `${one.value}: ${places(one).map(place => place?.outerHTML.slice(0, 200))}`
        new PerformanceObserver(list =>
            window.shifts.push(...list.getEntries().filter(one => !isNumber(one)).map(said)),
        ).observe({type: 'layout-shift'})
        window.marked = document.querySelector('#destinations')
    }""")
    scene.service.post(track(named()))
    expect(number).to_contain_text(f"{before + 1:,}", timeout=6000)
    page.wait_for_timeout(2500)
    expect(link).to_be_focused()
    assert page.evaluate("window.marked.isConnected"), "the page was not built anew"
    assert page.evaluate("window.shifts") == []


def test_what_somebody_selects_or_has_opened_is_left_alone(page, scene):
    scene.service.post(track(named()))
    page.goto(f"{scene.service.url}/calls")
    page.evaluate("""() => getSelection().selectAllChildren(document.querySelector('tbody tr'))""")
    chosen = page.evaluate("String(getSelection())")
    name = named()
    scene.service.post(track(name))
    page.wait_for_timeout(3000)
    assert page.evaluate("String(getSelection())") == chosen
    assert page.get_by_text(f"user-{name}").count() == 0
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.get_by_text(f"user-{name}")).to_be_visible(timeout=6000)


@pytest.mark.parametrize(("zone", "expected"), [("Asia/Kolkata", 5.5), ("America/New_York", -5), ("UTC", 0)])
def test_times_are_the_viewers_and_utc_on_hover(browser, scene, watch, zone, expected):
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    watch.over(page)
    page.goto(scene.service.url + scene.call("082108b9"))
    said = page.evaluate(
        """() => [...document.querySelectorAll('time')].map(one => [one.textContent, one.title, one.dateTime])"""
    )
    assert said
    for text, title, exact in said:
        assert title == exact.replace("T", " ").replace("Z", " UTC")
        hours = page.evaluate(
            "([a, b]) => (Date.parse(a + 'Z') - Date.parse(b)) / 3600000", [text.replace(" ", "T"), exact]
        )
        assert round(hours, 1) == expected
    context.close()


def test_ids_and_json_are_copied(browser, scene, watch):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    watch.over(page)
    page.goto(scene.service.url + scene.call("dead-1"))
    page.get_by_role("button", name="Copy the messageId").click()
    assert page.evaluate("navigator.clipboard.readText()") == "dead-1"
    page.get_by_role("button", name="Copy The raw call").click()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["messageId"] == "dead-1"
    context.close()


def test_charts_are_drawn_for_the_hour_and_the_day(page, scene):
    page.goto(f"{scene.service.url}/")
    expect(page.locator(".plot canvas")).to_have_count(3)
    page.get_by_role("link", name="Last day").click()
    expect(page.locator(".plot canvas")).to_have_count(3)
    expect(page.get_by_role("link", name="Last day")).to_have_attribute("aria-current", "true")
    assert page.locator(".plot .u-legend").first.inner_text().split() != []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_pages_work_without_javascript(browser, scene, watch, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    watch.over(page)
    page.goto(f"{scene.service.url}/calls?type=group")
    page.get_by_role("link", name="082108b9").first.click()
    expect(page.get_by_role("heading", name="amplitude delivered")).to_be_visible()
    page.goto(f"{scene.service.url}/letters?destination=&why=invalid")
    page.get_by_role("link", name="r1", exact=True).click()
    page.get_by_role("link", name="Check again…").click()
    page.get_by_role("button", name="Redrive this letter").click()
    expect(page.get_by_role("heading", name="0 of 1 wait to be sent again")).to_be_visible()
    context.close()


def test_hostile_calls_are_text_on_every_page_of_theirs(page, scene):
    for path in (
        "/calls?text=onerror",
        "/calls?type=group",
        "/groups",
        "/letters/r1",
    ):
        page.goto(scene.service.url + path)
        expect(page.get_by_text(HOSTILE[:20]).first).to_be_visible()
        unharmed(page)
    page.goto(scene.service.url + scene.call("hostile"))
    for one in page.locator("summary").all():
        one.click()
    unharmed(page)
    page.goto(f"{scene.service.url}/calls")
    for label in ("Text", "event", "user", "group", "reason"):
        page.get_by_label(label, exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Filter").click()
    unharmed(page)


@pytest.mark.parametrize("width", ["narrow"])
def test_everything_can_be_reached_with_the_tab_key(page, scene):
    page.goto(f"{scene.service.url}/letters")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        visible = page.evaluate("""() => {
            const one = document.activeElement, style = getComputedStyle(one)
            return one === document.body || style.outlineStyle !== 'none'
        }""")
        assert visible, seen[-1]
    assert seen[0] == "Skip to the content"
    for name in ("Now", "Calls", "Groups", "Dead letters", "Playground", "Settings", "Check again…", "Download"):
        assert name in seen, name


def test_a_service_behind_a_proxy_shows_its_pages_to_who_signs_in(browser, scene, watch):
    page = new_page(browser, "wide", "light", "2001:db8:99::7")
    watch.over(page)
    page.goto(f"{scene.guarded.url}/calls")
    expect(page.get_by_label("Password")).to_be_visible()
    page.context.close()


def test_a_page_that_is_open_when_the_session_ends_goes_to_the_sign_in(open_page, scene, watch):
    page = open_page(PROXIED)
    page.goto(f"{scene.guarded.url}/sign-in")
    sign_in(page)
    page.get_by_role("link", name="Calls").click()
    page.context.clear_cookies()
    expect(page.get_by_label("Password")).to_be_visible(timeout=8000)
    expect(page.get_by_role("main")).to_have_count(1)
    watch.forgive("status of 401")


def test_a_page_that_is_open_while_the_service_does_not_answer_says_so_and_goes_on(page, scene, watch):
    page.goto(f"{scene.service.url}/calls")
    rows = page.get_by_role("row").count()
    page.route("**/calls/rows*", lambda route: route.fulfill(status=503, body="<main><h1>Not now</h1></main>"))
    expect(page.locator(".stale")).to_be_visible(timeout=8000)
    assert page.get_by_role("row").count() == rows, "what was there stays"
    expect(page.get_by_role("main")).to_have_count(1)
    page.unroute("**/calls/rows*")
    expect(page.locator(".stale")).to_have_count(0, timeout=8000)
    watch.forgive("status of 503")
