"""Processes: gunicorn's web workers, and one delivery process beside them.

Nothing with a thread or a connection exists before a fork. Each web worker watches, after its fork, a lock that the
delivery process holds for as long as it lives; who finds it free starts delivery anew. So there is exactly one, a
killed one comes back, and it ends when gunicorn's master does.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from translator import heap
from translator.archive import open_archive
from translator.errors import JournalUnavailable, SettingsError
from translator.hooks import check_hook
from translator.journal import Journal, open_journal
from translator.journal.owner import Owner, lives, myself, start_of, this_host
from translator.settings.load import CONFIG as CONFIG_FILE
from translator.settings.load import RUNTIME_FOLDER, SHARED_KEY, load_settings, set_variable, variable
from translator.settings.values import Settings

if TYPE_CHECKING:
    from translator.observe import Recorder

METRICS = "PROMETHEUS_MULTIPROC_DIR"
BESIDE = "TRANSLATOR_BESIDE"
"""The process that started this service for itself and has to be asked no more when it has ended (see local.py)."""

LOCK = "delivery.lock"
KEPT = "configuration.toml"
"""The configuration that counts, as it was when it was read."""

WATCH_SECONDS = 1.0
MOST_WORKERS = 4
STOP_SECONDS = 15.0
GRACEFUL_SECONDS = 15
"""What a web worker has for its requests at a stop."""

START_SECONDS = 30.0
"""How long a start waits for a database that is not there yet; a platform may give it 60 s (Heroku, "Web dynos")."""

START_PAUSE = 2.0
VANISHING = {"DYNO": "Heroku", "K_SERVICE": "Cloud Run"}
"""Platforms whose disks live no longer than a process, by a variable that they set (their docs, "Dynos" and "Container
runtime contract"; read 2026-11-24)."""

APP = "translator.receive:create_app()"
CONFIG = "python:translator.gunicorn_settings"

_log = logging.getLogger("translator")


def log_to_standard_error() -> None:
    """From this process's start."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    # each failed attempt to connect, twice a second: what could not be done because of it is said anyhow
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


def replace_process(environment: dict[str, str]) -> NoReturn:
    """Become gunicorn with the whole service, in an environment whose settings were checked already."""
    os.execve(sys.executable, [sys.executable, "-m", "gunicorn", "--config", CONFIG, APP], environment)  # noqa: S606  our own program


def workers(settings: Settings) -> int:
    """How many web workers: as configured, else as many as processors, up to MOST_WORKERS."""
    return settings.server.workers or min(MOST_WORKERS, os.cpu_count() or 1)


def runtime_folder() -> Path:
    """A folder of this service for metrics and the delivery lock, made once; its processes find it by environment.

    It must exist before prometheus_client is imported, which chooses its way of counting at import.
    """
    folder = variable(RUNTIME_FOLDER)
    if not folder or not Path(folder).is_dir():
        folder = tempfile.mkdtemp(prefix="translator-")
        set_variable(RUNTIME_FOLDER, folder)
    if not variable(SHARED_KEY):
        set_variable(SHARED_KEY, secrets.token_hex(32))
    # whatever it was before: this folder is removed at the end, and so must be our own
    set_variable(METRICS, folder)
    return Path(folder)


def starting(settings: Settings, addresses: list[object]) -> None:
    """In gunicorn's master, before it listens: say what should be said, and stop at what cannot work.

    Raises SettingsError for a taken port, DestinationVanished, JournalError.
    """
    from translator.receive import warnings

    # the application's code, before any fork: workers share its memory, and a new one starts at once
    for name in ("translator.receive.app", "translator.settings.checking", "translator.validate.faults"):
        import_module(name)
    for address in addresses:
        if isinstance(address, tuple):
            _check_free(*address[:2])
    _check_parts(settings)
    for line in [*warnings(settings), *_vanishing(settings), *_unused(settings), *_too_low(settings)]:
        _log.warning(line)
    journal = _attached(settings, delivers=settings.server.delivery, forks=True)
    say_where(journal)
    journal.close()


def say_where(journal: Journal) -> None:
    """Which journal it is, so that nobody looks for calls in another; and what may not be meant about it."""
    versions = journal.versions()
    _log.info("journal: %s", versions.get("place") or f"{versions['engine']} {versions['path']}")
    if versions.get("encrypted") == "no" and versions.get("local") == "no":
        _log.warning("the connection to the journal is not encrypted: add ?sslmode=require to its URL")


def record_counts(journal: Journal) -> Recorder:
    """In a process of its own, after its fork: begin to write into the journal what this process counts over time."""
    from translator.observe import record

    me = myself()
    return record(f"{me.host} {me.pid} {me.started}", journal.note_spans)


def watch_delivery(folder: Path, master: int) -> None:
    """In a web worker, after its fork: start a thread that keeps a delivery process alive beside ``master``."""
    threading.Thread(target=_watch, args=(folder, master), name="delivery-watch", daemon=True).start()


def keep_configuration(folder: Path, settings: Settings) -> None:
    """Keep the text of a configuration that is good, for a reload of one that is not."""
    text = Path(settings.origin).read_text(encoding="utf-8") if settings.origin else ""
    kept = folder / KEPT
    kept.touch(0o600)
    kept.write_text(text, encoding="utf-8")


def reload_configuration(folder: Path, given: str | None) -> bool:
    """In gunicorn's master, at a reload: whether the configuration is good, as at a start. Where it is not, that is
    said, and the one before goes on.

    ``given``: TRANSLATOR_CONFIG as it was at the start.
    """
    set_variable(CONFIG_FILE, given)
    try:
        settings = load_settings()
        _check_parts(settings)
    except SettingsError as error:
        _log.error("not reloaded, the configuration before goes on: %s", error)
        set_variable(CONFIG_FILE, str(folder / KEPT))
        return False
    keep_configuration(folder, settings)
    return True


def restart_delivery(folder: Path) -> None:
    """In gunicorn's master, at a reload: ask delivery to end; a worker starts it anew, under the new configuration."""
    pid = _delivery_pid(folder)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def stop_delivery(folder: Path) -> None:
    """In gunicorn's master, at its end: ask delivery to end, and wait for it; then remove the folder."""
    pid = _delivery_pid(folder)
    if pid is not None:
        owner = Owner(this_host(), pid, start_of(pid))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while owner.started and lives(owner) and time.monotonic() < deadline:
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def delivery_main(settings: Settings, beside: int | None) -> int:
    """The delivery process. ``beside``: end when this process has ended. Returns the exit code."""
    from translator.deliver import run

    log_to_standard_error()
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    _check_hooks(settings)
    open_archive(settings.archive)
    _check_kpis(settings)
    _check_salesforce(settings)
    try:
        journal = _attached(settings, delivers=True, stop=stop)
    except JournalUnavailable as error:
        if not stop.is_set():
            raise
        _log.info("told to end before the journal was there: %s", error)
        return 0
    if beside is None:
        say_where(journal)
    recorder = record_counts(journal)
    heap.settle(heap.FOR_LEASES, heap.OF_LEASES)
    run(settings, journal, stop, _alive(beside))
    recorder.stop()
    journal.close()
    return 0


def _vanishing(settings: Settings) -> list[str]:
    platform = next((name for mark, name in VANISHING.items() if variable(mark)), None)
    if platform is None or not settings.journal.url.startswith("sqlite:"):
        return []
    return [
        f"{platform}'s disks vanish at each restart, and with them calls that were accepted and not yet delivered: use "
        "PostgreSQL as the journal (JOURNAL_URL or DATABASE_URL)"
    ]


def _unused(settings: Settings) -> list[str]:
    if not variable("DATABASE_URL") or not settings.journal.url.startswith("sqlite:"):
        return []
    return [
        "DATABASE_URL is set, but the journal is an SQLite file: journal.url (JOURNAL_URL) says so, or DATABASE_URL is "
        "no postgresql:// URL"
    ]


def _attached(
    settings: Settings, *, delivers: bool, forks: bool = False, stop: threading.Event | None = None
) -> Journal:
    """The journal, with the configured destinations made known to it. A database that is started together with this
    process may need a moment. Raises DestinationVanished, JournalError."""
    stop = stop or threading.Event()
    journal = open_journal(settings.journal, forks=forks)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            # a process that only takes calls need not know where others deliver them
            staying = journal.attach(
                {name: one.start for name, one in settings.destinations.items()}, only_add=not delivers
            )
        except JournalUnavailable as error:
            if error.reason != "connection" or time.monotonic() > deadline or stop.is_set():
                raise
            _log.warning("waiting for the journal: %s", error)
            stop.wait(START_PAUSE)
        else:
            break
    if staying and delivers:
        _log.warning("not in this configuration, and left alone: %s", _named_destinations(staying))
    return journal


def _named_destinations(names: tuple[str, ...]) -> str:
    return (
        f"{', '.join(sorted(names))} (other processes deliver there, or none is configured here; "
        "translator destination forget NAME gives one up)"
    )


def _check_parts(settings: Settings) -> None:
    """What a configuration names that must be there. Raises SettingsError."""
    from translator.receive import check_library

    _check_hooks(settings)
    check_library(settings)
    open_archive(settings.archive)
    _check_kpis(settings)
    _check_salesforce(settings)


def _check_kpis(settings: Settings) -> None:
    """Figures without what computes them stop the start. Raises SettingsError."""
    if settings.kpis.properties:
        from translator import kpi

        kpi.check()


def _check_salesforce(settings: Settings) -> None:
    """Accounts of an org that cannot be signed in to stop the start. Raises SettingsError."""
    if settings.salesforce.objects:
        from translator.salesforce.org import Org

        Org(settings.salesforce)


def _too_low(settings: Settings) -> list[str]:
    if not settings.kpis.properties:
        return []
    from translator import kpi

    return list(kpi.warnings(settings, int(time.time() * 1000)))


def _check_hooks(settings: Settings) -> None:
    """A hook that cannot be loaded stops the start. Raises SettingsError."""
    for one in settings.destinations.values():
        check_hook(one.translation)


def _alive(beside: int | None) -> Callable[[], bool]:
    if beside is None:
        return lambda: True
    owner = Owner(this_host(), beside, start_of(beside))
    return lambda: bool(owner.started) and lives(owner)


def _check_free(host: str, port: int) -> None:
    if not port:
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            said = f"port {port} on {host}: {error.strerror}"
            raise SettingsError(f"{said}; choose another: PORT=…, server.port or --port") from None


def _watch(folder: Path, master: int) -> None:
    child: subprocess.Popen[bytes] | None = None
    beside = variable(BESIDE)
    is_wanted = _alive(int(beside) if beside else None)
    while folder.is_dir():
        if not is_wanted():
            with suppress(ProcessLookupError):
                os.kill(master, signal.SIGTERM)
            return
        try:
            child = _started(folder, master) or child
            if child is not None and child.poll() is None:
                _note_pid(folder, child.pid)
        except OSError as error:  # a full disk, no more processes: whatever it is, the watch goes on
            if folder.is_dir():
                _log.warning("the delivery process cannot be looked after now: %s", error)
        time.sleep(WATCH_SECONDS)


def _started(folder: Path, master: int) -> subprocess.Popen[bytes] | None:
    """A new delivery process, where none holds the lock. It inherits the lock, which then lives as long as it does."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None  # the folder goes away with the service
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        command = [sys.executable, "-m", "translator", "deliver", "--beside", str(master)]
        return subprocess.Popen(command, pass_fds=(handle,))
    except BlockingIOError:
        return None
    finally:
        os.close(handle)


def _note_pid(folder: Path, pid: int) -> None:
    """Write down which process it is, for those who ask it to end; again, where a full disk took the note."""
    if _delivery_pid(folder) != pid:
        (folder / LOCK).write_text(str(pid), encoding="ascii")


def _delivery_pid(folder: Path) -> int | None:
    try:
        text = (folder / LOCK).read_text(encoding="ascii")
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
