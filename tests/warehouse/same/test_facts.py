"""What sets a template's texts apart: other numbers, another name; and what is only a correction."""

from __future__ import annotations

import pytest

from warehouse.same import likeness, wording

FLASH = (
    "{a}公告，预计2026年半年度实现归属于上市公司股东的净利润{n}亿元至{m}亿元，同比增长{k}%。报告期内，"
    "碳酸锂价格回升，公司自有矿山产量增加，单位成本下降。"
)
FIRST = {"a": "云岭锂业", "n": "9.8", "m": "10.9", "k": "142"}
LONG = (
    "研究机构昨日发布的半年报显示，今年上半年六省份新能源重卡销量为4.62万辆，同比增长87.4%，渗透率达到31.8%。"
    "从补能方式看，换电车型占比从去年同期的46.1%下降到33.7%，充电车型上升到61.2%，其余为氢燃料。报告认为，"
    "电池容量从282度普遍提高到423度以后，多数短倒线路一天只需要补能1.4次，换电站的时间优势不再明显。"
    "价格方面，牵引车的平均成交价为48.6万元，比年初下降5.3万元，与柴油车的差价缩小到14.9万元。按每年行驶9万公里"
    "计算，多付的车款在17个月内可以收回。报告同时提示，二手车残值仍是最大的不确定因素，多家租赁公司已经下调了假设。"
    "在港口等着装货的司机不关心假设，他们关心的是排队的时候能不能把空调一直开着，以及回程有没有货可拉。"
)


def together(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return likeness(wording(*one, "newsflash", ""), wording(*other, "newsflash", "")) is not None


def flash(**facts: str) -> tuple[str, str]:
    filled = FIRST | facts
    return "{a}：净利润同比增长{k}%".format(**filled), FLASH.format(**filled)


@pytest.mark.parametrize(
    ("facts", "one_story"),
    [
        ({}, True),
        ({"k": "143"}, False),  # one number of six is more than a correction
        ({"n": "4.1", "m": "4.6", "k": "63"}, False),
        ({"a": "赤湖锂业"}, False),
        ({"a": "云峰锂业"}, False),  # one letter, in title and text
        ({"a": "新云岭锂业"}, False),  # a letter before it
        ({"a": "赤湖锂业", "n": "4.1", "m": "4.6", "k": "63"}, False),
    ],
)
def test_a_newsflash_beside_another_of_its_template(facts: dict[str, str], one_story: bool) -> None:
    assert together(flash(), flash(**facts)) is one_story


def test_a_name_that_is_in_no_title_must_stand_there_twice() -> None:
    text = "{a}回应说，网传的消息不属实，公司目前经营一切正常，招聘工作仍在进行。对于恶意造谣者，保留追究法律责任的权利{end}。"
    title = "公司回应裁员传闻：不属实"
    once = [(title, text.format(a=name, end="")) for name in ("橙子出行", "飞鱼读书")]
    twice = [(title, text.format(a=name, end=f"，{name}补充说")) for name in ("橙子出行", "飞鱼读书")]
    assert together(*once)
    assert not together(*twice)


def test_a_name_beside_many_other_edits_is_an_edit() -> None:
    title = "云岭锂业：净利润同比增长142%"
    edited = (
        "赤湖锂业发布公告称，公司预计2026年上半年净利润在9.8亿元到10.9亿元之间，增长142%。报告期内，"
        "碳酸锂的价格回升，公司自有矿山的产量增加，单位成本有所下降。"
    )
    assert not together(flash(), ("赤湖锂业：净利润同比增长142%", edited))
    assert (
        likeness(wording(title, FLASH.format(**FIRST), "newsflash", ""), wording(title, edited, "article", "")) is None
    )


@pytest.mark.parametrize(
    ("changes", "one_story"),
    [
        ([("87.4", "84.7")], True),
        ([("4.62", "5.37"), ("87.4", "76.2"), ("31.8", "35.9"), ("46.1", "33.7"), ("33.7", "21.8"), ("61.2", "72.5")], False),
        ([("4.62", "5.37"), ("87.4", "76.2"), ("31.8", "35.9"), ("282", "291"), ("423", "468"), ("48.6", "44.3"), ("17个月", "13个月")], False),
    ],
)  # fmt: skip
def test_a_report_with_other_numbers(changes: list[tuple[str, str]], one_story: bool) -> None:
    text = LONG
    for old, new in changes:
        text = text.replace(old, new, 1)
    assert together(("重卡半年报", LONG), ("重卡半年报", text)) is one_story


def test_an_edited_copy_may_lose_numbers_with_its_letters() -> None:
    edited = "".join("的" if at % 14 == 0 else char for at, char in enumerate(LONG))
    assert together(("重卡半年报", LONG), ("重卡半年报", edited))


def test_a_number_cut_at_the_end_of_a_part_is_no_other_number() -> None:
    """48.6 cut to 48: of the few numbers of a teaser one more or less decides."""
    for start, number in ((0, "87.4%"), (60, "33.7%"), (150, "423度"), (200, "48.6万")):
        part = LONG[start : LONG.index(number) + 1]
        if len(part) > 50:
            assert together(("重卡半年报", LONG), ("重卡半年报", part)), part


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("117公里", "一百一十七公里"),
        ("2019年", "二〇一九年"),
        ("10个县", "十个县"),
        ("12米", "十二米"),
        ("206户", "二百零六户"),
        ("3008人", "三千零八人"),
        ("40条", "四十条"),
        ("5次", "五次"),
    ],
)
def test_a_number_in_words_is_that_number(digits: str, said: str) -> None:
    text = "这条河从雾岭的北坡流下来，沿岸的人说起它来总要先停一停，然后说，{}，不多也不少，从来都是这样，往后大概也是这样，没有人去数。"
    assert together(("河", text.format(digits)), ("河", text.format(said)))
    assert not together(("河", text.format(digits)), ("河", text.format("七百六十五" + said[-1])))


def test_a_name_misspelt_in_a_long_text_is_the_same_name() -> None:
    text = LONG + "报告的执笔人陆知微说，下半年还要看补贴。" * 2
    misspelt, other = text.replace("知微", "知薇"), text.replace("陆知微", "顾若梅")
    assert together(("陆知微：重卡半年报", text), ("陆知薇：重卡半年报", misspelt))
    assert not together(("陆知微：重卡半年报", text), ("顾若梅：重卡半年报", other))


def test_a_word_of_house_style_changed_all_through_a_long_text_is_no_other_subject() -> None:
    text = LONG + "我们在港口看到了这些车。我们还问了司机，司机对我们说，省钱。"
    assert together(("重卡半年报", text), ("重卡半年报", text.replace("我们", "记者")))
