"""A burst through the commands: what `tanma run` leaves waiting and says, and what `tanma serve` sends without waiting
for its next schedule. The robot's minute is a real one."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from end_to_end.command import tanma
from end_to_end.serving import Serving
from many_alerts import LIN, raise_many

from sources.replica.demo import demo_config, demo_watchlist
from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.world import World
from warehouse.query import open_published, run_query
from warehouse.store import Warehouse

ROBOT, TOKEN = "wecombot://wecomkey000111", "wecomkey000111"


def prepare(folder: Path, replica: Replica, alerts: int) -> None:
    """A configuration without sources whose only robot takes twenty messages a minute, and so many alerts."""
    text = demo_config(replica).replace("feishu://demo-desk", ROBOT)
    text = re.sub(r"sources:\n(  .*\n|\n)+", "sources:\n  - {use: feed, id: f, url: https://feeds.example.com/rss.xml}\n", text)  # fmt: skip
    assert ROBOT in text
    (folder / "tanma.yaml").write_text(text, "utf-8")
    (folder / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
    now = datetime.now(UTC)
    with Warehouse.open(folder / "data", holder="test", now=now) as wh:
        wh.sync_entities((LIN,), now)
        raise_many(wh, range(alerts), "desk", at=now - timedelta(seconds=2))


def told(replica: Replica) -> list[str]:
    """In the order in which a reader meets them; a message's own title says the first again."""
    found = (re.findall(r"标题(s\d+)", one.text) for one in replica.sink.received if one.token == TOKEN)
    return [title for of_one in found for title in dict.fromkeys(of_one)]


def wanted(alerts: int) -> list[str]:
    return [f"s{number:04}" for number in range(alerts)]


def test_run_leaves_what_has_no_room_to_the_next_and_says_so(tmp_path: Path) -> None:
    with Replica(World(datetime.now(UTC)), Sink(limits=True)) as replica:
        prepare(tmp_path, replica, 600)
        first = tanma("run", cwd=tmp_path)
        assert first.returncode == 0, first.stderr
        assert len(replica.sink.received) == 20 and all(one.accepted for one in replica.sink.attempts)
        waiting = 600 - len(told(replica))
        assert waiting > 0 and told(replica) == wanted(600)[: 600 - waiting]
        assert (
            f"{waiting} stories wait until desk takes more messages this minute: the next run sends them"
            in first.stderr
        )
        assert f"20 sent, 0 to be sent again, {waiting} waiting" in " ".join(first.stderr.split())
        # Another process, at once: the robot is known to be full, and is left alone; so is it by a test message.
        second = json.loads(tanma("run", "--json", cwd=tmp_path).stdout)
        assert second["delivered"]["sent"] == 0 and second["delivered"]["waiting_for"] == ["desk"]
        probe = tanma("channels", "test", "desk", cwd=tmp_path)
        assert probe.returncode == 1 and "takes no more messages this minute; try again in" in probe.stderr
        assert len(replica.sink.attempts) == 20


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_serve_sends_the_rest_as_soon_as_there_is_room(serving: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    with Replica(World(datetime.now(UTC)), Sink(limits=True)) as replica:
        serving.replica = replica
        prepare(serving.folder, replica, 700)
        serving.start()
        serving.wait(lambda: replica.sink.received, 120)
        begun = time.monotonic()
        serving.wait(lambda: len(told(replica)) == 700, 300)
        took = time.monotonic() - begun
        assert told(replica) == wanted(700)
        assert all(one.accepted for one in replica.sink.attempts), [one.answer for one in replica.sink.attempts]

        def all_sent() -> bool:
            with open_published(serving.folder / "data") as con:
                return run_query(con, "SELECT status, count(*) FROM alerts GROUP BY 1").rows == [("sent", 700)]

        serving.wait(all_sent)
        minutes = [int((one.at - replica.sink.received[0].at).total_seconds() // 60) for one in replica.sink.received]
        with capsys.disabled():
            print(f"\n700 alerts through serve: {len(minutes)} messages within {took:.0f} s, by minute {minutes}")
    assert took < 200  # the schedule of `deliver` alone, every five minutes, would take ten
