"""A lease's calls translated: parts to send, verdicts that need no sending, what to remember of those delivered."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from translator.deliver.batches import Part, parts_of
from translator.deliver.sender import Sender
from translator.deliver.sightings import Glimpse
from translator.errors import HookUnavailable, Untranslatable
from translator.parcels import Call, Dead, Done, Json, Later, Lease, Leased, Note, Translation, Verdict
from translator.translate import TYPES, applied, changed, goes_as_it_is, keys, unsettled, weighed

DAY_MS = 24 * 60 * 60 * 1000

HANG_MS = 5000
"""How long a call on which the hook hung waits for its second and last chance."""

MOST_BYTES = 32 * 1024 * 1024
"""Of the parts of a lease; the calls beyond it wait for the next one. An order with many products becomes many times
its own size."""

_log = logging.getLogger("translator.deliver")


class Made(Struct, frozen=True, gc=False):
    """What a call became, as far as it is needed once its parts are written: the call and its records are let go of.

    ``size``: bytes of the parts.
    ``glimpses``: what is noted of groups when it is delivered; the rest is Translation's. ``is_deletion``: whether it
    was a call that asks to forget its user.
    """

    parts: list[Part]
    size: int
    notes: tuple[Note, ...]
    remember: Json | None
    shared: Mapping[str, Json]
    ignored: str | None
    glimpses: list[Glimpse]
    is_deletion: bool


@dataclass
class Prepared:
    """``made``: of the calls that could be translated, by id."""

    lease: Lease
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)

    def parts(self) -> list[Part]:
        """All parts to send, in the order of the lease."""
        made = (self.made.get(item.id) for item in self.lease.items)
        return [part for one in made if one for part in one.parts]

    def noted(self, verdicts: Mapping[str, Verdict]) -> Counter[str]:
        """How often each rule bit among the calls that are finished."""
        finished = (one for name, one in self.made.items() if isinstance(verdicts.get(name), (Done, Dead)))
        return Counter(note.rule for one in finished for note in one.notes)

    def remembered(self, verdicts: Mapping[str, Verdict]) -> tuple[dict[str, Json | None], dict[str, Json]]:
        """The new state of each subject, and what changes of the shared ones: by delivered calls, and only by these."""
        states: dict[str, Json | None] = {}
        shared: dict[str, Json] = {}
        for item in self.lease.items:
            done = self.made.get(item.id)
            if done is None or not isinstance(verdicts.get(item.id), Done):
                continue
            subject = item.subject
            if done.remember:
                states[subject] = applied(states.get(subject, self.lease.memory.get(subject)), done.remember)
            for key, changes in done.shared.items():
                shared[key] = {**shared.get(key, {}), **changes}
        return states, shared

    def deletions(self, verdicts: Mapping[str, Verdict]) -> list[Leased]:
        """The calls that asked to forget their user, and were delivered."""
        of_them = (item for item in self.lease.items if item.id in self.made and self.made[item.id].is_deletion)
        return [item for item in of_them if verdicts.get(item.id) == Done()]


Look = Callable[[Call, Translation], list[Glimpse]]


def no_look(call: Call, translation: Translation) -> list[Glimpse]:
    """Nobody wants to see anything."""
    return []


def prepare(
    sender: Sender,
    lease: Lease,
    now: int,
    recall: Callable[[Iterable[str]], dict[str, Json]],
    keep: Callable[[], None],
    look: Look,
) -> Prepared:
    """Translate a lease. Raises HookUnavailable, and what ``keep`` and ``recall`` raise.

    ``now``: ms since the epoch; ``recall``: the destination's shared states; ``keep``: keeps the lease, called before
    each call; ``look``: what people may want to see of a call.
    """
    work = _Preparing(sender, lease, now, recall([TYPES]), look)
    for item in lease.items:
        if sender.stop.is_set() or work.size > MOST_BYTES:
            break  # a hook may take its time over what is left
        keep()
        work.take(item)
    return work.finished(recall)


class _Preparing:
    """A lease that is being translated. What is known to go as it is becomes parts at once, so that its objects are
    gone before the next call is read; what has to be held against the shared states of groups waits for them.

    ``size``: bytes of the parts so far.
    """

    def __init__(self, sender: Sender, lease: Lease, now: int, shared: dict[str, Json], look: Look) -> None:
        self.size = 0
        self._sender = sender
        self._destination = sender.destination
        self._now = now
        self._look = look
        self._shared = shared
        self._prepared = Prepared(lease)
        self._states = dict(lease.memory)
        self._held: set[str] = set()  # subjects of a call that has to wait, and whose later calls wait behind it
        self._waiting: dict[str, tuple[Call, Translation]] = {}

    def take(self, item: Leased) -> None:
        """Translate one call. Raises HookUnavailable."""
        if item.subject in self._held:
            return
        verdict = _too_old(item, self._now, self._sender.limits.window_days) or self._translated(item)
        if verdict is not None:
            self._prepared.verdicts[item.id] = verdict
        if isinstance(verdict, Later):
            self._held.add(item.subject)

    def finished(self, recall: Callable[[Iterable[str]], dict[str, Json]]) -> Prepared:
        """Weigh what waits, in order; calls beyond MOST_BYTES wait for the next lease."""
        prepared = self._prepared
        wanted = {key for _, done in self._waiting.values() for key in keys(done)} - {TYPES}
        if wanted:
            self._shared |= recall(sorted(wanted))
        states, size = dict(prepared.lease.memory), 0
        for item in prepared.lease.items:
            if size > MOST_BYTES:
                prepared.made.pop(item.id, None)
                continue
            waiting = self._waiting.get(item.id)
            if waiting and (failed := self._weigh(item, *waiting, states)):
                prepared.verdicts[item.id] = failed
            if made := prepared.made.get(item.id):
                size += made.size
                if not made.parts:
                    prepared.verdicts[item.id] = Done(made.ignored)
        return prepared

    def _translated(self, item: Leased) -> Verdict | None:
        """None where it could be translated."""
        subject = item.subject
        try:
            call = item.call()
            done = self._sender.translate(call, self._states.get(subject))
        except Untranslatable as error:
            if error.reason == "hook_hangs" and item.why != "hook_hangs":
                return Later(self._now + HANG_MS, error.reason)
            return Dead(error.reason, str(error))
        except HookUnavailable:
            raise
        except Exception as error:  # whatever it is, it is this call's fault and must not stop the others
            return _failed(item, error, "translated")
        if done.remember:
            self._states[subject] = applied(self._states.get(subject), done.remember)
        if goes_as_it_is(done, self._destination.translation, self._shared):
            return self._make(item, call, done)
        self._waiting[item.id] = call, done
        return None

    def _make(self, item: Leased, call: Call, done: Translation) -> Verdict | None:
        """Into parts; a verdict where they cannot be written, which is a hook's doing."""
        try:
            parts = parts_of(item, done.records, self._destination)
        except Exception as error:
            return _failed(item, error, "sent")
        glimpses = self._looked_at(call, done)
        size = sum([len(part.data) for part in parts])
        self._prepared.made[item.id] = Made(
            parts, size, done.notes, done.remember, done.shared, done.ignored, glimpses, call.type == "delete"
        )
        self.size += size
        return None

    def _looked_at(self, call: Call, done: Translation) -> list[Glimpse]:
        """It is for people: a look that fails costs nothing but itself."""
        try:
            return self._look(call, done)
        except Exception:
            _log.exception("call %s cannot be looked at", call.id)
            return []

    def _weigh(self, item: Leased, call: Call, done: Translation, states: dict[str, Json]) -> Verdict | None:
        """Hold a translation against what was delivered before; ``states`` and the shared ones go on to the next. A
        verdict where it cannot be sent."""
        subject = item.subject
        try:
            done = weighed(done, call, self._destination.translation, states.get(subject), self._shared)
        except Exception as error:
            return _failed(item, error, "sent")
        if failed := self._make(item, call, done):
            return failed
        for key, changes in done.shared.items():
            self._shared[key] = changed(self._shared.get(key, {}), unsettled(changes))
        sent = (done.remember or {}).get("sent")
        if sent:
            states[subject] = applied(states.get(subject), {"sent": unsettled(sent)})
        return None


def _failed(item: Leased, error: Exception, what: str) -> Dead:
    _log.exception("call %s cannot be %s", item.id, what)
    return Dead("translation_error", type(error).__name__)


def _too_old(item: Leased, now: int, days: float) -> Verdict | None:
    """A dead letter for what could count twice.

    Amplitude recognises a repeated insert id for 7 days (amplitude-api.md section 5.1). Counted from the first try
    whose outcome is not known: a call that was surely not taken may be tried at any time.
    """
    if item.unknown_since is None or now - item.unknown_since < days * DAY_MS:
        return None
    said = f"tried for {days:g} days without knowing whether Amplitude has it; sent later it could count twice"
    return Dead("window", said)
