"""A CharMap does what its own mapping does, character by character, for texts of any length."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from sources.charmap import CharMap


def mapped(char: str) -> str:
    """Into nothing, one, itself, several, another plane, NUL, the last code point, half a character."""
    if char in " \n　，。":
        return ""
    return {"Ａ": "A", "℃": "°C", "𠮷": "吉", "x": "𠀀", "z": "\x00", "m": "\U0010ffff", "h": "\ud800"}.get(char, char)


CHARS = st.sampled_from("探马 \n　，。Ａ℃𠮷xzmh\x00\ud800\udfff\U0010ffff") | st.characters(codec=None)  # type: ignore[arg-type]
ONE = CharMap(mapped)


@given(st.text(CHARS, max_size=30), st.integers(0, 4))
@example("", 0)
@example("　 \n", 4)
@example("℃", 4)
def test_it_is_the_mapping_of_each_character(text: str, padding: int) -> None:
    long = text + "这里的文字足够长，用数组来查。" * padding
    assert ONE(long) == "".join(map(mapped, long))


def test_a_text_of_nothing_that_counts_is_empty() -> None:
    assert ONE(" ，。" * 100) == ""


def test_each_character_is_asked_once() -> None:
    asked: Counter[str] = Counter()

    def told(char: str) -> str:
        asked[char] += 1
        return char

    one = CharMap(told)
    for text in ("探马探马", "探马读新闻" * 20, "探马读新闻" * 20, "马"):
        assert one(text) == text
    assert asked == Counter("探马读新闻")
