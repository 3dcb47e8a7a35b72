"""Who was in which group, and who changed."""

from translator.reports.plan.members import MOST_OF_USER, Members

A, B, TEAM = ("Company", "a"), ("Company", "b"), ("Team", "a")


def moves(members):
    return {one.type: (one.looked, one.moved, one.at_once) for one in members.movements()}


def test_types_are_told_apart():
    members = Members()
    members.see("u", {A, TEAM}, set(), 1)
    members.see("u", {B}, set(), 5)
    assert moves(members) == {"Company": (1, 1, 0), "Team": (1, 0, 0)}
    assert members.joined("u") == {"Company", "Team"}
    assert (members.of_type("Company"), members.counts()[B]) == (1, 1)


def test_several_values_of_a_type_in_one_call_are_several_at_once():
    members = Members()
    members.see("u", {A, B}, set(), 1)
    members.see("v", set(), {A, B}, 1)
    members.see("w", {A}, {B}, 1)
    assert moves(members) == {"Company": (3, 1, 2)}


def test_the_same_moment_is_no_overlap():
    members = Members()
    members.see("u", set(), {A}, 1)
    members.see("u", set(), {A}, 5)
    members.see("u", set(), {B}, 5)
    assert moves(members) == {"Company": (1, 1, 0)}


def test_of_many_users_a_fair_sample_is_followed_and_that_is_said():
    members = Members(most=500)
    for turn in (1, 2):
        for number in range(10_000):
            members.see(f"user-{number}", {A if turn == 1 or number % 10 else B}, set(), turn)
    (found,) = members.movements()
    assert (found.looked, found.is_cut) == (500, True)
    assert 0.06 < found.moved / found.looked < 0.14
    assert members.cut == {"of users a fair sample of 500"}


def test_of_each_user_a_bounded_number_of_groups_is_kept_and_that_is_said():
    members = Members()
    for number in range(MOST_OF_USER + 5):
        members.see("u", {("Company", str(number))}, set(), number)
    assert sum(members.counts().values()) == MOST_OF_USER
    assert members.cut == {f"of each user the first {MOST_OF_USER} groups"}
