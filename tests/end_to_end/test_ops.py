"""What ops hears over days of runs: channels, backlogs, missed runs, heartbeats; each once, by fresh sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_outlet import EPOCH, Small, small_outlet

from flows.channels.render import Language
from flows.check import load_both
from flows.telling import beat_of, line_of
from warehouse.incidents import Counts, Incident


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        opened.publishes(*range(1, 30))
        opened.shows(1)
        set_clock(opened, EPOCH + timedelta(minutes=30))  # its articles are of EPOCH: new enough to alert
        yield opened


def ops(small: Small, since: int = 0) -> list[str]:
    return [message.text for message in small.replica.sink.received if message.token == "small-ops"][since:]


def reconfigure(small: Small, old: str, new: str) -> None:
    file = small.folder / "tanma.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    small.config, small.entities = load_both(file, {})


def set_clock(small: Small, at: datetime) -> None:
    small.ahead = at - datetime.now(UTC)


def test_a_channel_that_fails_and_is_mended_is_told_once_each(small: Small) -> None:
    reconfigure(small, "feishu://small-desk", "dingtalk://smalldesk000111")
    reconfigure(small, "sources:\n", "timezone: Asia/Shanghai\nheartbeat: never\nsources:\n")
    small.replica.sink.refuse("dingtalk", 310000)
    small.run_all()
    small.shows(2, 1)
    small.later(minutes=20)
    small.run_all()
    [told] = ops(small)
    assert told.startswith("探马：需要处理\nchannel desk (钉钉) refused the message: 310000")
    small.replica.sink.mend()
    small.shows(3, 2, 1)
    small.later(minutes=20)
    small.run_all()
    small.later(minutes=20)
    small.run_all()
    assert ops(small, 1) == ["探马：已恢复\ndesk: 又能送达；先前未送达的用 tanma alerts retry 重发"]


def test_a_backlog_is_told_once_and_once_when_it_is_gone(small: Small) -> None:
    reconfigure(small, "feishu://small-desk", "dingtalk://smalldesk000111")
    reconfigure(small, "sources:\n", "timezone: Asia/Shanghai\nheartbeat: never\nsources:\n")
    small.replica.sink.fail("dingtalk", 503)
    for _ in range(4):
        small.run_all()
        small.later(minutes=20)
    assert ops(small) == ["探马：需要处理\ndesk: 1 条提醒已到时间，最久的等了超过 30 分钟"]
    small.replica.sink.mend()
    for _ in range(2):
        small.later(minutes=60)
        small.run_all()
    assert ops(small, 1) == ["探马：已恢复\ndesk: 积压已清"]


def test_ops_that_cannot_be_told_is_told_later(small: Small) -> None:
    reconfigure(small, "feishu://small-desk", "dingtalk://smalldesk000111")
    small.replica.sink.refuse("dingtalk", 310000)
    small.replica.sink.fail("feishu", 500)
    small.run_all()
    small.later(minutes=20)
    small.run_all()
    assert ops(small) == []
    small.replica.sink.mend("feishu")
    small.later(minutes=20)
    small.run_all()
    small.later(minutes=20)
    small.run_all()
    [told] = ops(small)
    assert "channel desk (钉钉) refused the message: 310000" in told


def test_a_run_that_did_not_happen_is_told_by_the_next(small: Small) -> None:
    set_clock(small, datetime(2026, 11, 25, 4, 0, tzinfo=UTC))
    for _ in range(8):
        small.run_all()
        small.later(minutes=15)
    small.later(hours=5)
    for _ in range(2):
        small.run_all()
        small.later(minutes=15)
    assert ops(small) == ["探马：已恢复\n2026-11-25 05:45 UTC 以后没有采集过，平时每 15 min 一次；现在恢复了"]


def test_a_heartbeat_comes_at_its_hour_once(small: Small) -> None:
    reconfigure(small, "sources:\n", "timezone: Asia/Shanghai\nsources:\n")
    set_clock(small, datetime(2026, 11, 27, 4, 0, tzinfo=UTC))  # Friday, noon
    small.run_all()
    small.shows(2, 1)
    small.later(hours=1)
    small.run_all()
    set_clock(small, datetime(2026, 11, 30, 0, 50, tzinfo=UTC))  # Monday, 08:50
    small.run_all()
    assert [text for text in ops(small) if "小结" in text] == []
    small.later(minutes=15)
    small.run_all()
    small.later(minutes=15)
    small.run_all()
    [beat] = [text for text in ops(small) if "小结" in text]
    head, span, articles, alerts, trouble = beat.splitlines()
    assert head == "探马：运行小结" and span == "2026-11-27 12:00 — 2026-11-30 09:05"
    assert articles == "新文章 1 篇，来自 1 家"
    assert trouble == "未恢复的问题：0 个"
    assert alerts == "提醒：送达 0 条，压下 1 条，失败 0 条，等待 0 条"  # 第2篇 is six days old


@pytest.mark.parametrize("key", ["heartbeat: never\n", ""])
def test_no_heartbeat_when_none_is_wanted_or_nobody_hears(small: Small, key: str) -> None:
    reconfigure(small, "sources:\n", f"{key}sources:\n")
    if not key:
        reconfigure(small, "  ops: feishu://small-ops\n", "")
    small.run_all()
    small.later(days=15)
    small.run_all()
    assert [text for text in ops(small) if "小结" in text] == []


AT = datetime(2026, 11, 25, 5, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (Incident("channel", "desk", "channel desk refused", AT, False), "channel desk refused"),
        (Incident("channel", "desk", "", AT, True), "desk: takes messages again; tanma alerts retry sends what failed"),
        (Incident("backlog", "desk", "12", AT, False), "desk: 12 alerts wait, the oldest for more than 30 minutes after it was due"),
        (Incident("backlog", "desk", "12", AT, True), "desk: no alert waits too long any more"),
        (
            Incident("gap", AT.isoformat(), "7200", AT, True),
            "nothing was collected since 2026-11-25 05:45 UTC, usually every 2 h; it is now",
        ),
    ],
)  # fmt: skip
def test_in_english(one: Incident, line: str) -> None:
    language: Language = "en"
    assert line_of(one, language) == line
    assert beat_of(Counts(12, 3, 4, 5, 6, 7, 8), language) == (
        "12 new articles of 3 outlets\nalerts: 4 sent, 5 suppressed, 6 failed, 7 waiting\nin trouble: 8"
    )
