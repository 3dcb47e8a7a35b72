"""Facts of any number → a figure for each group and property, by DuckDB: exact, in bounded memory, what is beyond it
on disk.

The only module that knows DuckDB (MIT), which is installed with the extra ``kpi`` and imported when it computes. Its
files are in a folder of their own that only their owner can read, and that goes when it is done.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from translator.errors import KpiError, SettingsError
from translator.kpi.facts import Fact
from translator.kpi.folder import Folder
from translator.kpi.reading import STOPPED
from translator.parcels import Call
from translator.settings.values import KpiProperty

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "128MB"
"""What DuckDB may take, by its own count."""

CHUNK = 10_000
"""Rows that are put in at once: they take some MB."""

PAIRS = 50_000
"""Pairs of device and user that are known to be put in already; then begun anew."""

MISSING = "a package more is needed: pip install 'segment-amplitude-translator[kpi]'"
T = TypeVar("T")

LOOK_SECONDS = 0.25

OPTIONS: dict[str, Any] = {
    "threads": 1,
    "memory_limit": MEMORY,
    "preserve_insertion_order": False,
    # nothing is fetched from elsewhere
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

TABLES = (
    """CREATE TABLE events (
        call UBIGINT, place INTEGER, seq BIGINT, ms BIGINT, "user" VARCHAR, device VARCHAR, amounts DOUBLE[]
    )""",
    """CREATE TABLE named (seq BIGINT, group_type VARCHAR, group_value VARCHAR)""",
    """CREATE TABLE joinings (
        seq BIGINT, ms BIGINT, "user" VARCHAR, device VARCHAR, group_type VARCHAR, group_values VARCHAR[]
    )""",
    """CREATE TABLE pairs (seq BIGINT, device VARCHAR, "user" VARCHAR)""",
    """CREATE TABLE figures (number INTEGER, group_type VARCHAR, group_value VARCHAR, figure DOUBLE)""",
)

PERSON = """coalesce('u' || f."user", 'u' || o."user", 'd' || f.device)"""
OWNED = """LEFT JOIN owners o ON o.device = CASE WHEN f."user" IS NULL THEN f.device END"""

PREPARED = (
    # what was read twice counts once, as it was translated last
    """CREATE TABLE twice AS
    SELECT call, place, max(seq) AS seq FROM events GROUP BY call, place HAVING count(*) > 1""",
    """DELETE FROM events USING twice t WHERE events.call = t.call AND events.place = t.place AND events.seq < t.seq""",
    # a device counts as the user who was first on it
    """CREATE TABLE owners AS SELECT device, arg_min("user", seq) AS "user" FROM pairs GROUP BY device""",
    f"""CREATE TABLE counted AS SELECT f.seq, f.ms, {PERSON} AS person, f.amounts FROM events f {OWNED}""",  # noqa: S608  our own words
    """DROP TABLE events""",
    f"""CREATE TABLE joined AS
    SELECT {PERSON} AS person, f.group_type, f.ms, arg_max(f.group_values, f.seq) AS group_values
    FROM joinings f {OWNED} GROUP BY ALL""",  # noqa: S608  our own words
    # an event's own groups; of other types those that its user had joined last, when it happened
    """CREATE TABLE members AS SELECT DISTINCT n.* FROM named n SEMI JOIN counted c ON c.seq = n.seq""",
    """INSERT INTO members
    SELECT j.seq, j.group_type, unnest(j.group_values) FROM (
        SELECT c.seq, c.group_type, j.group_values
        FROM (SELECT seq, ms, person, group_type FROM counted, (SELECT DISTINCT group_type FROM joined)) c
        ASOF JOIN joined j ON c.person = j.person AND c.group_type = j.group_type AND c.ms >= j.ms
    ) j ANTI JOIN named n ON n.seq = j.seq AND n.group_type = j.group_type""",
)  # fmt: skip

GREATEST = sys.float_info.max
FIGURES = {
    "active-users": "count(DISTINCT person)",
    "events": "count(*)",
    # so that the order of adding makes no difference; what is beyond a double is the greatest one, JSON has no other
    "sum": f"greatest(-{GREATEST!r}, least({GREATEST!r}, round(fsum(amount), 6)))",
}


def check() -> None:
    """See that DuckDB is there. Raises SettingsError."""
    if find_spec("duckdb") is None:
        raise SettingsError(f"kpis.properties: {MISSING}")


class Computing:
    """Facts go in by ``add``, figures come out by ``figures``. To be used in a ``with``. Raises SettingsError,
    KpiError."""

    def __init__(self, properties: Sequence[KpiProperty], stop: threading.Event) -> None:
        check()
        import duckdb

        self._properties = properties
        self._stop = stop
        try:
            self._folder = Folder()
        except OSError as error:
            raise KpiError(f"no temporary folder can be made (TMPDIR): {error.strerror}") from None
        self._seq = 0
        self._rows: dict[str, list[tuple[Any, ...]]] = {"events": [], "named": [], "joinings": [], "pairs": []}
        self._known: set[tuple[str, str]] = set()
        self._failed: type[Exception] = duckdb.Error
        self._open = (duckdb.OutOfMemoryException, duckdb.IOException)
        options = {**OPTIONS, "temp_directory": str(self._folder.path / "beyond")}
        try:
            self._db = duckdb.connect(str(self._folder.path / "facts.duckdb"), config=options)
            for statement in TABLES:
                self._db.execute(statement)
        except duckdb.Error as error:
            self._folder.close()
            raise self._error(error) from None
        self._thread = ThreadPoolExecutor(1)

    def __enter__(self) -> Computing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()
        self._db.close()
        self._folder.close()

    def add(self, call: Call, facts: Iterable[Fact], span: tuple[int, int]) -> None:
        """Put in what counts of a call. Of events outside of ``span`` (ms since the epoch) only who they were."""
        name = int.from_bytes(blake2b(f"{call.source}\0{call.message_id}".encode(), digest_size=8).digest(), "big")
        for place, one in enumerate(facts):
            self._seq += 1
            self._pair(one)
            if one.amounts is None:
                self._rows["joinings"] += (
                    (self._seq, one.at, one.user, one.device, kind, list(values)) for kind, values in one.groups.items()
                )
            elif span[0] <= one.at < span[1] and any(amount is not None for amount in one.amounts):
                row = (name, place, self._seq, one.at, one.user, one.device, list(one.amounts))
                self._rows["events"].append(row)
                self._rows["named"] += (
                    (self._seq, kind, value) for kind, values in one.groups.items() for value in values
                )
        for table, rows in self._rows.items():
            if len(rows) >= CHUNK:
                self._put(table)

    def figures(self, spans: Sequence[tuple[int, int]]) -> None:
        """Compute the figures, once all is in. ``spans``: of each property."""
        for table in self._rows:
            self._put(table)
        for statement in PREPARED:
            self._ask(statement)
        for number, (one, span) in enumerate(zip(self._properties, spans, strict=True)):
            self._figure(number, one, span)

    def groups(self, had: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, dict[int, float]]]:
        """Each group of which something was counted, and those that ``had`` a figure before (type and value), in the
        order of their names: type, value, and its figures by the number of their property."""
        self._ask("CREATE OR REPLACE TABLE had (group_type VARCHAR, group_value VARCHAR)")
        self._rows["had"] = []
        for one in had:
            self._rows["had"].append(one)
            if len(self._rows["had"]) >= CHUNK:
                self._put("had")
        self._put("had")
        del self._rows["had"]
        found = self._ask(
            """SELECT group_type, group_value, list(number), list(figure) FROM (
                SELECT group_type, group_value, number, figure FROM figures
                UNION ALL SELECT group_type, group_value, NULL, NULL FROM had
            ) GROUP BY ALL ORDER BY group_type, group_value"""
        )
        while rows := found.fetchmany(1000):
            for kind, value, numbers, figures in rows:
                said = zip(numbers, figures, strict=True)
                yield kind, value, {number: figure for number, figure in said if number is not None}

    def _pair(self, one: Fact) -> None:
        if one.user is None or one.device is None:
            return
        pair = (one.device, one.user)
        if pair in self._known:
            return
        if len(self._known) >= PAIRS:
            self._known.clear()
        self._known.add(pair)
        self._rows["pairs"].append((self._seq, *pair))

    def _put(self, table: str) -> None:
        rows, self._rows[table] = self._rows[table], []
        if rows:
            self._wait(self._thread.submit(self._append, table, rows))

    def _append(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        # 5 us a row of events; as lists for unnest 16, by executemany 900 (duckdb 2.0.1, 2026-11-28)
        with self._db.appender(table) as appender:
            appender.append_rows(rows)

    def _ask(self, statement: str, values: Sequence[Any] = ()) -> DuckDBPyConnection:
        return self._wait(self._thread.submit(self._db.execute, statement, values))

    def _wait(self, asked: Future[T]) -> T:
        """What DuckDB answers; it does so in a thread, so that a signal that comes meanwhile is heard by this one."""
        while True:
            try:
                return asked.result(LOOK_SECONDS)
            except TimeoutError:
                if self._stop.is_set():
                    self._db.interrupt()
            except self._failed as error:
                raise self._error(error) from None

    def _error(self, error: Exception) -> KpiError:
        """Only of memory and disks it is said what DuckDB says: other texts may quote values."""
        if self._stop.is_set():
            return KpiError(STOPPED)
        said = f": {str(error).splitlines()[0][:200]}" if isinstance(error, self._open) else ""
        return KpiError(f"DuckDB: {type(error).__name__}{said}")

    def _figure(self, number: int, one: KpiProperty, span: tuple[int, int]) -> None:
        self._ask(
            f"""INSERT INTO figures
            SELECT ?, group_type, group_value, {FIGURES[one.measure]} FROM (
                SELECT m.group_type, m.group_value, c.person, c.amounts[?] AS amount
                FROM counted c JOIN members m ON m.seq = c.seq
                WHERE c.ms >= ? AND c.ms < ? AND c.amounts[?] IS NOT NULL AND (? IS NULL OR m.group_type = ?)
            ) GROUP BY group_type, group_value""",  # noqa: S608  our own words
            [number, number + 1, *span, number + 1, one.group_type, one.group_type],
        )
