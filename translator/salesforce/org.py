"""A live org: signs in, asks in pages, and says what to do where Salesforce refuses. The only module that imports
simple-salesforce, and requests for a session of its own kind.

Comes in: SOQL. Goes out: records, page by page; SalesforceError, never with a secret. Every page is an API request of
the org's daily ones.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit
from xml.parsers.expat import ExpatError

from translator.errors import SalesforceError, SalesforceUnavailable, SettingsError
from translator.parcels import Json
from translator.salesforce.values import printable
from translator.settings.values import MASK, SalesforceSettings

if TYPE_CHECKING:
    from requests import Session
    from simple_salesforce.api import Salesforce

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
"""Salesforce itself ends a query after 120 s (Limits and Allocations Quick Reference, "SOQL and SOSL Limits")."""

WAITS = (1.0, 5.0, 20.0)
"""Seconds before what failed without a reason of its own is asked again."""

AWAY = frozenset({500, 502, 503, 504})
SECRETS = ("password", "security_token", "consumer_key", "consumer_secret", "access_token")
NO_COLUMN = re.compile(r"No such column '([\w.]+)' on entity '(\w+)'|Didn't understand relationship '(\w+)'")
NO_OBJECT = re.compile(r"sObject type '(\w+)' is not supported")
MOST_SAID = 500

LIMIT = "REQUEST_LIMIT_EXCEEDED"
HINTS = {
    "INVALID_SESSION_ID": "the access token is none, or has ended: sign in by salesforce.consumer_key, or make another",
    "INVALID_LOGIN": "user, password or security token are wrong, or the user is locked out",
    "LOGIN_MUST_USE_SECURITY_TOKEN": "salesforce.security_token is wrong or missing, and this address is not trusted",
    "invalid_grant": "user, password or the app's user are wrong, or the app may not be used so",
    "invalid_client_id": "salesforce.consumer_key is not known there",
    "invalid_client": "salesforce.consumer_key or consumer_secret is wrong",
    "API_DISABLED_FOR_ORG": "the org, or its user's profile, has no API access",
    "API_CURRENTLY_DISABLED": "the org's API is switched off for the moment",
    "QUERY_TIMEOUT": "the query takes longer than Salesforce lets it: name fewer records in where, by indexed columns",
    LIMIT: "the org's API requests are used up; what is missing follows at the next run",
}
"""What to do, by Salesforce's own codes (SOAP API Developer Guide, "ExceptionCode"; OAuth's, RFC 6749, 5.2)."""

ODD_ANSWERS = (ValueError, LookupError, TypeError, AttributeError, ExpatError)
"""What simple-salesforce raises for an answer that is no JSON or XML, or lacks what it has to have (1.12.10)."""

Found = TypeVar("Found")


class Org:
    """An org. Opens nothing before the first query. ``stop``: when set, it does not wait to ask again. Raises
    SettingsError where the package is missing, or it is not said how to sign in."""

    def __init__(self, settings: SalesforceSettings, stop: threading.Event | None = None) -> None:
        _installed()
        signing_in(settings)
        self._settings = settings
        self._stop = stop or threading.Event()
        self._api: Salesforce | None = None

    @property
    def said(self) -> str:
        """Where it is, for people."""
        return self._settings.instance_url or f"https://{self._settings.domain}.salesforce.com"

    def pages(self, soql: str) -> Iterator[list[Json]]:
        """The records of a query, some hundred to 2,000 at a time, as Salesforce gives them. Raises SalesforceError."""
        records, following = self._asked(lambda api: _page(api.query(soql)), soql)
        yield records
        while following is not None:
            records, following = self._asked(partial(_more, following), soql)
            yield records

    def check(self) -> None:
        """Sign in. Raises SalesforceError."""
        self._again(self._signed_in)

    def _asked(self, ask: Callable[[Salesforce], Found], soql: str) -> Found:
        """What was asked; with a session that has ended, once more with a new one."""
        from simple_salesforce.exceptions import SalesforceExpiredSession

        def once() -> Found:
            try:
                return ask(self._signed_in())
            except SalesforceExpiredSession:
                if self._settings.access_token is not None:
                    raise
                self._api = None
                return ask(self._signed_in())

        return self._again(once, soql)

    def _signed_in(self) -> Salesforce:
        from simple_salesforce.api import Salesforce
        from simple_salesforce.login import SalesforceLogin

        if self._api is None:
            said = self._settings
            session = _session(said.instance_url)
            token, host = said.access_token, urlsplit(said.instance_url or "").netloc
            if token is None:
                with warnings.catch_warnings():
                    # it warns of an app that nobody has allowed yet, with the app's key
                    warnings.simplefilter("ignore")
                    token, host = SalesforceLogin(session=session, **signing_in(said))
            self._api = Salesforce(session_id=token, instance=host, session=session, object_pairs_hook=dict)
        return self._api

    def _again(self, ask: Callable[[], Found], soql: str = "") -> Found:
        """Ask; what failed for a moment, a few times. Raises SalesforceError."""
        for wait in (*WAITS, None):
            try:
                return ask()
            except Exception as error:
                found = self._explained(error, soql)
                if wait is None or not isinstance(found, _Again) or self._stop.wait(wait):
                    raise found from None
        raise AssertionError("the last wait is None")

    def _explained(self, error: Exception, soql: str) -> Exception:
        from requests import RequestException
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed
        from simple_salesforce.exceptions import SalesforceError as Refused

        if isinstance(error, SalesforceAuthenticationFailed):
            return self._not_let_in(error)
        if isinstance(error, Refused):
            return self._refused(error, soql)
        if isinstance(error, (RequestException, *ODD_ANSWERS)):
            # without its text, in which a secret could stand in a form that is not known here
            return _Again(
                f"{self.said}: cannot be asked, or does not answer as Salesforce does: {type(error).__name__}"
            )
        return error

    def _not_let_in(self, error: Any) -> SalesforceError:
        code = str(error.code)
        said = f"{self.said}: does not let this service in: {code}: {_short(self._masked(error.auth_message))}"
        if code.isdecimal() and int(code) in AWAY:
            return _Again(said)
        return SalesforceError(f"{said}{_hint(code)}")

    def _refused(self, error: Any, soql: str) -> SalesforceError:
        code, whole = _first(error.content)
        whole = self._masked(whole)
        said = _short(whole)
        if code == LIMIT:
            return SalesforceUnavailable(f"{self.said}: {LIMIT}: {said}{_hint(LIMIT)}")
        if error.status in AWAY:
            return _Again(f"{self.said}: {error.status} {code}: {said}")
        if 300 <= error.status < 400:
            return SalesforceError(f"{self.said}: is elsewhere ({error.status}): salesforce.instance_url says where")
        if found := NO_COLUMN.search(whole):
            column = found[1] or found[3]
            return SalesforceError(
                f"{self.said}: there is no column {column} of {found[2] or 'that object'}, or the user may not see it "
                f"(field-level security); asked: {soql}"
            )
        if found := NO_OBJECT.search(whole):
            return SalesforceError(f"{self.said}: there is no object {found[1]}, or the user may not see it")
        if code == "MALFORMED_QUERY":
            # the query, a line that points into it, and then what is wrong
            said = f"{_short((whole.splitlines() or [''])[-1])}; salesforce.objects.where is part of it; asked: {soql}"
        return SalesforceError(f"{self.said}: {code}: {said}{_hint(code)}")

    def _masked(self, text: str) -> str:
        for name in SECRETS:
            if secret := getattr(self._settings, name):
                for form in (secret, escape(secret), quote(secret, safe=""), quote_plus(secret)):
                    text = text.replace(form, MASK)
        if self._api is not None:
            text = text.replace(self._api.session_id, MASK)
        return text.strip()


class _Again(SalesforceUnavailable):
    """It may be otherwise in a moment."""


def signing_in(settings: SalesforceSettings) -> dict[str, Any]:
    """What SalesforceLogin is given for the settings; nothing where there is an access token. Raises SettingsError
    where something is missing."""
    one = settings
    if one.access_token is not None:
        if one.instance_url is None:
            raise SettingsError("salesforce.instance_url: required with salesforce.access_token")
        return {}
    domain = urlsplit(one.instance_url).hostname or one.domain if one.instance_url else one.domain
    found = {"domain": domain}
    if one.consumer_key is not None:
        if one.consumer_secret is None:
            raise SettingsError("salesforce.consumer_secret: required with salesforce.consumer_key")
        found |= {"consumer_key": one.consumer_key, "consumer_secret": one.consumer_secret}
        if one.username is not None and one.password is not None:
            return {**found, "username": one.username, "password": one.password + (one.security_token or "")}
        if domain in ("login", "test"):
            raise SettingsError(
                "salesforce.domain: with consumer_key alone it must be your own My Domain, such as mycompany.my"
            )
        return found
    if one.username is None or one.password is None:
        raise SettingsError(
            "salesforce: says no way to sign in: consumer_key and consumer_secret, username, password and "
            "security_token, or access_token and instance_url (docs/salesforce.md)"
        )
    return {**found, "username": one.username, "password": one.password, "security_token": one.security_token or ""}


def _installed() -> None:
    from importlib.util import find_spec

    if find_spec("simple_salesforce") is None:
        raise SettingsError(
            "salesforce: a live org needs a package more: pip install 'segment-amplitude-translator[salesforce]'"
        )


def _session(instance_url: str | None) -> Session:
    """simple-salesforce knows no time-outs, and no place but ``https://DOMAIN.salesforce.com`` (1.12.10)."""
    import requests

    from translator import __version__

    instance = urlsplit(instance_url or "")

    class Bounded(requests.Session):
        def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
            if instance_url is not None:
                url = urlunsplit((instance.scheme, instance.netloc, *urlsplit(url)[2:]))
            more.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
            # a redirect would take the password, or the token, to somewhere else
            return super().request(method, url, *args, **{**more, "allow_redirects": False})

    session = Bounded()
    session.headers["User-Agent"] = f"segment-amplitude-translator/{__version__}"
    return session


def _more(place: str, api: Salesforce) -> tuple[list[Json], str | None]:
    return _page(api.query_more(place, identifier_is_url=True))


def _page(answer: Any) -> tuple[list[Json], str | None]:
    """The records of an answer, and where the next ones are. Raises one of ODD_ANSWERS."""
    records = answer["records"]
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise ValueError("no list of records")
    return records, None if answer["done"] else str(answer["nextRecordsUrl"])


def _first(content: Any) -> tuple[str, str]:
    """Code and text of the first error that an answer names."""
    one = content[0] if isinstance(content, list) and content else content
    if isinstance(one, dict):
        return str(one.get("errorCode") or one.get("error") or "error"), str(one.get("message") or "")
    return "error", str(one or "").strip()


def _short(text: str) -> str:
    """In one line, not a whole page, and without what a terminal would obey."""
    return printable(" ".join(text.split())[:MOST_SAID])


def _hint(code: str) -> str:
    return f" ({HINTS[code]})" if code in HINTS else ""
