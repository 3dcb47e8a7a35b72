"""The pages, in one table: each is tested at all widths and in both schemes, photographed and timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser.scene import PASSWORD, Scene
from tests.processes import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROXIED = "2001:db8:99::1"
"""An address of elsewhere, for pages that this machine does not see."""


CHANGED = """[groups]
level = "event"
[[groups.rules]]
type = "company"
value = ["properties.company_id", "context.groupId"]
calls = ["track", "page"]
[translate]
preset = "classic"
properties_deny = ["plan"]
[destinations.amplitude]
"""
"""A configuration that changes something of the scene's calls."""


@dataclass(frozen=True)
class Shown:
    """``path``: or what says it of a scene, for pages of a call or a group. ``base``: the address before it. ``act``:
    what is done once it has loaded. ``address``: of whom looks, where it is not this machine. ``known``: rules of axe
    that it breaks still; a test says when it no longer does."""

    name: str
    path: str | Callable[[Scene], str]
    base: Callable[[Scene], str] = lambda scene: scene.service.url
    act: Callable[[Page], object] | None = None
    address: str | None = None
    known: frozenset[str] = frozenset()

    def open(self, page: Page, scene: Scene) -> None:
        """Go there, and do what is to be done."""
        path = self.path if isinstance(self.path, str) else self.path(scene)
        page.goto(self.base(scene) + path)
        if self.act:
            self.act(page)


def _guarded(scene: Scene) -> str:
    return scene.guarded.url


def _sandbox(scene: Scene) -> str:
    return scene.amplitude.url


def _translate(page: Page) -> None:
    page.get_by_label("type_trait").fill("group_type")
    page.get_by_label("value_trait").fill("name")
    page.get_by_role("button", name="Translate").click()
    page.get_by_role("heading", name="Record 1").evaluate("one => one.scrollIntoView()")


def _compare(page: Page) -> None:
    page.get_by_label("translator.toml").fill(CHANGED)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Settings that differ").wait_for()


def _plan(page: Page) -> None:
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("heading", name="Advice").wait_for()


def _hold(page: Page) -> None:
    page.get_by_label("Plan (.xlsx or .json)").set_input_files(ROOT / "docs" / "examples" / "qa-plan.json")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Findings").wait_for()


def sign_in(page: Page) -> None:
    """From the page of that name to the first one."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


PAGES = (
    Shown("now", "/"),
    Shown("calls", "/calls"),
    Shown("calls-filtered", "/calls?type=group&text=examplecorp"),
    Shown("call", lambda scene: scene.call("082108b9")),
    Shown("call-dead", lambda scene: scene.call("dead-1")),
    Shown("groups", "/groups"),
    Shown("letters", "/letters"),
    Shown("letters-of-a-reason", "/letters?destination=amplitude&why=invalid_fields"),
    Shown("letters-ask", "/letters/ask?act=redrive&destination=amplitude&why=invalid_fields"),
    Shown("letter-refused", "/letters/r1"),
    Shown("settings", "/settings"),
    Shown("settings-changed", "/settings?changed=1"),
    Shown("settings-diff", "/settings/diff"),
    Shown("settings-diff-made", "/settings/diff", act=_compare),
    Shown("playground", "/playground?example=01-group-guide"),
    Shown("playground-translated", "/playground?example=01-group-guide", act=_translate),
    Shown("plan", "/plan"),
    Shown("plan-made", "/plan", act=_plan),
    Shown("qa", "/qa"),
    Shown("qa-made", "/qa", act=_hold),
    Shown("sign-in", "/sign-in", base=_guarded, address=PROXIED),
    Shown("sandbox", "/", base=_sandbox),
    Shown("sandbox-users", "/users", base=_sandbox),
    Shown("sandbox-user", "/users/ada", base=_sandbox),
    Shown("sandbox-groups", "/groups", base=_sandbox),
    Shown("sandbox-group", "/groups/Organization/ExampleCorp, LLC", base=_sandbox),
    Shown("sandbox-taxonomy", "/taxonomy", base=_sandbox),
    Shown("sandbox-requests", "/requests", base=_sandbox),
    Shown("sandbox-drops", "/drops", base=_sandbox),
    Shown("sandbox-faults", "/faults", base=_sandbox),
)
"""A page that is new has a row here."""
