"""More is due than a robot takes: digests, in order, never refused; robots shared by channels, runs and processes.

The robot is the replica's with its limits on: the 21st message in a minute is refused and locks it for ten minutes.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from many_alerts import LIN, raise_many

from flows.channels.message import Channel, Limit, Message
from flows.channels.send import open_channels
from flows.limits import Limits, robot_of
from flows.outbox import DeliverReport, Delivery, ops_notice
from sources.errors import ChannelBusy, ChannelRefused
from sources.replica import Replica, Sink, World
from warehouse.rules import Rule
from warehouse.sends import Slot
from warehouse.store import Warehouse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
DESK = "dingtalk://d1ngt4lksecret000111"
URLS = {"desk": DESK, "wecom": "wecombot://wecomkey000111", "team": "feishu://feishu-secret-000111"}
HEADING = re.compile(r"^【汇总】集中到来 · (\d+) 条(（\d+/\d+）)?$", re.MULTILINE)


class Clock:
    """A second passes only when the test says so, a millisecond whenever it is read."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def strict(clock: Clock) -> Iterator[Replica]:
    with Replica(World(NOW), Sink(limits=True, clock=lambda: clock.now)) as running:
        yield running


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW, timezone=SHANGHAI) as warehouse:
        warehouse.sync_entities((LIN,), NOW)
        yield warehouse


def deliver(
    wh: Warehouse, channels: Mapping[str, Channel], clock: Clock, *rules: Rule, urls: Mapping[str, str] = URLS
) -> tuple[DeliverReport, datetime | None]:
    delivery = Delivery(
        wh, channels, rules, language="zh", timezone=SHANGHAI, now=clock, limits=Limits(wh.folder, urls, clock)
    )
    asyncio.run(delivery.run())
    return delivery.report, delivery.next_room


def titles(sink: Sink, token: str = "d1ngt4lksecret000111") -> list[str]:
    """Of all stories that a robot told, in the order in which a reader meets them; a message's own title says it again."""
    told = (re.findall(r"标题(s\d+)", one.text) for one in sink.received if one.token == token)
    return [title for of_one in told for title in dict.fromkeys(of_one)]


def wanted(numbers: Sequence[int]) -> list[str]:
    return [f"s{number:04}" for number in numbers]


