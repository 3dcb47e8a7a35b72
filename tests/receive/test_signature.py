"""Signatures: the recorded bytes of Segment's own Webhook destination (vectors segment_webhook, by name)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.receive.signature import sign, verify

VECTORS = [json.loads(line) for line in (Path(__file__).parent / "segment_webhook.jsonl").read_text().splitlines()]
SIGNED = [pytest.param(one, id=one["name"]) for one in VECTORS if one["signature"]]
UNSIGNED = [pytest.param(one, id=one["name"]) for one in VECTORS if not one["signature"]]


def test_five_recorded_requests_carry_a_signature():
    assert len(SIGNED) == 5


@pytest.mark.parametrize("vector", SIGNED)
def test_recorded_signatures_verify(vector):
    assert verify([vector["secret"]], vector["body"].encode(), vector["signature"])
    assert verify(["another", vector["secret"]], vector["body"].encode(), vector["signature"].upper())


@pytest.mark.parametrize("vector", SIGNED)
def test_one_changed_byte_does_not_verify(vector):
    body = vector["body"].encode()
    signed = 1 if body.startswith(b"[") else 0
    for position in (signed, signed + 10, signed + 50):
        if position < len(body):
            changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
            assert not verify([vector["secret"]], changed, vector["signature"]), position


@pytest.mark.parametrize("vector", SIGNED)
def test_recorded_requests_are_taken_over_http_and_changed_ones_are_not(vector, service):
    client = service(segment={"shared_secret": vector["secret"]})
    headers = {"X-Signature": vector["signature"]}
    assert client.post("/webhook", data=vector["body"].encode(), headers=headers).status_code != 401
    assert client.post("/webhook", data=vector["body"].encode()[:-1] + b" ", headers=headers).status_code in (400, 401)
    wrong = {"X-Signature": "0" * 40}
    assert client.post("/webhook", data=vector["body"].encode(), headers=wrong).status_code == 401


@pytest.mark.parametrize("vector", UNSIGNED)
def test_unsigned_requests_are_401_when_a_secret_is_set(vector, service, stored):
    client = service(segment={"shared_secret": "s3cret"})
    answer = client.post("/webhook", data=vector["body"].encode())
    assert (answer.status_code, answer.json) == (401, {"error": "unauthorized"})
    assert stored(client) == []


def test_an_arrays_first_element_is_signed_as_it_stands():
    element = b'{ "a" : "\\u00e9", "b": 1.0 }'
    signature = sign("s", b"[" + element + b",{}]")
    assert signature == sign("s", element)
    assert verify(["s"], b" [ " + element + b' , {"other": 2} ] ', signature)
    assert not verify(["s"], b'[{"a":"\\u00e9","b":1.0}]', signature), "never re-serialised"


@given(st.binary(max_size=60), st.text(max_size=50))
def test_any_bytes_and_header_are_judged_without_an_error(body, header):
    assert verify(["s"], body, header) is False or header.strip().lower() == sign("s", body)
