"""The walls of the house: who may import whom, who may touch the world."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "translator"
ROOMS = (
    "receive",
    "dashboard",
    "validate",
    "mappings",
    "translate",
    "journal",
    "deliver",
    "observe",
    "archive",
    "kpi",
    "sandbox",
    "jobs",
    "salesforce",
    "reports",
    "settings",
    "taxonomy",
)

MAY_IMPORT = {
    "validate": {"errors", "parcels", "jsontext", "settings.values"},
    "mappings": {"errors", "jsontext", "times"},
    "translate": {"errors", "parcels", "jsontext", "times", "settings.values", "mappings"},
    "journal": {"errors", "parcels", "sights", "jsontext", "settings.values"},
    "archive": {"errors", "parcels", "sights", "jsontext", "settings.values", "journal", "observe"},
    "kpi": {
        "",
        "errors",
        "parcels",
        "sights",
        "jsontext",
        "settings.values",
        "journal",
        "archive",
        "hooks",
        "translate",
        "jobs",
        "reports.remembered",  # what calls leave of groups, in bounded memory
    },
    "observe": {"parcels", "sights"},
    "sandbox": set(),
    "settings": {"errors", "parcels", "jsontext", "mappings"},
    "deliver": {
        "",
        "clock",
        "errors",
        "parcels",
        "sights",
        "jsontext",
        "settings.values",
        "settings.stored",
        "journal",
        "translate",
        "archive",
        "observe",
        "hooks",
    },
    "jobs": {"errors", "parcels", "settings.values", "journal", "deliver"},
    "taxonomy": {
        "",
        "errors",
        "parcels",
        "jsontext",
        "settings.values",
        "settings.effective",  # how a URL is shown
        "translate",  # how many group properties a project may have
        "reports.plan.planned",  # what a plan is
    },
    "salesforce": {"", "errors", "parcels", "jsontext", "settings.values", "journal", "jobs"},
    "hooks": {"errors", "parcels", "jsontext", "settings.values", "translate", "validate"},
    "accept": {"errors", "parcels", "jsontext", "settings.values", "journal", "validate", "observe"},
    "dashboard": {
        "",
        "errors",
        "parcels",
        "sights",
        "jsontext",
        "settings.values",
        "settings.effective",
        "journal",
        "observe",
        "reports.accounts",
        "reports.clockwork",
        "reports.diff",
        "reports.letters",
        "reports.plan",
        "reports.qa",
        "reports.recomputing",
        "reports.redriving",
        "reports.trial",
    },
    "receive": {
        "dashboard",
        "errors",
        "parcels",
        "jsontext",
        "times",
        "settings.values",
        "settings.load",
        "journal",
        "observe",
        "accept",
        "validate",  # its idea of what is absent, and of an id for a call without one, is needed before the check
        "",
    },
}
"""Each room and what it may import of the house, its own modules aside."""

FORBIDDEN = {
    "deliver": {"flask"},
    "validate": {"flask", "requests", "os", "time", "random", "socket", "threading", "apsw", "sqlite3", "psycopg"},
    "mappings": {"flask", "requests", "os", "time", "random", "socket", "threading", "apsw", "sqlite3", "psycopg"},
    "translate": {"flask", "requests", "os", "time", "random", "socket", "threading", "apsw", "sqlite3", "psycopg"},
    "journal": {"flask", "requests"},
    "archive": {"flask", "requests"},
    "taxonomy": {"flask"},
    "salesforce": {"flask"},
}


@cache
def modules():
    """Each module of the house and its file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found.items()


@cache
def known():
    return {module for module, _ in modules()}


