"""Texts and watchlists made to wear the scan out. Nothing is timed: what explodes runs into the suite's own timeout."""

from __future__ import annotations

import pytest

from sources.article import Article, Kind
from warehouse.scan import Findings, Lexicon, scan
from warehouse.watchlist import Entity

NAMES = (
    Entity("company", "联想"),
    Entity("company", "小米"),
    Entity("company", "统一企业", ("统一",)),
    Entity("company", "小鹏汽车", ("小鹏",)),
    Entity("person", "雷军"),
    Entity("person", "王兴"),
    Entity("person", "张一鸣"),
    Entity("product", "Sora"),
    Entity("product", "哈哈哈哈"),
    Entity("person", "詹姆斯·默多克"),
)
LEXICON = Lexicon.compile(NAMES)


def found(text: str, kind: Kind = "article", lexicon: Lexicon = LEXICON) -> Findings:
    return scan(lexicon, Article("url:0", "files", "", kind, "", "", text))


@pytest.mark.parametrize("kind", ["article", "transcript"])
@pytest.mark.parametrize(
    "text",
    [
        "联想" + "在" * 60,
        "联想" + "在今天也" * 200,
        "统一" + "和" * 400,
        "统一" + "、甲与乙" * 400,
        "雷军和雷总," * 8_000,
        "小米:你好\n" * 8_000,
        "".join(f"小米{n}:你好\n小米:好\n" for n in range(4_000)),
        "哈" * 20_000,
        "你 好 " * 20_000 + "小米" * 10_000,
        "张一鸣和张 一 名 说 " * 6_000,
        "小米" + "欢迎收听" * 30_000,
        "a" + "\u0301\u0323" * 20_000,
        "sora 索拉 " * 10_000,
        "《" * 30_000 + "对《",
        "(" * 30_000,
        "open " * 20_000,
    ],
    ids=range(16),
)
def test_it_comes_to_an_end(text: str, kind: Kind) -> None:
    for one in found(text, kind).mentions:
        assert text[one.start_char : one.end_char] == one.surface


@pytest.mark.parametrize("text", ["他统一印\ud800在", "王兴毅\ud800", "\ud800王小鹏说", "\udfff小米\ud800的"])
def test_half_a_character_is_no_error(text: str) -> None:
    findings = found(text)
    for one in (*findings.mentions, *findings.rejections):
        assert text[one.start_char : one.end_char] == one.surface


def test_thousands_who_share_a_name() -> None:
    surnames = [chr(0x4E00 + n) for n in range(3_000)]
    lexicon = Lexicon.compile([Entity("person", f"{one}建国") for one in surnames])
    findings = found("建国说," * 500, "transcript", lexicon)
    assert findings.mentions == ()
    assert len(findings.rejections) <= 8 * 500  # a few bearers of each, not all three thousand
    findings = found(f"{surnames[5]}建国来了。" + "建国说," * 50, lexicon=lexicon)
    assert {mention.entity_id for mention in findings.mentions} == {f"person:{surnames[5]}建国"}


@pytest.mark.parametrize(
    ("text", "names", "alerts"),
    [
        # a name that falls between words vouches for nothing, and gives its place back
        ("为何晓明没来？晓明说他病了。", [Entity("person", "何晓明")], []),
        ("为何小鹏卖得好？小鹏宣布降价了。", [Entity("person", "何小鹏"), NAMES[3]], ["小鹏", "小鹏"]),
        ("小杨植麟说，植麟不错。", [Entity("person", "杨植麟", never=("小杨植麟",))], []),
    ],
)
def test_what_fell_is_no_evidence(text: str, names: list[Entity], alerts: list[str]) -> None:
    mentions = found(text, lexicon=Lexicon.compile(names)).mentions
    assert [m.surface for m in mentions if m.confidence >= 0.7] == alerts
