"""Group Identify for what is not as it is to be: what was set before is remembered, so that only changes are sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from translator.jobs.running import Run
from translator.parcels import GroupProperties, Json
from translator.settings.values import Delivery, Destination


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a group is to have. ``keep``: further things to remember of it (see ``state``), such as a pick-up date."""

    group: GroupProperties
    keep: Json = field(default_factory=dict)


@dataclass
class Changed:
    """What came of it, in groups. ``refused``: why Amplitude did not take some, by group. ``left``: not done, since it was
    to stop, or Amplitude did not answer: they are done at the next run."""

    set: int = 0
    unchanged: int = 0
    left: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def state_key(destination: str, group_type: str, group_value: str) -> str:
    """The key under which a job remembers a group at a destination (see Journal.job_states). Its state is
    ``{"set": {property: value}, "at": ms since the epoch, **keep}``."""
    return "\n".join((destination, group_type, group_value))


def set_changed(run: Run, destination: Destination, limits: Delivery, wanted: Iterable[Wanted]) -> Changed:
    """Set what is not as it was set before, some hundred groups at a time, through the Group Identify API (also where the
    destination's route is ``events``).

    A property that was set and is no longer wanted is left alone. After each portion that Amplitude took, it is
    remembered: a run that was cut goes on where it was. Waits where Amplitude asks for it. Raises LeaseLost,
    JournalError.
    """
    raise NotImplementedError  # made in the next commit
