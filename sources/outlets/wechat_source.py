"""WeChat accounts: the feed of a bridge of one's own, albums, home pages, single articles. Facts: outlets.md §7.

WeChat has no list of an account's articles that anybody may read. A bridge (wewe-rss, we-mp-rss, wechat2rss) makes one
with its owner's login; albums and home pages are open where the account has made them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from sources.address import redact, refusal
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, parse_html, text_of
from sources.challenge import challenge
from sources.charset import decode
from sources.errors import Blocked, Elsewhere, Gone, LayoutChanged, NotAnArticle, RetryLater
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.identity import identify, same_site
from sources.jsontext import read_json
from sources.outlets.pages import read_page
from sources.outlets.wechat import HOST, SOURCE
from sources.source import ListAddress, Option, Source, Spec, Way
from sources.times import read_time

_ALBUM, _HOMEPAGE = "/mp/appmsgalbum", "/mp/homepage"
_LEAST_ALBUM = 10  # articles on an album's first page when there are more
_PART = 20


class Wechat(Source):
    """What is to be read of one account, or of single articles."""

    spec: ClassVar[Spec] = Spec(
        use=SOURCE,
        outlet="",
        about="WeChat accounts: your bridge's feed, albums, home pages, single articles",
        every=timedelta(hours=1),
        hosts=(HOST,),
        options=MappingProxyType(
            {
                "feed": Option(
                    "address of an account's feed on your own wewe-rss, we-mp-rss or wechat2rss", default=""
                ),
                "album": Option("address of an album: https://mp.weixin.qq.com/mp/appmsgalbum?…", default=""),
                "homepage": Option("address of a home page: https://mp.weixin.qq.com/mp/homepage?…", default=""),
                "articles": Option("addresses of single articles on mp.weixin.qq.com", default=()),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError for options that name nothing to read or another place than they are for."""
        super().__init__(id, outlet, **options)
        given = self.options["articles"]
        self._articles = tuple(str(one) for one in given) if isinstance(given, list | tuple) else ()
        if not (self._articles or any(self.options[name] for name in ("feed", "album", "homepage"))):
            raise ValueError(
                "expected one or more of feed, album, homepage and articles: WeChat has no list of its own"
            )
        if (feed := str(self.options["feed"])) and (why := refusal(feed)):
            raise ValueError(f"feed: expected the address of a feed on your bridge ({why})")
        for name, path, needed in (("album", _ALBUM, ("__biz", "album_id")), ("homepage", _HOMEPAGE, ("__biz", "hid"))):
            if (address := str(self.options[name])) and not _is_at(address, path, needed):
                raise ValueError(f"{name}: expected https://{HOST}{path}?… with {' and '.join(needed)}, from a browser")
        for address in self._articles:
            if not identify(address).article_id.startswith("wechat:"):
                raise ValueError(f"articles: expected addresses such as https://{HOST}/s/…, not {redact(address)}")

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        """The feed, the album, the home page; an article's page is a list that names the article it is."""
        lists = [ListAddress(str(self.options["feed"]))] if self.options["feed"] else []
        if self.options["album"]:
            query = {name: _query(str(self.options["album"]))[name] for name in ("__biz", "album_id")}
            lists.append(ListAddress(_address(_ALBUM, {"action": "getalbum", **query})))
        if self.options["homepage"]:
            asked = _query(str(self.options["homepage"]))
            query = {name: asked[name] for name in ("__biz", "hid", "sn", "cid") if name in asked}
            part = {"begin": "0", "count": str(_PART), "action": "appmsg_list", "f": "json"}
            lists.append(ListAddress(_address(_HOMEPAGE, {**query, **part})))
        return [*lists, *(ListAddress(address) for address in self._articles)]

    def discover(self, page: Page) -> list[ArticleRef]:
        """Refs of a feed (RSS, Atom, JSON Feed), of an album (HTML or JSON) or of a home page (JSON); of an article's
        page the one ref of it, text included. Raises what feeds raise, RetryLater when WeChat declines."""
        if not same_site(page.url, HOST):
            return read_feed(page, source=self.id, outlet=self.outlet)
        if marker := challenge(page):
            raise Blocked(f"WeChat asks for a check ({marker})", url=redact(page.url), marker=marker)
        path = urlsplit(page.url).path.rstrip("/")
        if path not in (_ALBUM, _HOMEPAGE):
            return [self._single(page)]
        with typed_errors(f"WeChat's list {redact(page.url)}", page.url):
            return [ref for row in _rows(page, path) if (ref := self._row(row, page)) is not None]

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """An album goes on behind its last article, a home page by counting."""
        path, query = urlsplit(address.url).path, _query(address.url)
        if not same_site(address.url, HOST) or path not in (_ALBUM, _HOMEPAGE):
            return None
        answer, rows = _answer(page), _rows(page, path)
        if path == _HOMEPAGE:
            begin, count = int(query["begin"]) + len(rows), int(query["count"])
            is_last = len(rows) < count if "has_more" not in answer else str(answer["has_more"]) in ("0", "False")
            return None if is_last or not rows else ListAddress(_address(path, {**query, "begin": str(begin)}))
        told = answer.get("getalbum_resp")
        is_last = str(told.get("continue_flag")) != "1" if isinstance(told, dict) else len(rows) < _LEAST_ALBUM
        if is_last or not rows:
            return None
        behind = {"begin_msgid": str(rows[-1].get("msgid")), "begin_itemidx": str(rows[-1].get("itemidx"))}
        if query.get("begin_msgid") == behind["begin_msgid"] or not all(one.isdigit() for one in behind.values()):
            return None
        return ListAddress(_address(path, {**query, "count": str(_PART), "f": "json", **behind}))

    def ways(self) -> Sequence[Way]:
        names = {"feed": "the feed of your bridge", "album": "an album", "homepage": "a home page"}
        ways = [Way(what, bool(self.options[name]), name) for name, what in names.items()]
        return (*ways, Way("single articles", bool(self._articles), "articles"))

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        return read_page(page, source=self.id, outlet=self.outlet, ref=ref)

    def _single(self, page: Page) -> ArticleRef:
        """An article's own page. One that has no article is still named, and says of itself what it is when it is
        read; it is no trouble of the source's."""
        there = identify(page.url)
        try:
            article = read_page(page, source=self.id, outlet=self.outlet)
        except Elsewhere as error:
            target = identify(error.target)
            return ArticleRef(self.id, target.article_id, target.url, fetch_url=error.target)
        except (Gone, NotAnArticle):
            return ArticleRef(self.id, there.article_id, there.url)
        return ArticleRef(
            source=self.id,
            article_id=article.article_id,
            url=article.url,
            title=article.title,
            published_at=article.published_at,
            precision=article.precision,
            authors=article.authors,
            article=article,
        )

    def _row(self, row: Mapping[str, Any], page: Page) -> ArticleRef | None:
        link = clean_text(str(row.get("url") or row.get("link") or ""))
        identity = identify(link)
        if not identity.article_id.startswith("wechat:"):
            return None  # an album may hold videos and sounds
        published = read_time(str(row.get("create_time") or row.get("sendtime") or ""), now=page.fetched_at)
        return ArticleRef(
            source=self.id,
            article_id=identity.article_id,
            url=identity.url,
            title=clean_text(str(row.get("title") or "")),
            published_at=published[0] if published else None,
            precision=published[1] if published else "unknown",
            summary=clean_text(str(row.get("digest") or "")),
        )


