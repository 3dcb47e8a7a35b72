"""What is of Segment's library for node alone: @segment/analytics-node."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.clients import seen
from tests.clients.scene import KEYS
from tests.clients.sdks import NODE


@pytest.fixture
def elsewhere(scene):
    """A function from a status to the address of a server that sends everybody on to the service by it."""
    made = []

    def build(status):
        class Redirect(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Location", scene.service.url + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Redirect)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        made.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield build
    for server, thread in made:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "arrives"), [(301, False), (302, False), (307, True), (308, True)])
def test_an_address_that_redirects_loses_calls_or_does_not(scene, elsewhere, status, arrives):
    who = f"node-{status}"
    done = NODE.send(elsewhere(status), KEYS["backend"], seen.track(who), **NODE.quick)
    assert done.failed == ([] if arrives else done.ids)
    scene.settled()
    assert seen.inserted(scene, who) == (done.ids if arrives else [])
