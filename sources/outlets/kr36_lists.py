"""36氪's lists: open JSON on its CDN, the gateway that its own pages ask, list pages. Facts: outlets.md §1.1.

The gateway is sent a JSON document and tells where the part before begins (`pageCallback`), which is sent back as it
came. The site signs some of its own requests; that is not imitated, so a list that asks for a signature is blocked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, html_paragraphs, text_of
from sources.challenge import challenge
from sources.charset import decode
from sources.document import Document
from sources.draft import Draft, finish
from sources.errors import Blocked, LayoutChanged, NotAnArticle
from sources.identity import identify
from sources.jsontext import read_json
from sources.metadata import dicts, json_state
from sources.outlets.kr36_pages import checked, published_at, security_check
from sources.source import ListAddress

NEWSFLASHES = "newsflashes"
RANKS = ("hot", "comment", "collect")  # the fourth, video, names no articles

_GATEWAY = "https://gateway.36kr.com/api/mis"
_PAGE_SIZE = 20
_SIGNATURE = re.compile(r"sign|nonce|签名|验签", re.IGNORECASE)
_PART = re.compile(r"(?P<name>.+), part (?P<number>[0-9]{1,6})")

_PROMOTION = 0
_FOLDERS = {"detail_article": "p", "detail_newsflash": "newsflashes"}  # by `route`; what is not here is no article
_TYPES = {10: "p", 20: "newsflashes"}  # by `itemType`, for items without a route
_ROWS = ("itemList", "hotRankList", "remarkList", "collectList", "topList", "hotList")
_LINKS = "a.article-item-title, .newsflash-item a.item-title, li.search-result-list-item-article p.title-wrapper a"


# -- addresses --------------------------------------------------------------------------------------------------------


def open_list(path: str, day: datetime) -> ListAddress:
    """A list of the open data: one file a day, not there early in the day."""
    return ListAddress(f"https://openclaw.36krcdn.com/media/{path.format(day)}", optional=True)


def column(nick: str, now: datetime) -> ListAddress:
    """A column of the information pages, or the newsflashes, from its newest part."""
    if nick == NEWSFLASHES:
        return _gateway("nav/newsflash/flow", "36kr newsflashes", {}, now)
    return _gateway("nav/ifm/subNav/flow", f"36kr column {nick}", {"subnavType": 1, "subnavNick": nick}, now)


def author(number: str, now: datetime) -> ListAddress:
    """An author's articles, newest first."""
    return _gateway("me/article", f"36kr user {number}", {"userId": number}, now)


def search(words: str, now: datetime) -> ListAddress:
    """The articles that a search finds, newest first."""
    param: dict[str, object] = {"searchType": "article", "searchWord": words, "sort": "date"}
    return _gateway("nav/search/resultbytype", f"36kr search {words}", param, now)


def rank(name: str, now: datetime) -> ListAddress:
    """One of the day's ranks; it has no older parts."""
    document = _document({"siteId": 1, "platformId": 2}, now, partner="wap")
    return ListAddress(f"{_GATEWAY}/nav/home/nav/rank/{name}", post=document, name=f"36kr rank {name}")


def older_part(page: Page, address: ListAddress) -> ListAddress | None:
    """Where a gateway list goes on before what is on this page; None at its end and for all other lists."""
    if not address.post:
        return None
    told = read_json(decode(page.body, page.content_type))
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict) or not data.get("hasNextPage"):
        return None
    callback, param = data.get("pageCallback"), json.loads(address.post)["param"]
    if not isinstance(callback, str) or callback in ("", param.get("pageCallback")):
        return None
    part = _PART.fullmatch(address.name)
    name, number = (part["name"], int(part["number"])) if part else (address.name, 1)
    document = _document({**param, "pageEvent": 1, "pageCallback": callback}, page.fetched_at)
    return replace(address, post=document, name=f"{name}, part {number + 1}")


def _gateway(path: str, name: str, param: dict[str, object], now: datetime) -> ListAddress:
    whole = {"siteId": 1, "platformId": 2, "pageSize": _PAGE_SIZE, "pageEvent": 0, "pageCallback": "", **param}
    return ListAddress(f"{_GATEWAY}/{path}", post=_document(whole, now), name=name)


