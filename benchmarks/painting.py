"""``make paint``: how soon each page shows something, in Chromium with an empty cache, beside the service itself.

Prints the median and the slowest of ROUNDS first contentful paints, in ms after the navigation began.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import chromium
from tests.browser.looking import painted
from tests.browser.pages import PAGES, Shown
from tests.browser.scene import Scene, scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUNDS = 15
WARM_UP = 2
"""The first pages of a browser and of a worker are slower; nobody waits for those twice."""


def main() -> None:
    """A line for each page."""
    if lacks := chromium.lacking():
        sys.exit(f"needs {lacks}")
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as shown, chromium.started() as browser:
        sys.stdout.write(f"Chromium {browser.version}; first contentful paint of {ROUNDS} visits each\n")
        for page in PAGES:
            if not page.act:
                took = [_painted(browser, shown, page) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
                middle, slowest = statistics.median(took), max(took)
                sys.stdout.write(f"{page.name:30} {middle:6.0f} ms median {slowest:6.0f} ms slowest\n")
                sys.stdout.flush()


def _painted(browser: Browser, shown: Scene, page: Shown) -> float:
    opened = chromium.new_page(browser, "wide", address=page.address)
    try:
        page.open(opened, shown)
        return painted(opened)
    finally:
        opened.context.close()


if __name__ == "__main__":
    main()
