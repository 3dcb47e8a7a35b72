"""The tables of what is read from a context, written out as straight code, for ``straight.py``. Pure.

A row is a few lines there, since all of them are asked for each call: loops over the rows of a website and a
campaign took 311 bytecodes of a call, this takes 205 (2026-11-28). What is no text of a usual length is left
to the row's own rule.
"""

from __future__ import annotations

from translator.translate.campaign import INITIAL, SOURCES
from translator.translate.fields import FIELDS, Field, address
from translator.translate.paths import text

STANDS = {text: "", address: ' and value != "$remote"'}
"""Rules that let a text stand as it is, where it is not empty, nor too long, and: this."""

HEAD = '''"""What is read from the context of each call: a table's rows, one after the other.

Written by ``make compiled`` from the tables in fields.py and campaign.py, which say why; a test holds them together.
Pure.
"""

from __future__ import annotations

from translator.parcels import Json
from translator.translate.campaign import Told, tell
from translator.translate.fields import {rules}
from translator.translate.limits import MAX_TEXT
from translator.translate.notes import Notes
from translator.translate.paths import text
'''

FIELD = """\
value = get("{name}")
if value and type(value) is str and len(value) <= MAX_TEXT{stands}:
    found["{key}"] = value
elif value is not None:
    put(found, "{key}", {rule}, value, notes)
"""

OTHER_FIELD = """\
if (value := get("{name}")) is not None:
    put(found, "{key}", {rule}, value, notes)
"""

TOLD = """\
value = get("{name}")
if type(value) is str:
    found["{key}"] = first["{once}"] = value
elif value is not None:
    tell(found, first, "{key}", value)
"""

OBJECT = """\
given = context.get("{name}")
if type(given) is dict:
    get = given.get
{rows}"""

CAMPAIGN = '''\
def campaign(context: Json) -> tuple[Told, Told]:
    """The utm_ properties and the ``referrer`` of a context, and the same under the names that are set once; an empty
    text stays: it says that there was none."""
    found: Told = {{}}
    first: Told = {{}}
{parts}    return found, first
'''


def source() -> str:
    """The whole of ``straight.py``."""
    rules = sorted({row.rule.__name__ for row in FIELDS} - {"text"} | {"put"})
    parts = [HEAD.format(rules=", ".join(rules))]
    for kind, call in (("event", "track"), ("identify", "identify")):
        rows = [row for row in FIELDS if call in row.calls]
        parts += [_objects(kind, [row for row in rows if _is_inner(row)])]
        parts += [_texts(kind, [row for row in rows if not _is_inner(row)])]
    return "\n\n".join([*parts, _campaign()])


def _objects(kind: str, rows: list[Field]) -> str:
    of_object: dict[str, str] = {}
    for row in rows:
        name = row.path.split(".")[1]
        of_object[name] = of_object.get(name, "") + _row(row)
    parts = [OBJECT.format(name=name, rows=_indented(text)) for name, text in of_object.items()]
    said = '"""What stands in objects of a context."""'
    return _function(f"objects_of_{kind}(context: Json, found: Json, notes: Notes)", said, parts)


def _texts(kind: str, rows: list[Field]) -> str:
    said = '"""What stands in a context itself."""'
    parts = ["get = context.get\n", *map(_row, rows)]
    return _function(f"texts_of_{kind}(context: Json, found: Json, notes: Notes)", said, parts)


def _campaign() -> str:
    parts = []
    for path, rows in SOURCES.items():
        told = [TOLD.format(name=name, key=key, once=INITIAL[key]) for key, name in rows.items()]
        parts.append(OBJECT.format(name=path, rows=_indented("".join(told))))
    return CAMPAIGN.format(parts=_indented("".join(parts)))


def _row(row: Field) -> str:
    known = {"name": row.path.split(".")[-1], "key": row.key, "rule": row.rule.__name__}
    return FIELD.format(**known, stands=STANDS[row.rule]) if row.rule in STANDS else OTHER_FIELD.format(**known)


def _is_inner(row: Field) -> bool:
    """Whether a row's value stands in an object of the context."""
    return row.path.count(".") > 1


def _function(signature: str, said: str, parts: list[str]) -> str:
    return f"def {signature} -> None:\n{_indented(said + chr(10) + ''.join(parts))}"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())
