"""Feeds → ArticleRefs: RSS 2.0, RSS 1.0, Atom (feedparser) and JSON Feed.

The bytes are decoded by our own rules first, because feeds of Chinese sites carry gb2312 labels and stray control
characters that end a strict XML parser. Nothing is fetched here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import urljoin

import feedparser

from sources.address import redact
from sources.article import Article, ArticleRef, Kind, Page, content_key
from sources.blocks import clean_text, html_paragraphs, parse_html
from sources.challenge import challenge
from sources.charset import decode
from sources.draft import Draft, finish
from sources.errors import Blocked, LayoutChanged, NotAnArticle
from sources.guard import typed_errors
from sources.identity import Identity, identify
from sources.jsontext import read_json
from sources.metadata import Published
from sources.times import read_time

# Text of at least this many characters is taken for the whole article, unless it ends like a teaser.
FULL_TEXT = 300
TEASER = re.compile(
    r"(?:\.{3}|…|阅读全文|查看全文|阅读更多|查看更多|全文阅读|点击查看|继续阅读|[Rr]ead [Mm]ore|[Cc]ontinue reading)"
    r"[\s»→>）)\]]*$"
)
# Newsflashes and posts are short by nature, and the feeds of 36氪 and Tumblr carry them whole.
_SHORT_KINDS: dict[str, Kind] = {"newsflash": "newsflash", "tumblr": "post"}
_FEED_START = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# One half of a character each, as some feeds write emoji; feedparser fails on them, and on numbers beyond Unicode.
_REFERENCE = re.compile(
    r"&#(?:x([0-9a-f]{4,})|([0-9]{5,}));(?:&#(?:x(d[c-f][0-9a-f]{2})|(5[67][0-9]{3}));)?", re.IGNORECASE
)
_WEB_PAGE = re.compile(r"(?i)(?:<!--|<!doctype html|<html|<head|<body|<script|<div)")
_HEAD = 200_000  # characters of a page in which the links of its head are looked for
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
_LONGEST_AUTHOR = 300  # characters
_LITERAL_CDATA = re.compile(r"^\s*<!\[CDATA\[|\]\]>\s*$")


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry, whatever the format. `bodies`: the texts it carries as HTML, the fullest the feed has."""

    address: str
    title: str
    bodies: Sequence[str]
    times: Sequence[str]
    authors: tuple[str, ...]


def read_feed(page: Page, *, source: str, outlet: str) -> list[ArticleRef]:
    """The feed's articles in its order. `outlet` empty: the feed's own title.

    A ref carries its article when the item has the text: whole, or of kind `partial`. Broken XML is read as far as it
    can be. Raises Blocked for a challenge page, LayoutChanged for anything else that is no feed and for a feed none of
    whose entries can be read, Broken for one that trips its reader. An honestly empty feed gives [].
    """
    with typed_errors(f"the feed {redact(page.url)}", page.url):
        return _refs(page, source=source, outlet=outlet)


def _refs(page: Page, *, source: str, outlet: str) -> list[ArticleRef]:
    text = decode(page.body, page.content_type)
    name, items = _read(text, page)
    refs = [ref for item in items if (ref := _ref(item, page, source=source, outlet=outlet or name)) is not None]
    if items and not refs:
        raise LayoutChanged(
            f"none of the feed's {len(items)} entries has an address and a title or text", url=redact(page.url)
        )
    first: dict[str, ArticleRef] = {}
    for ref in refs:
        first.setdefault(ref.article_id, ref)
    return list(first.values())


def is_feed(text: str) -> bool:
    """Whether a text has the shape of an XML feed or a JSON Feed."""
    start = text[:4000].lstrip("\ufeff \t\r\n")
    if start[:1] == "{":
        return "jsonfeed.org/version" in text[:4000]
    return start[:1] == "<" and bool(_FEED_START.search(start)) and not re.match(r"(?i)<!doctype html|<html", start)


def _read(text: str, page: Page) -> tuple[str, list[_Item]]:
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] == "{":
        return _json_feed(text, page)
    if not is_feed(text):
        if marker := challenge(page):
            raise Blocked(f"a challenge page ({marker}) instead of the feed", url=redact(page.url), marker=marker)
        raise LayoutChanged(_instead(text, page), url=redact(page.url))
    return _xml_feed(text)


