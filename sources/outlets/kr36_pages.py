"""36氪's article, newsflash and old pages. Facts: outlets.md §1.

Some pages come with encrypted state. It is never decrypted: the server-rendered body is read, and where there is none
the page counts as blocked and the feed's text stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sources.address import redact
from sources.article import Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import Blocked, FetchError, LayoutChanged, NotAnArticle
from sources.identity import identify
from sources.layout import Layout, first_layout
from sources.metadata import Published, dicts, json_state, without_site
from sources.times import id_time, read_time

SOURCE = "36kr"
OUTLET = "36氪"
WORDED = True

# How much earlier than its id an article may be printed before the print is a mistake: clocks, and times cut to the day.
_SLACK = timedelta(hours=1)
_DAY = timedelta(days=1)

_BODIES = (
    ".articleDetailContent.kr-rich-text-wrapper",
    ".articleDetailContent",
    ".kr-rich-text-wrapper",
    ".newsflash-item .item-desc",
    ".item-desc",
    ".pre-item-des",
)
_CAPTIONS = (".img-desc",)
_TITLES = ("h1.article-title", "h1.item-title", "h1", ".item-title")
_TIMES = (".title-icon-item.item-time", ".item-time")
_FLASH_TIMES = (".newsflash-item .time", ".item-time", ".time")  # beside articles, .time is what is recommended
_AUTHORS = ("a.title-icon-item.item-a", 'a[href^="/user/"]')
_MARKS = re.compile(rb'window\.initialState\s*=\s*\{\s*"(?:articleDetail|newsflashDetail|videoDetail|state|isEncrypt)"')
_HOST = re.compile(r"https?://(?:www\.|m\.)?36kr\.com(?:[:/?#]|$)", re.IGNORECASE)
_ARTICLE = re.compile(r"36kr\.com/(?:p|newsflashes)/\d+")
_SHELL = "安全检测".encode()
_SHELL_START, _SHELL_MOST = 20_000, 100_000  # bytes; the shell seen had 17 kB
_OF_CONTENT = (b"<rss", b"initialState", b"articleDetailContent", b"item-desc", b"article-item-title")


def knows(doc: Document) -> bool:
    """Whether this is a page of 36kr.com, saved ones without an address included."""
    body = doc.page.body
    if _HOST.match(doc.url):
        return True
    at = body.find(b"window.initialState")
    if (at >= 0 and _MARKS.match(body, at)) or b"articleDetailContent" in body or b'"detailArticle|post"' in body:
        return True
    return b"36kr.com/" in body and bool(_HOST.match(doc.address))


def read(doc: Document) -> Draft:
    """The article. Raises Blocked for a security check and for encrypted state without a rendered body, NotAnArticle
    for videos and lists, LayoutChanged when an article's page has no body."""
    url = doc.url or doc.address
    if security_check(doc.page):
        raise Blocked("36氪 answered with a security check instead of the page", url=redact(url), marker="volcano-waf")
    draft = first_layout(doc, LAYOUTS)
    if draft is None:
        raise _bodiless(doc, url)
    if identify(url).article_id.startswith("36kr:"):
        draft.url = url
    draft.published = checked(draft.published, identify(draft.url).article_id, doc.page.fetched_at)
    return draft


def security_check(page: Page) -> bool:
    """Whether a page is the shell that 36氪's firewall sends with status 200 in place of pages and feeds."""
    body = page.body
    if len(body) > _SHELL_MOST or _SHELL not in body[:_SHELL_START]:
        return False
    return not any(mark in body for mark in _OF_CONTENT)


def published_at(stamp: object, page: Page) -> Published | None:
    """A `publishTime`: milliseconds as a number or digits, else a time as it is printed. To the second."""
    raw = f"{stamp:.0f}" if isinstance(stamp, float) else str(stamp or "")
    if re.fullmatch(r"[0-9]{13}", raw):
        raw = raw[:-3]
    return read_time(raw, now=page.fetched_at) if raw else None


def checked(published: Published | None, article_id: str, now: datetime) -> Published | None:
    """The time of publication against that in the id, which is when the draft was begun: nothing is older than its
    draft. Where there is no time, or an impossible one, the draft's day is what is known."""
    begun = id_time(article_id)
    if begun is None or begun > now:
        return published
    if published is None:
        return begun, "day"
    slack = _SLACK if published[1] in ("second", "minute", "hour") else _DAY
    return (begun, "day") if published[0] < begun - slack else published


