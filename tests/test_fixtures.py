"""Every case under fixtures/: what comes in, under which settings, what must come out, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from translator.accept import accept
from translator.errors import Invalid, Untranslatable
from translator.journal import open_journal
from translator.parcels import CALL_TYPES, Facts
from translator.receive.completing import Completer, Door, without_key
from translator.receive.tracking import CALLS
from translator.settings.load import settings_from
from translator.settings.values import JournalSettings, translation_settings
from translator.translate import translate, weighed
from translator.translate.operations import USER
from translator.validate import check

ROOT = Path(__file__).parents[1] / "fixtures"
FACTS = Facts("webhook", 1710090245678)

# amplitude-api.md sections 2.1.2, 2.3, 2.4 and 2.5 (amplitude-docs 6e7e48e, 2026-03-13); library, and insert_id and
# time of identifies, version_name: Segment's destination and Amplitude's own SDKs
EVENT_KEYS = {
    "user_id", "device_id", "event_type", "time", "event_properties", "user_properties", "groups", "app_version",
    "platform", "os_name", "os_version", "device_brand", "device_manufacturer", "device_model", "carrier", "country",
    "region", "city", "dma", "language", "price", "quantity", "revenue", "productId", "revenueType", "location_lat",
    "location_lng", "ip", "idfa", "idfv", "adid", "event_id", "session_id", "insert_id", "library", "user_agent",
    "version_name", "android_id", "currency",
}  # fmt: skip
IDENTIFY_KEYS = {
    "user_id", "device_id", "user_properties", "groups", "app_version", "platform", "os_name", "os_version",
    "device_brand", "device_manufacturer", "device_model", "carrier", "country", "region", "city", "dma", "language",
    "time", "insert_id", "library", "user_agent", "paying", "start_version",
}  # fmt: skip
KEYS = {
    "event": EVENT_KEYS,
    "identify": IDENTIFY_KEYS,
    "group_identify": {"group_type", "group_value", "group_properties", "time", "insert_id", "library"},
    "user_map": {"user_id", "global_user_id", "unmap"},
    "user_deletion": {"user_id"},
}


def cases(*folders):
    found = [path for folder in folders for path in sorted((ROOT / folder).glob("*.json"))]
    return [pytest.param(json.loads(path.read_text()), id=f"{path.parent.name}/{path.stem}") for path in found]


def attempt(case):
    """The case translated, as a fixture's ``expect`` has it."""
    settings = settings_from(case.get("settings", {}))
    call = check(case["given"], FACTS, settings.segment)
    try:
        how, memory = translation_settings(settings), case.get("memory")
        done = weighed(translate(call, how, memory), call, how, memory, case.get("shared", {}))
    except Untranslatable as error:
        return {"records": [], "ignored": None, "notes": [], "error": dict(error.faults)}
    found: dict[str, Any] = {
        "records": [{"kind": record.kind, "body": record.body} for record in done.records],
        "ignored": done.ignored,
        "notes": sorted(note.rule for note in done.notes),
        "error": None,
    }
    found |= {} if done.remember is None else {"remember": done.remember}
    return found if "shared" not in case else {**found, "shared": done.shared}


@pytest.mark.parametrize("case", cases(*CALL_TYPES))
def test_a_call_becomes_what_the_case_says(case):
    assert attempt(case) == case["expect"]


@pytest.mark.parametrize("case", cases("refused"))
def test_a_bad_message_is_refused_with_every_fault(case):
    with pytest.raises(Invalid) as caught:
        check(case["given"], FACTS, settings_from({}).segment)
    assert {path: list(said) for path, said in caught.value.faults.items()} == case["expect"]["faults"]


@pytest.mark.parametrize("case", cases("batches"))
def test_of_an_array_the_good_ones_are_accepted(case, tmp_path):
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    outcome = accept(case["given"], FACTS, journal, settings_from({}))
    found = {
        "accepted": outcome.count("accepted"),
        "duplicates": outcome.count("duplicate"),
        "rejected": [{"index": index, "paths": sorted(faults)} for index, faults in outcome.rejected],
    }
    journal.close()
    assert found == case["expect"]


@pytest.mark.parametrize("case", cases(*CALL_TYPES, "demo"))
def test_every_key_that_is_sent_is_known(case):
    for record in attempt({"settings": {}, **case, "given": {"messageId": "m-1", **case["given"]}})["records"]:
        assert record["body"].keys() <= KEYS[record["kind"]]
        for name in ("user_properties", "group_properties"):
            assert set(record["body"].get(name, {})) <= set(USER), "plain keys never stand beside operations"


def test_every_case_says_why():
    files = list(ROOT.rglob("*.json"))
    assert len(files) >= 60
    for path in files:
        case = json.loads(path.read_text())
        assert len(case["why"]) > 3, path
        assert "given" in case, path


def test_every_call_type_has_cases():
    assert all(list((ROOT / kind).glob("*.json")) for kind in CALL_TYPES)


@pytest.mark.parametrize("case", cases("tracking"))
def test_what_an_sdk_sends_becomes_calls_as_a_destination_gets_them(case, tmp_path):
    given = case["given"]
    kind = CALLS.get(given["door"])
    door = Door(kind, Facts("web", given["received_at"], given["ip"]), given.get("is_page", False))
    completer = Completer(door, None if kind else given["body"])
    messages = [without_key(one) for one in ([given["body"]] if kind else given["body"]["batch"])]
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    outcome = accept(messages, door.facts, journal, settings_from({}), completer.complete)
    calls = [call.body for call in journal.read()]
    journal.close()
    for call in calls:
        if call["messageId"].startswith("derived-"):
            call["messageId"] = "derived-?"
    rejected = [{"index": index, "paths": sorted(faults)} for index, faults in outcome.rejected]
    assert {"calls": calls, "rejected": rejected} == case["expect"]
