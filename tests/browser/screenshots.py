"""``make screenshots``: each page of the table at both widths, as docs/screenshots/NAME-WIDTH.png.

For a look at pages under work: ``python -m tests.browser.screenshots /tmp/seen --scheme dark --only now``.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import chromium
from tests.browser.looking import painted
from tests.browser.pages import PAGES, Shown
from tests.browser.scene import Scene, scene
from tests.processes import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COLOURS = 64
LARGEST = 60_000
"""Bytes of a picture; more of it is told."""


def main() -> None:
    """Take them."""
    asked = _asked()
    if lacks := chromium.lacking():
        sys.exit(f"needs {lacks}")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        scene(Path(folder), hostile=False) as shown,
        chromium.started() as browser,
    ):
        for page in PAGES:
            for width, (pixels, _) in chromium.SIZES.items():
                if not asked.only or page.name in asked.only:
                    file = asked.folder / f"{page.name}-{pixels}.png"
                    file.write_bytes(small(_picture(browser, shown, page, width, asked.scheme)))
                    size = file.stat().st_size
                    sys.stdout.write(f"{file}: {size:,} bytes{', too large' if size > LARGEST else ''}\n")


def small(png: bytes) -> bytes:
    """The picture in few colours, which pages of text do not miss."""
    from PIL import Image

    target = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _picture(browser: Browser, shown: Scene, page: Shown, width: str, scheme: str) -> bytes:
    opened = chromium.new_page(browser, width, scheme, page.address)
    try:
        page.open(opened, shown)
        painted(opened)
        picture: bytes = opened.screenshot(animations="disabled", caret="hide")
        return picture
    finally:
        opened.context.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="screenshots", description="Each page at both widths.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--scheme", choices=chromium.SCHEMES, default="light")
    parser.add_argument("--only", nargs="*", choices=[page.name for page in PAGES], default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()
