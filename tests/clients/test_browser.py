"""Segment's library for browsers sends here, from a page of another origin: @segment/analytics-next, in Chromium."""

from __future__ import annotations

import resource
import shutil

import pytest

from tests.clients import sdks, seen
from tests.clients.scene import KEYS, counted
from tests.clients.trials import DUPLICATES, REFUSED, TOO_FAST, UNKNOWN, limit_files
from tests.processes import until

LIBRARY = "analytics.js"
BATCHING = {"strategy": "batching", "config": {"size": 10, "timeout": 50}}


@pytest.fixture(scope="module")
def pages(scene):
    """The same page at an allowed origin and at another."""
    for folder in (scene.pages.folder, scene.strangers.folder):
        shutil.copy(sdks.HERE / "page.js", folder)
        shutil.copytree(sdks.UMD, folder / "umd")
        (folder / "index.html").write_text('<script src="/umd/index.js"></script><script src="/page.js"></script>')
    return scene.pages


class Visit:
    """A page with the library. ``asked``: every address that it asked for anything."""

    def __init__(self, page):
        self.page = page
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))

    def begin(self, home, service, key, options=None):
        """Load the library; ``home``: whose page it is."""
        self.page.goto(f"{home}/index.html")
        self.page.evaluate(
            "([settings, options]) => begin(settings, options)", [{"writeKey": key, "cdnURL": service}, options or {}]
        )

    def begin_told(self, home, service, key):
        """Load the library, which is told where to send, as the docs' first example does."""
        self.page.goto(f"{home}/index.html")
        integration = {"apiKey": key, "apiHost": f"{service.removeprefix('http://')}/v1", "protocol": "http"}
        settings = {"integrations": {"Segment.io": integration}, "metrics": {"sampleRate": 0}}
        self.page.evaluate("settings => begin(settings)", {"writeKey": key, "cdnSettings": settings})

    def make(self, calls):
        return self.page.evaluate("calls => make(calls)", calls)

    def ids(self):
        return self.page.evaluate("outcome()")["ids"]

    def failed(self):
        return self.page.evaluate("outcome()")["failed"]

    def close(self):
        self.page.context.close()


@pytest.fixture
def visit(pages, browser):
    made = Visit(browser.new_context().new_page())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("who", "options"), [("browser-every", {}), ("browser-batch", {"integrations": {"Segment.io": {"deliveryStrategy": BATCHING}}})]
)  # fmt: skip
def test_every_kind_of_call_arrives_as_it_was_meant(scene, visit, who, options):
    visit.begin(scene.pages.url, scene.service.url, KEYS["website"], options)
    ids = visit.make(seen.calls(who))
    until(lambda: scene.user(f"{who}-before").get("mapped_to"))
    seen.check(scene, who, LIBRARY, ids)
    assert visit.failed() == []
    assert {url.split("/")[2] for url in visit.asked} == {
        scene.pages.url.split("/")[2],
        scene.service.url.split("/")[2],
    }, "nothing goes to anybody else"


def test_an_answer_that_is_lost_costs_nothing(scene, visit):
    who = "browser-lost"
    visit.begin(scene.pages.url, scene.thief.url, KEYS["website"])
    before, known = scene.thief.lost, counted(scene.service, DUPLICATES)
    scene.thief.lose(2)
    ids = visit.make(seen.calls(who))
    until(lambda: scene.thief.lost == before + 2 and scene.user(f"{who}-before").get("mapped_to"))
    until(lambda: counted(scene.service, DUPLICATES) == known + 2)
    seen.check(scene, who, LIBRARY, ids)
    assert visit.failed() == []


def test_a_journal_that_takes_nothing_is_waited_for(scene, more, visit):
    who = "browser-full"
    service = more()
    visit.begin(scene.pages.url, service.url, KEYS["website"])
    visit.make([("identify", {"userId": who, "traits": {}})])
    limit_files(service, 0)
    visit.page.evaluate("calls => { make(calls) }", seen.track(who))
    until(lambda: counted(service, REFUSED))
    limit_files(service, resource.RLIM_INFINITY)
    until(lambda: len(visit.ids()) == 2 and seen.inserted(scene, who) == sorted(visit.ids()))
    assert visit.failed() == []


