"""What docs/workbench.md says of the taxonomy is so."""

import re

from tests.processes import ROOT
from translator.reports.plan.planned import KINDS, PlannedProperty
from translator.reports.qa import findings
from translator.taxonomy import pacing
from translator.taxonomy.client import HOSTS
from translator.taxonomy.definitions import PREFIX, Definition, Present
from translator.taxonomy.wanted import TYPES, wanted
from translator.translate import MAX_GROUP_PROPERTIES

PAGE = (ROOT / "docs" / "workbench.md").read_text()
SAID = " ".join(PAGE.split("\n## Taxonomy")[1].split("\n## ")[0].split())


def test_the_numbers_are_those_of_the_code():
    assert (
        f"a cost of {pacing.HOURLY:,} an hour: {pacing.COSTS['GET']} for a listing, {pacing.COSTS['PUT']} for a change"
        in SAID
    )
    assert (pacing.SECONDS, pacing.COSTS["POST"]) == (3600, pacing.COSTS["PUT"])
    assert f"after 429 for {pacing.PATIENCE / 60:.0f} minutes at most" in SAID
    assert (pacing.TRIES, "else five times" in SAID) == (5, True)
    assert f"The {MAX_GROUP_PROPERTIES + 1:,}st group property" in SAID
    assert f"`{PREFIX}`" in SAID
    for region, host in HOSTS.items():
        assert f"`{host.removeprefix('https://')}` (" in SAID
        assert f"`{region}`)" in SAID


def test_every_kind_of_property_and_what_it_becomes_is_described():
    rows = dict(re.findall(r"^\| ((?:Type )?`[^|]*) \| ([^|]*) \|$", PAGE.split("\n## Taxonomy")[1], re.M))
    assert {kind for names in rows for kind in re.findall(r"`(\w+)`", names)} >= set(KINDS)
    assert set(TYPES) == set(KINDS)
    assert rows["Type `text`"] == f"type `{wanted(PlannedProperty('C', 'p', 'text')).type}`"
    assert rows["`number`, `boolean`"] == "the same"
    assert (TYPES["number"], TYPES["boolean"]) == ("number", "boolean")
    assert rows["`list`"].startswith("an array")


def test_every_key_of_the_json_is_described():
    pulled = Present({"C": (Definition("p", "C"),)}).plain("test")
    for key in {*pulled, *pulled["properties"][0]}:
        assert f"`{key}`" in SAID.split("Its JSON")[1], key


def test_the_kinds_of_findings_are_in_the_table_of_qa():
    kinds = [one for one in findings.KINDS if one.startswith("taxonomy_")]
    assert len(kinds) == 4
    assert all(f"| `{one}` |" in PAGE.split("\n## QA")[1].split("\n## ")[0] for one in kinds)
