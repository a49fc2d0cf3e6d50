"""What rules would have sent. Articles, times and expected bills are made by hand; a run beside it raises the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.article import Article
from warehouse import articles, runs, simulate
from warehouse.alerts import mute
from warehouse.articles import Incoming
from warehouse.rules import Quiet, Rule
from warehouse.scan import Lexicon
from warehouse.scan.findings import Mention
from warehouse.simulate import Bill, Mute, Raised, Seen, Simulation, Told
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # Tuesday noon in Shanghai
SINCE = NOW - timedelta(days=3)
HOUR = timedelta(hours=1)

LIN = Entity("person", "林晚舟", groups=("大模型",))
XINGHE = Entity("company", "星河智能", groups=("大模型",))
YUNFAN = Entity("company", "云帆汽车", groups=("汽车",))
ENTITIES = (LIN, XINGHE, YUNFAN)

DESK = Rule("models", ("大模型",), ("desk",))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def named(*entities: Entity, **changes: Any) -> tuple[Mention, ...]:
    return tuple(
        replace(Mention(e.entity_id, e.name, 0, 4, "name", 0.98, "body", f"{e.name}说话了。", ""), **changes)
        for e in entities
    )


def seen(name: str, when: str, *entities: Entity, story: str = "", age: timedelta = HOUR, **changes: Any) -> Seen:
    moment = at(when)
    one = Article(name, "36kr", "36氪", "article", f"https://e.com/{name}", name, "", (), moment - age, "minute")
    return replace(Seen(one, story or name, moment, False, False, named(*entities)), **changes)


def tried(rules: Sequence[Rule], *came: Seen, mutes: Sequence[Mute] = ()) -> Simulation:
    simulation = Simulation(rules, ENTITIES, mutes, since=SINCE, now=NOW, timezone=SHANGHAI)
    for one in came:
        simulation.take(one)
    return simulation


def test_messages_alerts_and_the_busiest_day() -> None:
    all_ = Rule("all", (), ("desk", "mail"))
    simulation = tried(
        [DESK, all_],
        seen("a", "2026-11-22T10:00", LIN, XINGHE),
        seen("b", "2026-11-23T10:00", LIN),
        seen("b2", "2026-11-23T11:00", LIN, story="b"),  # a repost
        seen("c", "2026-11-23T23:30", YUNFAN),
    )
    monday = date(2026, 11, 23)
    assert simulation.bills() == [
        Bill("models", "desk", "now", 2, 3, 0, {}, (date(2026, 11, 22), 1)),
        Bill("all", "desk", "now", 3, 4, 0, {}, (monday, 2)),
        Bill("all", "mail", "now", 3, 4, 0, {}, (monday, 2)),
    ]
    assert simulation.channels() == [
        Bill("", "desk", "", 3, 7, 0, {}, (monday, 2)),  # two rules tell a story in one message
        Bill("", "mail", "", 3, 4, 0, {}, (monday, 2)),
    ]
    assert tried([DESK]).channels() == [Bill("", "desk", "", 0, 0, 0, {}, None)]
    [bill] = tried([DESK], seen("a", "2026-11-24T00:30", LIN)).bills()
    assert bill.busiest == (date(2026, 11, 24), 1), "a day where the user is"


def test_a_digest_is_one_message_and_what_is_due_later_still_waits() -> None:
    daily = replace(DESK, name="daily", when="daily 09:00")
    simulation = tried(
        [daily],
        seen("a", "2026-11-22T10:00", LIN),
        seen("b", "2026-11-23T08:00", LIN, XINGHE),
        seen("c", "2026-11-23T09:00", LIN),
        seen("d", "2026-11-24T11:00", LIN),
    )
    assert simulation.bills() == [Bill("daily", "desk", "daily 09:00", 2, 5, 1, {}, (date(2026, 11, 23), 1))]
    first, second = simulation.first(9)
    assert (first.at, first.digest, len(first.alerts)) == (at("2026-11-23T09:00"), "daily", 3)
    assert (second.at, len(second.alerts)) == (at("2026-11-24T09:00"), 1)


def test_quiet_hours_put_off_and_a_timezone_counts() -> None:
    night = replace(DESK, quiet=Quiet(time(23), time(8)))
    there = replace(night, name="there", timezone=ZoneInfo("America/New_York"))  # 13 hours behind
    simulation = tried([night, there], seen("a", "2026-11-22T23:30", LIN), seen("b", "2026-11-23T01:00", LIN))
    assert [told.at for told in simulation.first(9)] == [
        at("2026-11-22T23:30"), at("2026-11-23T01:00"), at("2026-11-23T08:00"), at("2026-11-23T08:00"),
    ]  # fmt: skip
    assert [one.messages for one in simulation.channels()] == [4], "two stories are two messages, also at one moment"


def test_the_first_messages_of_each_channel() -> None:
    both = replace(DESK, channels=("desk", "mail"))
    simulation = tried([both], *(seen(f"s{hour}", f"2026-11-23T{hour}:00", LIN) for hour in (13, 11, 12)))
    [desk, mail, second, *_] = simulation.first(2)
    assert desk == Told(at("2026-11-23T11:00"), "desk", "", (Raised("s11", LIN.entity_id, "models"),))
    assert (mail.channel, second.at, len(simulation.first(2))) == ("mail", at("2026-11-23T12:00"), 4)


def test_why_alerts_would_have_been_suppressed() -> None:
    cool = replace(DESK, cooldown=6 * HOUR)
    untimed = Article("u", "36kr", "36氪", "article", "", "u", "", (), None, "unknown")
    simulation = tried(
        [cool],
        seen("old", "2026-11-22T08:00", LIN, age=timedelta(days=3)),
        seen("dump", "2026-11-22T08:30", LIN, imported=True),
        seen("first", "2026-11-22T08:40", LIN, article=untimed, backlog=True),
        seen("a", "2026-11-22T09:00", LIN),
        seen("b", "2026-11-22T14:59", LIN, XINGHE),
        seen("b", "2026-11-22T15:30", LIN),  # held back once, so for ever
        seen("c", "2026-11-22T15:00", LIN),
        seen("m", "2026-11-23T15:00", LIN),
        seen("n", "2026-11-24T11:00", LIN),
        mutes=[
            Mute(LIN.entity_id, at("2026-11-23T14:00"), at("2026-11-24T11:00")),
            Mute("a", at("2026-11-22T09:30"), None),
        ],
    )
    assert simulation.bills() == [
        Bill(
            "models", "desk", "now", 4, 4, 0,
            {"older than 2 days": 1, "import": 1, "first run of the source": 1, "cooldown": 1, "muted": 1},
            (date(2026, 11, 22), 3),
        )
    ]  # fmt: skip


def test_what_came_before_is_known_and_cools_and_is_not_counted() -> None:
    cool = replace(DESK, cooldown=12 * HOUR)  # it began on Saturday at noon
    simulation = tried(
        [cool],
        seen("a", "2026-11-21T11:00", LIN),
        seen("a2", "2026-11-21T13:00", LIN, story="a"),
        seen("b", "2026-11-21T22:59", LIN),
        seen("c", "2026-11-21T23:00", LIN),
    )
    assert simulation.bills() == [Bill("models", "desk", "now", 1, 1, 0, {"cooldown": 1}, (date(2026, 11, 21), 1))]


def test_rules_ask_of_simulated_articles_what_they_ask_of_others() -> None:
    rules = [
        replace(DESK, name="about", central=True),
        replace(DESK, name="out", not_outlets=("36氪",)),
        replace(DESK, name="one", groups=(), entity_ids=(XINGHE.entity_id,)),
    ]
    simulation = tried(
        rules,
        seen("a", "2026-11-23T10:00", mentions=(*named(LIN, central=True), *named(XINGHE))),
        seen("b", "2026-11-23T11:00", mentions=named(LIN, role="byline")),
    )
    assert [(one.rule, one.alerts) for one in simulation.bills()] == [("about", 1), ("out", 0), ("one", 1)]


# Out of a warehouse


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "data", holder="test", now=SINCE, timezone=SHANGHAI) as opened:
        opened.sync_entities(ENTITIES, SINCE)
        yield opened


TEXTS = {
    "one": "星河智能创始人林晚舟周五在青禾码头说，公司的新模型会在明年春天开源，镇上的木匠也能用它来画图纸，不收钱。",
    "two": "云帆汽车把总装线搬到了河对岸的旧纺织厂里，第一辆车下线的那天镇上放了半天假，孩子们在桥头数车灯数到天黑。",
    "three": "林晚舟把一台坏掉的收音机带进了实验室，拆开之后发现里面住着一窝蜜蜂，于是那天下午的例会改到了院子里开。",
}


def load(wh: Warehouse, when: str, *names: str, rules: Sequence[Rule], kind: str = "collect", **changes: Any) -> int:
    """One run that brings these texts."""
    moment = at(when)
    run = runs.begin_run(wh, kind, "direct", moment - timedelta(minutes=1))
    came = [
        replace(
            Article(
                f"x:{name}", "36kr", "36氪", "article", f"https://e.com/{name}", f"{name}的标题", TEXTS[name], (),
                moment - HOUR, "minute",
            ),
            **changes,
        )
        for name in names
    ]  # fmt: skip
    loaded = articles.load(
        wh, [Incoming(one, backlog=kind == "first") for one in came], Lexicon.compile(ENTITIES), rules, moment,
        timezone=SHANGHAI, alert=kind != "backfill",
    )  # fmt: skip
    runs.end_run(wh, run, {}, "ok", moment + timedelta(minutes=1))
    return sum(one.alerts for one in loaded)


def simulated(wh: Warehouse, rules: Sequence[Rule], since: datetime = SINCE) -> Simulation:
    simulation = Simulation(rules, ENTITIES, simulate.mutes(wh.con), since=since, now=NOW, timezone=SHANGHAI)
    for one in simulate.read(wh.con, rules, since):
        simulation.take(one)
    return simulation


def raised(wh: Warehouse) -> dict[tuple[str, str, str], int]:
    """(rule, channel, reason or "") → alerts, as the warehouse has them."""
    rows = wh.con.execute("SELECT rule, channel, coalesce(reason, ''), count(*) FROM core.alerts GROUP BY ALL")
    return {row[:3]: row[3] for row in rows.fetchall()}


def test_it_says_what_the_runs_did(wh: Warehouse) -> None:
    rules = [replace(DESK, cooldown=6 * HOUR), Rule("all", (), ("mail",), when="daily 09:00")]
    assert load(wh, "2026-11-22T10:00", "one", rules=rules) == 4
    mute(wh, YUNFAN.entity_id, NOW, at("2026-11-22T11:00"))
    assert load(wh, "2026-11-22T12:00", "two", rules=rules) == 0
    assert load(wh, "2026-11-22T13:00", "three", rules=rules) == 1
    expected = {
        ("models", "desk", ""): 2, ("models", "desk", "cooldown"): 1,
        ("all", "mail", ""): 3, ("all", "mail", "muted"): 1,
    }  # fmt: skip
    assert raised(wh) == expected
    found = {(one.rule, one.channel, ""): one.alerts for one in simulated(wh, rules).bills()} | {
        (one.rule, one.channel, why): n for one in simulated(wh, rules).bills() for why, n in one.suppressed.items()
    }
    assert found == expected
    assert [one.messages for one in simulated(wh, rules).bills()] == [1, 1]
    assert simulate.articles_since(wh.con, SINCE) == 3


def test_imports_and_the_first_run_of_a_source_are_known_by_their_runs(wh: Warehouse) -> None:
    rules = [DESK]
    unknown = {"published_at": None, "precision": "unknown"}
    load(wh, "2026-11-22T10:00", "one", rules=rules, kind="backfill")
    load(wh, "2026-11-22T11:00", "three", rules=rules, **unknown)  # the first that came of 36kr
    [bill] = simulated(wh, rules).bills()
    assert (bill.alerts, bill.suppressed) == (0, {"import": 2, "first run of the source": 1})
    load(wh, "2026-11-22T12:00", "three", rules=rules, article_id="x:later", title="又一台", text=TEXTS["three"] * 2 + TEXTS["two"] + "林晚舟后来说，蜜蜂搬走了，收音机修好了，只收得到一个台。" * 3, **unknown)  # fmt: skip
    # By hand, in no run: the import that ended before is not where it came from.
    articles.load(
        wh, [Incoming(Article("x:odd", "zaker", "ZAKER", "article", "", "林晚舟", "", (), None, "unknown"))],
        Lexicon.compile(ENTITIES), rules, at("2026-11-22T10:30"), timezone=SHANGHAI,
    )  # fmt: skip
    assert [(one.backlog, one.imported) for one in simulate.read(wh.con, rules, SINCE)] == [
        (False, True),
        (True, False),  # the first of its source, whatever brought it
        (True, False),
        (False, False),
    ]


def test_articles_of_a_known_story_come_along_from_before(wh: Warehouse) -> None:
    load(wh, "2026-11-20T10:00", "one", rules=[DESK])
    load(wh, "2026-11-22T10:00", "one", rules=[DESK], article_id="x:repost", source="zaker", outlet="ZAKER")
    load(wh, "2026-11-20T11:00", "two", rules=[DESK])
    assert [one.article.article_id for one in simulate.read(wh.con, [DESK], SINCE)] == ["x:one", "x:repost"]
    assert simulate.number(wh.con, [DESK], SINCE) == 2
    [bill] = simulated(wh, [DESK]).bills()
    assert (bill.messages, bill.suppressed) == (0, {})
    longer = [replace(DESK, cooldown=timedelta(days=2))]
    assert [one.article.article_id for one in simulate.read(wh.con, longer, SINCE)] == ["x:one", "x:two", "x:repost"]
    assert simulate.number(wh.con, longer, SINCE) == 3


def test_what_a_message_would_have_said(wh: Warehouse) -> None:
    load(wh, "2026-11-22T10:00", "one", "two", rules=[DESK])
    simulation = simulated(wh, [DESK])
    [[first, second]] = simulate.views(wh.con, simulation.first(3))
    assert {first.name, second.name} == {"星河智能", "林晚舟"}
    lin = first if first.name == "林晚舟" else second
    assert (lin.title, lin.outlet, lin.url, lin.rule, lin.channel) == ("one的标题", "36氪", "https://e.com/one", "models", "desk")  # fmt: skip
    assert lin.surface == "林晚舟" and lin.sentence.startswith("星河智能创始人林晚舟") and lin.confidence > 0.9
    stored = wh.con.execute("SELECT alert_id FROM core.alerts WHERE entity_id = ?", [LIN.entity_id]).fetchall()
    assert stored == [(lin.alert_id,)], "under the id that the run gave it"
