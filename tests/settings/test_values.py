"""What the values themselves know: where the playground may send, and which of them are secret."""

from dataclasses import fields, is_dataclass

import pytest

from translator.settings import values
from translator.settings.load import settings_from
from translator.settings.values import SECRET_KEYS, Destination, Settings, may_try


@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://LOCALHOST:8100/", "http://127.0.0.1:8100", "http://127.9.9.9", "http://[::1]:8100"],
)
def test_the_playground_may_send_to_this_machine(url):
    assert may_try(Destination("d", "k", url=url))


@pytest.mark.parametrize(
    "url",
    [
        None, "", "https://api2.amplitude.com", "http://sandbox.example", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://localhost@example.com", "http://127.0.0.1:80@example.com",
        "http://example.com\\@127.0.0.1", "http://127.0.0.999", "http://128.0.0.1", "http://[::2]", "http://0.0.0.0",
        "http://127.0.0.1\n", "http://localhost#.example.com", "http://user:password@localhost", "http://\N{ARABIC-INDIC DIGIT ONE}27.0.0.1",
    ],
)  # fmt: skip
def test_the_playground_sends_nowhere_else_unless_told(url):
    assert not may_try(Destination("d", "k", url=url))
    assert may_try(Destination("d", "k", url=url, test=True))


def test_a_destination_for_tests_is_configured_and_none_is_by_default():
    tree = {"destinations": {"a": {"api_key": "k"}, "b": {"api_key": "k", "test": True}}}
    assert [(name, may_try(one)) for name, one in settings_from(tree).destinations.items()] == [
        ("a", False),
        ("b", True),
    ]


def test_what_is_sent_is_the_same_for_a_destination_for_tests():
    """Delivery knows by the repr whether what it began was made under other settings."""
    assert repr(Destination("d", "k", test=True)) == repr(Destination("d", "k"))


def test_where_values_came_from_makes_no_difference():
    assert Settings(origins={"server.port": "environment: PORT"}) == Settings()
    assert "PORT" not in repr(Settings(origins={"server.port": "environment: PORT"}))


def test_the_list_of_secrets_has_all_that_is_kept_out_of_reprs():
    tables = [one for one in vars(values).values() if isinstance(one, type) and is_dataclass(one)]
    hidden = {field.name for table in tables for field in fields(table) if not field.repr}
    assert hidden - {"url", "test", "origins", "options"} == SECRET_KEYS
