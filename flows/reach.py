"""Whether the outlets can be reached: each host is asked once, for its robots.txt, as any run would ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flows.reading import trusted
from sources.address import authority_of, redact, robots_url
from sources.article import Page
from sources.charset import decode
from sources.client import Client
from sources.errors import Blocked, FetchError
from sources.network import NetworkSettings
from sources.robots import Robots, RobotsText, product_token
from sources.source import Source

PATIENCE = timedelta(seconds=15)  # for one host; they are asked side by side


@dataclass(slots=True)
class Reached:
    """One host. `error`: why there was no answer, or a challenge (then `blocked`); `closed`: lists that its robots.txt
    closes to us; `delay`: the pause that it asks for; `ahead`: by how much our clock is ahead of its clock, None when it
    did not say."""

    host: str
    sources: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    error: str = ""
    blocked: bool = False
    closed: list[str] = field(default_factory=list)
    delay: timedelta = timedelta()
    seconds: float = 0.0
    ahead: timedelta | None = None


async def reach(settings: NetworkSettings, sources: Sequence[Source], clock: Callable[[], datetime]) -> list[Reached]:
    """Each host that the lists of these sources are read from, in their order."""
    hosts: dict[str, Reached] = {}
    for source in sources:
        for url in _lists(source, clock()):
            one = hosts.setdefault(authority_of(url), Reached(authority_of(url)))
            one.lists.append(url)
            if source.id not in one.sources:
                one.sources.append(source.id)
    # The client would ask for robots.txt before it asks for robots.txt.
    asking = replace(settings, obey_robots=False, retries=0, total_timeout=PATIENCE)
    async with Client(asking, now=clock) as client:
        await asyncio.gather(*(_ask(client, one, settings, clock) for one in hosts.values()))
    return list(hosts.values())


def _lists(source: Source, now: datetime) -> list[str]:
    try:
        return [address.url for address in trusted(source, "lists", lambda: list(source.lists(now)))]
    except FetchError:  # its code fails: the state of the source says so
        return []


async def _ask(client: Client, one: Reached, settings: NetworkSettings, clock: Callable[[], datetime]) -> None:
    url, text, status = robots_url(one.lists[0]), "", 200
    try:
        page = await client.get(url, tag=one.host)
        assert isinstance(page, Page)  # no validators were sent
        text = decode(page.body, page.content_type)
    except FetchError as error:
        # As the client reads it: what is not there (4xx) closes nothing, a challenge or no answer does.
        challenged = isinstance(error, Blocked) and not (error.marker or "").startswith("http-")
        status = error.http_status or 0
        if challenged or not 400 <= status < 500 or status in (408, 421, 425, 429):
            one.error, one.blocked = str(error), challenged
    asked = [record for record in client.requests if record.tag == one.host]
    if asked:
        one.seconds = sum(record.seconds for record in asked)
        said, at = asked[-1].clock, asked[-1].at + timedelta(seconds=asked[-1].seconds)
        one.ahead = None if said is None else at - said
    if not one.error and settings.obey_robots:
        token = product_token(settings.user_agent)
        rules = Robots(RobotsText(one.host, text, status, clock()), token)
        one.closed = [redact(url) for url in one.lists if not rules.allows(url)]
        one.delay = rules.delay


def skew(reached: Sequence[Reached]) -> timedelta | None:
    """By how much our clock is ahead of the outlets' clocks, as the middle one of them has it: one may be wrong itself."""
    found = sorted(one.ahead for one in reached if one.ahead is not None)
    return found[len(found) // 2] if found else None
