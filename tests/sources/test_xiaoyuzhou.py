"""小宇宙's pages: each layout, saved pages, and what is no episode. The lists are in tests/fixtures/outlets."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sources.article import Article, ArticleRef, Page
from sources.document import Document
from sources.errors import Gone, LayoutChanged, NotAnArticle
from sources.outlets import xiaoyuzhou
from sources.outlets.files import read_file
from sources.outlets.pages import read_page
from sources.outlets.podcast import Podcast

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
FOLDER = Path(__file__).parent.parent / "fixtures" / "outlets" / "podcast_xiaoyuzhou"
EPISODE = (FOLDER / "episode.html").read_text("utf-8")
SHOW = (FOLDER / "show.html").read_text("utf-8")
URL = "https://www.xiaoyuzhoufm.com/episode/6afd4cf0b1c2d3e4f5061728"
NOTES = "老叶在岛上开了一家旅馆，客人来了他就把灯打开。"
STATE = re.compile(r'<script id="__NEXT_DATA__".*?</script>', re.DOTALL)
SCHEMA = re.compile(r'<script name="schema:podcast-show".*?</script>', re.DOTALL)


def read(html: str, url: str = URL) -> Article:
    return read_page(Page(url=url, body=html.encode(), fetched_at=NOW, final_url=url))


@pytest.mark.parametrize(
    "html",
    [EPISODE, STATE.sub("", EPISODE), SCHEMA.sub("", EPISODE), SCHEMA.sub("", STATE.sub("", EPISODE))],
    ids=["whole", "without state", "without schema", "as shown"],
)
def test_every_layout(html: str) -> None:
    article = read(html)
    assert (article.title, article.text) == ("第29期 岛上的旅馆", NOTES)
    assert (article.source, article.outlet, article.kind) == ("podcast", "海岸线夜话", "article")
    assert (article.url, article.published_at) == (URL, datetime(2026, 11, 18, 15, 0, tzinfo=CHINA))
    assert article.precision == "second"


def test_the_schema_alone() -> None:
    """Its description is plain text with the lines of the shownotes."""
    schema = re.sub(r'<div class="sn-content">.*?</div>', "", STATE.sub("", EPISODE))
    assert read(schema).text == "老叶在岛上开了一家旅馆，\n客人来了他就把灯打开。"


def test_a_saved_page_is_known_by_itself() -> None:
    for html in (EPISODE, EPISODE.replace('rel="canonical"', 'rel="x"')):
        (article,) = read_file("保存的网页.html", html.encode(), taken_at=NOW)
        assert (article.source, article.outlet, article.url) == ("podcast", "海岸线夜话", URL)


def test_pages_that_only_link_to_it_are_others() -> None:
    html = '<html><head><link rel="canonical" href="https://blog.example.com/1"></head><body><a href="https://www.xiaoyuzhoufm.com/episode/1">听</a></body></html>'
    assert not xiaoyuzhou.knows(Document(Page(url="", body=html.encode(), fetched_at=NOW)))


def test_a_missing_time_is_that_of_the_id() -> None:
    """The first eight digits of an episode's id are the second in which it was made: 6afd4cf0 is 07:00 UTC."""
    article = read(EPISODE.replace('"pubDate": "2026-11-18T07:00:00.000Z"', '"pubDate": ""'))
    assert (article.published_at, article.precision) == (datetime(2026, 11, 18, 15, 0, tzinfo=CHINA), "day")


def test_the_usual_name_of_a_known_show() -> None:
    article = read(EPISODE.replace("海岸线夜话", "张小珺Jùn｜商业访谈录").replace("小潮", "张小珺"))
    assert (article.outlet, article.authors) == ("张小珺商业访谈录", ("张小珺",))


def test_a_show_is_a_list() -> None:
    show = "https://www.xiaoyuzhoufm.com/podcast/65aa0bb1c2d3e4f506172839"
    with pytest.raises(NotAnArticle) as caught:
        read(SHOW, show)
    assert type(caught.value) is NotAnArticle
    with pytest.raises(NotAnArticle):
        read_file("show.html", SHOW.encode(), taken_at=NOW)


def test_an_episode_that_is_not_there() -> None:
    state = json.dumps({"props": {"pageProps": {"statusCode": 404}}, "page": "/_error"})
    html = f'<html><body><div>小宇宙</div><script id="__NEXT_DATA__" type="application/json">{state}</script></body></html>'
    with pytest.raises(Gone):
        read(html)


def test_layouts_that_are_none_of_ours() -> None:
    with pytest.raises(LayoutChanged, match="neither __NEXT_DATA__"):
        read("<html><body><main>加载中</main></body></html>")
    with pytest.raises(NotAnArticle):
        read("<html><body><main>发现好播客</main></body></html>", "https://www.xiaoyuzhoufm.com/")
    source = Podcast(xiaoyuzhou="65aa0bb1c2d3e4f506172839")
    address = source.lists(NOW)[0].url
    for html in (
        STATE.sub("", SHOW),
        SHOW.replace('"episodes"', '"singles"'),
        re.sub(r'"title": "第\d+期', '"name": "第', SHOW),
    ):
        with pytest.raises(LayoutChanged):
            source.discover(Page(url=address, body=html.encode(), fetched_at=NOW, final_url=address))


def test_a_show_without_episodes_is_empty() -> None:
    source = Podcast(xiaoyuzhou="65aa0bb1c2d3e4f506172839")
    address = source.lists(NOW)[0].url
    state = json.dumps(
        {"props": {"pageProps": {"podcast": {"title": "新节目", "episodes": []}}}, "page": "/podcast/[id]"}
    )
    html = f'<html><body><script id="__NEXT_DATA__" type="application/json">{state}</script></body></html>'
    assert source.discover(Page(url=address, body=html.encode(), fetched_at=NOW, final_url=address)) == []


def test_an_episode_without_shownotes_holds_nothing() -> None:
    html = SCHEMA.sub("", EPISODE.replace(f"\\u003cp>{NOTES}\\u003c/p>", ""))
    ref = ArticleRef("podcast", "url:1", URL, "第29期")
    with pytest.raises(NotAnArticle):
        Podcast(xiaoyuzhou="65aa0bb1c2d3e4f506172839").parse(Page(URL, html.encode(), NOW, URL), ref)
