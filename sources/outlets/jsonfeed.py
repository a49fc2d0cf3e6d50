"""A JSON Feed, and nothing else at its address; its older pages are followed by `next_url`."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

from sources.address import redact
from sources.article import ArticleRef, Page
from sources.charset import decode
from sources.errors import LayoutChanged
from sources.feeds import is_feed, next_page
from sources.outlets.feed import Feed
from sources.source import ListAddress, Option, Spec


class JsonFeed(Feed):
    """One JSON Feed, named by its address. `feed` reads JSON Feeds too, and follows no pages."""

    spec: ClassVar[Spec] = Spec(
        use="jsonfeed",
        outlet="",
        about="a JSON Feed address; older entries are read where it pages",
        every=timedelta(minutes=15),
        options=MappingProxyType({"url": Option("address of the JSON Feed", required=True)}),
    )

    def discover(self, page: Page) -> list[ArticleRef]:
        """Raises LayoutChanged also for a feed of another format: a host that answers so has changed."""
        if is_feed(text := decode(page.body, page.content_type)) and text.lstrip("\ufeff \t\r\n")[:1] != "{":
            raise LayoutChanged("an XML feed instead of a JSON Feed: use `feed` for it", url=redact(page.url))
        return super().discover(page)

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        following = next_page(page)
        return ListAddress(following, optional=True) if following and following != address.url else None
