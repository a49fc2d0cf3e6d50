"""Strings finds what looking for each string at each place finds."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from warehouse.scan.strings import Strings

FEW = st.text(st.sampled_from("马斯克ab𠮷·"), min_size=1, max_size=3)


@given(st.lists(FEW, unique=True, max_size=12), st.text(st.sampled_from("马斯克ab𠮷· \n"), max_size=30))
def test_every_place_of_every_string(strings: list[str], text: str) -> None:
    expected = sorted(
        (place, at, at + len(one))
        for place, one in enumerate(strings)
        for at in range(len(text))
        if text.startswith(one, at)
    )
    assert sorted(Strings(strings).found(text)) == expected


def test_strings_inside_others_and_over_each_other_are_found() -> None:
    found = Strings(["马斯克", "马斯", "斯克", "埃隆马斯克"]).found("见埃隆马斯克")
    assert sorted(found) == [(0, 3, 6), (1, 3, 5), (2, 4, 6), (3, 1, 6)]


def test_it_survives_pickling() -> None:
    one = pickle.loads(pickle.dumps(Strings(["王兴", "王兴兴"])))
    assert len(one) == 2
    assert sorted(one.found("王兴兴")) == [(0, 0, 2), (1, 0, 3)]


def test_no_strings_are_nowhere() -> None:
    assert Strings([]).found("王兴") == []
    assert len(Strings([])) == 0
