"""The proof of a case has to see what is wrong: each rule of it is broken here once."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sources.fixtures import Case, cases_in, problems

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>石桥日报</title>
<item><title>石桥镇的第一台水力打铁机</title><link>https://news.shiqiao.example/a/101</link>
<pubDate>Tue, 03 Mar 2026 09:30:00 +0800</pubDate><description>铁匠铺换了主人。</description></item>
<item><title>已经撤下的一篇</title><link>https://news.shiqiao.example/a/102</link></item>
</channel></rss>"""
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>石桥镇的第一台水力打铁机</title></head><body>
<h1>石桥镇的第一台水力打铁机</h1><p>2026-03-03 09:30</p><article>
<p>石桥镇的铁匠铺去年冬天换了主人，新主人把祖传的风箱拆下来，装上了一台靠河水转动的打铁机，整条街都来看热闹。</p>
<p>机器每分钟落锤四十次，一个上午能打出从前两天的活。镇上的老人说，声音比从前匀，听着也不吵。</p>
</article></body></html>"""
TOLD: dict[str, Any] = {
    "source": {"use": "feed", "id": "shiqiao", "url": "https://news.shiqiao.example/feed.xml", "outlet": "石桥日报"},
    "now": "2026-03-03T10:00:00+08:00",
    "answers": {
        "https://news.shiqiao.example/feed.xml": "feed.xml",
        "https://news.shiqiao.example/a/101": {"status": 200, "file": "a101.html"},
    },
    "lists": {
        "https://news.shiqiao.example/feed.xml": [
            {"title": "石桥镇的第一台水力打铁机", "url": "https://news.shiqiao.example/a/101"},
            {"title": "已经撤下的一篇"},
        ]
    },
    "articles": [],
    "errors": {},
}


@pytest.fixture
def told() -> dict[str, Any]:
    """A case that is right. The ids of addresses of no known outlet are `url:` and a hash of them (design §7)."""
    one, two = (
        f"url:{hashlib.sha256(f'https://news.shiqiao.example/a/{number}'.encode()).hexdigest()[:16]}"
        for number in (101, 102)
    )
    told = deepcopy(TOLD)
    told["articles"] = [
        {
            "article_id": one,
            "title": "石桥镇的第一台水力打铁机",
            "published_at": "2026-03-03T09:30:00+08:00",
            "text": [
                "石桥镇的铁匠铺去年冬天换了主人，新主人把祖传的风箱拆下来，装上了一台靠河水转动的打铁机，整条街都来看热闹。",
                "机器每分钟落锤四十次，一个上午能打出从前两天的活。镇上的老人说，声音比从前匀，听着也不吵。",
            ],
        }
    ]
    told["errors"] = {two: "FetchError"}
    return told


def put(folder: Path, told: Any) -> None:
    (folder / "one").mkdir(exist_ok=True)
    (folder / "one" / "feed.xml").write_text(FEED, "utf-8")
    (folder / "one" / "a101.html").write_text(PAGE, "utf-8")
    (folder / "one" / "case.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def read(folder: Path) -> Case:
    [case] = cases_in(folder)
    return case


def test_a_case_that_says_what_is_there_has_no_problem(tmp_path: Path, told: dict[str, Any]) -> None:
    put(tmp_path, told)
    assert problems(read(tmp_path)) == []


LIST = "https://news.shiqiao.example/feed.xml"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t["articles"][0].update(title="别的题目"), '.title: expected "别的题目", read "石桥镇的第一台水力打铁机"'),
        (lambda t: t["articles"][0]["text"].append("多出的一段。"), '.text[2]: expected "多出的一段。", read nothing'),
        (lambda t: t["articles"][0]["text"].pop(), ".text[1]: expected nothing, read"),
        (lambda t: t["articles"][0].update(autor="x"), ".autor: there is no such field; there are article_id"),
        (lambda t: t["articles"].clear(), "is read and not told"),
        (lambda t: t["articles"].append({"article_id": "x:1"}), "articles: x:1 is named by no list"),
        (lambda t: t["errors"].clear(), "gives FetchError (404), not an article"),
        (lambda t: t["errors"].update({"x:1": "Gone"}), "errors: x:1 does not fail"),
        (lambda t: t["lists"][LIST].pop(), "names 2 articles, not 1"),
        (lambda t: t["lists"][LIST][1].update(title="x"), '[1].title: expected "x", read "已经撤下的一篇"'),
        (lambda t: t["lists"].clear(), "not told in `lists`"),
        (lambda t: t["lists"].update({"https://x.example/": []}), "https://x.example/ is not read by the source"),
        (lambda t: t["answers"].pop(LIST), "is read by the source and not in `answers`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, told: dict[str, Any], spoil: Any, said: str) -> None:
    spoil(told)
    put(tmp_path, told)
    found = problems(read(tmp_path))
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda t: t["articles"][0].update(title="TODO"), "articles[0].title"),
        (lambda t: t["articles"][0].update(text=["TODO"]), "articles[0].text[0]"),
        (lambda t: t["lists"].update({LIST: "TODO"}), f"lists.{LIST}"),
        (lambda t: t.update(source="TODO"), "source"),
        (lambda t: t.pop("articles"), "articles, a list, is missing"),
        (lambda t: t.update(lists=[]), "lists, an object, is missing"),
        (lambda t: t["articles"][0].pop("article_id"), "articles[0].article_id is missing"),
    ],
)
def test_what_nobody_completed_never_passes(tmp_path: Path, told: dict[str, Any], spoil: Any, place: str) -> None:
    spoil(told)
    put(tmp_path, told)
    [found] = problems(read(tmp_path))
    assert found.startswith(f"complete me: {place}") and str(tmp_path / "one" / "case.json") in found


def test_a_source_that_is_not_installed_is_named(tmp_path: Path, told: dict[str, Any]) -> None:
    told["source"] = "shiqiao"
    put(tmp_path, told)
    with pytest.raises(ValueError, match=r"no source is called 'shiqiao'; known are .*36kr.*pip install"):
        problems(read(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_case_that_is_no_object_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "case.json").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"case\.json is no JSON"):
        cases_in(tmp_path)
