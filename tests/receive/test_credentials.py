"""Who may send."""

import pytest

from translator.observe import exposition
from translator.receive.signature import sign

CALL = b'{"type":"track","event":"e","userId":"u","messageId":"m1"}'
ARRAY = b"[" + CALL + b"]"


def post(client, body=CALL, **headers):
    return client.post(
        "/webhook", data=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def counted(reason):
    text = exposition(None).decode()
    lines = [
        line for line in text.splitlines() if line.startswith(f'translator_unauthorized_total{{reason="{reason}"}}')
    ]
    return float(lines[0].split()[1]) if lines else 0.0


@pytest.fixture
def refuses(stored):
    def check(client, reason, body=CALL, **headers):
        before = counted(reason)
        answer = post(client, body, **headers)
        assert (answer.status_code, answer.get_data()) == (401, b'{"error":"unauthorized"}\n')
        assert counted(reason) == before + 1
        assert stored(client) == []

    return check


def test_without_a_secret_this_machine_may_send(service):
    assert post(service()).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"])
def test_this_machine_has_three_names(service, host):
    assert post(service(), Host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": ""},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Host": "localhost"},
        {"Forwarded": "for=127.0.0.1"},
    ],
)
def test_a_forged_host_or_a_forwarded_request_is_not_this_machine(service, refuses, headers):
    refuses(service(), "not_loopback", **headers)


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "", "localhost"])
def test_another_peer_is_not_this_machine(service, refuses, peer):
    client = service()
    client.environ_base["REMOTE_ADDR"] = peer
    refuses(client, "not_loopback")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_several_addresses(service, peer):
    client = service()
    client.environ_base["REMOTE_ADDR"] = peer
    assert post(client).status_code == 200


def test_behind_a_proxy_nobody_is_local(service, refuses):
    refuses(service(server={"behind_proxy": True}), "not_loopback")


def test_a_secret_asks_for_a_signature_from_anywhere(service, refuses):
    client = service(segment={"shared_secret": ["new", "old"]})
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    refuses(client, "signature_missing")
    refuses(client, "signature_wrong", X_Signature=sign("other", CALL))
    refuses(client, "signature_wrong", X_Signature="é")
    refuses(client, "signature_wrong", X_Signature=f"{sign('new', CALL)},{sign('new', CALL)}")
    for secret in ("new", "old"):
        assert post(client, X_Signature=sign(secret, CALL)).status_code == 200


def test_a_token_protects_what_the_signature_does_not_cover(service, refuses):
    client = service(segment={"shared_secret": "s", "header_token": "t"})
    good = {"X_Signature": sign("s", ARRAY)}
    refuses(client, "token_missing", ARRAY, **good)
    refuses(client, "token_wrong", ARRAY, Authorization="Bearer T", **good)
    refuses(client, "token_wrong", ARRAY, Authorization="Bearer t,Bearer t", **good)
    refuses(client, "signature_missing", ARRAY, Authorization="Bearer t")
    assert post(client, ARRAY, Authorization="Bearer t", **good).status_code == 200


def test_a_token_alone_lets_in_from_anywhere(service):
    client = service(segment={"header_token": "t"})
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert post(client, Authorization="Bearer t").status_code == 200


def test_token_only_refuses_arrays_without_a_token(service, refuses):
    client = service(segment={"shared_secret": "s", "arrays": "token-only"})
    refuses(client, "array_needs_token", ARRAY, X_Signature=sign("s", ARRAY))
    assert post(client, CALL, X_Signature=sign("s", CALL)).status_code == 200


def test_an_empty_array_and_one_of_null_cannot_be_signed(service, refuses):
    client = service(segment={"shared_secret": "s"})
    refuses(client, "signature_wrong", b"[]", X_Signature=sign("s", b"[]"))
    refuses(client, "signature_missing", b"[null,{}]")
