"""A page on its way to its article: decoded and parsed at most once, each when somebody first asks for it."""

from __future__ import annotations

from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from sources.article import Page
from sources.blocks import paragraphs, parse_html
from sources.charset import decode
from sources.metadata import own_address


class Document:
    """What layouts read. `page.body` is there at once; `html` costs decoding, `tree` costs parsing, so a layout that
    knows its page by bytes alone looks at those first."""

    def __init__(self, page: Page, html: str | None = None) -> None:
        """`html`: the page's text, when the caller has decoded it already."""
        self.page = page
        if html is not None:
            self.html = html

    @property
    def url(self) -> str:
        """Where it was read: after redirects; empty for a saved page."""
        return self.page.final_url or self.page.url

    @cached_property
    def html(self) -> str:
        return decode(self.page.body, self.page.content_type)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """To be read, never to be changed: others read it too."""
        return parse_html(self.html)

    @cached_property
    def lines(self) -> list[str]:
        """The shown paragraphs of the whole page."""
        return paragraphs(self.tree.body)

    @cached_property
    def address(self) -> str:
        """The address the page calls its own (canonical link, og:url); empty when it names none."""
        return own_address(self.tree)
