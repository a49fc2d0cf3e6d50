"""`tanma alerts list|show|simulate` on the published file of a small warehouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from flows.commands.alerts import _what_next
from sources.article import Article
from sources.errors import ConfigError, NotPublished
from warehouse import alerts, articles, outbox
from warehouse.articles import Incoming
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

CHINA = ZoneInfo("Asia/Shanghai")
LIN, XINGHE = Entity("person", "林晚舟", groups=("大模型",)), Entity("company", "星河智能")
WATCHLIST = "people: [{name: 林晚舟, groups: [大模型]}]\ncompanies: [星河智能]\n"
CONFIG = """\
sources: []
channels: {desk: 'json://localhost/s3cr3t-t0ken', mail: 'json://localhost/other'}
alerts:
  - {for: [林晚舟, 星河智能], to: desk, name: now}
  - {for: 大模型, to: [mail], when: daily 09:00, name: morning}
  - {for: companies, to: desk, name: cool, cooldown: 6h, not_outlets: ZAKER}
"""
NOW = datetime.now(UTC).replace(microsecond=0)
NOON = (NOW.astimezone(CHINA) - timedelta(days=3)).replace(hour=12, minute=0, second=0)
ONE = "星河智能创始人林晚舟周五在青禾码头说，公司的新模型会在明年春天开源，镇上的木匠也能用它来画图纸，不收钱。"
TWO = "镇上的木匠试了一天，画出一把三条腿的椅子。星河智能说会改，林晚舟把椅子留在了办公室，每天坐在上面写代码。"
RULES = (
    Rule("now", (), ("desk",)),
    Rule("morning", ("大模型",), ("mail",), when="daily 09:00"),
    Rule("cool", (), ("desk",), cooldown=timedelta(hours=6), kinds=("company",)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles three days ago, two hours apart, with what became of their alerts."""
    folder = tmp_path_factory.mktemp("alerts")
    (folder / "tanma.yaml").write_text(CONFIG, "utf-8")
    (folder / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    with Warehouse.open(folder / "data", holder="test", now=NOW, timezone=CHINA) as wh:
        wh.sync_entities((LIN, XINGHE), NOON)
        for hours, (name, title, text) in enumerate((("a", "木匠的模型", ONE), ("b", "三条腿的椅子", TWO))):
            at = NOON + timedelta(hours=2 * hours)
            article = Article(
                f"x:{name}", "36kr", "36氪", "article", f"https://e.com/{name}", title, text, (), at, "minute"
            )
            articles.load(wh, [Incoming(article)], Lexicon.compile((LIN, XINGHE)), RULES, at, timezone=CHINA)
        while claim := outbox.claim(wh, at, skip=["mail"]):
            if claim.views[0].story_id == "x:a":
                outbox.settle_sent(wh, claim.alert_ids, at)
            else:
                outbox.settle_failed(wh, claim.alert_ids, "feishu: 19021 sign match fail")
        wh.publish()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *words, "--config", str(folder / "tanma.yaml")])


def document(folder: Path, *words: str) -> Any:
    result = run(folder, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def the_id(story: str, entity: Entity, rule: str, channel: str = "desk") -> str:
    return alerts.alert_id(story, entity.entity_id, rule, channel)


# list


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), 8),
        (("--rule", "now"), 4),
        (("--channel", "mail"), 2),
        (("--rule", "cool", "--status", "suppressed"), 1),
        (("--rule", "no such rule"), 0),
        (("--since", "4d"), 8),
        (("--since", f"{NOON + timedelta(hours=1):%Y-%m-%d %H:%M}"), 4),
        (("--since", f"{NOON + timedelta(hours=1):%Y-%m-%d %H:%M}", "--channel", "desk", "--rule", "now"), 2),
        (("--since", "1d"), 0),
    ],
)
def test_lists_are_narrowed(world: Path, words: tuple[str, ...], expected: int) -> None:
    assert len(document(world, "list", *words)) == expected


