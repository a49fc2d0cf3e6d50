"""36氪: open lists, feeds and gateway lists for discovery, its pages for the body. Facts: outlets.md §1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.errors import Blocked
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.outlets import kr36_lists
from sources.outlets.kr36_pages import OUTLET, security_check
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec
from sources.times import CHINA

# The www. host: the bare one has answered feeds with a challenge.
_FEED = "https://www.36kr.com/feed"
_NEWSFLASH_FEED = "https://www.36kr.com/feed-newsflash"
_HOT = "hotlist/{:%Y-%m-%d}/24h_hot_list.json"
_AI = ("aireport/{:%Y-%m-%d}/ai_report_articles.json", "ainotes/{:%Y-%m-%d}/ai_notes.json")

_NUMBER = re.compile(r"(?:https?://(?:www\.|m\.)?36kr\.com/user/)?(?P<number>[0-9]{1,20})/?")
_NICK = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
_LIST_PAGE = re.compile(
    r"https?://(?:www\.|m\.)?36kr\.com/(?:(?:topics|motif|user)/[0-9]+/?|(?:information|hot-list)/\S+|newsflashes/?)"
)


class Kr36(Source):
    """36氪's articles and newsflashes."""

    spec: ClassVar[Spec] = Spec(
        use="36kr",
        outlet=OUTLET,
        about="36氪: feeds and the official hot list; columns, authors, topics and search; articles and newsflashes",
        every=timedelta(minutes=15),
        hosts=("36kr.com", "www.36kr.com", "openclaw.36krcdn.com", "gateway.36kr.com"),
        options=MappingProxyType(
            {
                "newsflashes": Option(
                    "the feed of newsflashes beside the feed of everything: true or false", default=True
                ),
                "ai": Option("the open lists of AI companies' own reports and of users' AI tests", default=False),
                "columns": Option(
                    "columns by their short names: web_news, web_recommend, contact, ccs, travel, AI, technology, "
                    "aireport, innovate, enterpriseservice, happy_life, real_estate, web_zhichang, other; "
                    "newsflashes pages back through them all",
                    default=(),
                ),
                "users": Option("authors, by the number in https://36kr.com/user/<number>", default=()),
                "search": Option("words to search for; each search is a list, newest first", default=()),
                "ranks": Option("the day's ranks: hot, comment, collect", default=()),
                "pages": Option("list pages: https://36kr.com/topics/<id>, /motif/<id>, /user/<id>", default=()),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError, with what was expected, for an option that names nothing."""
        super().__init__(id, outlet, **options)
        self._users = [_number(raw) for raw in self._texts("users")]
        for nick in self._texts("columns"):
            if not _NICK.fullmatch(nick):
                raise ValueError(f"columns: expected short names as in 36kr.com/information/AI, not {nick!r}")
        for words in self._texts("search"):
            if not words.strip():
                raise ValueError(f"search: expected words, not {words!r}")
        for name in self._texts("ranks"):
            if name not in kr36_lists.RANKS:
                raise ValueError(f"ranks: expected some of {', '.join(kr36_lists.RANKS)}, not {name!r}")
        for address in self._texts("pages"):
            if not _LIST_PAGE.fullmatch(address):
                raise ValueError(
                    f"pages: expected list pages such as https://36kr.com/motif/327685423105, not {redact(address)!r}"
                )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        """The feed, which has to be there, and what else is configured.

        The open lists of today and yesterday: early in the day today's are not there yet.
        """
        return tuple(self._lists(now))

    def discover(self, page: Page) -> list[ArticleRef]:
        """Refs from a feed (XML), from the open data or the gateway (JSON), or from a list page."""
        if kr36_lists.is_json(page) or kr36_lists.is_gateway(page.url) or _LIST_PAGE.fullmatch(page.url):
            with typed_errors("36氪's list", page.url):
                return kr36_lists.read_list(page, source=self.id, outlet=self.outlet)
        if security_check(page):
            shown = redact(page.url)
            raise Blocked("36氪 answered with a security check instead of its feed", url=shown, marker="volcano-waf")
        return read_feed(page, source=self.id, outlet=self.outlet)

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """Columns, authors and searches go back part by part; feeds, ranks and open lists end where they end."""
        with typed_errors("36氪's list", page.url):
            return kr36_lists.older_part(page, address)

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page.with_url(page.url or ref.url), source=self.id, outlet=self.outlet, ref=ref)

    def _lists(self, now: datetime) -> Iterator[ListAddress]:
        today = now.astimezone(CHINA)
        days = (today, today - timedelta(days=1))
        yield ListAddress(_FEED)
        yield from (kr36_lists.open_list(_HOT, day) for day in days)
        if self.options["newsflashes"]:
            yield ListAddress(_NEWSFLASH_FEED, optional=True)
        if self.options["ai"]:
            yield from (kr36_lists.open_list(path, day) for path in _AI for day in days)
        yield from (kr36_lists.column(nick, now) for nick in self._texts("columns"))
        yield from (kr36_lists.author(number, now) for number in self._users)
        yield from (kr36_lists.search(words, now) for words in self._texts("search"))
        yield from (kr36_lists.rank(name, now) for name in self._texts("ranks"))
        yield from (ListAddress(address) for address in self._texts("pages"))

    def _texts(self, option: str) -> list[str]:
        given = self.options[option]
        return [str(one) for one in given] if isinstance(given, list | tuple) else [str(given)]


def _number(raw: str) -> str:
    match = _NUMBER.fullmatch(raw.strip())
    if match is None:
        raise ValueError(f"users: expected the number in https://36kr.com/user/<number>, not {redact(raw)!r}")
    return match["number"]
