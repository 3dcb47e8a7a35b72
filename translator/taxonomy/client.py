"""Asks Amplitude's Taxonomy API. The only place of this room that imports requests.

Apart from deliver's client, which carries records and brings back any answer for a verdict: here a request is tried
again by the one who asks, within a budget of its own, and an answer is what was asked for, or an error.
Source: amplitude-api.md section 7.3 (amplitude-docs 6e7e48e, 2026-03-13).
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import HTTPBasicAuth

from translator import __version__, jsontext
from translator.errors import NotJson, TaxonomyAbsent, TaxonomyRefused, TaxonomyUnavailable
from translator.settings.effective import shown_url
from translator.settings.values import MASK, Destination, Region
from translator.taxonomy.definitions import Definition, definitions_of
from translator.taxonomy.pacing import COSTS, PATIENCE, Hope, Pace

HOSTS: dict[Region, str] = {"us": "https://amplitude.com", "eu": "https://analytics.eu.amplitude.com"}
PATH = "/api/2/taxonomy/group-property"
TIMEOUT = 30.0
TOO_MANY = 429
SHOWN_CHARACTERS = 300
ABSENT = (
    "answers 404 and no JSON: this project has no Taxonomy API. It is part of Amplitude's Enterprise plan: ask "
    "Amplitude for it, or enter the group properties by hand under Data > Properties. translator qa, which holds the "
    "plan against calls, works without it"
)
NO_KEYS = (
    "does not take the keys: api_key and secret_key must be those of one project, and region where it is (us or eu)"
)


def host_of(destination: Destination) -> str:
    """Scheme and host of the API for a destination; its ``url`` takes the place of Amplitude's, as for deletions."""
    return (destination.url or HOSTS[destination.region]).rstrip("/")


class Client:
    """The Taxonomy API of a destination's project, one request after another; for one thread. ``said``: is told of
    waits, in words. ``timeout``, ``patience``, ``pause`` (the first wait): seconds. Raises TaxonomyUnavailable where
    the destination has no secret key."""

    def __init__(
        self,
        destination: Destination,
        said: Callable[[str], None],
        *,
        pace: Pace | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        pause: float = 1.0,
    ) -> None:
        if not destination.secret_key:
            raise TaxonomyUnavailable(
                f"destinations.{destination.name}.secret_key is needed: the Taxonomy API asks for the project's API "
                "key and secret key"
            )
        self.host = host_of(destination)
        self.shown = shown_url(self.host)
        self._keys = (destination.api_key, destination.secret_key)
        # as the header has them, which an answer may repeat
        self._header = b64encode(":".join(self._keys).encode("utf-8")).decode()
        self._said = said
        self._pace = pace or Pace()
        self._timeout, self._patience, self._pause = timeout, patience, pause
        self._session = requests.Session()
        # as bytes, since a key that is not Latin-1 would be no error of the library's own (requests 2.32)
        self._session.auth = HTTPBasicAuth(*(key.encode("utf-8") for key in self._keys))
        self._session.headers["User-Agent"] = f"segment-amplitude-translator/{__version__}"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def listed(self, group_type: str | None) -> tuple[Definition, ...]:
        """What a group type has; None: what is shared. Raises TaxonomyRefused (400, 404) for a group type that is not
        there, TaxonomyAbsent, TaxonomyUnavailable."""
        query = {} if group_type is None else {"group_type": group_type}
        return definitions_of(self._ask("GET", PATH, query), group_type)

    def create(self, form: Mapping[str, str]) -> None:
        """Create a group property. Raises TaxonomyRefused (404: no such group type; 409: it is there), and as above."""
        self._ask("POST", PATH, form)

    def update(self, name: str, form: Mapping[str, str]) -> None:
        """Change a group property. ``name``: with prefix. Raises as ``create``."""
        self._ask("PUT", f"{PATH}/{quote(name, safe='')}", form)

    def _ask(self, method: str, path: str, sent: Mapping[str, str]) -> Any:
        """The ``data`` of an answer, tried again for as long as there is hope."""
        hope = Hope(self._patience, self._pause)
        while True:
            response = self._once(method, path, sent)
            status = None if isinstance(response, str) else response.status_code
            if not isinstance(response, str) and status != TOO_MANY and response.status_code < 500:
                return self._data(response)
            why = response if isinstance(response, str) else f"answers {status}"
            seconds = hope.wait(status == TOO_MANY, _asked(response))
            if seconds is None:
                raise TaxonomyUnavailable(f"{self.shown} {why}, too often: try again later")
            self._said(f"{self.shown} {why}: trying again in {seconds:.0f} s")
            time.sleep(seconds)

    def _once(self, method: str, path: str, sent: Mapping[str, str]) -> requests.Response | str:
        """An answer, or why there is none."""
        cost = COSTS[method]
        self._pace.wait(cost, self._said_of_pace)
        query, form = (sent, None) if method == "GET" else (None, sent)
        try:
            return self._session.request(
                method, self.host + path, params=query, data=form, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            return self._why(error)
        finally:
            self._pace.spend(cost)

    def _data(self, response: requests.Response) -> Any:
        try:
            answer = jsontext.loads(response.content)
        except NotJson:
            answer = None
        status = response.status_code
        if status in (401, 403):
            raise TaxonomyUnavailable(f"{self.shown} {NO_KEYS}")
        errors = _errors(answer)
        if errors is not None and status >= 400:
            raise TaxonomyRefused(status, self._masked(errors) or f"status {status}")
        if status == 404:
            raise TaxonomyAbsent(f"{self.shown} {ABSENT}")
        if status == 200 and isinstance(answer, dict) and answer.get("success") is True:
            return answer.get("data")
        said = self._masked(response.text)[:SHOWN_CHARACTERS]
        raise TaxonomyUnavailable(f"{self.shown} answers {status}, and not as the Taxonomy API does: {said!r}")

    def _why(self, error: requests.RequestException) -> str:
        """In words of our own: the library's have addresses, which may have a password."""
        if isinstance(error, requests.exceptions.SSLError):
            return "has no certificate that can be trusted"
        if isinstance(error, requests.Timeout):
            return f"does not answer within {self._timeout:g} s"
        return "cannot be reached" if isinstance(error, requests.ConnectionError) else type(error).__name__

    def _said_of_pace(self, seconds: float) -> None:
        if seconds >= 1:
            self._said(f"what a project may ask in an hour is spent: waiting {seconds:.0f} s")

    def _masked(self, text: str) -> str:
        for key in (self._header, *self._keys):
            text = text.replace(key, MASK) if key else text
        return text


def _errors(answer: Any) -> str | None:
    """What an error answer says; None where it is none."""
    if not isinstance(answer, dict) or not isinstance(answer.get("errors"), list):
        return None
    said = (one.get("message") for one in answer["errors"] if isinstance(one, dict))
    return "; ".join(one for one in said if isinstance(one, str))


def _asked(response: requests.Response | str) -> float:
    """The seconds that an answer asks to wait, 0 where it does not say."""
    wait = "" if isinstance(response, str) else response.headers.get("Retry-After", "")
    return float(wait) if wait.isdecimal() else 0.0
