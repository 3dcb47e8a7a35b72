"""The topics on real brokers: made, made again, refused where they are odd; and servers that cannot be had."""

import re
import time

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions

from tests.conftest import own_cluster
from tests.kafka.properties import PASSWORD
from tests.processes import ROOT
from translator.cli import cli
from translator.errors import JournalError, JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal import making
from translator.journal.kafka.address import parsed
from translator.journal.kafka.client import Client
from translator.journal.kafka.topics import Topics
from translator.settings.values import JournalSettings, KafkaSettings

ONE = {"partitions": 3, "replication": 1, "min_insync": 1}


def topics(url, **said):
    return Topics(Client(parsed(url), KafkaSettings(**{**ONE, **said})), 7)


def names(url):
    address = parsed(url)
    return {address.topic, address.refused, address.board, address.jobs, address.shared, address.notes}


@pytest.fixture(scope="module")
def secured():
    with own_cluster(1, secured=True) as cluster:
        yield cluster


def test_topics_are_made_once_with_what_was_said(kafka_url):
    one, address = topics(kafka_url), parsed(kafka_url)
    made = one.make()
    assert set(made) >= names(kafka_url)
    assert set(made) == set(one.common())
    assert one.make() == []
    one.check()
    there = one.seen()
    assert there[address.topic] == (3, 1)
    assert {there[name] for name in made if name != address.topic} == {(1, 1)}
    calls, board = one.settings_of(address.topic), one.settings_of(address.board)
    assert (calls["cleanup.policy"], calls["retention.ms"], calls["retention.bytes"]) == ("delete", "-1", "-1")
    assert (calls["message.timestamp.type"], calls["min.insync.replicas"]) == ("CreateTime", "1")
    assert (board["cleanup.policy"], board["unclean.leader.election.enable"]) == ("compact", "false")
    assert one.settings_of(address.refused)["retention.ms"] == str(7 * 24 * 60 * 60 * 1000)


def test_those_of_a_destination_have_as_many_partitions_as_the_calls_and_are_deleted_with_it(kafka_url):
    one, address = topics(kafka_url), parsed(kafka_url)
    one.make()
    more = topics(kafka_url, partitions=5)
    assert sorted(more.make(["d1", "d2"])) == sorted([*address.of_destination("d1"), *address.of_destination("d2")])
    more.check(["d1", "d2"])
    assert {one.seen()[name] for name in address.of_destination("d1")} == {(3, 1)}
    one.delete("d1")
    one.delete("d1")
    with pytest.raises(JournalUnsafe, match=r"has no topic .*\.dead\.d1.*`translator journal init` makes them"):
        until_missing(lambda: one.check(["d1"]))
    one.check(["d2"])


def until_missing(check):
    """A broker hears of a deletion a moment later."""
    for _ in range(100):
        check()
        time.sleep(0.1)


def test_missing_ones_are_named_with_the_command_that_makes_them(kafka_url):
    with pytest.raises(JournalUnsafe, match="`translator journal init` makes them") as caught:
        topics(kafka_url).check()
    assert all(name in str(caught.value) for name in names(kafka_url))


def test_what_makes_them_makes_what_is_missing_and_leaves_the_rest(kafka, kafka_url):
    one, address = topics(kafka_url), parsed(kafka_url)
    one.make()
    admin = AdminClient(kafka.client())
    admin.delete_topics([address.notes])[address.notes].result(30)
    while address.notes in one.seen():
        time.sleep(0.1)
    assert one.make() == [address.notes]


def test_partitions_that_were_added_are_refused(kafka, kafka_url):
    one, address = topics(kafka_url), parsed(kafka_url)
    one.make(["d1"])
    admin = AdminClient(kafka.client())
    admin.create_partitions([NewPartitions(address.topic, 4)])[address.topic].result(30)
    while one.seen()[address.topic][0] != 4:
        time.sleep(0.1)
    for use in (one.check, one.make):
        with pytest.raises(JournalUnsafe, match=r"memory\.d1 has 3 and must have 4; .*Partitions may not be added"):
            use(["d1"])
    one.check()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"cleanup_policy": "compact", "retention_ms": "-1"}, "cleanup.policy is compact and must be delete"),
        ({}, "retention.ms is 604800000 and must be -1"),
        ({"retention_ms": "-1", "retention_bytes": "1000000"}, "retention.bytes is 1000000 and must be -1"),
        ({"retention_ms": "-1", "message_timestamp_type": "LogAppendTime"}, "message.timestamp.type is LogAppendTime"),
        ({"retention_ms": "-1", "max_message_bytes": "1000"}, "max.message.bytes is 1000 and must be 2097152"),
    ],
    ids=lambda one: "" if isinstance(one, str) else " ".join(one) or "defaults",
)
def test_a_topic_that_would_lose_calls_is_refused_before_anything_is_made(kafka, kafka_url, config, said):
    one, address = topics(kafka_url), parsed(kafka_url)
    kafka.create(address.topic, 3, **config)
    with pytest.raises(JournalUnsafe, match=r"kafka-configs\.sh") as caught:
        one.make()
    assert str(caught.value).startswith(f"{address.topic}: ")
    assert said in str(caught.value)
    assert address.board not in one.seen()


