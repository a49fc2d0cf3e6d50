"""Raising alerts, and the outbox in the real schema. Every expected row is reasoned from the rules of design §8."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.article import Article
from sources.errors import ConfigError
from warehouse import alerts, outbox
from warehouse.rules import Rule
from warehouse.scan.findings import Mention
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # 14:00 in Shanghai

LIN = Entity("person", "林晚舟", groups=("大模型",))
XINGHE = Entity("company", "星河智能", aliases=("星河",), groups=("大模型", "投资"))
YUNFAN = Entity("company", "云帆汽车", groups=("汽车",))
ENTITIES = {entity.entity_id: entity for entity in (LIN, XINGHE, YUNFAN)}

DESK = Rule(name="desk", groups=("大模型",), channels=("desk",))
ALL = Rule(name="all", groups=(), channels=("desk", "ops"), when="daily 09:00")


def article(**changes: Any) -> Article:
    whole = Article(
        article_id="36kr:1", source="36kr", outlet="36氪", kind="article", url="https://36kr.com/p/1",
        title="星河智能发布新模型", text="星河智能创始人林晚舟说，新模型会开源。",
        published_at=NOW - timedelta(hours=1), precision="minute",
    )  # fmt: skip
    return replace(whole, **changes)


def mention(entity: Entity, **changes: Any) -> Mention:
    whole = Mention(
        entity_id=entity.entity_id, surface=entity.name, start_char=0, end_char=4, how="name", confidence=0.98,
        role="body", snippet="星河智能创始人林晚舟说，新模型会开源。", reason="",
    )  # fmt: skip
    return replace(whole, **changes)


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW, timezone=SHANGHAI) as warehouse:
        warehouse.sync_entities(tuple(ENTITIES.values()), NOW)
        yield warehouse


def store(wh: Warehouse, one: Article, mentions: list[Mention], story: str = "") -> None:
    """The rows that the loading of an article leaves, as far as the outbox reads them."""
    with wh.transaction() as con:
        con.execute(
            """INSERT INTO core.articles
            (article_id, source, outlet, kind, url, title, authors, published_at, published_precision,
            first_seen_at, updated_at, chars, language, byline,
            chrome, story_id, relation, version, content_hash, gone_at)
            VALUES (?, ?, ?, ?, ?, ?, [], ?, ?, ?, ?, 1, 'zh', '', '', ?, 'lead', 1, '', NULL)""",
            [one.article_id, one.source, one.outlet, one.kind, one.url, one.title, one.published_at, one.precision,
             NOW, NOW, story or one.article_id],
        )  # fmt: skip
        con.execute("INSERT INTO core.article_versions VALUES (?, 1, ?, ?, ?, '', 1, NULL)",
                    [one.article_id, NOW, one.title, one.text])  # fmt: skip
        for m in mentions:
            con.execute(
                "INSERT INTO core.mentions VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                [one.article_id, m.entity_id, m.surface, m.start_char, m.end_char, m.how, m.confidence, m.role,
                 m.snippet, m.reason, m.central],
            )  # fmt: skip


def raised(wh: Warehouse, rules: list[Rule], mentions: list[Mention], **changes: Any) -> int:
    given: dict[str, Any] = {
        "story_id": "36kr:1", "article": article(), "version": 1, "mentions": mentions, "entities": ENTITIES,
        "first_seen_at": NOW, "now": NOW, "source_first_run": False, "force": False, "timezone": SHANGHAI,
    } | changes  # fmt: skip
    with wh.transaction() as con:
        return alerts.raise_alerts(con, rules, **given)


def rows(wh: Warehouse, columns: str) -> list[tuple[Any, ...]]:
    return wh.con.execute(f"SELECT {columns} FROM core.alerts ORDER BY entity_id, rule, channel").fetchall()


# Raising


def test_one_row_for_each_story_name_rule_and_channel(wh: Warehouse) -> None:
    assert raised(wh, [DESK, ALL], [mention(LIN), mention(XINGHE), mention(YUNFAN)]) == 8
    tomorrow_nine = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert rows(wh, "entity_id, rule, channel, status, next_attempt_at, attempts") == [
        ("company:云帆汽车", "all", "desk", "pending", tomorrow_nine, 0),
        ("company:云帆汽车", "all", "ops", "pending", tomorrow_nine, 0),
        ("company:星河智能", "all", "desk", "pending", tomorrow_nine, 0),
        ("company:星河智能", "all", "ops", "pending", tomorrow_nine, 0),
        ("company:星河智能", "desk", "desk", "pending", NOW, 0),
        ("person:林晚舟", "all", "desk", "pending", tomorrow_nine, 0),
        ("person:林晚舟", "all", "ops", "pending", tomorrow_nine, 0),
        ("person:林晚舟", "desk", "desk", "pending", NOW, 0),
    ]


def test_the_id_is_the_hash_of_the_four(wh: Warehouse) -> None:
    raised(wh, [DESK], [mention(LIN)])
    expected = hashlib.sha256("36kr:1\nperson:林晚舟\ndesk\ndesk".encode()).hexdigest()[:16]
    assert rows(wh, "alert_id") == [(expected,)]


def test_a_repost_and_a_later_version_alert_only_for_new_names(wh: Warehouse) -> None:
    assert raised(wh, [DESK], [mention(LIN)]) == 1
    repost = article(article_id="zaker:2", source="zaker", outlet="ZAKER")
    assert raised(wh, [DESK], [mention(LIN)], article=repost) == 0
    assert raised(wh, [DESK], [mention(LIN), mention(XINGHE)], version=2) == 1
    assert rows(wh, "entity_id, article_id, version") == [
        ("company:星河智能", "36kr:1", 2),
        ("person:林晚舟", "36kr:1", 1),
    ]


def test_the_same_name_in_another_story_alerts_again(wh: Warehouse) -> None:
    assert raised(wh, [DESK], [mention(LIN)]) == 1
    assert raised(wh, [DESK], [mention(LIN)], story_id="36kr:2", article=article(article_id="36kr:2")) == 1


@pytest.mark.parametrize("role", ["byline", "chrome"])
def test_bylines_and_page_furniture_never_alert(wh: Warehouse, role: str) -> None:
    assert raised(wh, [DESK], [mention(LIN, role=role)] * 3) == 0


@pytest.mark.parametrize("role", ["title", "body", "speaker"])
def test_title_body_and_speaker_do(wh: Warehouse, role: str) -> None:
    assert raised(wh, [DESK], [mention(LIN, role=role)]) == 1


def test_the_best_mention_must_be_sure_enough(wh: Warehouse) -> None:
    sure = replace(DESK, min_confidence=0.8)
    assert raised(wh, [sure], [mention(LIN, confidence=0.79)]) == 0
    assert raised(wh, [sure], [mention(LIN, confidence=0.6), mention(LIN, confidence=0.8)]) == 1


def test_a_sure_byline_does_not_help_a_doubtful_body(wh: Warehouse) -> None:
    found = [mention(LIN, confidence=0.5), mention(LIN, confidence=0.99, role="byline")]
    assert raised(wh, [DESK], found) == 0


def test_mentions_are_counted_without_bylines(wh: Warehouse) -> None:
    twice = replace(DESK, min_mentions=2)
    assert raised(wh, [twice], [mention(LIN), mention(LIN, role="byline")]) == 0
    assert raised(wh, [twice], [mention(LIN), mention(LIN, role="title")]) == 1


# No flood


@pytest.mark.parametrize(
    ("age", "precision", "first_run", "reason"),
    [
        (timedelta(days=2, minutes=2), "minute", False, "older than 2 days"),
        (timedelta(days=1, hours=23), "minute", False, None),
        (timedelta(days=1, hours=23), "minute", True, None),
        # Known to the day: it may have appeared at the end of that day.
        (timedelta(days=2, hours=14), "day", False, None),
        (timedelta(days=3, hours=14), "day", False, "older than 2 days"),
        # Known to the month: says only that it is not surely old.
        (timedelta(days=19), "month", False, None),
        (timedelta(days=19), "month", True, "first run of the source"),
        (timedelta(days=50), "month", False, "older than 2 days"),
        (None, "unknown", False, None),
        (None, "unknown", True, "first run of the source"),
        (timedelta(days=-1), "minute", False, None),
    ],
)
def test_old_articles_are_stored_as_suppressed(
    wh: Warehouse, age: timedelta | None, precision: str, first_run: bool, reason: str | None
) -> None:
    one = article(published_at=None if age is None else NOW - age, precision=precision)
    count = raised(wh, [DESK], [mention(LIN)], article=one, source_first_run=first_run)
    assert count == (reason is None)
    status, due = ("pending", NOW) if reason is None else ("suppressed", None)
    assert rows(wh, "status, reason, next_attempt_at") == [(status, reason, due)]


@pytest.mark.parametrize(
    "published",
    [
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=12))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12))),
        datetime(2026, 11, 20),
        NOW + timedelta(days=1, minutes=1),
    ],
)
@pytest.mark.parametrize("precision", ["second", "month", "unknown"])
def test_a_time_that_cannot_be_is_unknown(wh: Warehouse, published: datetime, precision: str) -> None:
    one = article(published_at=published, precision=precision)
    assert raised(wh, [DESK], [mention(LIN)], article=one, source_first_run=True) == 0
    assert rows(wh, "reason") == [("first run of the source",)]
    assert raised(wh, [DESK], [mention(LIN)], article=one, story_id="36kr:2") == 1


def test_the_first_of_all_times_is_old_and_no_age_is_too_long(wh: Warehouse) -> None:
    one = article(published_at=datetime(1, 1, 1, tzinfo=UTC))
    assert raised(wh, [DESK], [mention(LIN)], article=one) == 0
    assert raised(wh, [replace(ALL, max_age=timedelta(days=999_999))], [mention(LIN)], article=one) == 2


def test_an_undated_article_that_was_stored_long_ago_is_old(wh: Warehouse) -> None:
    undated = article(published_at=None, precision="unknown")
    raised(wh, [DESK], [mention(LIN)], article=undated, first_seen_at=NOW - timedelta(days=3))
    assert rows(wh, "status, reason") == [("suppressed", "older than 2 days")]


def test_the_rule_sets_the_age(wh: Warehouse) -> None:
    week = replace(DESK, max_age=timedelta(days=7))
    assert raised(wh, [week], [mention(LIN)], article=article(published_at=NOW - timedelta(days=6))) == 1
    hours = replace(DESK, name="hours", max_age=timedelta(hours=6))
    assert raised(wh, [hours], [mention(LIN)], article=article(published_at=NOW - timedelta(hours=7))) == 0
    assert ("suppressed", "older than 6 hours") in rows(wh, "status, reason")


def test_an_import_is_silent_unless_forced(wh: Warehouse) -> None:
    old = article(published_at=NOW - timedelta(days=2000))
    assert raised(wh, [DESK], [mention(LIN)], article=old, withheld=alerts.IMPORTED) == 0
    assert rows(wh, "status, reason") == [("suppressed", "import")]
    assert (
        raised(wh, [DESK], [mention(XINGHE)], article=old, withheld=alerts.IMPORTED, force=True, source_first_run=True)
        == 1
    )


def test_a_muted_name_or_story_is_suppressed_until_the_mute_ends(wh: Warehouse) -> None:
    alerts.mute(wh, "person:林晚舟", NOW + timedelta(hours=1), NOW)
    assert raised(wh, [DESK], [mention(LIN), mention(XINGHE)], force=True) == 1
    assert rows(wh, "entity_id, status, reason") == [
        ("company:星河智能", "pending", None),
        ("person:林晚舟", "suppressed", "muted"),
    ]
    assert raised(wh, [DESK], [mention(LIN)], story_id="36kr:9", now=NOW + timedelta(hours=2)) == 1


# What a person does


def test_a_mute_silences_what_waits(wh: Warehouse) -> None:
    store(wh, article(), [])
    raised(wh, [DESK], [mention(LIN), mention(XINGHE)])
    assert alerts.mute(wh, "36kr:1", NOW + timedelta(days=1), NOW) == 2
    assert set(rows(wh, "status, reason")) == {("suppressed", "muted")}


def test_a_mute_silences_what_a_killed_run_left_half_sent(wh: Warehouse) -> None:
    store(wh, article(), [])
    raised(wh, [DESK], [mention(LIN)])
    assert outbox.claim(wh, NOW) is not None
    assert alerts.mute(wh, "36kr:1", NOW + timedelta(days=1), NOW) == 1
    assert outbox.recover(wh) == 0
    assert rows(wh, "status, reason") == [("suppressed", "muted")]


def test_retry_wakes_what_a_killed_run_left_half_sent(wh: Warehouse) -> None:
    raised(wh, [DESK], [mention(LIN)])
    claim = outbox.claim(wh, NOW)
    assert claim is not None
    outbox.settle_retry(wh, claim.alert_ids, "500", NOW, whole_channel=False)
    assert outbox.claim(wh, NOW) is not None
    later = NOW + timedelta(hours=1)
    assert alerts.retry(wh, claim.alert_ids, later) == 1
    assert rows(wh, "status, attempts, next_attempt_at") == [("pending", 0, later)]


def test_only_what_is_known_can_be_muted(wh: Warehouse) -> None:
    with pytest.raises(ConfigError, match="person:nobody: is neither an entity_id"):
        alerts.mute(wh, "person:nobody", NOW, NOW)


def test_listing_shows_names_and_titles_newest_first(wh: Warehouse) -> None:
    store(wh, article(), [])
    raised(wh, [DESK], [mention(LIN)])
    raised(wh, [DESK], [mention(XINGHE)], now=NOW + timedelta(minutes=1))
    listed = alerts.list_alerts(wh.con)
    assert [(row["name"], row["title"], row["status"]) for row in listed] == [
        ("星河智能", "星河智能发布新模型", "pending"),
        ("林晚舟", "星河智能发布新模型", "pending"),
    ]
    assert len(alerts.list_alerts(wh.con, None, 1)) == 1
    assert alerts.list_alerts(wh.con, "failed") == []


def test_retry_wakes_failed_and_waiting_alerts(wh: Warehouse) -> None:
    for story in ("a", "b", "c"):
        raised(wh, [DESK], [mention(LIN)], story_id=story)
    ids = {story: alerts.alert_id(story, LIN.entity_id, "desk", "desk") for story in "abc"}
    while claim := outbox.claim(wh, NOW):
        if claim.views[0].story_id == "a":
            outbox.settle_failed(wh, claim.alert_ids, "no such robot")
        else:
            outbox.settle_sent(wh, claim.alert_ids, NOW)
    later = NOW + timedelta(hours=1)
    assert alerts.retry(wh, None, later) == 1
    claim = outbox.claim(wh, later)
    assert claim is not None
    assert (claim.alert_ids, claim.attempts) == ((ids["a"],), 1)
    outbox.settle_retry(wh, claim.alert_ids, "busy", later + timedelta(hours=1), whole_channel=False)
    assert alerts.retry(wh, [ids["a"], ids["b"]], later) == 1  # b was sent and stays so
    with pytest.raises(ConfigError, match="0000: no alert has this id"):
        alerts.retry(wh, ["0000"], later)


# The outbox


def test_a_message_is_one_story_and_channel(wh: Warehouse) -> None:
    other = Rule(name="vip", groups=(), channels=("desk", "mail"))
    store(wh, article(), [mention(LIN), mention(XINGHE)])
    raised(wh, [DESK, other], [mention(LIN), mention(XINGHE)])
    raised(wh, [DESK], [mention(LIN)], story_id="36kr:2", now=NOW + timedelta(seconds=1))
    later = NOW + timedelta(minutes=1)
    claims = [outbox.claim(wh, later) for _ in range(4)]
    told = [(c.channel, {v.story_id for v in c.views}, len(c.views)) for c in claims if c is not None]
    assert sorted(told[:2], key=str) == [("desk", {"36kr:1"}, 4), ("mail", {"36kr:1"}, 2)]
    assert told[2:] == [("desk", {"36kr:2"}, 1)]
    assert set(rows(wh, "status, attempts")) == {("sending", 1)}


def test_a_digest_is_all_stories_of_one_rule_and_channel(wh: Warehouse) -> None:
    for story in ("a", "b", "c"):
        raised(wh, [ALL], [mention(LIN)], story_id=story)
    # Claimed first, and due together with the digest's alert of the same story: still a message of its own.
    raised(wh, [DESK], [mention(LIN)], story_id="a", now=NOW - timedelta(minutes=1))
    assert outbox.claim(wh, NOW, digests=["all"], skip=["desk"]) is None
    nine = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    seen = []
    while claim := outbox.claim(wh, nine, digests=["all"]):
        seen.append((claim.channel, claim.digest, len(claim.views)))
    assert seen[0] == ("desk", "", 1)
    assert sorted(seen[1:]) == [("desk", "all", 3), ("ops", "all", 3)]


def test_what_a_message_says_of_an_alert(wh: Warehouse) -> None:
    title = mention(LIN, role="title", start_char=None, end_char=None, confidence=0.9, snippet="标题里的林晚舟")
    doubtful = mention(LIN, how="homophone", confidence=0.6, surface="林 万 周", snippet="疑似")
    best = mention(LIN, confidence=0.9, start_char=7, snippet="创始人林晚舟说")
    store(wh, article(), [title, doubtful, best])
    store(wh, article(article_id="zaker:2", outlet="ZAKER"), [], story="36kr:1")
    raised(wh, [DESK], [title, doubtful, best])
    claim = outbox.claim(wh, NOW)
    assert claim is not None
    (view,) = claim.views
    assert (view.name, view.title, view.outlet, view.url) == (
        "林晚舟", "星河智能发布新模型", "36氪", "https://36kr.com/p/1",
    )  # fmt: skip
    assert (view.how, view.confidence, view.surface, view.sentence) == ("name", 0.9, "林晚舟", "创始人林晚舟说")
    assert (view.published_at, view.precision) == (NOW - timedelta(hours=1), "minute")
    assert view.other_outlets == ("ZAKER",)


def test_a_killed_process_leaves_sending_and_the_next_one_sends_again(wh: Warehouse) -> None:
    raised(wh, [DESK], [mention(LIN)])
    assert outbox.claim(wh, NOW) is not None
    assert outbox.claim(wh, NOW) is None
    assert outbox.recover(wh) == 1
    again = outbox.claim(wh, NOW)
    assert again is not None
    assert again.attempts == 2


def test_settling(wh: Warehouse) -> None:
    raised(wh, [DESK], [mention(LIN), mention(XINGHE)])
    claim = outbox.claim(wh, NOW)
    assert claim is not None
    first, second = claim.alert_ids
    outbox.settle_sent(wh, [first], NOW)
    outbox.release(wh, [second])
    by_id = "alert_id, status, attempts, sent_at, next_attempt_at"
    assert set(rows(wh, by_id)) == {(first, "sent", 1, NOW, None), (second, "pending", 0, None, NOW)}


def test_a_busy_channel_postpones_what_waits_for_it_and_nothing_else(wh: Warehouse) -> None:
    both = replace(DESK, channels=("desk", "mail"))
    raised(wh, [both], [mention(LIN)], story_id="a")
    raised(wh, [both], [mention(LIN)], story_id="b", now=NOW + timedelta(seconds=1))
    at = NOW + timedelta(minutes=10)
    claim = outbox.claim(wh, NOW + timedelta(minutes=1), skip=["mail"])
    assert claim is not None
    outbox.settle_retry(wh, claim.alert_ids, "too fast", at, whole_channel=True)
    waiting = wh.con.execute("SELECT channel, next_attempt_at FROM core.alerts WHERE next_attempt_at = ?", [at])
    assert waiting.fetchall() == [("desk", at), ("desk", at)]
    assert outbox.resting(wh.con, NOW + timedelta(minutes=2)) == {"desk": at}
    assert outbox.resting(wh.con, at) == {}
    # What has not been tried yet comes before what was tried in vain.
    claim = outbox.claim(wh, at, skip=["mail"])
    assert claim is not None
    assert claim.views[0].story_id == "b"


def test_failures_add_up_per_message_and_end_with_success(wh: Warehouse) -> None:
    for story in ("a", "b"):
        raised(wh, [DESK], [mention(LIN), mention(XINGHE)], story_id=story)
    for _ in range(2):
        claim = outbox.claim(wh, NOW)
        assert claim is not None
        outbox.settle_retry(wh, claim.alert_ids, "500", NOW, whole_channel=False)
    assert outbox.failed_attempts(wh.con, "desk") == 2  # two messages, whatever the number of names
    while claim := outbox.claim(wh, NOW):
        outbox.settle_sent(wh, claim.alert_ids, NOW)
    assert outbox.failed_attempts(wh.con, "desk") == 0


def test_a_pass_with_nothing_to_send_publishes_nothing(wh: Warehouse) -> None:
    raised(wh, [ALL], [mention(LIN)])
    assert wh.publish()
    assert outbox.recover(wh) == 0
    assert outbox.claim(wh, NOW) is None
    assert not wh.publish()


# What a rule asks for


def told(wh: Warehouse) -> list[tuple[str, str, str | None]]:
    return [(story, status, reason) for story, status, reason in wh.con.execute(
        "SELECT story_id, status, reason FROM core.alerts ORDER BY created_at, story_id").fetchall()]  # fmt: skip


def test_a_rule_for_what_articles_are_about_passes_over_names_in_passing(wh: Warehouse) -> None:
    about = replace(DESK, central=True)
    # Central in a byline alone: alerts do not look there.
    byline = mention(XINGHE, role="byline", central=True)
    assert raised(wh, [about], [mention(LIN, central=True), mention(XINGHE), byline]) == 1
    assert rows(wh, "entity_id") == [("person:林晚舟",)]


@pytest.mark.parametrize(
    ("outlets", "not_outlets", "expected"),
    [
        ((), (), ["36氪", "虎嗅", "華爾街見聞", ""]),
        (("36氪",), (), ["36氪"]),
        (("３６氪", "华尔街见闻"), (), ["36氪", "華爾街見聞"]),
        ((), ("虎嗅", "36 氪"), ["華爾街見聞", ""]),
        (("36氪", "虎嗅"), ("虎嗅",), ["36氪"]),
        (("氪",), (), []),
    ],
)
def test_outlets_in_and_out(wh: Warehouse, outlets: Any, not_outlets: Any, expected: list[str]) -> None:
    rule = replace(DESK, outlets=outlets, not_outlets=not_outlets)
    for outlet in ("36氪", "虎嗅", "華爾街見聞", ""):
        raised(wh, [rule], [mention(LIN)], story_id=outlet or "none", article=article(outlet=outlet))
    assert {story for story, _, _ in told(wh)} == {outlet or "none" for outlet in expected}


def test_a_repost_at_an_outlet_that_is_in_alerts_for_the_story(wh: Warehouse) -> None:
    rule = replace(DESK, not_outlets=("ZAKER",))
    assert raised(wh, [rule], [mention(LIN)], article=article(article_id="zaker:1", outlet="ZAKER")) == 0
    assert raised(wh, [rule], [mention(LIN)]) == 1
    assert rows(wh, "article_id, status") == [("36kr:1", "pending")]


HOUR = timedelta(hours=1)


def story(wh: Warehouse, name: str, after: timedelta, rule: Rule, entity: Entity = LIN, **more: Any) -> int:
    at = NOW + after
    return raised(wh, [rule], [mention(entity)], story_id=name, now=at, first_seen_at=at, **more)


def test_within_the_cool_down_another_story_is_held_back_and_says_so(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=6 * HOUR)
    assert [story(wh, f"s{hours}", hours * HOUR, rule) for hours in (0, 1, 5, 6, 11, 12)] == [1, 0, 0, 1, 0, 1]
    assert told(wh) == [
        ("s0", "pending", None),
        ("s1", "suppressed", "cooldown"),
        ("s5", "suppressed", "cooldown"),  # five hours after the last that was told, not after the one held back
        ("s6", "pending", None),
        ("s11", "suppressed", "cooldown"),
        ("s12", "pending", None),
    ]
    assert {due is None for due, status in rows(wh, "next_attempt_at, status") if status == "suppressed"} == {True}


def test_stories_of_one_batch_cool_each_other(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=HOUR)
    assert [story(wh, name, timedelta(0), rule) for name in "abc"] == [1, 0, 0]


def test_a_clock_that_was_set_back_holds_nothing_back(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=6 * HOUR)
    untimed = article(published_at=None, precision="unknown")
    assert [story(wh, f"s{days}", timedelta(days=days), rule, article=untimed) for days in (300, 1)] == [1, 1]


def test_the_cool_down_is_for_each_name_rule_and_channel(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=6 * HOUR)
    assert story(wh, "a", timedelta(0), rule) == 1
    assert story(wh, "b", HOUR, rule, XINGHE) == 1
    assert story(wh, "c", HOUR, replace(rule, name="other")) == 1
    assert story(wh, "d", HOUR, replace(rule, channels=("desk", "mail"))) == 1
    last = wh.con.execute("SELECT channel, status, reason FROM core.alerts WHERE story_id = 'd' ORDER BY channel")
    assert last.fetchall() == [("desk", "suppressed", "cooldown"), ("mail", "pending", None)]
    assert story(wh, "e", HOUR, DESK) == 1, "a rule without a cool-down"


def test_rules_of_one_article_cool_down_each_for_itself(wh: Warehouse) -> None:
    rules = [replace(DESK, name="long", cooldown=6 * HOUR), replace(DESK, name="short", cooldown=HOUR), DESK]
    assert raised(wh, rules, [mention(LIN)], story_id="a") == 3
    later = NOW + 2 * HOUR
    assert raised(wh, rules, [mention(LIN)], story_id="b", now=later, first_seen_at=later) == 2
    held = wh.con.execute("SELECT rule FROM core.alerts WHERE status = 'suppressed'").fetchall()
    assert held == [("long",)]


def test_what_was_never_to_be_sent_begins_no_cool_down(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=6 * HOUR)
    old = article(published_at=NOW - timedelta(days=9))
    assert story(wh, "old", timedelta(0), rule, article=old) == 0
    assert story(wh, "new", HOUR, rule) == 1
    claim = outbox.claim(wh, NOW + HOUR)
    assert claim is not None
    outbox.settle_failed(wh, claim.alert_ids, "no such robot")
    assert story(wh, "next", 2 * HOUR, rule) == 0, "one that failed will be sent after mending"


def test_a_cool_down_holds_back_what_is_alerted_by_force_too(wh: Warehouse) -> None:
    rule = replace(DESK, cooldown=6 * HOUR)
    assert [story(wh, name, timedelta(0), rule, force=True, withheld="import") for name in "ab"] == [1, 0]
    assert told(wh)[1] == ("b", "suppressed", "cooldown")
    # But a mute, an age and an import are the better reason.
    assert story(wh, "c", timedelta(0), rule, withheld="import") == 0
    assert told(wh)[2] == ("c", "suppressed", "import")
