"""What an alert says of its story's past: an update in a later version or a fuller copy, nothing for a plain repost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sources.article import Article
from warehouse import articles, outbox, stored
from warehouse.alertviews import AlertView
from warehouse.articles import Incoming, Loaded
from warehouse.outbox import Claim
from warehouse.rescan import rescan
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LATEST = NOW + timedelta(hours=2)
QIAN, HAN = Entity("person", "钱多乐"), Entity("person", "韩启明")
ENTITIES = (QIAN, HAN)
LEXICON = Lexicon.compile(ENTITIES)
NOW_RULE = Rule("all", (), ("desk",))
DAILY = Rule("早报", (), ("desk",), "daily 09:00")

TOLD = (
    "钱多乐周五在上海说，公司今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到客户手里。"
    "他没有透露客户的名字，也没有透露价格和产量。"
)
MORE = "\n韩启明随后补充说，样机会先在两座仓库里试用三个月，之后才谈得上量产，价格也要到那时候再定。"


def load(
    wh: Warehouse,
    outlet: str,
    text: str,
    now: datetime,
    rules: Sequence[Rule] = (NOW_RULE,),
    lexicon: Lexicon = LEXICON,
) -> Loaded:
    one = Article(
        outlet, outlet, f"{outlet}报", "article", f"https://e.com/{outlet}", "手部动作", text, (), now, "minute"
    )
    [loaded] = articles.load(wh, [Incoming(one)], lexicon, rules, now, timezone=ZoneInfo("UTC"))
    return loaded


def told(wh: Warehouse, now: datetime, *digests: str) -> list[Claim]:
    """What goes out now, accepted by its channel."""
    claims = []
    while claim := outbox.claim(wh, now, digests=digests):
        outbox.settle_sent(wh, claim.alert_ids, now)
        claims.append(claim)
    return claims


def said(view: AlertView) -> tuple[str, str, str, tuple[str, ...]]:
    return view.name, view.article_id, view.update, view.other_outlets


def test_the_first_of_a_story_is_no_update(wh: Warehouse) -> None:
    load(wh, "甲", TOLD + MORE, NOW)
    [claim] = told(wh, NOW)
    assert [said(view) for view in claim.views] == [("钱多乐", "甲", "", ()), ("韩启明", "甲", "", ())]


def test_a_name_of_a_later_version_is_told_as_a_version(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW)
    [first] = told(wh, NOW)
    assert [said(view) for view in first.views] == [("钱多乐", "甲", "", ())]
    assert load(wh, "甲", TOLD + MORE, LATER).status == "updated"
    [second] = told(wh, LATER)
    assert [said(view) for view in second.views] == [("韩启明", "甲", "version", ())]


def test_a_name_of_a_fuller_copy_is_told_as_a_copy(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW)
    told(wh, NOW)
    assert load(wh, "乙", TOLD + MORE, LATER).story_id == "甲"
    [second] = told(wh, LATER)
    assert [said(view) for view in second.views] == [("韩启明", "乙", "copy", ("甲报",))]


def test_a_name_that_came_into_a_copy_by_a_correction_is_told_as_a_version(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW)
    told(wh, NOW)
    assert load(wh, "乙", TOLD, LATER).status == "duplicate"
    load(wh, "乙", TOLD + MORE, LATEST)
    [claim] = told(wh, LATEST)
    assert [said(view) for view in claim.views] == [("韩启明", "乙", "version", ("甲报",))]


def test_a_fuller_copy_is_no_update_for_a_channel_that_was_told_nothing(wh: Warehouse) -> None:
    """To 大模型's desk the story is new: only 韩启明 is in its group."""
    load(wh, "甲", TOLD, NOW, [Rule("desk", (), ("desk",))])
    told(wh, NOW)
    load(wh, "乙", TOLD + MORE, LATER, [Rule("team", (), ("team",))])
    [claim] = told(wh, LATER)
    assert claim.channel == "team"
    assert [said(view) for view in claim.views] == [("钱多乐", "乙", "", ("甲报",)), ("韩启明", "乙", "", ("甲报",))]


