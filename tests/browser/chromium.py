"""Debian's Chromium, driven by Playwright, without a way to other machines.

Playwright is imported only where a browser starts: a machine without it skips these tests instead of failing to read
them. So tests take ``expect`` from here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from playwright.sync_api import expect as expect
else:

    def expect(what):
        """Playwright's assertions, which wait until they hold."""
        from playwright.sync_api import expect as of_playwright

        return of_playwright(what)


SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
SCHEMES = ("light", "dark")
# Playwright itself adds --headless, --no-sandbox and a new empty profile
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def executable() -> str | None:
    """Where Chromium is: ``CHROMIUM``, or on the path."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def lacking() -> str | None:
    """What this machine lacks for a browser, and how to get it; None where it has all."""
    if not executable():
        return "Chromium: apt-get install chromium, or CHROMIUM=its path"
    if not find_spec("playwright"):
        return "Playwright: make test installs it where Chromium is (group browser)"
    return None


@contextmanager
def started() -> Iterator[Browser]:
    """A running Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser, width: str, scheme: str = "light", address: str | None = None) -> Page:
    """A page in a context of its own: no cookies, no cache. ``width``: of SIZES. ``address``: of another machine that
    a proxy passes on, instead of this one. Closing its context closes it."""
    size = SIZES[width]
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1,
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
        extra_http_headers={"X-Forwarded-For": address} if address else {},
    )
    context.set_default_timeout(10_000)
    return context.new_page()
