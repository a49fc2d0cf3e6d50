"""Quiet hours hold whatever brought an alert into them: a delay, a full robot, a machine that was off, a retry by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from many_alerts import LIN, raise_many

from flows import outbox
from flows.channels.message import Limit, Message
from flows.outbox import DeliverReport
from sources.errors import ChannelBusy, ChannelRefused
from warehouse import alerts, incidents
from warehouse.outbox import hold
from warehouse.rules import Quiet, Rule
from warehouse.store import Warehouse

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 20, 22, 58, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 11, 20, 23, 5, tzinfo=SHANGHAI)
MORNING = datetime(2026, 11, 21, 8, 0, tzinfo=SHANGHAI)
CALM = Rule("calm", (), ("desk",), quiet=Quiet(time(23), time(8)))
AWAKE = Rule("awake", (), ("desk",))


class Desk:
    """Takes what it is sent, or raises `error`."""

    name = "desk"
    limit = Limit(20_000)

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.told: list[str] = []

    def send(self, message: Message) -> None:
        if self.error:
            raise self.error
        self.told += [view.story_id for view in message.alerts]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "data", holder="test", now=EVENING, timezone=SHANGHAI) as warehouse:
        warehouse.sync_entities((LIN,), EVENING)
        yield warehouse


def deliver(wh: Warehouse, desk: Desk, at: datetime) -> DeliverReport:
    delivery = outbox.Delivery(
        wh, {"desk": desk}, (CALM, AWAKE), language="zh", timezone=SHANGHAI, now=lambda: at, jitter=lambda: 0.0
    )
    asyncio.run(delivery.run())
    return delivery.report


def waits_for(wh: Warehouse, rule: str) -> list[tuple[str, datetime]]:
    return wh.con.execute("SELECT status, next_attempt_at FROM core.alerts WHERE rule = ?", [rule]).fetchall()


def test_a_delay_that_ends_in_quiet_hours_lasts_until_their_end(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=EVENING, rule="calm")
    desk.error = ChannelBusy("channel desk could not take the message now: 500")
    assert deliver(wh, desk, EVENING).retried == 1
    desk.error = None
    assert deliver(wh, desk, NIGHT).sent == 0
    assert waits_for(wh, "calm") == [("pending", MORNING)]
    assert deliver(wh, desk, MORNING - timedelta(seconds=1)).sent == 0
    assert deliver(wh, desk, MORNING).sent == 1
    assert desk.told == ["s0001"]


def test_a_machine_that_was_off_when_it_was_due_does_not_wake_anybody(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=EVENING, rule="calm")
    raise_many(wh, [2], "desk", at=EVENING, rule="awake")
    deliver(wh, desk, NIGHT)
    assert desk.told == ["s0002"]
    deliver(wh, desk, MORNING)
    assert desk.told == ["s0002", "s0001"]


def test_what_waits_for_the_morning_is_no_backlog_then(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=EVENING, rule="calm")
    desk.error = ChannelBusy("channel desk could not take the message now: 500")
    deliver(wh, desk, EVENING)
    deliver(wh, desk, NIGHT)
    incidents.judge_backlog(wh, MORNING)
    assert incidents.untold(wh) == []
    incidents.judge_backlog(wh, MORNING + timedelta(minutes=31))
    assert [one.kind for one in incidents.untold(wh)] == ["backlog"]


def test_a_retry_by_hand_waits_too(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=EVENING, rule="calm")
    desk.error = ChannelRefused("channel desk refused the message: bad token")
    assert deliver(wh, desk, EVENING).failed == 1
    desk.error = None
    assert alerts.retry(wh, None, NIGHT) == 1
    assert deliver(wh, desk, NIGHT).sent == 0
    assert waits_for(wh, "calm") == [("pending", MORNING)]


def test_a_channel_that_asked_for_rest_is_not_left_alone_until_morning(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=EVENING, rule="calm")
    desk.error = ChannelBusy("too fast", retry_after=timedelta(minutes=5))
    assert deliver(wh, desk, EVENING).retried == 1
    desk.error = None
    deliver(wh, desk, NIGHT)
    raise_many(wh, [2], "desk", at=NIGHT, rule="awake")
    deliver(wh, desk, NIGHT + timedelta(minutes=1))
    assert desk.told == ["s0002"]


def test_what_is_due_after_the_quiet_hours_stays_where_it_is(wh: Warehouse) -> None:
    later = MORNING + timedelta(hours=1)
    raise_many(wh, [1], "desk", at=later, rule="calm")
    hold(wh, {"calm": MORNING}, NIGHT)
    assert waits_for(wh, "calm") == [("pending", later)]


def test_a_retry_is_late_from_its_own_hour_on(wh: Warehouse, desk: Desk) -> None:
    raise_many(wh, [1], "desk", at=datetime(2026, 11, 18, tzinfo=UTC), rule="awake")
    desk.error = ChannelRefused("channel desk refused the message: bad token")
    deliver(wh, desk, EVENING)
    alerts.retry(wh, None, EVENING)
    incidents.judge_backlog(wh, EVENING + timedelta(minutes=1))
    assert [one.kind for one in incidents.untold(wh)] == ["channel"]
