"""The text of /metrics says what its counters are."""

from translator.observe import exposition
from translator.parcels import Counts


def test_what_was_kept_is_said_to_be_kept_at_first():
    lines = exposition(Counts(5, 1, 3, 0, 1)).decode().splitlines()
    (said,) = [line for line in lines if line.startswith("# HELP translator_journal_calls_total")]
    assert "refused_kept: kept at first, of which the newest journal.keep_refused of each source stay" in said
    door = {
        line.split('"')[1]: line.split()[-1] for line in lines if line.startswith("translator_journal_calls_total{")
    }
    assert door == {
        "received": "5.0", "accepted": "1.0", "duplicates": "0.0", "refused_answered": "1.0", "refused_kept": "3.0",
    }  # fmt: skip
