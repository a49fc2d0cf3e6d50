"""A route of an RSSHub instance: for outlets that publish no list of their own. Facts: outlets.md §8, RSSHub's manual.

The instance is the user's: the public rsshub.app turns programs away. RSSHub answers with an error page where a feed has
nothing in it, so its own words decide what is wrong: an empty list is no fault, a broken route is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import quote, urlencode

from sources.address import redact, refusal
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, parse_html, text_of
from sources.charset import decode
from sources.errors import Blocked, Broken, FetchError, Gone, LayoutChanged, RetryLater
from sources.feeds import is_feed, read_feed
from sources.guard import typed_errors
from sources.jsontext import read_json
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec

_FIELDS = ("title", "description", "author", "category")
_FILTERS = ("filter", *(f"filter_{field}" for field in _FIELDS))
_FILTERS_OUT = ("filterout", *(f"filterout_{field}" for field in _FIELDS))
_CUT = "..."
_LEAST_CUT = 40  # columns, a Chinese character has two; RSSHub cuts titles at 150 of them unless told otherwise
_KEPT_IN_PATH = "/:@!$&'()*+,;=%-._~"
_PAGE_MARK = b"Looks like something went wrong"
_LONGEST_SAYING = 200
_EMPTY = re.compile(r"this route is empty", re.IGNORECASE)
# Its own error classes by name (lib/errors/types); anything else is a fault in the code of the route.
_NO_SUCH = re.compile(r"^NotFoundError|route does not exist", re.IGNORECASE)
_DENIED = re.compile(r"^RejectError|Authentication failed|Access denied", re.IGNORECASE)
_UNCONFIGURED = re.compile(r"^ConfigNotFound|lack of (?:relevant )?config", re.IGNORECASE)
_WRONG_ROUTE = re.compile(r"^InvalidParameter", re.IGNORECASE)
_PASSING = re.compile(
    r"^(?:HTTPError|RequestError|FetchError|RequestInProgress|TimeoutError|CaptchaError)|ETIMEDOUT|ECONN|timed? ?out",
    re.IGNORECASE,
)


def _where(name: str) -> str:
    """What a filter looks at, in words."""
    return name.partition("_")[2] or "title, text, author or category"


class Rsshub(Source):
    """One route of one instance."""

    spec: ClassVar[Spec] = Spec(
        use="rsshub",
        outlet="",
        about="a route of your RSSHub instance",
        every=timedelta(minutes=15),
        options=MappingProxyType(
            {
                "route": Option("the route, as in RSSHub's manual: /36kr/newsflashes", required=True),
                "base": Option(
                    "the address of an RSSHub of your own (docs.rsshub.app/deploy); rsshub.app turns programs away",
                    required=True,
                ),
                "key": Option("access key of the instance, best as ${NAME}", default=""),
                "limit": Option("at most so many entries", default=0),
                "mode": Option("fulltext: the instance reads the pages itself", default=""),
                "format": Option("rss, atom or json", default=""),
                "sorted": Option("false: in the route's own order, not by time", default=True),
                "filter_time": Option("only entries published in this time", default=timedelta()),
                "filter_case_sensitive": Option("false: the filters below ignore case", default=True),
                **{
                    name: Option(f"only entries whose {_where(name)} matches this regular expression", default="")
                    for name in _FILTERS
                },
                **{
                    name: Option(f"no entries whose {_where(name)} matches this regular expression", default="")
                    for name in _FILTERS_OUT
                },
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        super().__init__(id, outlet, **options)
        told = self.options
        if why := refusal(str(told["base"])):
            raise ValueError(f"base: expected an address such as https://rsshub.example.net ({why})")
        if not re.match(r"/?[^/\s:?]+(?:[/?].*)?$", str(told["route"]).strip()):
            raise ValueError("route: expected a route alone, such as /36kr/newsflashes; the instance stands under base")
        if int(str(told["limit"])) < 0:
            raise ValueError(f"limit: expected a whole number, not {told['limit']}")
        for name, known in (("mode", ("fulltext",)), ("format", ("rss", "atom", "json"))):
            if told[name] and told[name] not in known:
                raise ValueError(f"{name}: expected {' or '.join(known)}, not {told[name]}")
        if any(told[name] for name in _FILTERS[1:]) and told["filter"]:
            raise ValueError("filter: RSSHub ignores filter_title and its like beside filter: choose one of the two")

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        """The route's address; known by what it is without the key."""
        plain = _address(self.options)
        key = str(self.options["key"])
        if not key:
            return (ListAddress(plain),)
        return (ListAddress(f"{plain}{'&' if '?' in plain else '?'}{urlencode({'key': key})}", name=plain),)

    def explains(self, page: Page) -> bool:
        """RSSHub answers 503 for an empty route as for a broken one; what it is stands on the page."""
        return error_words(page) is not None

    def discover(self, page: Page) -> list[ArticleRef]:
        """The route's articles; [] also for an error page that says that the route is empty.

        Raises what the error page means: Gone (no such route), Blocked (the key), Broken (the route's parameters, the
        instance's settings), RetryLater (the outlet did not answer the instance), LayoutChanged (the route is broken).
        """
        route = f"RSSHub's route {self.options['route']}"
        with typed_errors(route, page.url):
            if (words := error_words(page)) is not None:
                if key := str(self.options["key"]):
                    words = words.replace(key, "…")
                if _EMPTY.search(words):
                    return []
                raise meaning(words, route, redact(page.url))
        refs = read_feed(page, source=self.id, outlet=self.outlet)
        return [_uncut(ref) for ref in refs]

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page, source=self.id, outlet=self.outlet, ref=ref)


