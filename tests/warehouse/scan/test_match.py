"""Where names stand: between boundaries, longest first, not in numbers, addresses and longer words."""

from __future__ import annotations

import pytest

from warehouse.scan.fold import fold
from warehouse.scan.lexicon import Lexicon
from warehouse.scan.match import Reading, gap_at, is_spaced, read
from warehouse.watchlist import Entity

LEXICON = Lexicon.compile(
    [
        Entity("person", "王兴"),
        Entity("person", "王兴兴"),
        Entity("person", "杨植麟"),
        Entity("person", "李想"),
        Entity("person", "张勇"),
        Entity("company", "零一万物", ("零一",)),
        Entity("company", "字节跳动"),
        Entity("company", "腾讯", never=("腾讯体育馆",)),
        Entity("company", "Block"),
        Entity("company", "Character.AI"),
        Entity("company", "360"),
        Entity("product", "Kimi"),
        Entity("product", "GPT-4"),
        Entity("product", "滴"),
        Entity("company", "阿里云"),
        Entity("company", "云天"),
    ]
)


def reading(text: str) -> Reading:
    return read(LEXICON, text)


def stands(text: str) -> list[str]:
    return [hit.form.text for hit in reading(text).hits]


def lost(text: str) -> list[tuple[str, str]]:
    return [(hit.form.text, why) for hit, why in reading(text).lost]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # between words
        ("国王兴建了桥", []),
        ("王兴建议修桥", ["王兴"]),
        ("行李想带就带", []),
        ("我见李想带了书", ["李想"]),
        ("那个张勇敢地说了真话", []),
        # in a spaced transcript the spaces say where words end
        ("我 见 张勇 敢 说 了 真 话", ["张勇"]),
        ("我 见 张 勇敢 地 说 了 真 话", []),
        # longest first
        ("王兴兴来了", ["王兴兴"]),
        ("王兴和兴来了", ["王兴"]),
        ("阿里云天气好", ["阿里云"]),  # of equally long ones the first is the left
        # letters and digits
        ("Kimi2和kimi", ["kimi", "kimi"]),
        ("Kimi1.5来了", ["kimi"]),
        ("Kimi123来了", []),
        ("Kimi2b来了", []),
        ("aKimi来了", []),
        ("3.360元", []),
        ("360.5元", []),
        ("说360.", ["360"]),
        ("GPT-4.5来了", []),
        ("GPT-4。5", ["gpt-4"]),
        ("GPT-45来了", []),
        # numerals
        ("二零一四年", []),
        ("二零一号", []),
        ("零一来了", ["零一"]),
        ("说零一万物", ["零一万物"]),
        # single characters
        ("水滴了", []),
        ("“滴”", ["滴"]),
        # addresses
        ("看 https://kimi.com/a 吧", []),
        ("看kimi.cn/a", []),
        ("写信到kimi@block.com", []),
        ("看www.a.b/kimi", []),
        ("用character.ai写", ["character.ai"]),
        ("看kimi.好", ["kimi"]),
        ("Block.one来了", []),
        ("见:kimi", ["kimi"]),
        # paragraphs
        ("王\n兴来了", []),
        ("腾 讯来了", ["腾讯"]),
        ("", []),
    ],
)
def test_what_stands(text: str, names: list[str]) -> None:
    assert stands(text) == names


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("王兴兴来了", "王兴", "part of 王兴兴"),
        ("国王兴建了桥", "王兴", "overlaps 国王"),  # a word that is listed
        ("那个张勇敢地说了真话", "张勇", "across the words 张|勇敢"),
        ("Kimiko来了", "kimi", "inside the word kimiko"),
        ("GPT-4.5来了", "gpt-4", "inside the number gpt-4.5"),
        ("二零一四年", "零一", "inside a number"),
        ("看kimi.com吧", "kimi", "inside a web or mail address"),
        ("植麟来了", "植麟", "may be short for 杨植麟, which has not been named before"),
    ],
)
def test_what_fell_says_why(text: str, name: str, why: str) -> None:
    assert (name, why) in lost(text)


def test_a_piece_of_ones_own_longer_name_is_not_told() -> None:
    assert ("零一", "part of 零一万物") not in lost("零一万物来了")


