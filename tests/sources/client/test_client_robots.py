"""robots.txt as the client obeys it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from sources.client import RobotsText
from sources.errors import Blocked, RetryLater

URL = "https://a.example/p/1"
PATH = "/a.example/p/1"
ROBOTS = "/a.example/robots.txt"


async def test_what_it_closes_is_not_asked_for(server, client):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nDisallow: /p/\n"))
    server.on("/a.example/q", server.reply(200, b"open"))
    async with client() as polite:
        with pytest.raises(Blocked) as caught:
            await polite.get(URL)
        assert (await polite.get("https://a.example/q")).body == b"open"
    assert caught.value.marker == "robots.txt"
    assert server.paths() == ["/a.example/q"]


async def test_rules_for_us_by_name_stand_above_those_for_all(server, client):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nDisallow: /\n\nUser-agent: tanma\nAllow: /\n"))
    server.on(PATH, server.reply(200, b"for us"))
    async with client() as polite:
        assert (await polite.get(URL)).body == b"for us"


async def test_rules_for_others_are_not_ours(server, client):
    server.on(ROBOTS, server.reply(200, b"User-agent: OtherBot\nDisallow: /\n"))
    server.on(PATH, server.reply(200, b"ours"))
    async with client() as polite:
        assert (await polite.get(URL)).body == b"ours"


@pytest.mark.parametrize("status", [401, 403, 404, 410, 204])
async def test_a_file_that_is_not_there_allows_everything(server, client, status):
    server.on(ROBOTS, server.reply(status))
    server.on(PATH, server.reply(200, b"open"))
    async with client() as polite:
        assert (await polite.get(URL)).body == b"open"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_host_that_cannot_say_is_left_alone_for_now(server, client, clock, status):
    server.on(ROBOTS, server.reply(status))
    server.on(PATH, server.reply(200, b"open"))
    async with client() as polite:
        with pytest.raises(RetryLater, match=r"robots\.txt"):
            await polite.get(URL)
        tried = len(server.asked)
        with pytest.raises(RetryLater, match=r"robots\.txt"):
            await polite.get("https://a.example/p/2")
        assert len(server.asked) == tried  # one round of tries is enough for a while
        assert server.paths() == []
        assert polite.robots == {}
        server.on(ROBOTS, server.reply(404))
        clock.time += timedelta(minutes=6)
        assert (await polite.get(URL)).body == b"open"


async def test_it_is_read_once_and_not_again_for_a_day(server, client, clock):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nDisallow: /secret\n"))
    server.on(PATH, server.reply(200, b"open"))
    async with client() as polite:
        await asyncio.gather(*(polite.get(URL) for _ in range(3)))
        known = polite.robots
    assert [asked.path for asked in server.asked].count(ROBOTS) == 1
    assert known["a.example"].text == "User-agent: *\nDisallow: /secret\n"

    async with client(robots=known) as next_run:
        await next_run.get(URL)
        assert [asked.path for asked in server.asked].count(ROBOTS) == 1
        clock.time += timedelta(hours=24)
        await next_run.get(URL)
    assert [asked.path for asked in server.asked].count(ROBOTS) == 2


async def test_texts_from_an_earlier_run_are_obeyed(server, client, clock):
    known = {"a.example": RobotsText("a.example", "User-agent: *\nDisallow: /", 200, clock.time)}
    async with client(robots=known) as polite:
        with pytest.raises(Blocked):
            await polite.get(URL)
    assert server.asked == []


async def test_a_redirected_file_is_read_where_it_moved(server, client):
    server.on(ROBOTS, server.reply(301, headers={"Location": "https://b.example/robots-here"}))
    server.on("/b.example/robots-here", server.reply(200, b"User-agent: *\nDisallow: /p/\n"))
    async with client() as polite:
        with pytest.raises(Blocked):
            await polite.get(URL)


async def test_a_redirect_must_be_allowed_where_it_leads(server, client):
    server.on(PATH, server.reply(302, headers={"Location": "https://b.example/closed"}))
    server.on("/b.example/robots.txt", server.reply(200, b"User-agent: *\nDisallow: /closed\n"))
    async with client() as polite:
        with pytest.raises(Blocked):
            await polite.get(URL)
    assert server.paths() == [PATH]


async def test_its_crawl_delay_is_kept_up_to_a_minute(server, client, clock):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nCrawl-delay: 20\n"))
    server.on("/b.example/robots.txt", server.reply(200, b"User-agent: *\nCrawl-delay: 9000\n"))
    server.on(PATH, server.reply(200, b"x"))
    server.on("/b.example/p", server.reply(200, b"x"))
    async with client() as polite:
        await polite.get(URL)
        await polite.get("https://b.example/p")
    assert 20 <= clock.slept[0] <= 24
    assert 60 <= clock.slept[1] <= 72


async def test_a_crawl_delay_shorter_than_ours_changes_nothing(server, client, clock):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nCrawl-delay: 1\n"))
    server.on(PATH, server.reply(200, b"x"))
    async with client() as polite:
        await polite.get(URL)
    assert 4 <= clock.slept[0] <= 4.8


async def test_it_can_be_switched_off(server, client):
    server.on(ROBOTS, server.reply(200, b"User-agent: *\nDisallow: /\n"))
    server.on(PATH, server.reply(200, b"open"))
    async with client(obey_robots=False) as polite:
        assert (await polite.get(URL)).body == b"open"
    assert [asked.path for asked in server.asked] == [PATH]


async def test_a_challenge_in_its_place_is_a_block(server, client):
    shell = b"<title>x</title><script src='https://challenge.rivers.chaitin.cn/x.js'></script>"
    server.on(ROBOTS, server.reply(200, shell, {"Content-Type": "text/html"}))
    async with client() as polite:
        with pytest.raises(Blocked) as caught:
            await polite.get(URL)
    assert caught.value.marker == "safeline"
