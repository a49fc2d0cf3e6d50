"""kill -9 of the delivering process, three hundred times: nothing is lost, and only what was on its way comes twice."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.command import ROOT
from many_alerts import LIN, raise_many

from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.world import World
from warehouse.store import Warehouse

KILLS = 300
CHUNK = 150  # stories that come whenever few are left
URLS = {
    "hook": "jsons://hooks.example.com/hook000111",
    "bark": "barks://api.day.app/barkkey000111",
    "chan": "schan://serverchankey000111",
    "desk": "dingtalk://d1ngt4lksecret000111",  # twenty a minute: digests
}
OFTEN = ("hook", "bark", "chan")
DESK_EACH = 40  # stories of a chunk that the desk is told too

# One process imports everything and forks a deliverer whenever it is told to; the deliverer is what is killed.
NURSERY = """
import asyncio, json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from flows.channels.send import open_channels
from flows.limits import Limits
from flows.outbox import Delivery
from warehouse import receipts
from warehouse.store import Warehouse

folder, urls, rewrite = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
now = lambda: datetime.now(UTC)
open_channels(urls, rewrite)

def note_what_is_in_doubt(wh):
    noted = receipts.noted(folder)
    rows = wh.con.execute("SELECT channel, story_id, attempts, alert_id FROM core.alerts WHERE status = 'sending'").fetchall()
    with (folder / "doubts.jsonl").open("a") as file:
        file.write(json.dumps([row[:3] for row in sorted(rows) if row[3] not in noted]) + "\\n")

def deliver():
    with Warehouse.open(folder, holder="kill test", now=now(), wait=20) as wh:
        note_what_is_in_doubt(wh)
        channels = open_channels(urls, rewrite)
        delivery = Delivery(wh, channels, [], language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=now,
                            limits=Limits(folder, urls, now))
        asyncio.run(delivery.run())
        report = delivery.report
        return 7 if report.retried or report.failed else 3 if delivery.next_room else 0

for _ in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(deliver())
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@dataclass
class Nursery:
    process: subprocess.Popen[str]

    def begin(self) -> int:
        """The pid of a deliverer that was just born."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return int(self._line())

    def ended(self) -> int:
        """How it ended: minus the signal, or its exit code. Waits for it."""
        return os.waitstatus_to_exitcode(int(self._line()))

    def _line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        return line


@contextmanager
def nursery(folder: Path, replica: Replica) -> Iterator[Nursery]:
    arguments = [str(folder), json.dumps(URLS), json.dumps(replica.rewrite)]
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY, *arguments], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield Nursery(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # and a deliverer that goes on
        process.communicate()


@dataclass(frozen=True)
class InDoubt:
    """The message that a kill found on its way, neither settled nor noted as accepted, and which try of it that was."""

    channel: str
    attempts: int
    stories: tuple[str, ...]


def doubts_of(folder: Path) -> set[InDoubt]:
    """What each deliverer found when it began. One that was killed at once left the same to the next."""
    found = set()
    for line in (folder / "doubts.jsonl").read_text().splitlines():
        if rows := json.loads(line):
            assert len({channel for channel, *_ in rows}) == 1, rows
            found.add(InDoubt(rows[0][0], max(row[2] for row in rows), tuple(row[1] for row in rows)))
    return found


def told(sink: Sink) -> Counter[tuple[str, str]]:
    """How often each story was told in each channel, in messages that the service said yes to."""
    names = {"webhook": "hook", "bark": "bark", "serverchan": "chan", "dingtalk": "desk"}
    return Counter(
        (names[one.service], story)
        for one in sink.received
        for story in set(re.findall(r"https://36kr\.com/p/(s\d+)", one.text))
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_hundred_kills_lose_nothing_and_repeat_at_most_what_was_on_its_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the kills come at random moments, half aim at those just after a service's yes."""
    dice = random.Random(20261128)
    begun = time.monotonic()
    with (
        Replica(World(datetime.now(UTC)), Sink(limits=True)) as replica,
        nursery(tmp_path / "data", replica) as deliverers,
    ):
        sink = replica.sink
        killed = stories = 0
        for kill in range(KILLS):
            if stories * len(OFTEN) - len(sink.received) < 50:
                _raise_more(tmp_path / "data", stories)
                stories += CHUNK
            child = deliverers.begin()
            if kill % 2:
                _await_messages(sink, dice.randint(1, 8))
                time.sleep(dice.uniform(0, 0.002))
            else:
                time.sleep(dice.uniform(0.02, 0.35))
            os.kill(child, signal.SIGKILL)  # one that has ended is not reaped yet, or its pid is nobody's
            killed += deliverers.ended() == -signal.SIGKILL
        _finish(deliverers)
        doubts = doubts_of(tmp_path / "data")
        alerts = _nothing_is_lost(tmp_path / "data", sink, stories)
        repeats = _only_what_was_in_doubt_came_again(sink, doubts)
        refused = [one.answer for one in sink.attempts if not one.accepted]
    with capsys.disabled():
        print(
            f"\n{KILLS} kills, {killed} of them while it delivered, {len(doubts)} with a message on its way: "
            f"{alerts} alerts in {len(sink.received)} messages, 0 lost, {repeats} messages repeated, "
            f"{len(refused)} refused by the robot's limit; {time.monotonic() - begun:.0f} s"
        )
    assert refused == []
    assert killed > KILLS * 2 / 3
    assert doubts  # or the promise was never put to the test


