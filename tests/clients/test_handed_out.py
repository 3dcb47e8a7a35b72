"""Segment's library for browsers as this service hands it out, in real pages: links, forms and addresses that make calls
load further parts of it, and none of them from elsewhere."""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

import pytest

from tests.clients import sdks
from tests.clients.scene import KEYS
from tests.processes import until

KEY = KEYS["website"]
USED = """
<a id="link" href="/after.html">Out</a>
<form id="form" action="/after.html"><button>Send</button></form>
<script src="/used.js"></script>
"""
SCRIPT = """
const name = document.title
analytics.identify(name, {})
analytics.trackLink(document.getElementById('link'), 'Link of ' + name, { colour: 'blue' })
// what load() returns has trackSubmit alone, by which the snippet means the same
analytics[analytics.trackForm ? 'trackForm' : 'trackSubmit'](document.getElementById('form'), 'Form of ' + name, { colour: 'red' })
window.ready = new Promise(done => analytics.ready(done))
"""


def snippet(host):
    """Segment's, with another host; ``host``: a URL, by http with the line that it then needs."""
    code = sdks.snippet().replace("YOUR_WRITE_KEY", KEY).replace("https://cdn.segment.com", host)
    if host.startswith("http:"):
        code = code.replace("analytics.load(", f'analytics._cdn = "{host}";\nanalytics.load(')
    return f"<script>{code}</script>"


def tag(home, cdn, script=""):
    """The script tag of the docs. ``cdn``: the text that is ``_cdn``; ``home``: of the service."""
    parts = urlsplit(home)
    service = f"{{ apiKey: '{KEY}', apiHost: '{parts.netloc}/v1', protocol: '{parts.scheme}' }}"
    told = f"{{ integrations: {{ 'Segment.io': {service} }}, metrics: {{ sampleRate: 0 }} }}"
    load = f"window.analytics = AnalyticsNext.AnalyticsBrowser.load({{ writeKey: '{KEY}', cdnSettings: {told} }})"
    known = f"<script>window.analytics = {{ _cdn: {cdn} }}</script>" if cdn else ""
    return f'{known}<script src="{script}/analytics-next/bundles/index.js"></script><script>{load}</script>'


def of_snippet(scene):
    return snippet(scene.front.url)


def of_snippet_by_http(scene):
    return snippet(scene.behind.url)


def of_tag(scene):
    return tag(scene.front.url, f"'{scene.front.url}'", scene.front.url)


def of_own_copy(scene):
    return tag(scene.front.url, "location.origin")


FORMS = {form.__name__: form for form in (of_snippet, of_snippet_by_http, of_tag, of_own_copy)}


class Opened:
    """A page of the allowed origin. ``said``: its console's errors."""

    def __init__(self, scene, browser):
        self.scene = scene
        self.page = browser.new_context(ignore_https_errors=True).new_page()
        self._asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self._asked.append(request.url))
        self.page.on("console", lambda line: self.said.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("response", lambda answer: self.said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)  # fmt: skip

    def open(self, name, head, query=""):
        """A page with the library, whose title is also its user's id."""
        (self.scene.pages.folder / f"{name}.html").write_text(
            f'<title>{name}</title><link rel="icon" href="data:,">{head}{USED}'
        )
        self.page.goto(f"{self.scene.pages.url}/{name}.html{query}")

    def asked(self):
        """Every address that it asked for anything, until now."""
        self.page.evaluate("true")  # Playwright hears of requests only while it does something
        return self._asked

    def parts(self):
        """The further parts of the library that it asked for, by their names' beginnings."""
        return {url.rpartition("/")[2].split(".")[0] for url in self.asked() if ".bundle." in url}

    def strangers(self):
        """Who else was asked."""
        known = {urlsplit(one).netloc for one in (self.scene.pages.url, self.scene.front.url, self.scene.behind.url)}
        return [url for url in self.asked() if urlsplit(url).netloc not in known and not url.startswith("data:")]

    def event(self, name):
        """The only event of a name, once it is in the sandbox."""
        (found,) = until(lambda: [row for row in self.scene.everything() if row["body"].get("event_type") == name], 30)
        return found["body"]


@pytest.fixture
def opened(scene, browser):
    (scene.pages.folder / "used.js").write_text(SCRIPT)
    (scene.pages.folder / "after.html").write_text('<title>after</title><link rel="icon" href="data:,">')
    shutil.copytree(sdks.UMD, scene.pages.folder / "analytics-next" / "bundles", dirs_exist_ok=True)
    made = Opened(scene, browser)
    yield made
    made.page.context.close()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "click", "colour"), [("Link", "#link", "blue"), ("Form", "button", "red")])
def test_a_click_is_tracked_and_the_browser_goes_on(scene, opened, form, kind, click, colour):
    name = f"{form}-{kind}"
    opened.open(name, FORMS[form](scene))
    opened.page.evaluate("ready")
    until(opened.parts)
    opened.page.wait_for_load_state("networkidle")
    opened.page.click(click)
    opened.page.wait_for_url("**/after.html*")
    event = opened.event(f"{kind} of {name}")
    assert (event["event_properties"], event["user_id"]) == ({"colour": colour}, name)
    assert (opened.parts(), opened.strangers(), opened.said) == ({"auto-track"}, [], [])


@pytest.mark.parametrize("form", FORMS)
def test_an_address_that_says_an_event_makes_a_call(scene, opened, form):
    name = f"{form}-query"
    opened.open(name, FORMS[form](scene), f"?ajs_event=Mail+of+{name}&ajs_prop_colour=green")
    event = opened.event(f"Mail of {name}")
    assert event["event_properties"] == {"colour": "green"}
    assert (opened.parts(), opened.strangers(), opened.said) == ({"queryString", "auto-track"}, [], [])


def test_a_script_tag_that_is_not_told_would_ask_segment(scene, opened):
    """Why the docs' line with _cdn is there."""
    opened.open("untold", tag(scene.front.url, "", scene.front.url))
    until(opened.strangers)
    assert {urlsplit(url).netloc for url in opened.strangers()} == {"cdn.segment.com"}
