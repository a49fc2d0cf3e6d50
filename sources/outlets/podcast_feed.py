"""What the feed of a podcast says that no other feed does: transcripts, hosts, and episodes without an address.

Facts: outlets.md §6; podcast-namespace 1.0 (`podcast:transcript`, `podcast:person`), once declared under an address at
GitHub. feedparser keeps only the last of several elements of one name, so the XML is read once more here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urljoin

from lxml import etree  # type: ignore[import-untyped]

from sources.address import refusal
from sources.article import Page
from sources.blocks import clean_text
from sources.charset import decode
from sources.feeds import is_feed
from sources.identity import identify

# By quality: JSON and WebVTT name their speakers most often, plain text can be anything.
_RANKS = {
    "application/json": 0,
    "text/vtt": 1,
    "application/x-subrip": 2,
    "application/srt": 2,
    "application/x-srt": 2,
    "text/srt": 2,
    "text/html": 3,
    "text/plain": 4,
}
_BY_ENDING = {"json": 0, "vtt": 1, "srt": 2, "html": 3, "htm": 3, "txt": 4}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Episode:
    """`transcript`: the address of the best one, empty when there is none that can be read."""

    transcript: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodcastFeed:
    """`page`: the feed, in which every episode has an address of its own. `episodes` by article_id."""

    page: Page
    title: str = ""
    authors: tuple[str, ...] = ()
    episodes: dict[str, Episode] = field(default_factory=dict)


def read_podcast(page: Page) -> PodcastFeed:
    """The feed with what it says of transcripts and hosts; a page that is no XML feed comes back as it is."""
    text = decode(page.body, page.content_type)
    if text.lstrip("\ufeff \t\r\n")[:1] == "{" or not is_feed(text):
        return PodcastFeed(page)
    plain = _NOT_XML.sub("", _DECLARATION.sub("", text.lstrip("\ufeff")))
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(plain.encode("utf-8", "ignore"), parser)
    except (etree.LxmlError, ValueError):
        return PodcastFeed(page)
    if root is None:
        return PodcastFeed(page)
    channel = next((node for node in root.iter() if _name(node) in ("channel", "feed")), root)
    items = [node for node in root.iter() if _name(node) in ("item", "entry")]
    site, language = _child(channel, "link"), _child(channel, "language")
    if _address_all(items, site) and not len(parser.error_log):
        body = etree.tostring(root, encoding="utf-8", xml_declaration=True)
        page = replace(page, body=body, content_type="application/xml; charset=utf-8")
    episodes: dict[str, Episode] = {}
    for item in items:
        if address := _address(item, site):
            told = Episode(_best(item, page.final_url or page.url, language), tuple(_hosts(item)))
            episodes.setdefault(identify(address).article_id, told)
    authors = tuple(filter(None, (_child(channel, "author"),)))
    return PodcastFeed(page, _child(channel, "title"), authors, episodes)


def _address_all(items: list[Any], site: str) -> bool:
    """Gives items whose link names no episode one that does; whether there was any.

    Many hosts link every episode to the show's front page, or nowhere: by that address all of them would be one
    article. What tells them apart is the guid, which goes into the query: the page stays the same.
    """
    links = Counter(_child(item, "link") for item in items if _name(item) == "item")
    changed = False
    for item in items:
        guid, link = _child(item, "guid"), _child(item, "link")
        if _name(item) != "item" or not guid or (link and links[link] == 1 and link.rstrip("/") != site.rstrip("/")):
            continue
        base = link or site
        if not re.match(r"https?://", base) or (not link and re.match(r"https?://\S+$", guid)):
            continue
        node = next((one for one in item if _name(one) == "link" and not one.get("href")), None)
        if node is None:
            node = etree.SubElement(item, "link")
        bare = base.partition("#")[0]
        node.text = f"{bare}{'&' if '?' in bare else '?'}episode={quote(guid, safe='')}"
        changed = True
    return changed


def _best(item: Any, base: str, language: str) -> str:
    """The transcript in the show's language first, then the one that tells most, then the first."""
    wanted = (language or "zh").lower().partition("-")[0]
    found: list[tuple[int, int, str]] = []
    for node in item:
        if _name(node) != "transcript" or "podcast" not in str(node.tag).lower():
            continue
        address = _joined(base, (node.get("url") or "").strip())
        rank = _rank((node.get("type") or ""), address)
        if rank is None or not address or refusal(address):
            continue
        own = (node.get("language") or wanted).lower().partition("-")[0]
        found.append((own != wanted, rank, address))
    return min(found, key=lambda one: one[:2], default=(0, 0, ""))[2]


def _rank(kind: str, address: str) -> int | None:
    """How much a transcript of this type tells; None for types that are not read."""
    ending = address.partition("?")[0].rpartition(".")[2].lower()
    return _RANKS.get(kind.partition(";")[0].strip().lower(), _BY_ENDING.get(ending))


def _hosts(item: Any) -> Iterator[str]:
    for node in item:
        if _name(node) == "person" and "podcast" in str(node.tag).lower():
            name = clean_text(node.text or "")
            if name and (node.get("role") or "host").strip().lower() == "host":
                yield name


def _address(item: Any, site: str) -> str:
    """As sources.feeds finds it: the link, else a guid that is an address."""
    link = _child(item, "link") or next((one.get("href") or "" for one in item if _name(one) == "link"), "")
    guid = _child(item, "guid")
    return _joined(site, link) if link else guid if re.match(r"https?://\S+$", guid) else ""


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""


def _child(node: Any, name: str) -> str:
    """The text of the first child of that name that has any."""
    return next((text for one in node if _name(one) == name and (text := clean_text(one.text or ""))), "")


def _name(node: Any) -> str:
    """An element's name without its namespace or an undeclared prefix; empty for comments."""
    return node.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(node.tag, str) else ""
