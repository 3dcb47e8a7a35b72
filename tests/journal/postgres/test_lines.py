"""A person's calls are found by an index in blocks, which is made of what a journal of before has."""

import random

import psycopg
import pytest

from tests.journal.postgres.helpers import count, opened
from translator.errors import JournalUnavailable
from translator.journal.postgres import migrating
from translator.journal.postgres.lines import BLOCK_BITS, OF_LINE, of_subject
from translator.journal.postgres.text import line_of

BLOCK = 2**BLOCK_BITS
INSERT = """
INSERT INTO translator.calls (seq, source, message_id, subject, line, received_at, derived, body)
VALUES (%s, 'w', %s, %s, %s, 1, false, '{}')
"""


def put(sql, subjects):
    """Calls by number: whose they are."""
    with sql.cursor() as cursor:
        cursor.executemany(INSERT, [(seq, f"m{seq}", name, line_of(name)) for seq, name in subjects.items()])


def found(sql, *arguments, **named):
    return [row[0] for row in sql.execute(OF_LINE, of_subject(*arguments, **named)).fetchall()]


def test_a_subjects_calls_are_found_in_whichever_blocks_they_lie(url, journal, sql):
    journal.check()
    chance = random.Random(5)
    numbers = sorted(
        {*range(1, 40), *(chance.randrange(1, 400 * BLOCK) for _ in range(600)), BLOCK, BLOCK - 1, 900 * BLOCK}
    )
    whose = {seq: f"u{chance.randrange(5)}" for seq in numbers}
    put(sql, whose)
    for name in ("u0", "u3"):
        theirs = sorted((seq for seq, other in whose.items() if other == name), reverse=True)
        assert found(sql, name) == theirs
        assert found(sql, name, limit=7) == theirs[:7]
        middle = theirs[len(theirs) // 2]
        assert found(sql, name, below=middle) == [seq for seq in theirs if seq < middle]
        assert found(sql, name, below=middle, limit=3) == [seq for seq in theirs if seq < middle][:3]
    assert found(sql, "nobody") == []
    assert found(sql, "u0", below=1) == []


def test_it_is_looked_up_by_the_index_and_the_index_of_before_is_gone(url, journal, sql):
    journal.check()
    put(sql, {seq: f"u{seq % 1000}" for seq in range(1, 20_000)})
    sql.execute("ANALYZE translator.calls")
    plan = "\n".join(row[0] for row in sql.execute(f"EXPLAIN {OF_LINE}", of_subject("u7")).fetchall())
    assert "calls_block" in plan
    assert "Seq Scan" not in plan
    names = {row[0] for row in sql.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'calls'").fetchall()}
    assert names == {"calls_pkey", "calls_source_message_id_key", "calls_received", "calls_block"}


def test_a_journal_of_version_4_is_brought_up_to_date_and_a_program_of_before_goes_on(url, call, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(migrating, "VERSION", 4)
        with opened(url) as old:
            old.append([call("a", "u1"), call("b", "u2")])
            before.undo()
            with opened(url) as new, psycopg.connect(url) as sql:
                assert count(sql, "SELECT version FROM translator.schema") == migrating.VERSION
                old.append([call("c", "u1")])
                new.append([call("d", "u1")])
                assert [one.message_id for one in new.named("u1")] == ["d", "c", "a"]
                assert new.purge("u1") == 3
                assert [one.message_id for one in old.read()] == ["b"]


def test_an_index_that_was_built_stays_where_somebody_reads_for_long(url, call, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(migrating, "VERSION", 4)
        with opened(url) as old:
            old.append([call("a", "u1")])
    monkeypatch.setattr(migrating, "TRIES", 1)
    with psycopg.connect(url) as backup, psycopg.connect(url, autocommit=True) as sql:
        backup.execute("SELECT FROM translator.calls")
        with pytest.raises(JournalUnavailable, match="lock timeout"), opened(url):
            pass
        assert count(sql, "SELECT version FROM translator.schema") == 5
        backup.rollback()
        with opened(url) as new:
            assert [one.message_id for one in new.named("u1")] == ["a"]
        assert count(sql, "SELECT version FROM translator.schema") == migrating.VERSION
