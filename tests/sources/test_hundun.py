"""混沌大学: which ways are open, what of mixed lists is kept, what of the pages is believed; the whole way is a fixture."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outlet_cases import CASES

from sources.article import ArticleRef, Page, content_key
from sources.errors import FetchError, LayoutChanged, NotAnArticle
from sources.outlets.hundun import Hundun
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)
FEED = "https://rss.example.com/all"
BRIDGE = "https://bridge.example.cn/feeds/1.rss"
WHOLE = "<p>" + "养蜂人把蜂箱搬到了油菜花田的另一头，等着天亮。" * 20 + "</p>"


def feed(*items: str, url: str = FEED, title: str = "一份订阅") -> Page:
    body = f"<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>"
    return Page(url=url, body=body.encode(), fetched_at=NOW)


def item(text: str, author: str = "", number: int = 1) -> str:
    signed = f"<author>{author}</author>" if author else ""
    link = f"https://www.example.com/a/{number}.html"
    return f"<item><title>第{number}篇</title><link>{link}</link>{signed}<description><![CDATA[{text}]]></description></item>"


def page(html: str, url: str) -> Page:
    return Page(url=url, body=html.encode(), fetched_at=NOW, final_url=url)


class TestWays:
    def test_without_any_way_the_error_names_every_key(self) -> None:
        with pytest.raises(ValueError, match="no way to 混沌大学 is configured") as caught:
            Hundun()
        for key in ("kr36_user", "huxiu_feed", "zaker_channel", "wechat_feed", "feeds"):
            assert f"{key}: " in str(caught.value)

    def test_ways_tell_which_are_open_and_the_key_of_each(self) -> None:
        ways = Hundun(zaker_channel="9", feeds=(FEED,)).ways()
        assert [(way.configured, way.remedy.split("`")[1]) for way in ways] == [
            (False, "kr36_user:"),
            (False, "huxiu_feed:"),
            (True, "zaker_channel:"),
            (False, "wechat_feed:"),
            (True, "feeds:"),
        ]
        assert all(way.name for way in ways)

    def test_of_36kr_the_authors_list_alone_is_read(self) -> None:
        (one,) = Hundun(kr36_user="https://36kr.com/user/100001").lists(NOW)
        assert one.key == "36kr user 100001" and json.loads(one.post)["param"]["userId"] == "100001"

    def test_every_way_brings_its_list(self) -> None:
        source = Hundun(huxiu_feed="https://rss.huxiu.com/", zaker_channel="9", wechat_feed=BRIDGE, feeds=(FEED,))
        assert [one.url for one in source.lists(NOW)] == [
            "https://rss.huxiu.com/",
            "https://www.myzaker.com/channel/9",
            BRIDGE,
            FEED,
        ]

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"kr36_user": "混沌"}, "kr36_user: "),
            ({"zaker_channel": "创业"}, "zaker_channel: "),
            ({"wechat_feed": "bridge"}, "wechat_feed: expected the address of a feed"),
            ({"feeds": ("file:///etc/passwd",)}, "feeds: expected the address of a feed"),
        ],
    )
    def test_a_wrong_value_is_told_with_its_key(self, options: dict[str, object], said: str) -> None:
        with pytest.raises(ValueError, match=f"^{said}"):
            Hundun(**options)  # type: ignore[arg-type]


class TestLists:
    def test_of_a_mixed_list_its_own_and_the_unsigned_are_kept(self) -> None:
        source = Hundun(feeds=(FEED,))
        kept = source.discover(
            feed(
                item("短。", "混沌大学", 1),
                item("短。", "别人", 2),
                item("短。", "", 3),
                item("本文来自微信公众号：混沌学园，作者：某人", "某站", 4),
                item(WHOLE, "", 5),
                item(WHOLE, "混沌学园", 6),
                item("<p>本文来自微信公众号“混沌大学”（ID：hundun）</p>" + WHOLE, "某站", 7),
                item("<p>他毕业于混沌大学。</p>" + WHOLE, "某站", 8),
            )
        )
        assert [one.title for one in kept] == ["第1篇", "第3篇", "第4篇", "第6篇", "第7篇", "第8篇"]
        # What is not signed has to show its page: no text of the list is stored for it.
        assert [one.article is not None for one in kept] == [True, False, False, True, True, False]
        assert {one.article.outlet for one in kept if one.article} == {"混沌大学"}

    def test_in_the_accounts_own_feed_other_names_are_its_writers(self) -> None:
        (one,) = Hundun(wechat_feed=BRIDGE).discover(feed(item(WHOLE, "叶编辑"), url=BRIDGE))
        assert one.article is not None and one.article.outlet == "混沌大学" and one.source == "hundun"

    def test_a_list_of_nobody_is_told(self) -> None:
        with pytest.raises(LayoutChanged, match="is no list of this source"):
            Hundun(feeds=(FEED,)).discover(feed(url="https://other.example.com/"))

    def test_older_parts_are_asked_of_the_way_they_belong_to(self) -> None:
        source = Hundun(zaker_channel="9", feeds=(FEED,))
        first = ListAddress("https://www.myzaker.com/channel/9")
        told = {"data": {"article": []}, "next_url": {"value": "https://www.myzaker.com/news/next_new.php?x=2"}}
        following = source.older(page(json.dumps(told), first.url), first)
        assert following is not None and following.url == "https://www.myzaker.com/news/next_new.php?x=2"
        told["next_url"] = {"value": "https://www.myzaker.com/news/next_new.php?x=3"}
        third = source.older(page(json.dumps(told), following.url), following)
        assert third is not None and third.url.endswith("?x=3")
        assert source.discover(page(json.dumps(told), following.url)) == []
        assert source.older(feed(), ListAddress(FEED)) is None

    @given(st.binary(max_size=200))
    def test_no_bytes_bring_anything_but_a_fetch_error(self, body: bytes) -> None:
        source = Hundun(zaker_channel="9", feeds=(FEED,), kr36_user="1", wechat_feed=BRIDGE)
        for address in source.lists(NOW):
            for step in (source.discover, lambda one, at=address: source.older(one, at)):
                try:
                    step(Page(url=address.url, body=body, fetched_at=NOW))
                except FetchError:
                    continue


class TestPages:
    URL = "https://www.example.com/a/1.html"

    def read(self, first: str, *authors: str) -> str:
        html = f"<html><body><h1>题目在这里</h1><article>{first}{WHOLE}</article></body></html>"
        ref = ArticleRef(source="hundun", article_id="url:1", url=self.URL, title="题目在这里", authors=authors)
        article = Hundun(feeds=(FEED,)).parse(page(html, self.URL), ref)
        return f"{article.source} {article.outlet}"

    def test_the_list_or_the_byline_makes_it_its_own(self) -> None:
        assert self.read("", "混沌大学") == "hundun 混沌大学"
        assert self.read("<p>出品 | 混沌学园</p>") == "hundun 混沌大学"
        assert (
            self.read("<p>本文来自微信公众号“混沌大学”（ID：hundun），作者：某人，某站经授权发布。</p>")
            == "hundun 混沌大学"
        )

    def test_that_it_is_spoken_of_is_not_enough(self) -> None:
        with pytest.raises(NotAnArticle, match="not by 混沌大学"):
            self.read("<p>他在混沌大学上过课，后来自己开了一家养蜂场。</p>", "别人")

    def test_what_its_own_list_names_is_its_own_whoever_wrote_it(self) -> None:
        source = Hundun(wechat_feed="https://bridge.example.net/own.xml")
        listed = feed(item("短短的开头。", "李某某"), url="https://bridge.example.net/own.xml")
        [ref] = source.discover(listed)
        html = f"<html><body><h1>题目在这里</h1><article>{WHOLE}</article></body></html>"
        assert source.parse(page(html, ref.url), ref).outlet == "混沌大学"

    def test_one_text_through_two_ways_has_one_key(self) -> None:
        """By which the stories know a reprint: ZAKER's copy has spaces that WeChat's has not."""
        told = json.loads((CASES / "hundun" / "case.json").read_text("utf-8"))
        same = [one for one in told["articles"] if one["title"] == "茶农的3次转型"]
        assert [one["article_id"].partition(":")[0] for one in same] == ["zaker", "wechat"]
        assert len({content_key("\n".join(one["text"])) for one in same}) == 1
