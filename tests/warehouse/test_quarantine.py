"""Pages that could not be read, kept as WARC files."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from sources.article import Article, ArticleRef, Page, Validators
from warehouse import quarantine
from warehouse.quarantine import KeptPage, Unreadable, forget, keep, pages, sources

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SECRET = "k9f8d7s6a5q4w3e2r1t0y9u8"
PRIVATE = f"https://user:pass@feeds.example.com/private/{SECRET}/rss.xml?key={SECRET}"
BODY = "<html>新的版式，正文不在原处</html>".encode()
PAGE = Page(
    "https://36kr.com/p/1", BODY, NOW, "https://www.36kr.com/p/1", 200, "text/html; charset=utf-8",
    Validators('"e1"', "Sat, 21 Nov 2026 08:00:00 GMT", "h1"),
)  # fmt: skip
PART = Article("36kr:1", "36kr", "36氪", "partial", "https://36kr.com/p/1", "题", "半句", ("甲",), NOW, "minute")
REF = ArticleRef("36kr", "36kr:1", "https://36kr.com/p/1", "题", NOW, "minute", ("甲",), "摘要", "", PART)
KEPT = KeptPage("36kr", "parse", "36kr:1", PAGE, "https://36kr.com/p/1", "no body where it was", ref=REF)


def files_of(folder: Path, source: str = "36kr") -> list[Path]:
    return sorted((folder / "quarantine" / source).iterdir())


def number(n: int, body: bytes = BODY) -> KeptPage:
    page = replace(PAGE, body=body, fetched_at=NOW + timedelta(minutes=n))
    return replace(KEPT, known_by=f"36kr:{n}", page=page)


def test_a_page_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    assert keep(tmp_path, KEPT) == 0
    assert sources(tmp_path) == ["36kr"]
    assert list(pages(tmp_path, "36kr")) == [KEPT]


def test_a_list_is_read_back_too(tmp_path: Path) -> None:
    kept = KeptPage(
        "own", "discover", PRIVATE, replace(PAGE, url=PRIVATE), "https://feeds.example.com/private/…", "no items",
        list_name=PRIVATE,
    )  # fmt: skip
    keep(tmp_path, kept)
    assert list(pages(tmp_path, "own")) == [kept]


def test_the_file_is_a_warc_that_others_read(tmp_path: Path) -> None:
    keep(tmp_path, KEPT)
    [file] = files_of(tmp_path)
    assert file.name.endswith(".warc.gz")
    with file.open("rb") as stream:
        found = [
            (
                one.rec_type,
                one.rec_headers.get_header("WARC-Target-URI"),
                one.rec_headers.get_header("WARC-Date"),
                one.content_stream().read(),
            )
            for one in ArchiveIterator(stream, check_digests="raise")
        ]
    assert found[0] == ("response", "https://36kr.com/p/1", "2026-11-21T08:00:00Z", BODY)
    assert found[1][0] == "metadata" and b"no body where it was" in found[1][3]


def test_names_and_headers_hold_no_secret_and_others_may_not_read(tmp_path: Path) -> None:
    keep(
        tmp_path,
        replace(
            KEPT,
            step="discover",
            known_by=PRIVATE,
            list_name=PRIVATE,
            page=replace(PAGE, url=PRIVATE),
            shown_url="https://feeds.example.com/private/…",
            ref=None,
        ),
    )
    [file] = files_of(tmp_path)
    assert SECRET not in str(file) and "pass" not in file.name
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream):
            assert SECRET not in str(record.rec_headers) + str(record.http_headers)


def test_a_newer_page_of_the_same_article_takes_the_place(tmp_path: Path) -> None:
    keep(tmp_path, KEPT)
    newer = replace(KEPT, page=replace(PAGE, body=b"newer", fetched_at=NOW + timedelta(hours=1)))
    keep(tmp_path, newer)
    assert list(pages(tmp_path, "36kr")) == [newer]


def test_what_was_read_after_all_is_forgotten(tmp_path: Path) -> None:
    keep(tmp_path, KEPT)
    keep(tmp_path, number(2))
    forget(tmp_path, "36kr", "discover", "36kr:1")
    assert len(files_of(tmp_path)) == 2
    forget(tmp_path, "36kr", "parse", "36kr:1")
    forget(tmp_path, "36kr", "parse", "36kr:1")
    assert [one.known_by for one in pages(tmp_path, "36kr")] == ["36kr:2"]
    forget(tmp_path, "36kr", "parse", "36kr:2")
    assert sources(tmp_path) == []
    forget(tmp_path, "never", "parse", "x")


def test_the_oldest_pages_give_way_to_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MAX_PAGES", 3)
    assert [keep(tmp_path, number(n)) for n in (4, 1, 3, 2, 5)] == [0, 0, 0, 1, 1]
    assert [one.known_by for one in pages(tmp_path, "36kr")] == ["36kr:3", "36kr:4", "36kr:5"]


def test_pages_of_one_source_give_no_way_to_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MAX_PAGES", 1)
    assert keep(tmp_path, KEPT) == keep(tmp_path, replace(KEPT, source="huxiu")) == 0
    assert sources(tmp_path) == ["36kr", "huxiu"]


def test_bytes_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MAX_BYTES", 25_000)
    assert [keep(tmp_path, number(n, os.urandom(9_000))) for n in (1, 2, 3)] == [0, 0, 1]
    assert [one.known_by for one in pages(tmp_path, "36kr")] == ["36kr:2", "36kr:3"]
    # One that is too large by itself takes nobody's place.
    assert keep(tmp_path, number(4, os.urandom(26_000))) == 1
    assert [one.known_by for one in pages(tmp_path, "36kr")] == ["36kr:2", "36kr:3"]


def test_a_kill_half_way_leaves_nothing_that_looks_like_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, KEPT)

    def killed(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.quarantine.os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            keep(tmp_path, replace(KEPT, page=replace(PAGE, body=b"newer")))
    assert len(files_of(tmp_path)) == 2
    assert list(pages(tmp_path, "36kr")) == [KEPT]
    keep(tmp_path, number(2))
    assert [file.suffix for file in files_of(tmp_path)] == [".gz", ".gz"]


def test_a_damaged_file_stops_no_other(tmp_path: Path) -> None:
    keep(tmp_path, KEPT)
    keep(tmp_path, number(2))
    damaged = min(files_of(tmp_path), key=lambda file: file.stat().st_mtime)
    whole = damaged.read_bytes()
    for content in (b"", b"no warc", whole[: len(whole) // 2], whole[: len(whole) - 60]):
        damaged.write_bytes(content)
        os.utime(damaged, (0, 0))
        first, second = pages(tmp_path, "36kr")
        assert isinstance(first, Unreadable) and first.file == damaged
        assert second == number(2)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / "quarantine").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="quarantine"):
        keep(tmp_path, KEPT)


def test_a_source_called_like_a_folder_stays_inside(tmp_path: Path) -> None:
    keep(tmp_path, replace(KEPT, source=".."))
    assert [path.name for path in tmp_path.iterdir()] == ["quarantine"]
    assert [one.known_by for one in pages(tmp_path, "..")] == ["36kr:1"]


@given(
    body=st.binary(max_size=3000),
    error=st.text(max_size=60),
    content_type=st.text(max_size=40),
    known_by=st.text(max_size=40),
)
def test_any_page_is_kept_whole(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, error: str, content_type: str, known_by: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    page = replace(PAGE, body=body, content_type=content_type)
    kept = replace(KEPT, page=page, error=error, known_by=known_by)
    keep(folder, kept)
    assert list(pages(folder, "36kr")) == [kept]
