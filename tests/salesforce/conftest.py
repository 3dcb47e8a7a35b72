import pytest

from tests.salesforce import org as stub
from translator.settings.values import SalesforceObject, SalesforceSettings

ACCOUNT = SalesforceObject(
    "Account", "company", {"Account Name": "Name", "Owner": "Owner.Name", "Revenue": "AnnualRevenue"}
)


def record(number, name, owner="Ann", revenue=None, **more):
    """An account as Salesforce has it; its id has 18 characters."""
    from translator.salesforce.keys import as_form

    return {
        "Id": as_form(f"0015g0000{number:06}", "18"), "Name": name,
        "Owner": None if owner is None else {"Name": owner}, "AnnualRevenue": revenue, **more,
    }  # fmt: skip


@pytest.fixture
def org():
    """What the org has and was asked."""
    return stub.Org(
        {"Account": [record(1, "Acme", revenue=5000000.0), record(2, "Initech", None), record(3, "Hooli", "Bo")]}
    )


@pytest.fixture
def running(org):
    made = stub.Running(org)
    yield made
    made.stop()


@pytest.fixture
def signing_in(running):
    """Settings of the org, by a way to sign in, with changes."""
    ways = {
        "soap": {"username": stub.USER, "password": stub.PASSWORD, "security_token": stub.TOKEN},
        "client": {"consumer_key": stub.KEY, "consumer_secret": stub.SECRET},
        "password": {
            "username": stub.USER,
            "password": stub.PASSWORD,
            "security_token": stub.TOKEN,
            "consumer_key": stub.KEY,
            "consumer_secret": stub.SECRET,
        },
    }

    def settings(way="client", **more):
        return SalesforceSettings(**{"instance_url": running.url, **ways.get(way, {}), **more})

    return settings
