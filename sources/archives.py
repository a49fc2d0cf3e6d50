"""Archives of pages as they were read: WARC (ISO 28500) with thousands of them, MHTML (RFC 2557) with one.

A WARC is read as a stream, one record in memory at a time. Only what can hold an article becomes a Page; the rest is
named as skipped, so that it can be counted.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from sources.article import Page
from sources.errors import Broken, NotAnArticle

MOST_BYTES = 60_000_000  # of one page, unpacked
_HEAD = 4096
_STEP = 256 * 1024
_BLOCK = 16 * 1024
_MOST_HEADERS = 1_000_000  # bytes of one record
_PAGE_RECORDS = frozenset({"response", "resource", "conversion"})
_PAGE_TYPES = re.compile(
    r"(?:text/(?:html|plain|xml|json)|application/(?:xhtml\+xml|xml|json|[\w.]+\+(?:xml|json)))\b|$", re.I
)
# What its readers raise beside ArchiveLoadFailed for bytes that are no WARC after all.
_BY_DAMAGE = (zlib.error, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that holds no page to read. `why`: a few words, the same for all of their kind."""

    why: str


def is_warc(head: bytes) -> bool:
    """Whether a file that begins with these bytes (a few hundred suffice) is a WARC, gzipped or not."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head[:_HEAD], 64)
        except zlib.error:
            return False
    return head.startswith(b"WARC/")


def warc_pages(name: str, stream: BinaryIO) -> Iterator[Page | Skipped]:
    """The pages of a WARC in its order, each read when asked for; `fetched_at` is the record's own date.

    Requests and notes about the crawl are passed over; redirects, errors, pictures, repetitions (revisit) and pages of
    more than 60 MB are Skipped. Raises Broken where the archive is damaged, after all that stood before.
    """
    number = 0
    try:
        records = ArchiveIterator(stream)
        records.reader = _Reader(records.fh, block_size=_BLOCK)
        for record in records:
            number += 1
            if (found := _page(record)) is not None:
                yield found
    except ArchiveLoadFailed as error:
        remedy = ": `warcio recompress` mends it" if "non-chunked gzip" in str(error) else ""
        raise Broken(f"{name}: damaged after {number} records{remedy}") from error
    except _BY_DAMAGE as error:
        raise Broken(f"{name}: damaged after {number} records") from error
    if not number:
        raise Broken(f"{name}: a WARC without a record that can be read")


class _Reader(DecompressingBufferedReader):  # type: ignore[misc]
    """warcio's reader with a bound on a record's headers: a line without end, or lines without end, unpack from little."""

    _headers = 0

    def readline(self, length: int = 0) -> bytes:
        line: bytes = super().readline(min(length or _MOST_HEADERS, _MOST_HEADERS))
        self._headers += len(line)
        if self._headers > _MOST_HEADERS:
            raise ArchiveLoadFailed("headers of more than 1 MB")
        return line

    def read(self, length: int | None = None) -> bytes:
        self._headers = 0
        piece: bytes = super().read(length)
        return piece


def _page(record: ArcWarcRecord) -> Page | Skipped | None:
    told = record.rec_headers
    if record.rec_type == "revisit":
        return Skipped("seen before")
    if record.rec_type not in _PAGE_RECORDS:
        return None
    url = (told.get_header("WARC-Target-URI") or "").strip("<> ")
    if not re.match(r"https?://[^\s/]", url):
        return Skipped("no web address")
    content_type = told.get_header("Content-Type") or ""
    if record.rec_type == "response":
        if record.http_headers is None:
            return Skipped("no answer in it")
        status = str(record.http_headers.get_statuscode())
        if status != "200":
            return Skipped("a redirect" if status.startswith("3") else f"answered HTTP {status[:3]}")
        content_type = record.http_headers.get_header("Content-Type") or ""
    if not _PAGE_TYPES.match(content_type.strip()):
        return Skipped("no page")
    if url.partition("?")[0].endswith("/robots.txt"):
        return Skipped("no page")
    body = _body(record)
    if body is None:
        return Skipped("too large")
    return Page(url=url, body=body, fetched_at=_date(told.get_header("WARC-Date") or ""), content_type=content_type)


def _body(record: ArcWarcRecord) -> bytes | None:
    """The page's bytes, transfer and content encoding undone; None when they pass the measure. Raises EOFError when the
    file ends before the record does: half a page is not its article."""
    stream, whole = record.content_stream(), bytearray()
    while piece := stream.read(_STEP):
        whole += piece
        if len(whole) > MOST_BYTES:
            return None
    while record.raw_stream.read(_STEP):
        pass
    if getattr(record.raw_stream, "limit", 0) > 0:
        raise EOFError
    return bytes(whole)


def _date(raw: str) -> datetime:
    moment = datetime.fromisoformat(raw)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- MHTML ------------------------------------------------------------------------------------------------------------

_FIELDS = re.compile(rb"[A-Za-z][\w-]*:[^\r\n]*\r?\n", re.ASCII)
_RELATED = re.compile(rb"^content-type:\s*multipart/(?:related|alternative|mixed)\b", re.I | re.M)
_DEEPEST = 3
_MOST_PARTS = 2_000  # a page and its pictures


def is_mhtml(head: bytes) -> bool:
    """Whether a file that begins with these bytes (4 kB suffice) is a page saved with its parts."""
    start = head[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not _FIELDS.match(start):
        return False
    fields = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    return bool(_RELATED.search(fields)) and b"mime-version:" in fields.lower()


def mhtml_page(name: str, body: bytes, taken_at: datetime) -> Page:
    """The page at the root of an MHTML file, with the address it was saved from and the time it was saved at
    (`taken_at` where the file does not say). Raises NotAnArticle when no part is a page, Broken when it is too large."""
    top, rest = _split(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
    address = (top["Snapshot-Content-Location"] or top["Content-Location"] or "").strip()
    found = _root(top, rest, address, _DEEPEST)
    if found is None:
        raise NotAnArticle(f"{name}: an MHTML file without a page in it")
    part, content = found
    located = (part["Content-Location"] or "").strip()
    url = next((one for one in (address, located) if re.match(r"https?://[^\s/]", one)), "")
    decoded = _decoded(content, (part["Content-Transfer-Encoding"] or "").strip().lower())
    if len(decoded) > MOST_BYTES:
        raise Broken(f"{name}: its page has {len(decoded):,} bytes, more than {MOST_BYTES:,}")
    return Page(
        url=url, body=decoded, fetched_at=_saved_at(top["Date"]) or taken_at, content_type=part["Content-Type"] or ""
    )


def _split(body: bytes) -> tuple[Message, bytes]:
    """Header fields and what follows them."""
    match = re.search(rb"\r?\n\r?\n", body)
    end = match.end() if match else len(body)
    return BytesHeaderParser().parsebytes(body[:end]), body[end:]


def _root(top: Message, rest: bytes, address: str, depth: int) -> tuple[Message, bytes] | None:
    """The part that the address, or `start`, names; else the first that is a page."""
    try:
        kind, boundary = top.get_content_type(), top.get_boundary() or ""
    except (MessageError, ValueError, TypeError):
        return None
    if kind in ("text/html", "application/xhtml+xml"):
        return top, rest
    if not kind.startswith("multipart/") or not boundary or not depth:
        return None
    start = str(top.get_param("start") or "").strip()
    first: tuple[Message, bytes] | None = None
    for piece in re.split(_line_of(boundary), rest, maxsplit=_MOST_PARTS)[1:]:
        if piece.startswith(b"--"):
            break
        part, content = _split(piece.lstrip(b" \t").removeprefix(b"\r").removeprefix(b"\n"))
        found = _root(part, content, address, depth - 1)
        if found is None:
            continue
        if (address and (part["Content-Location"] or "").strip() == address) or (start and part["Content-ID"] == start):
            return found
        first = first or found
    return first


def _line_of(boundary: str) -> bytes:
    """A pattern for the line before a part, or, followed by two dashes, behind the last."""
    return rb"(?:^|\r?\n)--" + re.escape(boundary.encode("utf-8", "surrogateescape")) + rb"(?=--|[ \t]*\r?\n|$)"


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return quopri.decodestring(content)
    if encoding == "base64":
        try:
            return base64.b64decode(re.sub(rb"[^A-Za-z0-9+/]", b"", content) + b"==")
        except binascii.Error:
            return b""
    return content


def _saved_at(raw: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(raw or "")
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- pages that browsers save -----------------------------------------------------------------------------------------

_SAVED = re.compile(
    r"<!--\s{0,9}(?:saved from url=\(\d{1,6}\)|Page saved with SingleFile\s{1,9}url:\s{0,9})(https?://[^\s<>]+)"
)
_SAVED_DATE = re.compile(r"saved date: \w{3} (\w{3}) (\d{1,2}) (\d{4}) ([\d:]{8}) GMT([+-]\d{4})")


def saved_page(html: str, page: Page) -> Page:
    """A page with the address and the time that the browser or SingleFile wrote into a comment when it was saved."""
    head = html[:_HEAD]
    found = _SAVED.search(head)
    if found is None:
        return page
    date = _SAVED_DATE.search(head, found.end())
    said = _saved_at(f"{date[2]} {date[1]} {date[3]} {date[4]} {date[5]}") if date else None
    return replace(page, url=found[1], fetched_at=said or page.fetched_at)
