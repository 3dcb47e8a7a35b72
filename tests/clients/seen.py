"""What the sandbox must show of calls that one of Segment's libraries made, whichever it was."""

from __future__ import annotations

import time
from typing import Any

from tests.clients.scene import Scene
from tests.processes import until

NEAR_SECONDS = 60


def calls(who: str) -> list[tuple[str, dict[str, Any]]]:
    """A call of each kind by two users; the second's group call has no group type."""
    first, second = f"{who}-first", f"{who}-second"
    traits = {"group_type": "Organization", "name": f"Example of {who}", "employees": 20}
    return [
        ("identify", {"userId": first, "traits": {"plan": "pro"}}),
        ("group", {"userId": first, "groupId": "g-1", "traits": traits}),
        ("track", {"userId": first, "event": "Clicked", "properties": {"colour": "blue"}}),
        ("page", {"userId": first, "name": "Home", "properties": {"title": "Welcome"}}),
        ("screen", {"userId": first, "name": "Start", "properties": {"title": "Hello"}}),
        ("identify", {"userId": second, "traits": {"plan": "free"}}),
        ("group", {"userId": second, "groupId": f"{who}-g-2", "traits": {"plan": "free"}}),
        ("alias", {"userId": second, "previousId": f"{who}-before"}),
    ]


def track(user: str) -> list[tuple[str, dict[str, Any]]]:
    """One call."""
    return [("track", {"userId": user, "event": "Clicked", "properties": {}})]


def check(scene: Scene, who: str, library: str, ids: list[str]) -> None:
    """All of ``calls(who)`` arrived as meant, once. ``ids``: their message ids."""
    scene.settled()
    first, second = (scene.user(f"{who}-{name}") for name in ("first", "second"))
    assert first["user_properties"]["plan"] == "pro"
    assert first["groups"] == {"Organization": f"Example of {who}"}
    assert second["user_properties"]["plan"] == "free"
    assert second["groups"] == {"[Segment] Group": f"{who}-g-2"}
    named = scene.group("Organization", f"Example of {who}")
    assert named["group_properties"] == {"group_type": "Organization", "name": f"Example of {who}", "employees": 20}
    assert scene.group("[Segment] Group", f"{who}-g-2")["group_properties"] == {}
    assert scene.user(f"{who}-before")["mapped_to"] == f"{who}-second"
    identify, group, clicked, page, screen, *rest, _ = ids
    assert inserted(scene, f"{who}-first") == sorted([identify, group, f"{group}-2", clicked, page, screen])
    assert inserted(scene, f"{who}-second") == sorted(rest)
    events = {row["body"]["event_type"]: row for row in scene.records(f"{who}-first") if row["kind"] == "event"}
    assert {name: row["body"]["insert_id"] for name, row in events.items()} == {
        "Clicked": clicked, "Viewed Home": page, "Viewed Start": screen,
    }  # fmt: skip
    assert events["Clicked"]["body"]["event_properties"] == {"colour": "blue"}
    assert events["Viewed Home"]["body"]["event_properties"]["title"] == "Welcome"
    assert events["Viewed Start"]["body"]["event_properties"]["title"] == "Hello"
    for row in events.values():
        assert row["body"]["library"] == library
        assert abs(row["body"]["time"] / 1000 - time.time()) < NEAR_SECONDS
        assert row["groups_in_force"] == {"Organization": f"Example of {who}"}


def inserted(scene: Scene, user: str) -> list[str]:
    """The insert ids of a user's records, each as often as it counted."""
    return sorted(row["body"]["insert_id"] for row in scene.records(user))


def arrived(scene: Scene, user: str, more_than: int) -> Any:
    """Wait until the sandbox has so many records of a user."""
    return until(lambda: len(scene.records(user)) > more_than, 30)
