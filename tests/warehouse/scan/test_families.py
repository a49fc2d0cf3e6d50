"""What a text goes on with after the full name."""

from __future__ import annotations

import pytest

from warehouse.scan.families import family_name, short_forms, surname, titled
from warehouse.watchlist import EntityKind


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("王兴", "王"), ("杨植麟", "杨"), ("诸葛明", "诸葛"), ("诸葛孔明", "诸葛"),
        ("诸葛", "诸"),  # two characters: a surname of one and a given name
        ("爱新觉罗", ""), ("王", ""), ("王a", ""), ("elon", ""), ("埃隆马斯克", ""), ("", ""),
    ],
)  # fmt: skip
def test_surname(name: str, family: str) -> None:
    assert surname(name) == family


@pytest.mark.parametrize(
    ("written", "family"),
    [
        ("埃隆·马斯克", "马斯克"), ("埃隆•马斯克", "马斯克"), ("约翰·罗纳德·托尔金", "托尔金"), ("愛隆·馬斯克", "马斯克"),
        ("埃隆马斯克", ""), ("埃隆·马", ""), ("Elon·Musk", ""), ("埃隆·Musk", ""), ("埃隆·", ""), ("", ""),
    ],
)  # fmt: skip
def test_family_name(written: str, family: str) -> None:
    assert family_name(written) == family


@pytest.mark.parametrize(
    ("name", "kind", "short"),
    [
        ("杨植麟", "person", ["植麟"]),
        ("诸葛孔明", "person", ["孔明"]),
        ("王兴", "person", []),  # a given name of one character
        ("欧阳明", "person", []),
        ("elon musk", "person", []),
        ("宇树科技", "company", ["宇树"]),
        ("小鹏汽车", "company", ["小鹏"]),
        ("泡泡机器人", "company", ["泡泡"]),
        ("晴天实验室", "organization", ["晴天"]),
        ("北京汽车", "company", []),  # a place
        ("大科技", "company", []),  # one character is left
        ("科技", "company", []),
        ("字节跳动", "company", ["字节"]),
        ("字节跳动", "product", []),  # the first two of four are a company's
        ("中国联通", "company", []),
        ("零一万物", "company", ["零一"]),  # no number that anybody counts with
        ("拼多多", "company", []),
        ("openai科技", "company", []),
    ],
)
def test_short_forms(name: str, kind: EntityKind, short: list[str]) -> None:
    assert list(short_forms(name, kind)) == short


NAMED = {"杨": [(0, "person:杨植麟"), (20, "person:杨元庆")], "诸葛": [(-1, "person:诸葛孔明")]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("杨植麟来了,杨总也来了", [("杨总", "person:杨植麟")]),
        ("某人来了又来了,杨教授没来", [("杨教授", "person:杨植麟")]),
        ("一二三四五六七八九十一二三四五六七八九十杨元庆,杨总", [("杨总", "person:杨元庆")]),  # the last named
        ("诸葛老师来了", [("诸葛老师", "person:诸葛孔明")]),  # named in the title
        ("杨老师来了", []),  # before the full name
        ("某人来了,李杨老师来了", []),  # somebody else
        ("某人来了,木杨老师来了", [("杨老师", "person:杨植麟")]),
        ("某人来了,徐总来了", []),
        ("总来了", []),
        ("某人来了,葛老师来了", []),
        *((f"某人来了,杨总{rest}", []) for rest in ("是迟到", "会来", "部很大", "监来了", "统来了", "在说")),
        ("某人来了,杨董事长和杨女士来了", [("杨董事长", "person:杨植麟"), ("杨女士", "person:杨植麟")]),
    ],
)
def test_surnames_with_a_title(text: str, found: list[tuple[str, str]]) -> None:
    assert [(text[start:end], entity_id) for start, end, entity_id in titled(text, NAMED)] == found
