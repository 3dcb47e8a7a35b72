"""What docs/salesforce.md says is so."""

import re
import tomllib

from tests.processes import ROOT
from translator.salesforce import org
from translator.salesforce.export import DELIMITERS, MARKS, UNMARKED
from translator.salesforce.keys import WORDS
from translator.salesforce.sources import PAGE
from translator.settings.load import settings_from
from translator.settings.values import SalesforceObject

TEXT = (ROOT / "docs" / "salesforce.md").read_text()
PAGE_TEXT = " ".join(TEXT.split())


def test_the_configuration_is_accepted():
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    found = settings_from(tomllib.loads(block)).salesforce
    assert found.objects == (
        SalesforceObject(
            "Account", "company", {"Account Name": "Name", "Industry": "Industry", "Owner": "Owner.Name"},
            every="week", where="Type = 'Customer'",
        ),
    )  # fmt: skip
    assert (found.at, found.domain) == (300, "mycompany.my")


def test_its_numbers():
    assert f"one of the org's daily requests for each {PAGE:,} accounts" in PAGE_TEXT
    assert "asked again three times, within half a minute" in PAGE_TEXT
    assert (len(org.WAITS), sum(org.WAITS) <= 30) == (3, True)
    assert "UTF-8, UTF-16, UTF-32 or Windows-1252, separated by commas, semicolons, tabs or bars" in PAGE_TEXT
    assert {name.removesuffix("-sig") for _, name in MARKS} | set(UNMARKED) == {"utf-8", "utf-16", "utf-32", "cp1252"}
    assert DELIMITERS == ",;\t|"


def test_what_check_says_is_in_its_words():
    assert WORDS["15 characters"] in TEXT
