"""The code of the docs' pages is run as it stands, but for the service's address, the key and the user."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients import sdks
from tests.clients.scene import KEYS
from tests.processes import ROOT, until
from translator.receive.projects import MOST_TRIES
from translator.settings.load import settings_from

DOCS = ROOT / "docs"
PAGES = ("analytics-js", "analytics-node", "analytics-python")
SHIM = "export const { AnalyticsBrowser } = AnalyticsNext"
"""What a bundler would do with the import."""

NPM_IMPORTS = '<script type="importmap">{"imports": {"@segment/analytics-next": "/shim.js"}}</script>'


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.S)


def real(code, service, source, user):
    """The code for a service of this scene."""
    for said, meant in (
        ("https://segment.example.com", service),
        ("segment.example.com", service.rpartition("/")[2]),
        ("YOUR_WRITE_KEY", KEYS[source]),
        ("user-1", user),
    ):
        code = code.replace(said, meant)
    assert "example.com" not in code
    return code


def check(scene, user, library):
    """What the docs' four calls become."""
    # a browser sends calls beside one another: in any order
    until(lambda: len(scene.records(user)) == 5)
    assert scene.user(user)["groups"] == {"Organization": "ExampleCorp, LLC"}
    assert scene.user(user)["user_properties"]["plan"] == "pro"
    events = {row["body"]["event_type"]: row["body"] for row in scene.records(user) if row["kind"] == "event"}
    assert sorted(events) == ["Clicked Benefits Dropdown", "Viewed Home"]
    assert events["Clicked Benefits Dropdown"]["event_properties"] == {"dropdownColor": "blue"}
    assert {one["library"] for one in events.values()} == {library}


def run(command, code):
    done = subprocess.run(
        command, input=code, cwd=sdks.HERE, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_code_for_python(scene):
    (code,) = blocks("analytics-python", "python")
    run([sdks.python(), "-"], real(code, scene.service.url, "backend", "docs-python"))
    check(scene, "docs-python", "analytics-python")


def test_the_code_for_node(scene):
    (code,) = blocks("analytics-node", "js")
    run([sdks.node(), "--input-type=module", "-"], real(code, scene.service.url, "backend", "docs-node"))
    check(scene, "docs-node", "@segment/analytics-node")


@pytest.fixture
def site(scene, browser):
    """A page of the allowed origin; opened with a body. It asks nobody but that origin and the service."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    shutil.copy(sdks.UMD / "index.js", scene.pages.folder / "analytics-next.js")
    (scene.pages.folder / "shim.js").write_text(SHIM)

    def build(name, body):
        (scene.pages.folder / f"{name}.html").write_text(f"<title>{name}</title>{body}")
        page.goto(f"{scene.pages.url}/{name}.html")

    yield build
    page.context.close()
    assert {urlsplit(url).netloc for url in asked} == {
        urlsplit(url).netloc for url in (scene.pages.url, scene.front.url)
    }


def seen_page(scene, name):
    """The record of the only event \"Viewed <name>\"; None before it came."""
    found = [row for row in scene.everything() if row["body"].get("event_type") == f"Viewed {name}"]
    assert len(found) <= 1
    return found[0]["body"] if found else None


def test_the_code_for_a_bundler(scene, site):
    code = real(blocks("analytics-js", "js")[0], scene.front.url, "website", "docs-bundler")
    site(
        "docs-bundler", f'<script src="/analytics-next.js"></script>{NPM_IMPORTS}<script type="module">{code}</script>'
    )
    check(scene, "docs-bundler", "analytics.js")


def test_the_code_without_a_bundler(scene, site):
    (code,) = blocks("analytics-js", "html")
    site("docs-plain", real(code, scene.front.url, "website", ""))
    body = until(lambda: seen_page(scene, "Pricing"))
    assert body["event_properties"]["title"] == "docs-plain"
    assert body["device_id"]


def test_segments_snippet_with_nothing_changed_but_the_host(scene, site):
    code = sdks.snippet().replace("cdn.segment.com", "segment.example.com")
    assert blocks("analytics-js", "js")[1].strip() in code
    site("docs-snippet", f"<script>{real(code, scene.front.url, 'website', '')}</script>")
    assert until(lambda: seen_page(scene, "Snippet"))["library"] == "analytics.js"


@pytest.mark.parametrize("page", PAGES)
def test_the_configuration_is_accepted(page):
    block, *more = blocks(page, "toml")
    assert "YOUR_WRITE_KEY" in settings_from(tomllib.loads(block)).segment.write_keys
    assert [settings_from(tomllib.loads(one)).segment.analytics_js is not None for one in more] == [True] * len(more)


def test_the_versions_are_those_that_are_tested():
    pins = Path(sdks.HERE / "constraints.txt").read_text()
    for page, version in (
        ("analytics-js", sdks.version("analytics-next")),
        ("analytics-node", sdks.version("analytics-node")),
        ("analytics-python", re.findall(r"^segment-analytics-python==(.*)$", pins, re.M)[0]),
    ):
        assert f"looked at and tested: {version}" in (DOCS / f"{page}.md").read_text()
    assert f"analytics-next@{sdks.version('analytics-next')}`" in (DOCS / "analytics-js.md").read_text()


def test_a_call_is_tried_as_often_as_the_service_itself_would_say():
    tries = re.findall(r"maxRetryCount: (\d+)", (DOCS / "analytics-js.md").read_text())
    assert {int(one) for one in tries} == {MOST_TRIES}
