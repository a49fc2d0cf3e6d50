"""The caps as they stand by default, and what bad input may cost: the settings that users run with, not those of tests."""

from __future__ import annotations

import gzip
import time
import tracemalloc

import pytest

from sources.errors import Broken, RetryLater
from sources.network import NetworkSettings

URL = "https://a.example/p/1"
PATH = "/a.example/p/1"
MEGABYTE = 1_000_000


async def refused(server, client) -> tuple[float, int]:
    """Seconds of work and peak of memory until the address is Broken for its size."""
    async with client() as polite:
        await polite.get("https://a.example/warm")
        tracemalloc.start()
        began = time.process_time()
        with pytest.raises(Broken, match="too large"):
            await polite.get(URL)
        seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return seconds, peak


@pytest.fixture
def warm(server):
    server.on("/a.example/warm", server.reply(200, b"warm"))


async def test_a_page_of_50_mb_that_announces_itself_is_not_read(server, client, warm):
    server.on(PATH, server.reply(200, b"x" * 1000, length=50 * MEGABYTE))
    _, peak = await refused(server, client)
    assert peak < 2 * MEGABYTE
    assert server.paths() == ["/a.example/warm", PATH]  # asked once: it will not be smaller the next time


async def test_a_page_of_50_mb_that_does_not_is_left_at_the_cap(server, client, warm):
    chunk = b"%x\r\n%s\r\n" % (MEGABYTE, b"x" * MEGABYTE)

    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            connection.sendall(chunk)

    server.on(PATH, server.reply(raw=True, behave=pour))
    _, peak = await refused(server, client)
    assert peak < 3 * NetworkSettings().max_bytes


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
async def test_a_bomb_costs_no_more_than_the_cap(server, client, warm, encoding):
    bomb = gzip.compress(bytes(1000 * MEGABYTE), 1)
    if encoding == "gzip, gzip":
        bomb = gzip.compress(bomb)
    server.on(PATH, server.reply(200, bomb, {"Content-Encoding": encoding}))
    seconds, peak = await refused(server, client)
    assert peak < 3 * NetworkSettings().max_decoded_bytes
    assert seconds < 5


async def test_headers_without_end_are_no_page(server, client):
    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(20_000):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 100))

    server.on(PATH, server.reply(raw=True, behave=pour))
    async with client(retries=0) as polite:
        with pytest.raises((RetryLater, Broken)):
            await polite.get(URL)
