"""gunicorn's configuration: names that it reads, through gunicorn.conf.py or ``translator serve``."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

from translator import heap, serving
from translator.errors import SettingsError, TranslatorError
from translator.settings.load import CONFIG, load_settings, variable

serving.log_to_standard_error()

try:
    _settings = load_settings()
except SettingsError as _error:
    sys.stderr.write(f"translator: {_error}\n")
    sys.exit(2)

_folder = serving.runtime_folder()
_given = variable(CONFIG)
serving.keep_configuration(_folder, _settings)
_recorders: list[Any] = []
"""Of this worker: one, or none before its fork."""

_host = f"[{_settings.server.host}]" if ":" in _settings.server.host else _settings.server.host
bind = f"{_host}:{_settings.server.port}"
workers = serving.workers(_settings)
threads = _settings.server.threads
worker_class = "translator.gunicorn_worker.Worker"
timeout = 60
graceful_timeout = serving.GRACEFUL_SECONDS
keepalive = 5
loglevel = "warning"
control_socket_disable = True  # gunicorn's own, in the home folder: two services of a user would share it


def on_starting(server: Any) -> None:
    """In the master, before it listens."""
    try:
        serving.starting(_settings, list(server.cfg.address))
    except (SettingsError, TranslatorError) as error:
        sys.stderr.write(f"translator: {error}\n")
        sys.exit(2)


def when_ready(server: Any) -> None:
    """In the master, when it listens."""
    for listener in server.LISTENERS:
        logging.getLogger("translator").info("listening at %s", listener)


def on_reload(server: Any) -> None:
    """In the master, at SIGHUP, before new workers read the configuration: delivery reads it too, where it is good."""
    if serving.reload_configuration(_folder, _given):
        serving.restart_delivery(_folder)


def post_fork(server: Any, worker: Any) -> None:
    """In a new worker, before it has signal handlers of its own.

    Until then it has the master's, which would swallow a stop, and the master would wait for graceful_timeout
    (gunicorn 27.0.1, arbiter.spawn_worker; seen 2026-11-24).
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def post_worker_init(worker: Any) -> None:
    """In each worker, after its fork."""
    heap.settle(heap.FOR_REQUESTS, heap.OF_REQUESTS)
    if _settings.server.delivery:
        serving.watch_delivery(_folder, worker.ppid)
    if _settings.dashboard.enabled:
        _, journal = worker.wsgi.extensions["translator"]
        _recorders.append(serving.record_counts(journal))


def worker_exit(server: Any, worker: Any) -> None:
    """In a worker, at its end."""
    for recorder in _recorders:
        recorder.stop()


def child_exit(server: Any, worker: Any) -> None:
    """In the master, when a worker has ended."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # prometheus_client 0.26 has no annotation here


def on_exit(server: Any) -> None:
    """In the master, at its end."""
    serving.stop_delivery(_folder)
