from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article
from warehouse.scan import Findings, Lexicon, Mention, scan
from warehouse.watchlist import Entity

NAMES = (
    Entity("person", "王兴"),
    Entity("person", "王兴兴"),
    Entity("person", "杨植麟", ("植麟", "Yang Zhilin")),
    Entity("company", "腾讯"),
    Entity("organization", "腾讯新闻", ("潜望",)),
    Entity("company", "理想汽车", ("理想", "Li Auto"), context=("增程", "Li Xiang"), never=("理想湾",)),
    Entity("company", "苹果", ("Apple",)),
    Entity("product", "Kimi"),
    Entity("product", "GPT-4"),
)
LEXICON = Lexicon.compile(NAMES)


def article(text: str = "", **parts: object) -> Article:
    given_parts = {"title": "", "outlet": "", **parts}
    return Article(article_id="url:0", source="files", kind="article", url="", text=text, **given_parts)  # type: ignore[arg-type]


def mentions(text: str, lexicon: Lexicon = LEXICON, **parts: object) -> list[Mention]:
    return list(scan(lexicon, article(text, **parts)).mentions)


def rejected(text: str, lexicon: Lexicon = LEXICON) -> list[tuple[str, str]]:
    return [(found.surface, found.reason) for found in scan(lexicon, article(text)).rejections]


# -- parts and roles ------------------------------------------------------------------------------------------------


def test_title_byline_and_chrome_stand_outside_the_text() -> None:
    found = mentions("正文。", title="王兴谈外卖", byline="采访 | 王兴兴", chrome="下载腾讯新闻")
    assert [(m.surface, m.role, m.start_char, m.end_char) for m in found] == [
        ("王兴", "title", None, None),
        ("王兴兴", "byline", None, None),
        ("腾讯新闻", "chrome", None, None),
    ]


def test_the_outlet_and_the_authors_are_byline() -> None:
    found = mentions("正文。", outlet="腾讯新闻《潜望》", authors=("王兴",))
    assert [(m.surface, m.role) for m in found] == [("腾讯新闻", "byline"), ("潜望", "byline"), ("王兴", "byline")]


def test_findings_come_in_reading_order() -> None:
    found = mentions("王兴见了杨植麟。Kimi很忙。", title="Kimi与王兴")
    assert [m.surface for m in found] == ["Kimi", "王兴", "王兴", "杨植麟", "Kimi"]


INTERVIEW = "腾讯新闻《潜望》：为什么是现在？\n杨植麟：因为腾讯也在做。\n腾讯新闻《潜望》：你怕吗？\n杨植麟：不怕。"


def test_the_publishers_label_is_byline_and_the_answerers_is_speaker() -> None:
    found = mentions(INTERVIEW, outlet="腾讯新闻《潜望》")
    assert [(m.surface, m.role) for m in found if m.start_char is not None] == [
        ("腾讯新闻", "byline"),
        ("潜望", "byline"),
        ("杨植麟", "speaker"),
        ("腾讯", "body"),
        ("腾讯新闻", "byline"),
        ("潜望", "byline"),
        ("杨植麟", "speaker"),
    ]


def test_a_label_that_asks_all_the_questions_is_byline_though_the_outlet_is_unknown() -> None:
    turns = "".join(f"腾讯新闻：第{n}问？\n杨植麟：第{n}答。\n" for n in "一二三")
    assert {(m.surface, m.role) for m in mentions(turns)} == {("腾讯新闻", "byline"), ("杨植麟", "speaker")}


def test_a_company_that_heads_an_item_of_a_list_is_body() -> None:
    found = mentions("腾讯：广告收入上涨。\nKimi：推出会员。\n百川：换帅。")
    assert [(m.surface, m.role) for m in found] == [("腾讯", "body"), ("Kimi", "body")]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("作者 | 王兴", "byline"),
        ("编辑｜王兴", "byline"),
        ("文/王兴", "byline"),
        ("出品 | 腾讯新闻", "byline"),
        ("来源：腾讯新闻", "byline"),
        ("本文来自微信公众号“潜望”，作者：王兴，经授权发布。", "byline"),
        ("今天的会开得很晚。（记者 王兴）", "byline"),
        ("王兴记得那位记者。", "body"),
        ("记者：王兴为什么没有来？", "body"),
        ("王兴：我来了。", "speaker"),
        ("王兴（美团创始人）：我来了。", "speaker"),
        ("王兴表示：我来了。", "body"),
        ("我在腾讯新闻上读到这条消息。", "body"),
        ("欢迎在小宇宙、喜马拉雅收听，腾讯新闻同步更新。", "chrome"),
        ("大家好，欢迎收听本节目，我是腾讯新闻的小王。", "byline"),
    ],
)
def test_the_role_of_a_line(line: str, role: str) -> None:
    found = mentions(f"第一段没有名字。\n{line}\n最后一段也没有。")
    assert {m.role for m in found} == {role}


