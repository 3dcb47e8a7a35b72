"""Group values held against keys: the guide's rule that the value must be Salesforce's key."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import PEAK, environment
from tests.salesforce.conftest import record
from translator.salesforce import Held, Value, Values
from translator.salesforce.checking import MOST
from translator.salesforce.keys import difference

IDS = [record(number, "")["Id"] for number in range(100)]
CONFIGURATION = """
[groups]
type_trait = "kind"
value_trait = "account"
[[groups.rules]]
type = "company"
value = "properties.account"
calls = ["track"]
[salesforce]
instance_url = "{org}"
consumer_key = "hush-consumer-key"
consumer_secret = "hush-consumer-secret"
[[salesforce.objects]]
object = "Account"
group_type = "company"
properties = {{Name = "Name"}}
"""


def counted(values, keys, most=5):
    made = Values()
    for number, value in enumerate(values):
        made.add("company", value, f"m{number}")
    made.hold("company", keys)
    found = made.held("company", most)
    made.close()
    return found


def test_which_exist_which_nearly_do_and_which_do_not():
    values = [IDS[1], IDS[1], IDS[2][:15], IDS[3].lower(), "Acme", "Acme", f" {IDS[1]}"]
    assert counted(values, [IDS[1], IDS[2], IDS[3], IDS[4], None]) == Held(
        "company", values=5, calls=7, exist=1, near=3, accounts=4, unused=3, keyless=1,
        nearly=(
            Value(f" {IDS[1]}", 1, "m6", IDS[1], ("blanks",)),
            Value(IDS[2][:15], 1, "m2", IDS[2], ("15 characters",)),
            Value(IDS[3].lower(), 1, "m3", IDS[3], ("case",)),
        ),
        unknown=(Value("Acme", 2, "m4"),),
    )  # fmt: skip


def test_the_most_frequent_are_examples():
    found = counted([f"v{number}" for number in range(10) for _ in range(number + 1)], [], most=2)
    assert [(one.value, one.calls) for one in found.unknown] == [("v9", 10), ("v8", 9)]
    assert (found.missing, found.is_good) == (10, False)


def test_of_two_keys_that_are_near_the_nearer_counts_whichever_comes_first():
    short = "0015g00000AbcDe"
    keys = ["0015g00000AbcDeAAJ", "0015g00000aBCdEAAV"]
    for order in (keys, keys[::-1]):
        (one,) = counted([short], order).nearly
        assert (one.key, one.how) == (keys[0], ("15 characters",))


def test_no_values_are_all_there():
    assert counted([], [IDS[1]]) == Held("company", accounts=1, unused=1)
    assert counted([], []).is_good


TEXTS = st.text("aA 1", max_size=3) | st.sampled_from([IDS[1], IDS[1][:15], IDS[1].lower(), "\ud800"])


@given(st.lists(TEXTS, max_size=8), st.lists(TEXTS, max_size=8))
def test_it_is_as_if_each_value_had_been_held_against_each_key(values, keys):
    found = counted(values, keys, most=100)
    different = set(values)
    near = {one for one in different if one not in keys and any(difference(one, key) is not None for key in keys)}
    assert (found.values, found.calls, found.exist) == (len(different), len(values), len(different & set(keys)))
    assert {one.value for one in found.nearly} == near
    assert {one.value for one in found.unknown} == different - near - set(keys)
    assert (found.accounts, found.unused) == (len(keys), sum(key not in different for key in keys))
    for one in found.nearly:
        least = min(len(how) for key in keys if (how := difference(one.value, key)) is not None)
        assert len(one.how) == least


def test_many_values_take_bounded_memory(tmp_path):
    code = (
        "from translator.salesforce import Values; made = Values();"
        "[made.add('company', f'{number:018}', str(number)) for number in range(200_000)];"
        "made.hold('company', (f'{number:018}' for number in range(0, 400_000, 2)));"
        f"print(made.held('company', 3).exist, {PEAK})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(tmp_path), timeout=120
    )
    exist, peak = map(int, done.stdout.split())
    assert (exist, MOST) == (100_000, 50_000)
    assert peak < 110_000, "KB"


@pytest.fixture
def command(tmp_path, running):
    (tmp_path / "translator.toml").write_text(CONFIGURATION.format(org=running.url))

    def run(*words, calls=()):
        (tmp_path / "calls.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in calls))
        done = subprocess.run(
            [sys.executable, "-m", "translator", "salesforce", "check", *words, "calls.jsonl"],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def group(value, number=1):
    return {
        "type": "group", "messageId": f"m{number}", "userId": f"u{number}", "groupId": "g", "traits": {"kind": "company", "account": value},
    }  # fmt: skip


def track(value, number=1):
    return {
        "type": "track",
        "event": "e",
        "messageId": f"t{number}",
        "userId": f"u{number}",
        "properties": {"account": value},
    }


def test_the_group_values_that_our_translation_makes_are_held_against_the_org(command):
    calls = [
        group(IDS[1]),
        track(IDS[1], 2),
        track([IDS[2], IDS[3][:15]], 3),
        group("Acme", 4),
        {"type": "track"},
        track("", 5),
    ]
    code, out, err = command(calls=calls)
    assert code == 1
    assert out.splitlines() == [
        "1 files: 6 calls, against " + out.split("against ")[1].splitlines()[0],
        "1 refused as invalid, 0 not readable",
        "",
        "company: 4 values on 5 calls; 3 keys at Salesforce",
        "           2 exist",
        "           1 nearly exist",
        f'               "{IDS[3][:15]}", 1 call, such as t3, must be "{IDS[3]}": is the form of 15 characters, the key is the one of 18',
        "           1 do not exist",
        '               "Acme", 1 call, such as m4',
        "           1 keys at Salesforce that no call names",
    ]
    assert "hush" not in out + err


def test_where_all_exist_it_is_0(command):
    assert command(calls=[group(IDS[1]), track(IDS[2], 2)])[0] == 0
    code, out, _ = command(calls=[{**group("x"), "traits": {"kind": "team", "account": "x"}}])
    assert (code, "company: no call has a group value of this type; 3 keys" in out) == (0, True)


def test_for_machines(command):
    code, out, _ = command(
        "--format", "json", "--examples", "1", calls=[group("Acme"), group("Other", 2), group(IDS[1], 3)]
    )
    found = json.loads(out)
    (one,) = found["types"]
    assert (code, found["read"], one["type"], one["values"], one["exist"], one["near"], one["missing"]) == (
        1,
        3,
        "company",
        3,
        1,
        0,
        2,
    )
    assert one["unknown"] == [{"value": "Acme", "calls": 1, "example": "m1", "key": None, "how": []}]


def test_against_an_export_without_any_settings_of_salesforce(command, tmp_path, org):
    (tmp_path / "translator.toml").write_text('[groups]\ntype_trait = "kind"\nvalue_trait = "account"\n')
    (tmp_path / "report.csv").write_text(f"Account ID;Id\n7;{IDS[1]}\n")
    assert command("--csv", "report.csv", "--group-type", "company", calls=[group(IDS[1])])[0] == 0
    code, out, _ = command(
        "--csv", "report.csv", "--group-type", "company", "--key", "Account ID", calls=[group(IDS[1])]
    )
    assert (code, "1 do not exist" in out, org.requests) == (1, True, 0)


def test_keys_are_held_in_the_form_in_which_they_are_sent(command, tmp_path, running):
    text = CONFIGURATION.format(org=running.url).replace('object = "Account"', 'object = "Account"\nkey_form = "15"')
    (tmp_path / "translator.toml").write_text(text)
    assert command(calls=[group(IDS[1][:15])])[0] == 0
    code, out, _ = command(calls=[group(IDS[1])])
    assert (code, "is the form of 18 characters, the key is the one of 15" in out) == (1, True)


def test_a_group_type_that_no_object_has_is_not_held_against_any_of_several(command, tmp_path, running):
    site = '[[salesforce.objects]]\nobject = "Site__c"\ngroup_type = "site"\nproperties = {Name = "Name"}\n'
    (tmp_path / "translator.toml").write_text(CONFIGURATION.format(org=running.url) + site)
    code, out, err = command("--group-type", "sites", calls=[group(IDS[1])])
    assert (code, out) == (2, "")
    assert "no object has the group type 'sites': --object says against which" in err
    code, out, _ = command("--group-type", "sites", "--object", "Account", calls=[group(IDS[1])])
    assert (code, "sites: no call has a group value of this type; 3 keys" in out) == (0, True)


def test_what_cannot_be_read_is_2(command, org):
    org.refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    code, out, err = command(calls=[group(IDS[1])])
    assert (code, out) == (2, "")
    assert "REQUEST_LIMIT_EXCEEDED" in err


def test_what_a_terminal_would_obey_is_not_shown(command):
    _, out, _ = command(calls=[group("\x1b[2Jx\u202e")])
    assert "\x1b" not in out
    assert "\u202e" not in out
