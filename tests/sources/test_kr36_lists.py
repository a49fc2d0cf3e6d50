"""36氪's lists of every shape: open data, gateway, list pages; and the way back through their parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged
from sources.outlets.kr36 import Kr36
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
HOT = "https://openclaw.36krcdn.com/media/hotlist/2026-11-21/24h_hot_list.json"
COLUMN = "https://gateway.36kr.com/api/mis/nav/ifm/subNav/flow"
FLASHES = "https://gateway.36kr.com/api/mis/nav/newsflash/flow"
TOPIC = "https://36kr.com/topics/77"


def page(body: str, url: str = COLUMN) -> Page:
    return Page(url=url, body=body.encode(), fetched_at=NOW)


def named(body: str, url: str = COLUMN) -> list[ArticleRef]:
    return Kr36().discover(page(body, url))


def answer(*items: object, **more: object) -> str:
    return json.dumps({"code": 0, "data": {"itemList": list(items), **more}}, ensure_ascii=False)


def item(number: int, title: str = "海雀科技的一天", **more: object) -> dict[str, object]:
    return {"itemId": number, "templateMaterial": {"itemId": number, "widgetTitle": title}, **more}


def test_the_hot_list() -> None:
    body = json.dumps(
        {
            "date": "2026-11-21",
            "time": 1795190400000,
            "data": [
                {
                    "rank": 1,
                    "title": "某公司融资",
                    "author": "林雀生",
                    "publishTime": "2026-11-20 21:05:00",
                    "content": "<p>摘要一句。</p>",
                    "url": "https://36kr.com/p/3900000000000001?channel=openclaw",
                },
                {"rank": 2, "title": "专题", "url": "https://36kr.com/topics/1"},
                {"rank": 3, "title": "视频", "url": "https://36kr.com/video/3900000000000002"},
                "junk",
            ],
        }
    )
    (found,) = named(body, HOT)
    assert found == ArticleRef(
        source="36kr",
        article_id="36kr:3900000000000001",
        url="https://36kr.com/p/3900000000000001",
        title="某公司融资",
        published_at=datetime(2026, 11, 20, 21, 5, tzinfo=CHINA),
        precision="second",
        authors=("林雀生",),
        summary="摘要一句。",
    )


def test_a_list_without_rows_is_empty_and_one_without_addresses_has_changed() -> None:
    assert named('{"data": []}', HOT) == []
    assert named("[]", HOT) == []
    assert named(answer()) == []
    assert named('{"code": 0, "data": {"itemList": null, "hasNextPage": 0}}') == []
    for body in ('{"data": [{"title": "x"}]}', '{"rows": []}', '{"data": ', "[1]", '[{"title": "x"}]'):
        with pytest.raises(LayoutChanged):
            named(body, HOT)
    for body in ('{"code": 0}', '{"code": 0, "data": []}', '{"code": 0, "data": {"itemList": {}}}', answer("junk")):
        with pytest.raises(LayoutChanged):
            named(body)


def test_the_route_says_what_an_item_is_and_the_type_where_there_is_none() -> None:
    refs = named(
        answer(
            item(4070000000000001, route="detail_newsflash?itemId=4070000000000001", itemType=20),
            item(4070000000000002, itemType=20),
            item(4070000000000003, itemType=10),
            item(4070000000000004),
            item(4070000000000005, route="detail_video?itemId=4070000000000005", itemType=10),
            item(4070000000000006, itemType=60),
            item(4070000000000007, itemType=0),
            item(4070000000000008, itemType=0, route="detail_article?itemId=4070000000000008"),
            item(4070000000000004, "第二次出现"),
        )
    )
    assert [one.url for one in refs] == [
        "https://36kr.com/newsflashes/4070000000000001",
        "https://36kr.com/newsflashes/4070000000000002",
        "https://36kr.com/p/4070000000000003",
        "https://36kr.com/p/4070000000000004",
    ]
    assert refs[3].title == "海雀科技的一天"
    (flash,) = named(answer(item(4070000000000009)), FLASHES)
    assert flash.url == "https://36kr.com/newsflashes/4070000000000009"


def test_a_list_of_nothing_but_promotions_names_no_articles_and_has_not_changed() -> None:
    assert named(answer(item(4070000000000007, itemType=0), item(4070000000000005, route="detail_video?x=1"))) == []


def test_items_are_not_in_order_of_time_and_stay_as_they_stand() -> None:
    rows = [item(4070000000000000 + n, f"第{n}篇", publishTime=1795180500000 + n * 1000) for n in (3, 1, 2)]
    refs = named(answer(*rows))
    assert [one.title for one in refs] == ["第3篇", "第1篇", "第2篇"]
    assert [one.published_at.second for one in refs if one.published_at] == [3, 1, 2]


def test_the_words_that_a_search_found_are_not_marked_in_titles() -> None:
    (found,) = named(answer(item(4070000000000001, "<em>海雀</em>科技与<em>山雀</em>资本 &amp; 朋友")))
    assert found.title == "海雀科技与山雀资本 & 朋友"


@pytest.mark.parametrize(
    ("stamp", "expected", "precision"),
    [
        (1795170625127, datetime(2026, 11, 20, 18, 30, 25, tzinfo=CHINA), "second"),
        ("1795170625127", datetime(2026, 11, 20, 18, 30, 25, tzinfo=CHINA), "second"),
        (1795170625127.0, datetime(2026, 11, 20, 18, 30, 25, tzinfo=CHINA), "second"),
        ("2026-11-20 18:30", datetime(2026, 11, 20, 18, 30, tzinfo=CHINA), "minute"),
        # none, in 2099, in 1970, before the draft was begun: the draft's day is what is known
        (None, datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
        (4089801600000, datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
        (0, datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
        (1790000000000, datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
        (float("inf"), datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
        ([1], datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA), "day"),
    ],
)
def test_times(stamp: object, expected: datetime, precision: str) -> None:
    (found,) = named(answer(item(4077809352704077, publishTime=stamp)))
    assert (found.published_at, found.precision) == (expected, precision)


def test_an_id_from_the_future_says_nothing() -> None:
    (found,) = named(answer(item(5077809352704077)))
    assert (found.published_at, found.precision) == (None, "unknown")


def test_a_newsflash_comes_whole_and_an_article_in_part() -> None:
    flash = item(4078957608960077, "灯塔游戏上线", route="detail_newsflash?x=1")
    flash["templateMaterial"] = {
        "widgetTitle": "灯塔游戏上线",
        "widgetContent": "36氪获悉，灯塔游戏上线。",
        "publishTime": 1795231816096,
    }
    long = item(4077809352704077, "石榴汽车开店", route="detail_article?x=1")
    long["templateMaterial"] = {"widgetTitle": "石榴汽车开店", "widgetContent": "<p>石榴汽车在南屏镇开店。</p>" * 40}
    first, second = named(answer(flash, long))
    assert first.article is not None and second.article is not None
    assert (first.article.kind, first.article.text) == ("newsflash", "36氪获悉，灯塔游戏上线。")
    assert first.article.published_at == datetime(2026, 11, 21, 11, 30, 16, tzinfo=CHINA)
    assert second.article.kind == "partial"


def test_the_gateways_refusals() -> None:
    with pytest.raises(Blocked, match="signature") as caught:
        named('{"code": 10403, "msg": "签名校验失败", "data": null}')
    assert caught.value.marker == "signature"
    with pytest.raises(LayoutChanged, match="answers 400: 请求分页回调值不能为空"):
        named('{"code": 400, "msg": "请求分页回调值不能为空"}')


# -- older parts ------------------------------------------------------------------------------------------------------


def column() -> ListAddress:
    return Kr36(columns=("AI",)).lists(NOW)[-1]


def test_older_parts_send_back_what_the_part_before_gave() -> None:
    later = Page(COLUMN, answer(item(4070000000000001), pageCallback="abc=", hasNextPage=1).encode(), NOW)
    second = Kr36().older(later, column())
    assert second is not None
    sent = json.loads(second.post)
    assert (sent["param"]["pageEvent"], sent["param"]["pageCallback"]) == (1, "abc=")
    assert (sent["param"]["subnavNick"], sent["timestamp"]) == ("AI", 1795233600000)
    assert (second.url, second.key) == (COLUMN, "36kr column AI, part 2")
    third = Kr36().older(page(answer(item(4070000000000002), pageCallback="def=", hasNextPage=1)), second)
    assert third is not None
    assert (third.key, json.loads(third.post)["param"]["pageCallback"]) == ("36kr column AI, part 3", "def=")
    # The same answer again would go in a circle.
    assert Kr36().older(page(answer(item(4070000000000002), pageCallback="def=", hasNextPage=1)), third) is None


@pytest.mark.parametrize(
    "told",
    [
        {"pageCallback": "abc", "hasNextPage": 0},
        {"pageCallback": "", "hasNextPage": 1},
        {"pageCallback": None, "hasNextPage": 1},
        {"pageCallback": "abc"},
        {},
    ],
)
def test_the_last_part_has_none_before_it(told: Mapping[str, object]) -> None:
    assert Kr36().older(page(answer(item(4070000000000001), **told)), column()) is None


def test_feeds_ranks_and_list_pages_end_where_they_end() -> None:
    source = Kr36(ranks=("hot",), pages=(TOPIC,))
    for address in source.lists(NOW):
        body = '{"code":0,"data":{"hotRankList":[]}}' if address.post else state(itemList=[], hasNextPage=1)
        assert source.older(page(body, address.url), address) is None


# -- list pages -------------------------------------------------------------------------------------------------------


def state(**told: object) -> str:
    return f"<html><script>window.initialState={json.dumps({'topic': told}, ensure_ascii=False)}</script></html>"


def test_a_list_page_is_read_from_its_state_wherever_its_list_lies() -> None:
    flat = {"itemId": 4070000000000001, "widgetTitle": "平铺的一条", "author": "林雀生", "publishTime": 1795170625127}
    (found,) = named(state(detail={"data": {"itemList": [flat]}}), TOPIC)
    assert (found.title, found.authors) == ("平铺的一条", ("林雀生",))
    ranked = state(data={"topList": [flat]})
    assert [one.article_id for one in named(ranked, "https://36kr.com/hot-list/catalog")] == ["36kr:4070000000000001"]


def test_what_a_list_page_recommends_is_not_its_list() -> None:
    own = {"itemList": [item(4070000000000001, "本页")], "pageCallback": "abc", "hasNextPage": 0}
    beside = {"itemList": [item(4070000000000002, "推荐"), item(4070000000000003, "推荐")]}
    (found,) = named(state(recommended=beside, deep={"data": own}), TOPIC)
    assert found.title == "本页"


def test_a_rendered_list_is_read_from_its_links() -> None:
    body = (
        '<html><div class="article-item-info"><a class="article-item-title weight-bold" href="/p/4070000000000001">'
        '一篇<em>文章</em></a><a class="kr-flow-bar-author" href="/user/1">林雀生</a></div>'
        '<div class="newsflash-item"><a class="item-title" href="https://36kr.com/newsflashes/4070000000000002">一条</a></div>'
        '<a class="article-item-title" href="/video/4070000000000003">视频</a><a href="/p/4070000000000004">别处</a></html>'
    )
    assert [(one.url, one.title) for one in named(body, "https://www.36kr.com/information/AI/")] == [
        ("https://36kr.com/p/4070000000000001", "一篇文章"),
        ("https://36kr.com/newsflashes/4070000000000002", "一条"),
    ]


def test_list_pages_without_a_list() -> None:
    assert named(state(itemList=[]), TOPIC) == []
    with pytest.raises(LayoutChanged):
        named("<html><p>新版面</p></html>", TOPIC)
    encrypted = '<html><script>window.initialState={"state":"QUJD","isEncrypt":true}</script></html>'
    with pytest.raises(Blocked) as caught:
        named(encrypted, TOPIC)
    assert caught.value.marker == "encrypted state"


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("detail_article?x")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["itemId", "itemType", "route", "templateMaterial", "widgetTitle", "widgetContent", "x"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["code", "data", "msg", "itemList", "pageCallback"]), json_values), json_values)
@settings(max_examples=200, deadline=None)
def test_no_answer_brings_anything_but_typed_errors(told: dict[str, Any], inner: object) -> None:
    whole = json.dumps({"code": 0, "data": {"itemList": inner, "pageCallback": inner, "hasNextPage": 1}})
    shown = f"<script>window.initialState={whole}</script>"
    for body, url in ((json.dumps(told), COLUMN), (whole, COLUMN), (json.dumps([inner]), HOT), (shown, TOPIC)):
        for read in (Kr36().discover, lambda one: Kr36().older(one, column())):
            try:
                read(page(body, url))
            except FetchError:
                continue
