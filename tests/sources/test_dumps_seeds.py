"""The four real documents that lie beside the project, where they do: six articles and no more.

Expected by reading them; nothing of their text is kept here beyond names, titles and a few words of proof.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sources.article import Article
from sources.dumps import read_dump, take_apart
from sources.dumps.lines import clean
from sources.times import CHINA

SEEDS = Path(__file__).parent.parent.parent.parent / "shared" / "seeds"
TAKEN_AT = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not beside this checkout")


def articles(number: str) -> list[Article]:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return read_dump(path.read_text("utf-8"), name=path.name, taken_at=TAKEN_AT)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_six_articles_and_no_more() -> None:
    everything = [article for number in ("000", "001", "002", "003") for article in articles(number)]
    assert len(everything) == 6
    assert len({article.article_id for article in everything}) == 6


def test_the_interview_on_zaker() -> None:
    (article,) = articles("000")
    assert (article.source, article.outlet, article.kind) == ("zaker", "混沌大学", "interview")
    assert article.title == "97年文科生干出全球最强AI 3D大模型"
    assert (article.published_at, article.precision) == (TAKEN_AT - timedelta(hours=3), "hour")
    assert article.text.startswith("他是SIGGRAPH") and article.text.endswith("这也是我说的以商入道。")
    for word in ("小宇宙", "宙世代", "ZAKER", "zaker", "登录", "index_new5", "没有更多评论", "相关标签", "小时前"):
        assert word not in article.text
    assert article.byline == "混沌大学 3小时前"
    for word in ("小宇宙", "宙世代", "打开 ZAKER 参与讨论", "index_new5.html"):
        assert word in article.chrome


def test_the_machine_transcript() -> None:
    (article,) = articles("001")
    assert (article.source, article.outlet, article.kind) == ("podcast", "张小珺商业访谈录", "transcript")
    assert "戴雨森" in article.title
    (path,) = SEEDS.glob("001_*.txt")
    assert article.text == "\n".join(line.strip() for line in path.read_text("utf-8").split("\n") if line.strip())


def test_the_dialogue_of_36kr() -> None:
    (article,) = articles("002")
    assert (article.source, article.outlet, article.kind) == ("36kr", "36氪", "interview")
    assert article.title.startswith("6月14-15日,36氪WAVES")
    assert len(article.text.split("\n")) == 96


def test_the_mirror_of_a_blog() -> None:
    first, second, third = articles("003")
    for article in (first, second):
        assert (article.source, article.outlet, article.kind) == ("tumblr", "腾讯新闻《潜望》", "interview")
        assert article.authors == ("张小珺",)
        assert (article.published_at, article.precision) == (datetime(2026, 1, 11, 15, 30, tzinfo=CHINA), "month")
        assert "作者 | 张小珺" in article.byline and "作者 |" not in article.text and "End" not in article.text
    assert first.title == "金沙江创投主管合伙人朱啸虎很快对美版AIGC故事丧失了兴趣"
    assert second.title == "月之暗面杨植麟复盘大模型创业这一年:向延绵而未知的雪山前进", (
        "the headline that the first one quotes"
    )
    assert second.text.endswith("我是充满感激的。")
    assert (third.source, third.outlet, third.kind, third.authors) == ("tumblr", "readonline", "article", ())
    assert "李翊云" in third.title and third.text.endswith("而是她对自己做了什么。”")
    assert (third.published_at, third.precision) == (datetime(2025, 12, 11, 15, 30, tzinfo=CHINA), "month")
    for article in (first, second, third):
        assert "\ufffd" not in article.text and " notes" not in article.text


def test_no_line_of_the_seeds_is_lost() -> None:
    for path in sorted(SEEDS.glob("*.txt")):
        lines = clean(path.read_text("utf-8"))
        dump = take_apart(lines, now=TAKEN_AT)
        placed = list(dump.around)
        for part in dump.parts:
            page = part.page
            placed += [*page.body, *page.title_lines, *page.byline, *page.chrome]
        digest = [hashlib.sha256("\n".join(sorted(some)).encode()).hexdigest() for some in (lines, placed)]
        assert digest[0] == digest[1], path.name
