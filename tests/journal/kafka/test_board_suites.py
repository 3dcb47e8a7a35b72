"""The tests that every journal passes, as far as they ask of nothing but the board."""

from tests.journal import test_archiving, test_jobs, test_keeping, test_looking

KILLED = "test_a_process_that_was_killed_holds_up_nobody"  # needs a journal that other processes can open

CHOSEN = {
    test_jobs: [name for name in vars(test_jobs) if name.startswith("test_") and name != KILLED],
    test_archiving: [
        "test_what_was_replaced_is_forsaken_only_when_the_new_is_there",
        "test_one_process_writes_at_a_time_and_its_lease_ends",
        "test_a_plan_that_was_given_up_for_another_is_forsaken",
        "test_a_forsaken_name_is_deleted_again_for_a_day",
        "test_another_identity_sorts_after_the_one_before",
    ],
    test_keeping: [
        "test_what_a_killed_process_delivered_to_is_kept_until_it_may_be_back",
        "test_a_process_that_was_not_heard_of_for_long_delivers_to_nothing",
        "test_a_delivery_process_lives_while_it_runs_and_is_heard_of",
    ],
    test_looking: [
        "test_configurations_are_kept_as_they_change",
        "test_spans_are_kept_for_a_while_and_replaced_by_later_ones_of_the_same",
        "test_sightings_are_added_up",
    ],
}
held = test_archiving.held
for module, names in CHOSEN.items():
    globals().update({name: getattr(module, name) for name in names})
