"""However the search index came about, a search finds what is in the texts: tried on random little warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_articles import NOW, contents, put, segments

from sources.errors import QueryError
from warehouse.scan.fold import fold, folded
from warehouse.search import Filters, Query, index, index_new, read_query, search
from warehouse.store import Warehouse


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse in which segments are merged as soon as there are two, of two documents, of four …"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "_FAN", 2)
        patch.setattr(index, "_SIZES", (2, 4, 8))
        patch.setattr(index, "_MERGED_PAGES", 1)
        patch.setattr(index, "_SLICE", 3)
        with Warehouse.open(tmp_path_factory.mktemp("scratch"), holder="test", now=NOW) as wh:
            yield wh


def emptied(wh: Warehouse) -> Warehouse:
    with wh.transaction() as con:
        for table in ("articles", "article_versions", "search_pages", "search_segments"):
            con.execute(f"DELETE FROM core.{table}")
    return wh


SIGNS = list("公司马馬云雲aabBGPt34，。 🚀\nＡé+·ﬁ①")
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=14).map("".join)
# (which article, title, text, whether the index is brought up to date after it)
LOADS = st.lists(st.tuples(st.integers(0, 5), TEXTS, TEXTS, st.booleans()), min_size=1, max_size=9)
WORDS = st.lists(st.tuples(st.sampled_from(["", "", "-", "OR "]), st.lists(st.sampled_from(SIGNS), min_size=1, max_size=3).map("".join)), min_size=1, max_size=3)  # fmt: skip


def stands(phrase: str, text: str) -> bool:
    """The rule of warehouse/search/words.py, said without an index: in the folded text, Latin from where a word begins."""
    there = fold(text)
    for at in range(len(there.text)):
        if not there.text.startswith(phrase, at):
            continue
        before, char = there.text[at - 1 : at], there.text[at]
        if not (char.isascii() and char.isalnum() and before.isascii() and before.isalnum()):
            return True
        original = there.starts[at]
        capital = "A" <= text[original] <= "Z" and original > 0 and "a" <= text[original - 1] <= "z"
        if char.isdigit() != before.isdigit() or capital:
            return True
    return False


def asked(words: list[tuple[str, str]]) -> Query | None:
    try:
        return read_query(" ".join(f'{sign}"{word}"' for sign, word in words))
    except QueryError:
        return None


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(LOADS, st.lists(WORDS, min_size=1, max_size=4), st.booleans())
def test_a_search_finds_what_is_in_the_texts(
    scratch: Warehouse, loads: list[tuple[int, str, str, bool]], questions: list[Any], newest: bool
) -> None:
    wh, newest_text = emptied(scratch), {}
    for number, title, text, now in loads:
        put(wh, f"x:{number}", title, text, days_ago=number)
        newest_text[f"x:{number}"] = (title, text)
        if now:
            index_new(wh)
    for query in filter(None, map(asked, questions)):
        found = search(wh.con, query, Filters(), now=NOW, limit=100, newest=newest)
        there = {
            name
            for name, both in newest_text.items()
            if all(any(stands(phrase.folded, one) for phrase in group for one in both) for group in query.groups)
            and not any(stands(phrase.folded, one) for phrase in query.without for one in both)
        }
        assert {hit.article_id for hit in found.hits} == there
        assert (found.total, found.exact) == (len(there), True)
        for hit in found.hits:
            for text, spans in ((hit.title, hit.title_spans), (hit.text, hit.spans)):
                for start, end in spans:
                    place = folded(text[start:end])
                    assert any(phrase.folded in place for group in query.groups for phrase in group)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(LOADS)
def test_made_bit_by_bit_or_at_once_it_says_the_same(
    scratch: Warehouse, loads: list[tuple[int, str, str, bool]]
) -> None:
    wh = emptied(scratch)
    for number, (_, title, text, now) in enumerate(loads):  # each an article of its own: no version is replaced
        put(wh, f"x:{number}", title, text)
        if now:
            index_new(wh)
    index_new(wh)
    first = contents(wh)
    stretches = segments(wh)
    assert all(last < after for (_, last), (after, _) in pairwise(stretches))
    with wh.transaction() as con:
        con.execute("DELETE FROM core.search_pages")
        con.execute("DELETE FROM core.search_segments")
    assert index_new(wh) == len(loads)
    assert contents(wh) == first
