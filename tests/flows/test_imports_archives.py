"""A WARC in an import: thousands of pages in one file, loaded by the batch, counted by what became of them."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from flows import imports
from flows.check import load_both
from flows.imports import FileOutcome, ImportOptions
from flows.runner import backfill_directly
from sources.article import Article
from warehouse.query import open_published, run_query

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TOMBSTONE = (
    '<html><head><title></title></head><body id="activity-detail"><div class="weui-msg">'
    '<div class="weui-msg__title warn">该内容已被发布者删除</div></div></body></html>'
)
CHALLENGE = "<html><head><title>验证</title><script>window._waf_captcha=1</script></head><body>请稍等</body></html>"

Load = Callable[..., list[FileOutcome]]


def page(number: int) -> str:
    body = "".join(f"<p>第{number}号灯塔守了三十年，守塔人换了四个，这是第{part}段。</p>" for part in "一二三四五六")
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>第{number}号灯塔</title></head><body><h1>第{number}号灯塔</h1><article>{body}</article></body></html>'


def warc(*answers: tuple[str, str, str]) -> bytes:
    """(address, status, body) of each answer."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True)
    for url, status, body in answers:
        headers = StatusAndHeaders(status, [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        record = writer.create_warc_record(
            url, "response", payload=io.BytesIO(body.encode()), http_headers=headers,
            warc_headers_dict={"WARC-Date": "2026-11-20T01:30:00Z"},
        )  # fmt: skip
        writer.write_record(record)
    return file.getvalue()


def good(*numbers: int) -> list[tuple[str, str, str]]:
    return [(f"https://a.example.cn/n/{number}.html", "200 OK", page(number)) for number in numbers]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tanma.yaml").write_text("sources: []\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people:\n  - 程望海\n", "utf-8")
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


@pytest.fixture
def load(folder: Path) -> Load:
    config, entities = load_both(folder.parent / "tanma.yaml", os.environ)

    def call(*paths: Path, **options: Any) -> list[FileOutcome]:
        return asyncio.run(backfill_directly(config, entities, paths, ImportOptions(**options), clock=lambda: NOW))

    return call


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_published(folder.parent / "data") as con:
        return [tuple(row) for row in run_query(con, sql).rows]


def kept(folder: Path, name: str, body: bytes) -> Path:
    (folder / name).write_bytes(body)
    return folder / name


def test_every_record_is_counted_by_what_became_of_it(folder: Path, load: Load) -> None:
    path = kept(
        folder,
        "crawl.warc.gz",
        warc(
            *good(1, 2),
            ("https://a.example.cn/n/1.html", "200 OK", page(1)),
            ("https://mp.weixin.qq.com/s/aaaaaaaaaaaaaaaaaaaaaa", "200 OK", TOMBSTONE),
            ("https://a.example.cn/c", "200 OK", CHALLENGE),
            ("https://a.example.cn/r", "302 Found", ""),
            ("https://a.example.cn/", "200 OK", "<html><body><a href='/n/1.html'>灯塔</a></body></html>"),
        ),
    )
    [first] = load(path)
    assert (first.status, len(first.article_ids)) == ("stored", 2)
    counts = {"stored": 2, "unchanged": 1, "gone": 1, "blocked": 1, "skipped": 1, "not an article": 1}
    assert first.records == counts and first.as_json()["records"] == counts
    assert "2 stored" in first.reason and "1 skipped" in first.reason
    assert ask(folder, "SELECT url FROM articles ORDER BY url") == [
        ("https://a.example.cn/n/1.html",),
        ("https://a.example.cn/n/2.html",),
    ]
    [second] = load(path)
    assert (second.status, second.article_ids) == ("unchanged", first.article_ids)
    assert second.records["unchanged"] == 3


def test_a_file_without_an_article_has_the_word_of_the_others(folder: Path, load: Load) -> None:
    gone = kept(folder, "a.warc", warc(("https://mp.weixin.qq.com/s/aaaaaaaaaaaaaaaaaaaaaa", "200 OK", TOMBSTONE)))
    blocked = kept(folder, "b.warc", warc(("https://a.example.cn/c", "200 OK", CHALLENGE)))
    skipped = kept(folder, "c.warc", warc(("https://a.example.cn/r", "302 Found", "")))
    assert [one.status for one in load(gone, blocked, skipped)] == ["gone", "blocked", "not an article"]


def test_a_damaged_archive_has_failed_and_what_stood_before_is_stored(folder: Path, load: Load) -> None:
    path = kept(folder, "crawl.warc.gz", warc(*good(1, 2, 3))[:-40])
    note = kept(folder, "note.html", page(9).encode())
    outcome, other = load(path, note)
    assert (outcome.status, len(outcome.article_ids)) == ("failed", 2)
    assert "damaged after 3 records" in outcome.reason and "2 stored" in outcome.reason
    assert other.status == "stored", "one bad file costs no other"


def test_an_archive_is_loaded_by_the_batch_and_has_no_cap(
    folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = imports._load

    def watched(session: Any, found: Sequence[Article], options: ImportOptions) -> Any:
        sizes.append(len(found))
        return real(session, found, options)

    monkeypatch.setattr(imports, "_load", watched)
    monkeypatch.setattr(imports, "MAX_BYTES", 1000)
    path = kept(folder, "crawl.warc.gz", warc(*good(*range(120))))
    assert path.stat().st_size > 1000
    [outcome] = load(path, outlet="灯塔报")
    assert sizes == [100, 20, 0]
    assert outcome.records == {"stored": 120}
    assert ask(folder, "SELECT DISTINCT outlet, count(*) FROM articles GROUP BY 1") == [("灯塔报", 120)]


def test_a_fault_of_ours_with_an_archive_costs_no_other_file(
    folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: Any) -> Any:
        raise RuntimeError("hush-hush")

    monkeypatch.setattr(imports, "read_warc", read)
    broken, other = load(kept(folder, "a.warc", warc(*good(1))), kept(folder, "b.html", page(2).encode()))
    assert (broken.status, other.status) == ("failed", "stored")
    assert "internal error RuntimeError" in broken.reason and "hush-hush" not in broken.reason


def test_two_captures_of_one_page_are_two_versions_however_often_they_are_imported(folder: Path, load: Load) -> None:
    edited = page(1).replace("</p>", "编者后来补了一句，说灯塔的灯昨夜已经修好。</p>", 1)
    address = "https://a.example.cn/n/1.html"
    path = kept(folder, "crawl.warc.gz", warc((address, "200 OK", page(1)), (address, "200 OK", edited)))
    load(path)
    before = ask(folder, "SELECT count(*) FROM article_versions")
    [second] = load(path)
    assert second.status == "unchanged"
    assert ask(folder, "SELECT count(*) FROM article_versions") == before == [(2,)]
