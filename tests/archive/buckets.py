"""An S3 server of one's own for tests: moto's, as a process that speaks HTTP, in an environment of its own (make test
installs it). TEST_S3_ENDPOINT names another, with TEST_S3_KEY and TEST_S3_SECRET (such as versitygw, which proves signatures)."""

import os
import subprocess
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from pathlib import Path

import requests

from tests.processes import ROOT, free_port, until

PROGRAM = ROOT / ".venv" / "s3" / "bin" / "moto_server"
KEY, SECRET = os.environ.get("TEST_S3_KEY", "AKIATEST"), os.environ.get("TEST_S3_SECRET", "hush-secret-key")
REGION = "us-east-1"


class Server:
    """Where it is, and whether it answers."""

    def __init__(self, endpoint="", folder=None):
        self.endpoint, self.process, self._folder = endpoint, None, folder
        if not endpoint:
            self.port = free_port()
            self.endpoint = f"http://127.0.0.1:{self.port}"
            self.start()

    def start(self):
        """Start it, without anything in it."""
        with Path(self._folder, "moto-log").open("ab") as log:
            command = [str(PROGRAM), "-H", "127.0.0.1", "-p", str(self.port)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: requests.get(self.endpoint, timeout=5).status_code)

    def stop(self):
        """SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def bucket(self):
        """A new bucket; its name."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        answer = requests.put(f"{self.endpoint}/{name}", headers=signed("PUT", self.endpoint, f"/{name}"), timeout=10)
        assert answer.status_code == 200, answer.text
        return name


@contextmanager
def server(folder):
    """TEST_S3_ENDPOINT, or one that ends with the block."""
    running = Server(os.environ.get("TEST_S3_ENDPOINT", ""), folder)
    try:
        yield running
    finally:
        running.stop()


def signed(method, endpoint, path):
    """Headers of an empty request, as Amazon's Signature Version 4 wants them."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    host, empty = endpoint.partition("//")[2], sha256(b"").hexdigest()
    scope = f"{now[:8]}/{REGION}/s3/aws4_request"
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{now}\n\n{names}\n{empty}"
    key = f"AWS4{SECRET}".encode()
    for part in (now[:8], REGION, "s3", "aws4_request"):
        key = digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    said = f"Credential={KEY}/{scope}, SignedHeaders={names}, Signature={digest(key, text.encode(), 'sha256').hex()}"
    return {"x-amz-date": now, "x-amz-content-sha256": empty, "Authorization": f"AWS4-HMAC-SHA256 {said}"}
