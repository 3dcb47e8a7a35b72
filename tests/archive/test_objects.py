"""What is written is what is read, in both forms; names say what is inside."""

import json
from io import BytesIO

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import jsontext
from translator.archive import columns, lines, objects, open_archive, subjects
from translator.archive.names import Name, parsed
from translator.errors import ArchiveDamaged, ArchiveUnavailable
from translator.settings.values import ArchiveSettings
from translator.sights import Kept, mark_of

FORMS = [lines, columns]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
BODIES = st.dictionaries(TEXT | st.just('","body":{'), VALUES, max_size=4).flatmap(
    lambda value: st.sampled_from(
        [jsontext.dumps(value), json.dumps(value, indent=1).encode(), json.dumps(value).encode()]
    )
)
CALLS = st.builds(Kept, st.just("7"), TEXT, TEXT, TEXT, st.integers(0, 2**41), BODIES, st.none() | TEXT, st.booleans())


@pytest.mark.parametrize("form", FORMS)
@given(call=CALLS)
def test_a_call_is_read_as_it_was_written(form, call):
    (found,) = form.decoded(form.encoded([call]))
    assert (found.id, found.source, found.message_id, found.subject) == (
        "7",
        call.source,
        call.message_id,
        call.subject,
    )
    assert (found.received_at, found.ip, found.derived) == (call.received_at, call.ip, call.derived)
    assert jsontext.loads(found.body) == jsontext.loads(call.body)
    if b"\n" not in call.body:
        assert found.body == call.body


def kept(number, subject="u1", at=1_700_000_000_000):
    return Kept(
        str(number), "web", f"m{number}", subject, at, b'{"event": "e",\n "big": 12345678901234567890123}', None
    )


@pytest.mark.parametrize("form", FORMS)
def test_many_calls_stay_in_order(form):
    calls = [kept(number, f"u{number % 7}") for number in range(1, 1200)]
    found = list(form.decoded(form.encoded(calls)))
    assert [(one.id, one.subject) for one in found] == [(one.id, one.subject) for one in calls]
    assert {one.body.count(b"12345678901234567890123") for one in found} == {1}


def test_json_lines_are_a_line_for_each_call():
    import gzip

    rows = [json.loads(line) for line in gzip.decompress(lines.encoded([kept(1), kept(2)])).splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0] == {
        "id": "1", "source": "web", "message_id": "m1", "subject": "u1", "received_at": 1_700_000_000_000, "ip": None,
        "derived": False, "body": {"event": "e", "big": 12345678901234567890123},
    }  # fmt: skip


def test_parquet_is_a_plain_table_with_columns():
    table = pyarrow.parquet.read_table(BytesIO(columns.encoded([kept(1), kept(2, "u2")])))
    assert {field.name: str(field.type) for field in table.schema} == {
        "id": "int64", "source": "string", "message_id": "string", "subject": "string",
        "received_at": "timestamp[ms, tz=UTC]", "ip": "string", "derived": "bool", "body": "string",
    }  # fmt: skip
    assert table.column("subject").to_pylist() == ["u1", "u2"]
    assert table.column("received_at").to_pylist()[0].isoformat() == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_an_object_for_each_day_says_in_its_name_what_it_has(form):
    day = 86_400_000
    calls = [kept(3, at=day - 1), kept(4, "u2", at=day), kept(6, at=day - 1), kept(7, at=day + 1)]
    made = objects.made(calls, "0" * 17, 3, 9, form)
    assert [(one.name.day, one.name.first, one.name.last, one.name.count) for one in made] == [
        ("1970-01-01", 3, 9, 2), ("1970-01-02", 3, 9, 2),
    ]  # fmt: skip
    for one in made:
        assert parsed(one.name.path) == one.name
        assert one.name.path.endswith({"jsonl": ".jsonl.gz", "parquet": ".parquet"}[form])
    assert made[0].name.nonce != objects.made(calls, "0" * 17, 3, 9, form)[0].name.nonce
    assert [subjects.any_of(made[0].subjects, [mark_of(one)]) for one in ("u1", "u2")] == [True, False]


def test_what_is_no_object_has_no_name():
    for path in ("calls/2026-11-28/readme.txt", "calls/x", "incoming/abc", ""):
        assert parsed(path) is None
    name = Name("2026-11-28", "0" * 17, 1, 2, 2, "0" * 16, "0" * 8, "parquet")
    assert parsed(name.path) == name
    assert name.subjects.startswith("subjects/2026-11-28/")


@given(st.sets(st.text(max_size=5), max_size=40), st.text(max_size=5))
def test_whose_calls_an_object_has_is_found(there, asked):
    data = subjects.encoded(mark_of(one) for one in there)
    assert subjects.any_of(data, [mark_of(asked)]) == (asked in there)
    assert all(subjects.any_of(data, [mark_of("nobody"), mark_of(one)]) for one in there)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", [lambda data: data[:-20], lambda data: b"no object", lambda data: b""])
def test_what_cannot_be_read_is_damaged(form, change):
    with pytest.raises(ArchiveDamaged):
        list(form.decoded(change(form.encoded([kept(1)]))))


def test_a_panic_of_the_library_is_an_error_of_the_archive():
    """It is no Exception, and would end the thread that archives."""
    key = "a\nkey"
    settings = ArchiveSettings(
        url="s3://bucket", endpoint="http://127.0.0.1:9", access_key_id=key, secret_access_key="secret"
    )
    archive = open_archive(settings)
    assert archive
    with pytest.raises(ArchiveUnavailable, match="are the keys as they were given") as caught:
        archive.check()
    assert key not in str(caught.value)
