"""Any feed: RSS 2.0, RSS 1.0, Atom or JSON Feed; its articles' pages are read as any page is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from sources.article import Article, ArticleRef, Page
from sources.feeds import read_feed
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec


class Feed(Source):
    """One feed, named by its address."""

    spec: ClassVar[Spec] = Spec(
        use="feed",
        outlet="",
        about="any RSS, Atom or JSON Feed address",
        every=timedelta(minutes=15),
        options=MappingProxyType({"url": Option("address of the feed", required=True)}),
    )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return (ListAddress(str(self.options["url"])),)

    def discover(self, page: Page) -> list[ArticleRef]:
        return read_feed(page, source=self.id, outlet=self.outlet)

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page, source=self.id, outlet=self.outlet, ref=ref)
