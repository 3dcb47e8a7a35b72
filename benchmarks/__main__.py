"""``make bench``: the table of what is to be reached, each figure beside a limit of the same run, into measured.json.

Compare ratios; machines are noisy. ``python -m benchmarks PART …`` measures some parts only.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterator

from benchmarks import accepting, delivery, disk, lag, progress, record, starting, translation
from benchmarks.measure import Row

PARTS: dict[str, Callable[[], Iterator[Row]]] = {
    "translation": translation.rows,
    "accepting": accepting.rows,
    "delivery": delivery.rows,
    "progress": progress.rows,
    "lag": lag.rows,
    "starting": starting.rows,
    "disk": disk.rows,
}


def rows(names: list[str]) -> Iterator[Row]:
    """Of some parts, in their order; of none: of all."""
    for name in names or PARTS:
        yield from PARTS[name]()


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    record.show(rows(sys.argv[1:]))
