"""A 腾讯新闻 article page, layouts of 2016 to 2026. Facts: outlets.md §2.3."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from sources.address import redact
from sources.article import Page
from sources.blocks import html_paragraphs, matching, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import Gone, LayoutChanged, NotAnArticle
from sources.identity import identify, same_site
from sources.metadata import Published, dicts, json_state, without_site
from sources.times import read_time

SOURCE = "qq"
OUTLET = "腾讯新闻"
WORDED = True
_HOSTS = ("news.qq.com", "new.qq.com", "view.inews.qq.com", "inews.qq.com", "xw.qq.com", "page.om.qq.com")
_BODIES = (
    "#article-content .rich_media_content",
    "#article-content",
    ".content-article",
    "#Cnt-Main-Article-QQ",
    "#ArticleCnt",
    "#Main-Article-QQ .bd",
)
_NOT_TEXT = (
    ".rv-root-v2",
    "#relVideo",
    ".video-pop-wrapper",
    ".mod-video",
    "#Status",
    ".a_share",
    ".qq_articleEnd",
    "#backqqcom",
    "#sports_video_list",
    ".ad-plugin",
)
_KIND = {"1": "a picture gallery", "4": "a video", "118": "a video", "525": "a card"}


def knows(doc: Document) -> bool:
    """Whether this is an article page of Tencent's, saved ones included."""
    html, tree = doc.html, doc.tree
    for address in (doc.url, doc.address):
        if same_site(address, *_HOSTS):
            return True
        if same_site(address, "qq.com") and "/a/20" in address:
            return True
    if any(tree.css_first(body) is not None for body in ("#Cnt-Main-Article-QQ", ".content-article")):
        return True
    return bool(re.search(r"window\.DATA\s*=\s*\{|window\.initData\s*=\s*\{", html)) and "cms_id" in html


def read(doc: Document) -> Draft:
    """The article. Raises Gone for a deleted one, NotAnArticle for videos and lists, LayoutChanged without a body."""
    html, tree, page, url = doc.html, doc.tree, doc.page, doc.url
    data = json_state(html, "window.DATA") or {}
    if re.search(r"/404(?:\.html?)?(?:[/?#]|$)", url) or str(data.get("is_deleted", "0")) not in ("0", "False", "None"):
        raise Gone("deleted at 腾讯新闻", url=redact(url))
    state = data or json_state(html, "window.initData", "__initData") or {}
    item = _item(state)
    lines = _from_state(item) or _from_state(state) or _from_dom(tree)
    if not lines:
        kind = _KIND.get(str(item.get("article_type") or item.get("articletype") or ""))
        if kind or not item:
            raise NotAnArticle(f"{kind or 'a page without an article'} at 腾讯新闻", url=redact(url))
        raise LayoutChanged("a 腾讯新闻 page without originContent and without a known body element", url=redact(url))
    listed = re.search(r"article_url\s*['\"]?\s*:\s*['\"](https?://[^'\"\s]+)", html)
    number = str(item.get("cms_id") or item.get("id") or "")
    named = identify(f"https://news.qq.com/rain/a/{number}")
    medium = str(item.get("media") or item.get("source") or item.get("chlname") or "")
    return Draft(
        lines=lines,
        title=str(item.get("title") or "") or text_of(tree.css_first(".LEFT h1, h1")) or _page_title(tree),
        outlet=medium or text_of(tree.css_first(".a_source, p.media-name, .media-name")) or OUTLET,
        published=_published(html, tree, item, page),
        url=named.url if named.article_id.startswith("qq:") else listed[1] if listed else url,
    )


def _item(state: dict[str, Any]) -> dict[str, Any]:
    """The object that describes the article: the outermost one with a title and a time."""
    for one in dicts(state, 5000):
        if isinstance(one.get("title"), str) and any(key in one for key in ("pubtime", "media", "time", "cms_id")):
            return one
    return {}


def _from_state(state: dict[str, Any]) -> list[str]:
    """Pages since 2022 carry their HTML in originContent, the mobile ones in content; pictures are comments in it."""
    for key in ("originContent", "content"):
        value = state.get(key)
        text = value.get("text") if isinstance(value, dict) else value
        if isinstance(text, str) and text.strip():
            return html_paragraphs(text)
    return []


def _from_dom(tree: LexborHTMLParser) -> list[str]:
    for selector in _BODIES:
        node = tree.css_first(selector)
        if node is not None and (lines := paragraphs(node, matching(node, _NOT_TEXT))):
            return lines
    return []


def _published(html: str, tree: LexborHTMLParser, item: dict[str, Any], page: Page) -> Published | None:
    """`pubtime`; apub:time is when the page was built (hours later on all saved pages) and is not asked."""
    info = re.search(r"pubtime\s*['\"]?\s*:\s*['\"]([^'\"]{6,30})", html)
    shown = text_of(tree.css_first(".a_time, .article-time, .pubTime"))
    for raw in (item.get("pubtime"), item.get("time"), info[1] if info else "", shown):
        if isinstance(raw, str) and raw and (found := read_time(raw, now=page.fetched_at)):
            return found
    return None


def _page_title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return without_site(re.sub(r"_腾讯(?:新闻|网)$", "", text_of(node) or (node.text().strip() if node else "")))