def _document(param: dict[str, object], now: datetime, partner: str = "web") -> str:
    told = {"partner_id": partner, "timestamp": int(now.timestamp() * 1000), "param": param}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


# -- answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """What a list says of an article. `summary` and `body` are HTML; `body` is the list's own text of it."""

    url: str
    title: str
    stamp: object = None
    author: str = ""
    summary: str = ""
    body: str = ""


def is_gateway(url: str) -> bool:
    return url.startswith(_GATEWAY)


def is_json(page: Page) -> bool:
    return page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_list(page: Page, *, source: str, outlet: str) -> list[ArticleRef]:
    """The articles that a JSON list or a list page names, in its order, each once; promotions and videos left out.

    Raises Blocked for challenges, encrypted state and lists that ask for a signature, LayoutChanged for anything else
    that is no list and for one none of whose rows names an article.
    """
    rows = _json_rows(page) if is_json(page) else _page_rows(Document(page))
    refs: dict[str, ArticleRef] = {}
    for row in rows:
        ref = _ref(row, page, source, outlet)
        refs.setdefault(ref.article_id, ref)
    return list(refs.values())


def _json_rows(page: Page) -> list[_Row]:
    try:
        told = read_json(decode(page.body, page.content_type))
    except (ValueError, RecursionError) as error:
        raise LayoutChanged(f"36氪's list is no JSON: {error}", url=redact(page.url)) from error
    if isinstance(told, list):
        return _named(told, [_note(one) for one in told], page)
    if isinstance(told, dict) and "code" in told:
        items = _gateway_items(told, page)
        wanted = [one for one in items if not _passed_over(one, page.url)]
        return _named(wanted, [_item(one, page.url) for one in wanted], page)
    rows = told.get("data") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise LayoutChanged("36氪's hot list has no list under `data`", url=redact(page.url))
    return _named(rows, [_hot(one) for one in rows], page)


def _named(listed: Sequence[Any], rows: Iterable[_Row | None], page: Page) -> list[_Row]:
    named = [row for row in rows if row is not None]
    if listed and not named:
        raise LayoutChanged(f"none of {len(listed)} rows of 36氪's list names an article", url=redact(page.url))
    return named


def _gateway_items(told: dict[str, Any], page: Page) -> list[Any]:
    """The items of a gateway's answer."""
    shown, code, words = redact(page.url), told["code"], clean_text(str(told.get("msg") or ""))[:80]
    if code not in (0, "0"):
        if _SIGNATURE.search(words):
            raise Blocked(f"36氪's gateway asks for a signature ({code}: {words})", url=shown, marker="signature")
        raise LayoutChanged(f"36氪's gateway answers {code}: {words}", url=shown)
    data = told.get("data")
    for key in _ROWS:
        if isinstance(data, dict) and key in data and isinstance(data[key], list | None):
            return data[key] or []
    raise LayoutChanged(f"36氪's gateway answers without a list ({', '.join(_ROWS)})", url=shown)


def _page_rows(doc: Document) -> list[_Row]:
    """The rows of a list page: from its plain state, else from its links."""
    url, shown = doc.url, redact(doc.url)
    marker = "volcano-waf" if security_check(doc.page) else challenge(doc.page)
    if marker:
        raise Blocked(f"36氪 answered with a challenge ({marker}) instead of its list", url=shown, marker=marker)
    state = json_state(doc.html, "window.initialState") or {}
    lists = [(one, one[key]) for one in dicts(state) for key in _ROWS if isinstance(one.get(key), list)]
    read = [
        (bool(one.get("pageCallback")), [_item(item, url) for item in items if not _passed_over(item, url)])
        for one, items in lists
    ]
    # What the page is about can be paged through; what it recommends beside cannot, and is shorter.
    for _, named in sorted(read, key=lambda each: (each[0], len(each[1])), reverse=True):
        if rows := [row for row in named if row is not None]:
            return rows
    linked = [
        _Row(urljoin(url or "https://36kr.com", node.attributes.get("href") or ""), text_of(node))
        for node in doc.tree.css(_LINKS)
    ]
    rows = [row for row in linked if row.title and _is_article(row.url)]
    if rows or lists:
        return rows
    if state.get("isEncrypt"):
        raise Blocked(
            "36氪 sent a list page with encrypted state and no rendered list", url=shown, marker="encrypted state"
        )
    raise LayoutChanged("a 36氪 list page without an itemList and without links to articles", url=shown)


