"""Podcasts: how one is named, its feed, its transcripts; whole episodes are in tests/fixtures/outlets/podcast*."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged
from sources.identity import identify
from sources.outlets.podcast import SHOWS, Podcast

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
FEED = "https://coast.example.com/feed.xml"
EPISODE = "https://coast.example.com/episodes/3"
VTT = "https://cdn.example.com/3.vtt"
WORDS = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 小潮>灯塔是什么时候关的，你还记得吗？\n\n00:02.000 --> 00:03.000\n<v 老叶>去年冬天。\n"
NOTES = Article(
    "url:1",
    "podcast",
    "海岸线夜话",
    "partial",
    EPISODE,
    "第三期",
    "老叶守了二十年灯塔。",
    authors=("小潮",),
    chrome="小宇宙、Spotify收听",
)
REF = ArticleRef("podcast", "url:1", EPISODE, "第三期", authors=("小潮",), fetch_url=VTT, article=NOTES)


def page(body: str | bytes, url: str = FEED, content_type: str = "", final_url: str = "") -> Page:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Page(url=url, body=raw, fetched_at=NOW, content_type=content_type, final_url=final_url)


def feed(items: str, head: str = "<link>https://coast.example.com/</link><language>zh</language>") -> str:
    return (
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:podcast="https://podcastindex.org/namespace/1.0">'
        f"<channel><title>海岸线夜话</title>{head}{items}</channel></rss>"
    )


def item(more: str = "", link: str = EPISODE, notes: str = "老叶守了二十年灯塔。", guid: str = "g3") -> str:
    address = f"<link>{link}</link>" if link else ""
    return f'<item><title>第三期</title>{address}<guid isPermaLink="false">{guid}</guid><description>{notes}</description>{more}</item>'


def refs(text: str, source: Podcast | None = None) -> list[ArticleRef]:
    return (source or Podcast(feed=FEED)).discover(page(text))


def only(more: str = "", **parts: str) -> ArticleRef:
    (ref,) = refs(feed(item(more, **parts)))
    return ref


# -- naming one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled",
    ["张小珺商业访谈录", "张小珺Jùn｜商业访谈录", "张小珺 Jun 商业访谈录", "商业访谈录", "张小珺JÙN|商业访谈录"],
)
def test_a_show_is_known_by_its_names(spelled: str) -> None:
    source = Podcast(show=spelled)
    assert [one.url for one in source.lists(NOW)] == ["https://feed.xyzfm.space/dk4yh3pkpjp3"]
    assert (source.id, source.outlet) == ("podcast", "张小珺商业访谈录")
    assert Podcast(show=spelled, outlet="访谈录").outlet == "访谈录"


def test_a_show_page_by_id_or_address() -> None:
    address = "https://www.xiaoyuzhoufm.com/podcast/626b46ea9cbbf0451cf5a962"
    for given_as in ("626b46ea9cbbf0451cf5a962", address, f"{address}?s=abc"):
        source = Podcast(xiaoyuzhou=given_as)
        assert [one.url for one in source.lists(NOW)] == [address]
        assert source.outlet == "张小珺商业访谈录"
    assert Podcast(xiaoyuzhou="65aa0bb1c2d3e4f506172839").outlet == ""
    assert Podcast(feed="https://feed.xyzfm.space/dk4yh3pkpjp3").outlet == "张小珺商业访谈录"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of `show`, `feed` and `xiaoyuzhou`"),
        ({"show": "硅谷101", "feed": FEED}, "one of `show`, `feed` and `xiaoyuzhou`"),
        ({"show": "商业访谈"}, "did you mean 张小珺商业访谈录"),
        ({"show": "海岸线夜话"}, "name any other by `feed`"),
        ({"feed": "feed.xml"}, "the address of the podcast's RSS"),
        ({"feed": "file:///etc/passwd"}, "the address of the podcast's RSS"),
        ({"xiaoyuzhou": "海岸线夜话"}, "24 digits and letters"),
        ({"xiaoyuzhou": "https://www.xiaoyuzhoufm.com/episode/65aa0bb1c2d3e4f506172839"}, "24 digits and letters"),
    ],
)
def test_a_podcast_that_cannot_be_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Podcast(**options)


def test_no_two_shows_share_a_name() -> None:
    names = [name.casefold() for show in SHOWS for name in (show.name, *show.spellings)]
    assert len(names) == len(set(names))


# -- the feed ---------------------------------------------------------------------------------------------------------


def test_short_shownotes_are_whole_and_a_teaser_is_not() -> None:
    assert only().article is not None
    assert [only().article.kind, only(notes="聊灯塔和船……").article.kind] == ["article", "partial"]  # type: ignore[union-attr]


def test_the_show_is_the_outlet_whoever_produced_it() -> None:
    notes = "&lt;p&gt;老叶守了二十年灯塔。&lt;/p&gt;&lt;p&gt;出品：腾讯新闻&lt;/p&gt;"
    article = only(notes=notes).article
    assert article is not None
    assert (article.outlet, article.text, article.byline) == ("海岸线夜话", "老叶守了二十年灯塔。", "出品：腾讯新闻")


@pytest.mark.parametrize(
    ("more", "authors"),
    [
        ("<itunes:author>小潮、周山雀</itunes:author>", ("小潮", "周山雀")),
        ("<itunes:author>海岸线夜话</itunes:author>", ("频道主人",)),
        ("", ("频道主人",)),
        ('<podcast:person role="guest">老叶</podcast:person><podcast:person>小潮</podcast:person>', ("小潮",)),
    ],
)
def test_the_hosts_are_the_authors(more: str, authors: tuple[str, ...]) -> None:
    head = "<link>https://coast.example.com/</link><itunes:author>频道主人</itunes:author>"
    (ref,) = refs(feed(item(more), head))
    assert ref.authors == authors
    assert ref.article is not None and ref.article.authors == authors


def test_episodes_that_share_a_link_are_told_apart_by_their_guid() -> None:
    home = "https://coast.example.com/?from=app"
    found = refs(
        feed(item(link=home, guid="a b") + item(link=home, guid="c") + item(guid="d") + item(link="", guid="e"))
    )
    assert [ref.url for ref in found] == [
        "https://coast.example.com/?from=app&episode=a%20b",
        "https://coast.example.com/?from=app&episode=c",
        EPISODE,
        "https://coast.example.com/?episode=e",
    ]
    assert [identify(ref.url).article_id for ref in found] == [ref.article_id for ref in found]


def test_a_guid_that_is_an_address_stays_the_address() -> None:
    (ref,) = refs(
        feed(
            "<item><title>第三期</title><guid>https://coast.example.com/e/3</guid><description>灯。</description></item>"
        )
    )
    assert ref.url == "https://coast.example.com/e/3"


def test_guests_are_no_credits() -> None:
    notes = "&lt;p&gt;老叶守了二十年灯塔。&lt;/p&gt;&lt;p&gt;主播：周山雀&lt;/p&gt;&lt;p&gt;嘉宾：方知行（海雀科技创始人）&lt;/p&gt;"
    article = only(notes=notes).article
    assert article is not None
    assert article.text == "嘉宾：方知行（海雀科技创始人）\n老叶守了二十年灯塔。"
    assert article.byline == "主播：周山雀"


# -- which transcript -------------------------------------------------------------------------------------------------


def transcript(name: str, kind: str, language: str = "") -> str:
    told = f' language="{language}"' if language else ""
    return f'<podcast:transcript url="https://cdn.example.com/{name}" type="{kind}"{told}/>'


@pytest.mark.parametrize(
    ("named", "best"),
    [
        (
            [
                "a.txt text/plain",
                "b.html text/html",
                "c.srt application/srt",
                "d.vtt text/vtt",
                "e.json application/json",
            ],
            "e.json",
        ),
        (["a.txt text/plain", "b.html text/html", "c.srt application/x-subrip", "d.vtt text/vtt"], "d.vtt"),
        (["a.html text/html;charset=utf-8", "b.srt application/x-subrip"], "b.srt"),
        (["a.json application/json en", "b.txt text/plain zh-Hans"], "b.txt"),
        (["a.json application/json en", "b.txt text/plain"], "b.txt"),  # the show's own language, when none is named
        (["a.vtt text/vtt", "b.vtt text/vtt"], "a.vtt"),
        (["a.vtt application/octet-stream"], "a.vtt"),
        (["a.pdf application/pdf"], ""),
    ],
)
def test_the_best_transcript(named: list[str], best: str) -> None:
    ref = only("".join(transcript(*one.split()) for one in named))
    assert ref.fetch_url == (f"https://cdn.example.com/{best}" if best else "")
    assert ref.article is not None and ref.article.kind == ("partial" if best else "article")


@pytest.mark.parametrize(
    "declared",
    [
        'xmlns:p="https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"',
        'xmlns:p="http://podcastindex.org/namespace/1.0"',
    ],
)
def test_whatever_the_namespace_is_called(declared: str) -> None:
    told = feed(item('<p:transcript url="/t/3.vtt" type="text/vtt"/>')).replace("<rss ", f"<rss {declared} ")
    assert refs(told)[0].fetch_url == "https://coast.example.com/t/3.vtt"


def test_an_undeclared_prefix_and_addresses_that_nobody_may_ask() -> None:
    told = feed(item(transcript("3.vtt", "text/vtt"))).replace(
        'xmlns:podcast="https://podcastindex.org/namespace/1.0"', ""
    )
    assert refs(told)[0].fetch_url == "https://cdn.example.com/3.vtt"
    assert only('<podcast:transcript url="file:///etc/passwd.vtt" type="text/vtt"/>').fetch_url == ""
    assert only('<transcript url="https://cdn.example.com/3.vtt" type="text/vtt"/>').fetch_url == ""


def test_a_feed_broken_behind_the_first_episode() -> None:
    found = refs(
        feed(item(transcript("3.vtt", "text/vtt")) + "<item><title>第二期</title><link>" + EPISODE + "2</link>")[:-40]
    )
    assert found[0].fetch_url == "https://cdn.example.com/3.vtt"


def test_no_entity_grows_and_no_file_is_read() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "灯塔灯塔"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    told = bomb + feed(item(transcript("3.vtt", "text/vtt"), notes="&b;&f;", link=""))
    try:
        found = refs(told)
    except FetchError:
        return
    assert all("root:" not in ref.to_json() for ref in found)


# -- the transcript ---------------------------------------------------------------------------------------------------


def test_the_transcript_stands_below_the_shownotes() -> None:
    article = Podcast(feed=FEED).parse(page(WORDS, VTT, "text/vtt"), REF)
    said = "老叶守了二十年灯塔。\n小潮：灯塔是什么时候关的，你还记得吗？\n老叶：去年冬天。"
    assert article == replace(NOTES, kind="transcript", text=said)


def test_an_episode_without_shownotes() -> None:
    article = Podcast(feed=FEED, outlet="海岸线夜话").parse(page(WORDS, VTT, "text/vtt"), replace(REF, article=None))
    assert (article.kind, article.title, article.outlet) == ("transcript", "第三期", "海岸线夜话")
    assert (article.article_id, article.url, article.authors) == ("url:1", EPISODE, ("小潮",))
    assert article.text.split("\n")[0] == "小潮：灯塔是什么时候关的，你还记得吗？"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><head><title>404 Not Found</title></head><body>页面不存在</body></html>", "text/html"),
        ("<html><head><title>404 Not Found</title></head><body>页面不存在</body></html>", "text/vtt"),
        ("<html><body><p>该内容已被删除</p></body></html>", "text/html"),
        ("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "application/xml"),
        ('{"message": "no such key"}', "application/json"),
        ("WEBVTT\n\n", "text/vtt"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n（音乐）\n", "text/vtt"),
        ("Forbidden", "text/plain"),
        (b"ID3\x04\x00\x00\xff\xfb\x90\x00" * 40, "audio/mpeg"),
        ("", "text/vtt"),
    ],
)
def test_what_is_no_transcript_is_never_stored_and_never_takes_the_episode_away(
    body: str | bytes, content_type: str
) -> None:
    with pytest.raises(LayoutChanged, match=r"cdn\.example\.com/3\.vtt"):
        Podcast(feed=FEED).parse(page(body, VTT, content_type), REF)


def test_a_challenge_in_its_place_is_blocked() -> None:
    wall = "<html><head><title>Just a moment...</title></head><body><form id='challenge-form'></form></body></html>"
    with pytest.raises(Blocked):
        Podcast(feed=FEED).parse(page(wall, VTT, "text/html"), REF)


def test_an_episode_without_a_transcript_is_read_from_its_page() -> None:
    """Also where the list names it by http: that is its own address, not a transcript's."""
    html = (
        "<html><body><h1>第三期</h1><article>"
        + "<p>老叶守了二十年灯塔，今天他把灯的故事讲给我们听。</p>" * 4
        + "</article></body></html>"
    )
    plain = EPISODE.replace("https", "http")
    ref = ArticleRef("podcast", identify(EPISODE).article_id, EPISODE, "第三期", fetch_url=plain)
    article = Podcast(feed=FEED).parse(page(html, plain, "text/html"), ref)
    assert (article.kind, article.article_id) == ("article", identify(EPISODE).article_id)


