"""A call tried out, as a person does."""

import json

import pytest

from tests.browser.chromium import expect
from tests.browser.looking import accessible, fits, unharmed
from tests.browser.scene import HOSTILE, HOSTILE_CALL
from tests.test_fixtures import attempt


def records(page):
    """The records and request bodies shown, in their order."""
    return [json.loads(text) for text in page.locator("pre").all_inner_texts()]


def translate(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Translate").click()


def test_an_example_is_chosen_its_traits_changed_and_the_records_follow(page, service):
    page.goto(f"{service.url}/")
    page.get_by_role("link", name="Playground").click()
    page.get_by_role("link", name="01-group-guide").click()
    expect(page.get_by_role("link", name="01-group-guide")).to_have_attribute("aria-current", "true")
    translate(page)
    assert records(page)[0]["groups"] == {"Organization": "ExampleCorp, LLC"}
    page.get_by_label("type_trait").fill("no_such_trait")
    translate(page)
    group = json.loads(page.get_by_label("A Segment call, as JSON").input_value())["groupId"]
    assert records(page)[0]["groups"] == {"[Segment] Group": group}
    page.get_by_label("fallback").select_option("none")
    translate(page)
    expect(page.get_by_text("It becomes nothing: group_traits_missing.")).to_be_visible()
    assert page.get_by_label("fallback").input_value() == "none"
    assert records(page) == []


def test_where_each_key_came_from_opens_by_the_keyboard(page, service):
    page.goto(f"{service.url}/playground?example=01-group-guide")
    translate(page)
    expect(page.get_by_role("columnheader", name="from").first).to_be_hidden()
    page.get_by_text("Where each key came from").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="from").first).to_be_visible()


@pytest.mark.parametrize("width", ["narrow"])
@pytest.mark.parametrize(
    "text",
    [json.dumps(HOSTILE_CALL), HOSTILE, json.dumps({"type": HOSTILE}), f"</textarea>{HOSTILE}"],
    ids=["in every field", "no JSON", "as a type", "out of the form"],
)
def test_what_is_hostile_is_text(page, service, text):
    page.goto(f"{service.url}/playground")
    call = page.get_by_label("A Segment call, as JSON")
    call.fill(text)
    for name in ("type_trait", "value_trait"):
        page.get_by_label(name).fill(HOSTILE)
    translate(page)
    expect(page.get_by_role("heading", name="Record 1").or_(page.get_by_role("heading", name="Faults"))).to_be_visible()
    assert call.input_value() == text
    assert page.get_by_label("type_trait").input_value() == HOSTILE
    assert page.locator("main img, main script").count() == 0
    unharmed(page)
    accessible(page)
    fits(page)


def test_what_is_hostile_is_shown(page, service):
    page.goto(f"{service.url}/playground")
    page.get_by_label("A Segment call, as JSON").fill(json.dumps(HOSTILE_CALL))
    translate(page)
    assert records(page)[0]["user_id"] == HOSTILE


def test_the_download_is_a_case(page, service, tmp_path):
    page.goto(f"{service.url}/playground?example=01-group-guide")
    call = page.get_by_label("A Segment call, as JSON")
    given = json.loads(call.input_value()) | {"messageId": "m-1", "timestamp": "2024-03-10T17:04:05.678Z"}
    call.fill(json.dumps(given))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download as a fixture").click()
    assert downloading.value.suggested_filename == "case.json"
    downloading.value.save_as(tmp_path / "case.json")
    case = json.loads((tmp_path / "case.json").read_text())
    assert case["given"] == given
    assert attempt(case) == case["expect"]
    assert page.url.endswith("/playground?example=01-group-guide"), "one stays where one was"


def test_faults_are_told_and_the_text_stays(page, service):
    page.goto(f"{service.url}/playground")
    call = page.get_by_label("A Segment call, as JSON")
    call.fill('{"type": "track"}')
    translate(page)
    expect(page.get_by_role("heading", name="Faults")).to_be_visible()
    expect(page.get_by_role("cell", name="event", exact=True)).to_be_visible()
    assert call.input_value() == '{"type": "track"}'