def test_a_time_that_is_none_is_wrong_usage(world: Path) -> None:
    result = run(world, "list", "--since", "yesterday")
    assert isinstance(result.exception, ConfigError) and "--since: yesterday: expected a day" in str(result.exception)


# show


def test_one_alert_with_all_that_is_known_of_it(world: Path) -> None:
    alert = document(world, "show", the_id("x:b", LIN, "now"))
    assert {key: alert[key] for key in ("status", "rule", "channel", "name", "title", "outlet", "attempts")} == {
        "status": "failed", "rule": "now", "channel": "desk", "name": "林晚舟", "title": "三条腿的椅子",
        "outlet": "36氪", "attempts": 1,
    }  # fmt: skip
    assert alert["last_error"] == "feishu: 19021 sign match fail"
    assert alert["next"] == f"mend desk (`tanma channels test desk`), then `tanma alerts retry {alert['alert_id']}`"
    [mention] = alert["mentions"]
    assert (mention["surface"], mention["role"], mention["how"]) == ("林晚舟", "body", "name")
    assert mention["reason"] and mention["confidence"] > 0.9 and mention["snippet"].startswith("星河智能说会改")
    assert [one["article_id"] for one in alert["story"]] == ["x:b"]
    assert [(one["name"], one["rule"], one["status"], one["reason"]) for one in alert["others"]] == [
        ("星河智能", "cool", "suppressed", "cooldown"),
        ("林晚舟", "morning", "pending", None),
        ("星河智能", "now", "failed", None),
    ]


def test_what_a_person_sees_of_an_alert(world: Path) -> None:
    result = run(world, "show", the_id("x:b", XINGHE, "cool"))
    lines = result.stdout.splitlines()
    assert result.exit_code == 0 and "reason\tcooldown" in lines and "status\tsuppressed" in lines
    assert lines[-1] == (
        "next: nothing: it is never sent; `cooldown` of the rule cool in tanma.yaml decides for later ones"
    )
    assert "mentions" in lines and "story" in lines and "other alerts of the story" in lines
    assert not any(line.startswith("last_error") for line in lines)


def test_an_alert_that_nobody_knows(world: Path, tmp_path: Path) -> None:
    result = run(world, "show", "0123456789abcdef")
    assert isinstance(result.exception, ConfigError) and result.exception.exit_code == 2
    assert str(result.exception) == (
        "alerts show: 0123456789abcdef: no alert has this id; `tanma alerts list` shows them"
    )
    (tmp_path / "tanma.yaml").write_text(CONFIG, "utf-8")
    assert isinstance(run(tmp_path, "show", "x").exception, NotPublished)


DUE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({"status": "sent"}, DUE, "nothing: desk accepted it"),
        ({"status": "sending"}, DUE, "it is on its way; what a killed run left so is sent by the next one"),
        ({"status": "pending"}, DUE, "the next run sends it"),
        ({"status": "pending"}, DUE - timedelta(hours=1), "it waits until 2026-11-20 09:00"),
        ({"status": "pending", "last_error": "429"}, DUE - timedelta(hours=1),
         "it waits until 2026-11-20 09:00, after an error; `tanma alerts retry a1` makes it due now"),
        ({"status": "suppressed", "reason": "rescan"}, DUE, "it is not sent unless `tanma rescan --alert` raises it"),
        ({"status": "suppressed", "reason": "muted"}, DUE, "nothing: it is never sent"),
        ({"status": "suppressed", "reason": "older than 2 days"}, DUE,
         "nothing: it is never sent; `max_age` of the rule now in tanma.yaml decides for later ones"),
    ],
)  # fmt: skip
def test_what_comes_next(changes: dict[str, Any], now: datetime, expected: str) -> None:
    alert = {"alert_id": "a1", "channel": "desk", "rule": "now", "next_attempt_at": DUE, "last_error": None, "reason": None}  # fmt: skip
    assert _what_next(alert | changes, now) == expected


# simulate


