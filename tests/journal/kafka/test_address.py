"""Where a journal in Kafka is: any text is an address or a fault, and a fault says nothing that may be a password."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.errors import SettingsError
from translator.journal.kafka.address import DEFAULT_TOPIC, SHAPE, TOPIC, Address, parsed

HOST = st.builds(
    "{}{}".format,
    st.from_regex(r"[A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\]", fullmatch=True),
    st.just("") | st.integers(1, 65535).map(":{}".format),
)
NAME = st.from_regex(TOPIC, fullmatch=True).filter(lambda name: name not in (".", ".."))
PARTS = st.sampled_from(
    ["kafka://", "@", ":", "/", ",", "?", "#", "%40", "[", "]", ".", "..", "\n", "\0", "hush", "a", "9092"]
)
ANY = st.one_of(st.text(), st.lists(PARTS | st.text(max_size=3), max_size=12).map("".join))


@given(ANY.map("kafka://{}".format) | ANY)
@example("kafka://")
@example("kafka:///topic")
@example("kafka://a,,b/topic")
@example("kafka://a/to/pic")
@example("kafka://[::1]:9092/x\n")
@example("kafka://a:99999/x")
@example("kafka://a:0/x")
@example("kafka://a:\u0661/x")
def test_any_text_is_an_address_or_a_fault(text):
    try:
        found = parsed(text)
    except SettingsError as error:
        said = str(error)
        assert (said.startswith("journal.url: "), said.endswith(SHAPE)) == (True, True)
    else:
        assert TOPIC.fullmatch(found.topic)
        for one in found.servers.split(","):
            _, port = one.rsplit(":", 1)
            assert 0 < int(port) < 65536
        assert parsed(f"kafka://{found.servers}/{found.topic}") == found


@given(st.text(), st.text(max_size=5), st.sampled_from(["kafka://", ""]))
def test_nothing_that_stands_before_an_at_is_said(before, after, scheme):
    with pytest.raises(SettingsError) as caught:
        parsed(f"{scheme}q{before}hush-hush:{before}@{after}")
    assert str(caught.value) == f"journal.url: may not have a user in it; it may be {SHAPE}"


@given(st.text(max_size=5), st.text(max_size=5))
def test_nothing_of_what_is_no_address_is_said(first, last):
    """A password with a / in it, of which the @ is encoded."""
    with pytest.raises(SettingsError) as caught:
        parsed(f"kafka://user:{first}hush hush{last}%40host/topic")
    assert "hush" not in str(caught.value)


@given(st.lists(HOST, min_size=1, max_size=3), NAME)
def test_what_is_an_address_is_taken_as_it_is(servers, topic):
    found = parsed(f"kafka://{','.join(servers)}/{topic}")
    assert found.topic == topic
    assert len(found.servers.split(",")) == len(servers)


@pytest.mark.parametrize(
    ("url", "servers", "topic"),
    [
        ("kafka://host", "host:9092", DEFAULT_TOPIC),
        ("kafka://host/", "host:9092", DEFAULT_TOPIC),
        ("kafka://a:1,b:2,c/calls", "a:1,b:2,c:9092", "calls"),
        ("kafka://[::1],[fe80::1]:29092/a.b_c-d", "[::1]:9092,[fe80::1]:29092", "a.b_c-d"),
    ],
)
def test_ports_and_the_topic_have_defaults(url, servers, topic):
    assert parsed(url) == Address(servers, topic)


def test_every_topic_has_a_name_that_kafka_takes_and_no_other_has():
    longest = parsed(f"kafka://a/{'t' * 180}")
    kinds = (longest.board, longest.jobs, longest.shared, longest.notes, longest.refused)
    names = [longest.topic, *kinds, *longest.of_destination("d1"), *longest.of_destination("d123456789")]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 249
