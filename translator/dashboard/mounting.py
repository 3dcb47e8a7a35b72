"""The pages put into an application."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from translator import __version__
from translator.dashboard.access import Guard
from translator.dashboard.attempts import TooManyAttempts
from translator.dashboard.calls import add_calls
from translator.dashboard.differing import add_differing
from translator.dashboard.formats import add_formats
from translator.dashboard.groups import add_groups
from translator.dashboard.holding import add_holding
from translator.dashboard.house import House
from translator.dashboard.letters import add_letters
from translator.dashboard.now import add_now
from translator.dashboard.planning import add_planning
from translator.dashboard.playground import add_playground
from translator.dashboard.sessions import Sessions
from translator.dashboard.settings import add_settings
from translator.errors import JournalError

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
FOR_EVER = "private, max-age=31536000, immutable"
"""For files whose address changes with what is in them."""

PAGES = {
    "now": "Now",
    "calls": "Calls",
    "groups": "Groups",
    "letters": "Dead letters",
    "playground": "Playground",
    "plan": "Plan",
    "qa": "QA",
    "settings": "Settings",
}
"""Sections, by the name of the function that shows each, and what people read."""

OPEN = ("dashboard.sign_in", "dashboard.static")
"""What somebody sees who has not signed in."""

ADDED = (
    add_now, add_calls, add_groups, add_letters, add_playground, add_planning, add_holding, add_settings, add_differing,
)  # fmt: skip
"""What puts each section's pages in."""

STATIC = Path(__file__).parent / "static"
CSRF = CSRFProtect()


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
    add_formats(pages)
    _add_guard(pages, house, guard)
    _add_frame(pages, house, guard)
    _add_signing(pages, guard)
    for add in ADDED:
        add(pages, house)
    return pages


def _add_guard(pages: Blueprint, house: House, guard: Guard) -> None:
    @pages.before_request
    def check() -> AnyResponse | None:
        """Nobody sees a page who may not look, and no form does anything that was not on one of our pages."""
        if not guard.has_password and not house.is_loopback():
            abort(404)
        if request.method == "POST":
            CSRF.protect()
        if request.endpoint in OPEN or guard.allows():
            return None
        if request.headers.get("HX-Request"):
            abort(401)  # a part of a page that is open: it loads itself anew, and is led to the sign-in then
        return redirect(url_for("dashboard.sign_in"), 303)

    @pages.after_request
    def finish(response: Response) -> Response:
        if request.endpoint == "dashboard.static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = FOR_EVER
        response.headers.extend({name: value for name, value in HEADERS.items() if name not in response.headers})
        return response


def _add_frame(pages: Blueprint, house: House, guard: Guard) -> None:
    """What stands around every page, and what is said where there is none."""

    @pages.context_processor
    def frame() -> dict[str, Any]:
        is_in = guard.allows()
        section = (request.endpoint or "").removeprefix("dashboard.").partition("_")[0]
        return {
            "pages": PAGES if is_in else None,
            "section": section,
            "is_local": house.is_loopback(),
            "version": __version__,
            "asset": _asset,
        }

    @pages.errorhandler(CSRFError)
    def no_token(error: CSRFError) -> tuple[str, int]:
        said = "This form is too old, or not one of this page's: go back, reload, and try again."
        return render_template("dashboard/message.html", said=said), 400

    @pages.errorhandler(404)
    def not_there(error: NotFound) -> tuple[str, int] | AnyResponse:
        if not guard.allows():
            return error.get_response()
        said = (
            "There is no such call or letter here (any more): a call is kept for journal.keep_days after its delivery."
        )
        return render_template("dashboard/message.html", title="Not found", said=said), 404

    @pages.errorhandler(JournalError)
    def no_journal(error: JournalError) -> tuple[str, int]:
        said = f"The journal cannot be read now: {error}"
        return render_template("dashboard/message.html", title="Not now", said=said), 503


def _add_signing(pages: Blueprint, guard: Guard) -> None:
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


def _asset(name: str) -> str:
    """The address of a file under static/, which changes with what is in it."""
    return url_for("dashboard.static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
