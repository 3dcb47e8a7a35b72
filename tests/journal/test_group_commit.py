"""Appends that share a transaction, whichever engine writes it."""

import threading
import time

import pytest

from translator.errors import JournalUnavailable
from translator.journal.appending import GROUP, Append, Appender
from translator.parcels import Call, Receipt

CALLS = [Call("", "w", "m", "u", 1, {})]


class Engine:
    """Holds the first group until it is let go, so that the others come together; then does as it is told. ``takes``:
    seconds for each group."""

    def __init__(self, error, takes=0.0):
        self.takes = takes
        self.groups: list[int] = []
        self.go = threading.Event()
        self.begun = threading.Event()
        self.error = error

    def commit(self, group):
        self.groups.append(len(group))
        self.begun.set()
        self.go.wait(5)
        time.sleep(self.takes)
        if self.error and len(self.groups) > 1 and (len(group) > 1 or "poison" in group[0].calls):
            raise self.error
        for one in group:
            one.receipts = [Receipt(str(call), "accepted", False) for call in one.calls]


def run(engine, calls):
    appender = Appender(engine.commit, 5)
    results = ran(appender, engine, calls)
    appender.close()
    return results


def ran(appender, engine, calls):
    results: dict[str, object] = {}

    def append(name):
        try:
            results[name] = appender.append([name], [], 0)[0].status
        except Exception as error:
            results[name] = error

    threads = [threading.Thread(target=append, args=("first",))]
    threads[0].start()
    engine.begun.wait(5)
    for name in calls:
        threads.append(threading.Thread(target=append, args=(name,)))
        threads[-1].start()
    while len(appender._waiting) < len(calls):
        pass
    engine.go.set()
    for thread in threads:
        thread.join(10)
    return results


def test_what_comes_together_is_one_transaction():
    engine = Engine(None)
    assert run(engine, ["a", "b", "c"]) == dict.fromkeys(["first", "a", "b", "c"], "accepted")
    assert engine.groups == [1, 3]


def test_one_that_cannot_be_written_fails_no_other():
    engine = Engine(ValueError("poison"))
    results = run(engine, ["a", "poison", "c"])
    assert isinstance(results.pop("poison"), ValueError)
    assert results == dict.fromkeys(["first", "a", "c"], "accepted")
    assert engine.groups == [1, 3, 1, 1, 1]


@pytest.mark.parametrize(("reason", "groups"), [("connection", [1, 3]), ("locked", [1, 3]), ("full", [1, 3, 1, 1, 1])])
def test_an_engine_that_is_away_is_waited_for_once_and_not_for_each(reason, groups):
    engine = Engine(JournalUnavailable("gone", reason))
    results = run(engine, ["a", "b", "c"])
    assert engine.groups == groups
    assert results["first"] == "accepted"
    failed = {name for name, one in results.items() if isinstance(one, JournalUnavailable)}
    assert failed == ({"a", "b", "c"} if groups == [1, 3] else set())


def asking(appender):
    with pytest.raises(JournalUnavailable):
        appender.append(CALLS, [], 0)


def test_while_the_engine_is_away_one_asks_and_the_others_are_told_at_once():
    attempts, go = [], threading.Event()

    def commit(group):
        attempts.append(len(group))
        if len(attempts) > 1:
            go.wait(5)
        if len(attempts) < 3:
            raise JournalUnavailable("gone", "connection")
        for one in group:
            one.receipts = [Receipt("m", "accepted", False)]

    appender = Appender(commit, 5)
    with pytest.raises(JournalUnavailable, match="gone"):
        appender.append(CALLS, [], 0)
    probe = threading.Thread(target=asking, args=(appender,))
    probe.start()
    while len(attempts) < 2:
        time.sleep(0.01)
    began = time.monotonic()
    for _ in range(50):
        with pytest.raises(JournalUnavailable, match="gone"):
            appender.append(CALLS, [], 0)
    assert time.monotonic() - began < 1
    assert len(attempts) == 2
    go.set()
    probe.join(5)
    assert appender.append(CALLS, [], 0)[0].status == "accepted"
    assert appender.append(CALLS, [], 0)[0].status == "accepted"
    appender.close()


def test_of_a_split_group_nobody_waits_for_an_engine_that_has_gone_away_meanwhile():
    attempts = []

    def commit(group):
        attempts.append(len(group))
        raise JournalUnavailable("broken" if len(group) > 1 else "gone", "io" if len(group) > 1 else "connection")

    appender = Appender(commit, 5)
    appender._start()
    group = [Append(CALLS, [], 0) for _ in range(20)]
    appender._write(group)
    assert attempts == [20, 1]
    assert {str(one.error) for one in group} == {"gone"}
    assert all(one.done.is_set() for one in group)
    appender.close()


PAUSE = 0.5
"""Seconds, so that what comes at once comes in time on a slow machine too."""


def test_after_a_shared_transaction_the_next_waits_for_company():
    engine = Engine(None, PAUSE)
    appender = Appender(engine.commit, 5, PAUSE)
    ran(appender, engine, ["a", "b"])
    threads = [threading.Thread(target=appender.append, args=(CALLS, [], 0)) for _ in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    assert engine.groups == [1, 2, 3]
    appender.close()


def test_nobody_waits_longer_for_company_than_the_last_transaction_took():
    engine = Engine(None)
    appender = Appender(engine.commit, 5, 60)
    ran(appender, engine, ["a", "b"])
    assert appender.append(CALLS, [], 0)[0].status == "accepted"
    assert engine.groups == [1, 2, 1]
    appender.close()


def test_who_appends_alone_waits_for_nobody():
    engine = Engine(None)
    engine.go.set()
    appender = Appender(engine.commit, 5, 60)
    for _ in range(3):
        assert appender.append(CALLS, [], 0)[0].status == "accepted"
    assert engine.groups == [1, 1, 1]
    appender.close()


def test_one_that_is_withdrawn_while_company_is_waited_for_is_not_written_and_ends_nothing():
    engine = Engine(None, PAUSE)
    appender = Appender(engine.commit, 5, PAUSE)
    ran(appender, engine, ["a", "b"])
    appender._wait = PAUSE / 5
    with pytest.raises(JournalUnavailable, match="could not be written within"):
        appender.append(CALLS, [], 0)
    appender._wait = 5
    assert appender.append(CALLS, [], 0)[0].status == "accepted"
    assert engine.groups[:2] == [1, 2]
    assert sum(engine.groups) == 4
    appender.close()


def test_a_close_while_company_is_waited_for_writes_what_waits():
    engine = Engine(None, PAUSE)
    appender = Appender(engine.commit, 5, PAUSE)
    ran(appender, engine, ["a", "b"])
    results: list[object] = []
    last = threading.Thread(target=lambda: results.append(appender.append(CALLS, [], 0)[0].status))
    last.start()
    while not appender._waiting:
        pass
    appender.close()
    last.join(10)
    assert results == ["accepted"]
    assert engine.groups == [1, 2, 1]


def test_company_that_keeps_coming_is_not_waited_for_for_ever():
    engine = Engine(None, PAUSE / 5)
    appender = Appender(engine.commit, 5, PAUSE / 5)
    ran(appender, engine, ["a", "b"])
    threads = []
    while len(engine.groups) < 3:
        threads.append(threading.Thread(target=appender.append, args=(CALLS, [], 0)))
        threads[-1].start()
        time.sleep(PAUSE / 20)
    for thread in threads:
        thread.join(10)
    assert engine.groups[2] < GROUP / 2, "about 20, however many more would come"
    appender.close()
