"""Content-Encoding undone within a limit: gzip, deflate, br, zstd, and several of them one after another.

httpx undoes them too, but without a bound on what one small piece unpacks to, and it takes a gzip stream that ends in
the middle for a whole one. 36氪's feed has been seen cut off like that.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]
import zstandard

ACCEPTED = "gzip, deflate, br, zstd"

_STEP = 256 * 1024  # bytes asked of a decoder at a time
_ZSTD_STEP = 256
_ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 9659 lets a server ask a client to hold


class Damaged(Exception):
    """The bytes are not what Content-Encoding says."""


class Truncated(Exception):
    """The bytes end before the encoded stream does."""


class Oversized(Exception):
    """More than `limit` bytes unpacked."""


def unpack(body: bytes, content_encoding: str, limit: int) -> bytes:
    """The body as the server meant it, at most `limit` bytes of it at every stage.

    Raises Damaged, Truncated, Oversized. An empty body is empty under every encoding.
    """
    names = [name.strip().lower() for name in content_encoding.split(",") if name.strip()]
    for name in reversed(names):
        if body and name != "identity":
            body = _bounded(_pieces(body, name.removeprefix("x-")), limit)
    if len(body) > limit:
        raise Oversized
    return body


def _bounded(pieces: Iterator[bytes], limit: int) -> bytes:
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > limit:
            raise Oversized
    return bytes(whole)


def _pieces(body: bytes, name: str) -> Iterator[bytes]:
    match name:
        case "gzip":
            return _gzip(body)
        case "deflate":
            # The name means zlib (RFC 9110, 8.4.1.2), and some servers send bare deflate all the same.
            return _zlib(body, zlib.MAX_WBITS if _has_zlib_header(body) else -zlib.MAX_WBITS)
        case "br":
            return _brotli(body)
        case "zstd":
            return _zstd(body)
    raise Damaged(f"unknown Content-Encoding {name[:20]!r}")


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _gzip(body: bytes) -> Iterator[bytes]:
    """Every member of the file; what follows the last one and is no member is padding, which browsers ignore too."""
    while body:
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield from _inflated(decoder, body)
        body = decoder.unused_data if decoder.unused_data.startswith(b"\x1f\x8b") else b""


def _zlib(body: bytes, bits: int) -> Iterator[bytes]:
    return _inflated(zlib.decompressobj(bits), body)


def _inflated(decoder: zlib._Decompress, body: bytes) -> Iterator[bytes]:
    rest = body
    while not decoder.eof:
        try:
            piece = decoder.decompress(rest, _STEP)
        except zlib.error as error:
            raise Damaged(str(error)) from error
        rest = decoder.unconsumed_tail
        if not piece and not rest and not decoder.eof:
            raise Truncated
        yield piece


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    rest = body
    while not decoder.is_finished():
        try:
            piece = decoder.process(rest, output_buffer_limit=_STEP)
        except brotli.error as error:
            raise Damaged(str(error)) from error
        rest = b""
        if not piece and not decoder.is_finished() and decoder.can_accept_more_data():
            raise Truncated
        yield piece


def _zstd(body: bytes) -> Iterator[bytes]:
    # Four bytes of zstd can stand for 128 kB, so the input goes in by small pieces to keep every step bounded.
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    decoder = unpacker.decompressobj()
    at = 0
    while at < len(body):
        if decoder.eof:
            decoder = unpacker.decompressobj()
        piece = body[at : at + _ZSTD_STEP]
        try:
            yield decoder.decompress(piece)
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error
        at += len(piece) - len(decoder.unused_data)
    if not decoder.eof:
        raise Truncated
