"""Readings are those of a Chinese dictionary; what is near is what the module's head says, and nothing else."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.scan.syllables import as_pinyin, code, encoded, near_class, readings_of, syllable, syllables


@pytest.mark.parametrize(
    ("char", "sound"),
    [("王", "wang"), ("绿", "lv"), ("略", "lve"), ("儿", "er"), ("安", "an"), ("a", ""), ("7", ""), (" ", ""), ("、", ""), ("", ""), ("王兴", "")],
)  # fmt: skip
def test_the_commonest_reading_has_no_tone(char: str, sound: str) -> None:
    assert syllable(char) == sound


@pytest.mark.parametrize(
    ("char", "read"),
    [("行", {"xing", "hang"}), ("乐", {"le", "yue"}), ("单", {"dan", "shan"}), ("重", {"zhong", "chong"})],
)
def test_every_reading(char: str, read: set[str]) -> None:
    assert read <= set(syllables(char))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("单小平", {"dan", "shan"}, {"ping"}),  # a surname may be read in every way
        ("王小行", {"wang"}, {"xing"}),
        ("音乐", {"yin"}, {"yue", "le"}),  # as in this word, and as it mostly is
        ("李乐", {"li"}, {"le"}),
    ],
)
def test_readings_of_a_name(name: str, first: set[str], last: set[str]) -> None:
    read = readings_of(name)
    assert len(read) == len(name)
    assert first <= set(read[0])
    assert last <= set(read[-1])


@pytest.mark.parametrize("name", ["王a", "王 兴", "王、兴", "openai"])
def test_a_name_that_is_not_all_chinese_has_no_readings(name: str) -> None:
    assert readings_of(name) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("li", "ni"), ("zhi", "zi"), ("chi", "ci"), ("shi", "si"),
        ("xin", "xing"), ("shen", "sheng"), ("wan", "wang"), ("ning", "lin"), ("zhong", "zong"),
    ],
)  # fmt: skip
def test_mixed_up_by_recognisers(one: str, other: str) -> None:
    assert near_class(one) == near_class(other)
    assert code(one) == code(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("li", "ri"), ("ji", "zhi"), ("si", "xi"), ("dong", "don"), ("hong", "hen"), ("ba", "pa"), ("an", "en"), ("yin", "yun"), ("n", "l")],
)  # fmt: skip
def test_heard_apart(one: str, other: str) -> None:
    assert near_class(one) != near_class(other)


@pytest.mark.parametrize(
    ("one", "other"), [("李想", "理想"), ("程维", "成为"), ("徐立", "徐妮"), ("a王 兴7", "a汪 星7"), ("黄峥", "黄真")]
)
def test_near_sounds_are_encoded_alike(one: str, other: str) -> None:
    assert encoded(one) == encoded(other)


@pytest.mark.parametrize(("one", "other"), [("李想", "李强"), ("王兴", "王安"), ("王兴", "wang xing"), ("a", "b")])
def test_other_sounds_are_encoded_otherwise(one: str, other: str) -> None:
    assert encoded(one) != encoded(other)


@given(st.text(string.printable))
def test_only_chinese_is_encoded(text: str) -> None:
    assert encoded(text) == text


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("xiaomi", ("xiao", "mi")),
        ("kuaishou", ("kuai", "shou")),
        ("nio", ()),  # three letters
        ("sora", ()),  # no Chinese syllable is ra
        ("pika labs", ()),
        ("pika2", ()),
        ("wangwangwangwangwa", ("wang", "wang", "wang", "wang", "wa")),
        ("wangwangwangwangwan", ()),  # nineteen letters
    ],
)
def test_latin_words_that_are_spelled_like_chinese(word: str, sounds: tuple[str, ...]) -> None:
    assert as_pinyin(word) == sounds
