"""Scanning stored articles anew: what changes, what must not, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.article import Article
from warehouse import alerts, articles, outbox, stored
from warehouse.articles import Incoming
from warehouse.rescan import Rescanned, rescan
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = (Rule("all", (), ("desk",)),)
QIAN, YUNJI = Entity("person", "钱多乐"), Entity("company", "云脊智能")
FIRST = (
    "钱多乐周五在上海说，公司今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到云脊智能手里。"
    "他没有透露客户的名字，也没有透露价格和产量。"
)
SECOND = (
    "云脊智能的一位发言人说，新的数据中心将在明年夏天动工，地点还没有最后定下来，备选的三座城市都在长江以北。"
    "电价是主要的考虑，水源也是考虑之一。"
)


def make(article_id: str, text: str, *, days_old: float = 0, **changes: Any) -> Article:
    one = Article(
        article_id, "36kr", "36氪", "article", f"https://e.com/{article_id}", "无题", text, (),
        NOW - timedelta(days=days_old), "minute",
    )  # fmt: skip
    return replace(one, **changes)


def load(wh: Warehouse, *loads: Article, names: tuple[Entity, ...] = (QIAN,), now: datetime = NOW) -> None:
    lexicon = Lexicon.compile(names)
    wh.sync_entities(names, now)
    articles.load(wh, [Incoming(one) for one in loads], lexicon, RULES, now, timezone=SHANGHAI)


def again(
    wh: Warehouse, *names: Entity, alert: bool = False, since: datetime | None = None, rules: Any = RULES
) -> Rescanned:
    done = Rescanned()
    lexicon = Lexicon.compile(names)
    for part in stored.slices(wh.con, since):
        done.take(rescan(wh, stored.read(wh.con, part), lexicon, rules, LATER, timezone=SHANGHAI, alert=alert))
    return done


def ask(wh: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return wh.con.execute(sql).fetchall()


MENTIONS = "SELECT article_id, entity_id, surface, start_char, role FROM core.mentions ORDER BY ALL"
ALERTS = "SELECT entity_id, status, reason FROM core.alerts ORDER BY ALL"
REST = (
    "FROM core.articles ORDER BY ALL",
    "FROM core.article_versions ORDER BY ALL",
    "FROM main.stories ORDER BY ALL",
    "FROM core.frontier ORDER BY ALL",
    "FROM core.alerts WHERE entity_id = 'person:钱多乐' ORDER BY ALL",
)


def test_a_new_name_is_found_in_old_articles_and_withheld(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST), make("x:2", SECOND))
    claim = outbox.claim(wh, NOW)
    assert claim
    outbox.settle_sent(wh, claim.alert_ids, NOW)
    before = [ask(wh, query) for query in REST]

    done = again(wh, QIAN, YUNJI)

    assert (done.articles, done.changed, done.revised) == (2, 2, 0)
    assert (dict(done.added), dict(done.removed)) == ({"company:云脊智能": 2}, {})
    assert (done.raised, done.withheld) == (0, 2)
    assert ask(wh, MENTIONS) == [
        ("x:1", "company:云脊智能", "云脊智能", 48, "body"),
        ("x:1", "person:钱多乐", "钱多乐", 0, "body"),
        ("x:2", "company:云脊智能", "云脊智能", 0, "body"),
    ]
    assert ask(wh, ALERTS) == [
        ("company:云脊智能", "suppressed", "rescan"),
        ("company:云脊智能", "suppressed", "rescan"),
        ("person:钱多乐", "sent", None),
    ]
    assert [ask(wh, query) for query in REST] == before


def test_what_was_withheld_does_not_alert_in_a_later_repost(wh: Warehouse) -> None:
    load(wh, make("x:1", SECOND))
    again(wh, QIAN, YUNJI)
    load(wh, make("x:2", SECOND), names=(QIAN, YUNJI), now=LATER)
    assert ask(wh, ALERTS) == [("company:云脊智能", "suppressed", "rescan")]
    assert ask(wh, "SELECT count(*) FROM core.mentions") == [(2,)]


def test_a_rescan_that_changes_nothing_publishes_nothing(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST), names=(QIAN, YUNJI))
    assert wh.publish()
    done = again(wh, QIAN, YUNJI)
    assert (done.articles, done.changed, done.added, done.removed, done.withheld) == (1, 0, {}, {}, 0)
    assert not wh.publish()
    again(wh, YUNJI, QIAN, alert=True)
    assert not wh.publish()


def test_with_alert_old_articles_are_told_whatever_their_age(wh: Warehouse) -> None:
    load(wh, make("x:1", SECOND, days_old=400))
    done = again(wh, QIAN, YUNJI, alert=True)
    assert (done.raised, done.withheld) == (1, 0)
    assert ask(wh, ALERTS) == [("company:云脊智能", "pending", None)]


def test_with_alert_what_an_earlier_rescan_withheld_is_raised_too_and_once(wh: Warehouse) -> None:
    load(wh, make("x:1", SECOND, days_old=400), make("x:2", SECOND, days_old=300))
    assert again(wh, QIAN, YUNJI).withheld == 1
    done = again(wh, QIAN, YUNJI, alert=True)
    assert (done.changed, done.raised) == (0, 1)
    assert ask(wh, "SELECT status, reason, next_attempt_at FROM core.alerts") == [("pending", None, LATER)]
    assert again(wh, QIAN, YUNJI, alert=True).raised == 0


def test_with_alert_other_reasons_stay_as_they_are(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST, days_old=400))
    assert ask(wh, ALERTS) == [("person:钱多乐", "suppressed", "older than 2 days")]
    again(wh, QIAN, YUNJI, alert=True)
    assert ask(wh, ALERTS) == [
        ("company:云脊智能", "pending", None),
        ("person:钱多乐", "suppressed", "older than 2 days"),
    ]


def test_a_mute_holds_for_what_is_raised_and_for_what_was_withheld(wh: Warehouse) -> None:
    load(wh, make("x:1", SECOND))
    again(wh, QIAN, YUNJI)
    wh.sync_entities((QIAN, YUNJI), NOW)
    alerts.mute(wh, YUNJI.entity_id, NOW + timedelta(days=3), NOW)
    assert again(wh, QIAN, YUNJI, alert=True).raised == 0
    assert ask(wh, ALERTS) == [("company:云脊智能", "suppressed", "rescan")]


def test_a_rule_that_came_later_raises_nothing_of_names_that_were_known(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST))
    wh.con.execute("UPDATE core.mentions SET central = NULL, reason = 'as an older version put it'")
    done = again(wh, QIAN, alert=True, rules=(*RULES, Rule("new", (), ("desk",))))
    assert (done.changed, done.revised, done.raised) == (1, 1, 0)
    assert ask(wh, "SELECT rule FROM core.alerts") == [("all",)]
    assert ask(wh, "SELECT count(*) FROM core.mentions WHERE central IS NULL") == [(0,)]


def test_an_article_that_is_now_about_the_name_alerts_where_a_rule_asks_for_that(wh: Warehouse) -> None:
    about = (Rule("about", (), ("desk",), central=True),)
    load(wh, make("x:1", FIRST, title="钱多乐谈手部动作"))
    for was, expected in ((True, []), (None, []), (False, [("about", "pending")])):
        wh.con.execute("UPDATE core.mentions SET central = ?", [was])
        again(wh, QIAN, alert=True, rules=about)
        assert ask(wh, "SELECT rule, status FROM core.alerts WHERE rule = 'about'") == expected


def test_what_was_withheld_waits_for_the_end_of_a_cool_down(wh: Warehouse) -> None:
    rule = (Rule("all", (), ("desk",), cooldown=timedelta(hours=6)),)
    load(wh, make("x:1", SECOND))
    assert again(wh, QIAN, YUNJI, rules=rule).withheld == 1
    load(wh, make("x:2", FIRST), names=(YUNJI,), now=LATER)
    assert again(wh, QIAN, YUNJI, rules=rule, alert=True).raised == 1  # 钱多乐 of x:2, whom nobody looked for there
    assert ask(wh, ALERTS) == [
        ("company:云脊智能", "pending", None),
        ("company:云脊智能", "suppressed", "rescan"),
        ("person:钱多乐", "pending", None),
    ]


def test_an_outlet_that_is_out_gives_no_alert_in_a_rescan(wh: Warehouse) -> None:
    load(wh, make("x:1", SECOND))
    assert again(wh, QIAN, YUNJI).withheld == 1
    out = (Rule("all", (), ("desk",), not_outlets=("36氪",)),)
    assert again(wh, QIAN, YUNJI, rules=out, alert=True).raised == 0
    assert ask(wh, ALERTS) == [("company:云脊智能", "suppressed", "rescan")]


def test_what_is_now_excluded_goes_and_alerts_stay(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST))
    done = again(wh, replace(QIAN, never=("钱多乐周五",)))
    assert (dict(done.added), dict(done.removed), done.withheld) == ({}, {"person:钱多乐": 1}, 0)
    assert ask(wh, MENTIONS) == []
    assert ask(wh, ALERTS) == [("person:钱多乐", "pending", None)]


def test_mentions_of_names_that_are_tracked_no_longer_stay(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST), names=(QIAN, YUNJI))
    before = ask(wh, "FROM core.mentions ORDER BY ALL")
    done = again(wh, YUNJI)
    assert (done.changed, done.removed) == (0, {})
    assert ask(wh, "FROM core.mentions ORDER BY ALL") == before


def test_the_newest_version_alone_is_scanned(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST))
    load(wh, make("x:1", SECOND), now=LATER)
    again(wh, QIAN, YUNJI)
    assert ask(wh, "SELECT entity_id, version FROM core.mentions") == [("company:云脊智能", 2)]


def test_since_goes_by_when_it_was_seen_or_published(wh: Warehouse) -> None:
    load(wh, make("x:old", SECOND, days_old=50), now=NOW - timedelta(days=50))
    load(wh, make("x:late", FIRST, days_old=50))  # published long ago, seen today
    load(wh, make("x:ahead", SECOND + FIRST), now=NOW - timedelta(days=50))  # seen long ago, published today
    assert again(wh, QIAN, YUNJI, since=NOW - timedelta(days=30)).articles == 2
    assert {row[0] for row in ask(wh, MENTIONS) if row[1] == "company:云脊智能"} == {"x:late", "x:ahead"}


def test_a_failure_in_the_middle_leaves_all_as_it_was(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    load(wh, make("x:1", SECOND))
    before = [ask(wh, query) for query in (MENTIONS, ALERTS)]

    def broken(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("warehouse.rescan.raise_alerts", broken)
    with pytest.raises(KeyboardInterrupt):
        again(wh, QIAN, YUNJI)
    assert [ask(wh, query) for query in (MENTIONS, ALERTS)] == before


# Slices


def test_slices_hold_every_article_once_whatever_their_size(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"x:{n}": FIRST[: 20 + n] for n in range(10)}
    load(wh, *(make(article_id, text, title=f"第{article_id}篇") for article_id, text in texts.items()))
    load(wh, make("x:3", SECOND), now=LATER)
    texts["x:3"] = SECOND
    for most, chars, sizes in ((4, 10_000, [4, 4, 2]), (400, 60, [2, 2, 2, 2, 1, 1]), (400, 5, [1] * 10)):
        monkeypatch.setattr(stored, "SLICE", most)
        monkeypatch.setattr(stored, "SLICE_CHARS", chars)
        parts = stored.slices(wh.con, None)
        assert [len(part.article_ids) for part in parts] == sizes
        found = [one for part in parts for one in stored.read(wh.con, part)]
        assert {one.article.article_id: one.article.text for one in found} == texts and len(found) == 10


def test_an_article_is_read_as_it_was_loaded(wh: Warehouse) -> None:
    whole = make(
        "x:1", FIRST, kind="interview", authors=("甲", "乙"), byline="出品 | 丙", chrome="猜你喜欢", language="en",
        published_at=None, precision="unknown",
    )  # fmt: skip
    load(wh, whole)
    [part] = stored.slices(wh.con, None)
    [one] = stored.read(wh.con, part)
    assert (one.article, one.version, one.story_id, one.first_seen_at) == (whole, 1, "x:1", NOW)


def test_an_article_whose_row_moved_meanwhile_is_found_by_its_name(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST), make("x:2", SECOND))
    [part] = stored.slices(wh.con, None)
    moved = replace(part, first=part.last + 5, last=part.last + 9)
    assert [one.article.article_id for one in stored.read(wh.con, moved)] == ["x:1", "x:2"]


def test_only_articles_that_hold_one_of_some_words(wh: Warehouse) -> None:
    load(wh, make("x:1", FIRST), make("x:2", SECOND), make("x:3", FIRST[9:60], title="钱多乐的一天"))

    def ids(*words: str) -> list[str]:
        return [name for part in stored.slices(wh.con, None, words) for name in part.article_ids]

    assert ids("钱多乐") == ["x:1", "x:3"]
    assert ids("水源", "钱多乐周五") == ["x:1", "x:2"]
    assert ids("%") == []
