"""Delivery over real sockets, out of a real warehouse: what is recorded, what arrives, what a kill leaves.

The chat services are the replica's; its `received` is what people would have seen.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows import outbox
from flows.channels.message import Channel, Limit, Message
from flows.channels.render import Language
from flows.channels.send import open_channels
from flows.outbox import MAX_ATTEMPTS, Backoff, DeliverReport
from sources.article import Article
from sources.errors import ChannelBusy, ChannelRefused
from sources.replica import Replica, Sink, World
from warehouse import alerts, incidents
from warehouse.rules import Rule
from warehouse.scan.findings import Mention
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).resolve().parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
LIN = Entity("person", "林晚舟")
URLS = {
    "desk": "dingtalk://d1ngt4lksecret000111",
    "team": "feishu://feishu-secret-000111",
    "ops": "wecombot://opskey000111",
}


class Clock:
    """Stands still, or moves on by `tick` whenever it is read, as a real one does."""

    def __init__(self) -> None:
        self.now = NOW
        self.tick = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(World(NOW), Sink()) as running:
        yield running


@pytest.fixture
def sink(replica: Replica) -> Iterator[Sink]:
    yield replica.sink
    replica.sink.mend()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW, timezone=SHANGHAI) as warehouse:
        warehouse.sync_entities((LIN,), NOW)
        yield warehouse


def raise_one(
    wh: Warehouse, story: str, *channels: str, now: datetime = NOW, rule: str = "now", when: str = "now"
) -> None:
    """An article with its mention, and the alerts that one rule makes of it."""
    one = Article(story, "36kr", "36氪", "article", f"https://36kr.com/p/{story}", f"标题{story}", f"林晚舟在{story}。", (), now, "minute")  # fmt: skip
    named = Mention(LIN.entity_id, "林晚舟", 0, 3, "name", 0.98, "body", f"林晚舟在{story}。", "")
    with wh.transaction() as con:
        con.execute(
            """INSERT OR REPLACE INTO core.articles
            (article_id, source, outlet, kind, url, title, authors, published_at, published_precision,
            first_seen_at, updated_at, chars, language, byline,
            chrome, story_id, relation, version, content_hash, gone_at)
            VALUES
               (?, '36kr', '36氪', 'article', ?, ?, [], ?, 'minute', ?, ?, 1, 'zh', '', '', ?, 'lead', 1, '', NULL)""",
            [story, one.url, one.title, now, now, now, story],
        )
        con.execute(
            "INSERT INTO core.mentions VALUES (?, 1, ?, '林晚舟', 0, 3, 'name', 0.98, 'body', ?, '', NULL, NULL, NULL)",
            [story, LIN.entity_id, named.snippet],
        )
        alerts.raise_alerts(
            con, [Rule(rule, (), channels, when)], story_id=story, article=one, version=1, mentions=[named],
            entities={LIN.entity_id: LIN}, first_seen_at=now, now=now, source_first_run=False, force=False,
            timezone=SHANGHAI,
        )  # fmt: skip


def run(wh: Warehouse, channels: Mapping[str, Channel], clock: Clock, *rules: Rule) -> DeliverReport:
    delivery = outbox.Delivery(wh, channels, rules, language="zh", timezone=SHANGHAI, now=clock, jitter=lambda: 0.0)
    asyncio.run(delivery.run())
    return delivery.report


def tell_ops(channels: Mapping[str, Channel], text: str, language: Language) -> bool:
    return asyncio.run(outbox.ops_notice(channels, text, language))


def states(wh: Warehouse) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = wh.con.execute("SELECT story_id, channel, status, attempts, next_attempt_at FROM core.alerts").fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def texts(sink: Sink, service: str, start: int = 0) -> list[str]:
    return [received.text for received in sink.received[start:] if received.service == service]


# What is recorded


def test_an_accepted_message_is_sent_and_only_once(wh: Warehouse, replica: Replica, sink: Sink, clock: Clock) -> None:
    start = len(sink.received)
    raise_one(wh, "a", "desk")
    channels = open_channels(URLS, replica.rewrite)
    report = run(wh, channels, clock)
    assert (report.sent, report.retried, report.failed) == (1, 0, 0)
    assert states(wh) == {("a", "desk"): ("sent", 1, None)}
    assert wh.con.execute("SELECT sent_at FROM core.alerts").fetchall() == [(NOW,)]
    (text,) = texts(sink, "dingtalk", start)  # the title, which the list of chats shows, and the text
    assert text.splitlines() == [
        "【林晚舟】标题a — 36氪 14:00",
        "【林晚舟】[标题a](https://36kr.com/p/a) — 36氪 14:00  ",
        "  **林晚舟**在a。",
    ]
    assert run(wh, channels, clock).sent == 0
    assert len(sink.received) == start + 1


@pytest.mark.parametrize(
    ("service", "channel", "code"),
    [("dingtalk", "desk", 310000), ("feishu", "team", 19021), ("wecom", "ops", 93000)],
)
def test_a_permanent_refusal_is_failed_with_the_services_words(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock, service: str, channel: str, code: int
) -> None:
    sink.refuse(service, code)
    raise_one(wh, "a", channel)
    report = run(wh, open_channels(URLS, replica.rewrite), clock)
    assert (report.sent, report.failed) == (0, 1)
    assert states(wh) == {("a", channel): ("failed", 1, None)}
    ((error,),) = wh.con.execute("SELECT last_error FROM core.alerts").fetchall()
    assert str(code) in error
    assert not any(token in error for token in ("secret000111", "feishu-secret", "opskey000111"))
    assert report.errors == [error]


def test_too_fast_is_tried_again_later_and_then_sent_once(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    start = len(sink.received)
    sink.refuse("dingtalk", 130101, times=1)
    raise_one(wh, "a", "desk")
    channels = open_channels(URLS, replica.rewrite)
    assert run(wh, channels, clock).retried == 1
    # 钉钉 locks a robot for 10 minutes: longer than our own first delay.
    assert states(wh) == {("a", "desk"): ("pending", 1, NOW + timedelta(minutes=10))}
    clock.forward(minutes=9)
    assert run(wh, channels, clock).sent == 0
    clock.forward(minutes=1)
    assert run(wh, channels, clock).sent == 1
    assert states(wh) == {("a", "desk"): ("sent", 2, None)}
    assert len(texts(sink, "dingtalk", start)) == 1


def test_while_a_channel_waits_new_alerts_wait_with_it(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    sink.refuse("dingtalk", 130101, times=1)
    raise_one(wh, "a", "desk")
    channels = open_channels(URLS, replica.rewrite)
    run(wh, channels, clock)
    tries = len(sink.attempts)
    clock.forward(minutes=5)
    raise_one(wh, "b", "desk", now=clock())
    assert run(wh, channels, clock).sent == 0
    assert len(sink.attempts) == tries
    clock.forward(minutes=5)
    assert run(wh, channels, clock).sent == 2


def test_one_failing_channel_holds_up_no_other(wh: Warehouse, replica: Replica, sink: Sink, clock: Clock) -> None:
    start = len(sink.received)
    sink.fail("dingtalk", 500)
    for story in ("a", "b", "c"):
        raise_one(wh, story, "desk", "team")
    tries = len(sink.attempts)
    report = run(wh, open_channels(URLS, replica.rewrite), clock)
    assert (report.sent, report.retried) == (3, 1)
    assert report.channels["team"].sent == 3
    # One request to the broken service in this pass; its other alerts wait untried.
    assert sum(attempt.service == "dingtalk" for attempt in sink.attempts[tries:]) == 1
    assert sorted(states(wh)[(story, "desk")] for story in "abc") == [
        ("pending", 0, NOW + timedelta(minutes=1)),
        ("pending", 0, NOW + timedelta(minutes=1)),
        ("pending", 1, NOW + timedelta(minutes=1)),
    ]
    assert texts(sink, "dingtalk", start) == []


def test_delays_grow_while_a_channel_is_down_and_all_arrives_when_it_is_up(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    start = len(sink.received)
    sink.fail("dingtalk", 503)
    for story in ("a", "b"):
        raise_one(wh, story, "desk")
    channels = open_channels(URLS, replica.rewrite)
    waits = []
    for _ in range(5):
        run(wh, channels, clock)
        (due,) = {row[2] for row in states(wh).values()}
        waits.append(due - clock())
        clock.now = due
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16)]
    sink.mend()
    assert run(wh, channels, clock).sent == 2
    assert Counter(texts(sink, "dingtalk", start)).most_common(1)[0][1] == 1


def test_a_busy_channel_rests_for_the_whole_pass_however_long_it_lasts(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    sink.fail("dingtalk", 500, times=2)
    raise_one(wh, "a", "desk")
    clock.tick = timedelta(minutes=2)  # the first delay is over before the pass is
    tries = len(sink.attempts)
    assert run(wh, open_channels(URLS, replica.rewrite), clock).retried == 1
    assert len(sink.attempts) == tries + 1


def test_a_message_that_always_fails_stands_in_nobodys_way(wh: Warehouse, clock: Clock) -> None:
    channel = Picky(ChannelBusy("channel desk could not take the message now: 500"))
    raise_one(wh, "poison", "desk")
    channels: dict[str, Channel] = {"desk": channel}
    for number in range(20):
        raise_one(wh, f"good{number}", "desk", now=clock())
        run(wh, channels, clock)
        clock.forward(minutes=15)
    assert len(channel.accepted) == 20
    assert states(wh)[("poison", "desk")][0] == "pending"


class Picky:
    """Accepts all but the message about poison."""

    limit = Limit(20_000)
    name = "desk"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.accepted: list[str] = []

    def send(self, message: Message) -> None:
        if "poison" in message.body:
            raise self.error
        self.accepted.append(message.body)


def test_giving_up_takes_more_than_three_days() -> None:
    backoff = Backoff()
    assert sum((backoff.delay(n, 0.0) for n in range(1, MAX_ATTEMPTS)), timedelta()) > timedelta(days=3)
    assert [backoff.delay(n, 0.0) for n in (1, 2, 7, 1_000)] == [
        timedelta(minutes=1), timedelta(minutes=2), timedelta(hours=1), timedelta(hours=1),
    ]  # fmt: skip
    assert backoff.delay(1, 1.0) == timedelta(seconds=75)


def test_after_all_attempts_it_is_failed_and_can_be_retried(wh: Warehouse, clock: Clock) -> None:
    channel = Picky(ChannelBusy("channel desk could not take the message now: 500"))
    raise_one(wh, "poison", "desk")
    wh.con.execute("UPDATE core.alerts SET attempts = ?", [MAX_ATTEMPTS - 1])
    assert run(wh, {"desk": channel}, clock).failed == 1
    assert states(wh)[("poison", "desk")] == ("failed", MAX_ATTEMPTS, None)
    channel.error = ChannelBusy("again")
    assert alerts.retry(wh, None, clock()) == 1
    assert run(wh, {"desk": channel}, clock).retried == 1
    assert states(wh)[("poison", "desk")][:2] == ("pending", 1)


def test_an_answer_without_a_verdict_is_tried_three_times_and_then_left_to_a_person(
    wh: Warehouse, clock: Clock
) -> None:
    channel = Picky(ChannelBusy("neither yes nor no", code="unclear"))
    raise_one(wh, "poison", "desk")
    seen = []
    for _ in range(4):
        run(wh, {"desk": channel}, clock)
        seen.append(states(wh)[("poison", "desk")][:2])
        clock.forward(hours=2)
    assert seen == [("pending", 1), ("pending", 2), ("failed", 3), ("failed", 3)]


def test_a_channel_that_was_taken_out_of_the_configuration(wh: Warehouse, replica: Replica, clock: Clock) -> None:
    raise_one(wh, "a", "gone", "team")
    report = run(wh, open_channels(URLS, replica.rewrite), clock)
    assert (report.sent, report.failed) == (1, 1)
    assert states(wh)[("a", "gone")] == ("failed", 1, None)
    assert "channel gone is not in the configuration any more (there are: desk, team, ops)" in report.errors[0]


def test_an_unexpected_error_of_a_channel_is_its_own(wh: Warehouse, replica: Replica, clock: Clock) -> None:
    channels = open_channels(URLS, replica.rewrite) | {"desk": Picky(RuntimeError("token d1ngt4lksecret000111"))}
    raise_one(wh, "poison", "desk", "team")
    report = run(wh, channels, clock)
    assert (report.sent, report.failed) == (1, 1)
    assert report.errors == ["channel desk: internal error RuntimeError while sending"]


# Ops


def test_ops_hears_of_a_failure_once_per_incident(wh: Warehouse, replica: Replica, sink: Sink, clock: Clock) -> None:
    start = len(sink.received)
    sink.refuse("dingtalk", 310000)
    channels = open_channels(URLS, replica.rewrite)
    for story in ("a", "b"):
        raise_one(wh, story, "desk")
    run(wh, channels, clock)
    clock.forward(minutes=5)
    raise_one(wh, "c", "desk", now=clock())
    run(wh, channels, clock)
    (notice,) = texts(sink, "wecom", start)
    assert notice.startswith("探马：需要处理\nchannel desk (钉钉) refused the message: 310000 keywords not in content")
    assert "tanma alerts retry" in notice
    assert wh.con.execute("SELECT count(*) FROM core.alerts WHERE channel = 'ops'").fetchall() == [(0,)]
    # Mended, proved by an accepted message, broken again: another incident, once ops has heard of the end of the first.
    sink.mend()
    clock.forward(minutes=5)
    raise_one(wh, "d", "desk", now=clock())
    assert run(wh, channels, clock).sent == 1
    (over,) = incidents.untold(wh)
    assert (over.kind, over.subject, over.over) == ("channel", "desk", True)
    incidents.mark_told(wh, [over], clock())
    sink.refuse("dingtalk", 310000)
    clock.forward(minutes=5)
    raise_one(wh, "e", "desk", now=clock())
    run(wh, channels, clock)
    assert len(texts(sink, "wecom", start)) == 2


def test_ops_that_fails_itself_is_not_told(wh: Warehouse, replica: Replica, sink: Sink, clock: Clock) -> None:
    sink.refuse("wecom", 93000)
    raise_one(wh, "a", "ops")
    tries = len(sink.attempts)
    assert run(wh, open_channels(URLS, replica.rewrite), clock).failed == 1
    assert len(sink.attempts) == tries + 1


def test_a_notice_is_harmless_and_fits(replica: Replica, sink: Sink) -> None:
    channels = open_channels(URLS, replica.rewrite)
    assert tell_ops(channels, "36kr: blocked — @所有人 <at>\n" + "长" * 5_000, "zh")
    text = sink.received[-1].text
    assert "＠所有人 ＜at＞" in text
    assert text.endswith("…")
    assert len(text.encode()) <= 4_096
    assert not tell_ops({}, "no such channel", "zh")
    sink.refuse("wecom", 93000)
    assert not tell_ops(channels, "not accepted", "en")


# Refusals on end, limits, digests


def test_after_three_refusals_on_end_the_rest_stays_pending(wh: Warehouse, clock: Clock) -> None:
    channel = Picky(ChannelRefused("channel desk refused the message: 300001"))
    for number in range(6):
        raise_one(wh, f"poison{number}", "desk")
    assert run(wh, {"desk": channel}, clock).failed == 3
    assert sorted(status for status, *_ in states(wh).values()) == ["failed"] * 3 + ["pending"] * 3


def test_a_digest_is_one_message_at_its_time(wh: Warehouse, replica: Replica, sink: Sink, clock: Clock) -> None:
    start = len(sink.received)
    daily = Rule("早报", (), ("team",), "daily 09:00")
    for story in ("a", "b"):
        raise_one(wh, story, "team", rule="早报", when="daily 09:00")
    channels = open_channels(URLS, replica.rewrite)
    assert run(wh, channels, clock, daily).sent == 0
    clock.now = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert run(wh, channels, clock, daily).sent == 1
    (text,) = texts(sink, "feishu", start)
    assert text.startswith("【汇总】早报 · 2 条\n")
    assert "标题a" in text and "标题b" in text
    assert run(wh, channels, clock, daily).sent == 0


def test_parts_of_a_long_digest_are_settled_one_by_one(wh: Warehouse, clock: Clock) -> None:
    class Small:
        name = "team"
        limit = Limit(600)

        def __init__(self) -> None:
            self.accepted: list[Message] = []

        def send(self, message: Message) -> None:
            if len(self.accepted) == 2:
                raise ChannelBusy("channel team could not take the message now")
            self.accepted.append(message)

    channel = Small()
    daily = Rule("早报", (), ("team",), "daily 09:00")
    for number in range(20):
        raise_one(wh, f"s{number:02}", "team", rule="早报", when="daily 09:00")
    clock.now = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    run(wh, {"team": channel}, clock, daily)
    told = {alert.story_id for message in channel.accepted for alert in message.alerts}
    sent = {story for (story, _), state in states(wh).items() if state[0] == "sent"}
    assert 2 <= len(told) < 20
    assert sent == told
    assert {state[0] for (story, _), state in states(wh).items() if story not in told} == {"pending"}


# Kills


HOOK = "jsons://hooks.example.com/hook000111"
KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo
sys.path.insert(0, sys.argv[1])
from flows.channels.send import open_channel
import asyncio
from flows.outbox import Delivery
from warehouse import outbox
from warehouse.store import Warehouse

root, folder, base, hook, when, now = *sys.argv[1:6], datetime.fromisoformat(sys.argv[6])

class Deadly:
    def __init__(self, inner):
        self.inner, self.name, self.limit, self.sends = inner, inner.name, inner.limit, 0
    def send(self, message):
        self.sends += 1
        if self.sends == 2 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        self.inner.send(message)
        if self.sends == 2 and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)

def settle_sent(wh, alert_ids, at):
    if sent and when == "settling":
        os.kill(os.getpid(), signal.SIGKILL)
    sent.append(alert_ids)
    settle(wh, alert_ids, at)

sent, settle, outbox.settle_sent = [], outbox.settle_sent, settle_sent
channel = open_channel("desk", hook, {"hooks.example.com": base})
with Warehouse.open(Path(folder), holder="kill test", now=now) as wh:
    delivery = Delivery(
        wh, {"desk": Deadly(channel)}, [], language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=lambda: now
    )
    asyncio.run(delivery.run())
"""


