"""What the README and the docs say is so."""

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import click
import pytest

from benchmarks import record, tables
from benchmarks.targets import TARGETS
from tests import matrix
from translator.cli import cli
from translator.dashboard import attempts, finding, holding, looking, mounting
from translator.errors import BadSignature, NotJson, TooFast, TooLarge, Unsupported, WrongOrigin
from translator.journal import open_journal, shown
from translator.journal.rows import LARGE_BYTES, MOST_LARGE
from translator.journal.sqlite.database import ENOUGH_DISK
from translator.parcels import CALL_TYPES
from translator.receive import tracking
from translator.receive.tracking import BATCHES, CALLS
from translator.reports import accounts, recomputing, remembered
from translator.reports.demo import demo_calls
from translator.reports.diff import Counted, Difference, Example, GroupType, What, gathering, plain, texts
from translator.reports.diff.changes import Effect
from translator.reports.files import demo_folder
from translator.reports.plan import advice, events, members, outcome, planned, properties, proposing, sketch, watching
from translator.reports.rows import Translator
from translator.settings import schema, values
from translator.settings.load import NAMED, SINGLE, load_settings, settings_from
from translator.settings.values import translation_settings
from translator.sights import SAMPLES
from translator.translate.fields import FIELDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
TABLES = {
    "[segment]": (schema.SegmentTable, values.Segment),
    "[translate]": (schema.TranslateTable, values.Translate),
    "[groups]": (schema.GroupsTable, values.Groups),
    "[[groups.rules]]": (schema.RuleTable, None),
    "[journal]": (schema.JournalTable, values.JournalSettings),
    "[journal.kafka]": (schema.KafkaTable, values.KafkaSettings),
    "[archive]": (schema.ArchiveTable, values.ArchiveSettings),
    "[salesforce]": (schema.SalesforceTable, values.SalesforceSettings),
    "[[salesforce.objects]]": (schema.SalesforceObjectTable, None),
    "[kpis]": (schema.KpisTable, values.Kpis),
    "[[kpis.properties]]": (schema.KpiPropertyTable, None),
    "[delivery]": (schema.DeliveryTable, values.Delivery),
    "[server]": (schema.ServerTable, values.Server),
    "[dashboard]": (schema.DashboardTable, values.Dashboard),
    "[metrics]": (schema.MetricsTable, values.Metrics),
    "[destinations.NAME]": (schema.DestinationTable, None),
}


def section(name):
    return CONFIGURATION.split(f"## `{name}`")[1].split("\n## ")[0]


