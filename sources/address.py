"""Addresses: which may be asked, where the request really goes, and how they are shown without their secrets.

All text, no network. A *logical* address is the one the outlet is known by; `network.rewrite` may send its request to
a gateway or a test server, while ids, pacing, robots.txt and stored URLs keep speaking of the logical one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: IPv4 addresses as an IPv6-only machine sees them

_SECRET_NAME = re.compile(
    r"(?:^|[_-]|api|access|app)key$|token|secret|sign?$|signature|auth(?!or)|pass|pwd|session|ticket|credential|^code$",
    re.I,
)
_SECRET_VALUE = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_\-+/=.%]{24,}")
_NOT_URL_BYTES = re.compile(rb"[^\x21-\x7e]")


def redact(url: str) -> str:
    """The address for messages, logs and tables: without user name, password, fragment and anything like a token.

    A query value is blanked when its name sounds secret or when it looks like a generated one (24 or more letters
    and digits). What is no address at all is cut to 200 characters.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    query = "&".join(_shown(pair) for pair in parts.query.split("&")) if parts.query else ""
    path = parts.path if host else parts.path.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, path, query, ""))[: 500 if host else 200]


def _shown(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return "…" if _SECRET_VALUE.fullmatch(name) else name
    decoded = parse_qsl(pair, keep_blank_values=True)
    plain = decoded[0][0] if decoded else name
    secret = _SECRET_NAME.search(plain) or _SECRET_VALUE.fullmatch(value)
    return f"{name}=…" if secret and value else pair


def refusal(url: str) -> str | None:
    """Why an address may not be asked at all, in words for people; None when it may.

    Only http and https, with a host, a possible port and no credentials. Where the host leads to is looked at when the
    connection is made (sources/wire.py), for a name can point anywhere.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is not a well-formed address"
    if parts.scheme not in ("http", "https"):
        return "only http and https are read"
    if "@" in parts.netloc:
        return "it carries credentials; name it without user and password"
    if not parts.hostname or port == 0:
        return "it names no host"
    return None


def host_of(url: str) -> str:
    """Lower-case host without port: what pacing is counted by."""
    return (urlsplit(url).hostname or "").rstrip(".")


def authority_of(url: str) -> str:
    """Lower-case host, with its port when that is not the scheme's own: what a robots.txt speaks for (RFC 9309)."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host_of(url) if parts.port in (None, usual) else f"{host_of(url)}:{parts.port}"


def robots_url(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))


def rewritten(url: str, rewrite: Mapping[str, str]) -> str | None:
    """Where the request for a logical address goes under `network.rewrite` (host → base URL); None when not named.

    `https://HOST/PATH?QUERY` becomes BASE + `/PATH?QUERY`. A host may be named with a port to mean that port alone.
    """
    bases = {host.lower(): base for host, base in rewrite.items()}
    base = bases.get(authority_of(url)) or bases.get(host_of(url))
    if base is None:
        return None
    parts = urlsplit(url)
    return base.rstrip("/") + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def joined(url: str, location: bytes) -> str:
    """The address a Location header names, seen from the logical address that answered; its fragment is dropped.

    Servers send raw Chinese in it, in UTF-8 or GBK: those bytes are passed on as they are, percent-encoded.
    """
    plain = _NOT_URL_BYTES.sub(lambda byte: b"%%%02X" % byte[0][0], location.strip()).decode("ascii")
    return urljoin(url, plain).partition("#")[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, so not loopback, private, link-local, shared or reserved.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo) is judged by what it holds.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_private)