def _raise_more(folder: Path, stories: int) -> None:
    now = datetime.now(UTC)
    with Warehouse.open(folder, holder="test", now=now) as wh:
        wh.sync_entities((LIN,), now)
        raise_many(wh, range(stories, stories + CHUNK), *OFTEN, at=now)
        wh.con.execute(
            """INSERT INTO core.alerts BY NAME
               SELECT * REPLACE ('desk' AS channel, md5(alert_id) AS alert_id) FROM core.alerts
               WHERE channel = ? AND story_id >= ? ORDER BY story_id LIMIT ?""",
            [OFTEN[0], f"s{stories:04}", DESK_EACH],
        )


def _await_messages(sink: Sink, number: int) -> None:
    """Until the services have accepted so many more, or for as long as it takes to deliver what there is."""
    wanted, until = len(sink.received) + number, time.monotonic() + 0.6
    while len(sink.received) < wanted and time.monotonic() < until:
        time.sleep(0.0002)


def _finish(deliverers: Nursery) -> None:
    """To the end, undisturbed; the robot of twenty a minute is given its time."""
    until = time.monotonic() + 90
    while True:
        deliverers.begin()
        if (code := deliverers.ended()) == 0:
            return
        assert code == 3 and time.monotonic() < until
        time.sleep(2)


def _nothing_is_lost(folder: Path, sink: Sink, stories: int) -> int:
    with Warehouse.open(folder, holder="test", now=datetime.now(UTC)) as wh:
        statuses = wh.con.execute("SELECT status, count(*) FROM core.alerts GROUP BY 1").fetchall()
    often = {(channel, f"s{number:04}") for channel in OFTEN for number in range(stories)}
    desk = {("desk", f"s{number:04}") for number in range(stories) if number % CHUNK < DESK_EACH}
    assert statuses == [("sent", len(often | desk))]
    assert told(sink).keys() == often | desk
    return len(often | desk)


def _only_what_was_in_doubt_came_again(sink: Sink, doubts: Collection[InDoubt]) -> int:
    """A message in doubt may come once more, for each time that it was; how many messages did."""
    allowed = Counter((doubt.channel, story) for doubt in doubts for story in doubt.stories)
    again = +Counter({one: times - 1 for one, times in told(sink).items()})
    assert again <= allowed, again - allowed
    # A digest that comes again may be cut otherwise, so messages are counted by their kills.
    return sum(any((doubt.channel, story) in again for story in doubt.stories) for doubt in doubts)