@pytest.mark.parametrize(
    ("text", "named", "names"),
    [
        ("杨植麟来了,植麟也来了", (), ["杨植麟", "植麟"]),
        ("植麟也来了,杨植麟来了", (), ["杨植麟"]),
        ("植麟也来了", ("person:杨植麟",), ["植麟"]),
        ("植麟也来了", ("person:王兴",), []),
        ("字节跳动来了,字节也来了", (), ["字节跳动", "字节"]),
        ("杨总来了", ("person:杨植麟",), ["杨总"]),
        ("杨植麟来了,杨总也来了", (), ["杨植麟", "杨总"]),
        ("杨总来了,杨植麟也来了", (), ["杨植麟"]),
        ("杨植麟来了,植麟总也来了", (), ["杨植麟", "植麟"]),
    ],
)
def test_shortened_names_come_after_the_full_one(text: str, named: tuple[str, ...], names: list[str]) -> None:
    assert [hit.form.text for hit in read(LEXICON, text, named).hits] == names


def test_an_excluding_string_holds_its_own_entity_alone() -> None:
    text = reading("腾讯体育馆里有腾讯")
    inside, outside = text.hits
    use = inside.form.uses[0]
    assert text.never(inside, use) == "腾讯体育馆"
    assert text.never(outside, use) == ""
    other = reading("腾讯体育馆和王兴").hits[-1]
    assert reading("腾讯体育馆和王兴").never(other, other.form.uses[0]) == ""


def test_offsets_of_the_original() -> None:
    text = reading("见\u200b 騰 訊 和K i m i")
    assert [text.original[a:b] for a, b in (text.folded.span(hit.start, hit.end) for hit in text.hits)] == [
        "騰 訊",
        "K i m i",
    ]


def test_what_is_covered() -> None:
    text = reading("王兴见了百度地图")
    taken = {text.text[start:end] for start, end in text.covered}
    assert "王兴" in taken
    assert "见了" not in taken


@pytest.mark.parametrize(
    ("text", "spaced"),
    [
        ("今天 天气 真 的 很 好", True),
        ("今天天气真的很好", False),
        ("今 天 天 气", False),  # three spaces may be chance
        ("今天 天气 真 的 很 好，" + "我们在海边走了很久，后来下起了雨。" * 3, False),
        ("we walk by the sea and it rains", False),
    ],
)
def test_spaced_texts(text: str, spaced: bool) -> None:
    assert is_spaced(fold(text)) is spaced


def test_gaps() -> None:
    text = fold("今天 天气")
    assert [at for at in range(5) if gap_at(text, at)] == [0, 2, 4]


# -- the lexicon -----------------------------------------------------------------------------------------------------


def forms(entity: Entity) -> set[str]:
    return set(Lexicon.compile([entity]).full_forms.get(entity.entity_id, ()))


@pytest.mark.parametrize(
    ("entity", "also"),
    [
        (Entity("company", "OpenAI"), {"openai", "open ai"}),
        (Entity("company", "Scale AI"), {"scale ai", "scaleai"}),
        (Entity("company", "Li AI"), {"li ai"}),  # too short to be written as one word
        (Entity("person", "Yang Zhilin"), {"yang zhilin"}),
        (Entity("product", "GPT-4"), {"gpt-4", "gpt 4", "gpt4"}),
        (Entity("product", "iPhone"), {"iphone"}),  # a single letter stays where it is
        (Entity("person", "埃隆·马斯克"), {"埃隆马斯克", "马斯克"}),
        (Entity("person", "比尔·盖茨"), {"比尔盖茨"}),  # two characters wait for the full name
        (Entity("company", "甲·马斯克"), {"甲马斯克"}),  # no person
        (Entity("company", "騰訊", ("Ｔｅｎｃｅｎｔ", " ")), {"腾讯", "tencent"}),
        (Entity("company", "\u200b"), set()),
    ],
)
def test_the_forms_of_a_name(entity: Entity, also: set[str]) -> None:
    assert forms(entity) == also


@pytest.mark.parametrize(
    ("name", "distinctive", "sure"),
    [
        ("零一万物", True, True),
        ("拼多多", False, True),
        ("腾讯", False, True),
        ("OpenAI", True, True),
        ("Kimi", False, True),
        ("X", False, False),
        ("滴", False, False),
        ("360", False, False),  # a number
        ("苹果", False, False),  # a word
        ("Notion", False, False),
    ],
)
def test_what_a_form_says_by_itself(name: str, distinctive: bool, sure: bool) -> None:
    lexicon = Lexicon.compile([Entity("company", name)])
    form = next(form for form in lexicon.forms if form.text == name.lower())
    assert (form.distinctive, form.sure, form.likely) == (distinctive, sure, sure)


def test_a_word_that_is_mostly_the_name_is_likely() -> None:
    form = next(form for form in Lexicon.compile([Entity("company", "当当")]).forms if form.text == "当当")
    assert (form.sure, form.likely) == (False, True)
