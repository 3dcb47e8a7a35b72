"""The command, as a process of its own: figures are those of a hand count, however journal and archive share the calls."""

import pytest

from tests.kpi.traffic import RUN, counted_by_hand, made

NAMES = {
    "company": {"Last 7 Day Active Users", "Monthly Active Users", "Orders this week", "Pro orders, 30 days"},
    "team": {"Last 7 Day Active Users", "Orders this week", "Pro orders, 30 days"},
    "workspace": {"Last 7 Day Active Users", "Orders this week", "Pro orders, 30 days"},
}


def expected(calls, zone="UTC"):
    """With 0 for what nothing was counted of."""
    found = counted_by_hand(calls, zone)
    return {group: {name: figures.get(name, 0) for name in NAMES[group[0]]} for group, figures in found.items()}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_figures_are_those_of_a_hand_count(place, zone):
    calls = made(4000, seed=1)
    if place.archives:  # the archive has the first three quarters, the journal the last half
        place.append(calls[:3000])
        place.archive()
        place.deliver()
        place.prune(calls[2000]["receivedAt"])
        assert len(list(place.journal.read())) == 1000
    place.append(calls[3000:] if place.archives else calls)
    place.configure(zone=zone)
    wanted = expected(calls, zone)
    assert {kind for kind, _ in wanted} == set(NAMES)
    # everywhere in the morning of the 28th
    due = {"UTC": RUN, "America/New_York": RUN + 5 * 3_600_000, "Pacific/Auckland": RUN - 8 * 3_600_000}[zone]
    assert place.previewed(due=due) == wanted
    assert place.run(due=due).stdout.startswith(f"amplitude: {len(wanted)} groups set, 0 unchanged")
    assert place.at_amplitude() == wanted
