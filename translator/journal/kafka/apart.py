"""Something done in a process of its own, for one that will fork: Kafka's client has threads, which do not come
along."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What ``work`` returns. Raises what it raises, and ChildProcessError where its process was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            said = pickle.dumps((True, work()))
        except BaseException as error:  # it is the other process's to deal with
            said = pickle.dumps((False, error))
        with os.fdopen(writing, "wb") as out:
            out.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as taken:
        told = taken.read()
    os.waitpid(child, 0)
    if not told:
        raise ChildProcessError("the process that was to speak with Kafka was killed")
    is_well, result = pickle.loads(told)  # noqa: S301  # written by our own child
    if is_well:
        found: T = result
        return found
    raise result
