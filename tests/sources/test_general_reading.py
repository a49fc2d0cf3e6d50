"""The rules by which any Chinese page is read: its headline, its time, what stands over and under its text, and the
rows of the table of sites."""

from __future__ import annotations

from datetime import datetime

import pytest

from sources.article import Article, Page
from sources.bylines import names_in, split_byline
from sources.furniture import is_dateline, trim
from sources.outlets.pages import read_page
from sources.times import CHINA, read_time, time_in

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
PROSE = "柳河两岸的步道本周开工，明年春天走得通，沿河的人家都等着看，也有人不高兴。"
MORE = "施工的人说，步道会避开老柳树，渡口也留着；夜里有没有灯，还要等设计的人回话。"
HEADLINE = "柳河两岸要修一条新的步道"


def read(body: str, title: str = HEADLINE, url: str = "https://a.example/1", head: str = "") -> Article:
    html = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return read_page(Page(url=url, body=html.encode(), fetched_at=NOW))


TOOLS = "<p>收藏</p><p>手机版</p><p>大字号</p><p>转给朋友们都看一看</p>"
TEXT = f"<div class=text><p>{PROSE * 2}</p><p>{MORE}</p></div>"


def test_the_headline_is_what_head_and_page_agree_on_whatever_the_site_calls_a_title() -> None:
    body = (
        f"<div class=h-title>柳河 步道 开工</div><p>{HEADLINE}</p><div id=detail><p>{PROSE * 2}</p><p>{MORE}</p></div>"
    )
    assert read(body, f"{HEADLINE}-河岸网", "https://www.news.cn/1").title == HEADLINE


def test_a_headline_with_the_first_words_of_the_text_behind_it_ends_where_the_page_ends_it() -> None:
    assert read(f"<h1>{HEADLINE}</h1>{TOOLS}{TEXT}", f"{HEADLINE}{PROSE}柳 - 河岸社区").title == HEADLINE


def test_a_site_that_puts_its_own_name_in_front_has_its_headline_behind_it() -> None:
    assert read(f"<p>{HEADLINE}</p>{TOOLS}{TEXT}", f"河岸博客 » {HEADLINE}").title == HEADLINE


@pytest.mark.parametrize("title", ["河岸新闻网_(新闻)", "", "河岸水产研究所"])
def test_a_page_that_names_only_its_site_has_its_headline_over_the_text(title: str) -> None:
    named = "<p>河岸水产研究所</p><p>概况</p><p>科研</p><p>首页 > 要闻</p>"
    found = read(f"{named}<table><tr><td>{HEADLINE}</td></tr><tr><td>2024-03-05 10:11</td></tr></table>{TEXT}", title)
    assert (found.title, found.text) == (HEADLINE, f"{PROSE * 2}\n{MORE}")


def test_a_headline_broken_over_two_lines_is_whole() -> None:
    body = f"<p>柳河两岸要修一条</p><p>新的步道</p>{TEXT}"
    assert read(body).title == HEADLINE


def test_the_day_that_the_text_speaks_of_is_not_the_time() -> None:
    summary = "<p>核心提示：今天小编就来教大家怎样走这条步道</p>"
    assert read(f"<h1>{HEADLINE}</h1>{summary}{TEXT}").published_at is None


def test_the_hour_may_stand_in_another_line_than_the_day() -> None:
    body = f"<h1>{HEADLINE}</h1><p>2024-03-05</p><p>发布于 2024-03-05 10:11</p>{TEXT}"
    assert read(body).published_at == datetime(2024, 3, 5, 10, 11, tzinfo=CHINA)


def test_a_dateline_in_the_text_comes_before_the_times_of_other_articles() -> None:
    dateline = "<p>http://house.hean.com.cn 2005年03月31日03:18 河岸信报</p>"
    body = (
        f"<div>{dateline}<p>{PROSE * 3}</p><p>{MORE}</p></div><ul><li><a>央行调高利率2005-03-28 11:29:36</a></li></ul>"
    )
    found = read(f"<h1>{HEADLINE}</h1>{body}")
    assert found.published_at == datetime(2005, 3, 31, 3, 18, tzinfo=CHINA)
    assert found.text == f"{PROSE * 3}\n{MORE}"


def test_a_summary_far_above_nothing_is_no_article_of_its_own() -> None:
    body = (
        f"<h1>{HEADLINE}</h1><div>{MORE * 4}</div><p>收藏</p><p>分享</p><div><p>{PROSE * 9}</p><p>{MORE * 9}</p></div>"
    )
    assert read(body).text == f"{PROSE * 9}\n{MORE * 9}"


