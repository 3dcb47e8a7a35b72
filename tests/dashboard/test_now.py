"""The first page: the books, what a person should see to and what to do, and what was counted over time."""

import re
import time
from pathlib import Path

import pytest

from tests.dashboard.conftest import track
from translator.dashboard.advice import DO, REFUSED, advice
from translator.dashboard.house import Problem, State
from translator.dashboard.series import RANGES, Counted, charts, summed
from translator.errors import WrongOrigin
from translator.observe import HAPPENINGS, SEPARATOR
from translator.parcels import Counts, Dead, Later, Tally
from translator.receive import credentials, writekeys
from translator.settings.values import Job
from translator.sights import Span, Wait

NOW = 1_710_090_245_678
MINUTE = 60_000


def key(*parts):
    return SEPARATOR.join(parts)


def test_the_books_are_on_the_page_and_live(place):
    here = place()
    here.post(track("m1"), track("m1"), {"type": "track"})
    for path in ("/", "/now/live"):
        text = here.text(path)
        for word, count in (("received", 3), ("accepted", 1), ("duplicates", 1), ("refused", 1)):
            assert re.search(rf"\b{word} {count}\b", text), (path, word)
        assert re.search(r"amplitude http://127\.0\.0\.1:\d+ 1 0 0 0 1 0 ", text)


def test_what_was_refused_is_said_to_be_kept_at_first(place):
    here = place(journal={"keep_refused": 1200})
    assert "refused 0 none receipt" in here.text("/")
    here.journal.append([], [], 2)
    assert "refused 2 none kept receipt" in here.text("/")
    here.post({"type": "track"})
    for path in ("/", "/now/live"):
        assert "refused 3 see why ; 1 kept at first, the newest 1,200 of each source stay" in here.text(path)


def test_what_is_done_once_a_day_is_shown_with_its_last_run_and_the_next(place, monkeypatch):
    import translator.reports.clockwork as clockwork

    here = place()
    assert "Once a day" not in here.text("/")
    monkeypatch.setattr(clockwork, "jobs_of", lambda settings: (Job("kpi", 240, ("kpi",)),))
    assert re.search(r"kpi none yet \d{4}-\d\d-\d\d 04:00:00Z", here.text("/now/live"))
    lease = here.journal.lease_job("kpi", 1_710_043_200_000, 30)
    assert re.search(r"kpi \S+ \S+Z runs", here.text("/now/live"))
    here.journal.end_job(lease, "<b>3</b> groups set")
    assert re.search(r"kpi \S+ \S+Z done <b>3</b> groups set \d{4}-", here.text("/now/live"))
    monkeypatch.setattr(clockwork, "jobs_of", lambda settings: ())
    assert "no longer configured" in here.text("/")


def test_parked_users_are_counted(place):
    here = place()
    here.post(track("m1"), track("m2"), track("m3", "user-2"), track("m4", "user-3"))
    lease = here.journal.claim("amplitude", 10, 30)
    ids = {item.message_id: item.id for item in lease.items}
    later = int(time.time() * 1000) + 30_000
    whys = {"m1": "throttled", "m3": "daily_quota", "m4": "unavailable"}
    here.journal.settle(lease, {ids[name]: Later(later, why) for name, why in whys.items()}, {})
    assert re.search(r" 4 2 of 2 users ", here.text("/now/live"))


def test_what_was_counted_in_the_last_hour_is_listed(place):
    here = place()
    now = int(time.time() * 1000)
    counts = {
        key("unauthorized", "signature_wrong"): 3, key("later", "amplitude", "throttled"): 5,
        key("dwell", "amplitude", "10"): 99, key("dwell", "amplitude", "40"): 1, key("calls", "track", "accepted"): 7,
        key("noted", "amplitude", "clipped"): 2, key("posted", "amplitude", "http-v2", "200"): 9,
    }  # fmt: skip
    old = {key("unauthorized", "token_wrong"): 1}
    here.journal.note_spans([Span(60, now - MINUTE, "p", counts), Span(60, now - 62 * MINUTE, "p", old)])
    text = here.text("/now/live")
    assert "Refused with 401 or 403 signature_wrong 3" in text
    assert "token_wrong" not in text
    assert "Put back to wait throttled 5" in text
    assert "Clipped, dropped or replaced clipped 2" in text
    assert "Amplitude's answers 200 9" in text
    assert "7 calls came in the last hour" in text
    assert re.search(r"93 ms p50 of the last hour; p99 93 ms", text)
    assert "3 requests were refused with 401 or 403 in the last hour: signature_wrong 3" in text
    assert REFUSED["signature_wrong"] in text


