"""Sabotage in every process of a service under test, when SABOTAGE names a folder: tests/harness.py puts it on the path.

The folder's files say what: ``clock`` (seconds to add to the present), ``kill`` (a place and how many passes: the process
that comes to it then gets SIGKILL, once). Waits are short, so that a round takes seconds.
"""

import faulthandler
import os
import signal
import socket
import time
from importlib import import_module
from pathlib import Path

FOLDER = os.environ.get("SABOTAGE")
PLACES = {
    "append": ("translator.journal.{}.appending", "Writer", "commit"),
    "commit": ("translator.journal.{}.claiming", "Claims", "claim"),
    "posting": ("translator.journal.{}.claiming", "Claims", "posting"),
    "settle": ("translator.journal.{}", "{}Journal", "settle"),
    "prune": ("translator.journal.{}.keeping", "Keeping", "prune"),
    "post": ("translator.deliver.client", "Client", "send"),
}
KAFKA_PLACES = {
    "append": ("translator.journal.kafka.appending", "Door", "append"),
    "claim": ("translator.journal.kafka.delivery", "Delivery", "claim"),
    "posting": ("translator.journal.kafka.delivery", "Delivery", "posting"),
    "settle": ("translator.journal.kafka", "KafkaJournal", "settle"),
    "write": ("translator.journal.kafka.writing", "Writer", "_put"),
    "commit": ("translator.journal.kafka.settling", "Transactions", "_finish"),
    "load": ("translator.journal.kafka.loading", "Loader", "load"),
    "prune": ("translator.journal.kafka.keeping", "Keeping", "prune"),
    "post": ("translator.deliver.client", "Client", "send"),
}
"""``write``: records of a transaction, ``commit``: its end."""

TRANSACTION_MS = 4000
"""A killed process's transaction is given up after so long (20 s)."""

ENGINES = {"postgres": "postgres", "kafka": "kafka"}
ENGINE = ENGINES.get(os.environ.get("JOURNAL_URL", "").partition(":")[0].removesuffix("ql"), "sqlite")


def install(folder: Path) -> None:
    """Change what there is to change. SABOTAGE_HOST: this process is on another machine, by its name. At SIGRTMIN it
    writes down what each of its threads is at."""
    faulthandler.register(signal.SIGRTMIN, (folder / f"stacks-{os.getpid()}").open("w"))
    _clock(folder)
    if host := os.environ.get("SABOTAGE_HOST"):
        socket.gethostname = lambda: host
    import translator.deliver.backoff as backoff
    import translator.deliver.health as health
    import translator.deliver.preparing as preparing
    import translator.deliver.upkeep as upkeep
    import translator.deliver.verdicts as verdicts

    backoff.SHORTEST, backoff.LONGEST = 0.05, 0.5
    health.CIRCUIT_SECONDS = 0.3
    verdicts.PARK_SECONDS, verdicts.PARK_OTHERWISE = {}, 0.3
    verdicts.HOLD_SECONDS, verdicts.QUOTA_SECONDS = 0.3, 0.3
    preparing.HANG_MS = 300
    upkeep.PRUNE_SECONDS = 0.2
    if ENGINE == "kafka":
        import translator.journal.kafka.settling as settling

        settling.TRANSACTION_MS = TRANSACTION_MS
    for place, (module, name, method) in (KAFKA_PLACES if ENGINE == "kafka" else PLACES).items():
        owner = getattr(import_module(module.format(ENGINE)), name.format(ENGINE.title()))
        setattr(owner, method, _killing(getattr(owner, method), place, folder))


def _clock(folder: Path) -> None:
    present = time.time

    def moved() -> float:
        try:
            return present() + float((folder / "clock").read_text())
        except (OSError, ValueError):
            return present()

    time.time = moved


def _killing(method, place, folder):
    passes = 0

    def run(*arguments, **more):
        nonlocal passes
        try:
            wanted, count, before = (folder / "kill").read_text().split()
        except (OSError, ValueError):
            return method(*arguments, **more)
        if wanted != place:
            return method(*arguments, **more)
        passes += 1
        if passes < int(count):
            return method(*arguments, **more)
        if before == "after":
            method(*arguments, **more)
        (folder / "kill").unlink(missing_ok=True)
        return os.kill(os.getpid(), signal.SIGKILL)

    return run


if FOLDER:
    install(Path(FOLDER))