def test_the_newsletter_under_the_text_is_no_text() -> None:
    promo = f"<div class='o-self-promo'><p>{MORE}</p></div>"
    found = read(f"<h1>{HEADLINE}</h1><div><p>{PROSE * 5}</p><p>{MORE * 3}</p>{promo}</div>")
    assert found.text == f"{PROSE * 5}\n{MORE * 3}"


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("2024 05/09 22:27:02", datetime(2024, 5, 9, 22, 27, 2, tzinfo=CHINA)),
        ("2024年5月22日週三 上午8:21", datetime(2024, 5, 22, 8, 21, tzinfo=CHINA)),
        ("二〇二四年三月五日", datetime(2024, 3, 5, tzinfo=CHINA)),
        ("二○一九年十二月二十一日", datetime(2019, 12, 21, tzinfo=CHINA)),
        ("二零二〇年十月三十日 10:11", datetime(2020, 10, 30, 10, 11, tzinfo=CHINA)),
    ],
)
def test_spellings_of_the_sites(raw: str, at: datetime) -> None:
    found, whole = time_in(f"河岸网 {raw}", now=NOW), read_time(raw, now=NOW)
    assert found is not None and found.at == at
    assert whole is not None and whole[0] == at


@pytest.mark.parametrize("raw", ["二〇二四年十三月五日", "二〇二四年二月三十日", "一二三四年三月五日"])
def test_numerals_that_are_no_date(raw: str) -> None:
    assert read_time(raw, now=NOW) is None


def test_a_count_behind_a_time_is_not_its_part() -> None:
    found = time_in("沈柳 2015-07-02 14:41:12 0人参与评论", now=NOW)
    assert found is not None and found.at == datetime(2015, 7, 2, 14, 41, 12, tzinfo=CHINA)


@pytest.mark.parametrize(
    "line",
    [
        "Play Video",
        "/2:54",
        "[摘要：柳河两岸要修一条步道，沿河的人家都等着看。]",
        "第1页/共1页 << 上一页 | 下一页 >>",
        "www.hean.gov.cn",
        "河岸商业报道 http://biz.hean.com",
        "查看商业部落",
        "河岸首页--> 主频道--> 消费真相",
        "河岸首页 > 河岸财经 > 产经新闻 > 聚焦芯片",
        "河岸首页 - 新闻 - 体育 - 娱乐 - 财经 - 邮件",
        "【我来说两句】【我要“揪”错】【推荐】【字体：大 中 小】",
        "2005年08月16日 来源：河岸网",
        "BUSINESS.HEAN.COM 2005年3月11日12:12 来源：[ 河岸日报 ]",
    ],
)
def test_what_stands_over_the_text_is_no_text(line: str) -> None:
    assert trim([line, PROSE, MORE]).lines == [PROSE, MORE]


def test_whatever_stands_over_the_headline_is_no_text() -> None:
    menu = ["河岸公园", "今日头条", "名家专栏", "商业部落", "热点排行", "更多服务", "联系方式", HEADLINE]
    assert trim([*menu, PROSE, MORE], title=HEADLINE).lines == [PROSE, MORE]


def test_a_heading_in_the_text_that_repeats_the_headline_is_no_end_of_the_menu() -> None:
    assert trim([PROSE, HEADLINE, MORE], title=HEADLINE).lines == [PROSE, HEADLINE, MORE]


@pytest.mark.parametrize(
    "line",
    [
        "■相关链接",
        "相关日志",
        "最新评论",
        "热门评论(12)",
        "[上一篇] [下一篇]",
        "上一篇：柳河两岸的老柳树",
        "《河岸日报》（ 2024年05月10日 04 版）",
        "进入【河岸财经股吧】讨论",
        "更多“步道怎么走”的相关经验资讯请关注www.hean.com",
        "本作品为“河岸科普”原创，转载时务请注明出处。",
        "【我来说两句】【我要“揪”错】【推荐】【打印】",
    ],
)
def test_what_stands_under_the_text_is_no_text(line: str) -> None:
    assert trim([PROSE * 3, MORE, line]).lines == [PROSE * 3, MORE]


@pytest.mark.parametrize(
    "line",
    [
        "2024 年 5 月，步道开工。",
        "上一篇文章里写过，柳河两岸的人不爱走路。",
        "《河岸日报》的记者来过两回。",
        "他说：“看”",
        "他的路线是：家 > 渡口。",
    ],
)
def test_prose_that_looks_like_it_stays(line: str) -> None:
    assert trim([line, PROSE * 3, line]).lines == [line, PROSE * 3, line]
    assert not is_dateline(line)


def test_credits_of_the_sites() -> None:
    lines = [PROSE, MORE, "监 制：高明勇", "审 读：崔向升", "□ 本报记者 葛灵丹", "柳河报记者 彭冲 河岸县报道"]
    found = split_byline(lines)
    assert found.rest == (PROSE, MORE)
    assert found.authors == ("葛灵丹", "彭冲")


