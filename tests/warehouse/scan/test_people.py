"""A name that is only a piece of somebody else's, or of something that was named after its bearer."""

from __future__ import annotations

import pytest

from sources.article import Article
from warehouse.scan import Lexicon, scan
from warehouse.watchlist import Entity

LEXICON = Lexicon.compile(
    [
        Entity("person", "王兴"),
        Entity("person", "张勇"),
        Entity("person", "李想"),
        Entity("person", "杨植麟", ("植麟",)),
        Entity("person", "乔布斯"),
        Entity("person", "埃隆·马斯克"),
        Entity("person", "默多克", ("鲁伯特·默多克",)),
        Entity("person", "詹姆斯·卡梅隆"),
        Entity("company", "华莱士"),
        Entity("company", "搜狐"),
        Entity("company", "当当"),
        Entity("company", "小鹏汽车", ("小鹏",)),
    ]
)


def meant(text: str) -> list[str]:
    findings = scan(LEXICON, Article("url:0", "files", "", "article", "", "", text))
    return [m.surface for m in findings.mentions if m.confidence >= 0.7]


def reasons(text: str) -> set[str]:
    return {r.reason for r in scan(LEXICON, Article("url:0", "files", "", "article", "", "", text)).rejections}


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        # the rest of a longer name
        ("王兴国表示要下雨。", []),
        ("王兴国，六十岁。", []),
        ("王兴国家里在下雨。", ["王兴"]),  # 国 begins a word here
        ("张勇毅在等车。", []),
        ("张勇在等车。", ["张勇"]),
        # a given name behind another surname
        ("陈植麟在等车。", []),
        ("小说植麟在等车。", ["植麟"]),
        ("天王植麟在等车。", ["植麟"]),  # 王 ends a word
        # something named after its bearer
        ("他们在乔布斯剧院等车。", []),
        ("他们在搜狐网络大厦等车。", []),
        ("乔布斯故居在下雨。", []),
        ("他们在王兴中学等车。", []),
        ("王兴奖学金在下雨。", []),
        ("王兴（笔名）在等车。", []),
        ("王兴（左一）在等车。", ["王兴"]),
        ("乔布斯在剧院等车。", ["乔布斯"]),
        # a foreign name joined to another one
        ("詹姆斯·默多克在等车。", []),
        ("鲁伯特·默多克在等车。", ["鲁伯特·默多克"]),
        ("默多克在等车。", ["默多克"]),
        ("马斯克·史密斯在等车。", []),
        ("埃隆·马斯克在等车。", ["埃隆·马斯克"]),
        ("记者张三·马斯克在等车。", ["马斯克"]),  # 三 is in no foreign name, and 张三 no first name
        ("阿尔弗雷德·华莱士在等车。", []),
        ("华莱士·史蒂文斯在等车。", []),
        ("华莱士在下雨。", ["华莱士"]),
        # a given name that a company bears too
        ("体操队员李小鹏在等车。", []),
        ("小鹏妈妈在等车。", []),
        ("小鹏同学在等车。", []),
        ("听说小鹏在等车。", ["小鹏"]),
    ],
)
def test_whose_name_it_is(text: str, surfaces: list[str]) -> None:
    assert meant(text) == surfaces


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("王兴鹏表示要下雨。", "the beginning of a longer name: 王兴鹏"),
        ("张勇毅在等车。", "the beginning of a longer name: 张勇毅"),
        ("陈植麟在等车。", "the given name of somebody else: 陈植麟"),
        ("王兴大厦在下雨。", "in the name of something else: 王兴大厦"),
        ("詹姆斯·默多克在等车。", "somebody else's name: 詹姆斯·默多克"),
        ("马斯克·史密斯在等车。", "somebody else's name: 马斯克·史密斯"),
        ("阿道夫·华莱士在等车。", "part of a person's name: 阿道夫·华莱士"),
        ("小鹏妈妈在等车。", "a person's given name: 小鹏妈妈"),
        ("李小鹏在等车。", "a person's given name: 李小鹏"),
    ],
)
def test_the_reason_names_the_whole(text: str, reason: str) -> None:
    assert reason in reasons(text)