@pytest.mark.parametrize(("channel", "token"), [("desk", "d1ngt4lksecret000111"), ("wecom", "wecomkey000111")])
def test_a_thousand_alerts_to_a_robot_of_twenty_a_minute(
    wh: Warehouse, strict: Replica, clock: Clock, channel: str, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_many(wh, range(1_000), channel, at=NOW)
    clock.now += timedelta(seconds=2)
    channels = open_channels(URLS, strict.rewrite)
    begun = time.monotonic()
    raised, passes = clock.now, 0
    report, room = deliver(wh, channels, clock)
    first, passes = strict.sink.received[0].at - raised, passes + 1
    assert report.waiting == 1_000 - len(titles(strict.sink, token))
    assert (room is None) == (report.waiting == 0) == (channel == "desk")  # 钉钉 takes 18,000 bytes, 企业微信 2,000
    while room is not None:
        assert room > clock.now
        clock.now, passes = room, passes + 1
        report, room = deliver(wh, channels, clock)
    assert titles(strict.sink, token) == wanted(range(1_000))
    assert all(attempt.accepted for attempt in strict.sink.attempts)
    assert wh.con.execute("SELECT status, count(*) FROM core.alerts GROUP BY 1").fetchall() == [("sent", 1_000)]
    assert first < timedelta(seconds=5)
    texts = [one.text for one in strict.sink.received]
    counts = [found for text in texts if (found := HEADING.search(text))]
    assert sum(int(found[1]) for found in counts) >= 990 and not any(found[2] for found in counts)
    with capsys.disabled():
        print(
            f"\n1,000 alerts to {channel}: {len(texts)} messages in {passes} passes over "
            f"{(clock.now - raised).total_seconds():.0f} s of the robot's time ({time.monotonic() - begun:.1f} s of ours); "
            f"the first after {first.total_seconds():.2f} s, none refused"
        )


def test_what_has_room_goes_out_one_by_one(wh: Warehouse, strict: Replica, clock: Clock) -> None:
    raise_many(wh, range(20), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, open_channels(URLS, strict.rewrite), clock)
    assert (report.sent, report.waiting, room) == (20, 0, None)
    assert not any(HEADING.search(one.text) for one in strict.sink.received)


def test_what_comes_when_the_minute_is_full_waits_together(wh: Warehouse, strict: Replica, clock: Clock) -> None:
    channels = open_channels(URLS, strict.rewrite)
    raise_many(wh, range(19), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    assert deliver(wh, channels, clock)[0].sent == 19
    raise_many(wh, range(19, 24), "desk", at=clock.now)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, channels, clock)
    assert (report.sent, report.waiting, room) == (1, 0, None)  # five in the one message that has room
    assert HEADING.search(strict.sink.received[-1].text)[1] == "5"  # type: ignore[index]
    raise_many(wh, [24], "desk", at=clock.now)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, channels, clock)
    assert (report.sent, report.waiting) == (0, 1)
    first = strict.sink.received[0].at
    assert room is not None and timedelta(seconds=60) <= room - first < timedelta(seconds=60.1)
    clock.now = room
    assert deliver(wh, channels, clock)[0].sent == 1
    assert strict.sink.received[-1].text.startswith("【林晚舟】标题s0024")  # alone it is no digest
    assert titles(strict.sink) == wanted(range(25))
    assert all(attempt.accepted for attempt in strict.sink.attempts)


def test_channels_with_the_same_robot_share_its_limit(wh: Warehouse, strict: Replica, clock: Clock) -> None:
    urls = {"desk": DESK, "night": f"{DESK}/?format=markdown"}
    channels = open_channels(urls, strict.rewrite)
    raise_many(wh, range(15), "desk", "night", at=NOW)
    clock.now += timedelta(seconds=1)
    report, _ = deliver(wh, channels, clock, urls=urls)
    assert report.waiting == 0 and sorted(titles(strict.sink)) == sorted(wanted(range(15)) * 2)
    assert len(strict.sink.received) == 2  # thirty are more than it takes, so each channel's are put together
    # Another process has sent as many as the robot takes.
    other = Limits(wh.folder, {"desk": DESK}, clock)
    while not isinstance(asyncio.run(other.take(channels["desk"])), datetime):
        pass
    raise_many(wh, range(15, 16), "desk", "night", at=clock.now)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, channels, clock, urls=urls)
    assert (report.sent, report.waiting) == (0, 2) and room is not None
    assert all(attempt.accepted for attempt in strict.sink.attempts)