@pytest.mark.parametrize(("when", "repeats", "left"), [("before", 0, 3), ("after", 1, 3), ("settling", 0, 2)])
def test_a_kill_between_yes_and_note_repeats_that_one_message(
    tmp_path: Path, replica: Replica, sink: Sink, when: str, repeats: int, left: int
) -> None:
    """Before the second message is sent, after the service's yes to it, and after that was noted. `left` to be sent."""
    start, folder = len(sink.received), tmp_path / "data"
    with Warehouse.open(folder, holder="test", now=NOW, timezone=SHANGHAI) as wh:
        for number in range(4):
            raise_one(wh, f"s{number}", "desk")

    arguments = [str(ROOT), str(folder), replica.base("hooks.example.com"), HOOK, when, NOW.isoformat()]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        assert sorted(status for status, *_ in states(wh).values()) == ["pending", "pending", "sending", "sent"]
        report = run(wh, open_channels({"desk": HOOK}, replica.rewrite), Clock())
        assert report.sent == left
        assert {state[0] for state in states(wh).values()} == {"sent"}
    counts = Counter(texts(sink, "webhook", start))
    assert len(counts) == 4
    assert sorted(counts.values()) == [1] * (4 - repeats) + [2] * repeats


def test_told_to_stop_while_a_service_takes_its_time_nothing_is_repeated(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    start = len(sink.received)
    sink.slow("dingtalk", 0.3, times=1)
    raise_one(wh, "a", "desk")
    channels = open_channels(URLS, replica.rewrite)

    async def stopped() -> None:
        task = asyncio.create_task(outbox.Delivery(wh, channels, (), language="zh", timezone=SHANGHAI, now=clock).run())
        while len(sink.received) == start:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())  # which waits for the thread that sends, as Ctrl-C does
    assert states(wh)[("a", "desk")][0] == "sending"
    assert run(wh, channels, clock).sent == 0
    assert states(wh) == {("a", "desk"): ("sent", 1, None)}
    assert len(texts(sink, "dingtalk", start)) == 1


# Whom a message calls


def test_a_message_is_as_urgent_as_its_rules_ask_and_calls_whom_they_call(
    wh: Warehouse, replica: Replica, sink: Sink, clock: Clock
) -> None:
    start = len(sink.received)
    raise_one(wh, "a", "desk", rule="loud")
    raise_one(wh, "a", "desk", rule="calm")
    raise_one(wh, "b", "desk", rule="calm")
    loud = Rule("loud", (), ("desk",), severity="urgent", mention=("13800138000",))
    calm = Rule("calm", (), ("desk",), mention=("13900139000",))
    run(wh, open_channels(URLS, replica.rewrite), clock, calm, loud)
    both, alone = sink.received[start:]
    assert "紧急" in both.text and set(both.called) == {"13800138000", "13900139000"}
    assert "紧急" not in alone.text and set(alone.called) == {"13900139000"}