def rows(name):
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section(name), re.M)) | {
        key: ""
        for line in re.findall(r"^\| (`\w+`, .*?) \|", section(name), re.M)
        for key in re.findall(r"`(\w+)`", line)
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_in_the_docs_with_its_default(name):
    table, default = TABLES[name]
    known = {field.data_key or key for key, field in table().fields.items()}
    said = rows(name)
    assert set(said) == known
    for key, text in said.items():
        if default is not None and text.startswith("`"):
            found = getattr(default(), key)
            expected = json.loads(text.strip("` "))
            assert (list(found) if isinstance(found, tuple) else found) == expected, key


@pytest.mark.parametrize("variable", [*NAMED, *SINGLE, "PORT", "DATABASE_URL", "WEB_CONCURRENCY"])
def test_every_variable_is_in_the_readme(variable):
    assert f"`{variable}`" in README


def test_the_configurations_of_the_readme_are_accepted():
    blocks = re.findall(r"```toml\n(.*?)```", README, re.S)
    assert len(blocks) == 3
    for block in blocks:
        assert settings_from(tomllib.loads(block)).groups.fallback == "segment-group"


def test_the_guides_call_in_the_readme_becomes_what_is_said():
    block = re.findall(r"```toml\n(.*?)```", README, re.S)[0]
    settings = settings_from(tomllib.loads(block))
    message = {
        "type": "group", "userId": "u1", "groupId": "082108b9-f41d-486g-9d2d-b5ab68bb3d5o",
        "traits": {"group_type": "Organization", "name": "ExampleCorp, LLC", "employees": "20", "email": "hello@example.com"},
    }  # fmt: skip
    row = Translator(settings.segment, translation_settings(settings)).row(json.dumps(message).encode(), 1)
    assert row.records[0].body["groups"] == {"Organization": "ExampleCorp, LLC"}
    assert set(row.records[1].body["group_properties"]["$set"]) == {"group_type", "name", "employees", "email"}


def commands(group, prefix="translator"):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


@pytest.mark.parametrize(("name", "command"), list(commands(cli)), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_is_in_the_readme_with_help(name, command):
    assert command.help
    *_, group, last = name.split()
    assert (
        f"`{name}`" in README
        or f"`{name} " in README
        or (f"`translator {group} list`" in README and f"`{last}`" in README)
    )
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in ("config", "host", "port", "beside"):
            assert option.help or option.type.name == "choice", f"{name} {option.name}"


def test_the_feature_matrix_is_what_the_fixtures_show():
    said = README.split("<summary>the matrix</summary>")[1].split("</details>")[0].strip()
    assert said == matrix.table()


def test_the_feature_matrix_has_every_setting_of_translation():
    shown = {(key, value) for key, value, found in matrix.rows() if any(found)}
    keys = {key for key, _ in shown}
    assert {key for key, _ in matrix.settings()} == keys
    for key, value in set(matrix.settings()) - shown:
        table, _, name = key.rpartition(".")
        default = {"translate": values.Translate, "groups": values.Groups}[table]
        assert getattr(default(), name) == value, f"{key} = {value} has no fixture"


def test_every_call_type_is_in_the_readme():
    table = README.split("## What becomes of each call")[1].split("##")[0]
    assert set(
        re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|")))
    ) >= set(CALL_TYPES)


def test_the_table_of_fields_is_the_codes_own():
    table = README.split("## Where each field comes from")[1].split("## ")[0]
    said = re.findall(r"^\| `(\w+)` \| `([\w.]+)` \| ([\w, ]+) \|$", table, re.M)
    assert said == [(row.key, row.path, ", ".join(row.calls)) for row in FIELDS]


def test_files_that_the_docs_name_exist():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_row_of_the_differences_has_a_fixture():
    said = {int(number) for number in re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "differences.md").read_text(), re.M)}
    whys = " ".join(json.loads(path.read_text())["why"] for path in (ROOT / "fixtures").rglob("*.json"))
    cited = {int(number) for number in re.findall(r"differences (\d+)", whys)}
    assert sorted(said - cited - ELSEWHERE) == []


ELSEWHERE = {1, 2, 12, 23, 24}
"""1, 2, 24: every fixture of an event shows its insert id, and no other keys. 12: the guide's fallback fixtures.
23: tests/translate/test_reading.py."""


def test_the_commands_for_procfile_platforms_name_what_there_is():
    page = (ROOT / "docs" / "deploy.md").read_text().split("## Procfile platforms")[1].split("\n## ")[0]
    block = re.findall(r"```sh\n(.*?)```", page, re.S)[0].splitlines()
    assert len(block) == 5
    variables = re.findall(r"([A-Z_]+)=", block[2])
    assert set(variables) <= {*NAMED, *SINGLE}
    scaled = re.findall(r"(\w+)=\d", block[4])
    assert scaled == [line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()]
    given = dict(re.findall(r"\b((?:TRANSLATOR__|SEGMENT_W)[A-Z_]+)=([^\s`]+)", page))
    found = load_settings(environment=given)
    assert (found.server.delivery, found.server.behind_proxy, found.server.proxies) == (False, True, 1)
    assert found.server.public_url == "https://segment.example.com"
    assert (found.segment.origins, set(found.segment.write_keys.values())) == (
        ("https://www.example.com",),
        {"website", "backend"},
    )