def test_words_to_ops_count_too_and_wait_for_room(wh: Warehouse, strict: Replica, clock: Clock) -> None:
    urls = {"desk": DESK, "ops": DESK}
    channels = open_channels(urls, strict.rewrite)
    limits = Limits(wh.folder, urls, clock)
    raise_many(wh, range(19), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    deliver(wh, channels, clock, urls=urls)
    assert asyncio.run(ops_notice(channels, "36kr: blocked", "zh", limits=limits))
    assert not asyncio.run(ops_notice(channels, "36kr: mended", "zh", limits=limits))
    assert len(strict.sink.attempts) == 20
    clock.now += timedelta(seconds=61)
    assert asyncio.run(ops_notice(channels, "36kr: mended", "zh", limits=limits))


def test_five_a_second_are_waited_for(wh: Warehouse, clock: Clock) -> None:
    """飞书's other limit. Real time, as a second is waited for."""
    with Replica(World(NOW), Sink(limits=True)) as real:
        raise_many(wh, range(12), "team", at=datetime.now(UTC) - timedelta(seconds=1))
        now = lambda: datetime.now(UTC)  # noqa: E731
        report, room = deliver(wh, open_channels(URLS, real.rewrite), now)  # type: ignore[arg-type]
        assert (report.sent, report.retried, room) == (12, 0, None)
        assert titles(real.sink, "feishu-secret-000111") == wanted(range(12))
        assert not any(HEADING.search(one.text) for one in real.sink.received)


def test_leave_within_the_second_is_waited_for_not_asked_for_again(wh: Warehouse) -> None:
    limits = Limits(wh.folder, URLS, lambda: datetime.now(UTC))
    team = open_channels(URLS, {})["team"]

    async def six() -> list[bool]:
        leaves = []
        for _ in range(6):
            leaves.append(await limits.take(team))
            limits.answered(leaves[-1])  # type: ignore[arg-type]
        return [isinstance(leave, Slot) for leave in leaves]

    begun = time.monotonic()
    assert asyncio.run(six()) == [True] * 6
    assert 0.9 < time.monotonic() - begun < 3


def test_the_next_room_is_the_first_of_several(wh: Warehouse, strict: Replica, clock: Clock) -> None:
    channels = open_channels(URLS, strict.rewrite)
    for channel in ("wecom", "desk"):
        raise_many(wh, range(20) if channel == "wecom" else range(20, 40), channel, at=clock.now)
        clock.now += timedelta(seconds=10)
        deliver(wh, channels, clock)
    raise_many(wh, [40], "desk", "wecom", at=clock.now)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, channels, clock)
    assert report.waiting == 2 and room is not None
    assert timedelta(seconds=70) < room - NOW < timedelta(seconds=71)  # 企业微信's first was 10 s after NOW


