"""What sets apart two texts of one template: 贵州茅台：预计2026年半年度净利润同比增长 12% and 五粮液：…增长 8%.

Their wording is the same but for the company and the numbers. A copy with edits loses some numbers as well, but not
more of them than of its other letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from warehouse.same.wording import RUN, Wording
from warehouse.scan.syllables import syllables

_NUMBER = re.compile("[0-9]+")
_DIGITS, _PLACES = "〇一二三四五六七八九", ("", "十", "百", "千")
_NUMERALS = f"{_DIGITS}零两十百千万"
_TOLERATED = 0.12  # of the numbers may differ: corrections
_SIGMAS = 2.0
_LONGEST = 1500  # letters up to which wordings are laid side by side
_SLIP = 2  # letters at most of an edit that is no other word
_SUBJECT = 2  # letters of a name at least
_TEMPLATE = 300  # letters: what is longer and differs in a name alone has had the name corrected, or the style changed
_FILLED = 10  # letters beside the name that may differ when a template was filled in: a second name,
_OTHER_EDITS = 0.02  # or so many of all,
_FILLED_SHARE = 0.15  # or of a short text so many, when the name stands in both titles

Edit = tuple[str, str]
Bools = NDArray[np.bool_]


def other_facts(short: Wording, long: Wording, covered: Bools, common: Bools) -> bool:
    """Whether the covered part of `short` says the same of somebody else, or with other numbers."""
    if len(long.text) > _LONGEST or len(short.text) < 0.8 * len(long.text):
        return _other_numbers(short, long, covered, _edited(short, common, covered))
    edits = _edits(short.text, long.text)
    slips = sum(max(len(one), len(two)) for one, two in edits if max(len(one), len(two)) <= _SLIP)
    return _other_numbers(short, long, covered, slips / len(short.text)) or _other_subject(short, long, edits)


def _other_numbers(short: Wording, long: Wording, covered: Bools, edited: float) -> bool:
    """Whether more numbers differ than edits of such a share of the letters would change."""
    spans = [n.span() for n in _NUMBER.finditer(short.text) if _is_inside(n.span(), covered)]
    if not spans:
        return False
    there = set(_NUMBER.findall(long.text))
    found = sum(short.text[a:b] in there or _is_spelled(short.text[a:b], short.text[b], long.text) for a, b in spans)
    chances = [(1.0 - edited) ** (end - start) for start, end in spans]
    missing = sum(chances) - found
    slack = sum(chance * (1 - chance) for chance in chances) ** 0.5
    return bool(missing > max(0.5, _TOLERATED * len(spans)) + _SIGMAS * slack)


def _is_inside(span: tuple[int, int], covered: Bools) -> bool:
    """Whether a number stands in the covered part, and not at its edge, where it may be cut."""
    start, end = span
    return start > 0 and end < len(covered) and bool(covered[start - 1 : end + 1].all())


def _is_spelled(number: str, unit: str, text: str) -> bool:
    """Whether a number of at most four digits stands there in Chinese, the same letter after it."""
    if len(number) > 4 or (number[0] == "0" and len(number) > 1):
        return False
    said = f"{_spelled(number, unit)}{unit}"
    at = text.find(said)
    while at > 0 and text[at - 1] in _NUMERALS:
        at = text.find(said, at + 1)
    return at >= 0


def _spelled(number: str, unit: str) -> str:
    """117 is 一百一十七, 206 二百零六, 12 十二, 2019 of a year 二〇一九."""
    digits = [_DIGITS[int(digit)] for digit in number]
    if unit == "年" and len(number) == 4:
        return "".join(digits)
    places = zip(digits, reversed(_PLACES[: len(digits)]), strict=True)
    said = re.sub("〇+", "零", "".join(digit + place if digit != "〇" else digit for digit, place in places))
    said = said.rstrip("零") or "零"
    return said.removeprefix("一") if said.startswith("一十") else said


def _edited(short: Wording, common: Bools, covered: Bools) -> float:
    """The share of edited letters, judged by the runs without digits inside the covered part."""
    digit = (short.codes >= ord("0")) & (short.codes <= ord("9"))
    size = len(common)
    plain = np.ones(size, dtype=np.bool_)
    for at in range(RUN):
        plain &= ~digit[at : at + size] & covered[at : at + size]
    if int(plain.sum()) < RUN:
        return 0.0
    same = max(float(common[plain].mean()), 0.01)
    return 1.0 - float(same ** (1 / RUN))


def _other_subject(short: Wording, long: Wording, edits: Sequence[Edit]) -> bool:
    """Whether the two differ in little more than a name, which each has in its title or, when short, again and again."""
    titles = set(_edits(short.title, long.title))
    titled = {edit for edit in edits if _in_titles(edit, short, long)}
    names = titled | {edit for edit in edits if edit in titles}
    limit = max(_FILLED, _OTHER_EDITS * len(short.text))
    if len(short.text) < _TEMPLATE:
        names |= {edit for edit in edits if min(map(len, edit)) >= _SUBJECT and edits.count(edit) > 1}
        limit = max(limit, _FILLED_SHARE * len(short.text)) if titled else limit
    else:
        names = {edit for edit in names if not _sound_alike(*edit)}
    rest = sum(max(len(one), len(two)) for one, two in edits if (one, two) not in names)
    return bool(names) and rest <= limit


def _sound_alike(one: str, two: str) -> bool:
    """Whether it may be the same name, once misspelt: 陆知微 and 陆知薇."""
    pairs = zip(one, two, strict=False)
    return len(one) == len(two) and all(a == b or set(syllables(a)) & set(syllables(b)) for a, b in pairs)


def _in_titles(edit: Edit, short: Wording, long: Wording) -> bool:
    one, two = edit
    if min(len(one), len(two)) < _SUBJECT:
        return False
    return one in short.title and one not in long.title and two in long.title and two not in short.title


def _edits(a: str, b: str) -> list[Edit]:
    """What stands in a and what in its place in b, either of them empty where letters came or went. Numbers are left
    out: they are judged by themselves."""
    merged: list[list[int]] = []
    for op in Levenshtein.opcodes(a, b):
        if op.tag == "equal":
            continue
        # One equal letter between two changes is chance: 中国平安 and 工商平顶 share one.
        if merged and op.src_start - merged[-1][1] <= 1 and op.dest_start - merged[-1][3] <= 1:
            merged[-1][1], merged[-1][3] = op.src_end, op.dest_end
        else:
            merged.append([op.src_start, op.src_end, op.dest_start, op.dest_end])
    edits = [(a[start:end], b[start_b:end_b]) for start, end, start_b, end_b in merged]
    return [(one, two) for one, two in edits if not _NUMBER.search(one + two)]