def test_before_its_channel_was_told_a_copys_name_is_told_with_the_rest(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW)
    load(wh, "乙", TOLD + MORE, LATER)
    [claim] = told(wh, LATER)
    assert [said(view) for view in claim.views] == [("钱多乐", "甲", "", ("乙报",)), ("韩启明", "乙", "", ("甲报",))]


def test_a_plain_repost_raises_nothing_and_stands_in_a_digest_that_waits(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW, [DAILY])
    soon = NOW + timedelta(minutes=30)
    loaded = load(wh, "乙", TOLD, soon, [DAILY])
    assert (loaded.status, loaded.alerts) == ("duplicate", 0)
    assert told(wh, soon, "早报") == []
    [claim] = told(wh, LATER, "早报")  # 09:00
    assert claim.digest == "早报"
    assert [said(view) for view in claim.views] == [("钱多乐", "甲", "", ("乙报",))]


def test_a_plain_repost_after_the_story_was_told_raises_nothing(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW)
    told(wh, NOW)
    assert load(wh, "乙", TOLD, LATER).alerts == 0
    assert load(wh, "甲", TOLD.replace("周五", "星期五"), LATEST).alerts == 0
    assert told(wh, LATEST) == []


OTHER = (
    "白鹭湖的新数据中心将在明年夏天动工，地点还没有最后定下来，备选的三座城市都在长江以北，电价是主要的考虑，水源也是考虑之一。"
    "钱多乐没有回应记者的提问。"
)


def test_a_story_that_was_told_under_a_name_it_had_before_is_known(wh: Warehouse) -> None:
    """Two stories turn out to be one. Both had an alert for one name, so each alert keeps its story's old name."""
    load(wh, "甲", TOLD, NOW)
    outbox.settle_failed(wh, outbox.claim(wh, NOW).alert_ids, "no")  # type: ignore[union-attr]
    load(wh, "丙", OTHER, NOW + timedelta(minutes=1))
    told(wh, NOW + timedelta(minutes=1))
    assert load(wh, "丁", f"{TOLD}\n{OTHER}", LATER).story_id == "甲"
    assert told(wh, LATER) == []
    assert load(wh, "乙", f"{TOLD}\n{OTHER}{MORE}", LATEST).story_id == "甲"
    [claim] = told(wh, LATEST)
    assert [said(view) for view in claim.views] == [("韩启明", "乙", "copy", ("丁报", "丙报", "甲报"))]


def test_a_digest_that_waits_calls_nothing_an_update_that_came_before_what_was_told(wh: Warehouse) -> None:
    load(wh, "甲", TOLD, NOW, [DAILY])
    load(wh, "乙", TOLD + MORE, NOW + timedelta(minutes=30), [NOW_RULE])
    [at_once] = told(wh, NOW + timedelta(minutes=30), "早报")
    assert [said(view)[1:3] for view in at_once.views] == [("乙", ""), ("乙", "")]
    [digest] = told(wh, LATER, "早报")
    assert [said(view) for view in digest.views] == [("钱多乐", "甲", "", ("乙报",))]


@pytest.mark.parametrize("versions", [1, 2])
def test_a_name_that_came_into_the_watchlist_later_is_no_update(wh: Warehouse, versions: int) -> None:
    """It stood in the article from the first; new is that somebody watches it."""
    few = Lexicon.compile((QIAN,))
    for text in (TOLD + MORE, TOLD + MORE + "\n下一次发布会定在四月。")[:versions]:
        load(wh, "甲", text, NOW, lexicon=few)
    told(wh, NOW)
    for part in stored.slices(wh.con, None):
        rescan(wh, stored.read(wh.con, part), LEXICON, [NOW_RULE], LATER, timezone=ZoneInfo("UTC"), alert=True)
    [claim] = told(wh, LATER)
    assert [said(view) for view in claim.views] == [("韩启明", "甲", "", ())]
