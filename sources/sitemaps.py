"""Sitemaps → what they list: plain ones, news sitemaps, indexes; gzipped or not (sitemaps.org 0.9, Google News).

They are read by their tags alone, not as XML, because many are cut off, escaped wrongly or declare no namespace, and a
list that is half there still names articles. Time grows with the length, whatever stands in it.
"""

from __future__ import annotations

import html
import re
import zlib
from dataclasses import dataclass
from datetime import datetime

from sources.address import redact
from sources.article import Page
from sources.blocks import clean_text
from sources.challenge import challenge
from sources.charset import decode
from sources.errors import Blocked, Broken, LayoutChanged
from sources.guard import typed_errors
from sources.metadata import Published
from sources.times import read_time
from sources.unpack import Damaged, Oversized, Truncated, unpack

MOST_BYTES = 60_000_000  # unpacked; the protocol allows 50 MB
GZIP = b"\x1f\x8b"
_HEAD = 4000  # characters in which the root stands
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(urlset|sitemapindex)\b", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:[\w.-]{1,40}:)?(?:url|sitemap)(?:\s[^<>]*)?>", re.IGNORECASE)
_FIELD = re.compile(
    r"<(?:(?P<prefix>[\w.-]{1,40}):)?(?P<name>loc|lastmod|publication_date|title)(?:\s[^<>]*)?>\s*", re.IGNORECASE
)
_CDATA = "<![CDATA["
_OTHERS = frozenset({"image", "video", "xhtml", "mobile"})  # of a picture or film on the page, not of the page


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed address. `published` is what a news sitemap says, `changed` what a plain one says (<lastmod>)."""

    url: str
    title: str = ""
    published: Published | None = None
    changed: Published | None = None

    @property
    def at(self) -> datetime | None:
        known = self.published or self.changed
        return known[0] if known else None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """`entries` in the order of the file; of an index they are the sitemaps it names."""

    entries: tuple[Entry, ...]
    is_index: bool = False


def read_sitemap(page: Page) -> Sitemap:
    """What a sitemap lists, entries without an address left out; an honestly empty one has none.

    Raises Blocked for a challenge page, LayoutChanged for what is no sitemap, Broken for a gzip that is damaged, cut
    off or unpacks to more than 60 MB.
    """
    with typed_errors(f"the sitemap {redact(page.url)}", page.url):
        return _read(page)


def is_index(page: Page) -> bool:
    """Whether a sitemap leads to others, told from its beginning."""
    head = page.body[:_HEAD]
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD)
        except zlib.error:
            return False
    root = _ROOT.search(head.decode("utf-8", "ignore"))
    return root is not None and root[1].lower() == "sitemapindex"


def _read(page: Page) -> Sitemap:
    shown = redact(page.url)
    text = decode(_plain(page.body, shown), page.content_type)
    root = _ROOT.search(text[:_HEAD])
    if root is None:
        if marker := challenge(page):
            raise Blocked(f"a challenge page ({marker}) instead of the sitemap", url=shown, marker=marker)
        raise LayoutChanged(
            "neither <urlset> nor <sitemapindex>, so no sitemap: the lines `Sitemap:` of the host's robots.txt name its sitemaps",
            url=shown,
        )
    starts = [match.end() for match in _BLOCK.finditer(text, root.end())]
    blocks = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=False)]
    entries = tuple(entry for block in blocks if (entry := _entry(block, page.fetched_at)).url)
    if blocks and not entries:
        raise LayoutChanged(f"none of the sitemap's {len(blocks)} entries has an address", url=shown)
    return Sitemap(entries, is_index=root[1].lower() == "sitemapindex")


def _plain(body: bytes, shown: str) -> bytes:
    if not body.startswith(GZIP):
        return body
    try:
        return unpack(body, "gzip", MOST_BYTES)
    except Oversized as error:
        raise Broken(f"the sitemap unpacks to more than {MOST_BYTES:,} bytes", url=shown) from error
    except (Damaged, Truncated) as error:
        raise Broken("the sitemap's gzip is damaged or cut off", url=shown) from error


def _entry(block: str, now: datetime) -> Entry:
    fields: dict[str, str] = {}
    at = 0
    while match := _FIELD.search(block, at):
        at = match.end()
        if block.startswith(_CDATA, at):
            start, end = at + len(_CDATA), block.find("]]>", at)
            if end < 0:
                break
            value, at = block[start:end], end
        else:
            end = block.find("<", at)
            value = html.unescape(block[at : end if end >= 0 else len(block)])
        if (match["prefix"] or "").lower() not in _OTHERS:
            fields.setdefault(match["name"].lower(), clean_text(value))
    return Entry(
        url=url if re.match(r"https?://[^\s/]\S*$", url := fields.get("loc", "")) else "",
        title=html.unescape(fields.get("title", "")),
        published=_time(fields.get("publication_date", ""), now),
        changed=_time(fields.get("lastmod", ""), now),
    )


def _time(raw: str, now: datetime) -> Published | None:
    return read_time(raw, now=now) if raw else None
