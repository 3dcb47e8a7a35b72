"""One partition at one destination: what was fetched and is not finished, who has it, and what a settle writes. Pure.

In: records as they were fetched, verdicts, the time. Out: calls to deliver, states to write. Never here: Kafka, a
clock, a lock: whoever calls sees to it that one thread does so at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from translator.errors import LeaseLost
from translator.journal.kafka.leases import Held, Leases, first_posted
from translator.journal.kafka.lines import Item, Lines
from translator.journal.kafka.settled import Change, Settled, was_lost, was_tried, weigh
from translator.journal.kafka.state import STREAMS, Books, Posting, State, Stream
from translator.journal.kafka.window import Window
from translator.parcels import Leased, Verdict

HELD = "being written"
"""In place of a token: a subject of which items are moved or purged in a transaction that is under way."""

MOST = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""Open items of a stream, and bytes of their texts, that are kept in memory; beyond them nothing is to be fetched."""


class Progress:
    """The window on a partition at a destination, and what is known of it.

    Of a subject, items go out strictly in order: first those that were set aside, then its calls; none while one before
    it is leased, waits, or is not there yet. Times are ms since the epoch.

    Made of the last State after ``takeover``; then, before the first claim, it has to be told by ``expect`` what the
    parked topic holds that is unfinished. Whoever lost track of whether Kafka took a transaction makes a new one.
    """

    def __init__(self, state: State, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._lines = Lines()
        self._leases = Leases(state.requests.end)
        self._windows = {one: Window(one, state.reach(one), state.tried[one]) for one in STREAMS}
        self._books = state.books
        self._most, self._most_bytes = most, most_bytes
        self._settling: Settled | None = None

    def put(self, stream: Stream, items: Iterable[Item]) -> None:
        """Items as they were fetched, in order of offset. What is finished or here already is passed over; an offset
        that is left out has nothing (a transaction's mark, or what was deleted)."""
        window = self._windows[stream]
        self._lines.add(window.admit(items))
        if stream == "parked":
            self._lines.arrived(window.frontier)

    def pass_over(self, stream: Stream, until: int) -> None:
        """There is nothing more to fetch before this offset, though nothing was put."""
        self._windows[stream].skip(until)
        if stream == "parked":
            self._lines.arrived(until)

    def expect(self, awaited: Mapping[str, int]) -> None:
        """Of these subjects (with how far: the offset behind the last) there are items in the parked topic that are
        not fetched yet: their calls wait for these. For what is found there at the beginning, and for letters that are
        redriven."""
        frontier = self._windows["parked"].frontier
        self._lines.expect({subject: until for subject, until in awaited.items() if until > frontier})

    def frontier(self, stream: Stream) -> int:
        """The next offset to fetch."""
        return self._windows[stream].frontier

    def has_set_aside(self) -> bool:
        """Whether an item that was set aside is here."""
        return self._windows["parked"].count > 0

    @property
    def position(self) -> int:
        """The lowest unfinished offset of the calls."""
        return self._windows["calls"].position

    def is_finished(self, stream: Stream, offset: int) -> bool:
        """Whether an offset is finished."""
        return self._windows[stream].is_finished(offset)

    def is_full(self, stream: Stream) -> bool:
        """Whether enough of a stream is here. Each has room of its own, so that neither keeps the other out."""
        window = self._windows[stream]
        return window.count >= self._most or window.bytes >= self._most_bytes

    def waiting(self) -> int:
        """How many items are here and unfinished, leased or not."""
        return len(self._lines.open)

    def oldest(self) -> int | None:
        """When the oldest of them was received."""
        return min((item.call.received_at for item in self._lines.all()), default=None)

    def claim(self, limit: int, now: int, token: str, until: int) -> list[Leased]:
        """Lease up to ``limit`` items, the earliest first, of each subject its first ones; [] when nothing is due, and
        then there is no lease. Leases that have ended are taken back before. Raises ValueError for a token in use."""
        if self._leases.has(token):
            raise ValueError("this token has a lease")
        self.expire(now)
        items, lines = self._lines.take(limit, now, token)
        if items:
            self._leases.add(token, Held(until, items, lines))
        return [item.call for item in items]

    def is_held(self, token: str, now: int) -> bool:
        """Whether a lease has not ended."""
        return self._leases.find(token, now) is not None

    def is_busy(self, now: int) -> bool:
        """Whether a lease has not ended, or a transaction is under way."""
        return self._settling is not None or self._leases.any_lasts(now)

    def out(self, now: int) -> set[str]:
        """The subjects of which something is leased."""
        return self._leases.subjects(now)

    def renew(self, token: str, until: int, now: int) -> None:
        """Let a lease end later. Raises LeaseLost."""
        self._leases.get(token, now).until = until

    def posting(self, token: str, ids: Collection[str], now: int) -> Posting:
        """A request with these of the lease's items (ids; others are passed over) is about to go out: what to write of
        it to the requests' topic. From now on they count as tried, should the lease just end. Raises LeaseLost."""
        return self._leases.post(token, ids, now)

    def posted(self, token: str, posting: Posting, offset: int) -> None:
        """A posting was written there; to be said before its request goes out, so that a settle knows of it."""
        self._leases.posted(token, posting, offset)

    def expire(self, now: int) -> list[str]:
        """Take back what ended leases had; their tokens. What was posted counts as tried, its outcome not known since
        then; the rest is as it was. All of it is due at once."""
        ended = self._leases.ended(now)
        for token in ended:
            held = self._leases.drop(token)
            posted = first_posted(held)
            for item in held.items:
                if item.place in posted:
                    self._tried(item, posted[item.place])
            self._lines.release(held.lines)
        return ended

    def moving(self, now: int, age_ms: int, most: int) -> list[Item]:
        """Up to ``most`` calls to set aside, in order: of subjects whose first call has had to wait for longer than
        ``age_ms`` and still waits, and of those of which something is set aside already; each with all behind it."""
        lines, tried = self._lines, self._windows["calls"].tried.items()
        late = lines.headed_by([offset for offset, one in tried if one.since < now - age_ms and one.due_at > now])
        found: list[Item] = []
        for subject in dict.fromkeys([*late, *lines.with_set_aside()]):
            if len(found) >= most:
                break
            found += [item for item in lines.of(subject) if item.stream == "calls"][: most - len(found)]
        return found

    def all(self) -> Iterable[Item]:
        """All items that are here, in no order."""
        return self._lines.all()

    def theirs(self, subject: str) -> list[Item]:
        """A subject's items, to be purged; [] while one of them is leased: ask again when that lease has ended."""
        return self._lines.of(subject)

    def settle(self, token: str, verdicts: Mapping[str, Verdict], now: int) -> Settled:
        """As ``settle_all``, for one lease. Raises LeaseLost."""
        if not self.is_held(token, now):
            raise LeaseLost("the lease on calls of a partition has ended")
        return self.settle_all([(token, verdicts)], now)

    def settle_all(
        self,
        settles: Sequence[tuple[str, Mapping[str, Verdict]]],
        now: int,
        *,
        moved: Collection[Item] = (),
        purged: Collection[Item] = (),
        redriven: int = 0,
    ) -> Settled:
        """What a transaction is to write for these leases (token, verdicts by id). Nothing changes yet: ``commit`` or
        ``abandon`` follows, before the next one. Items without a verdict go back as they were.

        ``moved``: items of ``moving``; ``purged``: of ``theirs``, none in both. Those that were claimed or finished
        meanwhile stay: what is moved is in the answer. ``redriven``: dead letters that this transaction puts back into
        the parked topic. Raises RuntimeError where one is under way.
        """
        if self._settling is not None:
            raise RuntimeError("a transaction of this partition is under way: commit or abandon it first")
        change = Change()
        lost = [token for token, verdicts in settles if not self._weigh(token, verdicts, now, change)]
        left, given_up = self._lines.all_free(moved), self._lines.all_free(purged)
        for item in (*left, *given_up):
            change.finished[item.stream].append(item)
        change.books = Books(len(change.delivered), len(change.ignored), len(change.letters) - redriven, len(given_up))
        return self._begin(change, lost, left, given_up)

    def commit(self, settled: Settled, parked_until: int | None = None) -> None:
        """Kafka took the transaction. ``parked_until``: the offset behind the last record that it wrote to the parked
        topic; has to be said where something was moved (else ValueError)."""
        if settled.moved and parked_until is None:
            raise ValueError("parked_until has to be said: calls wait for what was set aside before them")
        self._end(settled)
        change = settled.change
        for stream, window in self._windows.items():
            window.finish(change.finished[stream])
            self._lines.finish(change.finished[stream])
            for item, tried in change.later[stream]:
                window.tried[item.offset] = tried
                was_tried(item, tried)
        self._books = self._books.plus(change.books)
        if parked_until is not None:
            self.expect({item.call.subject: parked_until for item in settled.moved})
        for token in change.tokens:
            self._lines.release(self._leases.drop(token).lines)
        self._lines.tidy(_subjects(settled))

    def abandon(self, settled: Settled) -> None:
        """Kafka did not take it: all is as it was."""
        self._end(settled)
        self._leases.settling(settled.change.tokens, False)
        self._lines.tidy(_subjects(settled))

    def state(self) -> State:
        """The state as it is, without what is under way."""
        return self._state(Change())

    def _weigh(self, token: str, verdicts: Mapping[str, Verdict], now: int, change: Change) -> bool:
        """Add a lease to a change; whether there is one."""
        held = self._leases.find(token, now)
        if held is None or token in change.tokens:
            return False
        change.tokens.append(token)
        weigh(held.items, verdicts, now, change)
        return True

    def _begin(self, change: Change, lost: list[str], moved: list[Item], purged: list[Item]) -> Settled:
        state = self._state(change)
        settled = Settled(
            state, change.letters, change.delivered, change.ignored, tuple(lost), tuple(moved), tuple(purged), change
        )
        self._leases.settling(change.tokens, True)
        self._lines.hold(_subjects(settled), HELD)
        self._settling = settled
        return settled

    def _end(self, settled: Settled) -> None:
        if self._settling is not settled:
            raise RuntimeError("this transaction is not under way")
        self._settling = None

    def _state(self, change: Change) -> State:
        calls, parked = self._windows["calls"], self._windows["parked"]
        return State(
            calls.reach_with(change.finished["calls"]),
            parked.reach_with(change.finished["parked"]),
            self._leases.requests(change.tokens),
            {one: self._windows[one].tried_with(change.finished[one], change.later[one]) for one in STREAMS},
            self._books.plus(change.books),
        )

    def _tried(self, item: Item, at: int) -> None:
        tried = was_lost(item, at)
        self._windows[item.stream].tried[item.offset] = tried
        was_tried(item, tried)


def _subjects(settled: Settled) -> set[str]:
    return {item.call.subject for items in (settled.moved, settled.purged) for item in items}
