"""What serve's watch tells ops when no run ends: once, in the channel that the file names now, or did at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_outlet import Small, small_outlet

from flows import watchdog
from flows.healthflow import health
from flows.watchdog import tell_silence
from warehouse.incidents import silence_told
from warehouse.lock import WriterLock


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        (opened.config.warehouse / "work").mkdir(parents=True)
        yield opened


def told(small: Small) -> list[tuple[str, str]]:
    return [(message.token, message.text) for message in small.replica.sink.received]


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def test_silence_is_told_once_and_only_when_it_is_long(small: Small) -> None:
    assert not asyncio.run(tell_silence(small.config, ago(45)))  # three times a quarter of an hour, and a minute
    assert told(small) == []
    assert asyncio.run(tell_silence(small.config, ago(47)))
    ((channel, text),) = told(small)
    assert channel == "small-ops" and "以后没有一次采集完成，本应每 15 min 一次" in text
    assert silence_told(small.config.warehouse)
    assert not asyncio.run(tell_silence(small.config, ago(90)))
    assert len(told(small)) == 1
    assert not asyncio.run(tell_silence(small.config, ago(1)))  # a run has ended
    assert asyncio.run(tell_silence(small.config, ago(47)))
    assert len(told(small)) == 2


def test_it_is_told_where_the_file_says_now(small: Small) -> None:
    file = small.folder / "tanma.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("feishu://small-ops", "feishu://other-ops"), "utf-8")
    assert asyncio.run(tell_silence(small.config, ago(60)))
    assert [channel for channel, _ in told(small)] == ["other-ops"]


def test_a_file_that_cannot_be_read_any_more_is_told_where_it_said_at_the_start(small: Small) -> None:
    (small.folder / "tanma.yaml").write_text("sources: [\n", "utf-8")
    assert asyncio.run(tell_silence(small.config, ago(60)))
    assert [channel for channel, _ in told(small)] == ["small-ops"]


def test_who_changed_the_interval_meanwhile_is_not_told_by_the_old_one(small: Small) -> None:
    file = small.folder / "tanma.yaml"
    file.write_text(file.read_text("utf-8").replace("- small", "- {use: small, every: 1h}"), "utf-8")
    assert not asyncio.run(tell_silence(small.config, ago(60)))
    assert told(small) == []


def test_the_flow_health_says_who_holds_the_warehouse(small: Small) -> None:
    file = str(small.folder / "tanma.yaml")
    assert not asyncio.run(health.fn(file)), "nobody knows yet when a run is missing"
    small.ahead = -timedelta(hours=2)
    small.run_all()
    before = len(told(small))
    lock = small.config.warehouse / "work" / "lock"
    held = WriterLock.take(lock, holder="an import", now=datetime.now(UTC), wait=0)
    assert asyncio.run(health.fn(file))
    assert not asyncio.run(health.fn(file)), "ops knows"
    held.release()
    assert len(told(small)) == before + 1
    assert "以后没有一次采集完成" in told(small)[-1][1] and "；仓库被占用：an import (pid " in told(small)[-1][1]
    small.ahead = timedelta()
    small.run_all()
    before = len(told(small))
    assert not asyncio.run(health.fn(file))
    assert len(told(small)) == before


def test_a_silence_is_not_over_because_somebody_starts_anew(small: Small) -> None:
    small.ahead = -timedelta(hours=2)
    small.run_all()
    assert asyncio.run(tell_silence(small.config, ago(120)))
    assert not asyncio.run(tell_silence(small.config, ago(0))), (
        "the watch of a fresh `tanma serve` counts from its start"
    )
    assert silence_told(small.config.warehouse)
    small.ahead = timedelta()
    small.run_all()
    assert not asyncio.run(tell_silence(small.config, ago(0)))
    assert not silence_told(small.config.warehouse)


def test_a_prefect_server_that_is_away_is_survived_and_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def away(collect_id: object) -> None:
        nonlocal looks
        looks += 1
        raise ConnectionError

    monkeypatch.setattr(watchdog, "_look", away)
    monkeypatch.setattr(watchdog, "_LOOK_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(watchdog, "utc_now", _Clock(minutes=20))

    async def watched() -> None:
        watch = asyncio.create_task(watchdog.watch_over(small.config, None))  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            while not told(small) or looks < 20:
                await asyncio.sleep(0.01)
        watch.cancel()

    asyncio.run(watched())
    assert [channel for channel, _ in told(small)] == ["small-ops"]


class _Clock:
    """Goes on by so much with every look."""

    def __init__(self, minutes: float) -> None:
        self._at, self._step = datetime.now(UTC), timedelta(minutes=minutes)

    def __call__(self) -> datetime:
        self._at += self._step
        return self._at