def test_the_figures_of_the_charts(place):
    here = place()
    now = int(time.time() * 1000)
    minute = now - now % MINUTE - MINUTE
    counts = {key("calls", "track", "accepted"): 6, key("delivered", "amplitude"): 4, key("waiting", "amplitude"): 2}
    here.journal.note_spans([Span(60, minute, "p", counts), Span(60, minute, "q", {key("waiting", "amplitude"): 1})])
    found = here.client.get("/now/series").get_json()
    assert len(found["x"]) == 60
    assert found["x"][-1] in (minute / 1000, minute / 1000 + 60), "only minutes that are over"
    calls = dict(zip(found["charts"]["calls"]["names"], found["charts"]["calls"]["values"], strict=True))
    assert sum(calls["accepted"]) == 6
    assert sum(calls["delivered"]) == 4
    assert [one for one in found["charts"]["waiting"]["values"][0] if one is not None] == [2]
    assert (
        here.client.get("/now/series?span=day").get_json()["x"][1]
        - here.client.get("/now/series?span=day").get_json()["x"][0]
        == 600
    )
    assert len(here.client.get("/now/series?span=%3Cb%3E").get_json()["x"]) == 60


@pytest.mark.parametrize("span", RANGES)
def test_columns_are_of_one_length_and_a_rate_is_by_the_minute(span):
    seconds, count = RANGES[span]
    began = NOW - NOW % (seconds * 1000)
    counts = {key("calls", "page", "accepted"): 60, key("calls", "page", "duplicate"): 5, key("dead", "a", "x"): 20}
    found = charts([Span(seconds, began, "p", counts)], span, began + seconds * 1000 + 5, ["a", "b"])
    assert len(found["x"]) == count
    for chart in found["charts"].values():
        assert {len(one) for one in chart["values"]} == {count}
        assert len(chart["names"]) == len(chart["values"])
    calls = dict(zip(found["charts"]["calls"]["names"], found["charts"]["calls"]["values"], strict=True))
    assert calls["accepted"][-1] == 60 * 60 / seconds
    assert calls["dead"][-1] == 20 * 60 / seconds
    assert set(calls) == {"accepted", "delivered to a", "delivered to b", "dead"}


def test_a_line_does_not_fall_at_its_end_because_the_present_span_is_not_over():
    began = NOW - NOW % 600_000
    spans = [Span(600, began - 600_000, "p", {key("calls", "page", "accepted"): 600})]
    spans.append(Span(600, began, "p", {key("calls", "page", "accepted"): 100}))
    for after, last in ((100_000, [60, 60]), (59_000, [0, 60])):
        found = charts(spans, "day", began + after, [])["charts"]["calls"]["values"][0]
        assert found[-2:] == last, after


def test_sums_over_processes():
    spans = [
        Span(60, 0, "p", {key("dead", "a", "x"): 1, key("dead", "b", "x"): 2}),
        Span(60, 0, "q", {key("dead", "a", "y"): 4}),
    ]
    found = summed(spans)
    assert found.by("dead", 1) == {"y": 4, "x": 3}
    assert found.by("dead", 1, label0="b") == {"x": 2}
    assert found.total("dead", "a") == 5
    assert found.dwell(0.5) is None


def test_every_problem_says_what_to_do():
    for kind, do in DO.items():
        (said,) = advice(State((Problem(kind, "it is so", True),)), Counted(), [], [])
        assert (said.said, said.do, said.is_grave) == ("It is so", do, True)


def test_every_reason_of_a_401_says_what_to_do():
    raised = {WrongOrigin.reason}
    for module in (credentials, writekeys):
        raised |= set(re.findall(r'BadSignature\("(\w+)"\)', Path(str(module.__file__)).read_text()))
    assert raised == set(REFUSED)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {("unauthorized", "token_wrong"): 2},
            "2 requests were refused with 401 or 403 in the last hour: token_wrong 2",
        ),
        ({("journal_unavailable", "full"): 2}, "2 requests were answered 503 in the last hour"),
        (
            {("requests", "tracking", "413"): 2, ("requests", "webhook", "413"): 1, ("requests", "webhook", "200"): 9},
            "3 requests were not taken, and not kept, in the last hour: 413 3",
        ),
        ({("limited", "web"): 3}, "3 requests were answered 429 in the last hour, for coming too fast: source web 3"),
        (
            {("dead", "a", "invalid_fields"): 1500},
            "1,500 calls became dead letters in the last hour: invalid_fields 1,500",
        ),
    ],
)
def test_what_was_counted_is_advised_on(counts, said):
    hour = Counted()
    hour.add({key(*parts): count for parts, count in counts.items()})
    assert {parts[0] for parts in counts} <= set(HAPPENINGS)
    assert advice(State(), hour, [], [])[0].said.startswith(said)


