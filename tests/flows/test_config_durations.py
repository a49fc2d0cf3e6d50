"""Spans of time and hours of the day, as people write them."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.durations import read_duration, read_hours


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02), ("4s", 4), ("15m", 900), ("2h", 7200), ("2d", 172_800), ("1w", 604_800), ("1h30m", 5400),
        ("1.5h", 5400), ("0s", 0), (" 1 h 30 m ", 5400), ("3650d", 315_360_000), ("0.001ms", 0.000001),
    ],
)  # fmt: skip
def test_spans(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "m", "15 minutes", "-5m", "+5m", "1,5h", "15M", "∞d", "１５m", "1e3s", "3651d", "999999999w"]
)
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        read_duration(text)


@given(st.text(max_size=20))
def test_any_text_is_a_span_or_a_value_error(text: str) -> None:
    try:
        assert timedelta() <= read_duration(text) <= timedelta(days=3650)
    except ValueError as error:
        assert str(error).startswith("expected ")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("23:00-08:00", time(23), time(8)),
        ("7:05 - 19:30", time(7, 5), time(19, 30)),
        ("12:00–13:00", time(12), time(13)),
    ],
)
def test_hours(text: str, start: time, end: time) -> None:
    assert read_hours(text) == (start, end)


@pytest.mark.parametrize("text", ["", "23-8", "24:00-08:00", "23:60-08:00", "23:00", "08:00-08:00", "8:00-08:00"])
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        read_hours(text)
