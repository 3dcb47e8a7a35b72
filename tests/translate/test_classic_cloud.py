"""Preset classic beside Segment Classic's cloud code, as recorded (segment_classic_cloud, by id).

The preset keeps event names, page gates, revenue and groups; all else is as in preset actions (docs/differences.md). A line
that differs in one of these is named here, with its reason.
"""

import json
from pathlib import Path

import pytest

from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import translate
from translator.validate import check

VECTORS = [
    json.loads(line) for line in (Path(__file__).parent / "segment_classic_cloud.jsonl").read_text().splitlines()
]
GATES = (("all", "trackAllPages"), ("named", "trackNamedPages"), ("categorized", "trackCategorizedPages"))
SAME = ("event_type", "user_id", "device_id", "time", "groups", "revenue", "price", "quantity", "productId")

EVERY_GATE = "its fixture was recorded with no gate at all; the gate lines (034 and later) are what the code does"
CATEGORY = "the browser's name for a page of a category, Viewed X Page; the 2017 cloud code said Loaded a Page"
STALE = "a fixture that no test of the 2017 code compares; its gate lines say Viewed X Screen"
DIFFERENT = {
    "classic-cloud-000": EVERY_GATE, "classic-cloud-007": EVERY_GATE, "classic-cloud-011": EVERY_GATE,
    "classic-cloud-012": EVERY_GATE, "classic-cloud-014": EVERY_GATE, "classic-cloud-018": EVERY_GATE,
    "classic-cloud-019": EVERY_GATE, "classic-cloud-008": CATEGORY, "classic-cloud-036": CATEGORY,
    "classic-cloud-044": CATEGORY, "classic-cloud-015": STALE, "classic-cloud-017": STALE,
    "classic-cloud-020": "a screen whose recorded name is a page's: " + STALE,
}  # fmt: skip


def records(vector):
    config = vector["destination_config"]
    tree = {"preset": "classic", "query_params": config.get("mapQueryParams", {})}
    if "trackAllPages" in config:
        tree["pages"] = [name for name, key in GATES if config[key]]
    settings = settings_from({"translate": tree})
    call = check({"messageId": "m", **vector["input"]}, Facts("webhook", 1_800_000_000_000), settings.segment)
    return [record.body for record in translate(call, translation_settings(settings)).records]


def agrees(vector):
    found = records(vector)
    if vector["output"] is None or not found:
        return (vector["output"] is None) == (not found)
    expected = {key: vector["output"].get(key) for key in SAME}
    # of a page with a name and a category the browser makes two events, the cloud the second of them
    return expected in [{key: body.get(key) for key in SAME} for body in found]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"])
def test_event_names_gates_revenue_and_groups_are_classics_or_the_difference_is_named(vector):
    assert agrees(vector) == (vector["id"] not in DIFFERENT), DIFFERENT.get(vector["id"])
