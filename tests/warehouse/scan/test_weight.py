"""Whether an article is about a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from warehouse.scan.findings import Mention
from warehouse.scan.weight import weighed

CHARS = 4000  # the lead is its first 400 characters, a quarter 1000


def at(start: int | None, entity_id: str = "person:王兴", **more: object) -> Mention:
    mention = Mention(entity_id, "王兴", start, None if start is None else start + 2, "name", 0.9, "body", "", "")
    return replace(mention, **more)  # type: ignore[arg-type]


def central(*mentions: Mention, chars: int = CHARS) -> list[bool]:
    return [mention.central for mention in weighed(mentions, chars)]


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ((0, 10, 3000), True),
        ((399, 1000, 1500), True),
        ((400, 1000, 3000), False),  # not in the lead
        ((0, 10, 999), False),  # in one quarter alone
        ((0, 3000), False),  # twice
        ((0, 10, 1000), True),  # two quarters of four
    ],
)
def test_named_often_from_the_beginning_and_throughout(starts: tuple[int, ...], expected: bool) -> None:
    assert central(*map(at, starts)) == [expected] * len(starts)


@pytest.mark.parametrize(
    ("starts", "chars", "expected"),
    [
        ((0, 10, 20), 800, True),  # a short text has no quarters worth counting
        ((0, 10, 20), 801, False),
        ((199, 300, 500), 801, True),  # the lead is at least 200 characters
        ((200, 300, 500), 801, False),
        ((0, 0, 0), 0, True),
    ],
)
def test_short_texts(starts: tuple[int, ...], chars: int, expected: bool) -> None:
    assert set(central(*map(at, starts), chars=chars)) == {expected}


def test_the_title_is_enough() -> None:
    assert central(at(None, role="title"), at(3900)) == [True, True]
    assert central(at(None, role="title", confidence=0.4), at(3900)) == [False, False]
    assert central(at(None, role="byline"), at(None, role="chrome"), at(3900)) == [False, False, False]


def test_three_answers_are_enough() -> None:
    assert central(*(at(place, role="speaker") for place in (3000, 3100, 3200))) == [True] * 3
    assert central(*(at(place, role="speaker") for place in (3000, 3100))) == [False] * 2


def test_doubtful_mentions_and_bylines_weigh_nothing_but_are_marked_with_the_others() -> None:
    assert central(at(0, confidence=0.59), at(10), at(3000)) == [False] * 3
    assert central(at(0, confidence=0.6), at(10), at(3000)) == [True] * 3
    assert central(at(0), at(10), at(3000), at(50, confidence=0.4), at(60, role="byline")) == [True] * 5


def test_each_name_for_itself_and_nothing_else_is_changed() -> None:
    mentions = (at(0), at(5, "person:李想"), at(10), at(3000))
    found = weighed(mentions, CHARS)
    assert [mention.central for mention in found] == [True, False, True, True]
    assert tuple(replace(mention, central=False) for mention in found) == mentions
    assert weighed([], CHARS) == ()
