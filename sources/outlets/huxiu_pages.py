"""虎嗅's article pages. Facts: outlets.md §9.

The whole article stands in the page's state, its time to the second; today's state is Nuxt's list of numbered values,
the one before a plain object. The rendered page is read where there is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sources.address import redact
from sources.article import Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import LayoutChanged, NotAnArticle
from sources.identity import identify
from sources.jsontext import read_json
from sources.layout import Layout, first_layout
from sources.metadata import Published, dicts, json_state, without_site
from sources.times import read_time

SOURCE = "huxiu"
OUTLET = "虎嗅"
WORDED = True

_HOST = re.compile(r"https?://(?:www\.|m\.)?huxiu\.com(?:[:/?#]|$)", re.IGNORECASE)
_ARTICLE = re.compile(r"huxiu\.com/(?:article|brief)/[0-9]+")
_SITE_TITLE = "-虎嗅网".encode()
_LEAST = 20  # characters of a text; videos carry a line about themselves, or nothing

# Captions, votes, licence notices, and what the page sets below its text.
_NOT_TEXT = (
    ".text-img-note",
    "figcaption",
    "em.vote__bar",
    ".vote__btn",
    ".vote__time",
    ".neirong-shouquan",
    ".neirong-shouquan-public",
    ".article__related-article-wrap",
    ".article__comment",
    ".article__reprinted-center",
    ".article__user-info-wrap",
)
_RENDERED = (".article__content", ".article-content-wrap", "#article-content")
_TITLES = (".article__title", "h1.t-h1", "h1")
_AUTHORS = (".article-author-info .author-info__username", ".author-info__username", ".article-author .author-name")
_TIMES = (".article__time", ".article-time")

_WRAPPERS = frozenset({"ShallowReactive", "Reactive", "Ref", "ShallowRef"})
_WANTED = (
    *("aid", "title", "content", "content_preface", "preface", "user_info", "author_info"),
    *("publish_time", "dateline", "video_info"),
)


def knows(doc: Document) -> bool:
    """Whether this is a page of huxiu.com, saved ones without an address included."""
    body = doc.page.body
    if _HOST.match(doc.url):
        return True
    if b"huxiu" not in body:
        return False
    if b'"articleDetail":{"articleDetail":' in body or (b"__NUXT_DATA__" in body and b'"articleDetail-' in body):
        return True
    return (b"article__content" in body and _SITE_TITLE in body) or bool(_HOST.match(doc.address))


def read(doc: Document) -> Draft:
    """The article. Raises NotAnArticle for videos and lists, LayoutChanged when an article's page has no body."""
    url = doc.url or doc.address
    draft = first_layout(doc, LAYOUTS)
    if draft is None:
        if _ARTICLE.search(url):
            raise LayoutChanged("a 虎嗅 article page with neither state nor .article__content", url=redact(url))
        raise NotAnArticle("a 虎嗅 page without an article", url=redact(url))
    if _ARTICLE.search(identify(url).url):
        draft.url = url
    return draft


# -- layouts ----------------------------------------------------------------------------------------------------------


def _from_nuxt(doc: Document) -> Draft | None:
    """Nuxt 3: one list of values, in which objects name the places of their fields."""
    if b"__NUXT_DATA__" not in doc.page.body or (node := doc.tree.css_first("#__NUXT_DATA__")) is None:
        return None
    try:
        values = read_json(node.text())
    except (ValueError, RecursionError):
        return None
    for one in values if isinstance(values, list) else ():
        if not isinstance(one, dict):
            continue
        for key, place in one.items():
            if key.startswith("articleDetail-"):
                detail = _at(values, place)
                article = _at(values, detail.get("articleDetail")) if isinstance(detail, dict) else None
                if isinstance(article, dict):
                    whole = {name: _whole(values, article[name]) for name in _WANTED if name in article}
                    return _from_article(whole, doc)
    return None


