"""Articles that a program kept as JSON: one object, a list of them, or one a line; the keys that crawlers use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.article import Article, Page
from sources.blocks import clean_text, html_paragraphs
from sources.draft import Draft, finish
from sources.errors import NotAnArticle
from sources.feeds import FULL_TEXT, TEASER
from sources.jsontext import read_json
from sources.times import read_time

# In order of trust. Names as in schema.org, trafilatura, news-please, Readability, newspaper and APIs of outlets.
_BODIES = (
    "content_html", "contentHtml", "body_html", "html", "articleBody", "article_body", "maintext", "full_text", "fulltext",
    "fullText", "content_text", "content", "body", "text", "textContent", "raw_text", "正文", "内容",
)  # fmt: skip
_TITLES = ("title", "headline", "标题")
_URLS = ("url", "link", "canonical_url", "permalink", "original_url", "source_url", "source", "链接")
_TIMES = (
    "published_at", "publishedAt", "published", "date_published", "datePublished", "publish_time", "publishTime",
    "publishedTime", "date_publish", "publish_date", "pubDate", "pub_date", "pubdate", "date", "time", "created_at", "发布时间",
)  # fmt: skip
_AUTHORS = ("authors", "author", "byline", "作者")
_OUTLETS = (
    "outlet",
    "site_name",
    "siteName",
    "sitename",
    "site",
    "source-hostname",
    "publisher",
    "media",
    "source",
    "来源",
)
_HOLDERS = ("article", "data", "result", "post", "story")
_LISTS = ("articles", "items", "data", "results", "entries", "posts", "docs", "rows")
_MARKUP = re.compile(r"</?(?:p|br|div|section|span|h[1-6]|ul|li|img|a|strong|b|em)\b[^<>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s/]\S*$")


def json_values(text: str) -> list[Any] | None:
    """The value of a JSON document, or those of JSON Lines, lines that cannot be read left out; None for no JSON."""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] not in ("{", "["):
        return None
    try:
        return [read_json(start)]
    except (ValueError, RecursionError):
        pass
    first, *rest = [line for line in start.split("\n") if line.strip()]
    if not rest or first[:1] != "{":
        return None
    values: list[Any] = []
    for line in (first, *rest):
        try:
            values.append(read_json(line))
        except (ValueError, RecursionError):
            if not values:
                return None
    return [values]


def json_articles(value: Any, page: Page, *, source: str) -> list[Article]:
    """The articles in a JSON value; none when it holds no texts.

    Of a list only rows with a whole text count, by the rule for feeds: lists of links carry summaries.
    """
    rows, alone = _rows(value)
    found = (_article(row, page, source, alone=alone) for row in rows)
    return [article for article in found if article is not None]


def _rows(value: Any) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """The objects that may be articles, and whether one stands alone."""
    if isinstance(value, list):
        return [row for row in value if isinstance(row, dict)], False
    if not isinstance(value, dict):
        return (), False
    if _first(value, _BODIES):
        return (value,), True
    for key in _HOLDERS:
        if isinstance(inner := value.get(key), dict) and _first(inner, _BODIES):
            return (inner,), True
    for key in _LISTS:
        if isinstance(inner := value.get(key), list):
            return [row for row in inner if isinstance(row, dict)], False
    return (), False


def _article(row: Mapping[str, Any], page: Page, source: str, *, alone: bool) -> Article | None:
    body = _first(row, _BODIES)
    title = _first(row, _TITLES)
    url = next((one for key in _URLS if isinstance(one := row.get(key), str) and _ADDRESS.match(one.strip())), "")
    if not body or not (title or url):
        return None
    lines = html_paragraphs(body) if _MARKUP.search(body[:5000]) else list(map(clean_text, body.splitlines()))
    lines = [line for line in lines if line]
    if not alone and (sum(map(len, lines)) < FULL_TEXT or TEASER.search(lines[-1])):
        return None
    raw = next((str(row[key]) for key in _TIMES if isinstance(row.get(key), (str, int, float)) and row[key]), "")
    draft = Draft(
        lines=lines,
        title=" ".join(html_paragraphs(title)),
        outlet=next((name for key in _OUTLETS if (name := _name(row.get(key))) and not _ADDRESS.match(name)), ""),
        authors=tuple(dict.fromkeys(name for key in _AUTHORS for name in _names(row.get(key)))),
        published=read_time(raw, now=page.fetched_at) if raw else None,
        url=url.strip(),
    )
    try:
        return finish(draft, page, source=source)
    except NotAnArticle:
        return None


def _first(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((text for key in keys if isinstance(text := row.get(key), str) and text.strip()), "")


def _name(value: Any) -> str:
    """A name as text, or as an object with one (schema.org's Person and Organization)."""
    if isinstance(value, dict):
        value = value.get("name")
    return clean_text(value) if isinstance(value, str) else ""


def _names(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        name = _name(one)
        if len(name) <= 60:
            yield from filter(None, map(str.strip, re.split(r"[,，、;；]", name)))
