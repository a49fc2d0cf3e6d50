"""One HTTP exchange: connections that reach public addresses only, and a body read within its limits.

httpx's transports are used without its AsyncClient: that would log every address with its tokens at level INFO, keep
cookies across logical hosts, and read proxies and .netrc from the environment.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import TracebackType

import httpcore
import httpx

from sources.address import is_public
from sources.unpack import Damaged, Oversized, Truncated, unpack

Resolve = Callable[[str, int], Awaitable[list[str]]]

_CONNECT_SECONDS = 15.0
_SILENCE_SECONDS = 30.0  # between two pieces of an answer
_ERROR_PAGE_BYTES = 256 * 1024  # of an error page, only enough to recognise a challenge


class ForbiddenAddress(Exception):
    """The host leads to no public address."""


class NoAnswer(Exception):
    """No whole answer came: refused, reset, silent, cut off. `again`: whether to try at once once more."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


@dataclass(slots=True)
class Traffic:
    """What passed so far, known also when the exchange fails. `received` counts body bytes as they came, compressed;
    `date` is when the answer says it was made, empty where a cache in between may have kept it."""

    status: int | None = None
    received: int = 0
    date: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its body unpacked. Bodies of redirects and other answers without content are not read."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one exchange, bytes and time."""

    received: int
    unpacked: int
    time: timedelta


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order the system prefers."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name once, keeps its public addresses, and connects to those and nothing else.

    There is no second look-up between check and connection, so a name that answers differently each time (DNS
    rebinding) gains nothing. Raises ForbiddenAddress.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend | None = None, resolve: Resolve = resolve) -> None:
        self._network = network or httpcore.AnyIOBackend()
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError(f"the name {host} is not known: {error}") from error
        except UnicodeError as error:
            raise httpcore.ConnectError(f"the name {host} cannot be looked up") from error
        public = [address for address in found if is_public(address)]
        if not public:
            raise ForbiddenAddress(host)
        for address in public[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(public[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise ForbiddenAddress(path)

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


def _trust() -> ssl.SSLContext:
    """Whom we trust: the certificates that httpx would read, which the two variables may name."""
    return _read_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _read_trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Once a process, not twice a run: reading the certificates takes longer than asking a dozen lists."""
    return httpx.create_ssl_context()


class _PublicTransport(httpx.AsyncHTTPTransport):
    """httpx's transport on our network: httpx has no parameter for it, httpcore underneath has."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, connections: int) -> None:
        context = _trust()
        super().__init__(verify=context, http2=True)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            http2=True,
            network_backend=network,
        )


class Wire:
    """Pooled connections, HTTP/1.1 and HTTP/2, to the open internet and to the gateways that `rewrite` names."""

    def __init__(self, connections: int, network: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._public = _PublicTransport(network or PublicNetwork(), connections)
        self._gateways = httpx.AsyncHTTPTransport(
            verify=_trust(),
            http2=True,
            limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0),
        )

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._public.aclose()
        await self._gateways.aclose()

    async def exchange(
        self,
        url: str,
        headers: Mapping[str, str],
        limits: Limits,
        traffic: Traffic,
        *,
        post: str = "",
        gateway: bool = False,
    ) -> Answer:
        """Asks once; `post` is the body to send, if any. `gateway` says that `rewrite` named the address, which may then be a private one.

        Raises ForbiddenAddress, NoAnswer, Oversized, Truncated, Damaged, and httpx.InvalidURL for an address that
        cannot be sent.
        """
        timeouts = {"connect": _CONNECT_SECONDS, "read": _SILENCE_SECONDS, "write": _SILENCE_SECONDS, "pool": None}
        request = httpx.Request(
            "POST" if post else "GET",
            url,
            headers=headers,
            content=post.encode("utf-8", "replace") or None,
            extensions={"timeout": timeouts},
        )
        transport = self._gateways if gateway else self._public
        try:
            async with asyncio.timeout(limits.time.total_seconds()):
                response = await transport.handle_async_request(request)
                try:
                    return await _read(response, limits, traffic)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            seconds = limits.time.total_seconds()
            raise NoAnswer(f"the answer was not complete after {seconds:g} seconds", again=False) from error
        except httpx.TimeoutException as error:
            raise NoAnswer(f"timed out ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error


async def _read(response: httpx.Response, limits: Limits, traffic: Traffic) -> Answer:
    traffic.status = response.status_code
    if "age" not in response.headers:
        traffic.date = response.headers.get("date", "")
    encoding = response.headers.get("content-encoding", "")
    body = b""
    if response.status_code == 200:
        if int(_digits(response.headers.get("content-length", ""))) > limits.received:
            raise Oversized
        body = unpack(await _received(response, limits.received, traffic), encoding, limits.unpacked)
    elif response.status_code >= 400:
        body = await _error_page(response, encoding, traffic)
    return Answer(response.status_code, response.headers, body)


async def _received(response: httpx.Response, limit: int, traffic: Traffic) -> bytes:
    whole = bytearray()
    async for piece in response.aiter_raw():
        whole += piece
        traffic.received += len(piece)
        if len(whole) > limit:
            raise Oversized
    return bytes(whole)


async def _error_page(response: httpx.Response, encoding: str, traffic: Traffic) -> bytes:
    """What an error page says, if it can be read with little effort: its status alone tells enough."""
    try:
        return unpack(await _received(response, _ERROR_PAGE_BYTES, traffic), encoding, _ERROR_PAGE_BYTES)
    except (httpx.TransportError, Oversized, Truncated, Damaged):
        return b""


def _digits(length: str) -> str:
    return length if length.isascii() and length.isdigit() and len(length) < 16 else "0"
