"""An article that its list names otherwise than its page: `wechat:s/<slug>` and `wechat:<biz>:<mid>:<idx>`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sources.article import Article, ArticleRef, Kind, Validators
from sources.errors import Blocked, Gone
from warehouse import alerts, articles, frontier
from warehouse.articles import Incoming, Loaded
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ENTITIES = (Entity("person", "钱多乐"), Entity("company", "云脊智能"))
LEXICON = Lexicon.compile(ENTITIES)
RULES = (Rule("all", (), ("desk",)),)

LISTED, RESOLVED = "wechat:s/a1B2c3", "wechat:MzA5:2650:1"
PART = "钱多乐周五在上海说…"
WHOLE = (
    "钱多乐周五在上海说，公司今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到客户手里。"
    "云脊智能没有透露客户的名字，也没有透露价格和产量。"
)


def make(article_id: str, text: str = WHOLE, kind: Kind = "article", title: str = "无题") -> Article:
    return Article(article_id, "gzh", "公众号", kind, "https://mp.weixin.qq.com/x", title, text, (), NOW, "minute")


PARTIAL = make(LISTED, PART, "partial")
REF = ArticleRef("gzh", LISTED, "https://mp.weixin.qq.com/s/a1B2c3", "无题", NOW, article=PARTIAL)


def discover(wh: Warehouse, *refs: ArticleRef, source: str = "gzh", now: datetime = NOW) -> int:
    return frontier.record_discovery(wh, source, "https://e.com/feed", Validators(), refs, now)


def load(wh: Warehouse, *items: Incoming, now: datetime = NOW) -> list[Loaded]:
    return articles.load(wh, items, LEXICON, RULES, now, timezone=ZoneInfo("UTC"))


def ask(wh: Warehouse, sql: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = wh.con.execute(sql).fetchall()
    return rows


def blocked(wh: Warehouse) -> None:
    """As the flow does when the page is blocked: the list's part is stored, the ref tried again."""
    discover(wh, REF)
    load(wh, Incoming(PARTIAL))
    frontier.record_failure(wh, REF, Blocked("captcha"), NOW, LATER)


def test_the_part_under_the_listed_id_becomes_the_whole_article(wh: Warehouse) -> None:
    blocked(wh)
    alerts.mute(wh, LISTED, NOW, NOW)
    [loaded] = load(wh, Incoming(make(RESOLVED), REF), now=LATER)
    assert loaded == Loaded(RESOLVED, "updated", 2, RESOLVED, 2, 1, "version 2")
    assert ask(wh, "SELECT article_id, story_id, kind, first_seen_at FROM core.articles") == [
        (RESOLVED, RESOLVED, "article", NOW)
    ]
    assert ask(wh, "SELECT article_id, version, text FROM article_versions ORDER BY 2") == [
        (RESOLVED, 1, PART),
        (RESOLVED, 2, WHOLE),
    ]
    assert ask(wh, "SELECT DISTINCT article_id FROM mentions") == [(RESOLVED,)]
    assert ask(wh, "SELECT entity_id, story_id, article_id FROM alerts ORDER BY created_at") == [
        ("person:钱多乐", RESOLVED, RESOLVED),
        ("company:云脊智能", RESOLVED, RESOLVED),
    ]
    assert ask(wh, "SELECT story_id FROM core.mutes") == [(RESOLVED,)]
    assert ask(wh, "SELECT article_id, resolved_id, state, next_attempt_at FROM core.frontier") == [
        (LISTED, RESOLVED, "stored", None)
    ]


def test_an_alert_that_was_sent_for_the_part_is_not_raised_again(wh: Warehouse) -> None:
    blocked(wh)
    wh.con.execute("UPDATE core.alerts SET status = 'sent'")
    load(wh, Incoming(make(RESOLVED, PART), REF), now=LATER)
    assert ask(wh, "SELECT entity_id, status FROM alerts") == [("person:钱多乐", "sent")]


def test_a_part_that_comes_again_later_is_known_to_be_stored(wh: Warehouse) -> None:
    blocked(wh)
    load(wh, Incoming(make(RESOLVED), REF), now=LATER)
    wh.publish()
    assert [one.status for one in load(wh, Incoming(PARTIAL), now=LATER)] == ["unchanged"]
    assert [one.article_id for one in load(wh, Incoming(make(RESOLVED), REF))] == [RESOLVED]
    assert wh.publish() is False
    assert ask(wh, "SELECT article_id FROM articles") == [(RESOLVED,)]


