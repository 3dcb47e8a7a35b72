"""A request that is answered is gone: what it sent is not kept until the collector looks, which it does rarely."""

import gc

import pytest
from werkzeug import Request

HEADERS = {"X-Large": "x" * 1000}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/nowhere", b"{}", 404),
        ("POST", "/healthz", b"{}", 405),
        ("POST", "/webhook", b'{"type":"track"}', 400),
        ("POST", "/webhook", b"{", 400),
        ("POST", "/v1/batch", b'{"batch":[{"type":"track"},{}]}', 200),
    ],
)
def test_no_error_keeps_its_request(service, method, path, body, status):
    client = service()
    answers = {client.open(path, method=method, data=body, headers=HEADERS).status_code for _ in range(2)}
    assert answers == {status}
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            client.open(path, method=method, data=body, headers=HEADERS).close()
        kept = [one for one in gc.get_objects() if isinstance(one, BaseException) and one.__traceback__ is not None]
        assert [one for one in kept if frames_with_a_request(one)] == []
    finally:
        gc.enable()


def frames_with_a_request(error):
    """The frames above an error, in which a request is at hand."""
    frame, found = error.__traceback__.tb_frame, []
    while frame is not None:
        found += [name for name, value in frame.f_locals.items() if isinstance(value, Request)]
        frame = frame.f_back
    return found