def error_words(page: Page) -> str | None:
    """What RSSHub's error page says, such as `HTTPError: …`; None when this is no error page of it, whatever its status."""
    body = page.body
    if _PAGE_MARK in body[:100_000] and not is_feed(text := decode(body, page.content_type)):
        for node in parse_html(text).css("p"):
            if (line := text_of(node)).startswith("Error Message"):
                return clean_text(line.removeprefix("Error Message").lstrip(": "))
        return ""
    if body.lstrip()[:1] == b"{" and b'"error"' in body[:200] and not is_feed(text := decode(body, page.content_type)):
        try:
            told = read_json(text)
        except (ValueError, RecursionError):
            return None
        error = told.get("error") if isinstance(told, dict) else None
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            return clean_text(error["message"])
    return None


def meaning(words: str, route: str, url: str) -> FetchError:
    """The error that an error page of RSSHub stands for, with its own words in it."""
    said = f"RSSHub says: {words[:_LONGEST_SAYING] or 'something went wrong'}"
    if _NO_SUCH.search(words):
        return Gone(f"{route} does not exist on this instance ({said}): look it up in its manual", url=url)
    if _DENIED.search(words):
        return Blocked(f"{route} is closed to us ({said}): give the instance's access key under `key`", url=url)
    if _UNCONFIGURED.search(words):
        return Broken(f"{route} is not set up on this instance ({said}): set what its manual asks for there", url=url)
    if _WRONG_ROUTE.search(words):
        return Broken(f"{route} has wrong parameters ({said}): correct `route`", url=url)
    if _PASSING.search(words):
        return RetryLater(f"{route}: the instance could not read the outlet ({said})", url=url)
    return LayoutChanged(f"{route} is broken ({said}): update the instance, or report it to RSSHub", url=url)


def _address(told: Mapping[str, object]) -> str:
    """The route's address with its parameters, without the key."""
    path, _, query = str(told["route"]).strip().lstrip("/").partition("?")
    hours = told["filter_time"]
    assert isinstance(hours, timedelta)
    asked = {
        "format": told["format"],
        "limit": told["limit"] or "",
        "mode": told["mode"],
        "sorted": "" if told["sorted"] else "false",
        "filter_time": int(hours.total_seconds()) or "",
        "filter_case_sensitive": "" if told["filter_case_sensitive"] else "false",
        **{name: told[name] for name in (*_FILTERS, *_FILTERS_OUT)},
    }
    parameters = "&".join(filter(None, (query, urlencode({name: value for name, value in asked.items() if value}))))
    base = str(told["base"]).rstrip("/")
    return f"{base}/{quote(path, safe=_KEPT_IN_PATH)}" + (f"?{parameters}" if parameters else "")


def _uncut(ref: ArticleRef) -> ArticleRef:
    """An entry whose title was cut is read from its page, which has the whole one, even when its text is all there.

    Posts without a title carry the beginning of their text as one; there is no other title to be had.
    """
    article = ref.article
    head = ref.title.removesuffix(_CUT)
    if article is None or article.kind == "partial" or head == ref.title or not ref.url or _columns(head) < _LEAST_CUT:
        return ref
    if re.sub(r"\s", "", article.text).startswith(re.sub(r"\s", "", head)):
        return ref
    return replace(ref, article=replace(article, kind="partial"))


def _columns(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)
