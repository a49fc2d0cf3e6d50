"""The client against a real server on loopback: pages, validators, statuses, retries, redirects, records."""

from __future__ import annotations

import gzip
import hashlib
import logging
import zlib
from datetime import timedelta

import brotli
import pytest
import zstandard

from sources.article import Page, Validators
from sources.charset import decode
from sources.client import NetworkSettings, Unchanged
from sources.errors import Blocked, Broken, FetchError, Gone, RetryLater

URL = "https://a.example/p/1"
PATH = "/a.example/p/1"
HTML = {"Content-Type": "text/html; charset=utf-8"}


# --- a page ------------------------------------------------------------------------------------------------------


async def test_a_page_comes_with_its_bytes_its_addresses_and_its_validators(server, client, clock):
    body = "<p>陈祎与刘喆</p>".encode()
    server.on(PATH + "?f=1", server.reply(200, body, HTML | {"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026"}))
    async with client() as polite:
        page = await polite.get(URL + "?f=1")
    assert isinstance(page, Page)
    assert (page.url, page.final_url, page.status) == (URL + "?f=1", URL + "?f=1", 200)
    assert page.body == body
    assert page.content_type == "text/html; charset=utf-8"
    assert page.fetched_at == clock.time
    assert page.validators == Validators('"v1"', "Fri, 20 Nov 2026", hashlib.sha256(body).hexdigest())


async def test_it_says_who_it_is_and_what_it_reads(server, client):
    server.on(PATH, server.reply(200, b"x"))
    async with client() as polite:
        await polite.get(URL)
    headers = server.asked[-1].headers
    assert headers["user-agent"].startswith("Tanma/")
    assert "+https://" in headers["user-agent"]
    assert headers["accept-language"].startswith("zh-CN")
    assert headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "if-none-match" not in headers
    assert "cookie" not in headers


async def test_cookies_are_not_kept(server, client):
    server.on(PATH, server.reply(200, b"x", {"Set-Cookie": "id=1; Path=/"}))
    async with client() as polite:
        await polite.get(URL)
        await polite.get(URL)
    assert all("cookie" not in asked.headers for asked in server.asked)


async def test_a_page_labelled_gb2312_keeps_names_from_outside_it(server, client):
    text = '<meta charset="gb2312"><p>祎、喆、镕</p>'
    server.on(PATH, server.reply(200, text.encode("gb18030"), {"Content-Type": "text/html"}))
    async with client() as polite:
        page = await polite.get(URL)
    assert decode(page.body, page.content_type) == text


ZSTD = zstandard.ZstdCompressor().compress
RAW_DEFLATE = zlib.compressobj(wbits=-15)


# mtime=0: what tests run side by side are called by must not depend on the second in which they are collected.
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"words " * 50, mtime=0)),
        ("gzip", gzip.compress(b"words " * 20, mtime=0) + gzip.compress(b"words " * 30, mtime=0)),
        ("x-gzip", gzip.compress(b"words " * 50, mtime=0)),
        ("deflate", zlib.compress(b"words " * 50)),
        ("deflate", RAW_DEFLATE.compress(b"words " * 50) + RAW_DEFLATE.flush()),
        ("br", brotli.compress(b"words " * 50)),
        ("zstd", ZSTD(b"words " * 50)),
        ("zstd", ZSTD(b"words " * 20) + ZSTD(b"words " * 30)),
        ("gzip, br", brotli.compress(gzip.compress(b"words " * 50, mtime=0))),
        ("identity", b"words " * 50),
    ],
)
async def test_compressed_bodies_are_unpacked(server, client, encoding, packed):
    server.on(PATH, server.reply(200, packed, {"Content-Encoding": encoding}))
    async with client() as polite:
        page = await polite.get(URL)
    assert page.body == b"words " * 50


# --- conditional requests ----------------------------------------------------------------------------------------


async def test_validators_make_a_request_conditional_and_304_is_unchanged(server, client, clock):
    server.on(PATH, server.reply(304))
    async with client() as polite:
        answer = await polite.get(URL, Validators('"v1"', "Fri, 20 Nov 2026 00:00:00 GMT", "00"))
    assert answer == Unchanged(URL, clock.time)
    headers = server.asked[-1].headers
    assert headers["if-none-match"] == '"v1"'
    assert headers["if-modified-since"] == "Fri, 20 Nov 2026 00:00:00 GMT"


async def test_the_same_bytes_are_unchanged_where_the_host_knows_no_validators(server, client):
    server.on(PATH, server.reply(200, b"same"), server.reply(200, b"other"))
    stored = Validators(body_hash=hashlib.sha256(b"same").hexdigest())
    async with client() as polite:
        assert isinstance(await polite.get(URL, stored), Unchanged)
        assert isinstance(await polite.get(URL, stored), Page)


