"""The verdict on a name: which figure, and which reason. The figures are those of deployments/docs/watchlist.md."""

from __future__ import annotations

import pytest

from sources.article import Article
from warehouse.scan import Findings, Lexicon, scan
from warehouse.watchlist import Entity

LEXICON = Lexicon.compile(
    [
        Entity("person", "杨植麟", ("植麟", "Yang Zhilin", "阿植")),
        Entity("person", "埃隆·马斯克"),
        Entity("company", "腾讯", ("Tencent", "企鹅厂", "TX")),
        Entity("company", "字节跳动"),
        Entity("company", "百川智能"),
        Entity("company", "SIG"),
        Entity("company", "ARK"),
        Entity("company", "PICO"),
        Entity("company", "ACE"),
        Entity("company", "KEEP"),
        Entity("company", "拼多多", context=("砍价",)),
        Entity("company", "Notion"),
        Entity("company", "Linear"),
        Entity("company", "Oracle"),
        Entity("company", "NIO"),
        Entity("product", "Q"),
        Entity("company", "极光", ("极光推送", "Aurora Mobile", "极光的光"), context=("推送",), never=("极光节",)),
        Entity("company", "理想汽车", ("理想",), context=("增程",)),
    ]
)


def found(text: str, title: str = "") -> Findings:
    return scan(LEXICON, Article("url:0", "files", "", "article", "", title, text))


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("杨植麟来了", 0.97),
        ("腾讯来了", 0.9),
        ("NIO来了", 0.9),  # three letters
        ("Notion来了", 0.85),  # an English word, written as a name
        ("Yang Zhilin来了", 0.95),
        ("企鹅厂来了", 0.95),
        ("阿植来了", 0.85),
        ("TX来了", 0.85),
        ("植麟来了", 0.75),
        ("马斯克来了", 0.75),
        ("百川智能来了", 0.97),
    ],
)
def test_a_name_alone(text: str, confidence: float) -> None:
    assert [m.confidence for m in found(text).mentions] == [confidence]


@pytest.mark.parametrize(
    ("text", "surface", "confidence"),
    [
        ("腾讯来了，企鹅厂没有来", "企鹅厂", 0.97),
        ("腾讯来了，TX没有来", "TX", 0.9),
        ("腾讯来了，Tencent没有来", "腾讯", 0.9),  # the name needs nobody
        ("杨植麟来了，植麟没有来", "植麟", 0.9),
        ("埃隆·马斯克来了，马斯克没有来", "马斯克", 0.97),
    ],
)
def test_beside_another_form(text: str, surface: str, confidence: float) -> None:
    assert [m.confidence for m in found(text).mentions if m.surface == surface] == [confidence]


def test_the_other_form_may_stand_in_the_title() -> None:
    assert found("TX没有来", "腾讯来了").mentions[-1].confidence == 0.9


@pytest.mark.parametrize(
    ("text", "confidence"),
    [("今天腾 讯来了，会议照常。", 0.85), ("今天 腾 讯 来 了， 会 议 照 常", 0.9), ("今天腾讯来了", 0.9)],
)
def test_written_with_spaces(text: str, confidence: float) -> None:
    assert [m.confidence for m in found(text).mentions] == [confidence]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("SIG来了", 0.9),
        ("sig来了", 0.4),  # a short capital name written small is a word
        ("Sig来了", 0.9),
        ("Pico来了", 0.97),
        ("pico来了", 0.4),
        ("百度的sig公司来了", 0.85),  # until something speaks for it
        ("“Q”来了", 0.4),
        ("notion来了", 0.72),  # nobody writes the word so among Chinese,
        ("一个notion来了", 0.4),  # unless it is counted
        ("linear来了", 0.4),
        ("notion与concept来了", 0.4),  # two words compared
        ("concept和notion来了", 0.4),
        ("notion和linearr来了", 0.72),
        ("Notion来了", 0.85),
        ("ACE来了", 0.85),
        ("Ace来了", 0.4),  # three letters may be any word
        ("Keep来了", 0.85),
        ("Notion Press来了", 0.4),  # a longer name in capitals
        ("oracle来了", 0.72),
        ("the oracle came", 0.4),
        ("oracle", 0.4),
    ],
)
def test_capitals(text: str, confidence: float) -> None:
    assert [m.confidence for m in found(text).mentions] == [confidence]


@pytest.mark.parametrize(
    ("text", "confidences"),
    [
        ("极光来了", []),
        ("极光来了，推送也来了", [0.85]),
        ("极光推送来了", [0.95]),  # an alias of four characters means one thing: no context is asked
        ("极光推送来了，极光也来了", [0.97, 0.85]),
        ("Aurora Mobile来了", [0.95]),
        ("极光节来了，推送也来了", []),
        ("理想汽车来了", [0.97]),
        ("拼多多来了", [0.97]),  # a full name of three characters, neither
        ("他的理想是增程", []),  # a word, whatever stands in the article
        ("听说理想是增程", [0.85]),
    ],
)
def test_context(text: str, confidences: list[float]) -> None:
    assert [m.confidence for m in found(text).mentions] == confidences


@pytest.mark.parametrize(
    ("text", "confidences"),
    [
        ("字节跳动来了，字节公司没有来", [0.97, 0.75]),
        ("字节跳动来了，还差几万字节", [0.97, 0.4]),  # the word itself, and nothing beside it
        ("百川智能来了。那天百川没有来", [0.97, 0.75]),  # a word that is mostly the name
    ],
)
def test_shortened_names(text: str, confidences: list[float]) -> None:
    assert [m.confidence for m in found(text).mentions] == confidences


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("杨植麟来了", "full name"),
        ("阿植来了", "alias 阿植"),
        ("阿植来了，杨植麟也来了", "alias 阿植; 杨植麟 also stands in the article"),
        ("植麟来了", "alias 植麟, without the full name in the article"),
        ("马斯克来了", "the family name of 埃隆·马斯克 alone"),
        ("今天腾 讯来了，会议照常。", "full name, written with spaces"),
        ("极光来了，推送也来了", "full name; the context word 推送 stands in the article"),
        ("Notion来了", "English word written as a name"),
        ("notion来了", "English word alone in Chinese, mostly the name"),
        ("一个notion来了", "ordinary word: one of several"),
        ("linear来了", "ordinary word, and nothing in the article says that the name is meant"),
        ("百度的sig公司来了", "ordinary word beside 公司"),
        ("oracle来了", "English word alone in Chinese, mostly the name"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    assert found(text).mentions[0].reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("极光来了", "no context word in the article (推送)"),
        ("极光节来了，推送也来了", "inside 极光节, which the watchlist excludes"),
        ("他的理想是增程", "after 的"),
    ],
)
def test_reasons_against(text: str, reason: str) -> None:
    assert [r.reason for r in found(text).rejections] == [reason]
