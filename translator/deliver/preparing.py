"""A lease's calls translated: parts to send, verdicts that need no sending, what to remember of those delivered."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from translator.deliver.batches import Part, parts_of
from translator.deliver.sender import Sender
from translator.errors import HookUnavailable, Untranslatable
from translator.parcels import Dead, Done, Json, Later, Lease, Leased, Translation, Verdict
from translator.settings.values import Destination
from translator.translate import applied, changed, keys, unsettled, weighed

DAY_MS = 24 * 60 * 60 * 1000

HANG_MS = 5000
"""How long a call on which the hook hung waits for its second and last chance."""

MOST_BYTES = 32 * 1024 * 1024
"""Of the parts of a lease; the calls beyond it wait for the next one. An order with many products becomes many times
its own size."""

_log = logging.getLogger("translator.deliver")


@dataclass
class Prepared:
    """``translations``: of the calls that could be translated, by id."""

    lease: Lease
    parts: list[Part] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    translations: dict[str, Translation] = field(default_factory=dict)

    def noted(self, verdicts: Mapping[str, Verdict]) -> Counter[str]:
        """How often each rule bit among the calls that are finished."""
        finished = (one for name, one in self.translations.items() if isinstance(verdicts.get(name), (Done, Dead)))
        return Counter(note.rule for one in finished for note in one.notes)

    def remembered(self, verdicts: Mapping[str, Verdict]) -> tuple[dict[str, Json | None], dict[str, Json]]:
        """The new state of each subject, and what changes of the shared ones: by delivered calls, and only by these."""
        states: dict[str, Json | None] = {}
        shared: dict[str, Json] = {}
        for item in self.lease.items:
            done = self.translations.get(item.call.id)
            if done is None or not isinstance(verdicts.get(item.call.id), Done):
                continue
            subject = item.call.subject
            if done.remember:
                states[subject] = applied(states.get(subject, self.lease.memory.get(subject)), done.remember)
            for key, changes in done.shared.items():
                shared[key] = {**shared.get(key, {}), **changes}
        return states, shared


def prepare(
    sender: Sender,
    lease: Lease,
    now: int,
    recall: Callable[[Iterable[str]], dict[str, Json]],
    keep: Callable[[], None],
) -> Prepared:
    """Translate a lease. Raises HookUnavailable, and what ``keep`` and ``recall`` raise.

    ``now``: ms since the epoch; ``recall``: the destination's shared states; ``keep``: keeps the lease, called before
    each call.
    """
    prepared = Prepared(lease)
    states = dict(lease.memory)
    held: set[str] = set()  # subjects of a call that has to wait, and whose later calls wait behind it
    for item in lease.items:
        if item.call.subject in held:
            continue
        if sender.stop.is_set():
            break  # a hook may take its time over what is left
        keep()
        verdict = _too_old(item, now, sender.limits.window_days) or _translated(item, sender, prepared, states, now)
        if verdict is not None:
            prepared.verdicts[item.call.id] = verdict
        if isinstance(verdict, Later):
            held.add(item.call.subject)
    wanted = {key for one in prepared.translations.values() for key in keys(one)}
    _weigh(prepared, sender, recall(sorted(wanted)) if wanted else {})
    return prepared


def _too_old(item: Leased, now: int, days: float) -> Verdict | None:
    """A dead letter for what could count twice.

    Amplitude recognises a repeated insert id for 7 days (amplitude-api.md section 5.1). Counted from the first try
    whose outcome is not known: a call that was surely not taken may be tried at any time.
    """
    if item.unknown_since is None or now - item.unknown_since < days * DAY_MS:
        return None
    said = f"tried for {days:g} days without knowing whether Amplitude has it; sent later it could count twice"
    return Dead("window", said)


def _translated(item: Leased, sender: Sender, prepared: Prepared, states: dict[str, Json], now: int) -> Verdict | None:
    """None where it could be translated."""
    subject = item.call.subject
    try:
        done = sender.translate(item.call, states.get(subject))
    except Untranslatable as error:
        if error.reason == "hook_hangs" and item.why != "hook_hangs":
            return Later(now + HANG_MS, error.reason)
        return Dead(error.reason, str(error))
    except HookUnavailable:
        raise
    except Exception as error:  # whatever it is, it is this call's fault and must not stop the others
        _log.exception("call %s cannot be translated", item.call.id)
        return Dead("translation_error", type(error).__name__)
    if done.remember:
        states[subject] = applied(states.get(subject), done.remember)
    prepared.translations[item.call.id] = done
    return None


def _weigh(prepared: Prepared, sender: Sender, shared: dict[str, Json]) -> None:
    """Hold the translations against what was delivered before, in order, and make parts of what is left."""
    states = dict(prepared.lease.memory)
    size = 0
    for item in prepared.lease.items:
        done = prepared.translations.pop(item.call.id, None)
        if done is None or size > MOST_BYTES:
            continue
        try:
            done, parts = _weighed(done, item, sender.destination, states, shared)
        except Exception as error:  # of a hook's making, as above
            _log.exception("call %s cannot be sent", item.call.id)
            prepared.verdicts[item.call.id] = Dead("translation_error", type(error).__name__)
            continue
        prepared.translations[item.call.id] = done
        prepared.parts += parts
        size += sum(len(part.data) for part in parts)
        if not done.records:
            prepared.verdicts[item.call.id] = Done(done.ignored)


def _weighed(
    done: Translation, item: Leased, destination: Destination, states: dict[str, Json], shared: dict[str, Json]
) -> tuple[Translation, list[Part]]:
    """One translation weighed, and its parts; ``states`` and ``shared`` go on to the next call."""
    subject = item.call.subject
    done = weighed(done, item.call, destination.translation, states.get(subject), shared)
    parts = parts_of(item, done.records, destination)
    for key, changes in done.shared.items():
        shared[key] = changed(shared.get(key, {}), unsettled(changes))
    sent = (done.remember or {}).get("sent")
    if sent:
        states[subject] = applied(states.get(subject), {"sent": unsettled(sent)})
    return done, parts