def test_the_demo_is_shipped_and_fresh_for_each_run():
    from datetime import UTC, datetime

    moment = datetime.now(UTC)
    first, second = demo_calls(moment), demo_calls(moment)
    assert len(first) == len(list((ROOT / "fixtures" / "demo").glob("*.json"))) >= 10
    assert {one["messageId"] for one in first}.isdisjoint({one["messageId"] for one in second})
    assert demo_folder().is_dir()


def test_the_numbers_of_the_pages_docs_are_the_codes_own():
    page = " ".join((ROOT / "docs" / "dashboard.md").read_text().split())
    for said in (
        f"the newest {finding.SCANNED:,} calls",
        f"the {shown.MOST_SEEN['value']:,} values and {shown.MOST_SEEN['property']:,} properties",
        f"up to {SAMPLES['value']} members and {SAMPLES['property']} examples",
        f"the {recomputing.MOST_EARLIER} before it",
        f"the {accounts.MOST_WARNED:,} values that were seen last",
    ):
        assert said in page, said
    assert (shown.MOST_CONFIGURATIONS, "the last hundred of each destination" in page) == (100, True)
    assert (shown.SPANS_KEPT, "two hours" in page, "eight days" in page) == (
        {60: 7_200_000, 600: 691_200_000},
        True,
        True,
    )
    for said in (page, " ".join((ROOT / "docs" / "journal.md").read_text().split()), section("[journal]")):
        assert "larger than 64 KB the newest" in said
        assert "of each source" in said
    assert (LARGE_BYTES, MOST_LARGE, "the newest hundred" in page) == (64 * 1024, 100, True)
    assert f"the newest {values.JournalSettings().keep_refused:,} of each source stay" in page
    assert (attempts.MOST, attempts.SECONDS, "Five wrong passwords of an address in a minute" in page) == (5, 60, True)
    assert (mounting.SESSION_HOURS, "for twelve hours" in page) == (12, True)
    few, many = looking.CALLS
    assert f"the newest {few:,} or {many:,} calls would become otherwise" in page
    assert (looking.SECONDS, "ten seconds at most" in page) == (10, True)
    assert (finding.SECONDS, finding.CHEAP_SECONDS, "ends after a second; one that took more than a fifth" in page) == (
        1,
        0.2,
        True,
    )
    assert f"the plan of the newest {few:,} or {many:,} calls" in page
    assert f"{holding.MOST_BYTES // 1024**2} MB at most" in page
    for endpoint, name in mounting.PAGES.items():
        assert f"**{name}** `/{'' if endpoint == 'now' else endpoint}`" in page


def test_the_numbers_and_keys_of_diff_are_the_codes_own():
    page = (ROOT / "docs" / "workbench.md").read_text().split("## Diff")[1].split("\n## ")[0]
    for number, said in (
        (remembered.MOST, "of {:,} users"),
        (gathering.MOST_KEYS, "{:,} different changes"),
        (gathering.MOST_PAIRS, "{:,} different pairs"),
        (gathering.MOST_TYPES, "more than {:,}"),
        (texts.MOST_VALUE, "examples of {:,} characters"),
    ):
        assert said.format(number) in page
    told = set(re.findall(r"`(\w+)`", page.split("has these keys")[1]))
    change = Counted("track", "event", "", "added", "a", 1, 1, False, (Example("m", None, "1"),))
    found = plain(Difference(outcomes={"sent": (1, 1)}, types=(GroupType("a", 0, 1),), changes=(change,)))
    assert {*found, *found["changes"][0], *found["changes"][0]["examples"][0], *found["group_types"][0]} <= told
    assert {*get_args(What), *get_args(Effect)} <= told


