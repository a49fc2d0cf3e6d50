"""Files that people keep: saved pages, archives of pages, feeds, JSON, notes, text dumps → Articles.

The name decides nothing; the bytes do. Of a saved page the outlet is told from the page itself.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from sources.archives import Skipped, is_mhtml, is_warc, mhtml_page, saved_page, warc_pages
from sources.article import Article, Page, content_key
from sources.blocks import clean_text
from sources.charset import decode, is_binary
from sources.draft import Draft, finish, language_of
from sources.errors import Broken, FetchError, NotAnArticle
from sources.feeds import is_feed, read_feed
from sources.guard import typed_errors
from sources.identity import Identity, identify
from sources.jsonarticles import json_articles, json_values
from sources.markdown import Note, is_markdown, read_markdown
from sources.outlets import tumblr
from sources.outlets.pages import read_html, read_page
from sources.times import read_time
from sources.transcripts import is_transcript, read_transcript
from sources.unpack import Damaged, Oversized, Truncated, unpack

SOURCE = "files"
MOST_TEXT = 5_000_000  # bytes of a plain-text dump: a shelf of books, read in seconds
MOST_UNPACKED = 60_000_000  # bytes, as the client's cap on a decoded page
MOST_TAGS = 500_000  # of a web page: some seconds; the largest real pages are large by their scripts and have thousands
_PAGE_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<(?:!doctype html|html)\b", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_SNIFFED = 4096
_SAMPLED = 100_000
_HEADING = re.compile(
    r"[^\s,.;:!?，。；：！？](?:[^,.;:!?，。；：！？]{0,38}[^\s,.;:!?，。；：！？])?"
)  # no space after a comma
_CLOSED = re.compile(r"</(div|section|article|p|span|a|li|ul|script|title|head|body|td|tr|h[1-6])\s*>", re.IGNORECASE)
_JSON_START = re.compile(r"[\ufeff\s]*(?:\{\s*\"|\[\s*(?:\{\s*\"|\[\s*[\"{\[\d]))")
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"),
    (b"ID3", "sound"),
)


def read_file(name: str, body: bytes, *, taken_at: datetime) -> list[Article]:
    """The articles in a file. `name` only for messages and for telling dumps apart; `taken_at` for relative times, of
    files that do not say themselves when they were saved.

    Raises Gone, Blocked, NotAnArticle, LayoutChanged or Broken, each saying why, and nothing else. Of a WARC all its
    articles at once: `read_warc` goes through one of any size.
    """
    with typed_errors(name):
        if is_warc(body[:_SNIFFED]):
            return _whole_warc(name, body)
        return _read(name, Page(url="", body=_unpacked(name, body), fetched_at=taken_at))


def read_warc(name: str, stream: BinaryIO) -> Iterator[list[Article] | FetchError | Skipped]:
    """What became of each record of a WARC that could be a page, in its order: its articles, why it has none, or why it
    was not looked at. One record in memory at a time. Raises Broken where the archive is damaged, after the rest."""
    for found in warc_pages(name, stream):
        if isinstance(found, Skipped):
            yield found
            continue
        try:
            with typed_errors(found.url, found.url):
                yield _read(found.url, found)
        except FetchError as error:
            yield error


def _whole_warc(name: str, body: bytes) -> list[Article]:
    results = list(read_warc(name, io.BytesIO(body)))
    articles = [article for result in results if isinstance(result, list) for article in result]
    if articles:
        return articles
    errors = [result for result in results if isinstance(result, FetchError)]
    raise errors[0] if errors else NotAnArticle(f"{name}: none of its {len(results)} records is a page")


def _unpacked(name: str, body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        plain = unpack(body, "gzip", MOST_UNPACKED)
    except Oversized as error:
        raise Broken(f"{name}: unpacks to more than {MOST_UNPACKED:,} bytes") from error
    except (Damaged, Truncated) as error:
        raise Broken(f"{name}: its gzip is damaged or cut off") from error
    if plain.startswith(_GZIP) or plain[257:262] == b"ustar":
        raise NotAnArticle(f"{name}: an archive in a gzip: unpack it first")
    return plain


def _read(name: str, page: Page) -> list[Article]:
    """The articles in one unpacked file, or in one record of an archive, which then has an address."""
    body = page.body
    what = next((kind for magic, kind in _MAGIC if body.startswith(magic)), "")
    if what or not body or body.isspace():
        raise NotAnArticle(f"{name}: {what or 'empty'}")
    if is_mhtml(body) and not page.url:
        return _read(name, mhtml_page(name, body, page.fetched_at))
    if is_binary(body):
        raise NotAnArticle(f"{name}: neither text nor a page")
    if _PAGE_START.match(body):  # its reader decides how much of it is worth decoding
        return [read_page(_as_saved(name, body.count(b"<"), decode(body[:_SAMPLED], page.content_type), page))]
    text = decode(body, page.content_type)
    if is_feed(text):
        return _from_feed(name, page)
    if tumblr.is_api(text):
        return _from_tumblr(name, text, page)
    if not _is_html(text) and is_transcript(text):
        return [_from_transcript(name, text, page)]
    if (values := json_values(text)) is not None:
        return _from_json(name, values[0], page)
    if _JSON_START.match(text):
        raise Broken(f"{name}: JSON that breaks off or is wrong")
    if _is_script(text):
        raise NotAnArticle(f"{name}: an API's answer as a script, not an article")
    if _is_html(text):
        return [read_html(text, _as_saved(name, text.count("<"), text, page))]
    if _is_table(text):
        raise NotAnArticle(f"{name}: a table of rows and columns, not an article")
    if len(body) > MOST_TEXT:
        size, most = len(body) / 1e6, MOST_TEXT / 1e6
        raise Broken(f"{name}: {size:.1f} MB of plain text, and {most:.0f} MB are read at once: split the file")
    if is_markdown(text):
        return _from_note(name, read_markdown(text), page)
    return _from_dump(name, text, page)


def _as_saved(name: str, tags: int, head: str, page: Page) -> Page:
    """The page with the address it was saved from, where its beginning names one."""
    if tags > MOST_TAGS:
        raise Broken(f"{name}: a web page of {tags:,} tags, and {MOST_TAGS:,} are read")
    return page if page.url else saved_page(head, page)


def _from_dump(name: str, text: str, page: Page) -> list[Article]:
    from sources.dumps import read_dump  # late: it imports much that a run does not need

    articles = list(read_dump(text, name=name, taken_at=page.fetched_at))
    if page.url and len(articles) == 1 and not articles[0].url:  # the archive knows where the text was read
        identity = identify(page.url)
        articles = [replace(articles[0], article_id=identity.article_id, url=identity.url)]
    return articles


def _from_note(name: str, note: Note, page: Page) -> list[Article]:
    """A note whose front matter says what it is; any other is a text like the rest, once its markup is gone."""
    title = note.fact("title") or note.heading
    source = note.fact("source")
    linked = re.match(r"https?://\S+$", source) is not None
    url = note.fact("url", "link", "canonical") or (source if linked else "")
    if not note.facts:
        return _from_dump(name, "\n\n".join([title, *note.lines]), page)
    raw = note.fact("published", "date", "created")
    outlet = note.fact("outlet", "site", "publisher") or ("" if linked else source)
    draft = Draft(
        lines=note.lines,
        title=title,
        outlet=outlet,
        authors=note.facts.get("author") or note.facts.get("authors") or (),
        published=read_time(raw, now=page.fetched_at) if raw else None,
        url=url,
    )
    return [finish(draft, page, source=SOURCE)]


def _from_feed(name: str, page: Page) -> list[Article]:
    refs = read_feed(page, source=SOURCE, outlet="")
    articles = [ref.article for ref in refs if ref.article is not None and ref.article.kind != "partial"]
    if not articles:
        raise NotAnArticle(f"{name}: a feed of {len(refs)} entries without whole texts")
    return articles


def _from_tumblr(name: str, text: str, page: Page) -> list[Article]:
    refs = tumblr.posts(text, page, source=SOURCE, outlet="")
    articles = [ref.article for ref in refs if ref.article is not None and ref.article.kind != "partial"]
    if not articles:
        raise NotAnArticle(f"{name}: a Tumblr API's answer with {len(refs)} posts, none with a text of its own")
    return articles


def _from_transcript(name: str, text: str, page: Page) -> Article:
    """Spoken words have no credits and no furniture. The title is the one above them, else the file's name."""
    headed = re.match(r"[\ufeff\s]*(?:#[ \t]|---)", text)
    note = read_markdown(text[:_SAMPLED]) if headed else Note({}, "", [])
    title = note.fact("title") or note.heading or re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    lines = read_transcript(text)
    said = "\n".join(lines)
    raw = note.fact("published", "date")
    published = read_time(raw, now=page.fetched_at) if raw else None
    address = note.fact("url", "link") or page.url
    identity = identify(address) if address else Identity(f"text:{content_key(said)[:16]}", "")
    return Article(
        article_id=identity.article_id,
        source=SOURCE,
        outlet=note.fact("outlet", "site", "publisher"),
        kind="transcript",
        url=identity.url,
        title=clean_text(title),
        text=said,
        authors=note.facts.get("author", ()),
        published_at=published[0] if published else None,
        precision=published[1] if published else "unknown",
        language=language_of(said),
    )


