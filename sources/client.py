"""The polite client: asks an address by the rules of the house and gives back a page, or an error that says what next.

One request at a time per host with a pause between, robots.txt obeyed, conditional requests, Retry-After, back-off, an
honest user agent; http(s) only, never to private addresses unless `network.rewrite` names them; caps on bytes, unpacked
bytes, redirects and time. The rooms underneath: address, robots, pace, wire, unpack, answers, challenge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from types import TracebackType

import httpcore
import httpx

from sources.address import authority_of, host_of, joined, redact, refusal, rewritten, robots_url
from sources.answers import Redirect, Unchanged, http_date, judge
from sources.article import Page, Validators
from sources.charset import decode
from sources.errors import Blocked, Broken, FetchError, RetryLater
from sources.network import NetworkSettings
from sources.pace import Pace
from sources.robots import Robots, RobotsText, product_token
from sources.unpack import ACCEPTED, Damaged, Oversized, Truncated
from sources.wire import ForbiddenAddress, Limits, NoAnswer, Traffic, Wire

__all__ = ["Client", "NetworkSettings", "RequestRecord", "RobotsText", "Unchanged", "redact"]

PATIENCE = timedelta(seconds=30)  # a longer Retry-After is not waited for inside a get
ROBOTS_REST = timedelta(minutes=5)  # a host whose robots.txt cannot be read is not asked again before


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that was really made, robots.txt too.

    `url` is logical and redacted. `outcome`: ok, unchanged, redirect, or the status word of the error that came of it
    (retry, blocked, gone, broken). `http_status` is None when no answer came. `bytes` counts the body as it came; `tag` is
    that of the get which it was made for; `clock` is what the server's clock said.
    """

    url: str
    host: str
    at: datetime
    outcome: str
    http_status: int | None
    bytes: int
    seconds: float
    tag: str = ""
    clock: datetime | None = None


