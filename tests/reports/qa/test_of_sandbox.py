"""A sandbox as the source: what it can tell, and what the report says that it cannot."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.reports.qa.calls import found
from tests.sandbox.calls import event, form, send
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa import asking
from translator.reports.qa.asking import SandboxUnreadable
from translator.reports.qa.comparing import compared
from translator.reports.qa.of_sandbox import REMARKS, of_sandbox
from translator.sandbox.server import Running
from translator.sandbox.store import Store

PLAN = Planned(
    (PlannedType("org", values=("Acme", "Bolt")), PlannedType("team", "event")),
    (PlannedProperty("org", "size", "number", True, ("1", "2")),),
    (PlannedEvent("e", ("org",)), PlannedEvent("gone")),
)


def report(running):
    return compared(PLAN, of_sandbox(PLAN, running.url + "/"))


def joins(user="user-1", **groups):
    return event(event_type="$identify", user_id=user, groups=groups)


def properties(running, value, kind="org", **given):
    identification = {"group_type": kind, "group_value": value, "group_properties": given}
    assert form(running, "/groupidentify", identification=identification).status_code == 200


def test_all_as_planned(amplitude):
    send(amplitude, joins(org="Acme"), event(groups={"team": "red"}), event(event_type="gone"))
    properties(amplitude, "Acme", size=1)
    assert found(report(amplitude)) == []
    assert report(amplitude).remarks == REMARKS


def test_an_empty_sandbox_is_an_error(amplitude):
    assert [one[:2] for one in found(report(amplitude))] == [("nothing_read", "error")]


def test_what_differs_is_found_with_counts(amplitude):
    stranger = [event(user_id=f"stranger-{number}", insert_id=f"i{number}") for number in range(5)]
    send(
        amplitude, joins(org="Acme"), joins(org="Bolt"), joins(org="Cord"), joins("user-2", team="red"), event(), *stranger,
        event(event_type="more"), event(event_type="more"), joins("user-3", **{"[Segment] Group": "g1"}), joins("user-3", squad="x"),
        event(groups={"sixth": "y", "seventh": "z"}),
    )  # fmt: skip
    properties(amplitude, "Acme", size="2")
    properties(amplitude, "Bolt", size=3, colour="red")
    assert found(report(amplitude)) == [
        ("group_fallback", "error", "[Segment] Group", 1, None, [None]),
        ("group_type_extra", "error", "squad", 1, None, [None]),
        ("group_type_extra", "error", "sixth", 1, None, [None]),
        ("level", "error", "team", 1, None, []),
        ("level", "error", "team", 0, 9, []),
        ("group_value", "error", "org", 1, 3, [None]),
        ("group_property_incomplete", "error", "org: size", 1, 3, [None]),
        ("group_property_extra", "warning", "org: colour", 1, None, [None]),
        ("group_property_kind", "error", "org: size", 1, 2, [None]),
        ("group_property_value", "error", "org: size", 1, 2, [None]),
        ("event_missing", "warning", "gone", 0, None, []),
        ("event_extra", "warning", "more", 2, 9, []),
        ("event_without_group", "error", "e: org", 5, 7, ["i0", "i1", "i2"]),
        ("limit", "error", "group_types_limit", 1, 17, []),
    ]


def test_what_is_no_longer_kept_still_counts_and_is_said():
    running = Running("127.0.0.1", 0, Store(keep_events=2), frozenset())
    try:
        send(running, *[event(insert_id=f"i{number}") for number in range(5)])
        said = report(running)
    finally:
        running.stop()
    (without,) = [one for one in said.findings() if one.kind == "event_without_group"]
    assert (without.count, without.of) == (5, 5)
    assert [one.message_id for one in without.examples] == ["i3", "i4"]
    assert "examples of those that it still has: from number 4 on" in said.remarks[2]


def test_several_projects_are_said(amplitude):
    for key in "ab":
        send(amplitude, event(groups={f"{key}{number}": "x" for number in range(4)}), key=key)
    said = report(amplitude)
    assert said.remarks[2] == "It has records of 2 projects, shown together: their limits are not looked at"
    assert "limit" not in {one.kind for one in said.findings()}


class Answers(BaseHTTPRequestHandler):
    body = b""
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"", "answered 404: it is no sandbox of this version"),
        (200, b"<html>", "is no sandbox of this version"),
        (200, b"[]", "is no sandbox of this version"),
        (200, b'{"records": "many"}', "is no sandbox of this version"),
        (200, b"[" * 100_000, "is no sandbox of this version"),
        (200, b" " * 1001, "says more than"),
    ],
)
def test_what_is_no_sandbox_is_said(monkeypatch, status, body, said):
    monkeypatch.setattr(asking, "MOST_BYTES", 1000 if body.isspace() else asking.MOST_BYTES)
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Answers,), {"status": status, "body": body}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        with pytest.raises(SandboxUnreadable, match=said):
            of_sandbox(PLAN, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
