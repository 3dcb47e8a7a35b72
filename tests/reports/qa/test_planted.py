"""Generated traffic in which faults are planted: QA finds each of them with its count, and nothing else."""

import random
from collections import Counter

import pytest

from tests.reports.qa.calls import PAIR, group, qa, track
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType

PLAN = Planned(
    (PlannedType("Organization"), PlannedType("Team", values=tuple(f"team-{number}" for number in range(20)))),
    (
        *(PlannedProperty(kind, name) for kind in ("Organization", "Team") for name in ("group_type", "name")),
        PlannedProperty("Organization", "employees", "number", required=True),
        PlannedProperty("Organization", "email", "text", required=True),
        PlannedProperty("Organization", "tier", "text", values=("gold", "silver")),
        PlannedProperty("Team", "color", "text", required=True),
    ),
    (PlannedEvent("Clicked", ("Organization",)), PlannedEvent("Seen", ("Organization", "Team")), PlannedEvent("Left")),
)


class Traffic:
    """Calls as planned, but for what is planted; ``planted`` counts it by kind and subject."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.planted: Counter[tuple[str, str]] = Counter()
        self.lacking: dict[str, set[str]] = {"employees": set(), "email": set()}
        self.calls = [self.organization(number) for number in range(300)] + [self.team(number) for number in range(300)]
        self.calls += [self.event(number) for number in range(2000)]
        self.calls += [track("Left", user=f"user-{number}") for number in range(5)]
        for name, groups in self.lacking.items():
            if groups:
                self.planted["group_property_incomplete", f"Organization: {name}"] = len(groups)

    def plants(self, kind: str, subject: str, share: float = 0.03) -> bool:
        if self.random.random() >= share:
            return False
        self.planted[kind, subject] += 1
        return True

    def organization(self, number: int):
        value = f"org-{number}"
        traits = {
            "employees": number,
            "email": f"a{number}@example.com",
            "tier": self.random.choice(["gold", "silver"]),
        }
        for name in self.lacking:
            if self.random.random() < 0.05:
                self.lacking[name].add(value)
                del traits[name]
        if "employees" in traits and self.plants("group_property_kind", "Organization: employees"):
            traits["employees"] = str(number)
        if self.plants("group_property_value", "Organization: tier"):
            traits["tier"] = "lead"
        if self.plants("group_property_extra", "Organization: colour"):
            traits["colour"] = "red"
        return group(value, user=f"user-{number}", **traits)

    def team(self, number: int):
        if self.plants("group_fallback", "traits.name"):
            return group(None, user=f"other-{number}", kind="Team", color="red")
        if self.plants("group_type_extra", "Squad"):
            return group("x", user=f"other-{number}", kind="Squad", color="red")
        value = "team-99" if self.plants("group_value", "Team") else f"team-{number % 20}"
        return group(value, user=f"user-{number}", kind="Team", color="red")

    def event(self, number: int):
        if self.plants("event_extra", "Sold"):
            return track("Sold", user="user-1")
        if self.plants("event_without_group", "Clicked: Organization"):
            return track("Clicked", user="stranger")
        if self.plants("level", "Organization", 0.01):
            return track("Clicked", user="stranger", groups={"Organization": "org-1"})
        if self.plants("not_translated", "refused as invalid"):
            return {"type": "track", "userId": 7 if number % 2 else None, "event": None}
        return track("Clicked", user=f"user-{number % 300}")


@pytest.mark.parametrize("seed", range(3))
def test_what_is_planted_is_found_and_nothing_else(seed):
    traffic = Traffic(seed)
    assert len(traffic.planted) == 12
    report = qa(PLAN, traffic.calls, **PAIR)
    found = {(one.kind, one.subject): one.count for one in report.findings()}
    assert found.pop(("event_missing", "Seen")) == 0
    assert found == dict(traffic.planted)
    assert report.read == len(traffic.calls)
    assert report.remarks == (
        "Calls count in the order in which they stand: what a user joins later says nothing of earlier events",
    )