class Client:
    """Use as `async with`. `robots` are the texts read in earlier runs; `sleep` and `random` are for tests."""

    def __init__(
        self,
        settings: NetworkSettings,
        *,
        now: Callable[[], datetime],
        robots: Mapping[str, RobotsText] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Random | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._random = random or Random()
        self._pace = Pace(settings.concurrency, now=now, sleep=sleep, random=self._random)
        self._wire = Wire(settings.concurrency * 2, network)
        self._limits = Limits(settings.max_bytes, settings.max_decoded_bytes, settings.total_timeout)
        token = product_token(settings.user_agent)
        self._token = token
        self._robots = {host: Robots(text, token) for host, text in (robots or {}).items()}
        self._reading: dict[str, asyncio.Lock] = {}
        self._closed: dict[str, tuple[datetime, str]] = {}
        self.requests: list[RequestRecord] = []

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, error, trace)

    @property
    def robots(self) -> dict[str, RobotsText]:
        """Every robots.txt known now, those handed in and those read since, by host: to be kept over a restart."""
        return {host: rules.known for host, rules in self._robots.items()}

    async def get(
        self, url: str, validators: Validators = Validators(), *, tag: str = "", post: str = ""
    ) -> Page | Unchanged:
        """The page at a logical address, or Unchanged when it is what `validators` were given for.

        `post`: a JSON document to send; such a request is never redirected. `tag` says for whom it is asked, in the records of the requests that it takes; robots.txt is asked for nobody.

        Raises RetryLater, Blocked, Gone, Broken; their messages and `url` are redacted.
        """
        return await self._travel(url, validators, tag, guided=True, post=post)

    async def _travel(
        self, asked: str, validators: Validators, tag: str, *, guided: bool, post: str = ""
    ) -> Page | Unchanged:
        """Follows redirects by hand, so that each hop is checked, paced and allowed like a first request.

        `guided` hops ask robots.txt first; the way to a robots.txt itself is not guided.
        """
        url, seen = asked, set[str]()
        for _ in range(self._settings.max_redirects + 1):
            shown, via = redact(url), "" if url == asked else f" (redirected from {redact(asked)})"
            if why := refusal(url):
                raise Broken(f"{shown}{via} is not asked: {why}", url=shown)
            if url in seen:
                raise Broken(f"{shown}{via} redirects in a circle", url=shown)
            seen.add(url)
            delay = await self._admitted(url) if guided else self._settings.per_host_delay
            outcome = await self._ask(asked, url, validators, tag, delay, post)
            if not isinstance(outcome, Redirect):
                return outcome
            if post:
                raise Broken(f"{shown} redirects what is sent to it", url=shown)
            url = _next_hop(url, outcome)
        most = self._settings.max_redirects
        raise Broken(f"{redact(asked)} redirects more than {most} times", url=redact(asked))

    async def _admitted(self, url: str) -> timedelta:
        """The pause to keep before asking an address, once its host and its robots.txt let us."""
        self._check_open(url)
        if not self._settings.obey_robots:
            return self._settings.per_host_delay
        rules = await self._rules_for(url)
        if not rules.allows(url):
            raise Blocked(
                f"{redact(url)} is closed to {self._token} by the robots.txt of {rules.known.host}",
                url=redact(url),
                marker="robots.txt",
            )
        return max(self._settings.per_host_delay, rules.delay)

    def _check_open(self, url: str) -> None:
        now = self._now()
        until, why = self._closed.get(host_of(url), (now, ""))
        if now < until:
            raise RetryLater(f"{redact(url)} is not asked yet: {why}", url=redact(url), retry_after=until - now)

    async def _rules_for(self, url: str) -> Robots:
        authority = authority_of(url)
        async with self._reading.setdefault(authority, asyncio.Lock()):
            self._check_open(url)
            known = self._robots.get(authority)
            if known is None or not known.known.valid(self._now()):
                known = Robots(await self._read_robots(authority, robots_url(url)), self._token)
                self._robots[authority] = known
            return known

    async def _read_robots(self, authority: str, url: str) -> RobotsText:
        """By RFC 9309, 2.3.1: a missing file (4xx) allows all, a host that cannot say (5xx) allows nothing for now."""
        try:
            page = await self._travel(url, Validators(), "", guided=False)
        except RetryLater as error:
            wait = error.retry_after or ROBOTS_REST
            why = f"the robots.txt of {authority} cannot be read ({error})"
            self._closed[host_of(url)] = (self._now() + wait, why)
            raise RetryLater(why, url=error.url, http_status=error.http_status, retry_after=wait) from error
        except FetchError as error:
            if error.http_status is None or not 201 <= error.http_status < 500:
                raise
            return RobotsText(authority, "", error.http_status, self._now())
        assert isinstance(page, Page)  # no validators were sent, so it cannot be Unchanged
        return RobotsText(authority, decode(page.body, page.content_type), page.status, page.fetched_at)

    async def _ask(
        self, asked: str, url: str, validators: Validators, tag: str, delay: timedelta, post: str
    ) -> Page | Unchanged | Redirect:
        """One address, tried again when that may help soon. The pause before a further try holds for the whole host."""
        host, attempt = host_of(url), 0
        while True:
            try:
                async with self._pace.turn(host, delay):
                    self._check_open(url)
                    return await self._once(asked, url, validators, tag, post)
            except FetchError as error:
                wait = self._wait_before_retry(error, attempt)
                if isinstance(error, RetryLater) and error.http_status == 429 and wait is None and error.retry_after:
                    # Too many requests speaks of the host, not of one address.
                    self._closed[host] = (self._now() + error.retry_after, f"{host} asked to be left alone (HTTP 429)")
                if wait is None or attempt == self._settings.retries:
                    raise
            self._pace.rest(host, wait)
            attempt += 1

    def _wait_before_retry(self, error: FetchError, attempt: int) -> timedelta | None:
        """How long to wait before asking again within the same get; None when that will not help soon."""
        cause = error.__cause__
        if isinstance(cause, NoAnswer) and not cause.again:
            return None
        if isinstance(error, RetryLater) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= PATIENCE else None
        if isinstance(error, RetryLater) or isinstance(cause, Damaged):
            return timedelta(seconds=2**attempt * self._random.uniform(0.5, 1.5))
        return None

    async def _once(
        self, asked: str, url: str, validators: Validators, tag: str, post: str
    ) -> Page | Unchanged | Redirect:
        """One request, and its record. Whatever goes wrong on the wire leaves here as one of our errors."""
        at, traffic, shown = self._now(), Traffic(), redact(url)
        outcome = "cancelled"
        try:
            result = await self._exchanged(asked, url, validators, traffic, post)
            outcome = {Page: "ok", Unchanged: "unchanged", Redirect: "redirect"}[type(result)]
            return result
        except (ForbiddenAddress, httpx.InvalidURL) as error:
            outcome = ""  # nothing was sent
            why = "its host leads to no public address" if isinstance(error, ForbiddenAddress) else "it cannot be sent"
            remedy = "; if that is meant, name the host under network.rewrite" * isinstance(error, ForbiddenAddress)
            raise Broken(f"{shown} is not asked: {why}{remedy}", url=shown) from error
        except FetchError as error:
            outcome = error.status
            raise
        finally:
            if outcome:
                seconds = (self._now() - at).total_seconds()
                status, received, clock = traffic.status, traffic.received, http_date(traffic.date)
                self.requests.append(
                    RequestRecord(shown, host_of(url), at, outcome, status, received, seconds, tag, clock)
                )

    async def _exchanged(
        self, asked: str, url: str, validators: Validators, traffic: Traffic, post: str
    ) -> Page | Unchanged | Redirect:
        gateway, shown = rewritten(url, self._settings.rewrite), redact(url)
        headers = _headers(self._settings.user_agent, validators)
        if post:
            headers["Content-Type"] = "application/json"
        try:
            answer = await self._wire.exchange(
                gateway or url, headers, self._limits, traffic, post=post, gateway=gateway is not None
            )
        except NoAnswer as error:
            raise RetryLater(f"{shown}: {error}", url=shown, http_status=traffic.status) from error
        except Truncated as error:
            raise RetryLater(f"{shown} broke off in the middle", url=shown, http_status=traffic.status) from error
        except Damaged as error:
            raise Broken(f"{shown} is wrongly compressed: {error}", url=shown, http_status=traffic.status) from error
        except Oversized as error:
            most = f"{self._limits.received:,} bytes, {self._limits.unpacked:,} unpacked"
            raise Broken(f"{shown} is too large (at most {most})", url=shown, http_status=traffic.status) from error
        return judge(answer, asked, url, validators, self._now())


def _next_hop(url: str, redirect: Redirect) -> str:
    try:
        return joined(url, redirect.location)
    except ValueError as error:
        raise Broken(f"{redact(url)} redirects to what is no address", url=redact(url)) from error


def _headers(user_agent: str, validators: Validators) -> dict[str, str]:
    headers = {
        "User-Agent": user_agent,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,*/*;q=0.5",
        "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
        "Accept-Encoding": ACCEPTED,
        "If-None-Match": validators.etag,
        "If-Modified-Since": validators.last_modified,
    }
    # What a server once sent need not be fit to be sent back.
    return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}
