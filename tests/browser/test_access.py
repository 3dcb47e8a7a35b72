"""Signing in and out, as a person does, from another machine."""

import pytest

from tests.browser.chromium import expect
from tests.browser.looking import accessible, fits
from tests.browser.pages import sign_in
from tests.browser.scene import PASSWORD


def test_the_keyboard_is_enough_to_sign_in_and_out(away, guarded):
    away.goto(f"{guarded.url}/")
    expect(away.get_by_label("Password")).to_be_focused()
    away.keyboard.type(PASSWORD)
    away.keyboard.press("Enter")
    expect(away.get_by_role("heading", name="Destinations")).to_be_visible()
    assert away.url == f"{guarded.url}/"
    out = away.get_by_role("button", name="Sign out")
    for _ in range(20):
        away.keyboard.press("Tab")
        if out.evaluate("one => one === document.activeElement"):
            break
    expect(out).to_be_focused()
    assert out.evaluate("one => getComputedStyle(one).outlineStyle") == "solid", "one sees where one is"
    away.keyboard.press("Enter")
    expect(away.get_by_label("Password")).to_be_visible()
    away.goto(f"{guarded.url}/playground")
    assert away.url == f"{guarded.url}/sign-in"


@pytest.mark.parametrize("width", ["narrow"])
def test_a_wrong_password_is_told_and_can_be_mended(away, guarded, watch):
    away.goto(f"{guarded.url}/sign-in")
    away.get_by_label("Password").fill("wrong password")
    away.get_by_label("Password").press("Enter")
    expect(away.get_by_role("alert")).to_have_text("This is not the password.")
    watch.forgive("status of 403")
    accessible(away)
    fits(away)
    assert "wrong password" not in away.content()
    expect(away.get_by_label("Password")).to_be_focused()
    sign_in(away)


def test_scripts_do_not_see_the_cookie_and_others_do_not_have_it(away, open_page, guarded):
    away.goto(f"{guarded.url}/sign-in")
    sign_in(away)
    (cookie,) = away.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("translator", True, "Strict")
    assert away.evaluate("document.cookie") == ""
    other = open_page("2001:db8:ffff::1")
    other.goto(f"{guarded.url}/")
    assert other.url == f"{guarded.url}/sign-in"


def test_of_this_machine_nobody_is_asked_and_there_is_nothing_to_sign_out_of(page, service):
    page.goto(f"{service.url}/sign-in")
    assert page.url == f"{service.url}/"
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
