"""Flask's signed cookies, as the pages need them."""

from __future__ import annotations

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class Sessions(SecureCookieSessionInterface):
    """``Secure`` where the browser came by https."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """See flask.sessions.SessionInterface. Segment's requests have no cookie: there is nothing to verify."""
        if "HTTP_COOKIE" not in request.environ or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """See flask.sessions.SessionInterface. Where nobody looked at one, and it is empty, nothing is to be done."""
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        """See flask.sessions.SessionInterface."""
        return is_https()


def is_https() -> bool:
    """Whether the browser speaks https, to this process or to a proxy before it. Only the browser's own cookie depends
    on what a proxy says."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip() == "https"