def _instead(text: str, page: Page) -> str:
    """What came instead of a feed, and what to do; a web page may name the feeds of its site."""
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        return "an empty answer instead of a feed: look at the address in a browser"
    if not _WEB_PAGE.match(start):
        return "something else instead of a feed: look at the address in a browser"
    feeds = linked_feeds(text, page.final_url or page.url)
    if not feeds:
        return "a web page instead of a feed, and it links none: look at the address in a browser"
    return f"a web page instead of a feed; it links {', '.join(map(redact, feeds))}: put that under `url`"


def linked_feeds(html: str, base: str) -> list[str]:
    """The feeds that a page's head names by <link rel=alternate>, absolute, at most three (RSS Board, autodiscovery)."""
    found: list[str] = []
    for node in parse_html(html[:_HEAD]).css("link"):
        attributes = node.attributes
        kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
        if kind in _FEED_TYPES and "alternate" in (attributes.get("rel") or "").lower().split():
            found.append(_absolute(base, attributes.get("href") or ""))
    return list(dict.fromkeys(filter(None, found)))[:3]


def next_page(page: Page) -> str:
    """The absolute address of a JSON Feed's older entries (`next_url`, JSON Feed 1.1); empty when there are none."""
    try:
        feed = read_json(decode(page.body, page.content_type).lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return ""
    address = feed.get("next_url") if isinstance(feed, dict) else None
    return _absolute(page.final_url or page.url, address) if isinstance(address, str) else ""


def _bounded_authors() -> None:
    """feedparser looks for an address in an author's name with a pattern whose time grows with the square of the name,
    and offers no way to bound it: 40 kB of letters in <author> held a run for 12 seconds."""
    parser = feedparser.mixin._FeedParserMixin
    look = parser._sync_author_detail

    def bounded(self: Any, key: str = "author") -> None:
        context = self._get_context()
        told = context.get(key)
        if isinstance(told, str):
            context[key] = told[:_LONGEST_AUTHOR]
        look(self, key)

    parser._sync_author_detail = bounded


_bounded_authors()


def _xml_feed(text: str) -> tuple[str, list[_Item]]:
    plain = _NOT_XML.sub("", _XML_DECLARATION.sub("", text.lstrip("\ufeff")))
    plain = _REFERENCE.sub(_character, plain)
    body = b'<?xml version="1.0" encoding="utf-8"?>' + plain.encode("utf-8", "replace")
    # A stream, never a string: feedparser takes strings for addresses and file names.
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    base = str(parsed.feed.get("link") or "")
    items = [
        _Item(
            address=_absolute(base, _address(entry)),
            title=_one_line(str(entry.get("title") or "")),
            bodies=[
                *(str(part.get("value") or "") for part in entry.get("content") or ()),
                str(entry.get("summary") or ""),
            ],
            times=[str(entry[key]) for key in ("published", "created", "updated") if dict.get(entry, key)],
            authors=_authors(entry),
        )
        for entry in parsed.entries
    ]
    return _one_line(str(parsed.feed.get("title") or "")), items


def _character(match: re.Match[str]) -> str:
    """A reference as it is, two halves as the character they are, half of one or none as nothing."""
    first, second = _code(match[1], match[2]), _code(match[3], match[4])
    if 0xD800 <= first < 0xDC00 <= second < 0xE000:
        return chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00)
    return "".join(f"&#{one};" for one in (first, second) if 0 < one < 0xD800 or 0xE000 <= one <= 0x10FFFF)


def _code(hexadecimal: str | None, decimal: str | None) -> int:
    """The number a reference names, 0 for none; only its first digits count, which are beyond Unicode already."""
    return int((hexadecimal or "0")[:40], 16) or int((decimal or "0")[:40])


