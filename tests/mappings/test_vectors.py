"""Segment's own mapping kit and subscription engine: every recorded input, and what came out.

The vectors lie beside the repository, so that a machine without them skips this visibly.
"""

import json
from pathlib import Path

import pytest

from translator.mappings import ABSENT, Condition, Group, MappingError, matches, parse, transform

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"


def lines(name):
    path = VECTORS / name
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no vectors at {path}"))]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [pytest.param(row, id=f"{name.split('.')[0]}-{number:03}") for number, row in enumerate(rows, 1)]


OTHER_WORDS = {
    "/ should be a object or a mapping directive but it is a number.": "/@merge/objects/1 should be a object or a mapping directive but it is a number.",
}
"""Errors that are said here with their place, which Segment's leave out."""


def first_line(said):
    """Of several faults the first; Segment's list of them brings the places in its code too."""
    line = next(line.strip() for line in said.splitlines() if line.strip())
    return line.removeprefix("ValidationError: ")


@pytest.mark.parametrize("row", lines("segment_mapping.jsonl"))
def test_a_mapping_makes_what_segments_kit_makes(row):
    if "error" in row:
        with pytest.raises(MappingError) as caught:
            transform(row["mapping"], row["input"])
        said = first_line(row["error"])
        assert caught.value.faults[0] == OTHER_WORDS.get(said, said)
        return
    before = json.dumps([row["mapping"], row["input"]])
    found = transform(row["mapping"], row["input"])
    if row.get("undefined_output"):
        assert found is ABSENT
    else:
        assert json.dumps(found, sort_keys=True) == json.dumps(row["output"], sort_keys=True)
    assert json.dumps([row["mapping"], row["input"]]) == before


WRITTEN_AS_TREES = frozenset(
    f"segment_fql-{number:03}"
    for first, last in ((63, 68), (78, 85), (90, 95), (102, 107), (114, 119), (149, 153), (177, 179))
    for number in range(first, last + 1)
)
"""Cases of the engine's own tests that begin with a tree, which no query is read as (numbers as text, a lone condition
under ``or``): the query beside it is the recorder's description. So only what the tree matches is held against these."""


@pytest.mark.parametrize("row", lines("segment_fql.jsonl"))
def test_a_query_is_read_and_matches_as_segments_engine_does(row, request):
    if row["kind"] == "match":
        event = ABSENT if row.get("event_undefined") else row["event"]
        assert ("error" not in row["tree"] and matches(tree(row["tree"]), event)) is row["matches"]
    if "error" in row["tree"]:
        with pytest.raises(MappingError):
            parse(row["query"])
    elif request.node.callspec.id in WRITTEN_AS_TREES:
        assert parse(row["query"]) != tree(row["tree"])
    else:
        assert parse(row["query"]) == tree(row["tree"])


def tree(given):
    if given["type"] == "group":
        return Group(given["operator"], tuple(map(tree, given["children"])))
    return Condition(given["type"], given["operator"], given.get("name"), given.get("value"))
