"""What people look at: the newest calls, a call by its names, what became of it, reasons, spans, sightings."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as copy_of

from translator.parcels import Answered, Call, Dead, Done, Later, Refusal
from translator.sights import Fate, Reason, Sighting, Span, Tried, joined

HOUR = 3_600_000


def take(journal, name="amplitude", limit=100):
    lease = journal.claim(name, limit, 30)
    return lease, {item.message_id: item.id for item in lease.items}


def settle(journal, lease, request=None, answer="200", **verdicts):
    ids = {item.message_id: item.id for item in lease.items}
    answers = [] if request is None else [Answered(request, answer, tuple(ids.values()))]
    journal.settle(lease, {ids[name]: one for name, one in verdicts.items()}, {}, answers=answers)


def fates(journal, *names):
    found = {one.message_id: one.id for one in journal.newest(100)}
    told = journal.fates([found[name] for name in names])
    return [told[found[name]] for name in names]


def test_the_newest_come_first_and_page_by_page(journal, call):
    journal.append([call(name) for name in "abcde"])
    first = journal.newest(2)
    assert [one.message_id for one in first] == ["e", "d"]
    assert [one.message_id for one in journal.newest(10, before=first[-1].id)] == ["c", "b", "a"]
    (one,) = journal.newest(1)
    assert (one.source, one.subject, one.ip, one.derived) == ("webhook", "u1", "192.0.2.1", False)
    assert one.body == b'{"type":"track","event":"e","userId":"u1","messageId":"e"}'


def test_a_call_is_found_by_message_subject_and_id_among_all(journal, call):
    journal.append([call("a", "u1"), call("b", "u2"), call("c", "u1")])
    other = copy_of(call("a", "u3"), source="elsewhere")
    journal.append([other])
    by_name = journal.named("a")
    assert [(one.source, one.subject) for one in by_name] == [("elsewhere", "u3"), ("webhook", "u1")]
    assert [one.message_id for one in journal.named("u1")] == ["c", "a"]
    assert [one.message_id for one in journal.named("u1", 1)] == ["c"]
    assert [one.message_id for one in journal.named(by_name[0].id)] == ["a"]
    for nothing in ("", "x", "9" * 30, "\u0661", "a\0"):
        assert journal.named(nothing) == []


def test_what_became_of_a_call_is_told_by_destination(journal, call, clock, notes_verdicts):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call(name, name) for name in ("sent", "nothing", "refused", "again", "new")])
    lease, ids = take(journal, limit=4)
    assert fates(journal, "sent", "new") == [
        [Fate("amplitude", "posting"), Fate("test", "waiting", 0)],
        [Fate("amplitude", "waiting", 0), Fate("test", "waiting", 0)],
    ]
    request = journal.posting(lease, "http-v2", [*ids.values()], "c0ffee")
    later, dead = Later(clock.ms + 500, "throttled"), Dead("invalid_fields", "no")
    settle(journal, lease, request, sent=Done(), nothing=Done("not_allowed"), refused=dead, again=later)
    (letter,) = journal.dead()
    sent, nothing, refused, again = (found[0] for found in fates(journal, "sent", "nothing", "refused", "again"))
    assert sent == Fate("amplitude", "delivered", clock.ms, None, 0, request)
    assert nothing == Fate("amplitude", "ignored", clock.ms, "not_allowed", 0, request)
    assert refused == Fate("amplitude", "dead", clock.ms, "invalid_fields", 1, request, letter.id)
    assert again == Fate("amplitude", "waiting", clock.ms + 500, "throttled", 1)
    assert journal.attempts(ids["again"]) == [Tried("amplitude", clock.ms, "throttled", request)]


def test_a_call_of_before_a_destination_has_no_fate_there(journal, call):
    journal.append([call("a")])
    journal.attach({"amplitude": "now", "test": "now"})
    assert fates(journal, "a") == [[Fate("amplitude", "waiting", 0)]]
    assert journal.fates([]) == {}


def test_a_letter_that_was_redriven_is_no_longer_dead(journal, call, clock):
    journal.append([call("a", "a"), call("b", "b")])
    lease, _ = take(journal)
    settle(journal, lease, a=Dead("x"), b=Dead("x"))
    letters = {one.message_id: one.id for one in journal.dead()}
    journal.redrive([letters["a"]])
    assert fates(journal, "a") == [[Fate("amplitude", "waiting", 0)]]
    lease, ids = take(journal)
    settle(journal, lease, journal.posting(lease, "http-v2", [ids["a"]], "c"), a=Done())
    assert fates(journal, "a")[0][0].state == "delivered"


def test_a_letter_that_was_dropped_is_dead_for_good(journal, call, notes_verdicts):
    journal.append([call("b", "b")])
    lease, _ = take(journal)
    settle(journal, lease, b=Dead("x"))
    journal.drop([one.id for one in journal.dead()])
    ((dropped,),) = fates(journal, "b")
    assert (dropped.state, dropped.why, dropped.letter) == ("dead", "dropped", None)


def test_the_requests_that_carried_a_call_are_found_and_no_others(journal, call, clock):
    journal.append([call("a", "a"), call("b", "b")])
    lease, ids = take(journal)
    first = journal.posting(lease, "http-v2", [ids["a"], ids["b"]], "c1")
    (open_one,) = journal.sent(ids["a"])
    assert (open_one.number, open_one.ended, open_one.answer) == (first, None, None)
    settle(journal, lease, first, "503 busy", a=Later(clock.ms, "unavailable"), b=Done())
    clock.ms += 1000
    lease, ids = take(journal)
    second = journal.posting(lease, "identify", [ids["a"]], "c2")
    third = journal.posting(lease, "groupidentify", [ids["a"]], "c2")
    answers = [Answered(second, "200", [ids["a"]]), Answered(third, "200", [ids["a"]])]
    journal.settle(lease, {ids["a"]: Done()}, {}, answers=answers)
    found = journal.sent(ids["a"])
    assert [(one.number, one.api, one.answer, one.configuration, one.calls) for one in found] == [
        (first, "http-v2", "503 busy", "c1", 2),
        (second, "identify", "200", "c2", 1),
        (third, "groupidentify", "200", "c2", 1),
    ]
    assert [one.began for one in found] == [clock.ms - 1000, clock.ms, clock.ms]
    (other,) = journal.named("b")
    assert [one.number for one in journal.sent(other.id)] == [first]


def test_reasons_are_counted_by_destination_and_the_refused_beside_them(journal, call, clock):
    assert journal.reasons() == []
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call(name, name) for name in "abc"], [Refusal("webhook", 5, {"event": ["required"]}, b"{}")])
    for name in ("amplitude", "test"):
        lease, _ = take(journal, name)
        settle(journal, lease, a=Dead("x"), b=Dead("y"), c=Dead("x"))
    now = clock.ms
    assert journal.reasons() == [
        Reason("amplitude", "x", 2, now, now),
        Reason("amplitude", "y", 1, now, now),
        Reason("test", "x", 2, now, now),
        Reason("test", "y", 1, now, now),
        Reason("", "invalid", 1, 5, 5),
    ]


def test_dead_letters_are_paged(journal, call):
    journal.append([call(str(number), str(number)) for number in range(5)], [Refusal("w", 1, {}, b"{}")] * 3)
    lease, _ = take(journal)
    journal.settle(lease, {item.id: Dead("x") for item in lease.items}, {})
    first = journal.dead("amplitude", "x", 2)
    rest = journal.dead("amplitude", "x", 10, below=first[-1].id)
    assert [one.message_id for one in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert journal.dead("amplitude", "y") == []
    refused = journal.dead("", None, 2)
    assert [one.id for one in journal.dead("", None, 10, below=refused[-1].id)] == ["r1"]


def test_what_was_pruned_or_purged_leaves_nothing(journal, call, clock):
    journal.append([call("a", "gone"), call("b", "stays")])
    lease, ids = take(journal)
    settle(journal, lease, journal.posting(lease, "http-v2", [*ids.values()], "c"), a=Done(), b=Done())
    journal.note_seen("amplitude", [Sighting("value", "v", 1, 2, 2, {}, (("gone", "gone"), ("stays", "stays")))])
    journal.purge("gone")
    assert journal.fates([ids["a"]]) == {ids["a"]: []}
    assert journal.fates([ids["b"]]) != {ids["b"]: []}
    assert journal.seen("amplitude", "value")[0].samples == (("stays", "stays"),)
    journal.prune(clock.ms + 1)
    assert journal.fates([ids["b"]]) == {ids["b"]: []}


def test_configurations_are_kept_as_they_change(journal, clock):
    assert journal.configuration("amplitude", "h1", clock.ms) is None
    for hour, (name, said) in enumerate([("h1", "one"), ("h1", "one"), ("h2", "two"), ("h1", "one")]):
        clock.ms += hour and HOUR
        journal.note_configuration("amplitude", name, said)
    start = clock.ms - 3 * HOUR
    assert journal.configuration("amplitude", "h2") == "two"
    assert journal.configuration("amplitude", "h3") is None
    told = [journal.configuration("amplitude", None, start + at) for at in (-1, 0, HOUR, 2 * HOUR, 3 * HOUR)]
    assert told == ["one", "one", "one", "two", "one"]
    assert journal.configuration("test", "h1", clock.ms) is None


def test_spans_are_kept_for_a_while_and_replaced_by_later_ones_of_the_same(journal, clock):
    now = clock.ms
    minute = Span(60, now, "p1", {"delivered|amplitude": 2})
    journal.note_spans([minute, Span(60, now, "p2", {"x": 1}), Span(600, now, "p1", {"delivered|amplitude": 2})])
    journal.note_spans([replace(minute, counts={"delivered|amplitude": 3.5, "\0|<b>": 1})])
    found = {(one.owner, one.began): dict(one.counts) for one in journal.spans(60, now)}
    assert found == {("p1", now): {"delivered|amplitude": 3.5, "\0|<b>": 1}, ("p2", now): {"x": 1}}
    assert journal.spans(60, now + 60_000) == []
    assert len(journal.spans(60, now + 59_999)) == 2, "a span that has not ended by then"
    clock.ms += 3 * HOUR
    journal.note_spans([Span(60, clock.ms, "p1", {})])
    assert [one.began for one in journal.spans(60, 0)] == [clock.ms]
    assert [one.began for one in journal.spans(600, 0)] == [now]


def test_sightings_are_added_up(journal):
    first = Sighting("value", '["company","acme"]', 10, 20, 2, {"joins": 2}, (("u1", "u1"),), "Acme")
    second = Sighting(
        "value", '["company","acme"]', 15, 30, 1, {"joins": 1, "event": 1}, (("u2", "u2"), ("u1", "u1")), ""
    )
    journal.note_seen("amplitude", [first])
    journal.note_seen("amplitude", [second, Sighting("property", "plan", 5, 6, 1, {"string": 1}, (("pro", "u1"),))])
    expected = Sighting(
        "value", '["company","acme"]', 10, 30, 3, {"joins": 3, "event": 1}, (("u2", "u2"), ("u1", "u1")), "Acme"
    )
    assert journal.seen("amplitude", "value") == [expected]
    assert [one.name for one in journal.seen("amplitude", "property")] == ["plan"]
    assert journal.seen("test", "value") == []
    journal.note_seen("nobody", [first])


def test_samples_are_the_newest_and_few():
    old = Sighting("property", "p", 1, 1, 3, {}, (("a", "u"), ("b", "u"), ("c", "u")))
    new = Sighting("property", "p", 2, 2, 2, {}, (("d", "u"), ("a", "v")), "label")
    assert joined(old, new).samples == (("d", "u"), ("a", "v"), ("b", "u"))
    assert joined(replace(old, last_at=9, label="later"), new).label == "later"


@pytest.mark.parametrize("text", ["\0", "␛0", "'; DROP TABLE calls", "<script>", "é" * 2000, '"'])
def test_odd_texts_are_names_too(journal, text):
    journal.note_seen("amplitude", [Sighting("value", text, 1, 1, 1, {text: 1}, ((text, text),), text)])
    journal.note_seen("amplitude", [Sighting("value", text, 1, 2, 1)])
    assert journal.seen("amplitude", "value") == [Sighting("value", text, 1, 2, 2, {text: 1}, ((text, text),), text)]
    body = {"type": "track", "event": "e", "userId": text, "messageId": text}
    journal.append([Call("", "webhook", text, text, 1, body)])
    assert [one.subject for one in journal.named(text)] == [text]
    journal.purge(text)
    assert journal.seen("amplitude", "value")[0].samples == ()


def test_only_so_many_sightings_of_a_kind_are_kept_the_last_seen(journal, monkeypatch):
    for place in ("sqlite.noting", "postgres.noting", "kafka.sightings"):
        monkeypatch.setattr(f"translator.journal.{place}.MOST_SEEN", {"value": 3, "type": 9})
    journal.note_seen("amplitude", [Sighting("value", str(at), at, at, 1) for at in range(10)])
    journal.note_seen("amplitude", [Sighting("type", "t", 0, 0, 1)])
    assert [one.name for one in journal.seen("amplitude", "value")] == ["9", "8", "7"]
    assert [one.name for one in journal.seen("amplitude", "type")] == ["t"]


def test_somebody_who_was_forgotten_is_not_noted_again_by_who_has_seen_them_before(journal, call):
    journal.append([call("a", "gone")])
    pending = [Sighting("value", "v", 1, 2, 2, {}, (("gone", "gone"), ("stays", "stays")))]
    journal.purge("gone")
    journal.note_seen("amplitude", pending)
    assert journal.seen("amplitude", "value")[0].samples == (("stays", "stays"),)


def test_a_call_that_stays_after_a_deletion_keeps_its_fate(journal, call):
    journal.append([call("a", "gone"), call("delete", "gone")])
    lease, ids = take(journal)
    settle(journal, lease, journal.posting(lease, "http-v2", [*ids.values()], "c"), a=Done(), delete=Done())
    journal.purge("gone", keep=ids["delete"])
    assert [one.state for one in journal.fates([ids["delete"]])[ids["delete"]]] == ["delivered"]
    assert journal.fates([ids["a"]]) == {ids["a"]: []}


def test_a_call_and_the_earlier_ones_of_its_subject(journal, call):
    journal.append([call("a", "u1"), call("b", "u2"), call("c", "u1"), call("d", "u1")])
    newest = {one.message_id: one for one in journal.newest(10)}
    assert journal.kept(newest["b"].id) == newest["b"]
    assert [journal.kept(name) for name in ("99", "x", "\u0661")] == [None, None, None]
    assert [one.message_id for one in journal.earlier(newest["d"], 10)] == ["c", "a"]
    assert [one.message_id for one in journal.earlier(newest["d"], 1)] == ["c"]
    assert journal.earlier(newest["a"], 10) == []


def test_the_last_request_to_each_destination(journal, call):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call("a", "a"), call("b", "b")])
    assert journal.latest() == {}
    for name, answer in (("test", "200"), ("amplitude", "503: busy")):
        lease, ids = take(journal, name)
        first = journal.posting(lease, "http-v2", [ids["a"]], "c")
        second = journal.posting(lease, "http-v2", [ids["b"]], "c")
        answers = [Answered(first, "200", [ids["a"]]), Answered(second, answer, [ids["b"]])]
        journal.settle(lease, {}, {}, answers=answers)
    found = journal.latest()
    assert {name: (one.answer, one.calls, one.destination) for name, one in found.items()} == {
        "test": ("200", 1, "test"),
        "amplitude": ("503: busy", 1, "amplitude"),
    }
