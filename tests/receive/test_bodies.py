"""Compressed bodies: read, bounded, never trusted."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import NotReadable, TooLarge, Unsupported
from translator.receive.bodies import plain

BODY = b'{"event":"e"}' * 10


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_plain_body_stays(encoding):
    assert plain(BODY, encoding, 1000) == BODY


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_gzip_is_read(encoding):
    assert plain(gzip.compress(BODY), encoding, 1000) == BODY


def test_a_body_of_several_members_is_read_within_the_same_limit():
    assert plain(gzip.compress(BODY[:5]) + gzip.compress(BODY[5:]), "gzip", len(BODY)) == BODY
    with pytest.raises(TooLarge):
        plain(gzip.compress(BODY) * 16, "gzip", len(BODY) * 16 - 1)


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(encoding):
    whole = gzip.compress(BODY) if encoding else BODY
    assert plain(whole, encoding, len(BODY)) == BODY
    with pytest.raises(TooLarge):
        plain(whole, encoding, len(BODY) - 1)


def test_a_bomb_is_not_inflated_beyond_the_limit():
    bomb = gzip.compress(b"\0" * 300_000_000, 9)
    assert len(bomb) < 400_000
    tracemalloc.start()
    with pytest.raises(TooLarge):
        plain(bomb, "gzip", 512_000)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "body",
    [b"", b"abc", BODY, zlib.compress(BODY), gzip.compress(BODY)[:-1], gzip.compress(BODY)[:12], gzip.compress(b"") * 17, gzip.compress(BODY) + b"x"],
    ids=["empty", "text", "json", "zlib", "without its end", "head only", "many", "something behind"],
)  # fmt: skip
def test_what_is_no_gzip_is_said_so(body):
    with pytest.raises(NotReadable):
        plain(body, "gzip", 1000)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip;q=1"])
def test_other_encodings_are_not_read(encoding):
    with pytest.raises(Unsupported):
        plain(BODY, encoding, 1000)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        plain(body, "gzip", 100)
    except (NotReadable, TooLarge):
        return


@given(st.binary(max_size=200))
def test_what_was_compressed_comes_back(body):
    assert plain(gzip.compress(body), "gzip", 200) == body
