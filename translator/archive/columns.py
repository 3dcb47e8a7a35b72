"""Calls as a Parquet table, a column for each thing that is known of a call; its JSON text is one of them.

By pyarrow, which is installed with the extra ``parquet`` and imported where such an object is written or read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from translator.errors import ArchiveDamaged, ArchiveError, SettingsError
from translator.sights import Kept

MISSING = "Parquet needs a package more: pip install 'segment-amplitude-translator[parquet]'"
ROWS = 500


def check() -> None:
    """See that pyarrow is there. Raises SettingsError."""
    try:
        import pyarrow.parquet  # noqa: F401  whether it can be
    except ImportError:
        raise SettingsError(f"archive.format: {MISSING}") from None


def encoded(calls: Sequence[Kept]) -> bytes:
    """An object."""
    import pyarrow
    from pyarrow import parquet

    columns = {
        "id": pyarrow.array([int(one.id) for one in calls], pyarrow.int64()),
        "source": [one.source for one in calls],
        "message_id": [one.message_id for one in calls],
        "subject": [one.subject for one in calls],
        "received_at": pyarrow.array([one.received_at for one in calls], pyarrow.timestamp("ms", "UTC")),
        "ip": pyarrow.array([one.ip for one in calls], pyarrow.string()),
        "derived": pyarrow.array([one.derived for one in calls], pyarrow.bool_()),
        "body": [one.body.decode("utf-8") for one in calls],
    }
    file = BytesIO()
    parquet.write_table(pyarrow.table(columns), file, compression="zstd")
    return file.getvalue()


def decoded(data: bytes) -> Iterator[Kept]:
    """What ``encoded`` was given, one after another. Raises ArchiveDamaged, and ArchiveError without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ArchiveError(MISSING) from None
    try:
        for batch in parquet.ParquetFile(BytesIO(data)).iter_batches(ROWS):
            times = batch.column("received_at").cast(pyarrow.int64()).to_pylist()
            names = ("id", "source", "message_id", "subject", "body", "ip", "derived")
            rows = zip(*(batch.column(name).to_pylist() for name in names), strict=True)
            yield from map(_call, rows, times)
    except (pyarrow.ArrowException, OSError, KeyError) as error:
        raise ArchiveDamaged(f"cannot be read: {type(error).__name__}") from None


def _call(row: tuple[Any, ...], received_at: int) -> Kept:
    number, source, message_id, subject, body, ip, derived = row
    return Kept(str(number), source, message_id, subject, received_at, body.encode("utf-8"), ip, derived)
