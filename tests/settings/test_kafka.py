"""``[journal.kafka]``: what may stand in it, where it may come from, and what of it is shown."""

import pytest

from translator.errors import SettingsError
from translator.journal.kafka.address import parsed
from translator.reports import checking
from translator.settings.differing import differing
from translator.settings.effective import effective, shown_url
from translator.settings.load import load_settings, settings_from
from translator.settings.values import KafkaSettings

FILE = """
[journal]
url = "kafka://a:9092,b:9092/calls"
[journal.kafka]
partitions = 24
[journal.kafka.options]
security.protocol = "SASL_SSL"
"sasl.username" = "translator"
sasl_password = "hush-1"
socket.timeout.ms = 7000
socket.keepalive.enable = false
"""


def kafka(**said):
    return settings_from({"journal": {"kafka": said}}).journal.kafka


def fault(**said):
    with pytest.raises(SettingsError) as caught:
        kafka(**said)
    return str(caught.value)


def from_file(folder, **env):
    path = folder / "translator.toml"
    path.write_text(FILE)
    return load_settings(str(path), env)


def rows(settings):
    (table,) = [one for one in effective(settings) if one.name == "journal.kafka"]
    return {row.name: row for row in table.settings}


def test_nothing_said_gives_the_defaults():
    assert kafka() == KafkaSettings(partitions=12, replication=3, min_insync=2, options={})
    assert settings_from({}).journal.kafka == KafkaSettings()


def test_a_file_says_options_with_dots_with_quotes_or_with_underscores(tmp_path):
    found = from_file(tmp_path).journal.kafka
    assert found.partitions == 24
    assert found.options == {
        "security.protocol": "SASL_SSL",
        "sasl.username": "translator",
        "sasl.password": "hush-1",
        "socket.timeout.ms": "7000",
        "socket.keepalive.enable": "false",
    }


def test_options_come_from_the_environment_all_or_one_by_one(tmp_path):
    whole = load_settings(
        environment={
            "TRANSLATOR__JOURNAL__KAFKA__OPTIONS": '{"security.protocol" = "SSL"}',
            "TRANSLATOR__JOURNAL__KAFKA__PARTITIONS": "6",
        }
    )
    assert (whole.journal.kafka.options, whole.journal.kafka.partitions) == ({"security.protocol": "SSL"}, 6)
    one = from_file(tmp_path, TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SSL_CA_LOCATION="/ca.pem")
    assert (one.journal.kafka.options["ssl.ca.location"], len(one.journal.kafka.options)) == ("/ca.pem", 6)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"partitions": 0}, "journal.kafka.partitions: 0 must be from 1 to 10000"),
        ({"partitions": "many"}, "journal.kafka.partitions: 'many' must be a whole number"),
        ({"replication": 101}, "journal.kafka.replication: 101 must be from 1 to 100"),
        ({"min_insync": 3, "replication": 2}, "journal.kafka.min_insync: 3 must be at most replication, 2"),
        ({"replication": 1}, "journal.kafka.min_insync: must be at most replication, 1"),
        ({"options": 5}, "must be a table of options, such as"),
        ({"options": {"acks": "1"}}, "journal.kafka.options: acks cannot be set: what is promised rests on it"),
        ({"options": {"enable": {"idempotence": False}}}, "enable.idempotence cannot be set"),
        ({"options": {"max_in_flight": 9}}, "max.in.flight cannot be set"),
        ({"options": {"SASL.Password": "hush"}}, "'SASL.Password' is no name of an option of librdkafka's"),
        ({"options": {"sasl.password": 100}}, "sasl.password must be a text, in quotes"),
        ({"options": {"sasl.username": ["hush"]}}, "sasl.username must be a text, a number, true or false"),
        ({"options": {"sasl.password": "hush\0"}}, "sasl.password may not have a NUL in it"),
        ({"topic": "x"}, "journal.kafka.topic: unknown key"),
    ],
)  # fmt: skip
def test_each_fault_says_what_it_may_be_and_no_value_that_may_be_secret(said, expected):
    found = fault(**said)
    assert expected in found
    assert "hush" not in found


def test_what_is_no_table_is_refused():
    with pytest.raises(SettingsError, match=r"journal\.kafka: .*must be a table"):
        settings_from({"journal": {"kafka": "x"}})


def test_secrets_are_masked_and_so_is_what_is_misspelt(tmp_path, capsys):
    found = from_file(tmp_path, TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SASL_PASWORD="hush-2")
    row = rows(found)["options"]
    assert row.value == (
        '{"sasl.password" = "***", "sasl.pasword" = "***", "sasl.username" = "translator", "security.protocol" = "SASL_SSL", '
        '"socket.keepalive.enable" = "false", "socket.timeout.ms" = "7000"}'
    )
    assert row.is_secret
    assert "hush" not in repr(found)
    checking.show(found)
    shown = capsys.readouterr().out
    assert "hush" not in shown
    assert 'url = "kafka://a:9092,b:9092/calls"' in shown
    assert "[journal.kafka]\npartitions = 24" in shown


def test_each_key_says_where_it_came_from(tmp_path):
    found = rows(from_file(tmp_path, TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SASL_PASSWORD="hush-2"))
    path = str(tmp_path / "translator.toml")
    assert found["partitions"].origin == path
    assert found["replication"].origin == "default"
    assert found["options"].origin == f"{path}, environment: TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SASL_PASSWORD"


@pytest.mark.parametrize("name", ["sasl_password", "sasl.password", '"sasl.password"'])
def test_the_environment_counts_more_than_the_file(tmp_path, name):
    (tmp_path / "t.toml").write_text(f'[journal.kafka.options]\n{name} = "hush-1"\n')
    found = load_settings(
        str(tmp_path / "t.toml"), {"TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SASL_PASSWORD": "hush-2"}
    ).journal.kafka
    assert found.options == {"sasl.password": "hush-2"}


def test_another_password_is_a_difference_that_is_not_shown():
    one, other = (
        settings_from({"journal": {"url": "kafka://a/t", "kafka": {"options": {"sasl.password": said}}}})
        for said in ("hush-1", "hush-2")
    )
    (row,) = differing(one, other)
    assert (row.key, row.old, row.new) == ("journal.kafka.options", *['{"sasl.password" = "***"}'] * 2)
    assert differing(one, one) == []


def test_the_table_is_shown_where_it_counts_or_is_said():
    assert not [one for one in effective(settings_from({})) if one.name == "journal.kafka"]
    assert rows(settings_from({"journal": {"url": "kafka://a"}}))["partitions"].value == "12"
    assert rows(settings_from({"journal": {"kafka": {"partitions": 6}}}))["partitions"].value == "6"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("kafka://a:9092,b:9092/calls", "kafka://a:9092,b:9092/calls"),
        ("kafka://[::1]:9092/calls", "kafka://[::1]:9092/calls"),
        ("kafka://user:hush@a:9092/calls", "kafka://user:***@a:9092/calls"),
        ("kafka://hush@a/calls", "kafka://***@a/calls"),
        ("kafka://a/calls?password=hush", "kafka://a/calls?***"),
        ("kafka://a:hush/calls", "***"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url, shown):
    assert shown_url(url) == shown


def test_a_user_in_the_url_is_refused_without_showing_it():
    with pytest.raises(SettingsError, match=r"^journal\.url: may not have a user in it") as caught:
        parsed("kafka://user:hush@a:9092/calls")
    assert "hush" not in str(caught.value)
    assert "user:" not in str(caught.value)
