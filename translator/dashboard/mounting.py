"""The pages put into an application."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Blueprint, Flask, Request, Response, abort, redirect, render_template, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from translator import __version__
from translator.dashboard.access import Guard
from translator.dashboard.attempts import TooManyAttempts
from translator.dashboard.house import House
from translator.dashboard.playground import add_playground
from translator.dashboard.settings import add_settings
from translator.errors import JournalError
from translator.parcels import Counts

SESSION_HOURS = 12
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": forms over https are checked by it too (flask-wtf, WTF_CSRF_SSL_STRICT)
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CSRF = CSRFProtect()


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies; ``Secure`` where the browser came by https."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """See flask.sessions.SessionInterface. Segment's requests have no cookie: there is nothing to verify."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """See flask.sessions.SessionInterface."""
        return is_https()


def is_https() -> bool:
    """Whether the browser speaks https, to this process or to a proxy before it. Only the browser's own cookie depends
    on what a proxy says."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip() == "https"


def mount(app: Flask, house: House) -> Guard:
    """Add the pages to an application; whom they let in."""
    board = house.settings.dashboard
    shared = house.shared_key or secrets.token_hex(32)
    guard = Guard(board.password, board.secret_key, shared, house.is_loopback, house.address)
    app.secret_key = guard.key
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="translator",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        WTF_CSRF_CHECK_DEFAULT=False,  # Segment's webhook has no form
    )
    if board.enabled:
        CSRF.init_app(app)
        app.register_blueprint(_pages(house, guard))
    return guard


def _pages(house: House, guard: Guard) -> Blueprint:
    pages = Blueprint(
        "dashboard", __name__, static_folder="static", static_url_path="/static/dashboard", template_folder="templates"
    )

    @pages.before_request
    def check() -> AnyResponse | None:
        """Nobody sees a page who may not look, and no form does anything that was not on one of our pages."""
        if not guard.has_password and not house.is_loopback():
            abort(404)
        if request.method == "POST":
            CSRF.protect()
        if request.endpoint in ("dashboard.sign_in", "dashboard.static") or guard.allows():
            return None
        return redirect(url_for("dashboard.sign_in"), 303)

    @pages.after_request
    def finish(response: Response) -> Response:
        response.headers.extend({name: value for name, value in HEADERS.items() if name not in response.headers})
        return response

    @pages.errorhandler(CSRFError)
    def no_token(error: CSRFError) -> tuple[str, int]:
        said = "This form is too old, or not one of this page's: go back, reload, and try again."
        return render_template("dashboard/message.html", said=said), 400

    @pages.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> tuple[str, int, dict[str, str]] | AnyResponse:
        if guard.allows():
            return redirect(url_for("dashboard.now"), 303)
        if request.method == "GET":
            return render_template("dashboard/sign_in.html", said=None), 200, {}
        try:
            if guard.sign_in(request.form.get("password", "")):
                return redirect(url_for("dashboard.now"), 303)
        except TooManyAttempts as error:
            said = f"{str(error).capitalize()}."
            page = render_template("dashboard/sign_in.html", said=said)
            return page, 429, {"Retry-After": str(error.seconds)}
        return render_template("dashboard/sign_in.html", said="This is not the password."), 403, {}

    @pages.post("/sign-out")
    def sign_out() -> AnyResponse:
        guard.sign_out()
        return redirect(url_for("dashboard.sign_in"), 303)

    @pages.get("/")
    def now() -> str:
        try:
            counts = house.journal.counts()
        except JournalError:
            counts = Counts()
        return render_template(
            "dashboard/now.html",
            state=house.readiness(),
            counts=counts,
            version=__version__,
            settings=house.settings,
            is_local=house.is_loopback(),
        )

    add_playground(pages, house)
    add_settings(pages, house)
    return pages
