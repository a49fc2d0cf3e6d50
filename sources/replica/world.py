"""The outlet world: sites by logical host, the articles they publish, and what befalls them.

Two worlds with the same epoch, entries and changes answer byte for byte the same. Nothing here reads a clock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Protocol
from urllib.parse import urlsplit

from sources.replica import faults, kr36
from sources.replica.entries import Entry, Item, paragraphs
from sources.replica.feeds import SITES
from sources.replica.wire import Answer, Request, html, plain


class Site(Protocol):
    """An outlet in small. Its first host is the one that entries name."""

    @property
    def hosts(self) -> tuple[str, ...]: ...

    def place(self, entry: Entry, published: datetime) -> str:
        """The path of its page."""

    def is_list(self, host: str, path: str) -> bool: ...

    def answer(self, host: str, path: str, items: Sequence[Item], epoch: datetime) -> Answer | None: ...


@dataclass(frozen=True, slots=True)
class _Empty:
    """Lists are whole and name nothing; pages stand."""

    site: Site
    epoch: datetime

    def apply(self, request: Request, serve: faults.Serve) -> Answer:
        if not self.site.is_list(request.host, request.path):
            return serve()
        return self.site.answer(request.host, request.path, (), self.epoch) or serve()


class World:
    """Outlets in small. Every method may be called from any thread, also while a server answers from it.

    `epoch` (aware) is the moment that the articles' ages count from. `path` of a fault narrows it to addresses that
    start so; `times` None means until `heal`.
    """

    def __init__(self, epoch: datetime, entries: Iterable[Entry] = (), sites: Sequence[Site] | None = None) -> None:
        if epoch.tzinfo is None:
            raise ValueError("the world's epoch needs a timezone")
        self.epoch = epoch.replace(microsecond=0)
        self._sites: dict[str, Site] = {}
        for site in (kr36.Kr36Site(), *SITES) if sites is None else sites:
            self._sites.update(dict.fromkeys(site.hosts, site))
        self._lock = threading.RLock()
        self._items: dict[str, Item] = {}
        self._faults: list[faults.Standing] = []
        self._moved: dict[tuple[str, str], str] = {}
        self._origin: dict[tuple[str, str], str] = {}
        self._changes = 0
        for entry in entries:
            self._put(entry, modified=None)

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(self._sites)

    @property
    def keys(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._items)

    def item(self, key: str) -> Item:
        """An article as it stands now. Raises KeyError for an unknown key."""
        with self._lock:
            return self._items[key]

    def url(self, key: str) -> str:
        """The address of an article's page; for 36氪 the canonical one, without `www.`."""
        item = self.item(key)
        host = kr36.BARE if item.entry.host == kr36.WWW else item.entry.host
        return f"https://{host}{item.path}"

    # What newsrooms do

    def publish(self, entry: Entry) -> str:
        """A new article; gives its address. Raises ValueError when its key or host cannot be."""
        with self._lock:
            if entry.key in self._items:
                raise ValueError(f"{entry.key} is already published; use edit")
            self._put(entry, modified=self._tick())
        return self.url(entry.key)

    def edit(
        self, key: str, *, title: str | None = None, text: str | None = None, add: str = "", summary: str | None = None
    ) -> None:
        """Changes an article. `text` is a new body, a paragraph a line; `add` paragraphs go to the end of the body.

        A list that shows a teaser alone does not show a change further down, as with real outlets; give `summary` too.
        """
        with self._lock:
            item = self._items[key]
            entry = item.entry
            body = (entry.body if text is None else paragraphs(text)) + paragraphs(add)
            entry = replace(
                entry,
                title=entry.title if title is None else title,
                summary=entry.summary if summary is None else summary,
                body=body,
            )
            self._items[key] = replace(item, entry=entry, modified=self._tick())

    def lay_out(self, key: str, layout: Literal["state", "both", "dom", "encrypted"]) -> None:
        """How the 36氪 page of an article carries it from now on."""
        with self._lock:
            item = self._items[key]
            self._items[key] = replace(item, entry=replace(item.entry, layout=layout), modified=self._tick())

    def withdraw(self, key: str, *, status: int = 404, listed: bool = False) -> None:
        """Takes a page down: 404, 410, or 200 for a tombstone. `listed`: the lists still name it."""
        with self._lock:
            self._items[key] = replace(self._items[key], gone=status, listed=listed, modified=self._tick())

    def move(self, host: str, path: str, to: str) -> None:
        """`path` answers 301 to `to`: a path on the same host, then served there, or a whole address."""
        with self._lock:
            target = to if "://" in to else f"https://{host}{to}"
            self._moved[(host, path)] = target
            parts = urlsplit(target)
            self._origin[(parts.netloc, parts.path)] = path

    # What goes wrong

    def block(
        self, host: str, *, challenge: Literal["captcha", "waf"] = "captcha", path: str = "", times: int | None = None
    ) -> None:
        """A challenge page with status 200 in place of everything but robots.txt."""
        page = kr36.captcha if challenge == "captcha" else kr36.waf_challenge
        self.beset(host, faults.Instead(page), path=path, times=times)

    def break_layout(self, host: str, *, path: str = "", times: int | None = None) -> None:
        """Pages and lists after a redesign: whole, and nothing is where a parser looks."""
        self.beset(host, faults.Instead(kr36.redesign), path=path, times=times)

    def slow(self, host: str, seconds: float, *, drip: float = 0.0, path: str = "", times: int | None = None) -> None:
        self.beset(host, faults.Slow(seconds, drip), path=path, times=times)

    def fail(
        self, host: str, status: int, *, times: int | None = None, retry_after: str | int = "", path: str = ""
    ) -> None:
        self.beset(host, faults.Fail(status, str(retry_after)), path=path, times=times)

    def reset(self, host: str, *, times: int | None = None, after: int = 0, path: str = "") -> None:
        self.beset(host, faults.Reset(after), path=path, times=times)

    def empty(self, host: str, *, path: str = "", times: int | None = None) -> None:
        """Its lists are well formed and name nothing."""
        self.beset(host, _Empty(self._sites[host], self.epoch), path=path, times=times)

    def drop_validators(self, host: str, *, path: str = "") -> None:
        self.beset(host, faults.NoValidators(), path=path)

    def beset(self, host: str, fault: faults.Fault, *, path: str = "", times: int | None = None) -> None:
        """Puts any fault before a host. Raises KeyError for a host that the world has not."""
        with self._lock:
            self._sites[host]
            self._faults.insert(0, faults.Standing(fault, host, path, times))

    def heal(self, host: str | None = None) -> None:
        """Lifts every fault of a host, or of all."""
        with self._lock:
            self._faults = [standing for standing in self._faults if host not in (None, standing.host)]

    # The rim

    def respond(self, request: Request) -> Answer:
        """The answer to a request for one of its hosts."""
        with self._lock:
            return self._through(request, 0)

    def _through(self, request: Request, start: int) -> Answer:
        for position, standing in enumerate(self._faults[start:], start):
            # robots.txt stays readable under page faults unless the fault names it: a client must be able to ask.
            if request.path == "/robots.txt" and standing.path != "/robots.txt":
                continue
            if standing.strikes(request):
                if standing.left is not None:
                    standing.left -= 1
                return standing.fault.apply(request, partial(self._through, request, position + 1))
        return self._serve(request)

    def _serve(self, request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return plain("method not allowed\n", status=405)
        if target := self._moved.get((request.host, request.path)):
            return replace(plain("moved\n", status=301), headers=(("Location", target),))
        path = self._origin.get((request.host, request.path), request.path)
        site = self._sites[request.host]
        items = [item for item in self._items.values() if self._sites[item.entry.host] is site]
        return site.answer(request.host, path, items, self.epoch) or html("<title>404</title>\n", status=404)

    def _put(self, entry: Entry, modified: datetime | None) -> None:
        site = self._sites.get(entry.host)
        if site is None or site.hosts[0] != entry.host:
            firsts = ", ".join(dict.fromkeys(other.hosts[0] for other in self._sites.values()))
            raise ValueError(f"{entry.key}: no site publishes on {entry.host}; use one of {firsts}")
        published = self.epoch - timedelta(minutes=entry.minutes_before)
        self._items[entry.key] = Item(entry, published, modified or published, site.place(entry, published))

    def _tick(self) -> datetime:
        """Changes are told apart by one second each, so that Last-Modified moves without a clock."""
        self._changes += 1
        return self.epoch + timedelta(seconds=self._changes)
