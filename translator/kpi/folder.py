"""A folder for one run's files, which only their owner can read, and that goes with the run; also with one that was
killed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from pathlib import Path

PREFIX = "translator-kpi-"
LOCK = "lock"


class Folder:
    """A new folder below the temporary one, of mode 0700; locked while this process lives. Those of dead processes
    go."""

    def __init__(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            _sweep(left)
        made = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}"))
        self._lock = (made / LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(made.name.removeprefix("new-")))  # only now others may look at it

    def close(self) -> None:
        """Delete it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _sweep(folder: Path) -> None:
    """Delete a folder whose process has ended. Another user's is left alone."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