def test_a_role_or_a_button_is_no_part_of_a_name() -> None:
    assert names_in("樊亮 张明超 记者惠禾") == ["樊亮", "张明超", "惠禾"]
    assert names_in("郭励弘我来说两句") == ["郭励弘"]


@pytest.mark.parametrize(
    "line", ["2014-08-24 21:30 | 作者魏星 | 来源河岸网", "2014-08-24 21:30 作者：魏星北京大学教授"]
)
def test_an_author_in_the_bar_over_the_text(line: str) -> None:
    assert read(f"<h1>{HEADLINE}</h1><p>{line}</p>{TEXT}").authors == ("魏星",)


DECOY = f"<div class=side><p>{MORE * 4}</p><p>{MORE * 4}</p></div>"


@pytest.mark.parametrize(
    ("url", "body", "outlet", "time"),
    [
        (
            "https://www.jiemian.com/article/1.html",
            "<div class=article-header><h1>{h}</h1></div><div class=article-info><span>2024/03/05 10:11</span></div>"
            "<div class=article-content>{t}</div>",
            "界面新闻",
            True,
        ),
        (
            "https://www.ithome.com/0/1/2.htm",
            "<h1>{h}</h1><span id=pubtime_baidu>2024/3/5 10:11:00</span><div class=post_content id=paragraph>{t}</div>",
            "IT之家",
            True,
        ),
        (
            "https://www.leiphone.com/category/ai/1.html",
            "<h1 class=headTit>{h}</h1><table><td class=time>2024-03-05 10:11</td></table>"
            "<div class=lph-article-comView>{t}</div>",
            "雷峰网",
            True,
        ),
        ("https://www.yicai.com/news/1.html", "<div class=multiText><h1>{h}</h1>{t}</div>", "第一财经", False),
        (
            "https://m.21jingji.com/article/20240305/1.html",
            "<div class=titleHead><h1>{h}</h1></div><div class=author-infos><span>2024-03-05 10:11</span></div>"
            "<div class=txtContent>{t}<div class=rela-box><p>相关的一篇，也不短。</p></div></div>",
            "21经济网",
            True,
        ),
        (
            "https://www.latepost.com/news/dj_detail?id=1",
            "<div class=article-header-title>{h}</div><div class=article-header-date>2024年3月5日 10:11</div>"
            "<div id=select-main>{t}</div>",
            "晚点LatePost",
            True,
        ),
        ("https://www.pingwest.com/a/1", "<section><div class=article-style>{t}</div></section>", "品玩", False),
        (
            "https://www.nbd.com.cn/articles/2024-03-05/1.html",
            "<div class=g-articl-text>{t}</div>",
            "每日经济新闻",
            False,
        ),
        ("https://finance.eastmoney.com/a/1.html", "<h1>{h}</h1><div id=ContentBody>{t}</div>", "东方财富", False),
        (
            "https://xueqiu.com/1/2",
            "<h1 class=article__bd__title>{h}</h1><div class=article__bd__detail>{t}</div>",
            "雪球",
            False,
        ),
        (
            "https://zhuanlan.zhihu.com/p/1",
            "<h1 class=Post-Title>{h}</h1><div class=Post-RichTextContainer><div class=RichText>{t}</div></div>",
            "知乎",
            False,
        ),
        ("https://www.qbitai.com/2024/03/1.html", "<div class=article><h1>{h}</h1>{t}</div>", "量子位", False),
        ("https://www.cyzone.cn/article/1.html", "<div class=article-content>{t}</div>", "创业邦", False),
        ("https://sspai.com/post/1", "<div class=article-body>{t}</div>", "少数派", False),
        ("https://juejin.cn/post/1", "<h1>{h}</h1><div class=article-content>{t}</div>", "稀土掘金", False),
        (
            "https://hk.news.yahoo.com/a-1.html",
            "<h1>{h}</h1><time>2024年3月5日週二 上午10:11</time><div class=caas-body>{t}</div>",
            "雅虎",
            True,
        ),
        (
            "https://blog.csdn.net/a/article/details/1",
            "<h1>{h}</h1><div class=article-info-box><div>最新推荐文章于 2024-05-07 22:12:13 发布</div>"
            "<span class=blog-postTime>于 2024-03-05 10:11:00 发布</span></div><div id=content_views>{t}</div>",
            "CSDN",
            True,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("https") else "",
)
def test_a_row_of_the_table_finds_its_text(url: str, body: str, outlet: str, time: bool) -> None:
    filled = body.replace("{h}", HEADLINE).replace("{t}", f"<p>{PROSE}</p><p>{MORE}</p>")
    found = read(f"{DECOY}{filled}", f"{HEADLINE}_{outlet}", url)
    assert (found.title, found.text, found.outlet) == (HEADLINE, f"{PROSE}\n{MORE}", outlet)
    assert found.published_at == (datetime(2024, 3, 5, 10, 11, tzinfo=CHINA) if time else None)
