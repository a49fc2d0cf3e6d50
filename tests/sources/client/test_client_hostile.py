"""Servers that mean harm or are broken: forbidden addresses, bombs, drips, half pages."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib
from datetime import timedelta

import brotli
import httpcore
import pytest
import zstandard

from sources.client import Client, NetworkSettings
from sources.errors import Broken, RetryLater
from sources.wire import ForbiddenAddress, PublicNetwork

URL = "https://a.example/p/1"
PATH = "/a.example/p/1"


# --- where requests may not go -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",  # the very server that `rewrite` names, but not by its name
        "http://localhost:{port}/secret",
        "http://2130706433:{port}/secret",  # 127.0.0.1 as one number
        "http://0x7f.1:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://10.0.0.1/",
        "http://192.168.1.1/admin",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "file:///etc/passwd",
        "ftp://b.example/",
        "javascript:alert(1)",
        "https://user:hunter2@b.example/",
        "http:///nothing",
        "http://[broken",
        "http://b.example:99999/",
    ],
)
async def test_a_redirect_to_a_forbidden_address_is_broken(server, client, target):
    server.on("/secret", server.reply(200, b"secret"))
    server.on(PATH, server.reply(302, headers={"Location": target.format(port=server.port)}))
    async with client() as polite:
        with pytest.raises(Broken) as caught:
            await polite.get(URL)
    assert "hunter2" not in str(caught.value)
    assert [asked.path for asked in server.asked] == ["/a.example/robots.txt", PATH]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/secret", "http://localhost:{port}/secret", "file:///etc/passwd"]
)
async def test_a_forbidden_address_is_not_asked_for_at_all(server, client, url):
    async with client() as polite:
        with pytest.raises(Broken):
            await polite.get(url.format(port=server.port))
    assert server.asked == []
    assert polite.requests == []


async def test_the_message_says_the_remedy(server, client):
    async with client() as polite:
        with pytest.raises(Broken, match=r"network\.rewrite"):
            await polite.get(f"http://127.0.0.1:{server.port}/")


async def test_a_private_address_that_rewrite_names_is_asked(server, clock):
    server.on("/p/1", server.reply(200, b"ours"))
    settings = NetworkSettings(rewrite={"127.0.0.1": server.base})
    async with Client(settings, now=clock.now, sleep=clock.sleep) as polite:
        assert (await polite.get("http://127.0.0.1/p/1")).body == b"ours"


class Notebook(httpcore.AsyncNetworkBackend):
    """A network that only writes down where it was sent."""

    def __init__(self):
        self.connected = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append(host)
        raise httpcore.ConnectError("nobody there")


async def test_a_name_that_answers_differently_each_time_gains_nothing():
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    notebook = Notebook()

    async def resolve(host, port):
        return answers.pop(0)

    network = PublicNetwork(notebook, resolve)
    with pytest.raises(httpcore.ConnectError):
        await network.connect_tcp("rebind.example", 80)
    assert notebook.connected == ["93.184.216.34"]  # the address that was checked, not the name again
    with pytest.raises(ForbiddenAddress):
        await network.connect_tcp("rebind.example", 80)
    assert notebook.connected == ["93.184.216.34"]


async def test_of_several_addresses_only_the_public_ones_are_tried():
    notebook = Notebook()

    async def resolve(host, port):
        return ["10.0.0.7", "93.184.216.34", "::1", "2606:2800:220:1::1"]

    with pytest.raises(httpcore.ConnectError):
        await PublicNetwork(notebook, resolve).connect_tcp("mixed.example", 80)
    assert notebook.connected == ["93.184.216.34", "2606:2800:220:1::1"]


async def test_the_client_looks_every_connection_over(clock):
    notebook = Notebook()

    async def resolve(host, port):
        return ["93.184.216.34"] if host == "open.example" else ["10.1.2.3"]

    settings = NetworkSettings(obey_robots=False, retries=0)
    async with Client(settings, now=clock.now, sleep=clock.sleep, network=PublicNetwork(notebook, resolve)) as polite:
        with pytest.raises(RetryLater):
            await polite.get("https://open.example/")
        with pytest.raises(Broken):
            await polite.get("https://inside.example/")
    assert notebook.connected == ["93.184.216.34"]


# --- too much ----------------------------------------------------------------------------------------------------


async def test_a_body_that_announces_its_size_is_refused_unread(server, client):
    server.on(PATH, server.reply(200, b"x", length=5000))
    async with client(max_bytes=1000) as polite:
        with pytest.raises(Broken, match="too large"):
            await polite.get(URL)
    assert polite.requests[-1].bytes == 0


async def test_a_body_that_does_not_is_refused_when_the_cap_is_reached(server, client):
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.on(PATH, server.reply(raw=True, behave=lambda connection: connection.sendall(head + chunk * 5000)))
    async with client(max_bytes=10_000) as polite:
        with pytest.raises(Broken, match="too large"):
            await polite.get(URL)
    assert polite.requests[-1].bytes < 200_000
    assert len(server.paths()) == 1


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", lambda body: brotli.compress(body, quality=4)),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    ],
)
async def test_a_bomb_is_broken_before_it_goes_off(server, client, encoding, pack):
    bomb = pack(bytes(30_000_000))
    assert len(bomb) < 40_000
    server.on(PATH, server.reply(200, bomb, {"Content-Encoding": encoding}))
    async with client(max_decoded_bytes=1_000_000) as polite:
        with pytest.raises(Broken, match="too large"):
            await polite.get(URL)
    assert len(server.paths()) == 1


async def test_a_drip_ends_with_the_total_time(server, client):
    def drip(connection):
        for _ in range(500):
            connection.sendall(b"x")
            time.sleep(0.02)

    server.on(PATH, server.reply(200, length=1000, behave=drip))
    began = time.monotonic()
    async with client(total_timeout=timedelta(seconds=0.3)) as polite:
        with pytest.raises(RetryLater, match="not complete"):
            await polite.get(URL)
    assert time.monotonic() - began < 5  # of the ten that the drip would take
    assert len(server.paths()) == 1  # more of the same is not asked for


# --- half pages --------------------------------------------------------------------------------------------------

PAGE = b"<p>" + bytes(range(32, 127)) * 40 + b"</p>"


def hang_up(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST, not FIN
    connection.close()


async def test_a_reset_in_mid_body_is_tried_again(server, client):
    half = server.reply(200, PAGE[:100], length=len(PAGE), behave=hang_up)
    server.on(PATH, half, half, server.reply(200, PAGE))
    async with client() as polite:
        assert (await polite.get(URL)).body == PAGE
    assert [record.outcome for record in polite.requests][1:] == ["retry", "retry", "ok"]


async def test_a_body_shorter_than_announced_is_never_a_page(server, client):
    server.on(
        PATH,
        server.reply(
            200, PAGE[:100], length=len(PAGE), behave=lambda connection: connection.shutdown(socket.SHUT_RDWR)
        ),
    )
    async with client() as polite:
        with pytest.raises(RetryLater):
            await polite.get(URL)
    assert len(server.paths()) == 3


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
async def test_a_compressed_body_cut_off_is_never_half_a_page(server, client, encoding, pack):
    server.on(PATH, server.reply(200, pack(PAGE)[:-9], {"Content-Encoding": encoding}))
    async with client() as polite:
        with pytest.raises(RetryLater, match="broke off"):
            await polite.get(URL)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "rot13"])
async def test_a_wrongly_compressed_body_is_broken_after_trying_again(server, client, encoding):
    server.on(PATH, server.reply(200, b"\xff not compressed at all", {"Content-Encoding": encoding}))
    async with client() as polite:
        with pytest.raises(Broken, match="compressed"):
            await polite.get(URL)
    assert len(server.paths()) == 3


async def test_a_body_wrongly_compressed_once_is_read_the_second_time(server, client):
    wrong = bytearray(gzip.compress(PAGE))
    wrong[-6] ^= 0xFF  # the checksum
    gzipped = {"Content-Encoding": "gzip"}
    server.on(PATH, server.reply(200, bytes(wrong), gzipped), server.reply(200, gzip.compress(PAGE), gzipped))
    async with client() as polite:
        assert (await polite.get(URL)).body == PAGE


async def test_an_answer_that_is_no_http_is_put_off(server, client):
    server.on(
        PATH, server.reply(raw=True, behave=lambda connection: connection.sendall(b"\x00\x01\x02 nonsense\r\n\r\n"))
    )
    async with client() as polite:
        with pytest.raises(RetryLater):
            await polite.get(URL)
