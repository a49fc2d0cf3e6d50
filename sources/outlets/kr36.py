"""36氪: its open hot list and feed for discovery, its pages for the body. Facts: outlets.md §1.

Some pages come with encrypted state. It is never decrypted: the server-rendered DOM is read, and where there is none
the page counts as blocked and the feed's text stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from selectolax.lexbor import LexborHTMLParser

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.challenge import challenge
from sources.charset import decode
from sources.document import Document
from sources.draft import Draft, finish
from sources.errors import Blocked, LayoutChanged, NotAnArticle
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.identity import identify, same_site
from sources.jsontext import read_json
from sources.metadata import Published, dicts, json_state, without_site
from sources.redirects import resolved
from sources.source import ListAddress, Source, Spec
from sources.times import CHINA, id_time, read_time
from sources.tombstones import raise_if_gone

SOURCE = "36kr"
OUTLET = "36氪"
WORDED = True
_HOT_LIST = "https://openclaw.36krcdn.com/media/hotlist/{:%Y-%m-%d}/24h_hot_list.json"
_FEED = "https://www.36kr.com/feed"
_BODIES = (
    ".articleDetailContent.kr-rich-text-wrapper",
    ".articleDetailContent",
    ".kr-rich-text-wrapper",
    ".newsflash-item .item-desc",
    ".item-desc",
    ".pre-item-des",
)
_NOT_TEXT = ("p.img-desc", ".img-desc")
_TITLES = ("h1.article-title", "h1.item-title", "h1", ".item-title")
_TIMES = (".title-icon-item.item-time", ".item-time", ".newsflash-item .time", ".time")
_FLASH_STATE = re.compile(r'window\.initialState\s*=\s*\{\s*"newsflash')
_AUTHORS = ("a.title-icon-item.item-a", 'a[href^="/user/"]')


class Kr36(Source):
    """36氪's articles and newsflashes."""

    spec: ClassVar[Spec] = Spec(
        use="36kr",
        outlet=OUTLET,
        about="36氪: the official hot list and feed; articles, newsflashes and interviews",
        every=timedelta(minutes=15),
        hosts=("36kr.com", "www.36kr.com", "openclaw.36krcdn.com"),
    )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        """The feed, and the hot lists of today and yesterday; early in the day today's is not there yet."""
        today = now.astimezone(CHINA)
        return (
            ListAddress(_FEED),
            ListAddress(_HOT_LIST.format(today), optional=True),
            ListAddress(_HOT_LIST.format(today - timedelta(days=1)), optional=True),
        )

    def discover(self, page: Page) -> list[ArticleRef]:
        """Refs from the hot list (JSON) or the feed (XML)."""
        if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            with typed_errors("36氪's hot list", page.url):
                return self._hot_list(page)
        return read_feed(page, source=self.id, outlet=self.outlet)

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        shown = redact(page.final_url or page.url or ref.url)
        with typed_errors(f"36氪's page {shown}", shown):
            return self._parse(page, ref, shown)

    def _parse(self, page: Page, ref: ArticleRef, shown: str) -> Article:
        if marker := challenge(page):
            raise Blocked(f"36氪 answered with a challenge ({marker}) instead of {shown}", url=shown, marker=marker)
        identity = resolved(page, ref)
        doc = Document(page.with_url(page.url or ref.url))
        raise_if_gone(doc.tree, shown)
        draft = read(doc)
        draft.identity = identity
        return finish(draft, page, source=self.id, outlet=self.outlet, ref=ref, layout=OUTLET)

    def _hot_list(self, page: Page) -> list[ArticleRef]:
        try:
            rows = read_json(decode(page.body, page.content_type))
        except (ValueError, RecursionError) as error:
            raise LayoutChanged(f"36氪's hot list is no JSON: {error}", url=redact(page.url)) from error
        if isinstance(rows, dict):
            rows = rows.get("data")
        if not isinstance(rows, list):
            raise LayoutChanged("36氪's hot list has no list under `data`", url=redact(page.url))
        refs = [ref for row in rows if (ref := self._hot_row(row, page)) is not None]
        if rows and not refs:
            raise LayoutChanged(f"none of {len(rows)} rows of 36氪's hot list names an article", url=redact(page.url))
        return refs

    def _hot_row(self, row: Any, page: Page) -> ArticleRef | None:
        if not isinstance(row, dict) or not isinstance(row.get("url"), str) or not row["url"].strip():
            return None
        identity = identify(row["url"])
        if not identity.article_id.startswith("36kr:"):
            return None
        published = read_time(str(row.get("publishTime") or ""), now=page.fetched_at)
        return ArticleRef(
            source=self.id,
            article_id=identity.article_id,
            url=identity.url,
            title=clean_text(str(row.get("title") or "")),
            published_at=published[0] if published else None,
            precision=published[1] if published else "unknown",
            authors=tuple(name for name in (clean_text(str(row.get("author") or "")),) if name),
            summary=" ".join(html_paragraphs(str(row.get("content") or ""))),
        )


