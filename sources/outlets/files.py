"""Files that people keep: saved pages, feeds, text dumps → Articles. The name decides nothing; the bytes do."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

from sources.article import Article, Page
from sources.charset import decode
from sources.errors import Broken, NotAnArticle
from sources.feeds import is_feed, read_feed
from sources.guard import typed_errors
from sources.jsontext import read_json
from sources.outlets.pages import read_html

SOURCE = "files"
MOST_TEXT = 5_000_000  # bytes of a plain-text dump: a shelf of books, read in seconds
_SNIFFED = 4096
_SAMPLED = 100_000
_HEADING = re.compile(
    r"[^\s,.;:!?，。；：！？](?:[^,.;:!?，。；：！？]{0,38}[^\s,.;:!?，。；：！？])?"
)  # no space after a comma
_CLOSED = re.compile(r"</(div|section|article|p|span|a|li|ul|script|title|head|body|td|tr|h[1-6])\s*>", re.IGNORECASE)
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"SQLite format 3", "a database"),
    (b"ID3", "sound"),
)


def read_file(name: str, body: bytes, *, taken_at: datetime) -> list[Article]:
    """The articles in a file. `name` only for messages and for telling dumps apart; `taken_at` for relative times.

    Raises Gone, Blocked, NotAnArticle, LayoutChanged or Broken, each saying why, and nothing else.
    """
    with typed_errors(name):
        return _read(name, body, taken_at)


def _read(name: str, body: bytes, taken_at: datetime) -> list[Article]:
    what = next((kind for magic, kind in _MAGIC if body.startswith(magic)), "")
    if what or not body.strip():
        raise NotAnArticle(f"{name}: {what or 'empty'}")
    if _is_binary(body):
        raise NotAnArticle(f"{name}: neither text nor a page")
    text = decode(body)
    page = Page(url="", body=body, fetched_at=taken_at)
    if is_feed(text):
        return _from_feed(name, page)
    if (listing := _listing(text)) is not None:
        raise NotAnArticle(f"{name}: {listing}")
    if _is_html(text):
        return [read_html(text, page)]
    if _is_table(text):
        raise NotAnArticle(f"{name}: a table of rows and columns, not an article")
    if len(body) > MOST_TEXT:
        size, most = len(body) / 1e6, MOST_TEXT / 1e6
        raise Broken(f"{name}: {size:.1f} MB of plain text, and {most:.0f} MB are read at once: split the file")
    from sources.dumps import read_dump  # late: it imports much that a run does not need

    return list(read_dump(text, name=name, taken_at=taken_at))


def _from_feed(name: str, page: Page) -> list[Article]:
    refs = read_feed(page, source=SOURCE, outlet="")
    articles = [ref.article for ref in refs if ref.article is not None and ref.article.kind != "partial"]
    if not articles:
        raise NotAnArticle(f"{name}: a feed of {len(refs)} entries without whole texts")
    return articles


def _listing(text: str) -> str | None:
    """What a JSON document is, or None for anything that is no JSON."""
    start = text.lstrip("\ufeff \t\r\n")
    if re.match(r"(?:var\s+|window\.)[\w.$]+\s*=\s*[{\[]|[\w.$]{1,60}\(\s*[{\[]", start):
        return "an API's answer as a script, not an article"
    if start[:1] not in ("{", "["):
        return None
    try:
        value = read_json(start)
    except (ValueError, RecursionError):
        return None
    rows = value.get("newslist") or value.get("data") or value.get("items") if isinstance(value, dict) else value
    if isinstance(rows, dict):
        rows = rows.get("article") or rows.get("itemList") or rows.get("list")
    count = f" of {len(rows)} rows" if isinstance(rows, list) else ""
    return f"a JSON list{count}, not an article: it names articles and does not hold them"


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


def _is_binary(body: bytes) -> bool:
    """Control bytes do not occur in text; in anything else every tenth byte is one. UTF-16 says so by its mark."""
    sample = body[:_SNIFFED]
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x0b\x1b" for byte in sample)
    return odd > 0.03 * len(sample) and not body.startswith((b"\xff\xfe", b"\xfe\xff"))
