"""The receiver takes what delivery sends, as Amplitude would answer, and says when it came."""

import time

import requests

from benchmarks.receiver import receiving


def test_events_are_taken_counted_and_noted():
    before = time.time()
    with receiving() as receiver, requests.Session() as session:
        for first in ("a", "b"):
            body = b'{"api_key":"k","events":[{"insert_id":"%b1"},{"insert_id":"%b2"}]}' % (
                first.encode(),
                first.encode(),
            )
            answer = session.post(f"{receiver.url}/2/httpapi", data=body, timeout=5)
            assert answer.status_code == 200
            found = answer.json()
            assert (found["code"], found["events_ingested"], found["payload_size_bytes"]) == (200, 2, len(body))
        arrivals = receiver.arrivals().json()
    assert set(arrivals) == {"a1", "a2", "b1", "b2"}
    assert all(before <= moment <= time.time() for moment in arrivals.values())
