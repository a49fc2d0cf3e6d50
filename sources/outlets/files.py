"""Files that people keep: saved pages, feeds, text dumps → Articles. The name decides nothing; the bytes do."""

from __future__ import annotations

import json
import re
from datetime import datetime

from sources.article import Article, Page
from sources.charset import decode
from sources.errors import Broken, FetchError, NotAnArticle
from sources.feeds import is_feed, read_feed
from sources.outlets.pages import read_html

SOURCE = "files"
_SNIFFED = 4096
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
    try:
        return _read(name, body, taken_at)
    except FetchError:
        raise
    except (ValueError, LookupError, OverflowError, RecursionError, ArithmeticError) as error:
        raise Broken(f"{name}: cannot be read ({type(error).__name__}: {error})") from error


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
        value = json.loads(start, strict=False)
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


def _is_binary(body: bytes) -> bool:
    """Control bytes do not occur in text; in anything else every tenth byte is one. UTF-16 says so by its mark."""
    sample = body[:_SNIFFED]
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x0b\x1b" for byte in sample)
    return odd > 0.03 * len(sample) and not body.startswith((b"\xff\xfe", b"\xfe\xff"))
