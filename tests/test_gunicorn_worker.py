"""What clients do with their connections, by a real service with one worker."""

import socket

import pytest
import requests

from tests.processes import Service, until

HEAD = b"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
CALL = b'{"type":"track","event":"e","userId":"u"}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(CALL) + CALL
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CALL), CALL)
TOO_LARGE = HEAD + b"Content-Length: 6000000\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("worker"), TRANSLATOR__SERVER__WORKERS="1")
    yield running
    running.kill_all()


def connected(service, sent):
    made = socket.create_connection(("127.0.0.1", service.port), 10)
    made.sendall(sent)
    return made


def heard(connection):
    """All until the server's end."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [(WHOLE, b"200"), (CHUNKED, b"200"), (TOO_LARGE, b"413"), (b"NO HTTP\r\n\r\nmore", b"400")],
    ids=["whole", "chunked", "too large", "no HTTP"],
)
def test_who_does_not_close_its_connection_holds_up_nobody(service, sent, status):
    open_ones = [connected(service, sent) for _ in range(4)]
    assert {heard(one)[9:12] for one in open_ones} == {status}
    # gunicorn's own worker would wait for 2 s, for each
    assert requests.get(f"{service.url}/healthz", timeout=1.5).status_code == 200
    for one in open_ones:
        one.close()


def test_nor_do_many_more_than_there_are_threads(service):
    open_ones = [connected(service, b"NO HTTP\r\n\r\nmore") for _ in range(100)]
    assert {heard(one)[9:12] for one in open_ones} == {b"400"}
    # where each takes one of 16 threads for 2 s, this takes 10
    assert requests.get(f"{service.url}/healthz", timeout=1.5).status_code == 200
    for one in open_ones:
        one.close()


def test_who_never_closes_is_closed(service):
    with connected(service, TOO_LARGE) as one:
        assert heard(one)[9:12] == b"413"
        until(lambda: is_reset(one), 6)


def is_reset(connection):
    try:
        connection.sendall(b"x")
    except OSError:
        return True
    return False


def test_who_is_refused_before_all_is_sent_hears_it_while_sending_on(service):
    with connected(service, TOO_LARGE) as refused:
        for _ in range(20):
            refused.sendall(b"x" * 1000)
        assert heard(refused).startswith(b"HTTP/1.1 413 ")


def test_what_was_sent_after_a_request_that_closes_is_not_answered(service):
    with connected(service, WHOLE + WHOLE) as twice:
        assert heard(twice).count(b"HTTP/1.1 ") == 1


def test_a_connection_that_is_kept_answers_one_request_after_another(service):
    kept = WHOLE.replace(b"Connection: close\r\n", b"")
    with connected(service, kept + kept) as both:
        answers = b""
        while answers.count(b"HTTP/1.1 200 ") < 2 or not answers.endswith(b"}\n"):
            answers += both.recv(65536)


def test_who_connects_and_says_nothing_for_a_moment_is_answered(service):
    with connected(service, b"") as silent:
        assert requests.get(f"{service.url}/healthz", timeout=5).status_code == 200
        silent.sendall(WHOLE)
        assert heard(silent).startswith(b"HTTP/1.1 200 ")
