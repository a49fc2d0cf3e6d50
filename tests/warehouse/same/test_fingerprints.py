"""The keys that find texts that may be alike: of the text alone, few, shared by copies and parts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_pairs import pairs

from warehouse.same import enough, fingerprints, wording

ROOT = Path(__file__).parents[3]
TEXT = next(pair.other.body for pair in pairs() if pair.other.name == "river")


def keys(text: str, title: str = "题目", kind: str = "article", url: str = "") -> set[int]:
    return set(fingerprints(wording(title, text, kind, url)))


def test_they_are_numbers_of_32_bits_in_ascending_order_each_once() -> None:
    found = fingerprints(wording("题目", TEXT, "article", "https://e.com/1"))
    assert found == sorted(set(found))
    assert all(0 <= key < 2**32 for key in found)


@pytest.mark.parametrize(("times", "most"), [(1, 30), (3, 40), (10, 70), (200, 80)])
def test_there_are_few_of_them_however_long_the_text(times: int, most: int) -> None:
    text = "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(800 * times))
    assert 12 <= len(keys(text)) <= most


def test_title_and_outlets_do_not_matter_but_for_a_newsflash() -> None:
    assert keys(TEXT) == keys(TEXT, "另一个题目", "post")
    assert keys(TEXT, "甲公司停牌", "newsflash") - keys(TEXT) == keys("公告。", "甲公司停牌", "newsflash")
    assert len(keys("公告。", "甲公司停牌", "newsflash")) == 1
    assert keys("公告。", "", "newsflash") == set()


def test_one_address_is_one_key_whatever_the_text() -> None:
    assert len(keys(TEXT, url="https://e.com/1") & keys("全文已删。", url="https://e.com/1")) == 1
    assert not keys(TEXT, url="https://e.com/1") & keys("全文已删。", url="https://e.com/2")


def test_too_short_a_text_has_none() -> None:
    assert keys("三十九个字" * 7 + "三十九个") == set()
    assert keys("四十个字呢" * 8) != set()


def test_a_part_shares_keys_with_its_whole_wherever_it_stood() -> None:
    for start in range(0, len(TEXT) - 300, 60):
        assert keys(TEXT[start : start + 300]) & keys(TEXT)


def test_the_beginning_shares_keys_with_a_whole_of_any_length() -> None:
    long = TEXT[:170] + "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(30_000))
    assert len(keys(TEXT[:170]) & keys(long)) >= 2


def test_other_texts_share_none() -> None:
    others = {pair.other.name: pair.other for pair in pairs()}
    assert not keys(others["cold"].body) & keys(others["law"].body)
    assert not keys(others["report"].body) & keys(others["mixed"].body)


def test_a_long_text_asks_for_more_than_one() -> None:
    assert enough(wording("", TEXT[:700], "article", "")) == 1
    assert enough(wording("", TEXT * 2, "article", "")) == 2


def test_another_process_finds_the_same() -> None:
    code = (
        "import sys; from warehouse.same import *; print(fingerprints(wording('', sys.stdin.read(), 'newsflash', 'u')))"
    )
    other = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], input=TEXT, capture_output=True, encoding="utf-8", cwd=ROOT, check=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert other.stdout.strip() == str(fingerprints(wording("", TEXT, "newsflash", "u")))


@given(st.text(max_size=300), st.sampled_from(["article", "newsflash"]))
def test_spaces_and_case_change_none(text: str, kind: str) -> None:
    one = wording("题目", text, kind, "")
    assert fingerprints(one) == fingerprints(wording("题　目", one.text.upper().lower(), kind, "")) or (
        one.text.upper().lower() != one.text
    )
