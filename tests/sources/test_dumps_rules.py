"""One rule at a time, in dumps small enough to read at a glance."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sources.article import Article
from sources.dumps import read_dump
from sources.errors import Blocked, Gone, NotAnArticle
from sources.times import CHINA

NOW = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)
PROSE = "渔港的早晨从充电桩的嘀嘀声开始。温岭以南的这座小港，去年有七十条渔船换上了电机。"
MORE = "最早换的是老船长娄大海。他的船四十年里换过三台柴油机，这一次换的是两吨重的电池。"


def read(*lines: str) -> list[Article]:
    return read_dump("\n".join(lines), name="dump.txt", taken_at=NOW)


def one(*lines: str) -> Article:
    (article,) = read(*lines)
    return article


# The head


def test_a_headline_that_names_a_day_is_a_headline() -> None:
    for title in ("昨天凌晨，国产大模型“青竹”开源了", "3天前还在裁员的公司，今天宣布上市"):
        article = one("南方都市报 2小时前", title, PROSE, MORE)
        assert (article.title, article.outlet, article.precision) == (title, "南方都市报", "hour")


def test_a_long_line_with_a_date_is_not_the_outlets() -> None:
    title = "从一座渔港到二十座渔港的电动化改造全记录 2024年3月5日 更新中"
    article = one(title, "虎嗅 2026-03-01 10:00", PROSE, MORE)
    assert (article.title, article.outlet) == (title, "虎嗅")


def test_the_date_of_the_day_above_a_portals_menu_is_not_the_articles() -> None:
    article = one(
        "新浪科技",
        "新浪首页 > 科技 > 正文",
        "2026年03月11日 星期三",
        "某公司发布新款折叠屏手机 售价8999元起",
        "2026年03月10日 19:05 新浪科技",
        "缩小字体 放大字体 收藏 微博 微信 分享",
        PROSE,
    )
    assert article.title == "某公司发布新款折叠屏手机 售价8999元起"
    assert (article.published_at, article.precision) == (datetime(2026, 3, 10, 19, 5, tzinfo=CHINA), "minute")


def test_two_dated_lines_the_title_is_over_the_last() -> None:
    article = one("今日要闻速递", "2026年03月11日", "一条卖了四十年的船改行卖电", "2026-03-09 08:12", PROSE, MORE)
    assert article.title == "一条卖了四十年的船改行卖电"
    assert article.published_at == datetime(2026, 3, 9, 8, 12, tzinfo=CHINA)


def test_a_title_printed_twice_is_the_title() -> None:
    article = one("船改行卖电 - 虎嗅网", "一个很长的频道名称和口号在这里", "船改行卖电", PROSE, MORE)
    assert (article.title, article.outlet) == ("船改行卖电", "虎嗅")
    assert article.text == f"{PROSE}\n{MORE}"


def test_a_slogan_above_the_title_is_not_the_body() -> None:
    article = one(
        "让一部分人先看到未来。", "一条卖了四十年的船，改行卖电", "量子位 2026-03-09", PROSE, MORE, PROSE + MORE
    )
    assert article.title == "一条卖了四十年的船，改行卖电"
    assert article.text.startswith(PROSE)
    assert "让一部分人" in article.chrome


def test_a_sole_name_is_the_outlets_above_the_title_and_the_authors_below_it() -> None:
    above = one("海风研究 3小时前", "一条卖了四十年的船，改行卖电", PROSE, MORE)
    assert (above.outlet, above.authors) == ("海风研究", ())
    below = one("一条卖了四十年的船，改行卖电", "邵千帆 3小时前", PROSE, MORE)
    assert (below.outlet, below.authors) == ("", ("邵千帆",))


def test_wechats_head_line_by_line() -> None:
    article = one(
        "请回答，人形机器人",
        "原创",
        "关注前沿科技",
        "量子位",
        "2026年3月8日 12:29",
        "北京",
        "衡宇 发自 凹非寺",
        "量子位 | 公众号 QbitAI",
        PROSE,
        MORE,
        "— 完 —",
        "量子位 QbitAI · 头条号签约",
    )
    assert (article.title, article.outlet) == ("请回答，人形机器人", "量子位")
    assert "衡宇" in article.authors
    assert article.text == f"{PROSE}\n{MORE}"


# The tail


def test_links_inside_an_article_do_not_end_it() -> None:
    article = one("标题在这里写了一行", PROSE, "相关阅读", "另一条船的故事", MORE, PROSE, MORE)
    assert article.text.endswith(MORE) and article.text.count(PROSE) == 2


def test_a_box_of_comments_before_the_last_turn_does_not_end_a_dialogue() -> None:
    turns = [
        f"{name}：第{n}句话说得不短，一共有十几个字{'？' if n % 2 else '。'}"
        for n in range(1, 9)
        for name in ("周密", "季白")
    ]
    article = one(*turns, "评论", "周密：最后一句。")
    assert article.text.endswith("周密：最后一句。")


def test_promotion_goes_from_the_end_of_an_article_but_a_hosts_farewell_stays() -> None:
    article = one("标题在这里写了一行", PROSE, MORE, "欢迎关注我们的公众号，点击在看支持我们！")
    assert article.text == f"{PROSE}\n{MORE}"
    spoken = "我们 的 节目 今天 就 到 这里 欢迎 大家 订阅 关注 公众号 点击 在看 支持 我们 下期 再见"
    transcript = one(*["这个 灯塔 它 不是 给 船 看 的, 它是 给 岸上 的 人 看 的。"] * 8, spoken)
    assert (transcript.kind, transcript.text.endswith(spoken)) == ("transcript", True)


def test_a_list_at_the_end_is_body() -> None:
    article = one(
        "今年值得关注的公司", "虎嗅 2026-03-01 10:00", PROSE, "1. 青竹智能", "2. 汐能科技", "相关阅读", "去年的名单"
    )
    assert article.text.split("\n")[-2:] == ["1. 青竹智能", "2. 汐能科技"]


def test_a_page_about_tombstones_is_an_article() -> None:
    article = one("朋友圈里的一行字", "该内容已被发布者删除", *[PROSE + MORE] * 4)
    assert "渔港" in article.text


def test_typed_errors() -> None:
    for lines, error in (
        (["该公众号", "此内容因违规无法查看"], Gone),
        (["404 Not Found", "nginx"], Gone),
        (["安全验证", "请拖动滑块完成拼图"], Blocked),
        (["Just a moment...", "Checking your browser before accessing example.com"], Blocked),
        (["Sign in", "Email", "Password", "Forgot password?", "Create account"], Blocked),
        (["首页", "关于", "归档"], NotAnArticle),
        ([], NotAnArticle),
    ):
        with pytest.raises(error):
            read(*lines)


# What a reader concludes


def test_the_interviewers_label_names_the_outlet() -> None:
    article = one(
        "硅星人：为什么是叹气？", "贺兰：因为狗叹气的时候，人会蹲下来。", "硅星人：真的吗？", "贺兰：真的，我们试过。"
    )
    assert (article.outlet, article.kind) == ("硅星人", "interview")
    assert article.title == "硅星人对话贺兰", "a turn is never the title"


def test_the_host_of_its_own_event_names_the_outlet() -> None:
    article = one(
        "大会在杭州召开。36氪副主编周言与织机科技创始人罗青进行了对话，谈了很多。",
        "周言：织布机为什么要联网？",
        "罗青：因为断线的时候，人不在旁边。",
        "周言：然后呢？",
        "罗青：然后就有人在旁边了。",
    )
    assert (article.outlet, article.source, article.kind) == ("36氪", "36kr", "interview")


def test_a_dateline_names_the_outlet_and_is_no_part_of_a_title() -> None:
    flash = one("36氪获悉，近日，氢能公司“轻舟动力”完成2亿元B轮融资，由南湖资本领投。本轮资金将用于扩建产线。")
    assert (flash.outlet, flash.title) == ("36氪", "氢能公司“轻舟动力”完成2亿元B轮融资，由南湖资本领投")
    wire = one(
        "新华社北京3月10日电（记者 王一 李二）未来三天，我国大部地区气温将明显回升。", "公众外出需注意增减衣物。（完）"
    )
    assert (wire.outlet, wire.authors) == ("新华社", ("王一", "李二"))


def test_a_stamped_transcript_with_a_title() -> None:
    stamps = [f"[00:0{n}:10] 一座 中等 的 图书馆 大概 有 四万吨 重" for n in range(8)]
    article = one(
        "# 第 58 期：一座图书馆的重量 | 半山夜谈", "[00:00:00] 哈喽 大家好 这里是 半山夜谈 我是 陆由", *stamps
    )
    assert (article.title, article.outlet, article.kind) == ("第 58 期：一座图书馆的重量", "半山夜谈", "transcript")
    assert article.text.startswith("[00:00:00] 哈喽")


# Mirrors of blogs


def mirror(*posts: tuple[str, ...]) -> list[Article]:
    return read("Tumgik", *(line for post in posts for line in post))


def test_posts_without_a_body_are_no_articles() -> None:
    empty = ("owl · 3 days", "Link", "0 notes")
    titled = ("owl · 4 days", "Link", "晚点独家｜某车企内部信曝光：全员降薪", "1,204 notes")
    photo = ("owl · 5 days", "Photo", "Tumblr media", "清晨的河", "1 note")
    full = ("owl · 6 days", "Link", PROSE, MORE, "2 notes")
    (article,) = mirror(empty, titled, photo, full)
    assert article.published_at == NOW - timedelta(days=6)
    with pytest.raises(NotAnArticle):
        mirror(empty, titled, photo)


@pytest.mark.parametrize("dot", [" · ", "  ", " • ", " - ", " "])
def test_the_mark_between_blog_and_age(dot: str) -> None:
    articles = mirror((f"owl{dot}3 days", "Link", PROSE, "0 notes"), (f"owl{dot}2 weeks", MORE, "0 notes"))
    assert [article.text for article in articles] == [PROSE, MORE]
    assert [article.precision for article in articles] == ["day", "day"]


def test_a_sentence_that_ends_in_an_age_is_no_header() -> None:
    articles = mirror(("owl · 3 days", "Text", PROSE, "about 20 days", MORE, "0 notes"))
    assert [article.text for article in articles] == [f"{PROSE}\nabout 20 days\n{MORE}"]


def test_a_post_at_the_end_without_its_notes_is_read_too() -> None:
    articles = mirror(("owl · 3 days", "Link", PROSE, "0 notes"), ("owl · 4 days", "Link", MORE))
    assert [article.text for article in articles] == [PROSE, MORE]


def test_a_dump_cut_in_the_middle_of_a_post() -> None:
    articles = read(PROSE, MORE, "12 notes", "owl · 4 days", "Link", MORE, "0 notes")
    assert [(article.text, article.precision) for article in articles] == [
        (f"{PROSE}\n{MORE}", "unknown"),
        (MORE, "day"),
    ]


def test_a_quoted_headline_goes_to_the_one_it_names() -> None:
    quoting = (
        "owl · 3 days",
        "Link",
        f"{PROSE}几天前我们发布《柳三娘谈旧书店：书是送走的》，读者来信很多。",
        "0 notes",
    )
    other = (
        "owl · 4 days",
        "Link",
        "书店的早晨是安静的。",
        "甲方：书是谁的？",
        "陶四：旧书店的书是送走的。",
        "甲方：真的？",
        "陶四：真的。",
        "1 notes",
    )
    named = (
        "owl · 5 days",
        "Link",
        "书店的晚上是热闹的。",
        "甲方：书呢？",
        "柳三娘：旧书店的书是送走的。",
        "甲方：真的？",
        "柳三娘：真的，书是送走的。",
        "1 notes",
    )
    assert [article.title for article in mirror(quoting, other, named)][1:] == [
        "书店的早晨是安静的",
        "柳三娘谈旧书店：书是送走的",
    ]


def test_an_address_printed_with_a_post_names_it() -> None:
    (article,) = mirror(("owl · 6 days", "Link", "https://36kr.com/p/3532943217940873?f=rss", PROSE, MORE, "8 notes"))
    assert (article.article_id, article.url) == ("36kr:3532943217940873", "https://36kr.com/p/3532943217940873")
    (broken,) = mirror(("owl · 6 days", "Link", "http://[", PROSE, MORE, "8 notes"))
    assert broken.article_id.startswith("text:")
