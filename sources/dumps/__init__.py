"""Plain-text dumps of pages, as people keep them: one file, one or several articles, the page around them still there.

Rules of page structure and of language only; nothing here knows a particular text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sources.article import Article, content_key
from sources.dumps.facts import (
    derive_title,
    find_kind,
    find_outlet,
    find_source,
    printed_title,
    prose_weight,
    quoted_headlines,
)
from sources.dumps.lines import clean, language_of
from sources.dumps.notices import MOST_PROSE, teasers, tombstone, why_no_article
from sources.dumps.page import PageReading, read_page
from sources.dumps.posts import Post, split_posts
from sources.identity import Identity, identify
from sources.times import Reading, read_time

__all__ = ["Dump", "read_dump", "take_apart"]

MOST_CHROME = 4_000


@dataclass(slots=True)
class Part:
    """One page or post of a dump; `post` is its frame on a mirror of a blog."""

    page: PageReading
    post: Post | None = None


@dataclass(slots=True)
class Dump:
    """A dump taken apart: the parts that hold a text, and `around`: the lines that belong to none of them."""

    parts: list[Part] = field(default_factory=list)
    around: list[str] = field(default_factory=list)


def read_dump(text: str, *, name: str, taken_at: datetime) -> list[Article]:
    """The articles in a plain-text dump, in its order.

    `name` is used in messages alone. `taken_at` (aware) is the moment its relative times speak of. Raises NotAnArticle
    when no text is in it, Gone for the dump of a tombstone, Blocked for that of a challenge or a login page.
    """
    lines = clean(text)
    dump = take_apart(lines, now=taken_at)
    bodies = [line for part in dump.parts for line in part.page.body]
    prose = prose_weight(bodies, MOST_PROSE + 1)
    if not dump.parts:
        raise why_no_article(lines, prose, name)
    if notice := tombstone(lines, prose, name):
        raise notice
    if len(dump.parts) == 1 and dump.parts[0].post is None and teasers(lines) >= 3:
        raise why_no_article(lines, prose, name)
    quoted = quoted_headlines([part.page for part in dump.parts])
    return [_article(part, headlines, taken_at) for part, headlines in zip(dump.parts, quoted, strict=True)]


def take_apart(lines: Sequence[str], *, now: datetime) -> Dump:
    """Sorts every line of a dump: into the body, title, byline or chrome of a part, or to those around them."""
    mirror = split_posts(lines)
    posts = [Part(read_page(post.lines, now=now), post) for post in mirror.posts] if mirror else []
    parts = posts or [Part(read_page(lines, now=now))]
    dump = Dump(around=list(mirror.around) if mirror and posts else [])
    for part in parts:
        frame = part.post.frame if part.post else []
        if part.page.has_text():
            part.page.chrome = [*frame, *part.page.chrome]
            dump.parts.append(part)
        else:
            page = part.page
            dump.around += [*frame, *page.title_lines, *page.byline, *page.body, *page.chrome]
    return dump


def _article(part: Part, quoted: Sequence[str], taken_at: datetime) -> Article:
    page, post = part.page, part.post
    text = "\n".join(page.body)
    identity = _identity(page.url, text)
    outlet = find_outlet(page, post.blog if post else "")
    published = page.published or _age(post, taken_at)
    return Article(
        article_id=identity.article_id,
        source=find_source(page, outlet, mirror=post is not None),
        outlet=outlet,
        kind=find_kind(page, mirror=post is not None),
        url=identity.url,
        title=printed_title(page, outlet) or derive_title(page, quoted),
        text=text,
        authors=page.credits.authors or tuple(dict.fromkeys(page.authors)),
        published_at=published[0] if published else None,
        precision=published[1] if published else "unknown",
        language=language_of(text),
        byline="\n".join(page.byline),
        chrome="\n".join(page.chrome)[:MOST_CHROME],
    )


def _age(post: Post | None, taken_at: datetime) -> Reading | None:
    return read_time(post.age, now=taken_at) if post and post.age else None


def _identity(url: str, text: str) -> Identity:
    """The id of the address that the page prints, else of the text itself."""
    return identify(url) if _has_host(url) else Identity(f"text:{content_key(text)[:16]}", "")


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # http://[ and the like
        return False