def test_the_last_of_a_burst_is_no_digest_when_it_is_alone(wh: Warehouse, clock: Clock) -> None:
    heads: list[str] = []

    class Open(Picky):
        def send(self, message: Message) -> None:
            heads.append(message.body.splitlines()[0])

    raise_many(wh, range(21), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    deliver(wh, {"desk": Open("", ValueError())}, clock)
    assert heads[:-1] == ["【汇总】集中到来 · 4 条"] * 5
    assert heads[-1].startswith("【林晚舟】标题s0020")


def test_a_full_robot_holds_up_no_other_and_its_digest_rules_wait_with_it(
    wh: Warehouse, strict: Replica, clock: Clock
) -> None:
    daily = Rule("早报", (), ("desk",), "daily 09:00")
    raise_many(wh, range(20), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    channels = open_channels(URLS, strict.rewrite)
    deliver(wh, channels, clock, daily)
    raise_many(wh, range(20, 23), "desk", rule="早报", at=clock.now)
    raise_many(wh, range(23, 25), "desk", "wecom", at=clock.now)
    clock.now += timedelta(seconds=1)
    report, room = deliver(wh, channels, clock, daily)
    assert (report.channels["wecom"].sent, report.channels["desk"].waiting) == (2, 3)  # a digest, two stories
    assert room is not None
    clock.now = room + timedelta(seconds=1)
    deliver(wh, channels, clock, daily)
    texts = [one.text.splitlines()[0] for one in strict.sink.received if one.token == "d1ngt4lksecret000111"][20:]
    assert len(texts) == 3 and texts[0] == "【汇总】早报 · 3 条"


class Picky:
    """Takes all but what holds a word, twenty messages a minute, four stories each."""

    name, limit = "desk", Limit(900, per_minute=20)

    def __init__(self, word: str, error: Exception) -> None:
        self.word, self.error = word, error
        self.told: list[str] = []

    def send(self, message: Message) -> None:
        if self.word in message.body:
            raise self.error
        self.told += re.findall(r"标题(s\d+)", message.body)


def test_a_story_that_always_fails_for_a_while_stands_in_nobodys_way(wh: Warehouse, clock: Clock) -> None:
    channel = Picky("s0030", ChannelBusy("channel desk: 500"))
    raise_many(wh, range(60), "desk", at=NOW)
    for _ in range(8):
        clock.now += timedelta(hours=1, minutes=20)
        deliver(wh, {"desk": channel}, clock)
    assert sorted(channel.told) == wanted([*range(30), *range(31, 60)])
    assert wh.con.execute("SELECT story_id, status FROM core.alerts WHERE status <> 'sent'").fetchall() == [
        ("s0030", "pending")
    ]


def test_a_digest_that_is_refused_is_told_story_by_story(wh: Warehouse, clock: Clock) -> None:
    """The service does not say which story it minds: that one fails, the others arrive."""
    channel = Picky("s0030", ChannelRefused("channel desk: no such word"))
    raise_many(wh, range(60), "desk", at=NOW)
    for _ in range(3):
        clock.now += timedelta(seconds=70)
        deliver(wh, {"desk": channel}, clock)
    assert channel.told == wanted([*range(30), *range(31, 60)])
    assert wh.con.execute("SELECT story_id, status FROM core.alerts WHERE status <> 'sent'").fetchall() == [
        ("s0030", "failed")
    ]


def test_a_channel_that_refuses_everything_is_asked_for_one_digest_and_three_stories(
    wh: Warehouse, clock: Clock
) -> None:
    asked: list[str] = []

    class Shut(Picky):
        def send(self, message: Message) -> None:
            asked.append(message.title)
            super().send(message)

    raise_many(wh, range(60), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    deliver(wh, {"desk": Shut("标题", ChannelRefused("channel desk: bad token"))}, clock)
    assert len(asked) == 4
    rows = wh.con.execute("SELECT status, count(*), max(attempts) FROM core.alerts GROUP BY 1 ORDER BY 1").fetchall()
    assert rows == [("failed", 3, 1), ("pending", 57, 0)]


def test_of_a_burst_that_is_broken_off_nothing_is_lost(wh: Warehouse, clock: Clock) -> None:
    class Tired(Picky):
        def send(self, message: Message) -> None:
            if len(self.told) > 10:
                raise KeyboardInterrupt
            super().send(message)

    raise_many(wh, range(60), "desk", at=NOW)
    clock.now += timedelta(seconds=1)
    tired, rested = Tired("nothing", ValueError()), Picky("nothing", ValueError())
    with pytest.raises(KeyboardInterrupt):
        deliver(wh, {"desk": tired}, clock)
    deliver(wh, {"desk": rested}, clock)
    assert sorted(tired.told + rested.told) == wanted(range(60))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dingtalk://T0ken", "dingtalk://T0ken/"),
        ("dingtalk://T0ken", "dingtalk://S3cret@T0ken/13800000000?format=markdown"),
        ("dingtalk://T0ken", "https://oapi.dingtalk.com/robot/send?access_token=T0ken"),
        ("wecombot://K-e-y", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K-e-y"),
        ("feishu://H00k", "https://open.feishu.cn/open-apis/bot/v2/hook/H00k"),
        ("lark://H00k/", "https://open.larksuite.com/open-apis/bot/v2/hook/H00k"),
        ("ntfys://host/topic", "ntfy://host/topic?priority=high"),
        ("tgram://bot/chat", "tgram://bot/chat/"),
    ],
)
def test_addresses_of_one_robot(one: str, other: str) -> None:
    assert robot_of(one) == robot_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dingtalk://T0ken", "dingtalk://t0ken"),
        ("dingtalk://T0ken", "wecombot://T0ken"),
        ("feishu://H00k", "lark://H00k"),
        ("tgram://bot/chat", "tgram://bot/other"),
        ("https://example.com/hook?to=a", "https://example.com/hook?to=b"),
        ("https://oapi.dingtalk.com/robot/send?access_token=a", "https://oapi.dingtalk.com/robot/send?access_token=b"),
    ],
)
def test_addresses_of_two_robots(one: str, other: str) -> None:
    assert robot_of(one) != robot_of(other)