def test_a_dateline_names_the_publisher() -> None:
    found = mentions("腾讯新闻获悉，王兴到场。", outlet="腾讯新闻")
    assert [(m.surface, m.role) for m in found if m.start_char is not None] == [
        ("腾讯新闻", "byline"),
        ("王兴", "body"),
    ]


def test_a_dated_opening_is_a_dateline_though_the_outlet_is_unknown() -> None:
    assert [m.role for m in mentions("腾讯新闻讯 11月3日，天气转凉。")] == ["byline"]


def test_a_company_at_the_end_of_an_opening_is_not_a_dateline() -> None:
    assert [m.role for m in mentions("昨天的腾讯，很安静。")] == ["body"]


# -- longest match, boundaries, exclusions --------------------------------------------------------------------------


def test_the_longest_name_wins_and_the_shorter_is_reported_as_rejected() -> None:
    findings = scan(LEXICON, article("王兴兴来了。"))
    assert [m.entity_id for m in findings.mentions] == ["person:王兴兴"]
    assert [(r.surface, r.reason) for r in findings.rejections] == [("王兴", "part of 王兴兴")]


def test_one_string_may_be_two_entities() -> None:
    lexicon = Lexicon.compile([Entity("person", "张磊"), Entity("company", "高瓴", ("张磊",))])
    assert [m.entity_id for m in mentions("张磊没有说话。", lexicon)] == ["company:高瓴", "person:张磊"]


def test_a_known_longer_word_swallows_a_name() -> None:
    lexicon = Lexicon.compile([Entity("company", "新浪")])
    assert mentions("法国新浪潮。", lexicon) == []
    assert rejected("法国新浪潮。", lexicon) == [("新浪", "part of 新浪潮")]


def test_a_not_string_excludes_for_its_own_entity_alone() -> None:
    other = Entity("company", "理想湾地产", ("理想湾",))
    lexicon = Lexicon.compile([*NAMES, other])
    found = mentions("理想湾开盘。增程车停在门口。", lexicon)
    assert [m.entity_id for m in found] == ["company:理想湾地产"]
    assert rejected("理想湾开盘，增程车。") == [("理想", "inside 理想湾, which the watchlist excludes")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Kimiko来了", "inside the word kimiko"),
        ("GPT-40来了", "inside the word gpt-40"),
        ("GPT-4.5来了", "inside the number gpt-4.5"),
        ("见kimi.com", "inside a web or mail address"),
    ],
)
def test_latin_names_count_between_non_letters_only(text: str, reason: str) -> None:
    assert mentions(text) == []
    assert reason in {why for _, why in rejected(text)}


def test_chinese_neighbours_bound_a_latin_name() -> None:
    assert [m.surface for m in mentions("用Kimi写")] == ["Kimi"]


def test_a_single_character_counts_alone_only() -> None:
    lexicon = Lexicon.compile([Entity("product", "滴"), Entity("company", "X")])
    assert mentions("水滴落下来，XY轴。", lexicon) == []
    assert {m.confidence for m in mentions("“滴”，是X。", lexicon)} == {0.4}


# -- confidence and context -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "counts", "why"),
    [
        ("理想很丰满。", False, ""),
        ("理想的门店开到了县城。", False, "no context word in the article (增程, li xiang)"),
        ("理想的增程车卖得好。", True, "alias 理想; the context word 增程 stands in the article"),
        ("理想汽车说，理想的门店会更多。", True, "alias 理想; 理想汽车 also stands in the article"),
        ("理想，即Li Auto，在美国上市。", True, "alias 理想; li auto also stands in the article"),
        ("Li Xiangyu不是那个人，理想也不是。", False, "no context word in the article (增程, li xiang)"),
    ],
)
def test_context_decides_an_alias(text: str, counts: bool, why: str) -> None:
    findings = scan(LEXICON, article(text))
    found = {m.surface: m.reason for m in findings.mentions}
    assert ("理想" in found) is counts
    reasons = found.get("理想") if counts else {r.surface: r.reason for r in findings.rejections}.get("理想")
    assert not why or reasons == why


