"""The page of settings: each key, its value and origin; no secret, nothing that runs, for nobody who may not look."""

import re
from html import unescape

import pytest

from tests.dashboard.conftest import LOCAL
from translator.receive import create_app
from translator.settings.effective import effective
from translator.settings.load import load_settings, settings_from

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def browser(opened):
    """A function from settings to a browser of this machine."""
    return opened


def shown(page):
    """Table name and rows of key, value, origin."""
    found = {}
    for name, table in re.findall(r'<h2 id="([^"]*)">.*?<tbody[^>]*>(.*?)</tbody>', page, re.S):
        cells = [
            tuple(text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S))
            for row in re.findall(r"<tr.*?</tr>", table, re.S)
        ]
        found[unescape(name)] = cells
    return found


def text(cell):
    return unescape(re.sub(r"<[^>]*>", "", cell.replace("</code><code", "</code>\n<code")))


def test_every_key_is_shown_with_its_value_and_origin(browser, tmp_path):
    config = tmp_path / "own.toml"
    config.write_text(
        '[groups]\nlevel = "event"\n[[groups.rules]]\ntype = "t"\nvalue = "a.b"\n[destinations.d]\napi_key = "k"\n'
    )
    settings = load_settings(str(config), {"PORT": "8123"})
    page = browser(settings).get("/settings").get_data(as_text=True)
    expected = {
        table.name: [(row.name, row.value, row.origin) for row in table.settings] for table in effective(settings)
    }
    assert shown(page) == expected
    groups = shown(page)["groups"]
    assert ("level", '"event"', str(config)) in groups
    assert ("rules", '[\n  {type = "t", value = ["a.b"], calls = ["group"]},\n]', str(config)) in groups
    assert ("port", "8123", "environment: PORT") in shown(page)["server"]
    assert ("header_token", "not set", "default") in shown(page)["segment"]
    assert ("api_key", "***", str(config)) in shown(page)["destinations.d"]
    assert f'<code class="path">{config}</code>' in page


def test_only_what_is_not_default(browser):
    client = browser(settings_from({"groups": {"level": "event"}}))
    page = client.get("/settings").get_data(as_text=True)
    (link,) = re.findall(r'<a href="([^"]+)">Only what is not default</a>', page)
    page = client.get(link).get_data(as_text=True)
    assert shown(page) == {"groups": [("level", '"event"', "given")]}
    assert re.findall(r'aria-current="page">([^<]+)', page) == ["Settings", "Only what is not default"]
    page = browser(settings_from({})).get(link).get_data(as_text=True)
    assert shown(page) == {}
    assert "every value is its default" in page
    assert "there was no file" in page


def test_no_secret_is_on_the_page(browser):
    settings = load_settings(
        None,
        {
            "SEGMENT_WRITE_KEYS": "web=hush-9,backend=hush-10", "SEGMENT_SHARED_SECRET": "hush-1,hush-2", "SEGMENT_HEADER_TOKEN": "hush-3", "AMPLITUDE_API_KEY": "hush-4",
            "AMPLITUDE_SECRET_KEY": "hush-5", "DASHBOARD_PASSWORD": "hush-hush-hush",
            "JOURNAL_URL": "postgresql://app:hush-6@db/journal?password=hush-7",
            "TRANSLATOR__DASHBOARD__SECRET_KEY": "hush" * 8,
            "TRANSLATOR__DESTINATIONS__AMPLITUDE__URL": "http://user:hush-8@127.0.0.1:1",
        },
    )  # fmt: skip
    for path in ("/settings", "/settings?changed=1"):
        page = browser(settings).get(path).get_data(as_text=True)
        assert "hush" not in page
        assert page.count("***") == 11
        assert ("write_keys", '{web = "***", backend = "***"}', "environment: SEGMENT_WRITE_KEYS") in shown(page)[
            "segment"
        ]
        assert "postgresql://app:***@db/journal?***" in page


def test_of_kafka_servers_are_shown_and_options_that_may_be_secret_are_not(browser):
    options = {
        "sasl.username": "translator",
        "sasl.password": "hush-1",
        "ssl.key.pem": "hush-2",
        "sasl.pasword": "hush-3",
    }
    settings = settings_from(
        {"journal": {"url": "kafka://a:9092,b:9092/calls", "kafka": {"partitions": 6, "options": options}}}
    )
    page = browser(settings).get("/settings").get_data(as_text=True)
    assert "hush" not in page
    assert ("url", '"kafka://a:9092,b:9092/calls"', "given") in shown(page)["journal"]
    said = '{"sasl.password" = "***", "sasl.pasword" = "***", "sasl.username" = "translator", "ssl.key.pem" = "***"}'
    assert shown(page)["journal.kafka"][0] == ("partitions", "6", "given")
    assert shown(page)["journal.kafka"][3] == ("options", said, "given")


def test_what_is_configured_is_hostile_and_shown_as_text(browser):
    tree = {
        "segment": {"own_names": [HOSTILE]},
        "groups": {"type_trait": HOSTILE, "rules": [{"type": HOSTILE, "value": HOSTILE}]},
        "translate": {"append_fields": {HOSTILE: HOSTILE}, "version_name": HOSTILE},
        "fields": {"user_id": HOSTILE},
        "server": {"host": HOSTILE},
        "destinations": {"d": {"api_key": HOSTILE, "groups": {"value_trait": HOSTILE}}},
    }
    page = browser(settings_from(tree, f"{HOSTILE}.toml")).get("/settings").get_data(as_text=True)
    assert "<script>" not in page
    assert ("type_trait", f'"{HOSTILE}"', f"{HOSTILE}.toml") in shown(page)["groups"]
    assert f'<code class="path">{HOSTILE}.toml</code>' in unescape(page)


def test_the_page_runs_nothing_loads_nothing_from_elsewhere_and_leads_back(browser):
    client = browser(settings_from({"groups": {"level": "event"}}))
    page = client.get("/settings").get_data(as_text=True)
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", page)
    targets = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert all(one.startswith(("/", "data:", "#")) for one in targets)
    for one in targets:
        if one.startswith("/"):
            with client.get(one) as answer:
                assert answer.status_code == (503 if one == "/readyz" else 200), one
    assert 'href="/settings"' in client.get("/").get_data(as_text=True)


def test_the_page_is_for_who_may_look(board):
    assert board().get("/settings").status_code == 404
    client = board(dashboard={"password": "correct horse battery"})
    answer = client.get("/settings")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert "[segment]" in board(LOCAL).get("/settings").get_data(as_text=True)


def test_the_page_needs_no_journal(tmp_path):
    (tmp_path / "journal.db").mkdir()
    settings = settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}})
    client = create_app(settings).test_client()
    client.environ_base.update(LOCAL)
    assert client.get("/settings").status_code == 200