def test_too_many_calls_of_a_source_are_grave_since_its_library_gives_up():
    hour = Counted()
    hour.add({key("limited", "web"): 3, key("dead", "a", "silenced"): 9})
    first, second = advice(State(), hour, [], [])
    assert (first.is_grave, second.is_grave) == (True, False)
    assert first.do.startswith("Calls are lost if this lasts")
    assert "segment.calls_per_second" in first.do
    assert first.link == ("calls", "Calls")


def test_calls_that_wait_long_are_told_of_with_their_reasons_unless_it_is_stopped_anyhow():
    old = int(time.time() * 1000) - 3 * 3_600_000
    waits = [Wait("a", "throttled", 3, 2), Wait("b", "x", 1, 1)]
    state = State(counts=Counts(destinations={"a": Tally(waiting=4, oldest_waiting=old)}))
    (one,) = advice(state, Counted(), waits, [])
    assert one.said == "a: 4 calls wait, the oldest for 3 h: throttled 3"
    fresh = State(counts=Counts(destinations={"a": Tally(waiting=4, oldest_waiting=int(time.time() * 1000))}))
    stopped = State(counts=Counts(destinations={"a": Tally(waiting=4, oldest_waiting=old, circuit="no")}))
    assert advice(fresh, Counted(), waits, []) == advice(stopped, Counted(), waits, []) == []


def test_the_gravest_comes_first():
    problems = (
        Problem("disk", "little", False),
        Problem("journal", "gone", True),
        Problem("circuit", "stopped", False),
    )
    assert [one.said for one in advice(State(problems), Counted(), [], ["T6"])][:2] == ["Gone", "Stopped"]


def test_a_stopped_destination_is_marked_and_advised_on(place):
    here = place()
    here.journal.beat("h", 1, ["amplitude"])
    here.journal.break_circuit("amplitude", "Invalid API key: <b>")
    text = here.text("/now/live")
    assert "Amplitude: stopped, a person is needed: Invalid API key: <b>" in text
    assert DO["circuit"] in text
    assert "amplitude http" in text
    assert " stopped " in text


def test_all_is_well_only_when_it_is(place):
    here = place()
    assert "No delivery is alive" in here.text("/now/live")
    assert DO["delivery"] in here.text("/now/live")
    here.journal.beat("elsewhere", 1, ["amplitude"])
    assert "All is well" in here.text("/now/live")
    here.post(track("m1"))
    lease = here.journal.claim("amplitude", 1, 30)
    here.journal.settle(lease, {lease.items[0].id: Dead("x")}, {})
    assert "All is well" in here.text("/now/live"), "figures of the last hour are counted by the delivery process"


def test_without_a_destination_the_page_says_what_to_do(place):
    text = place(destinations={}).text("/")
    assert "No destination yet: calls are accepted and wait." in text
    assert DO["no_destination"] in text


def test_a_page_says_when_the_journal_cannot_be_read(board, tmp_path):
    (tmp_path / "journal.db").write_bytes(b"no database" * 1000)
    client = board({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"})
    page = client.get("/")
    assert page.status_code == 200
    assert "The journal cannot be written" in page.get_data(as_text=True)
    for path in ("/calls", "/groups", "/letters", "/letters/download", "/now/series", "/calls/1"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "The journal cannot be read now" in answer.get_data(as_text=True)


def test_files_are_kept_by_browsers_under_addresses_that_change_with_them(place):
    here = place()
    found = re.findall(r'(?:href|src)="(/static/dashboard/[^"]+)"', here.get("/"))
    assert len(found) == 5
    for address in found:
        assert "?v=" in address
        with here.client.get(address) as answer:
            assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True), address
    with here.client.get("/static/dashboard/style.css") as answer:
        assert answer.headers["Cache-Control"] != "private, max-age=31536000, immutable"


def test_vendored_files_come_with_their_licences():
    from translator.dashboard.mounting import STATIC

    vendor = STATIC / "vendor"
    names = {path.name.split("-")[0].split(".")[0] for path in vendor.iterdir()}
    for name in names:
        assert (vendor / f"{name}.LICENSE").read_text(), name