def test_context_may_stand_in_the_title() -> None:
    assert [m.surface for m in mentions("理想又开了门店。", title="增程车的一年")] == ["理想"]


def test_the_full_name_needs_no_context() -> None:
    assert [m.confidence for m in mentions("理想汽车开了门店。")] == [0.97]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("杨植麟", 0.97),
        ("王兴", 0.9),
        ("Yang Zhilin", 0.95),
        ("植麟", 0.75),
        ("腾讯", 0.9),
        ("Kimi", 0.97),
        ("苹果", 0.4),
    ],
)
def test_confidence_by_kind_of_form(text: str, confidence: float) -> None:
    assert [m.confidence for m in mentions(text)] == [confidence]


def test_an_alias_is_surer_beside_its_full_name() -> None:
    assert [m.confidence for m in mentions("杨植麟来了，植麟没有迟到。")] == [0.97, 0.9]


def test_a_name_written_with_spaces_is_a_little_less_sure_unless_the_text_has_them_everywhere() -> None:
    assert [m.confidence for m in mentions("今天杨 植麟来了，会议照常。")] == [0.92]
    assert [m.confidence for m in mentions("今天 杨 植麟 来 了， 会议 照常 进行， 没有 人 迟到")] == [0.97]


def test_how_tells_name_from_alias() -> None:
    assert [(m.surface, m.how) for m in mentions("杨植麟和Yang  Zhilin")] == [
        ("杨植麟", "name"),
        ("Yang  Zhilin", "alias"),
    ]


def test_an_untracked_given_name_behind_another_surname_is_somebody_else() -> None:
    assert rejected("陈植麟来了。") == [("植麟", "the given name of somebody else: 陈植麟")]


# -- properties -----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(form for e in NAMES for form in (e.name, *e.aliases, *e.context, *e.never)),
        "：",
        "\n",
        " ",
        "·",
        "，",
        "。",
        "\u200b",
        "x",
        "国",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join))


@settings(deadline=None, max_examples=300)
@given(TEXTS, TEXTS, TEXTS)
def test_slices_equal_surfaces_and_nothing_raises(text: str, title: str, chrome: str) -> None:
    findings = scan(LEXICON, article(text, title=title, chrome=chrome, byline=title, outlet=chrome))
    for found in (*findings.mentions, *findings.rejections):
        if found.start_char is not None:
            assert text[found.start_char : found.end_char] == found.surface
        else:
            assert found.role in ("title", "byline", "chrome")
        assert found.surface
        assert found.reason
    assert all(0 < m.confidence <= 1 and len(m.snippet) <= 130 for m in findings.mentions)


@settings(deadline=None, max_examples=60)
@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_names_never_changes_the_result(text: str, rng: random.Random) -> None:
    shuffled = list(NAMES)
    rng.shuffle(shuffled)
    assert scan(Lexicon.compile(shuffled), article(text)) == scan(LEXICON, article(text))


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_a_name_that_does_not_stand_in_the_text_changes_nothing(text: str) -> None:
    more = Lexicon.compile([*NAMES, Entity("company", "龘靐齉", ("Qzxwvk Holdings",))])
    assert scan(more, article(text)) == scan(LEXICON, article(text))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.builds(
            Entity,
            st.sampled_from(["person", "company", "product"]),
            st.text(max_size=5),
            st.lists(st.text(max_size=5), max_size=3).map(tuple),
        ),
        max_size=5,
    ),
    st.text(),
)
def test_any_watchlist_compiles_and_scans(entities: list[Entity], text: str) -> None:
    body = text + "".join(entity.name for entity in entities)
    for found in scan(Lexicon.compile(entities), article(body)).mentions:
        assert body[found.start_char : found.end_char] == found.surface


def test_entities_of_one_id_are_merged_in_any_order() -> None:
    twins = [Entity("product", "Kimi", ("智能助手",)), Entity("product", "Kimi", ("月亮助手",), groups=("大模型",))]
    one, other = Lexicon.compile(twins), Lexicon.compile(twins[::-1])
    assert one.entities == other.entities
    assert [m.surface for m in mentions("智能助手和月亮助手", one)] == ["智能助手", "月亮助手"]


def test_an_empty_watchlist_finds_nothing() -> None:
    assert scan(Lexicon.compile([]), article("腾讯")) == Findings((), ())