def _from_state(doc: Document) -> Draft | None:
    """The state before Nuxt, and that of briefs: the first object with a title and a text."""
    if b"__INITIAL_STATE__" not in doc.page.body:
        return None
    state = json_state(doc.html, "window.__INITIAL_STATE__")
    known = state.get("articleDetail") if state else None
    for one in (known.get("articleDetail") if isinstance(known, dict) else None, *dicts(state or {})):
        if not (isinstance(one, dict) and isinstance(one.get("title"), str) and isinstance(one.get("content"), str)):
            continue
        if (draft := _from_article(one, doc)) is not None:
            return draft
    return None


def _from_dom(doc: Document) -> Draft | None:
    """The rendered page."""
    tree = doc.tree
    node = next((found for body in _RENDERED if (found := tree.css_first(body)) is not None), None)
    lines = paragraphs(node, matching(node, _NOT_TEXT)) if node is not None else []
    if not lines:
        return None
    heading = next((text for at in _TITLES if (text := text_of(tree.css_first(at)))), "")
    title = tree.css_first("title")
    author = next((text for at in _AUTHORS if (text := text_of(tree.css_first(at)))), "")
    raw = next((text for at in _TIMES if (text := text_of(tree.css_first(at)))), "")
    return Draft(
        lines=lines,
        title=heading or (without_site(clean_text(title.text())) if title else ""),
        outlet=OUTLET,
        authors=(author,) if author else (),
        published=read_time(raw, now=doc.page.fetched_at) if raw else None,
        url=doc.address,
    )


LAYOUTS = (
    Layout("2025 __NUXT_DATA__", _from_nuxt),
    Layout("2019 __INITIAL_STATE__", _from_state),
    Layout("rendered", _from_dom),
)


def _from_article(article: dict[str, Any], doc: Document) -> Draft | None:
    """The draft of an article's object. Raises NotAnArticle for a video without a text."""
    parts = [article.get("content_preface") or article.get("preface"), article.get("content")]
    lines = [line for part in parts if isinstance(part, str) for line in html_paragraphs(part, _NOT_TEXT)]
    if article.get("video_info") and sum(map(len, lines)) < _LEAST:
        raise NotAnArticle("a video of 虎嗅", url=redact(doc.url or doc.address))
    if not lines:
        return None
    number = str(article.get("aid") or "")
    own = f"https://www.huxiu.com/article/{number}.html" if re.fullmatch(r"[0-9]{1,12}", number) else ""
    author = next(_usernames(article), "")
    return Draft(
        lines=lines,
        title=clean_text(str(article.get("title") or "")),
        outlet=OUTLET,
        authors=(author,) if author else (),
        published=_published(article, doc.page),
        url=doc.address or own,
    )


def _usernames(article: dict[str, Any]) -> Iterator[str]:
    """Who signs: the author first, then whoever else the object names as a user."""
    for one in (article.get("user_info"), article.get("author_info"), *dicts(article, 500)):
        if isinstance(one, dict) and isinstance(one.get("username"), str) and (name := clean_text(one["username"])):
            yield name


def _published(article: dict[str, Any], page: Page) -> Published | None:
    """`dateline` and `publish_time` name the same moment, one of them sometimes as it is shown to readers."""
    read = [
        found
        for name in ("dateline", "publish_time")
        if article.get(name) and (found := read_time(str(article[name]), now=page.fetched_at))
    ]
    return next((one for one in read if one[1] == "second"), read[0] if read else None)


def _at(values: list[Any], place: object) -> Any:
    """The value at a place, looked at through what Vue wraps around it; None for places outside."""
    for _ in range(len(_WRAPPERS) + 1):
        if not isinstance(place, int) or not 0 <= place < len(values):
            return None
        value = values[place]
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in _WRAPPERS):
            return value
        place = value[1]
    return None


def _whole(values: list[Any], place: object) -> Any:
    """A field: text, number, or an object's own texts and numbers."""
    value = _at(values, place)
    if isinstance(value, dict):
        return {name: inner for name, one in value.items() if isinstance(inner := _at(values, one), str | int)}
    return value
