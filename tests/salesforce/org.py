"""A stub of an org: Salesforce's REST and its ways to sign in, over HTTP on a free port of this machine.

As simple-salesforce speaks to it and Salesforce's REST API Developer Guide says: SOAP login, OAuth tokens, queries in pages
with ``nextRecordsUrl``, errors as a list of ``{errorCode, message}``. It reads the SOQL that this service writes, and
knows each object's columns: what is not there is told as Salesforce tells it. It fails when it is told to.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import unescape

USER, PASSWORD, TOKEN = "integration@example.com", "hush & <pass>", "hushToken"
KEY, SECRET = "hush-consumer-key", "hush-consumer-secret"
SOQL = re.compile(
    r"SELECT (?P<columns>[\w., ]+) FROM (?P<object>\w+)(?: WHERE (?P<field>\w+) = '(?P<text>[^']*)')?(?P<order> ORDER BY Id)?"
)
LOGGED_IN = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope
 xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body>
<loginResponse><result><serverUrl>http://{host}/services/Soap/u/59.0/00D</serverUrl><sessionId>{session}</sessionId>
</result></loginResponse></soapenv:Body></soapenv:Envelope>"""
FAULT = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope
 xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body>
<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {said}</faultstring><detail>
<sf:LoginFault><sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{said}</sf:exceptionMessage></sf:LoginFault>
</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"""

Record = dict[str, Any]


@dataclass
class Answer:
    """What a request gets instead: ``times`` times, from the ``after``-th query request on."""

    status: int
    body: Any
    times: int = 1
    after: int = 0


@dataclass
class Org:
    """What it has (object to records, of which the first has all columns) and what was asked."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    page: int = 2000
    sessions: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    requests: int = 0
    instead: list[Answer] = field(default_factory=list)
    not_approved: bool = False
    held: threading.Event | None = None
    asked: threading.Event = field(default_factory=threading.Event)

    def expire(self) -> None:
        """End every session."""
        self.sessions.clear()

    def refuse(self, status: int, code: str, message: str, times: int = 1, after: int = 0) -> None:
        """Answer queries with an error, as Salesforce words it."""
        self.instead.append(Answer(status, [{"message": message, "errorCode": code}], times, after))

    def answer(self, status: int, body: Any, times: int = 1) -> None:
        """Answer queries with something else."""
        self.instead.append(Answer(status, body, times))


