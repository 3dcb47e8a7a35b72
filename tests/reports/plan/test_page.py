"""The page: one file, whole in itself, in which nothing of a call is markup."""

import re
from html.parser import HTMLParser

import pytest

from tests.reports.plan import traffic
from tests.reports.plan.making import group, plan_of, track
from translator.reports.plan.page import MOST_ROWS, page

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.text = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def tags(text):
    found = Tags()
    found.feed(text)
    return found


@pytest.fixture(scope="module")
def workbench():
    return page(plan_of(traffic.calls()))


def test_it_needs_nothing_from_elsewhere_and_no_scripts(workbench):
    found = tags(workbench).found
    assert not {tag for tag, _ in found} & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not any(key.startswith("on") or key == "src" for _, attrs in found for key in attrs)
    assert all(attrs["href"].startswith("#") for tag, attrs in found if tag == "a")
    assert not re.search(r"url\(|@import", workbench)
    assert "default-src 'none'" in workbench


def test_its_parts_are_all_there_and_linked(workbench):
    found = tags(workbench).found
    ids = {attrs["id"] for _, attrs in found if "id" in attrs}
    assert {attrs["href"][1:] for tag, attrs in found if tag == "a"} == ids
    assert next(tag for tag, _ in found if tag in ("h1", "h2")) == "h1"
    for said in ("394 (track 288", "event-level", "4 of 40 users", "[groups]", "1004217", "Made by"):
        assert said in workbench


def test_nothing_of_a_call_is_markup():
    calls = [
        group(f"u{number}", f"{EVIL}{number % 2}", number, group_type=EVIL, name=EVIL, **{EVIL: EVIL})
        for number in range(6)
    ]
    plain, evil = (
        tags(
            page(
                plan_of(
                    [group(f"u{number}", f"{number % 2}", 0, group_type="T", name="N", x="y") for number in range(6)]
                )
            )
        ),
        tags(page(plan_of([*calls, track("u1", EVIL, 9)]))),
    )
    assert {tag for tag, _ in evil.found} <= {tag for tag, _ in plain.found} | {"br", "details", "summary"}
    assert EVIL in "".join(evil.text)


def test_long_tables_are_cut_and_say_so():
    calls = [group(f"u{number}", str(number), number, group_type="T") for number in range(MOST_ROWS + 20)]
    assert "… and 20 more: the workbook has them." in page(plan_of(calls))


def test_a_plan_of_nothing_is_a_page():
    assert "None." in page(plan_of([]))
