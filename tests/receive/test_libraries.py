"""Segment's library for browsers is handed out under the paths of Segment's CDN, and nothing else of its folder is."""

import re
import shutil

import pytest

from tests.receive.conftest import LIBRARY
from translator.errors import SettingsError
from translator.receive import create_app
from translator.settings.load import settings_from

KEYS = {"write_keys": {"web": "wk-web"}, "origins": ["https://www.example.com"]}
AWAY = {"REMOTE_ADDR": "198.51.100.7", "HTTP_HOST": "events.example"}
PART = "auto-track.bundle.f131ce01a05e3a33a8c1.js"
SNIPPETS = "/analytics.js/v1/wk-web/analytics.min.js"
MINUTES, YEAR = "public, max-age=300", "public, max-age=31536000, immutable"


def asked(client, path, **more):
    """An answer whose file is closed."""
    return client.get(path, buffered=True, **more)


@pytest.fixture
def client(service):
    made = service(segment={**KEYS, "analytics_js": str(LIBRARY)})
    made.environ_base.update(AWAY)
    return made


@pytest.mark.parametrize(
    ("path", "file", "kind", "kept"),
    [
        (SNIPPETS, "standalone.js", "text/javascript; charset=utf-8", MINUTES),
        ("/analytics-next/bundles/index.js", "index.js", "text/javascript; charset=utf-8", MINUTES),
        ("/analytics-next/bundles/standalone.js", "standalone.js", "text/javascript; charset=utf-8", MINUTES),
        (f"/analytics-next/bundles/{PART}", PART, "text/javascript; charset=utf-8", YEAR),
        (f"/analytics-next/bundles/{PART}.map", f"{PART}.map", "application/json", YEAR),
        ("/analytics-next/bundles/index.js.LICENSE.txt", "index.js.LICENSE.txt", "text/plain; charset=utf-8", MINUTES),
    ],
)
def test_a_file_is_handed_out_to_any_page(client, path, file, kind, kept):
    answer = asked(client, path, headers={"Origin": "https://another.example"})
    assert (answer.status_code, answer.data) == (200, (LIBRARY / file).read_bytes())
    assert (answer.content_type, answer.headers["Cache-Control"]) == (kind, kept)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_what_a_browser_has_is_not_sent_again(client):
    tag = asked(client, SNIPPETS).headers["ETag"]
    again = asked(client, SNIPPETS, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", MINUTES)


@pytest.mark.parametrize("key", ["wk-other", "WK-WEB", "<script>alert(1)<script>", "%2e%2e"])
def test_an_unknown_key_is_not_given_the_library(client, key):
    answer = asked(client, f"/analytics.js/v1/{key}/analytics.min.js")
    assert (answer.status_code, answer.json) == (404, {"error": "not found"})
    assert "Cache-Control" not in answer.headers


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js", "index.js.gz", "package.json", ".hidden.js", "..", "../secret.js", "%2e%2e/secret.js", "..%2fsecret.js",
        "..%5csecret.js", "inner/inside.js", "inner%2finside.js", "/etc/passwd", "%2fetc%2fpasswd.txt", "index.js%00.txt",
        "index.js%0a", "folder.js", "<script>alert(1)</script>.js", "",
    ],
)  # fmt: skip
def test_nothing_but_plain_scripts_of_the_folder(service, tmp_path, name):
    folder = tmp_path / "umd"
    shutil.copytree(LIBRARY, folder)
    for path in ("index.js.gz", "package.json", ".hidden.js", "../secret.js", "inner/inside.js", "folder.js/x"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("secret")
    client = service(segment={"analytics_js": str(folder)})
    answer = asked(client, f"/analytics-next/bundles/{name}")
    assert (answer.status_code, answer.json) == (404, {"error": "not found"})
    assert asked(client, "/analytics-next/bundles/index.js").status_code == 200


def test_without_a_folder_there_is_nothing(service):
    client = service(segment=KEYS)
    for path in (SNIPPETS, "/analytics-next/bundles/index.js", "/analytics-next/bundles/app.js"):
        assert asked(client, path).status_code == 404


def test_without_keys_this_machine_may_load_with_any(service):
    client = service(segment={"analytics_js": str(LIBRARY)})
    assert asked(client, SNIPPETS).status_code == 200
    client.environ_base.update(AWAY)
    assert asked(client, SNIPPETS).status_code == 404


def test_a_relative_folder_is_looked_for_where_the_service_starts(service, monkeypatch, tmp_path):
    monkeypatch.chdir(LIBRARY.parent)
    client = service(segment={"analytics_js": LIBRARY.name})
    monkeypatch.chdir(tmp_path)
    assert asked(client, "/analytics-next/bundles/index.js").status_code == 200


@pytest.mark.parametrize(
    ("there", "said"),
    [((), "has no index.js and no standalone.js"), (("index.js",), "has no standalone.js"), (("standalone.js",), "has no index.js")],
)  # fmt: skip
def test_a_folder_without_the_library_stops_the_start(tmp_path, there, said):
    for name in there:
        shutil.copy(LIBRARY / name, tmp_path)
    settings = settings_from({"segment": {"analytics_js": str(tmp_path)}})
    with pytest.raises(SettingsError, match=f"segment.analytics_js: {re.escape(repr(str(tmp_path)))} {said}; it must"):
        create_app(settings)


@pytest.mark.parametrize(("given", "said"), [("", "must not be empty"), (5, "must be text"), ([], "must be text")])
def test_what_is_no_folder_is_said(given, said):
    with pytest.raises(SettingsError, match=f"segment.analytics_js: .*{said}"):
        settings_from({"segment": {"analytics_js": given}})
