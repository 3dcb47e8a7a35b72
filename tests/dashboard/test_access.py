"""Who may look: this machine, and whoever knows the password. Forms need a token of ours; nothing is sent that can run."""

import base64
import re
from hashlib import sha256

import pytest

from tests.dashboard.conftest import AWAY, LOCAL
from translator.dashboard.access import SALT
from translator.dashboard.attempts import MOST, Attempts, TooManyAttempts
from translator.receive import warnings
from translator.settings.load import load_settings, settings_from

PASSWORD = "correct horse battery"


def token(client, path="/sign-in", **more):
    (found,) = re.findall(r'name="csrf_token" value="([^"]+)"', client.get(path, **more).get_data(as_text=True))
    return found


def sign_in(client, password=PASSWORD, **more):
    data = {"password": password, "csrf_token": token(client, **more)}
    return client.post("/sign-in", data=data, **more)


def with_password(**more):
    return {"dashboard": {"password": PASSWORD, **more}}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/dashboard/style.css"])
def test_without_a_password_there_is_no_page_but_for_this_machine(board, path):
    answer = board().get(path)
    assert answer.status_code == 404
    assert "journal" not in answer.get_data(as_text=True), "nor is it told what there is"
    with board(LOCAL).get(path, follow_redirects=True) as answer:
        assert answer.status_code == 200


def test_with_a_password_a_browser_signs_in_looks_and_signs_out(board):
    client = board(**with_password())
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert "Password" in client.get("/sign-in").get_data(as_text=True)
    assert sign_in(client).headers["Location"] == "/"
    page = client.get("/").get_data(as_text=True)
    assert "Destinations" in page
    assert PASSWORD not in page
    assert client.get("/sign-in").headers["Location"] == "/"
    answer = client.post("/sign-out", data={"csrf_token": token(client, "/")})
    assert answer.headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 303


def test_the_cookie_is_for_nobody_elses_scripts_and_sites(board):
    cookie = sign_in(board(**with_password())).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    https = {"base_url": "https://events.example", "headers": {"Referer": "https://events.example/sign-in"}}
    assert "Secure" in sign_in(board(**with_password()), **https).headers["Set-Cookie"]


def test_behind_a_proxy_that_speaks_https_the_cookie_is_for_https(board):
    client = board(**with_password(), server={"behind_proxy": True})
    assert "Secure" in sign_in(client, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]


def looks(client, cookie):
    """The status that a browser with a cookie of elsewhere sees."""
    bare = client.application.test_client(use_cookies=False)
    return bare.get("/", headers={"Cookie": cookie}, environ_base=client.environ_base).status_code


def cookie_of(client):
    return sign_in(client).headers["Set-Cookie"].split(";")[0]


def test_every_worker_and_a_restart_know_a_session_and_a_new_password_ends_it(board):
    cookie = cookie_of(board(**with_password()))
    assert looks(board(**with_password()), cookie) == 200
    for other in ({"password": "another password"}, {"password": PASSWORD, "secret_key": "k" * 32}):
        assert looks(board(dashboard=other), cookie) == 303


def test_with_a_key_of_its_own_a_new_password_ends_a_session_too(board):
    key = {"secret_key": "k" * 32}
    cookie = cookie_of(board(**with_password(**key)))
    assert looks(board(**with_password(**key)), cookie) == 200
    assert looks(board(dashboard={"password": "another password", **key}), cookie) == 303


def test_a_wrong_password_is_told_and_only_a_few_are_heard(board):
    client = board(**with_password())
    for _ in range(MOST):
        answer = sign_in(client, "wrong password")
        assert answer.status_code == 403
        assert "This is not the password." in answer.get_data(as_text=True)
    answer = sign_in(client)
    assert answer.status_code == 429, "not even the right one"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_of_another_page_does_nothing(board, path):
    client = board(**with_password())
    sign_in(client)
    answer = client.post(path, data={"password": PASSWORD, "csrf_token": "made-up"})
    assert answer.status_code == 400
    assert "This form is too old" in answer.get_data(as_text=True)
    assert client.get("/").status_code == 200


def test_segments_webhook_needs_no_token(board):
    client = board(LOCAL, **with_password())
    message = {"type": "track", "event": "e", "userId": "u", "messageId": "m"}
    assert client.post("/webhook", json=message).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/static/dashboard/style.css"])
