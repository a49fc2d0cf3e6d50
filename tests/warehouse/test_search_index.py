"""The search index: however it came about, a search finds what is in the texts; and what stops it loses nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from stored_articles import NOW, contents, put, segments

from warehouse.query import open_published
from warehouse.search import Filters, index, index_new, read_query, search
from warehouse.store import Warehouse


def ids(wh: Warehouse, words: str) -> list[str]:
    found = search(wh.con, read_query(words), Filters(), now=NOW, limit=1000)
    return sorted(hit.article_id for hit in found.hits)


# Segments


def test_small_segments_become_large_ones(wh: Warehouse) -> None:
    for number in range(1, 41):
        put(wh, f"x:{number}", "标题", f"第{number}篇")
        assert index_new(wh) == 1
        if number == 7:
            assert len(segments(wh)) == 7
        if number == 8:
            assert segments(wh) == [(1, 8)]
    # Every eighth merges the small ones; a level has fewer than eight segments.
    assert segments(wh)[0][0] == 1 and segments(wh)[-1][1] == 40
    assert len(segments(wh)) < 16
    assert len(ids(wh, "标题")) == 40 and ids(wh, "第33篇") == ["x:33"]
    assert index_new(wh) == 0


def make(*sizes: int) -> list[index.Segment]:
    """Segments of these sizes, oldest first."""
    known, first = [], 1
    for number, size in enumerate(sizes):
        known.append(index.Segment(number, first, first + size - 1))
        first += size
    return known


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ((), 0),
        ((1,) * 7, 0),
        ((1,) * 8, 8),
        ((31,) * 8, 8),
        ((32,) * 8, 8),
        ((40,) * 7 + (1,) * 7, 0),
        ((40,) * 8 + (1,) * 3, 11),  # what is newer and smaller goes with them
        ((1,) * 3 + (40,) * 8, 8),
        ((1,) * 4 + (40,) + (1,) * 4, 0),  # a merge never goes past a larger one alone
        ((16_384,) * 5 + (2_048,) * 7, 0),
        ((16_384,) * 8, 8),
        ((131_072,) * 20, 0),  # large enough for good
        ((131_072,) * 3 + (20,) * 8, 8),
    ],
)
def test_which_segments_are_merged(sizes: tuple[int, ...], merged: int) -> None:
    known = make(*sizes)
    assert list(index._to_merge(known)) == (known[-merged:] if merged else [])


def test_a_long_text_is_a_slice_of_its_own(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_SLICE_CHARS", 100)
    for number, length in enumerate([10, 300, 60, 30, 20]):
        put(wh, f"x:{number}", "", "字" * length)
    told: list[tuple[int, int]] = []
    assert index_new(wh, lambda steps, total: told.append((steps, total))) == 5
    assert told == [(0, 5), (1, 5), (1, 5), (2, 5), (1, 5)]
    assert len(ids(wh, "字")) == 5


def test_versions_that_another_replaced_are_not_taken_in(wh: Warehouse) -> None:
    put(wh, "x:1", "", "甲乙")
    put(wh, "x:1", "", "丙丁")
    assert index_new(wh) == 1
    assert {doc for _, doc in contents(wh)} == {2}
    put(wh, "x:1", "", "戊己")
    assert index_new(wh) == 1
    assert (ids(wh, "丙丁"), ids(wh, "戊己")) == ([], ["x:1"])


def test_an_article_that_was_removed_is_not_found(wh: Warehouse) -> None:
    put(wh, "x:1", "", "甲乙丙")
    put(wh, "x:2", "", "甲乙丙")
    index_new(wh)
    with wh.transaction() as con:
        for table in ("articles", "article_versions"):
            con.execute(f"DELETE FROM core.{table} WHERE article_id = 'x:1'")
    assert ids(wh, "甲乙") == ids(wh, "甲乙丙") == ["x:2"]


def test_the_number_of_an_article_that_was_removed_is_not_given_again(wh: Warehouse) -> None:
    put(wh, "x:1", "", "甲乙")
    put(wh, "x:2", "", "丙丁")
    index_new(wh)
    with wh.transaction() as con:
        for table in ("articles", "article_versions"):
            con.execute(f"DELETE FROM core.{table} WHERE article_id = 'x:2'")
    put(wh, "x:3", "", "戊己")
    assert index_new(wh) == 1
    assert (ids(wh, "丙丁"), ids(wh, "戊己")) == ([], ["x:3"])


# What stops it


class Stop(Exception):
    pass


def test_stopped_between_slices_it_goes_on_from_there(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_SLICE", 4)
    for number in range(10):
        put(wh, f"x:{number}", "", f"共同的字，还有{number}号")

    def stop(steps: int, total: int) -> None:
        if steps:
            raise Stop

    with pytest.raises(Stop):
        index_new(wh, stop)
    assert segments(wh) == [(1, 4)]
    # Until then the rest is read.
    found = search(wh.con, read_query("共同的字"), Filters(), now=NOW, limit=20)
    assert (len(found.hits), found.total, found.exact, found.unindexed) == (10, 10, True, 6)
    assert ids(wh, "7号") == ["x:7"] and ids(wh, "有7") == ["x:7"]
    assert index_new(wh) == 6
    assert segments(wh) == [(1, 4), (5, 8), (9, 10)]
    assert search(wh.con, read_query("共同的字"), Filters(), now=NOW, limit=20).unindexed == 0


def test_stopped_in_a_slice_or_a_merge_it_changes_nothing(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        put(wh, f"x:{number}", "", f"第{number}个")
        if number < 7:
            index_new(wh)
    before = contents(wh)
    write = index._write

    def stop(*given: Any) -> None:
        write(*given)
        raise Stop

    monkeypatch.setattr(index, "_write", stop)
    with pytest.raises(Stop):
        index_new(wh)
    assert contents(wh) == before and len(segments(wh)) == 7
    monkeypatch.setattr(index, "_write", lambda *given: write(*given) if len(segments(wh)) < 9 else stop(*given))
    with pytest.raises(Stop):  # the eighth is in; its merge makes a ninth
        index_new(wh)
    assert len(segments(wh)) == 8 and ids(wh, "第7个") == ["x:7"]
    monkeypatch.setattr(index, "_write", write)
    put(wh, "x:8", "", "第8个")
    index_new(wh)
    assert segments(wh) == [(1, 9)] and len(ids(wh, "第")) == 9


def test_an_index_of_another_format_is_made_anew(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(wh, "x:1", "", "甲乙")
    index_new(wh)
    before = contents(wh)
    monkeypatch.setattr(index, "FORMAT", "next")
    assert index_new(wh) == 1
    assert contents(wh) == before
    assert index_new(wh) == 0


# The published file


def test_the_published_file_holds_the_index_and_nothing_new_publishes_nothing(wh: Warehouse) -> None:
    put(wh, "x:1", "", "甲乙丙")
    index_new(wh)
    assert wh.publish()
    with open_published(wh.folder) as con:
        found = search(con, read_query("甲乙丙"), Filters(), now=NOW, limit=5)
        assert [hit.article_id for hit in found.hits] == ["x:1"] and found.unindexed == 0
    assert index_new(wh) == 0
    assert not wh.publish()
    put(wh, "x:2", "", "甲乙丙丁")
    assert wh.publish()
    with open_published(wh.folder) as con:  # a run that was killed before it came to the index
        assert search(con, read_query("甲乙丙"), Filters(), now=NOW, limit=5).total == 2
    index_new(wh)
    assert wh.publish()


def test_a_warehouse_without_an_index_gets_one(tmp_path: Path, empty: Path) -> None:
    """As after an upgrade: all articles are there, and no segment."""
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        for number in range(5):
            put(wh, f"x:{number}", "", "甲乙丙")
        found = search(wh.con, read_query("乙丙"), Filters(), now=NOW, limit=20)
        assert (len(found.hits), found.unindexed) == (5, 5)
        assert index_new(wh) == 5
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        assert index_new(wh) == 0 and len(ids(wh, "乙丙")) == 5


def test_an_empty_warehouse_holds_nothing(wh: Warehouse) -> None:
    assert index_new(wh) == 0
    found = search(wh.con, read_query("甲"), Filters(), now=NOW, limit=20)
    assert (found.hits, found.total, found.exact) == ((), 0, True)
