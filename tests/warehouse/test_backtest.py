"""What a name would have found and cost. Every figure is counted by hand from the articles below."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sources.article import Article
from warehouse import backtest
from warehouse.backtest import BackTest
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.stored import Stored
from warehouse.watchlist import Entity

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # a Wednesday, noon in Shanghai
SINCE = NOW - timedelta(days=90)
LIXIANG = Entity("company", "理想汽车", aliases=("理想",), groups=("汽车",), never=("理想主义",))
CARS = Rule("cars", ("汽车",), ("desk", "phone"))
ALL = Rule("all", (), ("desk",))
DIGEST = Rule("digest", (), ("mail",), when="daily 09:00")
OTHERS = Rule("models", ("大模型",), ("desk",))


def stored(name: str, text: str, *, days: float, story: str = "", age: float = 0.0, **changes: Any) -> Stored:
    seen = NOW - timedelta(days=days)
    one = Article(
        name,
        "36kr",
        "36氪",
        "article",
        f"https://e.com/{name}",
        "一则消息",
        text,
        (),
        seen - timedelta(days=age),
        "minute",
    )
    return Stored(replace(one, **changes), 1, story or name, seen, 1)


def tried(*articles: Stored, entity: Entity = LIXIANG, rules: tuple[Rule, ...] = (CARS, ALL, DIGEST)) -> BackTest:
    test = BackTest(entity, Lexicon.compile([entity]), rules, since=SINCE, now=NOW, timezone=SHANGHAI)
    for one in articles:
        test.take(one)
    return test


SURE = "理想汽车今天交付了新车，车主在门店排队。"
DOUBTFUL = "人总要有一点理想，也要有一点耐心。"
EXCLUDED = "他的理想主义从不打折，理想主义是他的毛病。"


def test_hits_stories_and_weeks() -> None:
    test = tried(
        stored("a", SURE, days=16),  # Monday 9 November
        stored("b", SURE, days=9, story="a"),  # Monday 16 November, a repost
        stored("c", SURE, days=9),
        stored("d", DOUBTFUL, days=1),
        stored("e", EXCLUDED, days=1),
        stored("f", "什么名字也没有。", days=0),
    )
    assert (test.articles, len(test.hits), test.stories, test.doubtful, test.threshold) == (6, 3, 2, 1, 0.7)
    assert test.weeks() == [(date(2026, 11, 9), 1, 1), (date(2026, 11, 16), 2, 1), (date(2026, 11, 23), 0, 0)]
    assert round(test.weeks_covered, 3) == round(16 / 7, 3), "there were no articles before"


def test_a_week_begins_on_monday_where_the_user_is() -> None:
    sunday_night = stored("a", SURE, days=0)
    at = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight of Monday in Shanghai
    test = tried(replace(sunday_night, article=replace(sunday_night.article, published_at=at), first_seen_at=at))
    assert test.weeks() == [(date(2026, 11, 23), 1, 1)]


def test_examples_are_the_newest_and_no_more_than_ten() -> None:
    test = tried(*(stored(f"a{days}", SURE, days=days) for days in (*range(20, 0, -2), *range(1, 20, 2))))
    assert [example.article_id for example in test.newest()] == [f"a{days}" for days in range(1, 11)]
    first = test.newest()[0]
    assert (first.surface, first.outlet, first.how, first.role) == ("理想汽车", "36氪", "name", "body")
    assert first.confidence > 0.9 and first.reason and first.snippet == SURE and first.at == NOW - timedelta(days=1)
    assert len(test.hits) == 20


def test_what_lies_below_and_what_is_rejected() -> None:
    test = tried(
        stored("a", DOUBTFUL, days=3), stored("b", EXCLUDED, days=2), stored("c", EXCLUDED, days=1, title="谈理想主义")
    )
    [below] = test.below()
    assert (below.article_id, below.surface) == ("a", "理想") and below.confidence < 0.7
    [(surface, reason, count, example)] = test.rejected()
    assert (surface, count) == ("理想", 5) and "理想主义" in reason
    assert example.article_id == "b" and "理想主义" in example.snippet


def test_the_threshold_is_that_of_the_rules_for_it() -> None:
    sure = Rule("sure", ("汽车",), ("desk",), min_confidence=0.99)
    test = tried(stored("a", SURE, days=1), rules=(sure, OTHERS))
    assert (test.threshold, len(test.hits), test.doubtful) == (0.99, 0, 1)
    twice = Rule("twice", (), ("desk",), min_mentions=2)
    test = tried(stored("a", SURE, days=1), stored("b", SURE * 2, days=1), rules=(twice,))
    assert [story for _, story in test.hits] == ["b"]


def test_messages_are_counted_as_delivery_groups_them() -> None:
    test = tried(
        stored("a", SURE, days=5.3), stored("b", SURE, days=5.2),  # due with one digest, on the 20th at 09:00
        stored("c", SURE, days=3), stored("d", SURE, days=2.9, story="c"),  # one story
        stored("e", SURE, days=1, age=30),  # old news when it was first read
    )  # fmt: skip
    assert [(one.rule, one.channel, one.digest, one.alerts, one.messages) for one in test.costs()] == [
        ("cars", "desk", False, 3, 3),
        ("cars", "phone", False, 3, 3),
        ("all", "desk", False, 3, 3),
        ("digest", "mail", True, 3, 2),
    ]
    assert test.messages() == {"desk": 3, "phone": 3, "mail": 2}, "two rules tell desk a story in one message"
    assert (len(test.hits), test.too_old) == (5, 1)


def test_outlets_and_cool_downs_count_as_they_would_have() -> None:
    cool = replace(CARS, cooldown=timedelta(hours=6))
    days = (5, 4.9, 4.8, 4.7)  # 2.4 hours apart: the second and the third fall into the cool-down of the first
    test = tried(*(stored(f"a{day}", SURE, days=day) for day in days), rules=(cool,))
    assert [(one.channel, one.messages) for one in test.costs()] == [("desk", 2), ("phone", 2)]
    repost = (stored("a", SURE, days=5), stored("b", SURE, days=4.9), stored("c", SURE, days=4.7, story="b"))
    assert [one.messages for one in tried(*repost, rules=(cool,)).costs()] == [1, 1], "held back once, so for ever"
    test = tried(stored("a", SURE, days=1), rules=(replace(CARS, outlets=("虎嗅",)),))
    assert (test.messages(), len(test.hits), test.doubtful) == ({"desk": 0, "phone": 0}, 0, 0)


def test_without_a_rule_for_it_nothing_is_sent() -> None:
    test = tried(stored("a", SURE, days=1), rules=(OTHERS,))
    assert (len(test.hits), test.costs(), test.messages(), test.too_old) == (1, [], {}, 0)


def test_bylines_and_furniture_are_no_hits() -> None:
    test = tried(stored("a", "没有名字的正文。", days=1, byline="来源：理想汽车", chrome="理想汽车 热门"))
    assert (test.articles, len(test.hits), test.doubtful) == (1, 0, 0)


def test_a_longer_name_of_the_watchlist_takes_its_own() -> None:
    other = Entity("company", "理想汽车研究院")
    lexicon = Lexicon.compile([LIXIANG, other])
    test = BackTest(LIXIANG, lexicon, (ALL,), since=SINCE, now=NOW, timezone=SHANGHAI)
    test.take(stored("a", "理想汽车研究院今天开门。", days=1))
    assert len(test.hits) == 0 and test.rejected()[0][0] in ("理想汽车", "理想")


def test_what_is_kept_does_not_grow_with_the_articles() -> None:
    test = tried(*(stored(f"a{n}", DOUBTFUL + EXCLUDED, days=1) for n in range(200)))
    assert (test.articles, test.doubtful, len(test.below()), len(test.rejected())) == (200, 200, backtest.NEWEST, 1)