class Running:
    """The stub, until ``stop``."""

    def __init__(self, org: Org) -> None:
        self.org = org
        handler = type("Handler", (_Handler,), {"org": org})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    org: Org
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # the library's name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path.startswith("/services/Soap/u/"):
            self._soap(body)
        elif self.path == "/services/oauth2/token":
            self._oauth({key: one[0] for key, one in parse_qs(body).items()})
        else:
            self._errors(404, "NOT_FOUND", "The requested resource does not exist")

    def do_GET(self) -> None:  # the library's name
        org = self.org
        org.requests += 1
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in org.sessions:
            self._errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
            return
        org.asked.set()
        if org.held is not None:
            org.held.wait(20)
        if org.instead and org.instead[0].after < org.requests:
            one = org.instead[0]
            one.times -= 1
            if not one.times:
                org.instead.pop(0)
            self._send(one.status, one.body)
            return
        path = urlsplit(self.path)
        if path.path.rstrip("/").endswith("/query"):
            soql = parse_qs(path.query)["q"][0]
            org.queries.append(soql)
            self._query(soql, 0)
        elif found := re.fullmatch(r"/services/data/v[0-9.]+/query/(\w+)-([0-9]+)", path.path):
            self._query(base64.b16decode(found[1]).decode(), int(found[2]))
        else:
            self._errors(404, "NOT_FOUND", "The requested resource does not exist")

    def _query(self, soql: str, start: int) -> None:
        org = self.org
        asked = SOQL.fullmatch(soql)
        if asked is None:
            self._errors(400, "MALFORMED_QUERY", f"\n{soql}\n^\nERROR at Row:1:Column:1\nunexpected token: 'x'")
            return
        columns = asked["columns"].split(", ")
        if asked["object"] not in org.records:
            name = asked["object"]
            self._errors(
                400, "INVALID_TYPE", f"\n{soql}\n^\nERROR at Row:1:Column:9\nsObject type '{name}' is not supported."
            )
            return
        if len({one.lower() for one in columns}) < len(columns):
            self._errors(400, "INVALID_FIELD", f"duplicate field selected: {columns[-1]}")
            return
        rows = org.records[asked["object"]]
        for column in columns:
            if not _has(rows[0], column):
                self._errors(400, "INVALID_FIELD", (
                    f"\n{soql}\n       ^\nERROR at Row:1:Column:8\nNo such column '{column}' on entity '{asked['object']}'. If you "
                    "are attempting to use a custom field, be sure to append the '__c' after the custom field name."
                ))  # fmt: skip
                return
        if asked["field"]:
            rows = [one for one in rows if one.get(asked["field"]) == asked["text"]]
        if asked["order"]:
            rows = sorted(rows, key=lambda one: str(one["Id"]))
        end = start + org.page
        answer = {
            "totalSize": len(rows),
            "done": end >= len(rows),
            "records": [_selected(one, columns, asked["object"]) for one in rows[start:end]],
        }
        if end < len(rows):
            locator = f"{base64.b16encode(soql.encode()).decode()}-{end}"
            answer["nextRecordsUrl"] = f"/services/data/v59.0/query/{locator}"
        self._send(200, answer, {"Sforce-Limit-Info": f"api-usage={org.requests}/15000"})

    def _soap(self, body: str) -> None:
        name, password = (
            unescape(re.findall(f"<n1:{one}>(.*?)</n1:{one}>", body)[0]) for one in ("username", "password")
        )
        self.org.logins.append("soap")
        if (name, password) != (USER, PASSWORD + TOKEN):
            said = f"Invalid username, password, security token; or user locked out: {password}"
            self._send(500, FAULT.format(code="INVALID_LOGIN", said=said.replace("&", "&amp;").replace("<", "&lt;")))
            return
        self._send(200, LOGGED_IN.format(host=self.headers["Host"], session=self._session()))

    def _oauth(self, form: Mapping[str, str]) -> None:
        self.org.logins.append(form["grant_type"])
        known = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if form["grant_type"] == "client_credentials":
            good = self.headers.get("Authorization") == f"Basic {known}"
        else:
            given = tuple(form.get(one) for one in ("client_id", "client_secret", "username", "password"))
            good = given == (KEY, SECRET, USER, PASSWORD + TOKEN)
        if self.org.not_approved:
            self._send(400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"})
            return
        if not good:
            self._send(400, {"error": "invalid_client", "error_description": f"invalid client credentials {SECRET}"})
            return
        self._send(200, {"access_token": self._session(), "instance_url": f"http://{self.headers['Host']}"})

    def _session(self) -> str:
        self.org.sessions.append(f"00Dhush!session{len(self.org.logins)}")
        return self.org.sessions[-1]

    def _errors(self, status: int, code: str, message: str) -> None:
        self._send(status, [{"message": message, "errorCode": code}])

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _has(record: Record, column: str) -> bool:
    first, _, rest = column.partition(".")
    found = [value for name, value in record.items() if name.lower() == first.lower()]
    return bool(found) and (not rest or found[0] is None or _has(found[0], rest))


def _selected(record: Record, columns: Iterable[str], kind: str) -> Record:
    """The columns, under their own names, as Salesforce gives them."""
    parts: dict[str, list[str]] = {}
    for column in columns:
        first, _, rest = column.partition(".")
        parts.setdefault(first.lower(), []).append(rest)
    found: Record = {"attributes": {"type": kind, "url": f"/services/data/v59.0/sobjects/{kind}/{record.get('Id')}"}}
    for name, value in record.items():
        for rest in parts.get(name.lower(), []):
            found[name] = _selected(value, [rest], name) if rest and value is not None else value
    return found
