"""Pages of the search index: what is packed comes out again; and what stands in a text as grams."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.scan.fold import folded
from warehouse.search.grams import WORD, Range, grams_of, is_indexed, is_told, ranges_of
from warehouse.search.pages import pack, unpack

ENTRIES = st.sets(
    st.tuples(st.integers(0, (1 << 51) - 1) | st.integers(0, 3), st.integers(0, 2**31 - 1) | st.integers(0, 300))
)


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


@settings(max_examples=50)
@given(ENTRIES.filter(bool))
def test_entries_come_out_as_they_were_packed(entries: set[tuple[int, int]]) -> None:
    rows = sorted(entries)
    pages = list(pack(ints([gram for gram, _ in rows]), ints([doc for _, doc in rows])))
    out = unpack([page.first_gram for page in pages], [page.packed for page in pages])
    assert list(zip(np.repeat(out.grams, out.counts).tolist(), out.docs.tolist(), strict=True)) == rows
    assert [pages[0].first_gram, pages[-1].last_gram] == [rows[0][0], rows[-1][0]]


def test_many_entries_are_several_pages_and_a_gram_is_never_divided() -> None:
    grams = np.sort(np.concatenate([np.arange(4_000), np.full(300_000, 2_500)]))
    docs = np.concatenate([np.arange(2_500), np.arange(300_001), np.arange(1_499)])
    pages = list(pack(grams, docs))
    assert len(pages) > 2
    assert all(page.last_gram < after.first_gram for page, after in pairwise(pages))
    out = unpack([page.first_gram for page in pages], [page.packed for page in pages])
    assert np.array_equal(np.repeat(out.grams, out.counts), grams) and np.array_equal(out.docs, docs)
    # A distance of one in a byte, and that compressed: no more than two bytes an entry however they lie.
    assert sum(len(page.packed) for page in pages) < 2 * len(docs)
    middle = out.within(2_499, 2_501)
    assert middle.counts.tolist() == [1, 300_001, 1] and len(middle.docs) == 300_003


def test_no_pages_are_no_entries() -> None:
    assert len(unpack([], []).docs) == 0


def spelled(gram: int) -> str:
    if gram < WORD:
        return chr(gram >> 21) + (chr(gram & 0x1FFFFF) if gram & 0x1FFFFF else "·")
    letters = [gram >> 6 * place & 63 for place in range(7, -1, -1)]
    return "".join("abcdefghijklmnopqrstuvwxyz0123456789"[letter - 1] for letter in letters if letter)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("", ""),
        ("，。 \n", ""),
        ("融资", "融资 资·"),
        ("融資，融", "融资 资· 融·"),
        ("A股大涨", "a a股 股大 大涨 涨·"),
        ("用ChatGPT4", "用c chatgpt4 gpt4 4"),
        ("3.5亿", "3 5 5亿 亿·"),
        ("Ｏｐｅｎ AI", "open ai"),
        ("A I 时代", "ai i时 时代 代·"),
        ("artificialintelligence", "artifici"),
        ("🚀🚀上", "🚀🚀 🚀上 上·"),
        ("aïb", "a aï ïb b"),
    ],
)
def test_the_grams_of_a_text(text: str, grams: str) -> None:
    found, owners = grams_of(["别的", text, "别的"])
    assert sorted(spelled(gram) for gram in found[owners == 1].tolist()) == sorted(grams.split())


def test_what_is_looked_for_of_a_phrase() -> None:
    pair = ord("融") << 21 | ord("资")
    assert ranges_of("融资") == [Range(pair, pair)]
    assert ranges_of("融") == [Range(ord("融") << 21, (ord("融") + 1 << 21) - 1)]
    (prefix,) = ranges_of("ai")
    assert [prefix.first <= gram <= prefix.last for gram in grams_of(["ai", "aigc", "aj", "a"])[0].tolist()] == [True, True, False, False]  # fmt: skip
    # Before something else a word is whole: ai股 is not in aigc股.
    first, *_ = ranges_of("ai股")
    assert first.first == first.last


@pytest.mark.parametrize(
    ("phrase", "sure"),
    [
        ("融", True),
        ("融资", True),
        ("融资额", False),
        ("ai", True),
        ("artificial", False),
        ("3亿", False),
        ("股a", True),
        ("融，", False),
    ],
)
def test_of_which_phrases_the_index_is_sure(phrase: str, sure: bool) -> None:
    assert is_told(phrase) is sure


@settings(max_examples=50)
@given(st.text(max_size=12))
def test_everything_but_spaces_marks_and_controls_is_indexed(text: str) -> None:
    found, _ = grams_of([text])
    plain = folded(text)
    visible = [char for char in plain if unicodedata.category(char)[0] in "LNMS" or ord(char) > 0xFFFF]
    assert bool(len(found)) == bool(visible) == any(map(is_indexed, plain))
