from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.scan.fold import fold, folded

AWKWARD = st.sampled_from(
    list(" ·\n\t中王aI7ｶﾞ\u0301\u0308\u200b\ufb01İßﷺ´\uff9e㍿\u1100\u1161\u09c7\u09be　薴⻢騰😀\ud800\x00")
)
TEXTS = st.text(alphabet=st.one_of(st.characters(), AWKWARD))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ＫＩＭＩ", "kimi"),
        ("騰訊　新聞", "腾讯新闻"),
        ("⻢化⻰", "马化龙"),
        ("腾\u200b讯\ufeff", "腾讯"),
        ("张小 珺", "张小珺"),
        ("A I", "ai"),
        ("G P T 4", "gpt4"),
        ("Plan B", "plan b"),
        ("Yann  LeCun", "yann lecun"),
        ("埃隆·马斯克", "埃隆马斯克"),
        ("埃隆 • 马斯克", "埃隆马斯克"),
        ("A·B", "a·b"),
        ("小宇宙 App", "小宇宙app"),
        ("用 Kimi 写", "用kimi写"),
        ("Coca‑Cola", "coca-cola"),
        ("e\u0301cole", "école"),
        ("ﬁt", "fit"),
        ("王\n兴", "王\n兴"),
        ("王\r\n兴", "王\n\n兴"),
        ("7 8", "7 8"),
    ],
)
def test_one_spelling(written: str, read: str) -> None:
    assert folded(written) == read


def test_every_folded_character_knows_where_it_stood() -> None:
    text = "见\u200b A I 與 騰 訊"
    result = fold(text)
    assert result.text == "见ai与腾讯"
    assert [text[a:b] for a, b in zip(result.starts, result.ends, strict=True)] == list("见AI與騰訊")
    start, end = result.span(4, 6)
    assert text[start:end] == "騰 訊"


def test_a_cluster_is_kept_whole() -> None:
    text = "xe\u0301y"
    start, end = fold(text).span(1, 2)
    assert text[start:end] == "e\u0301"


def test_gaps_count_the_spaces_between_chinese_characters() -> None:
    assert fold("大 模型 用 A I 做").gaps == 2
    assert fold("大模型 AI").gaps == 0


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_offsets_rise_and_lie_in_the_text(text: str) -> None:
    result = fold(text)
    assert len(result.starts) == len(result.ends) == len(result.text)
    assert all(0 <= a < b <= len(text) for a, b in zip(result.starts, result.ends, strict=True))
    assert list(result.starts) == sorted(result.starts)
    assert list(result.ends) == sorted(result.ends)
