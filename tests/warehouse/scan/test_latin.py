"""Latin names as recognisers write them: in pieces, misspelt, in Chinese characters."""

from __future__ import annotations

import pytest

from warehouse.scan.latin import Spellings, in_chinese
from warehouse.scan.uses import Use


def use(name: str) -> Use:
    return Use(f"product:{name}", "product", "name", name)


NAMES = Spellings(
    [
        (text, use(text))
        for text in (
            "midjourney",
            "openai",
            "deepseek",
            "stability ai",
            "claude",
            "kimi",
            "gpt-4",
            "cerebras",
            "anthropic",
            "waymo",
            "vercel",
            "cursor",
        )
    ]
)


def near(text: str) -> set[tuple[str, str, int]]:
    """(surface, name, how far off)."""
    return {(text[start:end], spelling.use.written, off) for start, end, spelling, off in NAMES.near(text)}


@pytest.mark.parametrize(
    ("text", "surface", "name", "off"),
    [
        ("用mid journey画", "mid journey", "midjourney", 0),
        ("用mid-journey画", "mid-journey", "midjourney", 0),
        ("用open a i写", "open a i", "openai", 0),
        ("用stabilityai画", "stabilityai", "stability ai", 0),
        ("用midjournay画", "midjournay", "midjourney", 1),  # another letter
        ("用midjourrney画", "midjourrney", "midjourney", 1),  # one too many
        ("用midjourny画", "midjourny", "midjourney", 1),  # one too few
        ("用midjuorney画", "midjuorney", "midjourney", 1),  # two swapped
        ("看deep sick的", "deep sick", "deepseek", 2),  # d p s k
        ("看deepsyc的", "deepsyc", "deepseek", 2),
        ("问claudi的", "claudi", "claude", 1),
        ("看cerubrus的", "cerubrus", "cerebras", 2),
        ("看an topic的", "an topic", "anthropic", 2),  # r is lost behind th
        ("用way mo接", "way mo", "waymo", 0),  # five letters in two pieces
        ("用kimmy写", "kimmy", "kimi", 3),  # to the ear the same
        ("用curser写", "curser", "cursor", 3),
        ("看versel的", "versel", "vercel", 3),
    ],
)
def test_how_far_off(text: str, surface: str, name: str, off: int) -> None:
    assert (surface, name, off) in near(text)


@pytest.mark.parametrize(
    "text",
    [
        "用midtourkey画",  # two letters wrong, and other consonants
        "用midjourneys画",  # the plural is the name itself
        "用kimo写",  # four letters are too few for a wrong one
        "用gpt 4写",  # a digit
        "看teep sick的",  # the same consonants to the ear, another first letter
        "take way mo home",  # other words beside the pieces
        "用w ay mo接",  # three pieces
        "看deep sickness的",  # more letters than a slip of the pen
        "看gerebrus的",  # nor here the first letter
        "看deep sickaeio的",
        "问clad的",  # too short by two, and three consonants only
        "journey",
        "",
        "没有一个字母",
    ],
)
def test_what_is_no_spelling_of_it(text: str) -> None:
    assert near(text) == set()


def test_no_more_than_three_pieces_are_joined() -> None:
    assert near("mid jour ney") == {("mid jour ney", "midjourney", 0)}
    assert near("mi d jour ney") == set()


def test_in_english_prose_a_name_stands_whole() -> None:
    assert near("we like mid journey here") == {("mid journey", "midjourney", 0)}
    assert near("we like a mid journey here") == set()
    assert near("we like the one midjourny here") == {("midjourny", "midjourney", 1)}


def test_a_sentence_ends_a_run() -> None:
    assert near("open, ai") == near("open和ai") == set()


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("用迷你max画", {"迷你max"}),
        ("用迷你 max画", {"迷你 max"}),
        ("用max 迷你画", set()),
        ("用open爱写", {"open爱"}),
        ("用open 爱写", {"open 爱"}),
        ("用open 的爱写", set()),
    ],
)
def test_partly_in_chinese(text: str, surfaces: set[str]) -> None:
    names = Spellings([("minimax", use("minimax")), ("openai", use("openai"))])
    assert {text[start:end] for start, end, _ in names.mixed(text)} == surfaces


def test_nothing_long_enough() -> None:
    assert list(Spellings([("kimi", use("kimi")), ("月之暗面", use("月之暗面"))]).near("kimo 月之暗")) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("sora", "索拉"),
        ("pika", "皮卡"),
        ("claude", "克劳德"),
        ("kimi", "奇米"),  # k before i sounds like qi or ji
        ("gemini", "杰米尼"),  # g before e, too
        ("tesla", "特斯拉"),
        ("manus", "马努斯"),
    ],
)
def test_in_chinese_characters(name: str, written: str) -> None:
    text = f"看{written}的"
    assert [(start, end, one.written) for start, end, one in in_chinese(text, {name: use(name)})] == [
        (1, 1 + len(written), name)
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("sora", "索马"),  # another consonant
        ("sora", "西拉"),  # another vowel
        ("sora", "拉索"),
        ("sora", "索"),
        ("sora", "索,拉"),
        ("openai", "喷奶"),  # begins with a vowel
        ("gpt4", "吉皮提"),
        ("go", "狗"),  # one syllable
        ("databricks", "达塔布里克斯"),  # six
        ("阿里", "阿里"),
    ],
)
def test_not_in_chinese_characters(name: str, written: str) -> None:
    assert list(in_chinese(f"看{written}的", {name: use(name)})) == []
