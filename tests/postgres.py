"""A PostgreSQL of one's own, for tests and for people: ``python -m tests.postgres [--port N]``.

Debian: apt-get install postgresql (and pgbouncer, for the tests of it). Run by root it works as the user postgres, since the
server refuses root. It listens on 127.0.0.1 only, with a password, and ends with this process.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.processes import free_port

USER, PASSWORD = "translator", "postgres-test-password"
POOLED = {"transaction": 4, "session": 20, "statement": 4}
"""Connections of a pooler to the server by its mode. In session mode each of ours keeps one (docs/postgresql.md counts with
20): with fewer, one that a process opens while others are busy waits until these close."""

SLOW_LOCALES = {"LC_ALL": "C.UTF-8"}


def binary(name: str) -> str | None:
    """A program of PostgreSQL's newest version on this machine, which Debian keeps off the path; or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(versions[-1]) if versions else shutil.which(name)


class Server:
    """A server on a free port, with its data in a folder that goes with it."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._prefix = as_user(self.folder)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb", "-D", str(self._data), "-U", USER, "-E", "UTF8", "-A", "scram-sha-256", f"--pwfile={password}"
        )
        self.start()

    def url(self, database: str = "postgres", **more: str) -> str:
        """Of a database of this server."""
        options = "&".join(f"{key}={value}" for key, value in more.items())
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}" + (f"?{options}" if options else "")

    def start(self) -> None:
        """Start it (again), and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-o", options, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate``: as in a crash, without a last checkpoint."""
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "-t", "60", "stop")

    def encrypt(self) -> None:
        """Give it a certificate of its own, so that it takes TLS."""
        key, certificate = self._data / "server.key", self._data / "server.crt"
        names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
        subprocess.run([*self._prefix, *command], check=True, cwd="/", stderr=subprocess.DEVNULL)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)

    def close(self) -> None:
        """Stop it and delete everything."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, name: str, *arguments: str) -> None:
        program = binary(name)
        assert program, f"{name} is not on this machine"
        env = {**os.environ, **SLOW_LOCALES}
        subprocess.run(
            [*self._prefix, program, *arguments],
            check=True,
            env=env,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )


def as_user(folder: Path) -> list[str]:
    """What to put before a command that must not be root's; the folder becomes that user's."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


@contextlib.contextmanager
def database(server_url: str, name: str) -> Iterator[str]:
    """A fresh database of a server, dropped at the end; its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    try:
        yield within(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def within(server_url: str, name: str) -> str:
    """The URL of another database of the same server."""
    address, mark, options = server_url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{options}"


@contextlib.contextmanager
def pgbouncer(server_url: str, mode: str) -> Iterator[str]:
    """pgbouncer before a server, in a pool mode; the URL of the same database through it."""
    found = psycopg.conninfo.conninfo_to_dict(server_url)
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    prefix = as_user(folder)
    (folder / "users").write_text(f'"{found["user"]}" "{found["password"]}"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={found['host']} port={found['port']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\npool_mode = {mode}\n"
        f"auth_type = scram-sha-256\nauth_file = {folder}/users\nlogfile = {folder}/log\npidfile = {folder}/pid\n"
        # after a server that was away it would else wait 15 s
        f"default_pool_size = {POOLED[mode]}\nserver_login_retry = 1\n"
    )
    process = subprocess.Popen(
        [*prefix, shutil.which("pgbouncer") or "pgbouncer", str(folder / "ini")], stderr=subprocess.DEVNULL
    )
    url = server_url.replace(f":{found['port']}/", f":{port}/")
    try:
        for _ in range(100):
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
                break
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A PostgreSQL of one's own.")
    parser.add_argument("--port", type=int, default=0)
    server = Server(parser.parse_args().port)
    sys.stdout.write(f"JOURNAL_URL={server.url()}\nCtrl-C ends it and deletes its data.\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    main()
