"""What is looked for on every page: what it complains of, whom it asks, who can use it, whether it fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Dialog, Page, Request

GRAVE = ("moderate", "serious", "critical")
# not wait_for_function: that needs 'unsafe-eval' on the page
PAINTED = """() => new Promise(done => new PerformanceObserver(list => {
    for (const one of list.getEntriesByName('first-contentful-paint')) done(one.startTime)
}).observe({type: 'paint', buffered: true}))"""
BESIDE = """() => [...document.querySelectorAll('body *')]
    .filter(one => {
        const box = one.getBoundingClientRect(), inside = getComputedStyle(one).overflowX === 'visible'
        return Math.max(box.right, inside ? box.left + one.scrollWidth : 0) > innerWidth + 1
    })
    .map(one => one.tagName.toLowerCase() + (one.id && '#' + one.id) + [...one.classList].map(name => '.' + name).join(''))
    .slice(0, 5)"""


class Watch:
    """Notes what a page must not do: errors and warnings of the console (those of the Content-Security-Policy are
    among them), exceptions that nobody caught, dialogs, and requests to others than the page's own server."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def over(self, page: Page) -> None:
        """Begin."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", self._asked)
        page.on("dialog", self._opened)

    def forgive(self, pattern: str) -> None:
        """Take away the problems that a test brings about on purpose; fails where there are none."""
        kept = [one for one in self.problems if not re.search(pattern, one)]
        assert kept != self.problems, f"not among {self.problems}: {pattern}"
        self.problems = kept

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _opened(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("data", "blob"):
            return
        entering = request.is_navigation_request() and asked.hostname == "127.0.0.1"
        if not entering and asked.netloc != urlsplit(request.frame.url).netloc:
            self.problems.append(f"asked elsewhere: {request.url}")


def accessible(page: Page, known: frozenset[str] = frozenset()) -> None:
    """Fails with rule, weight and elements where axe finds something; also where a rule of ``known`` is broken no more."""
    found = violations(page)
    new = [one for one in found if one["id"] not in known and one["impact"] in GRAVE]
    assert not new, f"{page.url}:\n" + "\n".join(map(_told, new))
    mended = known - {one["id"] for one in found}
    assert not mended, f"{page.url} is better than it is said to be: {', '.join(sorted(mended))}"


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return found


def fits(page: Page) -> None:
    """Fails where the document is wider than the window, so that it must be scrolled sideways, and says what is."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{page.url}: {wide} px in {window} px: {', '.join(page.evaluate(BESIDE))}"


def unharmed(page: Page) -> None:
    """Fails where something hostile ran."""
    assert page.evaluate("window.hacked") is None, page.url


def painted(page: Page) -> float:
    """When the first content was painted, in ms after the navigation began."""
    return float(page.evaluate(PAINTED))


def _told(violation: dict[str, Any]) -> str:
    nodes = "\n".join(f"    {node['html'][:160]}\n      {_why(node)}" for node in violation["nodes"][:5])
    return f"{violation['id']} ({violation['impact']}), {len(violation['nodes'])} times: {violation['help']}\n{nodes}"


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
