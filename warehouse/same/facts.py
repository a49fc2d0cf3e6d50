"""What sets apart two texts of one template: 贵州茅台：预计2026年半年度净利润同比增长 12% and 五粮液：…增长 8%.

Their wording is the same but for the company and the numbers. A copy with edits loses some numbers as well, but not
more of them than of its other letters.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from warehouse.same.wording import Wording

_NUMBER = re.compile("[0-9]+")
_RUN = 6  # as in compare
_TOLERATED = 0.12  # of the numbers may differ: corrections
_SIGMAS = 2.5
_LONGEST = 1500  # letters up to which wordings are laid side by side
_SUBJECT = 2  # letters of a name at least
_OTHER_EDITS = 0.02  # of the letters, beside the name, when a template was filled in


def other_facts(short: Wording, long: Wording, covered: NDArray[np.bool_], common: NDArray[np.bool_]) -> bool:
    """Whether the covered part of `short` says the same of somebody else, or with other numbers."""
    return _other_numbers(short, long, covered, common) or _other_subject(short, long)


def _other_numbers(short: Wording, long: Wording, covered: NDArray[np.bool_], common: NDArray[np.bool_]) -> bool:
    """Whether more numbers differ than as many edits as the rest of the text has would change."""
    spans = [(n.start(), n.end()) for n in _NUMBER.finditer(short.text) if covered[n.start()] and covered[n.end() - 1]]
    if not spans:
        return False
    there = set(_NUMBER.findall(long.text))
    found = sum(short.text[start:end] in there for start, end in spans)
    kept = 1.0 - _edited(short, common, covered)
    chances = [kept ** (end - start) for start, end in spans]
    missing = sum(chances) - found
    slack = sum(chance * (1 - chance) for chance in chances) ** 0.5
    return bool(missing > max(0.5, _TOLERATED * len(spans)) + _SIGMAS * slack)


def _edited(short: Wording, common: NDArray[np.bool_], covered: NDArray[np.bool_]) -> float:
    """The share of edited letters, judged by the runs without digits inside the covered part."""
    digit = (short.codes >= ord("0")) & (short.codes <= ord("9"))
    size = len(common)
    plain = np.ones(size, dtype=np.bool_)
    for at in range(_RUN):
        plain &= ~digit[at : at + size] & covered[at : at + size]
    if int(plain.sum()) < _RUN:
        return 0.0
    same = max(float(common[plain].mean()), 0.01)
    return 1.0 - float(same ** (1 / _RUN))


def _other_subject(short: Wording, long: Wording) -> bool:
    """Whether the two differ in little more than a name, which each has in its title or again and again."""
    if len(long.text) > _LONGEST or len(short.text) < 0.8 * len(long.text):
        return False
    swaps: list[tuple[str, str]] = []
    other = 0
    for tag, start, end, start_l, end_l in _edits(short.text, long.text):
        before, after = short.text[start:end], long.text[start_l:end_l]
        if tag == "swap" and min(len(before), len(after)) >= _SUBJECT and not (before + after).isdigit():
            swaps.append((before, after))
        elif not (before + after).isdigit():
            other += max(len(before), len(after))
    if not swaps:
        return False
    names = {swap for swap in swaps if _named(swap, short, long) or swaps.count(swap) > 1}
    rest = other + sum(max(map(len, swap)) for swap in swaps if swap not in names)
    return bool(names) and rest <= max(1, _OTHER_EDITS * len(short.text))


def _named(swap: tuple[str, str], short: Wording, long: Wording) -> bool:
    one, two = swap
    return one in short.title and one not in long.title and two in long.title and two not in short.title


def _edits(a: str, b: str) -> list[tuple[str, int, int, int, int]]:
    """What was changed, neighbouring changes as one: (tag, start and end in a, start and end in b). `swap` when both
    sides have letters."""
    merged: list[list[int]] = []
    for op in Levenshtein.opcodes(a, b):
        if op.tag == "equal":
            continue
        # One equal letter between two changes is chance: 中国平安 and 中信银行 share their first.
        if merged and op.src_start - merged[-1][1] <= 1 and op.dest_start - merged[-1][3] <= 1:
            merged[-1][1], merged[-1][3] = op.src_end, op.dest_end
        else:
            merged.append([op.src_start, op.src_end, op.dest_start, op.dest_end])
    return [("swap" if i < j and k < m else "other", i, j, k, m) for i, j, k, m in merged]