@cache
def exported(name):
    """What a door of the house names in its ``__all__``: a function, though a module may have the same name."""
    door = ROOT / name.replace(".", "/") / "__init__.py"
    if not name.startswith("translator") or not door.exists():
        return ()
    for node in ast.parse(door.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()


@cache
def imports(path, *, typing_too=True):
    """Dotted names that a file imports; those under TYPE_CHECKING only when asked."""
    return tuple(_imports(path, typing_too))


def _imports(path, typing_too):
    tree = ast.parse(path.read_text())
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing_too:
            skipped |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            shown = exported(node.module or "")
            yield from (node.module if alias.name in shown else f"{node.module}.{alias.name}" for alias in node.names)


def room(module):
    return module.split(".")[0]


def own(name):
    """A dotted name as a module of the house, or None: translator.errors.Invalid -> errors."""
    if name != "translator" and not name.startswith("translator."):
        return None
    parts = name.split(".")[1:]
    while parts and ".".join(parts) not in known():
        parts.pop()
    return ".".join(parts)


def allowed(inner, names):
    return any(inner == name or bool(name and inner.startswith(f"{name}.")) for name in names)


@pytest.mark.parametrize("name", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_it_may(name):
    for module, path in modules():
        if room(module) != name:
            continue
        for imported in imports(path):
            inner = own(imported)
            if inner is not None and room(inner) != name:
                assert allowed(inner, MAY_IMPORT[name]), f"{module} imports {imported}"


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_a_room_keeps_away_from_what_is_not_its_own(name):
    for module, path in modules():
        if room(module) == name:
            found = {imported.split(".")[0] for imported in imports(path)}
            assert not found & FORBIDDEN[name], module


def test_only_clients_import_requests():
    """deliver's carries records and knows no error; the taxonomy's asks for definitions, within a budget of its own;
    Salesforce's library is built on it."""
    users = [module for module, path in modules() if any(one.split(".")[0] == "requests" for one in imports(path))]
    assert users == ["deliver.client", "salesforce.org", "taxonomy.client"]


@pytest.mark.parametrize("name", ["keys", "dates", "values", "records"])
def test_what_is_pure_of_salesforce_touches_nothing(name):
    (path,) = [path for module, path in modules() if module == f"salesforce.{name}"]
    touching = {
        "os",
        "io",
        "time",
        "random",
        "socket",
        "threading",
        "sqlite3",
        "pathlib",
        "requests",
        "simple_salesforce",
    }
    assert not {imported.split(".")[0] for imported in imports(path)} & touching


@pytest.mark.parametrize(
    "name", ["asked", "leases", "lines", "partitioner", "path", "progress", "reach", "settled", "state", "window"]
)
def test_what_is_pure_of_the_journal_in_kafka_touches_nothing(name):
    (path,) = [path for module, path in modules() if module == f"journal.kafka.{name}"]
    touching = {"os", "io", "time", "random", "socket", "threading", "pathlib", "confluent_kafka"}
    assert not {imported.split(".")[0] for imported in imports(path)} & touching


@pytest.mark.parametrize(
    ("package", "engine"), [("apsw", "sqlite"), ("psycopg", "postgres"), ("confluent_kafka", "kafka")]
)
def test_an_engine_is_imported_by_its_own_part_of_the_journal_alone(package, engine):
    users = {module for module, path in modules() if any(one.split(".")[0] == package for one in imports(path))}
    assert users
    assert all(module.startswith(f"journal.{engine}") for module in users), users


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("duckdb", "kpi.computing"),
        ("obstore", "archive.bucket"),
        ("pyarrow", "archive.columns"),
        ("simple_salesforce", "salesforce.org"),
    ],
)
def test_what_need_not_be_installed_is_imported_by_one_module(package, module):
    users = {name for name, path in modules() if any(one.split(".")[0] == package for one in imports(path))}
    assert users == {module}


PURE = (
    "values",
    "origins",
    "effective",
    "differing",
    "schema",
    "shape",
    "shapes",
    "quick",
    "checking",
    "compiling",
    "mappings",
)


@pytest.mark.parametrize("name", [f"settings.{one}" for one in PURE])
def test_settings_are_pure_but_for_the_loader(name):
    (path,) = [path for module, path in modules() if module == name]
    assert not {imported.split(".")[0] for imported in imports(path)} & {"os", "pathlib", "flask", "io", "time"}
    assert "settings.load" not in {own(imported) for imported in imports(path)}


def test_only_settings_read_the_environment():
    pattern = re.compile(r"os\.(environ|getenv|putenv)|from os import")
    readers = [module for module, path in modules() if pattern.search(path.read_text())]
    assert readers == ["settings.load"]


def test_there_are_no_import_cycles():
    graph = {
        module: {inner for name in imports(path, typing_too=False) if (inner := own(name)) not in (None, module)}
        for module, path in modules()
    }
    done: set[str] = set()

    def visit(module, trail):
        assert module not in trail, " -> ".join([*trail, module])
        if module in done:
            return
        for inner in graph.get(module, ()):
            visit(inner, [*trail, module])
        done.add(module)

    for module in graph:
        visit(module, [])


@pytest.mark.parametrize("name", ROOMS)
def test_every_door_says_what_comes_in_goes_out_and_never_happens(name):
    said = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text())) or ""
    for word in ("Comes in", "Goes out", "Never here"):
        assert word in said, f"{name}: {word}"


def test_rooms_are_entered_by_their_doors():
    """From outside, a room's modules are not imported, but for the values, contract and loader that house rules name."""
    open_doors = {
        "settings.values",
        "settings.stored",
        "settings.effective",
        "settings.load",
        "journal.contract",
        "receive.signature",
        "validate.schemas",
        "reports.accounts",
        "reports.clockwork",
        "reports.diff",
        "reports.diff.page",
        "reports.diff.tried",
        "reports.letters",
        "reports.remembered",
        "reports.plan.of_newest",
        "reports.plan.planned",
        "reports.plan.page",
        "reports.plan.writing",
        "reports.qa.of_newest",
        "reports.qa.page",
        "reports.qa.reading_plan",
        "reports.qa.running",
        "reports.recomputing",
        "reports.redriving",
        "reports.trial",
    }
    for module, path in modules():
        for imported in imports(path):
            inner = own(imported)
            if (
                inner
                and room(inner) in ROOMS
                and "." in inner
                and room(inner) != room(module)
                and room(module) != "reports"
            ):
                assert inner in open_doors or room(module) in ("cli", "commands", "local", "serving"), (
                    f"{module} imports {imported}"
                )


def test_receive_knows_the_schemas_of_calls_only_to_describe_them():
    users = {
        module
        for module, path in modules()
        if room(module) == "receive" and any(own(one) == "validate.schemas" for one in imports(path))
    }
    assert users == {"receive.openapi.schemas"}


def test_app_is_an_import_and_an_app():
    lines = [line for line in (ROOT / "app.py").read_text().splitlines() if line and not line.startswith(('"""', "#"))]
    assert lines == ["from translator.receive import create_app", "app = create_app()"]
