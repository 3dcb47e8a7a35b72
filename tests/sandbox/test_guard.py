"""Other web sites cannot use the sandbox through somebody's browser."""

import pytest
import requests

from tests.sandbox.calls import event, send, view

PAGES = (
    "/",
    "/users",
    "/groups",
    "/taxonomy",
    "/requests",
    "/drops",
    "/faults",
    "/forget",
    "/search?q=x",
    "/users/nobody",
)
CHANGES = (
    ("POST", "/api/behaviour"), ("DELETE", "/api/everything"), ("POST", "/faults/add"), ("POST", "/faults/clear"),
    ("POST", "/faults/refused/clear"), ("POST", "/forget"), ("POST", "/2/httpapi"), ("POST", "/batch"), ("POST", "/identify"),
    ("GET", "/identify"), ("POST", "/groupidentify"), ("POST", "/usermap"), ("POST", "/api/2/deletions/users"),
    ("POST", "/api/2/taxonomy/group-property"),
)  # fmt: skip


def ask(running, method, path, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, running.url + path, headers=headers, timeout=5, allow_redirects=False)


@pytest.mark.parametrize("path", [*PAGES, "/api/events", "/api/drops", "/static/sandbox.css", "/nothing"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8100",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "a@localhost",
        "10.0.0.1",
        "[::2]",
        "localhost:x",
    ],
)
def test_a_host_that_is_not_this_machine_is_refused(amplitude, path, host):
    answer = ask(amplitude, "GET", path, Host=host)
    assert answer.status_code == 403
    assert "answers only to localhost, 127.0.0.1 and [::1]" in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1", "127.0.0.1:1", "[::1]:8100", "LOCALHOST"])
def test_any_name_of_this_machine_is_good(amplitude, host):
    assert ask(amplitude, "GET", "/", Host=host).status_code == 200


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_nothing_changes_for_another_site(amplitude, method, path, headers):
    send(amplitude, event())
    requests.post(
        amplitude.url + "/api/behaviour",
        json={"settings": {"refuse": {"m-1": 400}, "throttle_users": ["u"]}},
        timeout=5,
    )
    before = view(amplitude, "/api/counts")
    answer = ask(amplitude, method, path, **headers)
    assert answer.status_code == 403
    assert answer.text.startswith(("Host is", "Origin is", "Sec-Fetch-Site is"))
    assert view(amplitude, "/api/counts") == before
    assert len(view(amplitude, "/api/users")) == 1
    assert "until cleared" in requests.get(amplitude.url + "/faults", timeout=5).text


def test_its_own_pages_and_tools_without_an_origin_may(amplitude):
    own = {"Origin": amplitude.url, "Sec_Fetch_Site": "same-origin"}
    assert ask(amplitude, "POST", "/faults/clear", **own).status_code == 303
    assert ask(amplitude, "POST", "/faults/clear").status_code == 303
    assert ask(amplitude, "GET", "/users", Sec_Fetch_Site="cross-site").status_code == 200, "a link from elsewhere"


@pytest.mark.parametrize("path", [*PAGES, "/api/events"])
def test_headers_of_pages(amplitude, path):
    headers = requests.get(amplitude.url + path, timeout=5).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_nothing_that_the_policy_forbids(amplitude, path):
    text = requests.get(amplitude.url + path, timeout=5).text
    assert " style=" not in text
    assert "<style" not in text
    assert " on" not in "".join(part.split(">")[0] for part in text.split("<")[1:]).replace(" on-", "")
    assert text.count("<script") == 1
    assert "://" not in text.replace(amplitude.url, "")
