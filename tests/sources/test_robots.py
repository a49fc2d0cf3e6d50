"""The rules in a robots.txt, without the network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.robots import Robots, RobotsText, product_token

THEN = datetime(2026, 11, 20, tzinfo=UTC)


def rules(text: str, token: str = "Tanma") -> Robots:
    return Robots(RobotsText("a.example", text, 200, THEN), token)


def test_the_longest_match_wins():
    robots = rules("User-agent: *\nDisallow: /p\nAllow: /p/open\n")
    assert not robots.allows("https://a.example/p/1")
    assert robots.allows("https://a.example/p/open/1")


def test_wildcards_and_ends():
    robots = rules("User-agent: *\nDisallow: /*.php$\n")
    assert not robots.allows("https://a.example/x/y.php")
    assert robots.allows("https://a.example/x/y.php?z")


def test_an_empty_or_foreign_text_allows_everything():
    for text in ("", "<html><title>404</title></html>", "\x00\xff", "User-agent: Baiduspider\nDisallow: /"):
        assert rules(text).allows("https://a.example/p")


def test_a_byte_order_mark_does_not_hide_the_first_line():
    assert not rules("\ufeffUser-agent: *\nDisallow: /").allows("https://a.example/p")


def test_we_are_called_by_our_product_token_in_any_case():
    assert not rules("User-agent: TANMA\nDisallow: /").allows("https://a.example/p")


@pytest.mark.parametrize(
    ("line", "seconds"), [("10", 10), ("0.5", 0.5), ("3600", 60), ("-5", 0), ("soon", 0), ("", 0), ("1e999", 0)]
)
def test_crawl_delay(line, seconds):
    assert rules(f"User-agent: *\nCrawl-delay: {line}\n").delay == timedelta(seconds=seconds)


def test_product_tokens():
    assert product_token("Tanma/0.1 (+https://a.example)") == "Tanma"
    assert product_token("my-scout_two (x)") == "my-scout_two"
    assert product_token("(nameless)") == "*"


def test_a_text_is_good_for_a_day():
    known = RobotsText("a.example", "", 404, THEN)
    assert known.valid(THEN + timedelta(hours=23, minutes=59))
    assert not known.valid(THEN + timedelta(hours=24))
    assert not known.valid(THEN - timedelta(seconds=1))  # from the future: the clock was wrong then


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_rules(text):
    robots = rules(text)
    robots.allows("https://a.example/p")
    assert timedelta() <= robots.delay <= timedelta(minutes=1)
