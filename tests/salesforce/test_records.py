"""An object of the settings as a query, and records as accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.salesforce import org as stub
from translator.salesforce.records import Account, account, columns, key_text, only_key, query
from translator.settings.values import SalesforceObject


def of(properties, **more):
    return SalesforceObject("Account", "company", properties, **more)


@pytest.mark.parametrize(
    ("one", "soql"),
    [
        (of({"a": "Name"}), "SELECT Id, Name FROM Account"),
        (of({"a": "Name", "b": "name", "c": "ID"}), "SELECT Id, Name FROM Account"),
        (of({"a": "Owner.Name"}, key="Number__c"), "SELECT Number__c, Owner.Name FROM Account ORDER BY Id"),
        (of({"a": "Name"}, where="Type = 'x' ORDER BY Name LIMIT 5"), "SELECT Id, Name FROM Account WHERE Type = 'x' ORDER BY Name LIMIT 5"),
        (of({"a": "Name"}, key="N__c", where="Type = 'a limit'"), "SELECT N__c, Name FROM Account WHERE Type = 'a limit' ORDER BY Id"),
        (of({"a": "Name"}, key="N__c", where="Type = 'x\\'' Limit 5"), "SELECT N__c, Name FROM Account WHERE Type = 'x\\'' Limit 5"),
        (only_key(of({"a": "Name"}, where="IsDeleted = false")), "SELECT Id FROM Account WHERE IsDeleted = false"),
    ],
)  # fmt: skip
def test_the_query(one, soql):
    assert query(one) == soql


@pytest.mark.parametrize(
    ("value", "form", "key"),
    [
        ("0015g00000AbcDeAAJ", "as-is", "0015g00000AbcDeAAJ"),
        ("0015g00000AbcDeAAJ", "15", "0015g00000AbcDe"),
        ("Acme", "15", "Acme"),
        (" Acme ", "as-is", " Acme "),
        (42, "as-is", "42"),
        (42.0, "as-is", "42"),
        (True, "as-is", "true"),
        (None, "as-is", None),
        ("", "as-is", None),
        (" ", "18", None),
        ({"city": "Berlin"}, "as-is", None),
    ],
)
def test_a_key_is_a_text_as_salesforce_says_it(value, form, key):
    assert key_text(of({}, key_form=form), value) == key


def test_what_a_related_record_lacks_is_nothing():
    one = of({"a": "Owner.Manager.Name", "b": "owner.name"})
    record = {"Id": "1", "Owner": {"attributes": {"type": "User"}, "Name": "Ann", "Manager": None}}
    assert account(one, record) == Account("1", {"a": None, "b": "Ann"})
    assert account(one, {"Id": "1", "Owner": None}) == Account("1", {"a": None, "b": None})


NAMES = st.sampled_from(["Id", "Name", "name", "NAME", "Owner.Name", "owner.NAME", "Owner.Email", "Number__c"])


@given(st.dictionaries(st.text(max_size=3), NAMES, min_size=1, max_size=5), NAMES)
def test_each_column_is_asked_for_once_and_found_again(properties, key):
    record = {"Id": "1", "Name": "Acme", "Owner": {"Name": "Ann", "Email": "a@b"}, "Number__c": "7"}
    known = {"id": "1", "name": "Acme", "owner.name": "Ann", "owner.email": "a@b", "number__c": "7"}
    one = of(properties, key=key)
    asked = stub.SOQL.fullmatch(query(one))
    assert asked
    assert len({name.lower() for name in columns(one)}) == len(columns(one))
    expected = {name: known[column.lower()] for name, column in properties.items()}
    assert account(one, record) == Account(known[key.lower()], expected)
