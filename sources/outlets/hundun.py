"""混沌大学: read where it is reprinted, for its own site has no public list. Facts: outlets.md §3.

A composite: other sources find and read, here is decided what is 混沌大学's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from sources.address import redact, refusal
from sources.article import Article, ArticleRef, Page
from sources.errors import LayoutChanged, NotAnArticle
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec, Way, registry

_NAME = re.compile(r"混沌\s*(?:大学|学园)")
_ADDRESSES = ("url", "feed")  # options that take one address; the others take numbers, one or several


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of way: the key that opens it, the source that walks it with the key's value as `option`.

    `own`: a list of the account itself, in which other names are those of its writers; elsewhere they are others.
    """

    key: str
    name: str
    use: str
    option: str
    help: str
    own: bool = False


_KINDS = (
    _Kind(
        "kr36_user",
        "its author page at 36氪",
        "36kr",
        "users",
        "the number in https://36kr.com/user/<number>, where its name leads from one of its articles at 36氪",
        own=True,
    ),
    _Kind("huxiu_feed", "虎嗅", "feed", "url", "https://rss.huxiu.com/, of which its articles are kept"),
    _Kind("zaker_channel", "ZAKER", "zaker", "channels", "number of a ZAKER channel, of which its articles are kept"),
    _Kind(
        "wechat_feed",
        "its WeChat account by a bridge",
        "wechat",
        "feed",
        "address of the account's feed at a bridge of your own, such as wewe-rss",
        own=True,
    ),
    _Kind(
        "feeds", "other feeds", "feed", "url", "addresses of other feeds, RSSHub's too, of which its articles are kept"
    ),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One configured way."""

    kind: _Kind
    source: Source

    def lists(self, now: datetime) -> list[ListAddress]:
        """What the key adds to what its source reads anyway: of 36氪 the author's list alone."""
        usual: Sequence[ListAddress] = ()
        if self.kind.use == "36kr":
            usual = registry()[self.kind.use]().lists(now)
        return [address for address in self.source.lists(now) if address not in usual]


class Hundun(Source):
    """What 混沌大学 (混沌学园) publishes, by every way that is configured; each opens by a key of its own."""

    spec: ClassVar[Spec] = Spec(
        use="hundun",
        outlet="混沌大学",
        about="混沌大学: its reprints at 36氪, 虎嗅 and ZAKER, its WeChat account by a bridge",
        every=timedelta(minutes=30),
        options=MappingProxyType(
            {kind.key: Option(kind.help, default=() if kind.key == "feeds" else "") for kind in _KINDS}
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError when no way is configured, or one wrongly."""
        super().__init__(id, outlet, **options)
        self._parts = [self._made(kind, value) for kind in _KINDS for value in self._values(kind)]
        if not self._parts:
            keys = "; ".join(f"{kind.key}: {kind.help}" for kind in _KINDS)
            raise ValueError(
                f"no way to 混沌大学 is configured: its own site has no list. Expected one or more of {keys}"
            )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return [address for part in self._parts for address in part.lists(now)]

    def ways(self) -> Sequence[Way]:
        return [Way(kind.name, bool(self._values(kind)), f"`{kind.key}:` {kind.help}") for kind in _KINDS]

    def discover(self, page: Page) -> list[ArticleRef]:
        """What a list names of 混沌大学's, and what it names without saying whose it is."""
        part = self._part(page.url, page.fetched_at)
        return [kept for ref in part.source.discover(page) if (kept := self._kept(ref, part.kind)) is not None]

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        return self._part(address.url, page.fetched_at).source.older(page, address)

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """The article, as 混沌大学's whatever site it stands on. Raises NotAnArticle when it is somebody else's."""
        reader = self._of_host(ref.fetch_url or ref.url)
        if reader is not None:
            article = reader.source.parse(page, ref)
        else:
            article = read_page(page, source=self.id, ref=ref)
        if not _signed(ref, article):
            shown = redact(article.url)
            raise NotAnArticle(f"not by {self.outlet}: {shown} names {article.outlet or 'nobody'}", url=shown)
        return replace(article, source=self.id, outlet=self.outlet)

    def _values(self, kind: _Kind) -> list[str]:
        given = self.options[kind.key]
        return [
            text for one in (given if isinstance(given, list | tuple) else [given]) if (text := str(one or "").strip())
        ]

    def _made(self, kind: _Kind, value: str) -> _Part:
        """The way, under this source's name. Of its outlet nothing is known beforehand: the pages have to say it."""
        if kind.option in _ADDRESSES and (reason := refusal(value)):
            raise ValueError(f"{kind.key}: expected the address of a feed ({reason})")
        taken: dict[str, Any] = {kind.option: value if kind.option in _ADDRESSES else (value,)}
        try:
            return _Part(kind, registry()[kind.use](id=self.id, **taken))
        except ValueError as error:
            raise ValueError(f"{kind.key}: {error}") from None

    def _kept(self, ref: ArticleRef, kind: _Kind) -> ArticleRef | None:
        """The ref when it is 混沌大学's; without its text when only its page can tell; None when it is another's."""
        if kind.own or _signed(ref, ref.article):
            # What its own list names is its own, also where the page then names only a writer.
            authors = ref.authors if _signed(ref, None) else (*ref.authors, self.outlet)
            return replace(ref, authors=authors, article=ref.article and replace(ref.article, outlet=self.outlet))
        whole = ref.article is not None and ref.article.kind != "partial"
        if _NAME.search(ref.summary) or not (ref.authors or whole):
            return replace(ref, article=None)
        return None

    def _part(self, url: str, now: datetime) -> _Part:
        """The way that a list belongs to: by its address, an older part of it by its host."""
        for part in self._parts:
            if any(address.url == url for address in part.lists(now)):
                return part
        if (part_of_host := self._of_host(url)) is not None:
            return part_of_host
        raise LayoutChanged(f"{redact(url)} is no list of this source", url=redact(url))

    def _of_host(self, url: str) -> _Part | None:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None
        return next((part for part in self._parts if host in part.source.spec.hosts), None)


def _signed(ref: ArticleRef, article: Article | None) -> bool:
    """Whether the list or the article itself names 混沌大学 as its author, account or origin. That a text speaks of it
    says nothing."""
    names = [*ref.authors]
    if article is not None:
        names += [article.outlet, *article.authors, article.byline]
    return any(_NAME.search(name) for name in names)
