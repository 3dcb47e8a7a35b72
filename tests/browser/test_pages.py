"""Every page of the table: quiet, offline, usable by everybody, and it fits."""

import ast
from pathlib import Path

import pytest

from tests.browser.chromium import SCHEMES, SIZES
from tests.browser.looking import accessible, fits, painted, unharmed, violations
from tests.browser.pages import PAGES


@pytest.mark.parametrize("shown", PAGES, ids=lambda one: one.name)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", SIZES)
def test_a_page_is_accessible_and_fits(scene, open_page, shown, width, scheme):
    page = open_page(shown.address)
    shown.open(page, scene)
    expected = "sandbox" if shown.name.startswith("sandbox") else "Segment → Amplitude"
    assert page.title().endswith(f" · {expected}")
    print(f"first painted after {painted(page):.0f} ms")  # noqa: T201  for -rP; make paint measures
    accessible(page, shown.known)
    fits(page)
    unharmed(page)


BAD = """<!doctype html><html lang="en"><title>bad</title><main><h1>bad</h1>
<div class="broad">{}</div><input><img src="/picture"><img src="http://elsewhere.example/picture" alt="">
<script>throw new Error("thrown")</script><script>alert("said")</script><script>window.hacked = 1</script></main>"""


@pytest.mark.parametrize("width", ["narrow"])
def test_what_is_looked_for_is_found(page, service, watch):
    body = BAD.format("x" * 200)
    page.route("**/bad", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{service.url}/bad")
    for pattern in ("uncaught: thrown", "dialog: said", "elsewhere: http://elsewhere", "status of 404", "NAME_NOT_RES"):
        watch.forgive(pattern)
    with pytest.raises(AssertionError, match=r"(?s)image-alt \(critical\).*/picture.*label \(critical\)"):
        accessible(page)
    with pytest.raises(AssertionError, match="better than it is said to be: region"):
        accessible(page, frozenset({one["id"] for one in violations(page)} | {"region"}))
    with pytest.raises(AssertionError, match=r"in 390 px: .*div\.broad"):
        fits(page)
    with pytest.raises(AssertionError, match="/bad"):
        unharmed(page)


def test_the_policy_of_a_page_stops_a_script_and_that_is_told(page, service, watch):
    page.goto(f"{service.url}/")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 1'}))")
    unharmed(page)
    watch.forgive("Content Security Policy")
    with pytest.raises(AssertionError, match="not among"):
        watch.forgive("Content Security Policy")


def test_playwright_is_imported_only_where_it_is_needed():
    """A machine without it skips: these modules must be readable there."""
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "playwright" not in ast.unparse(node), path.name