def _json_feed(text: str, page: Page) -> tuple[str, list[_Item]]:
    try:
        feed = read_json(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise LayoutChanged(f"neither a feed nor JSON: {error}", url=redact(page.url)) from error
    entries = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(entries, list):
        raise LayoutChanged("JSON without `items` is no JSON Feed", url=redact(page.url))
    base = str(feed.get("home_page_url") or "")
    items = []
    for entry in entries:
        if not isinstance(entry, dict):
            items.append(_Item("", "", (), (), ()))
            continue
        plain = [_as_html(str(entry.get(key) or "")) for key in ("content_text", "summary")]
        address = str(entry.get("url") or entry.get("external_url") or _if_address(entry.get("id")))
        items.append(
            _Item(
                address=_absolute(base, address),
                title=_one_line(str(entry.get("title") or "")),
                bodies=[str(entry.get("content_html") or ""), *plain],
                times=[str(entry[key]) for key in ("date_published", "date_modified") if entry.get(key)],
                authors=tuple(_json_authors(entry)),
            )
        )
    return _one_line(str(feed.get("title") or "")), items


def _ref(item: _Item, page: Page, *, source: str, outlet: str) -> ArticleRef | None:
    texts = [html_paragraphs(_LITERAL_CDATA.sub("", body)) if body.strip() else [] for body in item.bodies]
    lines = max(texts, key=lambda one: sum(map(len, one)), default=[])
    shortest = min((one for one in texts if one), key=lambda one: sum(map(len, one)), default=[])
    if not lines and not (item.address and item.title):
        return None
    identity = identify(item.address) if item.address else Identity(f"text:{content_key(chr(10).join(lines))[:16]}", "")
    published = _published(item, page)
    title = item.title or _title_from(lines)
    ref = ArticleRef(
        source=source,
        article_id=identity.article_id,
        url=identity.url,
        title=title,
        published_at=published[0] if published else None,
        precision=published[1] if published else "unknown",
        authors=item.authors,
        summary=" ".join(shortest)[:500],
        fetch_url=fetch_url_of(item.address, identity),
    )
    article = _article(lines, ref, page, source=source, outlet=outlet)
    return ref if article is None else replace(ref, article=article, authors=ref.authors or article.authors)


def _article(lines: list[str], ref: ArticleRef, page: Page, *, source: str, outlet: str) -> Article | None:
    """The text an entry carries: whole when long enough or a newsflash, which the lists carry whole; else partial."""
    length = sum(map(len, lines))
    if not length or " ".join(lines).strip() == ref.title:
        return None
    short = _SHORT_KINDS.get("newsflash" if "/newsflashes/" in ref.url else ref.article_id.partition(":")[0])
    if TEASER.search(lines[-1]) or (length < FULL_TEXT and short is None):
        kind: Kind = "partial"
    else:
        kind = short or "article"
    draft = Draft(lines=lines, title=ref.title, kind=kind)
    try:
        return finish(draft, page, source=source, outlet=outlet, ref=ref)
    except NotAnArticle:
        return None


def _published(item: _Item, page: Page) -> Published | None:
    return next((found for raw in item.times if (found := read_time(raw, now=page.fetched_at))), None)


def fetch_url_of(address: str, identity: Identity) -> str:
    """Where to read it when the canonical address may not answer: hosts we have no rule for keep the listed scheme."""
    if not identity.article_id.startswith("url:") or not address.startswith("http://"):
        return ""
    plain = "http://" + identity.url.removeprefix("https://")
    return plain if plain != identity.url and identity.url.startswith("https://") else ""


def _address(entry: Mapping[str, Any]) -> str:
    link = str(entry.get("link") or "").strip()
    return link or _if_address(entry.get("id"))


def _if_address(value: object) -> str:
    text = str(value or "").strip()
    return text if re.match(r"https?://\S+$", text) else ""


def _absolute(base: str, address: str) -> str:
    """The absolute address, empty when there is none."""
    try:
        joined = urljoin(base, address) if (address := clean_text(address)) else ""
    except ValueError:
        return ""
    return joined if re.match(r"https?://[^\s/]", joined) else ""


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    named = [str(one.get("name") or "") for one in entry.get("authors") or () if isinstance(one, Mapping)]
    return tuple(
        dict.fromkeys(
            name for raw in [*named, str(entry.get("author") or "")][: max(1, len(named))] if (name := _one_line(raw))
        )
    )


def _json_authors(entry: dict[str, Any]) -> Iterator[str]:
    listed = entry.get("authors")
    for one in [*(listed if isinstance(listed, list) else []), entry.get("author")]:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and one["name"].strip():
            yield _one_line(one["name"])


def _one_line(raw: str) -> str:
    """Titles come with tags and entities in them, sometimes escaped twice."""
    return " ".join(html_paragraphs(_LITERAL_CDATA.sub("", raw))) if "<" in raw or "&" in raw else clean_text(raw)


def _as_html(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _title_from(lines: Sequence[str]) -> str:
    """A post without a title is shown by its first words."""
    return lines[0] if len(lines[0]) <= 40 else lines[0][:39] + "…"
