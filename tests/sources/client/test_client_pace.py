"""Pacing: measured with a clock that only moves when somebody sleeps, and on the server's side."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

from sources.client import Client, NetworkSettings
from sources.pace import Pace


async def test_two_requests_to_a_host_are_a_delay_and_up_to_a_fifth_apart(server, client, clock):
    for number in range(6):
        server.on(f"/a.example/{number}", server.reply(200, b"x"))
    async with client() as polite:
        for number in range(6):
            await polite.get(f"https://a.example/{number}")
    assert len(clock.slept) == 6  # robots.txt came first and counts as a request
    assert all(4 <= pause <= 4.8 for pause in clock.slept)
    assert len(set(clock.slept)) > 1


async def test_time_that_passed_otherwise_counts(server, client, clock):
    server.on("/a.example/1", server.reply(200, b"x"))
    async with client(obey_robots=False) as polite:
        await polite.get("https://a.example/1")
        clock.time += timedelta(seconds=3)
        await polite.get("https://a.example/1")
        clock.time += timedelta(seconds=5)
        await polite.get("https://a.example/1")
    assert len(clock.slept) == 1
    assert 1 <= clock.slept[0] <= 1.8


async def test_a_clock_set_back_does_not_stop_a_host(server, client, clock):
    server.on("/a.example/1", server.reply(200, b"x"))
    async with client(obey_robots=False) as polite:
        await polite.get("https://a.example/1")
        clock.time -= timedelta(hours=5)
        await polite.get("https://a.example/1")
    assert 4 <= clock.slept[0] <= 4.8


async def test_hosts_do_not_wait_for_one_another(server, client, clock):
    server.on("/a.example/1", server.reply(200, b"x"))
    server.on("/b.example/1", server.reply(200, b"x"))
    async with client(obey_robots=False) as polite:
        await polite.get("https://a.example/1")
        await polite.get("https://b.example/1")
    assert clock.slept == []


async def test_a_redirect_within_a_host_waits_its_turn_too(server, client, clock):
    server.on("/a.example/1", server.reply(302, headers={"Location": "/2"}))
    server.on("/a.example/2", server.reply(200, b"x"))
    async with client(obey_robots=False) as polite:
        await polite.get("https://a.example/1")
    assert len(clock.slept) == 1
    assert 4 <= clock.slept[0] <= 4.8


async def test_one_request_at_a_time_per_host_and_only_so_many_hosts(server, clock):
    slow = server.reply(200, b"x", before=0.05)
    urls = [f"https://{host}.example/{number}" for host in "abcd" for number in range(3)]
    for host in "abcd":
        for number in range(3):
            server.on(f"/{host}.example/{number}", slow)
    rewrite = {f"{host}.example": f"{server.base}/{host}.example" for host in "abcd"}
    settings = NetworkSettings(rewrite=rewrite, concurrency=2, per_host_delay=timedelta(), obey_robots=False)
    async with Client(settings, now=clock.now, sleep=clock.sleep) as polite:
        await asyncio.gather(*(polite.get(url) for url in urls))
    assert len(server.asked) == 12
    assert [server.at_once[f"{host}.example"] for host in "abcd"] == [1, 1, 1, 1]
    assert server.at_once["all"] == 2


async def test_a_turn_given_up_sets_the_host_free(clock):
    pace = Pace(1, now=clock.now, sleep=clock.sleep, random=Random(1))
    holding = asyncio.Event()

    async def hold():
        async with pace.turn("a.example", timedelta()):
            holding.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await holding.wait()
    task.cancel()
    async with asyncio.timeout(1), pace.turn("a.example", timedelta(seconds=4)):
        pass
    assert 4 <= clock.slept[0] <= 4.8