def knows(doc: Document) -> bool:
    """Whether this is a page of 36kr.com, saved ones included."""
    html, tree = doc.html, doc.tree
    if same_site(doc.url, "36kr.com") or same_site(doc.address, "36kr.com"):
        return True
    return tree.css_first(".articleDetailContent") is not None or bool(
        re.search(r"window\.initialState\s*=\s*\{\s*\"(?:articleDetail|newsflashDetail|state|isEncrypt)\"", html)
    )


def read(doc: Document) -> Draft:
    """The article. Raises Blocked for encrypted state without a rendered body, NotAnArticle for videos and lists,
    LayoutChanged when an article's page has no body."""
    html, tree, page, url = doc.html, doc.tree, doc.page, doc.url or doc.address
    state = json_state(html, "window.initialState") or {}
    article = _article(state, identify(url).article_id)
    draft = _from_state(article) if article else _from_dom(tree, page)
    if not draft.lines:
        shown = redact(url)
        if state.get("isEncrypt"):
            raise Blocked("36氪 sent encrypted state and no rendered body", url=shown, marker="encrypted state")
        if re.search(r"36kr\.com/(?:p|newsflashes)/\d+", url) or article:
            raise LayoutChanged("a 36氪 article page with neither widgetContent nor .articleDetailContent", url=shown)
        raise NotAnArticle("a 36氪 page without an article", url=shown)
    draft.kind = "newsflash" if "/newsflashes/" in url or _FLASH_STATE.search(html) else "article"
    if identify(url).article_id.startswith("36kr:"):
        draft.url = url
    elif article and str(article.get("itemId")).isdigit():
        draft.url = f"https://36kr.com/{'newsflashes' if draft.kind == 'newsflash' else 'p'}/{article['itemId']}"
    if draft.published is None and (made := id_time(identify(draft.url).article_id)):
        draft.published = made, "day"  # the id is as old as the draft, up to a day and a half older than the article
    return draft


def _article(state: dict[str, Any], article_id: str) -> dict[str, Any] | None:
    """The article's object in the page's state: at its known place, else the one with a body and the page's own id."""
    known: Any = state
    for key in ("articleDetail", "articleDetailData", "data"):
        known = known.get(key) if isinstance(known, dict) else None
    if isinstance(known, dict) and isinstance(known.get("widgetContent"), str):
        return known
    for one in dicts(state):
        if isinstance(one.get("widgetContent"), str) and f"36kr:{one.get('itemId')}" == article_id:
            return one
    return None


def _from_state(article: dict[str, Any]) -> Draft:
    stamp = article.get("publishTime")
    published: Published | None = None
    if isinstance(stamp, int | float) and 1.2e12 < stamp < 4.1e12:
        published = datetime.fromtimestamp(stamp // 1000, CHINA), "second"
    author = clean_text(str(article.get("author") or article.get("authorName") or ""))
    return Draft(
        lines=html_paragraphs(str(article.get("widgetContent") or ""), _NOT_TEXT),
        title=str(article.get("widgetTitle") or ""),
        outlet=OUTLET,
        authors=(author,) if author else (),
        published=published,
    )


def _from_dom(tree: LexborHTMLParser, page: Page) -> Draft:
    """The server-rendered page. Its article:published_time is when it was rendered and is not asked."""
    node = next((found for body in _BODIES if (found := tree.css_first(body)) is not None), None)
    raw = next((text for at in _TIMES if (text := text_of(tree.css_first(at)).lstrip("·• "))), "")
    author = next((text for at in _AUTHORS if (text := text_of(tree.css_first(at)))), "")
    heading = next((text for at in _TITLES if (text := text_of(tree.css_first(at)))), "")
    title = tree.css_first("title")
    return Draft(
        lines=paragraphs(node, matching(node, _NOT_TEXT)) if node is not None else [],
        title=heading or (without_site(clean_text(title.text())) if title else ""),
        outlet=OUTLET,
        authors=(author,) if author else (),
        published=read_time(raw, now=page.fetched_at) if raw else None,
    )