def _bodiless(doc: Document, url: str) -> FetchError:
    """What a page without a body is."""
    shown = redact(url)
    state = json_state(doc.html, "window.initialState") or {}
    if state.get("isEncrypt"):
        return Blocked("36氪 sent encrypted state and no rendered body", url=shown, marker="encrypted state")
    if "videoDetail" in state or "/video/" in url:
        return NotAnArticle("a video of 36氪", url=shown)
    if _ARTICLE.search(url) or "articleDetail" in state or "newsflashDetail" in state:
        return LayoutChanged("a 36氪 article page with neither widgetContent nor .articleDetailContent", url=shown)
    return NotAnArticle("a 36氪 page without an article", url=shown)


# -- layouts ----------------------------------------------------------------------------------------------------------


def _from_state(doc: Document) -> Draft | None:
    """Plain state: the article's object at its known place, the newsflash's somewhere below its own, else the object
    with a body and the page's own id (recommended articles carry bodies too)."""
    if b"widgetContent" not in doc.page.body:
        return None
    state = json_state(doc.html, "window.initialState")
    if state is None:
        return None
    url = doc.url or doc.address
    own = identify(url).article_id
    article = next(_with_body([_below(state, "articleDetail", "articleDetailData", "data")]), None)
    flashes = list(_with_body(dicts(state.get("newsflashDetail") or {}))) if article is None else []
    flash = next((one for one in flashes if _names(one, own)), flashes[0] if flashes else None)
    found = article or flash or next((one for one in _with_body(dicts(state)) if _names(one, own)), None)
    lines = html_paragraphs(found["widgetContent"], _CAPTIONS) if found else []
    if not found or not lines:
        return None
    is_flash = flash is not None or "/newsflashes/" in url
    return Draft(
        lines=lines,
        title=str(found.get("widgetTitle") or ""),
        outlet=OUTLET,
        authors=_author(found.get("author") or found.get("authorName")),
        published=published_at(found.get("publishTime"), doc.page),
        kind="newsflash" if is_flash else "article",
        url=_address("newsflashes" if is_flash else "p", found.get("itemId")),
    )


def _from_dom(doc: Document) -> Draft | None:
    """The server-rendered page. Its article:published_time is when it was rendered and is not asked."""
    tree, page, url = doc.tree, doc.page, doc.url or doc.address
    if len(tree.css(".newsflash-item")) > 1 and not _ARTICLE.search(url):
        return None
    node = next((found for body in _BODIES if (found := tree.css_first(body)) is not None), None)
    lines = paragraphs(node, matching(node, _CAPTIONS)) if node is not None else []
    if not lines:
        return None
    is_flash = tree.css_first(".articleDetailContent") is None and (
        "/newsflashes/" in url or tree.css_first(".newsflash-item") is not None
    )
    times = _FLASH_TIMES if is_flash else _TIMES
    raw = next((text for at in times if (text := text_of(tree.css_first(at)).lstrip("·• "))), "")
    heading = next((text for at in _TITLES if (text := text_of(tree.css_first(at)))), "")
    title = tree.css_first("title")
    return Draft(
        lines=lines,
        title=heading or (without_site(clean_text(title.text())) if title else ""),
        outlet=OUTLET,
        authors=_author(next((text for at in _AUTHORS if (text := text_of(tree.css_first(at)))), "")),
        published=read_time(raw, now=page.fetched_at) if raw else None,
        kind="newsflash" if is_flash else "article",
    )


def _from_props(doc: Document) -> Draft | None:
    """The pages of 2016 to 2018, whose state was called `props`."""
    if b'"detailArticle|post"' not in doc.page.body:
        return None
    post = (json_state(doc.html, "var props") or {}).get("detailArticle|post")
    if not isinstance(post, dict) or not isinstance(post.get("content"), str):
        return None
    return Draft(
        lines=html_paragraphs(post["content"], _CAPTIONS),
        title=str(post.get("title") or ""),
        outlet=OUTLET,
        authors=_author(_below(post, "user", "name")),
        published=published_at(post.get("published_at"), doc.page),
        url=_address("p", post.get("id")),
    )


LAYOUTS = (
    Layout("2019 window.initialState", _from_state),
    Layout("2019 server-rendered", _from_dom),
    Layout("2016 var props", _from_props),
)


def _below(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _with_body(objects: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Those of the objects that carry a body."""
    return (one for one in objects if isinstance(one, dict) and isinstance(one.get("widgetContent"), str))


def _names(article: dict[str, Any], article_id: str) -> bool:
    return f"36kr:{article.get('itemId')}" == article_id


def _author(name: object) -> tuple[str, ...]:
    shown = clean_text(str(name or ""))
    return (shown,) if shown else ()


def _address(folder: str, number: object) -> str:
    """The address of an article by its number; empty when that is none."""
    return f"https://36kr.com/{folder}/{number}" if re.fullmatch(r"[0-9]{3,20}", str(number or "")) else ""
