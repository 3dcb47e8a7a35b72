"""Group properties that come of no call: through the Group Identify API, until Amplitude has taken them, or has said
what is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from translator.deliver.batches import Part, parts_of
from translator.deliver.sender import Sender, pause
from translator.parcels import GroupProperties, Json, Later, Leased, Record, Verdict
from translator.settings.values import Delivery, Destination

PATIENCE_SECONDS = 600.0
"""For so long what Amplitude does not take now is tried again; then it is left for another time."""

LEFT = Later(0, "unavailable")
SOURCE = "translator"


class Setter:
    """Sets properties at one destination, whatever its route: there is no event here, and no id, without which HTTP V2
    may refuse. For one thread. ``stop``: once it is set, no further request begins. ``keep``: called between requests,
    and while it waits; what it raises ends the work."""

    def __init__(
        self, destination: Destination, limits: Delivery, stop: threading.Event, keep: Callable[[], None]
    ) -> None:
        self._destination = replace(destination, route="identify-apis")
        self._stop = stop
        self._door = _Door(keep)
        self._sender = Sender(self._destination, limits, stop=stop)

    @property
    def circuit(self) -> str | None:
        """Why Amplitude takes nothing until a person helps, such as a wrong key; or None."""
        return self._sender.health.circuit

    def set(self, groups: Sequence[GroupProperties]) -> list[Verdict]:
        """A verdict for each group, in their order: Done, Dead with Amplitude's answer, or Later where it was not done.
        Sent twice does no harm: ``$set`` and ``$unset`` say what is to be. Groups are to be different ones."""
        parts = [part for number, group in enumerate(groups) for part in self._parts(str(number), group)]
        verdicts: dict[str, Verdict] = {}
        end = time.monotonic() + PATIENCE_SECONDS
        while parts and not self._stop.is_set():
            found = self._sender.send(parts, _now(), self._door).finish(_now())
            verdicts |= found
            parts = [part for part in parts if isinstance(found.get(part.item.id, LEFT), Later)]
            if not parts or self.circuit is not None or not self._wait(end):
                break
        return [verdicts.get(str(number), LEFT) for number in range(len(groups))]

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def _parts(self, number: str, group: GroupProperties) -> list[Part]:
        item = Leased(number, SOURCE, number, f"{group.group_type}\n{group.group_value}", 0, b"{}")
        body = {
            "group_type": group.group_type,
            "group_value": group.group_value,
            "group_properties": _operations(group.properties),
        }
        return parts_of(item, [Record("group_identify", body)], self._destination)

    def _wait(self, end: float) -> bool:
        """Until Amplitude may be asked again; whether it is to be."""
        time_of_next = time.monotonic() + 1.0
        while time.monotonic() < time_of_next or not self._sender.health.ready():
            if self._stop.is_set() or time.monotonic() > end:
                return False
            self._door.keep()
            pause(self._stop, 0.25)
        return True


class _Door:
    """See lane.Door: no call is behind these requests, so that there is nothing to write down."""

    def __init__(self, keep: Callable[[], None]) -> None:
        self.keep = keep

    def before(self, api: str, calls: Collection[str]) -> int:
        self.keep()
        return 0

    def after(self, number: int, answer: str) -> None:
        pass


def _operations(properties: Json) -> Json:
    """The value of ``$unset`` is not read (amplitude-api.md 3)."""
    found = {
        "$set": {name: value for name, value in properties.items() if value is not None},
        "$unset": {name: "-" for name, value in properties.items() if value is None},
    }
    return {operation: named for operation, named in found.items() if named}


def _now() -> int:
    return int(time.time() * 1000)