async def test_a_304_nobody_asked_for_is_broken(server, client):
    server.on(PATH, server.reply(304))
    async with client() as polite:
        with pytest.raises(Broken):
            await polite.get(URL)


async def test_validators_that_cannot_be_sent_are_left_out(server, client):
    server.on(PATH, server.reply(200, b"x"))
    async with client() as polite:
        await polite.get(URL, Validators(etag='"版本"', last_modified="a\r\nX-Evil: 1"))
    assert "if-none-match" not in server.asked[-1].headers
    assert "if-modified-since" not in server.asked[-1].headers


# --- what a status means -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "requests"),
    [
        (401, Blocked, 1),
        (403, Blocked, 1),
        (404, Gone, 1),
        (410, Gone, 1),
        (451, Gone, 1),
        (400, Broken, 1),
        (405, Broken, 1),
        (204, Broken, 1),
        (300, Broken, 1),
        (301, Broken, 1),  # without a Location
        (408, RetryLater, 3),
        (429, RetryLater, 3),
        (500, RetryLater, 3),
        (503, RetryLater, 3),
        (520, RetryLater, 3),
    ],
)
async def test_every_status_says_what_to_do_next(server, client, status, error, requests):
    server.on(PATH, server.reply(status))
    async with client() as polite:
        with pytest.raises(FetchError) as caught:
            await polite.get(URL)
    assert type(caught.value) is error
    assert caught.value.http_status == status
    assert caught.value.url == URL
    assert len(server.paths()) == requests


async def test_a_challenge_is_blocked_and_named(server, client):
    shell = b"<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>"
    server.on(PATH, server.reply(200, shell, HTML))
    server.on("/a.example/p/2", server.reply(503, shell, HTML))
    server.on("/a.example/p/3", server.reply(403, b"", {"cf-mitigated": "challenge"}))
    async with client() as polite:
        for number in (1, 2, 3):
            with pytest.raises(Blocked) as caught:
                await polite.get(f"https://a.example/p/{number}")
            assert caught.value.marker == "cloudflare"
    assert len(server.paths()) == 3


SCRIPT = b"""{"html": "<script>document.cookie='_wafchallengeid='</script>"}"""


async def test_challenge_markers_outside_html_are_data(server, client):
    server.on(PATH, server.reply(200, SCRIPT, {"Content-Type": "application/json"}))
    async with client() as polite:
        assert isinstance(await polite.get(URL), Page)


# --- trying again ------------------------------------------------------------------------------------------------


async def test_passing_trouble_is_tried_again_with_growing_waits(server, client, clock):
    server.on(PATH, server.reply(500), server.reply(502), server.reply(200, b"at last"))
    async with client(per_host_delay=timedelta()) as polite:
        page = await polite.get(URL)
    assert page.body == b"at last"
    first, second = clock.slept
    assert 0.5 <= first <= 1.5
    assert 1.0 <= second <= 3.0


async def test_a_short_retry_after_is_waited_for(server, client, clock):
    server.on(PATH, server.reply(429, headers={"Retry-After": "17"}), server.reply(200, b"ok"))
    async with client() as polite:
        assert (await polite.get(URL)).body == b"ok"
    assert 17 in clock.slept


async def test_a_retry_after_may_be_a_date(server, client, clock):
    server.on(PATH, server.reply(503, headers={"Retry-After": "Fri, 20 Nov 2026 09:30:00 GMT"}))
    async with client(obey_robots=False) as polite:
        with pytest.raises(RetryLater) as caught:
            await polite.get(URL)
    assert caught.value.retry_after == timedelta(minutes=90)  # the clock stands at 08:00
    assert clock.slept == []
    assert len(server.paths()) == 1


async def test_a_long_wait_for_one_address_does_not_close_its_host(server, client):
    server.on(PATH, server.reply(503, headers={"Retry-After": "3600"}))
    server.on("/a.example/p/2", server.reply(200, b"ok"))
    async with client() as polite:
        with pytest.raises(RetryLater):
            await polite.get(URL)
        assert (await polite.get("https://a.example/p/2")).body == b"ok"