def _passed_over(item: Any, url: str) -> bool:
    """Whether an item is known to be something else than an article: a promotion, a video, a topic."""
    return isinstance(item, dict) and (item.get("itemType") == _PROMOTION or _folder(item, url) is None)


def _folder(item: dict[str, Any], url: str) -> str | None:
    """Where an item's page lies, by what the item says of itself, else by the list it stands in."""
    if route := str(item.get("route") or "").partition("?")[0]:
        return _FOLDERS.get(route)
    if (kind := item.get("itemType")) is not None:
        return _TYPES.get(kind) if isinstance(kind, int) else None
    return "newsflashes" if "newsflash" in url else "p"


def _item(item: Any, url: str) -> _Row | None:
    """An item of the gateway or of a list page's state; some lists wrap what they show in `templateMaterial`."""
    if not isinstance(item, dict):
        return None
    shown = item.get("templateMaterial")
    shown = shown if isinstance(shown, dict) else item
    number = str(item.get("itemId") or shown.get("itemId") or "")
    title = _line(shown.get("widgetTitle") or shown.get("title"))
    if not re.fullmatch(r"[0-9]{3,20}", number) or not title:
        return None
    return _Row(
        url=f"https://36kr.com/{_folder(item, url)}/{number}",
        title=title,
        stamp=shown.get("publishTime") or item.get("publishTime"),
        author=_line(shown.get("authorName") or item.get("authorName") or shown.get("author")),
        summary=_html(shown.get("summary") or shown.get("content")),
        body=_html(shown.get("widgetContent")),
    )


def _hot(row: Any) -> _Row | None:
    """A row of the hot list or of the list of AI reports."""
    if not isinstance(row, dict) or not isinstance(row.get("url"), str) or not _is_article(row["url"]):
        return None
    stamp, summary = row.get("publishTime"), _html(row.get("content"))
    return _Row(row["url"], _line(row.get("title")), stamp, _line(row.get("author")), summary)


def _note(row: Any) -> _Row | None:
    """A row of the list of AI notes, users' tests of products on a site of 36氪's own."""
    if not isinstance(row, dict) or not isinstance(row.get("noteUrl"), str) or not _line(row.get("title")):
        return None
    address, body = row["noteUrl"].partition("?channel=")[0], _html(row.get("content"))
    if not re.match(r"https?://\S+$", address):
        return None
    return _Row(address, _line(row["title"]), row.get("publishTime"), _line(row.get("authorName")), body, body)


def _is_article(url: str) -> bool:
    identity = identify(url)
    return identity.article_id.startswith("36kr:") and "/video/" not in identity.url


def _ref(row: _Row, page: Page, source: str, outlet: str) -> ArticleRef:
    identity = identify(row.url)
    published = checked(published_at(row.stamp, page), identity.article_id, page.fetched_at)
    ref = ArticleRef(
        source=source,
        article_id=identity.article_id,
        url=identity.url,
        title=row.title,
        published_at=published[0] if published else None,
        precision=published[1] if published else "unknown",
        authors=(row.author,) if row.author else (),
        summary=" ".join(html_paragraphs(row.summary or row.body)),
    )
    return replace(ref, article=_carried(row, ref, page, outlet))


def _carried(row: _Row, ref: ArticleRef, page: Page, outlet: str) -> Article | None:
    """The text that the list carries: a newsflash whole, an article in part."""
    lines = html_paragraphs(row.body) if row.body else []
    if not lines or lines == [ref.title]:
        return None
    draft = Draft(lines, title=ref.title, kind="newsflash" if "/newsflashes/" in ref.url else "partial")
    try:
        return finish(draft, page, source=ref.source, outlet=outlet, ref=ref)
    except NotAnArticle:
        return None


def _html(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(value: object) -> str:
    """A title or name as one line; search puts <em> around what it found."""
    text = value if isinstance(value, str) else ""
    return " ".join(html_paragraphs(text)) if "<" in text or "&" in text else clean_text(text)
