"""What holds whatever happens: a partition at a destination lives through random days, beside a model of what Kafka
holds and of what each call has been through."""

from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.journal.kafka.records import NOW
from translator.journal.kafka.lines import Item
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.settled import Settled
from translator.journal.kafka.state import Books, Posting, begun, decoded, encoded, takeover
from translator.parcels import Dead, Done, Later, Leased, Verdict

SUBJECTS = ("a", "b", "c", "d")
LEASE_MS = 1000
FIRST = 3
"""The destination begins behind some calls."""


@dataclass(frozen=True)
class Been:
    """What a call has been through, and when it may go out."""

    attempts: int = 0
    unknown_since: int | None = None
    due: int = 0

    def later(self, at: int | None, unknown: int | None) -> "Been":
        since = unknown if self.unknown_since is None else self.unknown_since
        return Been(self.attempts + 1, since, at or 0)


@dataclass
class Lease:
    """``posted``: id to when first; ``until``: ms."""

    until: int
    ids: list[str]
    posted: dict[str, int] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)


@dataclass
class Kafka:
    """What is durable. ``calls``, ``parked``: by offset, what is there: a subject, an item; None is nothing."""

    calls: list[str | None] = field(default_factory=list)
    parked: list[Item | None] = field(default_factory=list)
    requests: list[Posting] = field(default_factory=list)
    state: bytes = encoded(begun(FIRST, FIRST))
    ended: dict[str, str] = field(default_factory=dict)
    been: dict[str, Been] = field(default_factory=dict)
    """As the state has it."""
    taken_in: set[int] = field(default_factory=set)
    """Offsets of the postings that the state has taken in."""


ACTS = {
    "accept": 4, "fetch_calls": 4, "fetch_parked": 3, "wait": 2,
    "claim": 5, "post": 4, "place": 1, "renew": 1,
    "transact": 5, "kafka_takes_it": 4, "commit": 5, "abandon": 1, "crash": 0.3,
}  # fmt: skip
"""What may happen, and how often."""


