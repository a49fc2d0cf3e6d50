"""What part a stretch of a text plays: each line is asked of the layout itself, for a person and for a company."""

from __future__ import annotations

import pytest

from warehouse.scan.fold import folded
from warehouse.scan.roles import Layout, own_names, publisher_lines
from warehouse.watchlist import EntityKind


def role(line: str, name: str, kind: EntityKind = "company", publishers: tuple[str, ...] = ()) -> str:
    text = folded(f"开头一段。\n{line}\n又是一段。")
    start = text.index(folded(name))
    return Layout(text, publishers).role(start, start + len(folded(name)), kind)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # credits
        ("作者：甲乙", "byline"),
        ("图片来源：甲乙", "byline"),
        ("【撰文/甲乙】", "byline"),
        ("编辑、校对｜甲乙", "byline"),
        ("文│甲乙", "byline"),
        ("本文来自甲乙，作者丙", "byline"),
        ("题图由甲乙提供", "byline"),
        ("经甲乙授权转载", "byline"),
        ("摘自甲乙的书", "byline"),
        ("（甲乙）", "byline"),
        ("版权归甲乙所有", "byline"),
        ("新报记者 甲乙 摄", "byline"),
        ("天晴了。（图源：甲乙）", "byline"),
        ("天晴了（记者 甲乙）", "byline"),
        ("天晴了。（甲乙）", "body"),  # more text follows
        ("天晴了（甲乙，六十岁）。", "body"),
        ("作者甲乙在等车。", "body"),
        ("编辑甲乙在等车。", "body"),
        ("来源于甲乙的水很清。", "body"),
        ("记者见到甲乙在等车，摄像机坏了。", "body"),
        # the asker
        ("老人告诉甲乙记者，天晴了。", "byline"),
        ("老人对《甲乙》说，天晴了。", "byline"),
        ("老人告诉《甲乙》，天晴了。", "byline"),
        ("老人对甲乙说，天晴了。", "body"),
        ("老人对《甲乙》很熟。", "body"),
        # a round of news
        ("@甲乙【天晴了】昨天的雨停了。", "byline"),
        ("@甲乙 昨天的雨停了。", "body"),
        ("【甲乙财经】天晴了", "byline"),
        ("【甲乙】天晴了", "body"),  # no medium: the item is about it
        # who reported it first
        ("据甲乙9月9日报道，天晴了。", "byline"),
        ("根据甲乙此前报導，天晴了。", "byline"),
        ("渔夫说，据甲乙报道，天晴了。", "byline"),
        ("据甲乙的报道，天晴了。", "body"),
        ("渔夫的数据甲乙报道，天晴了。", "body"),
        ("甲乙电视台报道称，天晴了。", "byline"),
        ("甲乙报道称，天晴了。", "body"),
        # captions
        ("天晴了。新报记者 甲乙 摄", "byline"),
        ("天晴了。新报记者 甲乙 翻摄", "byline"),
        ("天晴了。圖／甲乙", "byline"),
        ("天晴了。图/甲乙，丙丁在等车。", "body"),
        ("天晴了。新报记者 甲乙 摄了三天。", "body"),
        # datelines
        ("甲乙时报e公司讯，天晴了", "byline"),
        ("甲乙通讯，天晴了", "body"),
        ("甲乙讯 记者丙从海边发来消息", "byline"),
        ("甲乙3日电 天晴了", "byline"),
        ("甲乙讯问了天气", "body"),
        # what belongs to the page
        ("收听平台：甲乙", "chrome"),
        ("分享至：甲乙", "chrome"),
        ("延伸阅读｜甲乙的一天", "chrome"),
        ("标签：甲乙", "chrome"),
        ("风险提示：甲乙可能下雨", "chrome"),
        ("首页 > 甲乙 > 正文", "chrome"),
        ("#甲乙# #天气#", "chrome"),
        ("[12] 甲乙：天气的书", "chrome"),
        ("打开甲乙客户端看更多", "chrome"),
        ("【点击阅读原文，看甲乙】", "chrome"),
        ("关键词甲乙很难写。", "body"),
        ("首页上有甲乙。", "body"),
        ("[a] 甲乙：天气的书", "body"),
        ("打开甲乙看更多", "body"),
        ("他们点击甲乙的客户端", "body"),
        # where a programme can be heard
        ("欢迎在小宇宙订阅甲乙。", "chrome"),
        ("可以在喜马拉雅收听甲乙。", "chrome"),
        ("可以在海边收听甲乙。", "body"),
        ("他在喜马拉雅收听甲乙。", "body"),
        # who speaks
        ("大家好，欢迎收听，我是甲乙的主持人。", "byline"),
        ("大家好，我是甲乙的主持人。", "body"),
    ],
)
def test_the_role_of_a_line(line: str, expected: str) -> None:
    assert role(line, "甲乙") == expected


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("本节目在小宇宙同步更新", "小宇宙", "chrome"),
        ("听众可以去喜马拉雅留言", "喜马拉雅", "chrome"),
        ("他在小宇宙做了三年饭", "小宇宙", "body"),
        ("一年里他去喜马拉雅三次", "喜马拉雅", "body"),
    ],
)
def test_where_a_programme_speaks_of_itself(line: str, name: str, expected: str) -> None:
    assert role(line, name) == expected


