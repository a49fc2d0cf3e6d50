"""From a draft to an article: nothing of the page gets lost, nobody is no author, no time is ahead of now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sources.article import Article, ArticleRef, Page
from sources.draft import Draft, finish, language_of
from sources.errors import Broken
from sources.furniture import is_dateline, trim
from sources.metadata import Published
from sources.outlets.pages import read_page
from sources.times import CHINA

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
PROSE = "柳河两岸的步道本周开工，明年春天走得通，沿河的人家都等着看，也有人不高兴。"
MADE = datetime(2024, 1, 12, 11, 28, 2, tzinfo=CHINA)  # what the ObjectId below says, in seconds since 1970
ZAKER = "https://www.myzaker.com/article/65a0b1c2" + "0" * 16


def article(draft: Draft, ref: ArticleRef | None = None) -> Article:
    return finish(draft, Page(url=draft.url or "https://a.example/1", body=b"", fetched_at=NOW), source="s", ref=ref)


def published(at: Published | None, url: str = "", ref: ArticleRef | None = None) -> Published:
    found = article(Draft([PROSE], published=at, url=url), ref)
    assert found.published_at is not None
    return found.published_at, found.precision


def test_every_line_of_the_body_is_text_credit_or_chrome() -> None:
    notices = [
        "1、回复【公租房】查看",
        "2、回复【社保】查询",
        "3、回复【入户】查询",
        "4、回复【美图】看看",
        "5、回复【福利】",
    ]
    lines = [PROSE * 3] * 12 + [
        "那就开始搓手吧！！！",
        "编辑|赵小柳",
        "责编|钱小河",
        "校对|孙小溪",
        "来源|柳河发布",
        *notices,
    ]
    found = article(Draft(lines))
    assert found.text.split("\n") == [*[PROSE * 3] * 12, "那就开始搓手吧！！！"]
    assert sorted([*found.text.split("\n"), *found.byline.split("\n"), *found.chrome.split("\n")]) == sorted(lines)


@pytest.mark.parametrize("nobody", ["网络整理", "佚名", "未知", "本站原创", "admin"])
def test_nobody_is_no_author(nobody: str) -> None:
    assert article(Draft([PROSE], authors=(nobody,))).authors == ()
    assert article(Draft([PROSE, f"作者：{nobody}"])).text == PROSE


def test_a_time_that_clocks_explain_is_now_and_one_further_ahead_is_none() -> None:
    assert published((NOW + timedelta(hours=7), "second")) == (NOW, "second")
    assert article(Draft([PROSE], published=(NOW + timedelta(days=2), "second"))).published_at is None


def test_the_list_is_believed_when_the_page_says_what_cannot_be() -> None:
    ref = ArticleRef("s", "url:1", "https://a.example/1", published_at=NOW - timedelta(days=1), precision="minute")
    assert published((datetime(2099, 1, 1, tzinfo=CHINA), "second"), ref=ref) == (NOW - timedelta(days=1), "minute")


def test_nothing_is_published_before_its_id_was_made() -> None:
    assert published((MADE - timedelta(days=400), "second"), ZAKER) == (MADE, "day")
    assert published(None, ZAKER) == (MADE, "day")


@pytest.mark.parametrize(("at", "precision"), [(MADE.replace(hour=0, minute=0, second=0), "day"), (MADE, "second")])
def test_the_id_leaves_the_printed_time_as_fine_as_it_is(at: datetime, precision: str) -> None:
    assert published((at, precision), ZAKER) == (at, precision)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "2026-06-05 20:35 赵小柳 钱小河",
        "某某网河北频道 ( 2012-06-04 09:20:26 ) 稿件来源：柳河日报",
        "您的位置：首页 > 新闻 > 正文",
        "首页 >> 东区新闻 >> 正文",
        "来源于：东区办事处",
    ],
)
def test_what_stands_over_the_text_is_no_text(line: str) -> None:
    assert trim([line, PROSE]).lines == [PROSE]


@pytest.mark.parametrize(
    "line",
    [
        "【1】【2】【3】",
        "上一页 1/2 下一页",
        "【打印本页】【关闭窗口】",
        "发布日期：2019-03-06 责任编辑：赵小柳",
        "【熱門點閱】",
        "現在用APP看新聞 點我下載APP 按我看活動辦法",
        "更多相关资讯请关注：柳河专区",
        "本文经授权发布，不代表柳河晚报立场。",
        "该文观点仅代表作者本人，柳河平台仅提供信息存储空间服务。",
        "如对本稿件有异议或投诉，请联系a@liuhe.example.cn",
        "*文中配图均来自网络",
        "图集",
    ],
)
def test_what_stands_under_the_text_is_no_text(line: str) -> None:
    assert trim([PROSE * 3, PROSE, line]).lines == [PROSE * 3, PROSE]


@pytest.mark.parametrize(
    "line",
    [
        "2019年3月5日，柳河两岸的步道开工。",
        "2019年3月5日 晴",
        "下载客户端的人里，每三个就有一个来自外地。",
        "图集里的人都不在了。",
    ],
)
def test_prose_that_looks_like_furniture_stays(line: str) -> None:
    assert trim([line, PROSE * 3, line]).lines == [line, PROSE * 3, line]
    assert not is_dateline(line)


def test_notices_without_end_are_trimmed_in_time() -> None:
    lines = [line for at in range(12_000) for line in (PROSE, f"图片来源：某某{at}", "相关阅读：")]
    start = datetime.now()
    assert set(trim(lines).lines[-1000:]) == {PROSE}
    assert datetime.now() - start < timedelta(seconds=5)


def page(body: str, title: str = "柳河两岸修步道") -> Page:
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return Page(url="https://a.example/1", body=html.encode(), fetched_at=NOW)


def test_a_title_ends_where_the_shown_headline_ends() -> None:
    shown = page(
        f"<h1>柳河两岸要修一条新的步道</h1><p>{PROSE * 4}</p><p>{PROSE}</p>", "柳河两岸要修一条新的步道 柳河网"
    )
    assert read_page(shown).title == "柳河两岸要修一条新的步道"


def test_a_single_short_paragraph_under_its_headline_is_an_article() -> None:
    body = f"<div><h1>柳河两岸修步道</h1><p>2026-11-20 10:00</p><div>{PROSE * 2}</div></div>"
    found = read_page(page(body))
    assert (found.text, found.published_at) == (PROSE * 2, datetime(2026, 11, 20, 10, 0, tzinfo=CHINA))


def test_a_dateline_in_the_body_gives_the_time() -> None:
    body = f"<div><p>某某网 (2012-06-04 09:20:26) 稿件来源：柳河日报</p><p>{PROSE * 3}</p><p>{PROSE}</p></div>"
    found = read_page(page(body))
    assert found.text == f"{PROSE * 3}\n{PROSE}"
    assert found.published_at == datetime(2012, 6, 4, 9, 20, 26, tzinfo=CHINA)


def test_a_text_beyond_all_measure_is_no_article() -> None:
    page = Page(url="https://news.example.cn/1", body=b"", fetched_at=NOW)
    with pytest.raises(Broken, match="2,000,001 characters of text, at most 2,000,000"):
        finish(Draft(lines=["长" * 1_000_000, "文" * 1_000_001]), page, source="s")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "zh"),
        ("The river rose for 3 days. " * 40, "en"),
        ("柳河" * 40 + "The river rose. " * 300, "en"),  # 80 of some 3,700 letters
        ("The river rose. " * 100 + "柳河" * 300, "zh"),  # 600 of 1,800, all behind the first thousand characters
        ("柳河" * 300 + "柳の木" * 200, "ja"),  # 200 of 1,200 letters
        ("柳河" * 300 + "柳の木", "zh"),
        ("등대의 밤은 길다", "ko"),
        ("2026", "zh"),
        ("", "zh"),
    ],
)
def test_the_language_is_told_by_a_tenth_of_the_letters(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_title_of_separators_holds_nothing_up() -> None:
    """Each separator is tried as the end of the headline; the test's time limit is what would fail."""
    html = f"<html><head><title>{'a| ' * 100_000}</title></head><body><h1>标题在此</h1><p>{PROSE}</p><p>{PROSE}</p></body></html>"
    page = Page(url="https://news.example.cn/1", body=html.encode(), fetched_at=NOW)
    assert PROSE in read_page(page).text


def test_a_title_written_with_tags_is_plain() -> None:
    assert article(Draft([PROSE], title="<b>甲公司</b>停牌<img src=x onerror=1>")).title == "甲公司停牌"
    assert article(Draft([PROSE], title="利润 < 成本，怎么办")).title == "利润 < 成本，怎么办"
