"""Bytes of Chinese pages to text, as browsers read them: names stand or fall by it (祎, 喆 are not in GB2312)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_SAMPLE_BYTES = 4096
_ODD_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x0b\x1b")
META_BYTES = 6 * 1024  # how far into the page a declaration is looked for

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a label means (WHATWG Encoding Standard, 4.2), by Python's name for it. The label's larger successor is read,
# since pages say gb2312 and use characters outside it.
_MEANING = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "hz": "hz",
    "big5": "big5hkscs", "big5hkscs": "big5hkscs", "cp950": "big5hkscs",
    "utf-8": "utf-8", "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
    "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp",
    "euc_kr": "cp949", "cp949": "cp949",
    "ascii": "cp1252", "iso8859-1": "cp1252", "cp1252": "cp1252", "iso8859-15": "iso8859-15",
    "iso8859-2": "iso8859-2", "cp1250": "cp1250", "cp1251": "cp1251", "koi8-r": "koi8-r",
}  # fmt: skip
_NICKNAMES = {
    "x-gbk": "gbk",
    "gb_2312-80": "gb2312",
    "gb18030-2022": "gb18030",
    "utf8mb4": "utf-8",
    "x-sjis": "shift_jis",
}
_ONE_BYTE = frozenset({"cp1252", "iso8859-15", "iso8859-2", "cp1250", "cp1251", "koi8-r"})

_HTTP = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)
_META = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)
_XML = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([A-Za-z0-9._:-]{1,40})", re.I)
_COMMENT = re.compile(rb"<!--.*?-->", re.S)
_UTF8_CHAR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a page, feed or JSON answer. Never raises; without NUL and without U+FFFD.

    Order: byte order mark, charset in the Content-Type, <meta> or <?xml encoding?> in the first 6 kB, UTF-8, GB18030. A
    label whose encoding does not fit all bytes falls to the next. Two things stand above the labels, because the bytes
    themselves are the better witness: what reads as UTF-8 with six or more characters outside ASCII is UTF-8 (by chance
    that happens to Chinese GBK text once in 100,000), and one-byte labels, which fit anything, are heard last. When
    nothing fits, the candidate that loses least is taken and what it could not read is dropped.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _clean(body[len(mark) :].decode(encoding, "ignore"), body)
    if (text := _sure_utf8(body)) is not None:
        return _clean(text, body)
    candidates = list(dict.fromkeys(_candidates(body, content_type)))
    for encoding in candidates:
        try:
            return _clean(body.decode(encoding), body)
        except UnicodeDecodeError:
            continue
    losses = [(body.decode(encoding, "replace").count("\ufffd"), place) for place, encoding in enumerate(candidates)]
    return _clean(body.decode(candidates[min(losses)[1]], "replace"), body)


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    labelled = [encoding for encoding in _labelled(body, content_type) if encoding]
    yield from (encoding for encoding in labelled if encoding not in _ONE_BYTE)
    yield "utf-8"
    yield from (encoding for encoding in labelled if encoding in _ONE_BYTE)
    yield "gb18030"


def _labelled(body: bytes, content_type: str) -> Iterator[str | None]:
    if found := _HTTP.search(content_type):
        yield _encoding(found[1])
    head = body[:META_BYTES]
    for declaration in (_XML.search(head), _META.search(_COMMENT.sub(b"", head))):
        if declaration:
            encoding = _encoding(declaration[1].decode("ascii"))
            # A declaration that can be read as ASCII does not stand in UTF-16 (WHATWG HTML, 13.2.3.2).
            yield "utf-8" if encoding and encoding.startswith("utf-16") else encoding


def _encoding(label: str) -> str | None:
    """Python's name of the encoding a label means; None for labels that no browser knows (hex, utf-7, rot13…)."""
    try:
        name = codecs.lookup(_NICKNAMES.get(label.lower(), label)).name
    except (LookupError, ValueError):
        return None
    return _MEANING.get(name)


def _sure_utf8(body: bytes) -> str | None:
    """The text when UTF-8 is sure whatever the label says: many characters outside ASCII, and few bytes astray.

    One in ten may be: texts with a character cut in half by a database column are common, and the others must not be read
    in another encoding for it. Most Chinese UTF-8 of even length is, by bad luck, flawless GB18030 too.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        astray = text.count("\ufffd")
        # Every character outside ASCII is at least a byte longer than it counts: of GBK that is told without counting.
        if astray * 10 > 2 * (len(body) - len(text)):
            return None
        characters = len(_UTF8_CHAR.findall(body))
        return text if characters >= 6 and astray * 10 <= characters else None
    # A Chinese character takes two bytes more than it counts: six of them, without looking at each.
    return text if len(body) - len(text) >= 12 else None


def _clean(text: str, body: bytes) -> str:
    text = text.replace("\x00", "") if b"\x00" in body else text
    return text.replace("\ufffd", "") if "\ufffd" in text else text


def is_binary(body: bytes) -> bool:
    """Whether this is no text: a picture, sound, an archive.

    Control bytes do not occur in text; in anything else every tenth byte is one. UTF-16 says so by its mark."""
    sample = body[:_SAMPLE_BYTES]
    odd = len(sample) - len(sample.translate(None, _ODD_BYTES))
    return odd > 0.03 * len(sample) and not body.startswith((b"\xff\xfe", b"\xfe\xff"))
