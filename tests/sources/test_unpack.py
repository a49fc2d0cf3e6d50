"""Content-Encoding undone: what was packed comes back, anything else is an error of three kinds."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.unpack import Damaged, Oversized, Truncated, unpack


def brotli_compress(body: bytes) -> bytes:
    return brotli.compress(body, quality=4)  # the default takes seconds for a bomb


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli_compress, "zstd": zstandard.compress}


@settings(deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_back(body, encoding):
    assert unpack(PACKERS[encoding](body), encoding, 3000) == body


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=2000), st.sampled_from(sorted(PACKERS)), st.data())
def test_a_part_of_it_is_never_taken_for_the_whole(body, encoding, data):
    packed = PACKERS[encoding](body)
    part = packed[: data.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises((Truncated, Damaged)):
        unpack(part, encoding, 3000)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([*sorted(PACKERS), "x-gzip", "nonsense", "gzip, br", ",", ""]))
def test_any_bytes_end_in_bytes_or_one_of_three_errors(body, encoding):
    with contextlib.suppress(Damaged, Truncated, Oversized):
        assert len(unpack(body, encoding, 1000)) <= 1000


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_a_bomb_takes_no_more_memory_than_a_few_times_its_limit(encoding):
    bomb = PACKERS[encoding](bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(Oversized):
        unpack(bomb, encoding, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_the_limit_is_exact(encoding):
    packed = PACKERS[encoding](b"x" * 1000)
    assert len(unpack(packed, encoding, 1000)) == 1000
    with pytest.raises(Oversized):
        unpack(packed, encoding, 999)


def test_padding_after_the_last_gzip_member_is_ignored():
    assert unpack(gzip.compress(b"body") + b"\x00" * 20, "gzip", 100) == b"body"


def test_an_empty_body_is_empty():
    assert unpack(b"", "gzip", 100) == b""
