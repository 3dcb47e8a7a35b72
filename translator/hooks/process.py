"""The process in which a user's function runs. ``python -m translator.hooks.process FD``, started by host.py.

It answers requests on an inherited socket, one after another, and ends with its parent: at the socket's end, or by
signal, should the function be in its way.
"""

from __future__ import annotations

import ctypes
import importlib
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from translator import jsontext
from translator.errors import NotJson

PR_SET_PDEATHSIG = 1

Hook = Callable[[dict[str, Any], list[dict[str, Any]] | None], Any]


def main(handle: int) -> None:
    """Load the function that the first message names, then answer calls until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    with suppress(OSError, AttributeError):  # where there is no prctl, the socket's end has to do
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    line = Connection(handle)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        asked = jsontext.loads(line.recv_bytes())
        sys.path[:] = [*asked["path"], ""]
        hooks: list[Hook] = []
        _say(line, lambda: hooks.append(_load(asked["hook"])))
        for hook in hooks:
            _answer(line, hook)


def _load(name: str) -> Hook:
    module, _, function = name.partition(":")
    found: Hook = getattr(importlib.import_module(module), function)
    if not callable(found):
        raise TypeError("is not a function")
    return found


def _answer(line: Connection, hook: Hook) -> NoReturn:
    while True:
        asked = jsontext.loads(line.recv_bytes())
        _say(line, partial(hook, asked["call"], asked["records"]))


def _say(line: Connection, run: Callable[[], Any]) -> None:
    """Run, and say what came of it."""
    try:
        found = run()
    except BaseException as error:  # SystemExit too: the function's trouble is its own
        line.send_bytes(jsontext.dumps({"error": traceback.format_exception_only(error)[-1].strip()[:1000]}))
        return
    try:
        line.send_bytes(jsontext.dumps({"answer": found}))
    except (TypeError, ValueError, NotJson):
        line.send_bytes(jsontext.dumps({"error": "TypeError: its answer cannot be written as JSON"}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
