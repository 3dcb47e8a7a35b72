"""The client, against sockets that do what Amplitude should not."""

import gc
import socket
import threading
from contextlib import contextmanager

import pytest

from translator.deliver.batches import Request
from translator.deliver.client import Client
from translator.settings.values import Destination


@contextmanager
def listening(answer):
    """A port where ``answer`` has each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve():
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return
                answer(kept[-1])

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        for one in kept:
            one.close()
        server.shutdown(socket.SHUT_RDWR)


def hang(connection):
    pass


def reset(connection):
    connection.recv(100)
    connection.close()


@pytest.mark.parametrize(("answer", "failure"), [(hang, "timeout"), (reset, "reset"), (None, "refused")])
def test_an_attempt_that_fails_leaves_nothing_that_only_the_collector_can_free(answer, failure):
    with listening(answer or hang) as port:
        client = Client(Destination("one", "k"), 0.2)
        request = Request(f"http://127.0.0.1:{port if answer else 1}/", b"x" * 100_000)
        client.send(request)
        gc.collect()
        gc.disable()
        try:
            assert {client.send(request).failure for _ in range(3)} == {failure}
            assert gc.collect() < 3, "the request's body, in the frames of an error"
        finally:
            gc.enable()
        client.close()
