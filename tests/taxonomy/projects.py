"""A project at the sandbox, and a plan for it with a known answer."""

import json
from typing import Any

import requests

from tests.sandbox.calls import event, send
from translator.reports.plan.planned import Planned, PlannedProperty, PlannedType
from translator.settings.values import Destination
from translator.taxonomy.client import Client
from translator.taxonomy.pacing import Pace

KEY, SECRET = "hush-key", "hush-secret"
PATH = "/api/2/taxonomy/group-property"

PLAN = Planned(
    (PlannedType("Company"), PlannedType("Team")),
    (
        PlannedProperty("Company", "seats", "number", description="how many"),
        PlannedProperty("Company", "tier", "text", values=("gold", "silver")),
        PlannedProperty("Company", "zip", regex="[0-9]{5}"),
        PlannedProperty("Company", "tags", "list"),
        PlannedProperty("Company", "name"),
        PlannedProperty("Team", "name", "text", description="as on its door"),
    ),
)
CREATED: dict[tuple[str, str], dict[str, Any]] = {
    ("Company", "grp:seats"): {"type": "number", "description": "how many"},
    ("Company", "grp:tier"): {"type": "enum", "enum_values": "gold, silver"},
    ("Company", "grp:zip"): {"type": "string", "regex": "[0-9]{5}"},
    ("Company", "grp:tags"): {"type": "string", "is_array_type": True},
    ("Company", "grp:name"): {"type": "any"},
    ("Team", "grp:name"): {"type": "string", "description": "as on its door"},
}
"""What of it is in the taxonomy then, beside what is not said."""

UNSAID: dict[str, Any] = {
    "description": None, "type": "any", "regex": None, "enum_values": None, "is_array_type": False, "is_hidden": False,
    "classifications": [],
}  # fmt: skip


def come(running, *types, key=KEY):
    """Group types that the project has had."""
    for name in types:
        assert send(running, event(groups={name: "x"}), key=key).status_code == 200


def destination(url, **more):
    return Destination("test", **{"api_key": KEY, "secret_key": SECRET, "url": url, **more})


def client(running, said: Any = None, pace: Pace | None = None, **more):
    options = {"pause": 0.05, "timeout": 5.0, **more}
    return Client(destination(running.url), said or (lambda line: None), pace=pace, **options)


def behave(running, **asked):
    assert requests.post(f"{running.url}/api/behaviour", json=asked, timeout=5).status_code == 200


def taxonomy(running, **asked):
    """Set how the sandbox's Taxonomy API behaves."""
    behave(running, settings={"taxonomy": asked})


def ask(running, method, name="", **sent):
    """A request as somebody else makes it."""
    query, form = (sent, None) if method == "GET" else (None, sent)
    url = f"{running.url}{PATH}{f'/{name}' if name else ''}"
    answer = requests.request(method, url, params=query, data=form, auth=(KEY, SECRET), timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json().get("data")


def there(running, *types):
    """What the project has of these group types: type and name to what is said."""
    found = [one for name in types for one in ask(running, "GET", group_type=name)]
    return {
        (one["group_type"], one["group_property"]): {
            key: value for key, value in one.items() if key in UNSAID and (value != UNSAID[key] or key == "type")
        }
        for one in found
    }


def requested(running, method):
    """The requests that came of a method, with their statuses."""
    rows = requests.get(f"{running.url}/api/requests", timeout=5).json()
    return [one["status"] for one in rows if one["path"].startswith(PATH) and one["method"] == method]


def written(folder, plan=PLAN):
    """The plan as a file."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan.plain()))
    return file
