"""Four real documents, imported as a user would: six articles and no more. What is expected comes of reading them."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import tanma
from ruamel.yaml import YAML

from sources.times import CHINA
from warehouse.query import open_published, run_query

AT = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)
SECTIONS = {"person": "people", "company": "companies", "product": "products", "org": "organizations"}
VAST = "97年文科生干出全球最强AI 3D大模型"


@dataclass
class Imported:
    """The seeds after the first import; `first` and `again` are what the two imports said with --json."""

    folder: Path
    seeds: list[Path]
    first: list[dict[str, Any]]
    again: list[dict[str, Any]]
    published: tuple[tuple[int, int], tuple[int, int]]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_published(self.folder / "data") as con:
            return [tuple(row) for row in run_query(con, query).rows]

    def ids(self, number: str) -> list[str]:
        [file] = [file for file in self.first if Path(file["path"]).name.startswith(number)]
        return file["article_ids"]

    def article(self, article_id: str) -> dict[str, Any]:
        names = ("source", "outlet", "kind", "title", "authors", "text", "published_at", "published_precision")
        [row] = self.sql(f"SELECT {', '.join(names)} FROM articles WHERE article_id = '{article_id}'")
        return dict(zip(names, row, strict=True))


def watchlist(gold: Path) -> dict[str, list[dict[str, Any]]]:
    """The labelled names as watchlist.yaml writes them."""
    sections: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS.values()}
    with (gold / "watchlist.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            aliases = [alias for alias in row["aliases"].split("|") if alias]
            sections[SECTIONS[row["kind"]]].append({"name": row["canonical"], "aliases": aliases})
    return sections


@pytest.fixture(scope="module")
def imported(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    folder = tmp_path_factory.mktemp("seeds")
    (folder / "tanma.yaml").write_text("sources: []\n", "utf-8")
    with (folder / "watchlist.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(watchlist(shared / "gold"), file)
    seeds = sorted((shared / "seeds").glob("*.txt"))
    answers, published = [], []
    for _ in range(2):
        words = ("import", *map(str, seeds), "--at", f"{AT:%Y-%m-%d %H:%M}", "--json")
        answer = tanma(*words, cwd=folder)
        assert answer.returncode == 0, answer.stderr
        answers.append(json.loads(answer.stdout))
        state = (folder / "data" / "tanma.duckdb").stat()
        published.append((state.st_ino, state.st_mtime_ns))
    yield Imported(folder, seeds, answers[0], answers[1], (published[0], published[1]))
    shutil.rmtree(folder / "data")


def test_each_file_is_told(imported: Imported) -> None:
    assert [file["path"] for file in imported.first] == [str(path) for path in imported.seeds]
    assert all(set(file) == {"path", "status", "article_ids", "reason"} for file in imported.first + imported.again)
    assert [file["status"] for file in imported.first] == ["stored"] * 4
    assert [len(file["article_ids"]) for file in imported.first] == [1, 1, 1, 3]


def test_six_articles_and_no_more(imported: Imported) -> None:
    told = {article_id for file in imported.first for article_id in file["article_ids"]}
    stored = {article_id for (article_id,) in imported.sql("SELECT article_id FROM articles")}
    assert told == stored and len(stored) == 6
    # Posts without a body, of which the mirror has many, are no articles.
    assert imported.sql("SELECT count(*) FROM articles WHERE chars < 5000 OR title = ''") == [(0,)]
    assert imported.sql("SELECT count(*) FROM articles WHERE relation <> 'lead' OR version <> 1") == [(0,)]


def test_the_interview_on_zaker(imported: Imported) -> None:
    [article_id] = imported.ids("000")
    article = imported.article(article_id)
    assert (article["outlet"], article["source"], article["title"]) == ("混沌大学", "zaker", VAST)
    assert article["kind"] == "interview"
    assert (article["published_at"], article["published_precision"]) == (AT - timedelta(hours=3), "hour")
    text = article["text"]
    for furniture in (
        "登录后才可以发布评论", "打开小程序", "宙世代", "打开小宇宙", "打开 ZAKER", "没有更多评论", "我来说两句", "一起剪", "相关标签",
        "相关文章", "index_new5", "zaker_core", "3小时前",
    ):  # fmt: skip
        assert furniture not in text, furniture
    assert text.startswith("他是SIGGRAPH") and text.endswith("这也是我说的以商入道。")
    assert "宋亚宸(Simon),VAST创始人兼CEO" in text


def test_the_podcast(imported: Imported) -> None:
    [article_id] = imported.ids("001")
    article = imported.article(article_id)
    assert (article["kind"], article["outlet"], article["source"]) == ("transcript", "张小珺商业访谈录", "podcast")
    assert "戴雨森" in article["title"] and article["text"].startswith("之前 还 听到 一个 八卦")


def test_the_dialogue_of_36kr(imported: Imported) -> None:
    [article_id] = imported.ids("002")
    article = imported.article(article_id)
    assert (article["outlet"], article["source"], article["kind"]) == ("36氪", "36kr", "interview")
    assert "36氪WAVES新浪潮2024大会" in article["title"] and "徐立" in article["text"]


def test_the_three_posts_of_the_mirror(imported: Imported) -> None:
    first, second, third = (imported.article(article_id) for article_id in imported.ids("003"))
    for article in (first, second):
        assert (article["outlet"], article["authors"]) == ("腾讯新闻《潜望》", ["张小珺"])
        assert article["source"] == "tumblr" and "作者 |" not in article["text"]
    assert "朱啸虎" in first["title"] and "杨植麟" in second["title"]
    # The third names no author: it is about 李翊云, and must not be taken for one of the two before it.
    assert "李翊云" in third["title"] and "张小珺" not in third["authors"] and third["outlet"] != "腾讯新闻《潜望》"
    assert third["text"].startswith("在当代美国华裔作家中") and third["source"] == "tumblr"
    for article in (first, second, third):
        assert "readonline ·" not in article["text"] and " notes" not in article["text"]


def test_importing_again_changes_nothing(imported: Imported) -> None:
    assert [file["status"] for file in imported.again] == ["unchanged"] * 4
    assert [file["article_ids"] for file in imported.again] == [file["article_ids"] for file in imported.first]
    assert all(file["reason"] for file in imported.again)
    assert imported.published[0] == imported.published[1], "published anew"
    assert imported.sql("SELECT max(version), count(*) FROM articles") == [(1, 6)]


def test_an_import_alerts_nobody(imported: Imported) -> None:
    assert imported.sql("SELECT DISTINCT status, reason FROM alerts") == [("suppressed", "import")]


def test_mentions_stand_where_they_say(imported: Imported) -> None:
    rows = imported.sql(
        "SELECT text, surface, start_char, end_char FROM mentions JOIN articles USING (article_id)"
        " WHERE start_char IS NOT NULL"
    )
    assert len(rows) > 200 and all(text[start:end] == surface for text, surface, start, end in rows)
    [article_id] = imported.ids("000")
    named = imported.sql(f"SELECT DISTINCT entity_id FROM mentions WHERE article_id = '{article_id}' AND role = 'body'")
    assert {("person:宋亚宸",), ("company:VAST",), ("company:MiniMax",)} <= set(named)
