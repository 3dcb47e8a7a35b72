"""A proxy before the service that loses answers, as a network does at the worst moment; or that speaks https."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOP = {"connection", "keep-alive", "transfer-encoding"}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that looks at the certificate first, and then asks again."""
        if not isinstance(sys.exception(), ssl.SSLError):
            super().handle_error(request, client_address)


class Thief:
    """Passes everything on to ``port``. ``tls``: what speaks https to browsers. ``lost``: how many answers to POSTs it
    took away."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.lost = 0
        self._lose = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if tls:
            # each handshake in its connection's own thread
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def lose(self, number: int) -> None:
        """Take away the answers to the next POSTs."""
        self._lose = number

    def takes(self) -> bool:
        """Whether this answer is lost."""
        if self._lose <= 0:
            return False
        self._lose -= 1
        self.lost += 1
        return True

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody vouches for, made with openssl."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _handler(thief: Thief) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request to one of the service."""

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            service = http.client.HTTPConnection("127.0.0.1", thief.port, timeout=30)
            kept = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
            service.request(self.command, self.path, body, kept)
            answer = service.getresponse()
            content = answer.read()
            service.close()
            self.close_connection = True
            if self.command == "POST" and thief.takes():
                return
            self.send_response_only(answer.status, answer.reason)
            for key, value in answer.getheaders():
                if key.lower() not in HOP:
                    self.send_header(key, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_OPTIONS = _pass

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