# -- anything ---------------------------------------------------------------------------------------------------------

FIXTURES = Path(__file__).parent.parent / "fixtures" / "outlets"
CORPUS = [path.read_bytes() for folder in FIXTURES.glob("podcast*") for path in folder.iterdir()]


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda inner: feed(f"<item>{inner}</item>").encode("utf-8", "surrogatepass")),
        st.tuples(st.sampled_from(CORPUS), st.integers(0, 5000), st.integers(0, 400), st.binary(max_size=12)).map(
            lambda cut: cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :]
        ),
    )
)
@settings(max_examples=200, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    pages = (
        (Podcast(feed=FEED), FEED, None),
        (
            Podcast(xiaoyuzhou="65aa0bb1c2d3e4f506172839"),
            "https://www.xiaoyuzhoufm.com/podcast/65aa0bb1c2d3e4f506172839",
            None,
        ),
        (Podcast(feed=FEED), VTT, REF),
        (
            Podcast(feed=FEED),
            "https://www.xiaoyuzhoufm.com/episode/65aa0bb1c2d3e4f506172839",
            replace(REF, fetch_url=""),
        ),
    )
    for source, url, ref in pages:
        try:
            found = source.discover(page(body, url)) if ref is None else [source.parse(page(body, url), ref)]
        except FetchError:
            continue
        for one in found:
            if isinstance(one, ArticleRef):
                assert ArticleRef.from_json(one.to_json()) == one
