"""Whether two texts are one story, and in which way: equal, edited, or a part of the other.

Told by coverage: how much of a text stands in the other, letters between two common stretches included when the gap is
small. An edit here and there leaves nearly all of a text covered; two columns with the same head and tail, or two
interviews with the same introduction, leave their middles bare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from warehouse.same.facts import other_facts
from warehouse.same.wording import MIN_FLASH, MIN_LETTERS, RUN, Hashes, Wording

_GAP = 16  # letters between two common runs that may be an edit
_COVERED = 0.75  # of the shorter text
_COVERED_SHORT = 0.85  # when it is short
_SHORT = 300
_COVERED_INSIDE = 0.95  # between the first and the last common run: then what is bare is a channel's, head and tail,
_COVERED_WITH_ENDS = 0.65  # and so much may be left
_WHOLE = 0.5  # of the longer text: as much of it, and the two are one text with edits, not a whole and its part
_TEASER = 60  # letters: less says too little to be known as a part
_CHAPTER = 500  # letters of a part from anywhere in the text,
_STRETCH = 0.25  # or so much of the text; what is shorter than both must be its beginning
_HEAD = 400  # letters before which the beginning begins
_OWN = 24  # letters, and
_OWN_SHARE = 0.15  # of its text: where both begin with so much of their own, they tell two things
_ALIKE = 0.6  # of the shorter title's pairs of letters

# One text with news of its own in each paragraph: what stands in it is no part of it, but an item.
_DIGEST = re.compile(
    r"\d{1,2}点1氪|氪星晚报|[早晚日周月]报|早知道|早参|晚间要闻|要闻|速览|快讯合集|一周|汇总|盘点|合集|新闻联播|简报|热点|早餐|夜读|头条[:：|｜丨]"
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How `a` of likeness(a, b) stands to `b`: the same text, a near one, `part` of it, or `whole`, of which b is a part.

    `covered` is the covered share of the shorter text, from 0 to 1.
    """

    relation: Literal["same", "near", "part", "whole"]
    covered: float

    def reversed(self) -> Likeness:
        """How b stands to a."""
        other: dict[str, Literal["part", "whole"]] = {"part": "whole", "whole": "part"}
        relation = other.get(self.relation)
        return Likeness(relation, self.covered) if relation else self


def likeness(a: Wording, b: Wording) -> Likeness | None:
    """How a stands to b when both are one story, else None. likeness(b, a) is its reverse."""
    if _is_equal(a, b):
        return Likeness("same", 1.0)
    if (len(b.text), b.text, b.title) < (len(a.text), a.text, a.title):
        found = _ordered(b, a)
        return found.reversed() if found else None
    return _ordered(a, b)


def _is_equal(a: Wording, b: Wording) -> bool:
    if a.text != b.text:
        return False
    if len(a.text) >= MIN_LETTERS:
        return True
    flash = "newsflash" in (a.kind, b.kind)
    return flash and bool(a.text) and a.title == b.title and len(a.title + a.text) >= MIN_FLASH


def _ordered(short: Wording, long: Wording) -> Likeness | None:
    """As likeness, of texts in the order of their lengths."""
    if len(short.text) < MIN_LETTERS:
        return None
    in_long = _among(short.runs, long.sorted_runs)
    covered = _covered(in_long)
    share = float(covered.mean())
    if not _is_covered(covered, share):
        same_page = short.url and short.url == long.url and share >= 0.5 * _COVERED and alike(short.title, long.title)
        if not same_page:
            return None
    if other_facts(short, long, covered, in_long):
        return None
    back = _covered(_among(long.runs, short.sorted_runs))
    # What is said again and again in the longer text does not make it longer than it is.
    if float(back.mean()) >= _WHOLE <= len(short.text) / len(long.text):
        return None if _begins_anew(covered) and _begins_anew(back) else Likeness("near", share)
    return Likeness("part", share) if _is_part(short, long, back) else None


def _is_covered(covered: Bools, share: float) -> bool:
    if share >= (_COVERED if len(covered) >= _SHORT else _COVERED_SHORT):
        return True
    if share < _COVERED_WITH_ENDS:
        return False
    places = np.flatnonzero(covered)
    return bool(len(places) >= _COVERED_INSIDE * (places[-1] - places[0] + 1))


def _begins_anew(covered: Bools) -> bool:
    """Whether a text has its own beginning. Standing texts come after the news: notes of a podcast, a bank's warning."""
    return int(np.argmax(covered)) >= max(_OWN, _OWN_SHARE * len(covered))


def _is_part(short: Wording, long: Wording, covered: Bools) -> bool:
    """Whether a text that stands in a longer one is an excerpt of it, and not an item of its own that a digest takes up."""
    if len(short.text) < _TEASER or (_DIGEST.search(long.raw_title) and not _DIGEST.search(short.raw_title)):
        return False
    titled = alike(short.title, long.title)
    if short.kind == "newsflash" and not titled:
        return False
    if titled or len(short.text) >= min(_CHAPTER, _STRETCH * len(long.text)):
        return True
    return int(np.argmax(covered)) < min(_HEAD, len(long.text) // 4)


def alike(title: str, other: str) -> bool:
    """Whether two titles, as letters, are much the same."""
    pairs, others = _pairs(title), _pairs(other)
    if min(len(pairs), len(others)) < 3:
        return bool(title) and title == other
    return len(pairs & others) >= _ALIKE * min(len(pairs), len(others))


def _pairs(title: str) -> set[str]:
    return {title[at : at + 2] for at in range(len(title) - 1)}


def _among(values: Hashes, ordered: Hashes) -> Bools:
    """Which of these runs of one text stand somewhere in another."""
    places = np.searchsorted(ordered, values)
    found: Bools = ordered[np.minimum(places, len(ordered) - 1)] == values
    return found


def _covered(common: Bools) -> Bools:
    """Which letters lie in a common run, or in a small gap between two of them."""
    size = len(common) + RUN - 1
    covered = np.zeros(size, dtype=np.bool_)
    starts = np.flatnonzero(common)
    if len(starts) == 0:
        return covered
    # A run reaches to the next one when no more than _GAP letters lie between them.
    ends = starts + RUN
    following = np.append(starts[1:], size + _GAP + 1)
    reach = np.where(following - ends <= _GAP, np.minimum(following, size), ends)
    steps = np.bincount(starts, minlength=size + 1) - np.bincount(np.maximum(reach, ends), minlength=size + 1)
    result: Bools = np.cumsum(steps[:-1]) > 0
    return result
