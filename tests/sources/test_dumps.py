"""Every dump in tests/fixtures/dumps against what a person read in it: one file, one expected JSON beside it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sources import errors
from sources.article import Article, content_key
from sources.dumps import read_dump

DUMPS = Path(__file__).parent.parent / "fixtures" / "dumps"
TAKEN_AT = datetime.fromisoformat("2026-03-11T15:30:00+08:00")


@pytest.mark.parametrize("path", sorted(DUMPS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_dump_is_read_as_a_person_reads_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    text = path.read_text("utf-8")
    if "error" in expected:
        with pytest.raises(getattr(errors, expected["error"])) as caught:
            read_dump(text, name=path.name, taken_at=TAKEN_AT)
        assert path.name in str(caught.value), "the message names the file"
        return
    articles = read_dump(text, name=path.name, taken_at=TAKEN_AT)
    assert [article.title for article in articles] == [wanted["title"] for wanted in expected["articles"]]
    for article, wanted in zip(articles, expected["articles"], strict=True):
        compare(article, wanted)


def compare(article: Article, wanted: dict[str, Any]) -> None:
    for name in ("source", "outlet", "kind", "language", "url", "precision"):
        assert getattr(article, name) == wanted[name], name
    assert list(article.authors) == wanted["authors"]
    published = wanted["published_at"]
    assert article.published_at == (datetime.fromisoformat(published) if published else None)
    assert article.article_id == wanted.get("article_id", f"text:{content_key(article.text)[:16]}")
    lines = article.text.split("\n")
    assert lines[0].startswith(wanted["first"])
    assert lines[-1].endswith(wanted["last"])
    assert len(lines) == wanted["paragraphs"]
    assert sorted(wanted["byline"]) == sorted(article.byline.split("\n") if article.byline else [])
    for line in wanted["chrome"]:
        assert line in article.chrome.split("\n")
        assert line not in lines


def test_the_file_name_says_nothing_about_the_content() -> None:
    text = (DUMPS / "huxiu_article.txt").read_text("utf-8")
    one = read_dump(text, name="腾讯新闻《潜望》 作者 张三.txt", taken_at=TAKEN_AT)
    assert one == read_dump(text, name="x", taken_at=TAKEN_AT)


def test_the_same_dump_taken_later_has_the_same_id() -> None:
    text = (DUMPS / "tumblr_mirror.txt").read_text("utf-8")
    later = datetime.fromisoformat("2026-06-11T15:30:00+08:00")
    ids = [a.article_id for a in read_dump(text, name="a", taken_at=TAKEN_AT)]
    assert ids == [a.article_id for a in read_dump(text, name="a", taken_at=later)]
    assert len(set(ids)) == 4


def test_replacement_characters_are_dropped_and_windows_line_ends_read() -> None:
    text = (DUMPS / "wechat_copy.txt").read_text("utf-8")
    damaged = "\ufeff" + text.replace("两万只", "两万\ufffd\ufffd只").replace("\n", "\r\n")
    (article,) = read_dump(damaged, name="a", taken_at=TAKEN_AT)
    (whole,) = read_dump(text, name="a", taken_at=TAKEN_AT)
    assert "\ufffd" not in article.text
    assert article == whole


def test_chrome_is_kept_but_capped() -> None:
    text = (DUMPS / "zaker_article.txt").read_text("utf-8") + "\n".join(f"相关的第{n}篇文章标题" for n in range(2000))
    (article,) = read_dump(text, name="a", taken_at=TAKEN_AT)
    assert article.text.endswith("试验网。")
    assert len(article.chrome) == 4000