def _from_json(name: str, value: Any, page: Page) -> list[Article]:
    if articles := json_articles(value, page, source=SOURCE):
        return articles
    rows = value.get("newslist") or value.get("data") or value.get("items") if isinstance(value, dict) else value
    if isinstance(rows, dict):
        rows = rows.get("article") or rows.get("itemList") or rows.get("list")
    count = f" of {len(rows)} rows" if isinstance(rows, list) else ""
    raise NotAnArticle(f"{name}: a JSON list{count}, not an article: it names articles and does not hold them")


def _is_script(text: str) -> bool:
    start = text[:_SNIFFED].lstrip("\ufeff \t\r\n")
    return bool(re.match(r"(?:var\s+|window\.)[\w.$]+\s*=\s*[{\[]|[\w.$]{1,60}\(\s*[{\[]", start))


def _is_html(text: str) -> bool:
    """Markup at the very start, or a page's skeleton near it; a note that quotes a tag is a note."""
    start = text[:_SNIFFED].lstrip("\ufeff \t\r\n")
    if re.match(r"(?s)(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|div|section|article|p|script|meta)\b", start, re.I):
        return True
    if re.search(r"(?i)<!doctype html|<html\b[^>]*>", start):
        return True
    return len({tag.lower() for tag in _CLOSED.findall(start)}) >= 2 and len(_CLOSED.findall(start)) >= 5


def _is_table(text: str) -> bool:
    """Whether every line has the same number of cells: four or more between tabs, or, between commas, three or more
    under a header of names. The beginning speaks for the whole."""
    sample, cut = text[:_SAMPLED].lstrip("\ufeff"), len(text) > _SAMPLED
    lines = [line for line in sample.splitlines() if line.strip()]
    lines = lines[:-1] if cut else lines
    if len(lines) < 2:
        return False
    if lines[0].count("\t") >= 3:
        return len({line.count("\t") for line in lines}) == 1
    if lines[0].count(",") < 2 or len(lines) < 3:
        return False
    try:
        header, *rows = [row for row in csv.reader(io.StringIO(sample)) if row]
    except csv.Error:
        return False
    rows = rows[:-1] if cut else rows
    named = len(set(header)) == len(header) and all(_HEADING.fullmatch(cell) for cell in header)
    return named and len(rows) >= 2 and all(len(row) == len(header) for row in rows)
