"""Who may look at the pages and the figures: this machine, and whoever knows the password.

A session is a signed cookie (Flask's own), so that every worker and a restart know it; its key is made from the
password, and a new password ends all sessions.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import cached_property
from hashlib import scrypt, sha256

from flask import request, session

from translator.dashboard.attempts import Attempts

SALT = b"segment-amplitude-translator dashboard"
"""The same in every process, which must come to the same key; a password of its own makes the key secret."""

SIGNED_IN = "signed_in"


class Guard:
    """``password``: None where only this machine may look. ``secret_key``: of the cookies, instead of one made from the
    password. ``shared_key``: of the cookies where there is neither (for the tokens of forms). ``is_loopback``: whether
    the request at hand comes from this machine. ``address``: whose attempts are counted together."""

    def __init__(
        self,
        password: str | None,
        secret_key: str | None,
        shared_key: str,
        is_loopback: Callable[[], bool],
        address: Callable[[], str],
    ) -> None:
        self._address = address
        self._password = password
        self._given_key = secret_key
        self._shared_key = shared_key
        self._is_loopback = is_loopback
        self._attempts = Attempts()

    @property
    def has_password(self) -> bool:
        """Whether anybody but this machine can be let in."""
        return self._password is not None

    @cached_property
    def key(self) -> str:
        """What signs the cookies: hexadecimal digits, or the configured text."""
        if self._given_key:
            return self._given_key
        if self._password is None:
            return self._shared_key
        return scrypt(self._password.encode("utf-8"), salt=SALT, n=2**15, r=8, p=1, maxmem=2**26, dklen=32).hex()

    def allows(self) -> bool:
        """Whether the request at hand may look."""
        if self._is_loopback():
            return True
        return self._password is not None and session.get(SIGNED_IN) == self._mark

    def allows_figures(self) -> bool:
        """As ``allows``; Basic authentication with the password does too, which Prometheus can send. The user's name
        may be anything. Raises TooManyAttempts."""
        if self.allows():
            return True
        given = request.authorization
        return given is not None and given.type == "basic" and self._is_password(given.password or "")

    def sign_in(self, password: str) -> bool:
        """Begin a session where the password is right. Raises TooManyAttempts."""
        if not self._is_password(password):
            return False
        session.clear()  # a new token for forms too
        session[SIGNED_IN] = self._mark
        session.permanent = True
        return True

    def sign_out(self) -> None:
        """End the session of this browser."""
        session.clear()

    @cached_property
    def _mark(self) -> str:
        """Changes with the password, also where ``secret_key`` stays."""
        return hmac.digest(self.key.encode("utf-8"), (self._password or "").encode("utf-8"), "sha256").hex()[:16]

    def _is_password(self, given: str) -> bool:
        """In the same time whatever is given. Raises TooManyAttempts."""
        if self._password is None:
            return False
        address = self._address()
        self._attempts.check(address)
        expected, found = (sha256(one.encode("utf-8", "replace")).digest() for one in (self._password, given))
        if hmac.compare_digest(expected, found):
            self._attempts.forget(address)
            return True
        self._attempts.note(address)
        return False