def test_a_source_that_sends_too_much_is_slowed_down_and_loses_nothing(scene, more, visit):
    who = "browser-fast"
    service = more(calls_per_second=1)
    visit.begin(scene.pages.url, service.url, KEYS["website"])
    before = counted(service, TOO_FAST)
    visit.make([("identify", {"userId": who, "traits": {}})])
    visit.page.evaluate("calls => Promise.all(calls.map(one => make([one])))", seen.track(who) * 80)
    until(lambda: seen.inserted(scene, who) == sorted(visit.ids()), 60)
    assert len(visit.ids()) == 81
    assert counted(service, TOO_FAST) > before
    assert visit.failed() == []


def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(scene, visit):
    who = "browser-killed"
    visit.begin(scene.pages.url, scene.service.url, KEYS["website"])
    visit.make([("identify", {"userId": who, "traits": {}})])
    visit.page.evaluate("calls => { makeAgain(calls) }", seen.track(who))
    seen.arrived(scene, who, 10)
    scene.service.kill_all()
    # so that some calls surely find nobody
    before = len(visit.ids())
    until(lambda: len(visit.ids()) > before + 5)
    scene.service.start()
    seen.arrived(scene, who, len(scene.records(who)) + 10)
    visit.page.evaluate("end()")
    until(lambda: seen.inserted(scene, who) == sorted(visit.ids()), 60)
    assert visit.failed() == []


def test_a_page_that_is_opened_while_the_service_is_away_sends_when_it_is_back(scene, more, visit):
    who = "browser-away"
    service = more()
    service.kill_all()
    visit.begin_told(scene.pages.url, service.url, KEYS["website"])
    for call in (("identify", {"userId": who, "traits": {}}), *seen.track(who)):
        visit.page.evaluate("calls => { make(calls) }", [call])
    tracked = f"{service.url}/v1/t"
    until(lambda: visit.page.evaluate("true") and visit.asked.count(tracked) > 1)
    assert scene.records(who) == []
    service.start()
    until(lambda: len(visit.ids()) == 2 and seen.inserted(scene, who) == sorted(visit.ids()), 60)
    assert visit.failed() == []
    assert {url.split("/v1/")[0] for url in visit.asked if "/v1/" in url} == {service.url}


def test_a_page_that_asks_a_service_that_is_away_where_to_send_loses_its_calls(scene, more, visit):
    who = "browser-asks"
    service = more()
    service.kill_all()
    with pytest.raises(Exception, match="Failed to fetch"):
        visit.begin(scene.pages.url, service.url, KEYS["website"])
    service.start()
    calls = [("identify", {"userId": who, "traits": {}}), *seen.track(who)]
    visit.page.evaluate("calls => { make(calls) }", calls)
    visit.page.wait_for_timeout(2000)
    assert [url for url in visit.asked if "/v1/" in url] == [f"{service.url}/v1/projects/{KEYS['website']}/settings"]
    visit.begin(scene.pages.url, service.url, KEYS["website"])
    ids = visit.make(calls)
    until(lambda: seen.inserted(scene, who) == sorted(ids))


def test_a_page_that_is_left_while_it_sends_sends_again_on_the_next_and_it_counts_once(scene, visit):
    who = "browser-left"
    visit.begin(scene.pages.url, scene.thief.url, KEYS["website"])
    visit.make([("identify", {"userId": who, "traits": {}})])
    scene.thief.lose(1)
    (_, left) = visit.make(seen.track(who))
    visit.begin(scene.pages.url, scene.thief.url, KEYS["website"])
    (last,) = visit.make(seen.track(who))
    until(lambda: {left, last} <= set(seen.inserted(scene, who)))
    scene.settled()
    assert [one for one in seen.inserted(scene, who) if one in (left, last)] == sorted([left, last])


def test_an_unknown_key_is_not_even_given_settings(scene, visit):
    with pytest.raises(Exception, match="no source has this write key"):
        visit.begin(scene.pages.url, scene.service.url, "not-a-key")


def test_a_key_that_became_unknown_is_given_up_at_once_and_counted(scene, visit):
    who = "browser-unknown"
    visit.begin_told(scene.pages.url, scene.service.url, "not-a-key")
    before = counted(scene.service, UNKNOWN)
    (lost,) = visit.make([("identify", {"userId": who, "traits": {}})])
    until(lambda: visit.failed() == [lost])
    assert counted(scene.service, UNKNOWN) == before + 1
    scene.settled()
    assert scene.records(who) == []


def test_a_page_of_an_origin_that_is_not_allowed_is_told_nothing(scene, visit):
    with pytest.raises(Exception, match="Failed to fetch"):
        visit.begin(scene.strangers.url, scene.service.url, KEYS["website"])
