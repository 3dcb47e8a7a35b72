"""``gunicorn app:app`` is the whole service: web workers, and delivery beside them. See docs/deploy.md."""

from translator.gunicorn_settings import (
    bind,
    child_exit,
    control_socket_disable,
    graceful_timeout,
    keepalive,
    loglevel,
    on_exit,
    on_reload,
    on_starting,
    post_fork,
    post_worker_init,
    threads,
    timeout,
    when_ready,
    worker_class,
    workers,
)

__all__ = [
    "bind",
    "child_exit",
    "control_socket_disable",
    "graceful_timeout",
    "keepalive",
    "loglevel",
    "on_exit",
    "on_reload",
    "on_starting",
    "post_fork",
    "post_worker_init",
    "threads",
    "timeout",
    "when_ready",
    "worker_class",
    "workers",
]
