"""Exports as reports, Data Loader and spreadsheets write them."""

import csv
import io
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.processes import PEAK, environment
from translator.errors import SalesforceError
from translator.salesforce.export import accounts
from translator.salesforce.records import Account
from translator.settings.values import SalesforceObject

ACCOUNT = SalesforceObject("Account", "company", {"Account Name": "Name", "Owner": "Owner.Name", "Also": "name"})
TEXT = '"Id","Name","Owner.Name"\n"1","Ac""me, Inc","Müller"\n"2","Two\nlines",""\n'
EXPECTED = [
    Account("1", {"Account Name": 'Ac"me, Inc', "Owner": "Müller", "Also": 'Ac"me, Inc'}),
    Account("2", {"Account Name": "Two\nlines", "Owner": None, "Also": "Two\nlines"}),
]


def read(path, data, one=ACCOUNT):
    path.write_bytes(data)
    return list(accounts(path, one))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "export.csv"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_ends_of_lines(path, encoding, end):
    text = TEXT.replace('"\n', f'"{end}')
    if encoding.endswith("-bom"):
        text, encoding = f"\ufeff{text}", encoding.removesuffix("-bom")
    assert read(path, text.encode(encoding)) == EXPECTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(path, delimiter):
    rows = io.StringIO()
    csv.writer(rows, delimiter=delimiter).writerows([["OWNER.NAME", " Id", "NAME"], ["Ann; Bob, Co|x\ty", "7", "Acme"]])
    (one,) = read(path, rows.getvalue().encode())
    assert one == Account("7", {"Account Name": "Acme", "Owner": "Ann; Bob, Co|x\ty", "Also": "Acme"})


def test_a_key_stays_text_and_other_cells_are_what_they_say(path):
    one = SalesforceObject("Account", "company", {"Revenue": "Revenue__c", "Same": "Number__c"}, key="Number__c")
    found = read(path, b"Number__c,Revenue__c,Other\n007,5000000.0,x\n42,,x\n,1,x\n\n9\n", one)
    assert found == [
        Account("007", {"Revenue": 5000000, "Same": "007"}),
        Account("42", {"Revenue": None, "Same": "42"}),
        Account(None, {"Revenue": 1, "Same": ""}),
        Account("9", {"Revenue": None, "Same": "9"}),
    ]


@pytest.mark.parametrize(
    ("form", "key"), [("18", "0015g00000AbcDeAAJ"), ("15", "0015g00000AbcDe"), ("as-is", "0015g00000AbcDe")]
)
def test_keys_of_reports_may_be_made_long(path, form, key):
    one = SalesforceObject("Account", "company", {"Name": "Name"}, key="Account ID".replace(" ", "_"), key_form=form)
    (found,) = read(path, b"Account_ID,Name\n0015g00000AbcDe,Acme\n", one)
    assert found.key == key


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "has no column Id, Name, Owner.Name; it has: none"),
        (b"Id,Name\n", r"has no column Owner\.Name; it has: Id, Name"),
        (b"Id,Name,Owner.Name\n1,\x81,\n", "is not text in the encoding"),
        ("Id,Name,Owner.Name\n1,2,3\n".encode("utf-16")[:-1], "is not text in the encoding"),
        (b'Id,Name,Owner.Name\n1,"' + b"x" * 1_000_001 + b'",\n', "line .*: field larger than field limit"),
    ],
)
def test_what_cannot_be_read_is_said(path, data, said):
    with pytest.raises(SalesforceError, match=said):
        read(path, data)


def test_a_file_that_is_not_there_is_said(path):
    with pytest.raises(SalesforceError, match="cannot be read: No such file"):
        list(accounts(path, ACCOUNT))


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_stands_in_cells_comes_through(tmp_path, rows, encoding, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["Id", "Name", "Owner.Name"], *rows])
    found = read(tmp_path / "any.csv", text.getvalue().encode(encoding))
    assert [one.key for one in found] == [key if key.strip() else None for key, _, _ in rows]
    for one, (_, name, _) in zip(found, rows, strict=True):
        if not name.strip():
            assert one.properties["Account Name"] is None
        elif isinstance(one.properties["Account Name"], str):
            assert one.properties["Account Name"] == name


def test_a_large_export_is_read_in_bounded_memory(tmp_path, path):
    with path.open("w") as file:
        file.write("Id,Name,Owner.Name\n")
        for number in range(100_000):
            file.write(f"{number:018},{'x' * 200},Ann\n")
    code = (
        "import sys; from pathlib import Path; from translator.salesforce.export import accounts;"
        "from translator.settings.values import SalesforceObject;"
        "one = SalesforceObject('Account', 'company', {'a': 'Name', 'b': 'Owner.Name'});"
        f"print(sum(1 for _ in accounts(Path(sys.argv[1]), one)), {PEAK})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True, text=True, check=True, env=environment(tmp_path), timeout=60,
    )  # fmt: skip
    count, peak = map(int, done.stdout.split())
    assert count == 100_000
    assert peak < 60_000, "KB; the file has 23 MB"