async def test_a_host_that_says_too_many_requests_is_left_alone_as_long_as_it_asks(server, client, clock):
    server.on(PATH, server.reply(429, headers={"Retry-After": "3600"}))
    server.on("/a.example/p/2", server.reply(200, b"ok"))
    async with client() as polite:
        with pytest.raises(RetryLater) as caught:
            await polite.get(URL)
        assert caught.value.retry_after == timedelta(hours=1)
        with pytest.raises(RetryLater):
            await polite.get("https://a.example/p/2")
        assert server.paths() == [PATH]
        clock.time += timedelta(hours=1)
        assert (await polite.get("https://a.example/p/2")).body == b"ok"


async def test_a_refused_connection_is_tried_again_and_then_put_off(server, client):
    rewrite = {"a.example": "http://127.0.0.1:1"}
    async with client(rewrite=rewrite, obey_robots=False) as polite:
        with pytest.raises(RetryLater) as caught:
            await polite.get(URL)
    assert "a.example" in str(caught.value)
    assert [record.http_status for record in polite.requests] == [None, None, None]


# --- redirects ---------------------------------------------------------------------------------------------------


async def test_a_redirect_is_followed_on_the_logical_level(server, client):
    server.on(PATH, server.reply(302, headers={"Location": "../q/2?x=1#top"}))
    server.on("/a.example/q/2?x=1", server.reply(301, headers={"Location": "//b.example/r"}))
    server.on("/b.example/r", server.reply(200, b"here"))
    async with client() as polite:
        page = await polite.get(URL)
    assert (page.url, page.final_url, page.body) == (URL, "https://b.example/r", b"here")


async def test_validators_go_with_every_hop(server, client):
    server.on(PATH, server.reply(301, headers={"Location": "/new"}))
    server.on("/a.example/new", server.reply(304))
    async with client() as polite:
        answer = await polite.get(URL, Validators(etag='"v1"'))
    assert isinstance(answer, Unchanged)
    assert answer.url == URL


async def test_raw_gbk_in_a_location_is_passed_on_as_it_came(server, client):
    server.on(PATH, server.reply(302, headers={"Location": b"/tag/" + "刘喆".encode("gbk")}))
    server.on("/a.example/tag/%C1%F5%86%B4", server.reply(200, b"here"))
    async with client() as polite:
        assert (await polite.get(URL)).body == b"here"


async def test_a_circle_is_broken_and_so_is_a_long_chain(server, client):
    server.on(PATH, server.reply(302, headers={"Location": "/p/2"}))
    server.on("/a.example/p/2", server.reply(302, headers={"Location": "/p/1"}))
    for hop in range(9):
        server.on(f"/b.example/{hop}", server.reply(302, headers={"Location": f"/{hop + 1}"}))
    async with client() as polite:
        with pytest.raises(Broken, match="circle"):
            await polite.get(URL)
        with pytest.raises(Broken, match="more than 5 times"):
            await polite.get("https://b.example/0")
    assert len([path for path in server.paths() if "b.example" in path]) == 6


# --- records and secrets -----------------------------------------------------------------------------------------


async def test_every_request_is_recorded(server, client):
    server.on(PATH, server.reply(500), server.reply(302, headers={"Location": "https://b.example/r"}))
    server.on("/b.example/r", server.reply(200, gzip.compress(b"long " * 1000), {"Content-Encoding": "gzip"}))
    async with client() as polite:
        await polite.get(URL)
    rows = [(record.url, record.host, record.outcome, record.http_status) for record in polite.requests]
    assert rows == [
        ("https://a.example/robots.txt", "a.example", "gone", 404),
        (URL, "a.example", "retry", 500),
        (URL, "a.example", "redirect", 302),
        ("https://b.example/robots.txt", "b.example", "gone", 404),
        ("https://b.example/r", "b.example", "ok", 200),
    ]
    assert polite.requests[-1].bytes == len(gzip.compress(b"long " * 1000))


async def test_no_token_leaves_in_an_error_a_record_or_a_log(server, client, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "https://a.example/p/1?id=7&access_token=s3cr3t"
    server.on(PATH + "?id=7&access_token=s3cr3t", server.reply(500), server.reply(404))
    async with client() as polite:
        with pytest.raises(Gone) as caught:
            await polite.get(secret)
        with pytest.raises(Broken) as refused:
            await polite.get("https://me:s3cr3t@a.example/p/1")
    for error in (caught.value, refused.value):
        assert "s3cr3t" not in str(error) + error.url
    assert "id=7" in str(caught.value)
    assert "s3cr3t" not in repr(polite.requests)
    assert "s3cr3t" not in caplog.text


def test_the_settings_are_polite_as_they_are():
    settings = NetworkSettings()
    assert settings.per_host_delay == timedelta(seconds=4)
    assert (settings.concurrency, settings.obey_robots, settings.max_redirects) == (8, True, 5)