@pytest.mark.parametrize(
    ("line", "kind", "expected"),
    [
        ("甲乙：天晴了", "person", "speaker"),
        ("甲乙（渔夫）：天晴了", "person", "speaker"),
        ("甲乙 教授：天晴了", "person", "speaker"),
        ("甲乙家的狗：汪", "person", "body"),
        ("甲乙表示：天晴了", "person", "body"),
        ("渔夫甲乙：天晴了", "person", "body"),  # such a label comes once
        ("渔夫甲乙：天晴了\n渔夫甲乙：真的", "person", "speaker"),
        ("甲乙：天晴了", "company", "body"),
        ("天晴了，甲乙：真的", "person", "body"),
    ],
)
def test_labels(line: str, kind: EntityKind, expected: str) -> None:
    assert role(line, "甲乙", kind) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("".join(f"甲乙：第{n}问\n渔夫：第{n}答\n" for n in "一二三"), "byline"),
        ("".join(f"甲乙：第{n}问\n渔夫：第{n}答\n" for n in "一二"), "body"),  # too few turns to be sure
        ("".join(f"甲乙：第{n}条\n" for n in "一二三"), "body"),  # nobody answers
        ("".join(f"《甲乙》：第{n}问\n" for n in "一二三"), "byline"),
    ],
)
def test_who_asks_all_the_questions(text: str, expected: str) -> None:
    assert role(text, "甲乙") == expected


@pytest.mark.parametrize(
    ("line", "publisher", "expected"),
    [
        ("甲乙新闻：为什么？", "甲乙新闻《丙丁》", "byline"),
        ("丙丁：为什么？\n丙丁：真的？", "甲乙新闻《丙丁》", "byline"),
        ("甲乙新闻获悉，天晴了", "甲乙新闻", "byline"),
        ("甲乙新闻消息，天晴了", "甲乙新闻", "byline"),
        ("甲乙新闻获悉，天晴了", "别的报", "body"),
        ("甲乙新闻：为什么？", "别的报", "body"),
    ],
)
def test_what_the_outlet_says_of_itself(line: str, publisher: str, expected: str) -> None:
    assert role(line, line[:2], publishers=(publisher,)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("天晴了。（甲乙）", "byline"), ("天晴了。（甲乙）\n", "byline"), ("天晴了，甲乙", "body")]
)
def test_a_name_in_brackets_at_the_end_of_all_is_the_writers(text: str, expected: str) -> None:
    start = folded(text).index("甲乙")
    assert Layout(folded(text)).role(start, start + 2, "person") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("facebook", "chrome"),
        ("微博 facebook 朋友圈", "chrome"),
        ("facebook 来了", "body"),
    ],
)
def test_a_line_of_places_to_share(line: str, expected: str) -> None:
    assert role(line, "facebook") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("喜马拉雅的听友请搜节目名", "chrome"),
        ("喜马拉雅和丙丁的朋友请搜节目名", "chrome"),
        ("喜马拉雅的听友都在山下等车", "body"),
        ("喜马拉雅请搜节目名", "body"),
    ],
)
def test_where_the_show_has_its_listeners(line: str, expected: str) -> None:
    assert role(line, "喜马拉雅") == expected


def test_who_else_has_friends_there_is_no_platform() -> None:
    assert role("喜马拉雅和丙丁的朋友请搜节目名", "丙丁") == "body"


def test_a_stretch_ends_where_it_ends() -> None:
    assert role("作者：丙丁\n甲乙在等车", "甲乙") == "body"
    assert role("天晴了（图源：丙丁）甲乙在等车", "甲乙") == "body"
    assert role("大家好，欢迎收听，我是丙丁的主持人，甲乙来了。", "甲乙") == "body"


def test_own_names() -> None:
    assert own_names(("腾讯新闻《潜望》",)) == {"腾讯新闻潜望", "腾讯新闻", "潜望"}
    assert own_names(("晚點", "", "A", "36Kr")) == {"晚点", "36kr"}


def test_the_byline_holds_outlet_and_authors_once() -> None:
    assert publisher_lines("甲报", ("乙", "丙", ""), "作者 乙") == "作者 乙\n甲报\n丙"
    assert publisher_lines("", (), "") == ""