def _rows(page: Page, path: str) -> list[Mapping[str, Any]]:
    """The rows of an album or a home page, in the names of WeChat's own JSON. Raises LayoutChanged, RetryLater."""
    shown = redact(page.url)
    if not _is_json(page):
        if path == _ALBUM and (rows := _album_rows(page)):
            return rows
        raise LayoutChanged("a WeChat list without articles: look at the address in a browser", url=shown)
    answer = _answer(page)
    told = answer.get("base_resp")
    status = told.get("ret") if isinstance(told, dict) else answer.get("ret", 0)
    album = answer.get("getalbum_resp")
    named = album.get("article_list") if isinstance(album, dict) else answer.get("appmsg_list")
    if str(status) != "0":
        raise RetryLater(f"WeChat declined to show the list (ret {clean_text(str(status))[:20]})", url=shown)
    if named is None:
        raise LayoutChanged("WeChat's answer has neither article_list nor appmsg_list", url=shown)
    # An album of one article has an object where others have a list.
    return [row for row in (named if isinstance(named, list) else [named]) if isinstance(row, dict)]


def _album_rows(page: Page) -> list[Mapping[str, Any]]:
    nodes = parse_html(decode(page.body, page.content_type)).css("li[data-link][data-title]")
    return [
        {
            "url": node.attributes.get("data-link"),
            "title": node.attributes.get("data-title"),
            "msgid": node.attributes.get("data-msgid"),
            "itemidx": node.attributes.get("data-itemidx"),
            "create_time": text_of(node.css_first(".js_article_create_time")),
        }
        for node in nodes
    ]


def _is_json(page: Page) -> bool:
    return page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _answer(page: Page) -> dict[str, Any]:
    """A JSON answer; empty for a web page. Raises LayoutChanged."""
    if not _is_json(page):
        return {}
    try:
        answer = read_json(decode(page.body, page.content_type))
    except (ValueError, RecursionError) as error:
        raise LayoutChanged(f"WeChat's list is no JSON: {error}", url=redact(page.url)) from error
    return answer if isinstance(answer, dict) else {}


def _is_at(address: str, path: str, needed: Sequence[str]) -> bool:
    query = _query(address)
    return same_site(address, HOST) and urlsplit(address).path.rstrip("/") == path and all(map(query.get, needed))


def _query(address: str) -> dict[str, str]:
    """A '+' stays what it is: a digit of WeChat's base64 ids."""
    return dict(parse_qsl(urlsplit(address).query.replace("+", "%2B")))


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"https://{HOST}{path}?{urlencode(query)}"
