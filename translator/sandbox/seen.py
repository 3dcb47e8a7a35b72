"""Which records have come before (amplitude-api.md section 5.1, 2026-11-24)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from translator.sandbox.rules import DEDUPE_SECONDS, TEXT, Lost, excerpt

KEEP_IDS = 2_000_000


class Seen:
    """Insert ids, and the older event ids, of the last seven days; the newest of them."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[Any, ...], float] = OrderedDict()

    def again(self, project: str, kind: str, body: dict[str, Any], now: float) -> Lost | None:
        """What to say of a record that has come before; None and remembered, where it has not."""
        insert_id, device = body.get("insert_id"), body.get("device_id")
        device = device[:TEXT] if isinstance(device, str) else None
        # as they are kept: both are cut, and may be the same only then
        if isinstance(insert_id, str) and self._has((project, device, insert_id[:TEXT]), now):
            # the pages do not say whether identify calls are recognised (sections 2.3 and 9.6)
            doubt = "" if kind == "event" else "of identify calls the pages do not promise it; "
            return "duplicate", "insert_id", f"the whole record; {doubt}{excerpt(insert_id)}"
        event_id, moment = body.get("event_id"), body.get("time")
        has_both = device is not None and isinstance(event_id, int) and isinstance(moment, int)
        if has_both and self._has((project, device, event_id, moment), now):
            # an older rule, beside that of insert ids
            return "duplicate_event_id", "event_id", f"the whole record; {event_id}"
        return None

    def _has(self, key: tuple[Any, ...], now: float) -> bool:
        before = self._at.get(key)
        if before is not None and now - before < DEDUPE_SECONDS:
            return True
        self._at[key] = now
        if len(self._at) > KEEP_IDS:
            self._at.popitem(last=False)
        return False