class Living(RuleBasedStateMachine):
    @initialize(chance=st.randoms(use_true_random=True))
    def begin(self, chance):
        self.now, self.chance = NOW, chance
        self.tokens = 0
        self.kafka = Kafka(calls=["a"] * FIRST)
        self.transaction: tuple[Settled, Kafka, dict[str, Been], list[str]] | None = None
        self.taken = False
        """Whether Kafka has the transaction, which the process need not know yet."""
        self.live()

    @rule()
    def act(self):
        for what in self.chance.choices(list(ACTS), ACTS.values(), k=10):
            getattr(self, what)()
            self.the_books_add_up()
            self.a_state_is_as_large_as_its_gaps()

    def live(self):
        """A process takes the partition over."""
        state = decoded(self.kafka.state)
        self.progress = Progress(takeover(state, self.kafka.requests, len(self.kafka.requests)), most=8)
        self.progress.expect(
            {
                item.call.subject: offset + 1
                for offset, item in enumerate(self.kafka.parked)
                if item is not None and not state.parked.has(offset)
            }
        )
        self.leases: dict[str, Lease] = {}
        self.redriven: list[str] = []
        """Which the process does not know of yet."""
        self.unplaced: list[tuple[str, Posting, int]] = []
        self.been = dict(self.kafka.been)
        posted: dict[str, int] = {}
        for one in self.kafka.requests:
            if one.offset not in self.kafka.taken_in:
                for name in self.names_of(one):
                    if self.kafka.ended.get(name) is None:
                        posted[name] = min(one.began, posted.get(name, one.began))
        for name, at in posted.items():
            self.been[name] = self.been.get(name, Been()).later(None, at)
        self.expired: set[int] = {one.offset for one in self.kafka.requests}

    def names_of(self, posting):
        names = [f"3-{offset}" for offset in posting.calls]
        return names + [item.call.id for offset in posting.parked if (item := self.kafka.parked[offset]) is not None]

    def line(self, subject):
        """A subject's open ids in the order in which they are to go out."""
        parked = [item.call.id for item in self.kafka.parked if item is not None and item.call.subject == subject]
        there = {name: None for name in parked if self.kafka.ended.get(name) is None}
        moved = {item.call.id for item in self.kafka.parked if item is not None}
        calls = [f"3-{offset}" for offset, one in enumerate(self.kafka.calls) if one == subject and offset >= FIRST]
        return [*there, *(name for name in calls if name not in moved and self.kafka.ended.get(name) is None)]

    # --- what comes

    def accept(self):
        self.kafka.calls += self.chance.choices((*SUBJECTS, None), k=self.chance.randrange(1, 5))

    def fetch_calls(self):
        start = max(0, self.progress.frontier("calls") - self.chance.choice([0, 0, 3]))
        most = self.chance.randrange(4, 9)
        if self.progress.is_full("calls"):
            return
        items = [
            Item(offset, Leased(f"3-{offset}", "webhook", f"m{offset}", one, NOW + offset, b"{}"))
            for offset, one in list(enumerate(self.kafka.calls))[start : start + most]
            if one is not None
        ]
        self.progress.put("calls", items)

    def fetch_parked(self):
        start = max(0, self.progress.frontier("parked") - self.chance.choice([0, 0, 3]))
        most = self.chance.randrange(4, 9)
        if self.progress.is_full("parked"):
            return
        records = list(enumerate(self.kafka.parked))[start : start + most]
        items = [Item(offset, item.call, item.due_at) for offset, item in records if item is not None]
        self.progress.put("parked", items)
        self.redriven = [name for name in self.redriven if name not in {item.call.id for item in items}]
        if records:
            self.progress.pass_over("parked", records[-1][0] + 1)

    def wait(self):
        self.now += self.chance.choice([1, 100, 100, LEASE_MS // 2, 2 * LEASE_MS])

    # --- what goes out

    def alive(self):
        settling = self.transaction[3] if self.transaction else []
        return {token: one for token, one in self.leases.items() if one.until >= self.now or token in settling}

    def end_leases(self):
        """What expire is to do."""
        alive = self.alive()
        ended = [one for one in self.leases if one not in alive]
        self.place(ended)
        for token in ended:
            lease = self.leases.pop(token)
            for name in lease.ids:
                if name in lease.posted:
                    self.been[name] = self.been.get(name, Been()).later(None, lease.posted[name])
                elif name in self.been:
                    self.been[name] = replace(self.been[name], due=0)
            self.expired |= {one.offset for one in lease.postings}

    def claim(self):
        limit = self.chance.randrange(1, 9)
        self.end_leases()
        self.tokens += 1
        found = self.progress.claim(limit, self.now, f"t{self.tokens}", self.now + LEASE_MS)
        out = {name for one in self.leases.values() for name in one.ids}
        for subject in {one.subject for one in found}:
            mine = [one.id for one in found if one.subject == subject]
            line = [name for name in self.line(subject) if name not in self.redriven]
            assert mine == line[: len(mine)], "in order, and nothing before them is open"
            assert not out & set(line), "nothing of a subject is in two leases"
            assert self.been.get(mine[0], Been()).due <= self.now, "the first is due"
        for one in found:
            been = self.been.get(one.id, Been())
            assert (one.attempts, one.unknown_since) == (been.attempts, been.unknown_since)
        if found:
            self.leases[f"t{self.tokens}"] = Lease(self.now + LEASE_MS, [one.id for one in found])

    def post(self):
        settling = self.transaction[3] if self.transaction else []
        if not (tokens := [token for token in self.alive() if token not in settling]):
            return
        token = self.chance.choice(tokens)
        lease = self.leases[token]
        names = self.chance.sample(lease.ids, self.chance.randrange(1, len(lease.ids) + 1))
        posting = self.progress.posting(token, names, self.now)
        offset = len(self.kafka.requests)
        placed = Posting(posting.began, posting.calls, posting.parked, offset)
        self.kafka.requests.append(placed)
        assert set(self.names_of(posting)) == set(names)
        for name in names:
            lease.posted.setdefault(name, self.now)
        lease.postings.append(placed)
        self.unplaced.append((token, posting, offset))
        if self.chance.random() < 0.7:
            self.place()

    def place(self, tokens=None):
        """Postings get to know their offsets, not in order; at the latest before their requests go out."""
        for one in [one for one in reversed(self.unplaced) if tokens is None or one[0] in tokens]:
            self.unplaced.remove(one)
            self.progress.posted(*one)

    def renew(self):
        if not self.alive():
            return
        token = self.chance.choice(sorted(self.alive()))
        self.progress.renew(token, self.now + LEASE_MS, self.now)
        self.leases[token].until = self.now + LEASE_MS

    # --- transactions

    def transact(self):
        if self.transaction:
            return
        chance, alive = self.chance, self.alive()
        tokens = [token for token in self.leases if chance.random() < 0.8]
        self.place(tokens)
        settles = {token: self.verdicts(self.leases[token]) for token in tokens}
        letters = [name for name, end in self.kafka.ended.items() if end == "dead"]
        redriven = letters[:1] if chance.random() < 0.3 else []
        purge = chance.choice((*SUBJECTS, *[None] * 30))
        given_up = self.progress.theirs(purge) if purge else []
        moved = self.progress.moving(self.now, 50, chance.randrange(1, 6)) if chance.random() < 0.5 else []
        moved = [item for item in moved if item.call.subject != purge]
        settled = self.progress.settle_all(
            list(settles.items()), self.now, moved=moved, purged=given_up, redriven=len(redriven)
        )
        assert set(settled.lost) == {token for token in tokens if token not in alive}
        assert settled.moved == tuple(moved), "nothing came between"
        self.foresee(settled, {token: one for token, one in settles.items() if token in alive}, redriven)

    def verdicts(self, lease):
        """As delivery gives them: nothing of a subject behind what waits."""
        found: dict[str, Verdict] = {}
        waiting = set()
        for name in lease.ids:
            subject = self.subject(name)
            if subject in waiting:
                continue
            later = Later(self.now + self.chance.choice([0, 60, 3000]), "throttled", self.chance.random() < 0.3)
            verdict = self.chance.choice([Done(), Done(), Done("integrations"), Dead("x"), later, later, None])
            if verdict is not None:
                found[name] = verdict
            if verdict is None or isinstance(verdict, Later):
                waiting.add(subject)
        return found

    def subject(self, name):
        return self.kafka.calls[int(name[2:])]

    def foresee(self, settled, settles, redriven):
        """What Kafka will hold once it takes the transaction."""
        old = self.kafka
        ended, been = dict(old.ended), dict(self.been)
        for verdicts in settles.values():
            for name, verdict in verdicts.items():
                if isinstance(verdict, Later):
                    unknown = self.now if verdict.unknown else None
                    been[name] = been.get(name, Been()).later(verdict.at, unknown)
                else:
                    ended[name] = "dead" if isinstance(verdict, Dead) else "ignored" if verdict.ignored else "delivered"
        ended |= {item.call.id: "purged" for item in settled.purged}
        new = Kafka(old.calls, list(old.parked), old.requests, encoded(settled.state), ended, been)
        records = [Item(0, item.call, item.due_at) for item in settled.moved]
        for name in redriven:
            del ended[name]
            been.pop(name, None)
            new.parked = [None if one is not None and one.call.id == name else one for one in new.parked]
            records.append(Item(0, Leased(name, "webhook", "m", str(self.subject(name)), NOW, b"{}")))
        new.parked += [*records, None] if records else []
        new.taken_in = (
            old.taken_in | self.expired | {one.offset for token in settles for one in self.leases[token].postings}
        )
        changed = {name: been.get(name, Been()) for verdicts in settles.values() for name in verdicts}
        self.transaction = (settled, new, changed, list(settles))
        self.taken = False

    def kafka_takes_it(self):
        if not self.transaction or self.taken:
            return
        settled, new, _, _ = self.transaction
        before = decoded(self.kafka.state)
        for old, now in ((before.calls, settled.state.calls), (before.parked, settled.state.parked)):
            assert old.position <= now.position
            assert all(now.has(offset) for offset in range(40) if old.has(offset)), "what is finished stays finished"
        assert before.requests.position <= settled.state.requests.position
        for name in self.kafka.ended:
            assert new.ended.get(name) in (None, self.kafka.ended[name]), "nothing is finished twice"
        self.redriven = [name for name in self.kafka.ended if name not in new.ended]
        for name in self.redriven:
            self.been.pop(name, None)
        self.kafka = replace_logs(new, self.kafka)
        self.taken = True

    def commit(self):
        if not self.transaction or not self.taken:
            return
        settled, _, changed, tokens = self.transaction
        self.progress.commit(settled, len(self.kafka.parked))
        behind = {one.call.subject: offset + 1 for offset, one in enumerate(self.kafka.parked) if one is not None}
        self.progress.expect({str(self.subject(name)): behind[str(self.subject(name))] for name in self.redriven})
        for token in tokens:
            lease = self.leases.pop(token)
            self.expired |= {one.offset for one in lease.postings}
            for name in lease.ids:
                been = changed.get(name) or self.been.get(name)
                if been and self.kafka.ended.get(name) is None:
                    self.been[name] = been if name in changed else replace(been, due=0)
        self.transaction, self.taken, self.redriven = None, False, []

    def abandon(self):
        if not self.transaction or self.taken or self.chance.random() < 0.7:
            return
        self.progress.abandon(self.transaction[0])
        self.transaction = None

    def crash(self):
        self.transaction, self.taken = None, False
        self.live()

    # --- what holds

    def the_books_add_up(self):
        state = decoded(self.kafka.state)
        there = {f"3-{offset}" for offset, one in enumerate(self.kafka.calls) if one is not None and offset >= FIRST}
        ended = list(self.kafka.ended.values())
        counted = {one: ended.count(one) for one in ("delivered", "ignored", "dead", "purged")}
        assert state.books == Books(**counted, base=FIRST)
        parked = {
            item.call.id
            for offset, item in enumerate(self.kafka.parked)
            if item is not None and not state.parked.has(offset)
        }
        open_calls = {name for name in there if not state.calls.has(int(name[2:]))}
        assert not parked & open_calls
        assert len(there) == len(ended) + len(parked | open_calls)
        assert parked | open_calls == there - set(self.kafka.ended)

    def a_state_is_as_large_as_its_gaps(self):
        state = self.progress.state()
        assert decoded(encoded(state)) == state
        assert not any(state.calls.has(offset) for offset in state.tried["calls"])
        assert not any(state.parked.has(offset) for offset in state.tried["parked"])
        unfinished = self.progress.waiting()
        assert (
            len(state.calls.done) + len(state.parked.done)
            <= unfinished + 2 * len(decoded(self.kafka.state).calls.done) + 4
        )

    def teardown(self):
        """In the end everything is delivered."""
        if not hasattr(self, "kafka"):
            return
        if self.transaction:
            if not self.taken:
                self.kafka_takes_it()
            self.commit()
        for _ in range(400):
            self.now += 2 * LEASE_MS
            self.fetch_calls()
            self.fetch_parked()
            self.claim()
            for token, lease in list(self.leases.items()):
                settled = self.progress.settle(token, dict.fromkeys(lease.ids, Done()), self.now)
                self.foresee(settled, {token: dict.fromkeys(lease.ids, Done())}, [])
                self.kafka_takes_it()
                self.commit()
            if self.is_over():
                break
        assert self.is_over(), "nothing is lost"
        self.the_books_add_up()
        state = decoded(self.kafka.state)
        assert not self.progress.waiting()
        self.progress.pass_over("calls", len(self.kafka.calls))
        assert self.progress.state().calls == Reach(len(self.kafka.calls))
        assert state.books.base == FIRST

    def is_over(self):
        return all(not self.line(subject) for subject in SUBJECTS)


def replace_logs(new, old):
    """A transaction's outcome, with what was appended to the other logs since it began."""
    return Kafka(old.calls, new.parked, old.requests, new.state, new.ended, new.been, new.taken_in)


TestLiving = Living.TestCase
TestLiving.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
