"""How a process that handles many calls asks for memory: once, at its start.

Found by profile, 2026-11-28: a batch of 500 calls is some MB that are asked for, freed, and asked for again. glibc gave
what was free at the heap's end back to the kernel each time, and the page faults that followed took as long as reading
the JSON: 14.2 us a call to read, write and keep it, 6.9 without. Who says how much stays also has to say from which
size on a block is the kernel's own: glibc finds that out by itself, but stops when it is told the other (mallopt(3)),
and then each block of 128 KB costs its page faults: 298 for a body of 500 KB, none with both. The collector of circles
looked at each batch some ten times, and JSON has none.
"""

from __future__ import annotations

import ctypes
import gc

FOR_REQUESTS = 16 * 1024 * 1024
FOR_LEASES = 32 * 1024 * 1024
"""Bytes of free memory at the heap's end that stay with a process, and of a block that is not: some requests' worth, or
a lease of 2,000 calls, which is the most that glibc takes."""

OF_REQUESTS = 5_000
OF_LEASES = 50_000
"""More objects made than gone before the collector looks, where Python's 700 are 30 calls: some 200 calls, or a lease
of 2,000. In a web worker fewer: a circle that a library's error leaves may hold a request's body."""

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
"""Names of glibc's mallopt (malloc.h)."""


def settle(kept_bytes: int, allocations: int) -> None:
    """Keep freed memory for the next batch, and let the collector look rarely, and not at what is there already.

    Another C library than glibc has no mallopt: then only the collector changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, kept_bytes)
        mallopt(_MMAP_THRESHOLD, kept_bytes)
    gc.collect()
    gc.freeze()
    gc.set_threshold(allocations, 20, 20)