def test_what_the_rules_would_have_sent(world: Path) -> None:
    found = document(world, "simulate", "--since", "7d")
    day = f"{NOON:%Y-%m-%d}"
    morning = f"{NOON + timedelta(days=1):%Y-%m-%d}"
    assert (found["days"], found["articles"]) == (7.0, 2)
    assert found["rules"] == [
        {"rule": "now", "channel": "desk", "when": "now", "messages": 2, "alerts": 4, "waiting": 0, "suppressed": {},
         "busiest_day": {"day": day, "messages": 2}},
        {"rule": "morning", "channel": "mail", "when": "daily 09:00", "messages": 1, "alerts": 2, "waiting": 0,
         "suppressed": {}, "busiest_day": {"day": morning, "messages": 1}},
        {"rule": "cool", "channel": "desk", "when": "now", "messages": 1, "alerts": 1, "waiting": 0,
         "suppressed": {"cooldown": 1}, "busiest_day": {"day": day, "messages": 1}},
    ]  # fmt: skip
    assert [(one["channel"], one["messages"], one["alerts"]) for one in found["channels"]] == [
        ("desk", 2, 5), ("mail", 1, 2),
    ]  # fmt: skip
    first, second, digest = found["first"]
    assert (first["channel"], first["rules"], first["digest"], first["alerts"]) == ("desk", ["now", "cool"], False, 3)
    assert datetime.fromisoformat(first["at"]) == NOON and first["at"].endswith("+08:00")
    assert "木匠的模型 — 36氪 12:00" in first["text"] and "https://e.com/a" in first["text"]
    assert "三条腿的椅子" in second["text"]
    assert (digest["channel"], digest["digest"], digest["alerts"]) == ("mail", True, 2)
    assert "morning" in digest["text"] and "木匠的模型" in digest["text"] and "三条腿的椅子" in digest["text"]
    assert "s3cr3t" not in json.dumps(found)


def test_what_a_person_sees_of_a_simulation(world: Path) -> None:
    lines = run(world, "simulate").stdout.splitlines()
    assert lines[0] == "2 articles of the last 30 days: these rules would have sent 3 messages"
    assert f"cool\tdesk\tnow\t1\t1\t0\tcooldown 1\t{NOON:%Y-%m-%d} (1)" in lines
    assert f"desk\t2\t5\t{NOON:%Y-%m-%d} (2)" in lines
    assert f"→ desk  {NOON:%Y-%m-%d} 12:00" in lines and "  https://e.com/a" in lines


def test_another_configuration_can_be_tried(world: Path) -> None:
    other = world / "other.yaml"
    other.write_text("sources: []\nalerts: [{for: products}, {for: people, at_least: {mentions: 2}, name: b}]\n", "utf-8")  # fmt: skip
    try:
        result = CliRunner().invoke(app, ["alerts", "simulate", "--config", str(other), "--json"])
        # No product is tracked: the word is a kind all the same.
        assert [(one["rule"], one["alerts"]) for one in json.loads(result.stdout)["rules"]] == [("products", 0), ("b", 0)]  # fmt: skip
    finally:
        other.unlink()


def test_simulating_takes_no_lock_and_changes_nothing(world: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in world.rglob("*") if path.is_file()}
    with Warehouse.open(world / "data", holder="tanma collect", now=NOW):
        held = {path for path in world.rglob("*") if path.is_file()}
        assert document(world, "simulate")["articles"] == 2
        assert {path for path in world.rglob("*") if path.is_file()} == held
    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in before if "work" not in path.parts}
    assert after.items() <= before.items()


@pytest.mark.parametrize(("since", "said"), [("0d", "expected some time, such as 30d"), ("soon", "expected a span")])
def test_a_span_that_is_none_is_wrong_usage(world: Path, since: str, said: str) -> None:
    result = run(world, "simulate", "--since", since)
    assert isinstance(result.exception, ConfigError) and f"--since: {since}: {said}" in str(result.exception)
