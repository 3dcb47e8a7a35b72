"""What the sandbox counts of all records, for QA."""

from tests.sandbox.calls import event, form, send, view
from translator.sandbox.server import Running
from translator.sandbox.store import Store


def test_totals_have_groups_and_events_by_the_groups_in_force(amplitude):
    identify = event(event_type="$identify", groups={"org": "Acme"})
    send(
        amplitude,
        event(),
        identify,
        event(),
        event(groups={"team": ["red", "blue"]}),
        event(event_type="f", user_id="user-2"),
    )
    form(
        amplitude,
        "/groupidentify",
        identification={"group_type": "org", "group_value": "Acme", "group_properties": {"a": 1}},
    )
    found = view(amplitude, "/api/totals")
    assert found["events"] == [
        {"event_type": "e", "count": 3, "groups": {"org": 2, "team": 1}},
        {"event_type": "f", "count": 1, "groups": {}},
    ]
    assert found["group_types"] == [
        {"group_type": "org", "joins": 1, "events": 0}, {"group_type": "team", "joins": 0, "events": 1},
    ]  # fmt: skip
    assert found["groups"][0] == {
        "group_type": "org", "group_value": "Acme", "group_properties": {"a": 1}, "size": 1, "events": 2,
    }  # fmt: skip
    assert {(one["group_type"], one["group_value"]) for one in found["groups"][1:]} == {
        ("team", "red"),
        ("team", "blue"),
    }
    assert (found["records"], found["first_kept"], found["users"], len(found["projects"])) == (6, 1, 2, 1)
    assert (found["other_events"], found["drops"]) == (0, {})


def test_totals_count_what_is_no_longer_kept():
    running = Running("127.0.0.1", 0, Store(keep_events=2), frozenset())
    try:
        send(running, *[event(groups={"org": "Acme"}) for _ in range(5)])
        found = view(running, "/api/totals")
        assert (found["records"], found["first_kept"]) == (5, 4)
        assert found["events"] == [{"event_type": "e", "count": 5, "groups": {"org": 5}}]
    finally:
        running.stop()


def test_totals_are_bounded_and_forgotten(amplitude):
    send(amplitude, *[event(event_type=f"e{number}") for number in range(1999)])
    send(amplitude, *[event(event_type=f"f{number}") for number in range(5)])
    found = view(amplitude, "/api/totals")
    assert (len(found["events"]), found["other_events"]) == (2000, 4)
    amplitude.store.clear()
    assert view(amplitude, "/api/totals")["events"] == []