def test_what_is_said_to_do_mends_it(kafka, kafka_url):
    one, address = topics(kafka_url), parsed(kafka_url)
    kafka.create(address.topic, 3)
    with pytest.raises(JournalUnsafe) as caught:
        one.make()
    adds = [one.split("=") for one in str(caught.value).rpartition(" --add-config ")[2].split(",")]
    assert sorted(key for key, _ in adds) == ["max.message.bytes", "retention.ms"]
    entries = [ConfigEntry(key, said, incremental_operation=AlterConfigOpType.SET) for key, said in adds]
    changed = ConfigResource("topic", address.topic, incremental_configs=entries)
    admin = AdminClient(kafka.client())
    admin.incremental_alter_configs([changed])[changed].result(30)
    assert set(one.make()) == set(one.common()) - {address.topic}


def test_more_copies_than_brokers_are_refused_with_the_key_that_says_so(kafka_url):
    with pytest.raises(JournalUnsafe, match=r"journal\.kafka\.replication, 3, may be at most the number of brokers"):
        topics(kafka_url, replication=3).make()


def test_on_three_brokers_each_record_has_three_copies(kafka3):
    url = kafka3.url("copies")
    one = Topics(Client(parsed(url), KafkaSettings(partitions=3)), 7)
    try:
        one.make()
        assert one.seen()["copies"] == (3, 3)
        assert one.settings_of("copies")["min.insync.replicas"] == "2"
    finally:
        kafka3.drop("copies")


def test_servers_that_are_not_there_are_an_error_within_seconds():
    options = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "hush",
    }
    for said in ({}, options):
        began = time.monotonic()
        with pytest.raises(JournalUnavailable) as caught:
            topics("kafka://127.0.0.1:9/x", options=said).check()
        assert caught.value.reason == "connection"
        assert time.monotonic() - began < 20
        assert "hush" not in str(caught.value)


def test_with_a_user_a_password_and_tls(secured):
    one = topics(secured.url("calls"), options=secured.options)
    assert set(one.make(["d1"])) >= names(secured.url("calls"))
    one.check(["d1"])


def test_a_wrong_password_is_refused_at_once_and_not_said(secured):
    began = time.monotonic()
    with pytest.raises(JournalUnavailable) as caught:
        topics(secured.url("calls"), options={**secured.options, "sasl.password": "hush"}).check()
    assert caught.value.reason == "refused"
    assert time.monotonic() - began < 10
    assert "hush" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(secured):
    options = {name: said for name, said in secured.options.items() if name != "ssl.ca.location"}
    with pytest.raises(JournalUnavailable, match="certificate verif") as caught:
        topics(secured.url("calls"), options=options).check()
    assert caught.value.reason == "refused"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sasl.pasword": "hush"}, 'No such configuration property: "sasl.pasword"'),
        ({"security.protocol": "hsh"}, 'Invalid value "hsh" for configuration property "security.protocol"'),
        ({"sasl.oauthbearer.client.secret": "hush", "security.protocol": "hush"}, 'Invalid value "***" for'),
        ({"security.protocol": "SSL", "ssl.key.pem": "hush"}, "ssl.key.pem failed: not in PEM format?"),
        ({"security.protocol": "SSL", "ssl.ca.location": "/nowhere"}, "ssl.ca.location failed"),
    ],
)
def test_options_that_are_none_are_faults_of_the_configuration(options, said):
    with pytest.raises(SettingsError, match=r"^journal\.kafka\.options: ") as caught:
        topics("kafka://127.0.0.1:9/x", options=options).check()
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_page_has_each_topic_with_its_partitions_and_cleanup(kafka_url):
    page = (ROOT / "docs" / "kafka.md").read_text()
    said = re.findall(r"^\| `(T[.a-zD]*)` \| (P|1) \| ([a-z, ]+) \|", page, re.M)
    one, address = topics(kafka_url), parsed(kafka_url)
    made = one.make(["d1"])
    there = one.seen()
    assert sorted(said) == sorted(
        (
            name.replace(address.topic, "T").replace(".d1", ".D"),
            "P" if there[name][0] == 3 else "1",
            one.settings_of(name)["cleanup.policy"].replace(",", ", "),
        )
        for name in made
    )


class Started:
    """``translator journal init`` with a configuration."""

    def __init__(self, folder):
        self._path = folder / "translator.toml"

    def __call__(self, text):
        self._path.write_text(text)
        return CliRunner().invoke(cli, ["journal", "init", "--config", str(self._path)])


@pytest.fixture
def init(tmp_path):
    return Started(tmp_path)


def test_the_command_says_what_it_made_and_what_was_there(init, kafka_url):
    text = f'[journal]\nurl = "{kafka_url}"\nkafka = {{partitions = 3, replication = 1, min_insync = 1}}\n'
    first = init(text)
    topic = parsed(kafka_url).topic
    assert first.exit_code == 0, first.output
    lines = first.output.splitlines()
    assert lines[0] == f"{topic}: made, partitions 3, copies 1"
    assert f"{topic}.board: made, partitions 1, copies 1" in lines
    assert len(lines) == len(topics(kafka_url).common())
    again = init(text)
    assert (again.exit_code, again.output) == (0, first.output.replace(": made,", ": was there,"))


def test_the_command_says_what_to_do(init, kafka_url):
    done = init(f'[journal]\nurl = "{kafka_url}"\n')
    assert isinstance(done.exception, JournalError)
    assert "journal.kafka.replication, 3, may be at most the number of brokers" in str(done.exception)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_for_other_journals_nothing_has_to_be_made(init, tmp_path, request, engine):
    url = f"sqlite:///{tmp_path}/j.db" if engine == "sqlite" else request.getfixturevalue("database_url")
    done = init(f'[journal]\nurl = "{url}"\n')
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].startswith(f"engine {engine}, ")
    assert done.output.splitlines()[1] == "nothing has to be made: it makes what it needs by itself"
    assert making.make(JournalSettings(url)) is None
