"""A command imports the libraries that it needs, and no other: what a start costs is mostly what it imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import environment

LIBRARIES = {
    "apispec", "apsw", "charset_normalizer", "confluent_kafka", "dateutil", "duckdb", "flask", "flask_cors", "flask_wtf", "gunicorn", "jinja2", "marshmallow",
    "multiprocessing", "orjson", "prometheus_client", "psycopg", "requests", "rich", "simple_salesforce", "urllib3", "werkzeug", "xlsxwriter",
}  # fmt: skip
"""Those that take 10 ms or more; click is in every command."""

GROUP = {"type": "group", "userId": "user-1", "groupId": "g", "traits": {"group_type": "Organization", "name": "Acme"}}
AGENT = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0"}
TRACK = {"type": "track", "event": "e", "userId": "user-1", "timestamp": "2024-03-10T17:04:05.678Z", "context": AGENT}
CALLS = {"orjson"}
JOURNAL = CALLS | {"apsw"}
MAPPINGS = (Path(__file__).parent / "mappings" / "exports" / "default.json").read_text()
COMMAND = "from translator.cli import main; main()"
NEEDED = [
    (["--help"], set()),
    (["--version"], set()),
    (["translate", "--help"], set()),
    (["dead", "redrive", "--help"], set()),
    (["translate"], CALLS),
    (["translate", "--explain"], CALLS),
    (["translate", "--as", "requests"], CALLS | {"prometheus_client"}),
    (["check"], JOURNAL),
    (["status", "--json"], JOURNAL),
    (["status"], JOURNAL | {"rich"}),
    (["dead", "list", "--json"], JOURNAL),
    (["destination", "list"], JOURNAL),
    (["import-segment", "mappings.json"], CALLS),
    (["replay", "--dry-run", "calls.jsonl"], CALLS | {"rich"}),
    (["qa", "--help"], set()),
    (["qa", "plan.json", "calls.jsonl"], CALLS | {"marshmallow", "rich"}),
    (["qa", "plan.json", "calls.jsonl", "--format", "html"], CALLS | {"jinja2", "marshmallow", "rich"}),
    (["diff", "--help"], set()),
    (["diff", "same.toml", "same.toml", "calls.jsonl"], CALLS | {"marshmallow", "rich"}),
    (["diff", "same.toml", "same.toml", "calls.jsonl", "--format", "html"], CALLS | {"jinja2", "marshmallow", "rich"}),
    (["salesforce", "--help"], set()),
    (["salesforce", "sync", "--help"], set()),
    (
        ["salesforce", "check", "--csv", "export.csv", "--group-type", "[Segment] Group", "calls.jsonl"],
        CALLS | {"rich"},
    ),
    (["kpi", "--help"], set()),
    (["kpi", "--config", "kpis.toml", "--dry-run"], JOURNAL | {"duckdb", "marshmallow", "prometheus_client"}),
    (["journal", "init", "--help"], set()),
    (["journal", "init"], JOURNAL),
    (["plan", "--help"], set()),
    (["plan", "calls.jsonl"], CALLS | {"rich"}),
    (["plan", "calls.jsonl", "--out", "plan.xlsx"], CALLS | {"rich", "xlsxwriter"}),
    (["plan", "calls.jsonl", "--out", "plan.html"], CALLS | {"rich", "jinja2"}),
    (["taxonomy", "push", "--help"], set()),
    (["taxonomy", "qa", "plan.json", "--pulled", "pulled.json"], CALLS | {"marshmallow"}),
]


def imported(folder, code, *arguments, text=""):
    """The libraries that a process has imported at its end."""
    said = f"import atexit, sys; atexit.register(lambda: sys.stderr.write(chr(10) + ' '.join(sys.modules))); {code}"
    done = subprocess.run(
        [sys.executable, "-c", said, *arguments],
        cwd=folder, env=environment(folder), input=text, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return LIBRARIES.intersection(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "needed"), NEEDED, ids=lambda one: " ".join(one) if isinstance(one, list) else ""
)
def test_a_command_imports_what_it_needs_and_nothing_else(tmp_path, arguments, needed):
    lines = f"{json.dumps(GROUP)}\n{json.dumps(TRACK)}\n"
    (tmp_path / "calls.jsonl").write_text(lines)
    (tmp_path / "plan.json").write_text('{"types": [{"name": "[Segment] Group"}]}')
    (tmp_path / "pulled.json").write_text(
        '{"version": 1, "group_types": ["[Segment] Group"], "missing_group_types": [], "properties": []}'
    )
    (tmp_path / "same.toml").write_text("")
    (tmp_path / "kpis.toml").write_text(
        "[[kpis.properties]]\nname = 'n'\nmeasure = 'events'\nwindow = '1 day'\n[destinations.a]\napi_key = 'k'\n"
    )
    (tmp_path / "mappings.json").write_text(MAPPINGS)
    (tmp_path / "export.csv").write_text("Id\ng\n")
    assert imported(tmp_path, COMMAND, *arguments, text=lines) == needed


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ({**TRACK, "event": None}, {"marshmallow"}),
        ({**TRACK, "timestamp": "Sun, 10 Mar 2024 17:04:05 GMT"}, {"dateutil"}),
        ({**TRACK, "timestamp": 1710090245678}, set()),
    ],
    ids=["a call with a fault", "a time that is not ISO", "a time in numbers"],
)
def test_a_call_imports_what_only_it_needs(tmp_path, call, more):
    assert imported(tmp_path, COMMAND, "translate", text=json.dumps(call)) == CALLS | more


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("[groups]\ntype_trait = 'kind'\n[destinations.test]\napi_key = 'k'\nregion = 'eu'", set()),
        ("[[groups.rules]]\ntype = 'company'\nvalue = 'context.groupId'", {"marshmallow"}),
    ],
    ids=["plain values", "rules"],
)
def test_a_configuration_imports_what_only_it_needs(tmp_path, said, more):
    (tmp_path / "translator.toml").write_text(said)
    assert imported(tmp_path, COMMAND, "translate", text=json.dumps(TRACK)) == CALLS | more


def test_the_web_application_is_made_without_the_libraries_of_delivery_and_of_terminals(tmp_path):
    left_out = {"apispec", "dateutil", "gunicorn", "multiprocessing", "psycopg", "requests", "rich", "urllib3"}
    assert imported(tmp_path, "from translator.receive import create_app; create_app()").isdisjoint(left_out)


def test_the_web_application_has_the_schemas_before_the_first_call(tmp_path):
    code = "from translator.receive import create_app; create_app()"
    assert imported(tmp_path, code) >= {"flask", "marshmallow"}


def test_the_process_that_forks_workers_has_imported_the_application(tmp_path):
    """So that they share its memory: some 7 MB each."""
    code = (
        "from translator import serving; from translator.settings.load import load_settings;"
        "serving.starting(load_settings(), [])"
    )
    assert imported(tmp_path, code) >= {"flask", "jinja2", "marshmallow", "orjson", "prometheus_client"}


def test_delivery_that_is_asked_what_it_would_send_imports_no_client(tmp_path):
    code = (
        "from translator.deliver import requests_of; from translator.settings.values import Destination;"
        "assert requests_of([], Destination('test')) == []"
    )
    assert imported(tmp_path, code).isdisjoint({"requests", "urllib3", "charset_normalizer"})
