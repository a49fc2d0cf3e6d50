"""A site's sitemap: for outlets without a feed. A news sitemap is a feed in all but name; a plain one lists everything
the site has, so only what changed lately is taken from it; an index leads to its newest children."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar

from sources import sitemaps
from sources.article import Article, ArticleRef, Page
from sources.feeds import fetch_url_of
from sources.identity import identify
from sources.outlets.pages import read_page
from sources.sitemaps import Entry, read_sitemap
from sources.source import ListAddress, Option, Source, Spec

_NEVER = datetime.min.replace(tzinfo=UTC)


class SitemapSource(Source):
    """One sitemap or sitemap index, named by its address."""

    spec: ClassVar[Spec] = Spec(
        use="sitemap",
        outlet="",
        about="a site's sitemap, news sitemap or sitemap index",
        every=timedelta(minutes=30),
        options=MappingProxyType(
            {
                "url": Option("address of the sitemap, as in the robots.txt of the site", required=True),
                "include": Option("only addresses in which this regular expression is found", default=""),
                "newest": Option("at most so many articles of one sitemap, newest first", default=100),
                "max_age": Option("only what was published or changed in this time", default=timedelta(days=7)),
                "children": Option("at most so many sitemaps of an index, newest first", default=3),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        super().__init__(id, outlet, **options)
        for name in ("newest", "children"):
            if int(str(self.options[name])) < 1:
                raise ValueError(f"{name}: expected a number of at least 1, not {self.options[name]}")
        try:
            self._include = re.compile(str(self.options["include"]))
        except re.error as error:
            raise ValueError(f"include: expected a regular expression such as /article/ ({error})") from None
        # An index names its children once, and each of them is asked for the one after it: sitemap → next.
        self._next: dict[str, str] = {}

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return (ListAddress(str(self.options["url"])),)

    def discover(self, page: Page) -> list[ArticleRef]:
        """The newest articles first, those without a date last in the sitemap's order; [] for an index."""
        sitemap = read_sitemap(page)
        if sitemap.is_index:
            return []
        wanted = [one for one in sitemap.entries if self._include.search(one.url) and self._recent(one, page)]
        first: dict[str, ArticleRef] = {}
        for entry in _newest_first(wanted):
            ref = self._ref(entry)
            first.setdefault(ref.article_id, ref)
        return list(first.values())[: int(str(self.options["newest"]))]

    def is_index(self, page: Page) -> bool:
        return sitemaps.is_index(page)

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """Of an index its newest child; of a child the next newest that its index named, as long as `children` allows.

        A child that is an index itself is against the protocol and leads nowhere.
        """
        if address.url == str(self.options["url"]):
            named = read_sitemap(page).entries if self.is_index(page) else ()
            recent = [one for one in named if self._recent(one, page)]
            urls = list(dict.fromkeys(one.url for one in _newest_first(recent) if one.url != address.url))
            chain = [address.url, *urls[: int(str(self.options["children"]))]]
            self._next = dict(pairwise(chain))
        following = self._next.get(address.url)
        return ListAddress(following, optional=True) if following else None

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page, source=self.id, outlet=self.outlet, ref=ref)

    def _recent(self, entry: Entry, page: Page) -> bool:
        limit = self.options["max_age"]
        assert isinstance(limit, timedelta)
        return entry.at is None or entry.at >= page.fetched_at - limit

    def _ref(self, entry: Entry) -> ArticleRef:
        """<lastmod> is when a page changed, so it is no publish time; the page says that."""
        identity = identify(entry.url)
        return ArticleRef(
            source=self.id,
            article_id=identity.article_id,
            url=identity.url,
            title=entry.title,
            published_at=entry.published[0] if entry.published else None,
            precision=entry.published[1] if entry.published else "unknown",
            fetch_url=fetch_url_of(entry.url, identity),
        )


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: one.at or _NEVER, reverse=True)
