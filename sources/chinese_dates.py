"""Dates written out in Chinese numerals, as official papers and old-fashioned sites sign: 二〇二四年三月五日."""

from __future__ import annotations

import re

_DIGITS = {numeral: str(value) for value, numeral in enumerate("〇一二三四五六七八九")} | {
    "○": "0",
    "零": "0",
    "Ｏ": "0",
}
_YEAR = r"(?P<year>[一二][〇○零一二三四五六七八九]{3})"
_COUNT = "[一二三四五六七八九十]{1,3}"
_DATE = re.compile(rf"{_YEAR}年(?P<month>{_COUNT})月(?P<day>{_COUNT})日")


def in_digits(text: str) -> str:
    """The text with every whole date in it in digits: `二〇二四年十二月二十一日` → `2024年12月21日`."""
    return _DATE.sub(_written, text) if "年" in text else text


def _written(date: re.Match[str]) -> str:
    year = "".join(_DIGITS[numeral] for numeral in date["year"])
    return f"{year}年{_number(date['month'])}月{_number(date['day'])}日"


def _number(numerals: str) -> str:
    """一 → 1, 十二 → 12, 二十 → 20, 三十一 → 31."""
    tens, ten, ones = numerals.rpartition("十")
    if not ten:
        return "".join(_DIGITS[numeral] for numeral in numerals)
    return str(10 * int(_DIGITS.get(tens, "1")) + int(_DIGITS.get(ones, "0")))
