"""虎嗅: its feed and list pages for discovery, its pages for the body. Facts: outlets.md §9.

The lists that its own pages ask by author and channel want a form to be sent; they are left to RSSHub (`use: rsshub`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import text_of
from sources.challenge import challenge
from sources.document import Document
from sources.errors import Blocked, LayoutChanged
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.identity import identify
from sources.outlets.huxiu_pages import OUTLET
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec

_FEED = "https://rss.huxiu.com/"
_LIST_PAGE = re.compile(r"https?://(?:www\.|m\.)?huxiu\.com/(?:article/?|(?:channel|member)/[0-9]+(?:\.html)?/?)")
_ARTICLE = re.compile(r"https://www\.huxiu\.com/article/[0-9]+\.html")


class Huxiu(Source):
    """虎嗅's articles."""

    spec: ClassVar[Spec] = Spec(
        use="huxiu",
        outlet=OUTLET,
        about="虎嗅: its feed, list pages by channel, and the pages they name",
        every=timedelta(minutes=15),
        hosts=("rss.huxiu.com", "www.huxiu.com"),
        options=MappingProxyType(
            {"pages": Option("list pages: https://www.huxiu.com/article/, /channel/<number>.html", default=())}
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError for an address that is no list page."""
        super().__init__(id, outlet, **options)
        given = self.options["pages"]
        self._pages = [str(one) for one in given] if isinstance(given, list | tuple) else [str(given)]
        for address in self._pages:
            if not _LIST_PAGE.fullmatch(address):
                raise ValueError(
                    f"pages: expected list pages such as https://www.huxiu.com/channel/105.html, not {redact(address)!r}"
                )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return [ListAddress(_FEED), *(ListAddress(address) for address in self._pages)]

    def discover(self, page: Page) -> list[ArticleRef]:
        """Refs from the feed (XML), or from the cards of a list page."""
        if not _LIST_PAGE.fullmatch(page.url):
            return read_feed(page, source=self.id, outlet=self.outlet)
        with typed_errors("虎嗅's list", page.url):
            refs = list(self._cards(page))
        return list({ref.article_id: ref for ref in reversed(refs)}.values())[::-1]

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page.with_url(page.url or ref.url), source=self.id, outlet=self.outlet, ref=ref)

    def _cards(self, page: Page) -> Iterator[ArticleRef]:
        """A list page's articles; its videos and discussions lead elsewhere. Cards show when in words alone, and not all
        of them, so times are left to the pages."""
        shown = redact(page.url)
        if marker := challenge(page):
            raise Blocked(f"虎嗅 answered with a challenge ({marker}) instead of its list", url=shown, marker=marker)
        cards = Document(page).tree.css(".article-item-wrap")
        if not cards:
            raise LayoutChanged("a 虎嗅 list page without .article-item-wrap", url=shown)
        for card in cards:
            if address := _address(card, page.url):
                identity = identify(address)
                heading = card.css_first(".channel-title") or card.css_first(".content-title") or card.css_first("h3")
                author = text_of(card.css_first(".author-name"))
                yield ArticleRef(
                    source=self.id,
                    article_id=identity.article_id,
                    url=identity.url,
                    title=text_of(heading),
                    authors=(author,) if author else (),
                )


def _address(card: LexborNode, base: str) -> str:
    """The article that a card leads to; empty when it leads to none."""
    links = (urljoin(base, node.attributes.get("href") or "") for node in card.css("a[href]"))
    return next((url for link in links if _ARTICLE.fullmatch(url := identify(link).url)), "")