def test_nothing_but_our_own_files_may_run_or_be_shown(board, path):
    with board(**with_password()).get(path) as answer:
        text = answer.get_data(as_text=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<style" not in text


def test_the_pages_can_be_left_out(board):
    for origin in (LOCAL, AWAY):
        client = board(origin, dashboard={"enabled": False, "password": PASSWORD})
        assert client.get("/").status_code == 404
        assert client.get("/sign-in").status_code == 404
    assert board(LOCAL, dashboard={"enabled": False}).get("/metrics").status_code == 200


def basic(password):
    return {"Authorization": "Basic " + base64.b64encode(f"prometheus:{password}".encode()).decode()}


def test_metrics_are_for_this_machine_or_who_knows_the_password_or_anybody(board):
    assert board(LOCAL).get("/metrics").status_code == 200
    answer = board().get("/metrics")
    assert answer.status_code == 403
    assert "metrics.public" in answer.get_data(as_text=True)
    client = board(**with_password())
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="metrics"')
    assert b"translator_" in client.get("/metrics", headers=basic(PASSWORD)).data
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
    for _ in range(MOST):
        assert client.get("/metrics", headers=basic("wrong")).status_code == 401
    assert client.get("/metrics", headers=basic(PASSWORD)).status_code == 429
    assert b"translator_" in board(metrics={"public": True}).get("/metrics").data


def test_a_signed_in_browser_sees_the_metrics(board):
    client = board(**with_password())
    sign_in(client)
    assert client.get("/metrics").status_code == 200


def test_after_a_minute_an_address_is_heard_again_and_others_all_the_time():
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(MOST):
        attempts.check("a")
        attempts.note("a")
    with pytest.raises(TooManyAttempts, match="try again in 60 s"):
        attempts.check("a")
    attempts.check("b")
    now[0] = 61
    attempts.check("a")
    attempts.note("a")
    attempts.check("a")


@pytest.mark.parametrize(
    ("proxied", "first", "second", "together"),
    [
        (True, "203.0.113.5", "203.0.113.6", False),
        (True, "203.0.113.5", "203.0.113.5", True),
        (True, "spoofed, 203.0.113.5", "other, 203.0.113.5", True),
        (True, "2001:db8:1:2::3", "2001:db8:1:2::4", True),
        (True, "2001:db8:1:2::3", "2001:db8:1:3::3", False),
        (True, "no address", "none", False),
        (False, "203.0.113.5", "203.0.113.6", True),
    ],
)
def test_attempts_are_counted_by_who_it_is_as_far_as_can_be_told(board, proxied, first, second, together):
    """Behind a proxy by what it says last; else the header says nothing."""
    client = board(**with_password(), server={"behind_proxy": proxied})
    for _ in range(MOST):
        assert sign_in(client, "wrong password", headers={"X-Forwarded-For": first}).status_code == 403
    assert sign_in(client, headers={"X-Forwarded-For": second}).status_code == (429 if together else 303)


def test_a_cookie_tells_nothing_of_the_password_that_is_quickly_tried(board):
    cookie = cookie_of(board(**with_password())).partition("=")[2]
    text = base64.urlsafe_b64decode(cookie.split(".")[0] + "==").decode()
    for quick in (sha256(PASSWORD.encode()), sha256(SALT + PASSWORD.encode())):
        assert quick.hexdigest()[:16] not in text


def test_the_start_warns_of_a_proxy_that_is_not_told_of():
    said = " ".join(warnings(settings_from(with_password())))
    assert "set server.behind_proxy = true" in said
    assert "behind_proxy" not in " ".join(
        warnings(settings_from({**with_password(), "server": {"behind_proxy": True}}))
    )


@pytest.mark.parametrize("header", ["X-Real-IP", "Via", "CF-Connecting-IP", "X-Forwarded-For", "Forwarded"])
def test_what_a_proxy_passes_on_is_not_of_this_machine(board, header):
    client = board({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"})
    assert client.get("/").status_code == 200
    assert client.get("/", headers={header: "x"}).status_code == 404


def test_a_right_password_forgets_the_wrong_ones():
    attempts = Attempts()
    for _ in range(3 * MOST):
        attempts.check("a")
        attempts.note("a")
        attempts.forget("a")


def test_no_more_than_so_many_addresses_are_remembered(monkeypatch):
    monkeypatch.setattr("translator.dashboard.attempts.ADDRESSES", 3)
    attempts = Attempts()
    for number in range(10):
        attempts.note(str(number))
    assert list(attempts._wrong) == ["7", "8", "9"]


def test_the_password_comes_from_the_environment_and_is_in_no_repr(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {"DASHBOARD_PASSWORD": "hush-hush-hush"})
    assert settings.dashboard.password == "hush-hush-hush"
    assert "hush" not in repr(settings)