def test_the_answers_and_rules_of_the_tracking_api_are_told_with_cases():
    part = README.split("## Segment's SDKs")[1].split("\n## ")[0]
    told = set(re.findall(r"fixtures/tracking/([\w-]+)\.json", part))
    known = {path.stem for path in (ROOT / "fixtures" / "tracking").glob("*.json")}
    assert known - told == {"bad-calls-of-a-batch"}, "which the table of answers tells"
    answers = {int(one) for line in re.findall(r"^\| (`\d.*?) \|", part, re.M) for one in re.findall(r"\d{3}", line)}
    statuses = {one.status for one in (BadSignature, WrongOrigin, TooLarge, Unsupported, TooFast, NotJson)}
    assert answers == {200, 503, *statuses}
    for door in (*CALLS, *BATCHES):
        assert re.search(rf"[`/]{door}`", part), door
    assert re.search(r"\(1,000 for each source,\s+a call for each 4 KB\)", part)
    assert tracking.CALL_BYTES == 4096
    segment = values.Segment()
    assert (segment.calls_per_second, segment.max_batch_bytes, segment.max_batch_calls) == (1000, 500 * 1024, 2500)
    assert segment.max_call_bytes == 32 * 1024


def test_the_tables_of_what_was_measured_are_those_of_the_records():
    pages = list(tables.pages())
    assert [page.name for page in pages] == ["README.md", "capacity.md", "kafka-scale.md"]
    for page in pages:
        text = page.read_text()
        assert text == tables.filled(text), f"{page.name}: python -m benchmarks.tables writes them"
    marked = [name for page in pages for name in re.findall(r"<!-- (\w+): written", page.read_text())]
    assert sorted(marked) == sorted(tables.TABLES)


def test_every_target_has_been_measured():
    measured = {key.split("/")[0] for path in (record.MEASURED, record.GROWN) for key in record.read(path)["rows"]}
    assert set(TARGETS) <= measured


def test_the_numbers_of_the_capacity_page():
    page = " ".join((ROOT / "docs" / "capacity.md").read_text().split())
    delivery = values.Delivery()
    at_once = delivery.in_flight * delivery.batch_events
    assert (delivery.in_flight, delivery.batch_events) == (4, 500)
    assert f"four requests of 500 events at a time are {at_once / 0.1:,.0f} events a second" in page
    assert f"`journal.keep_days` ({values.JournalSettings().keep_days})" in page
    assert f"less than {ENOUGH_DISK // 2**20} MB are free" in page
    for million in (10, 100, 1000):
        second = million * 1_000_000 / 86_400
        assert f"| {million:,} million | {second:,.0f} | {3 * second:,.0f} |" in page
    assert f"{50_000 * 86_400 // 1_000_000:,} million | 50,000 |" in page


def test_a_journal_in_kafka_is_there_and_promises_less_as_the_pages_say():
    assert '`journal.url = "kafka://…"`, in [docs/kafka.md](kafka.md)' in (ROOT / "docs" / "capacity.md").read_text()
    journal = open_journal(settings_from({"journal": {"url": "kafka://host:9092"}}).journal)
    journal.close()
    assert not journal.dedupes
    page = " ".join((ROOT / "docs" / "kafka.md").read_text().split())
    assert "**Repetitions are not recognised at the door**" in page
    assert "Amplitude takes them as one by the insert id, for 7 days" in page
    assert f"A record may have {values.KAFKA_RECORD_BYTES:,} bytes" in page
    assert f'"{values.KAFKA_RECORD}"' in page


def test_the_numbers_of_the_workbench_page():
    page = " ".join((ROOT / "docs" / "workbench.md").read_text().split())
    for said in (
        f"exactly up to {sketch.EXACT:,}",
        f"followed for {members.MOST_USERS:,} users",
        f"for {watching.MOST_LOOKED:,} groups and users",
        f"{watching.MOST_PLACES} traits and properties",
        f"{outcome.MOST_VALUES:,} groups and {events.MOST_EVENTS:,} events and group properties",
    ):
        assert said in page, said
    assert (properties.MOST_PROPERTIES, properties.MOST_GROUPS) == (events.MOST_EVENTS, outcome.MOST_VALUES)
    assert (advice.SOME, "one user in a hundred" in page) == (0.01, True)
    assert (proposing.ENOUGH, "on half of the group calls" in page) == (0.5, True)
    assert [sheet.name for sheet in planned.SHEETS] == re.findall(r"\*(\w+)\*", page.split("are to be edited")[0])[-3:]