def test_a_whole_text_under_the_listed_id_is_a_version_of_the_one_article(wh: Warehouse) -> None:
    discover(wh, REF)
    load(wh, Incoming(make(RESOLVED), REF))
    whole = Incoming(make(LISTED, WHOLE + "编辑过。"), replace(REF, article=make(LISTED, WHOLE + "编辑过。")))
    assert [(one.article_id, one.version) for one in load(wh, whole, now=LATER)] == [(RESOLVED, 2)]


def test_a_page_that_gives_but_a_part_is_read_again(wh: Warehouse) -> None:
    discover(wh, REF)
    load(wh, Incoming(make(RESOLVED, PART, "partial"), REF))
    assert ask(wh, "SELECT state, next_attempt_at FROM core.frontier") == [("partial", LATER)]


def test_a_part_of_what_is_stored_under_its_own_id_joins_that_story(wh: Warehouse) -> None:
    load(wh, Incoming(make(RESOLVED)))
    blocked(wh)
    load(wh, Incoming(make(RESOLVED), REF), now=LATER)
    assert ask(wh, "SELECT story_id, n_articles FROM stories") == [(RESOLVED, 2)]
    assert ask(wh, "SELECT entity_id, story_id, status FROM alerts ORDER BY created_at, status, entity_id") == [
        ("company:云脊智能", RESOLVED, "pending"),
        ("person:钱多乐", RESOLVED, "pending"),
        ("person:钱多乐", RESOLVED, "suppressed"),
    ]
    assert ask(wh, "SELECT count(*) FROM articles WHERE relation = 'lead'") == [(1,)]
    wh.publish()
    load(wh, Incoming(make(RESOLVED), REF), now=LATER)
    assert wh.publish() is False


def test_two_short_addresses_of_one_article_in_one_batch(wh: Warehouse) -> None:
    other = "wechat:s/zZ9"
    second = replace(REF, article_id=other, article=None)
    discover(wh, REF, second)
    load(wh, Incoming(PARTIAL), Incoming(make(other, PART, "partial", "云脊智能")))
    loaded = load(wh, Incoming(make(RESOLVED), REF), Incoming(make(RESOLVED), second), now=LATER)
    assert [(one.article_id, one.status) for one in loaded] == [(RESOLVED, "updated"), (RESOLVED, "unchanged")]
    assert ask(wh, "SELECT story_id FROM stories") == [(RESOLVED,)]
    assert ask(wh, "SELECT entity_id FROM alerts WHERE status = 'pending' ORDER BY 1") == [
        ("company:云脊智能",),
        ("person:钱多乐",),
    ]
    assert frontier.due(wh, "gzh", NOW + timedelta(days=99), 9) == []


def test_a_whole_article_under_the_listed_id_is_not_taken_for_the_other(wh: Warehouse) -> None:
    load(wh, Incoming(make(LISTED, WHOLE)))
    discover(wh, REF)
    load(wh, Incoming(make(RESOLVED, "别的正文。" * 20), REF))
    assert ask(wh, "SELECT article_id, story_id FROM articles ORDER BY 1") == [(RESOLVED, RESOLVED), (LISTED, LISTED)]


def test_another_source_that_lists_it_need_not_read_it(wh: Warehouse) -> None:
    discover(wh, REF)
    load(wh, Incoming(make(RESOLVED), REF))
    assert discover(wh, replace(REF, article=None), source="other") == 0
    assert ask(wh, "SELECT state, resolved_id FROM core.frontier WHERE source = 'other'") == [("stored", RESOLVED)]


def test_a_page_that_is_gone_marks_the_article_under_its_own_id(wh: Warehouse) -> None:
    discover(wh, REF)
    load(wh, Incoming(make(RESOLVED), REF))
    frontier.record_failure(wh, REF, Gone("404"), LATER, None)
    assert ask(wh, "SELECT article_id, gone_at FROM core.articles") == [(RESOLVED, LATER)]


def test_nothing_is_renamed_when_the_load_fails(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked(wh)

    def fails(*_: object) -> None:
        raise RuntimeError("the last step of the load")

    with monkeypatch.context() as patched:
        patched.setattr(articles, "settle", fails)
        with pytest.raises(RuntimeError):
            load(wh, Incoming(make(RESOLVED), REF))
    assert ask(wh, "SELECT article_id, kind FROM articles") == [(LISTED, "partial")]
    assert ask(wh, "SELECT resolved_id FROM core.frontier") == [(None,)]
