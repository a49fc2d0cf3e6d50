"""The articles that the replica's outlets publish: written by us, kept as small files in pages/articles.

A file is header lines `name: value`, an empty line, and the HTML of the body as the outlet's editor would store it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape, unescape
from importlib.resources import files
from typing import Literal, get_args

from sources.replica.wire import SHANGHAI

Kind = Literal["article", "newsflash"]
Layout = Literal["state", "both", "dom", "encrypted"]
Listing = Literal["feed", "hot", "both", "none"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as its newsroom has it.

    `host` says which site publishes it (the site's first host, e.g. `www.36kr.com`). `minutes_before` the world's
    epoch is when it was published, `drafted` minutes earlier when it was begun, which is what a 36氪 id encodes.
    `layout` is how a 36氪 page carries it: in the plain state, in state and DOM, in the DOM beside an encrypted state,
    or only encrypted. `listed` says which 36氪 lists name it. `path` is the page's path on a generic site.
    """

    key: str
    host: str
    title: str
    body: str
    kind: Kind = "article"
    author: str = ""
    summary: str = ""
    minutes_before: float = 0.0
    drafted: float = 0.0
    layout: Layout = "state"
    listed: Listing = "both"
    path: str = ""
    language: str = "zh-CN"

    @property
    def text(self) -> str:
        """The body without markup, a line for each block."""
        lines = re.sub(r"</(p|h\d|blockquote|li|div)>", "\n", self.body)
        bare = (unescape(re.sub(r"<[^>]+>", "", line)).replace("\xa0", " ").strip() for line in lines.split("\n"))
        return "\n".join(line for line in bare if line)

    @property
    def teaser(self) -> str:
        """What a list shows of it."""
        return self.summary or self.text[:90]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as it stands in the world at this moment. `gone` is the status its page answers with, 0 while it stands.

    A `gone` of 200 is a tombstone: a page that says the article was withdrawn.
    """

    entry: Entry
    published: datetime
    modified: datetime
    path: str
    gone: int = 0
    listed: bool = True

    @property
    def url(self) -> str:
        return f"https://{self.entry.host}{self.path}"


def article(key: str, host: str, title: str, text: str, **more: object) -> Entry:
    """An entry from plain text, a paragraph a line. `more`: any other field of Entry."""
    return replace(Entry(key, host, title, paragraphs(text)), **more)  # type: ignore[arg-type]


def paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n") if line.strip())


def written_entries() -> tuple[Entry, ...]:
    """Every article of the demo, by key."""
    folder = files("sources.replica") / "pages" / "articles"
    sheets = sorted((sheet for sheet in folder.iterdir() if sheet.name.endswith(".html")), key=lambda sheet: sheet.name)
    return tuple(read_entry(sheet.name.removesuffix(".html"), sheet.read_text(encoding="utf-8")) for sheet in sheets)


def read_entry(key: str, text: str) -> Entry:
    """The entry in an article file. Raises ValueError naming the file and the header that is wrong."""
    head, _, body = text.partition("\n\n")
    rows = (line.partition(":") for line in head.split("\n"))
    fields = {name.strip(): value.strip() for name, _, value in rows}
    numbers = {name: float(fields.pop(name)) for name in ("minutes_before", "drafted") if name in fields}
    for name, choices in (("kind", Kind), ("layout", Layout), ("listed", Listing)):
        if name in fields and fields[name] not in get_args(choices):
            raise ValueError(f"{key}.html: {name}: {fields[name]}: use one of {', '.join(get_args(choices))}")
    known = set(Entry.__dataclass_fields__) - {"key", "body"}
    if unknown := sorted(set(fields) - known):
        raise ValueError(f"{key}.html: {unknown[0]}: no such header; known are {', '.join(sorted(known))}")
    return Entry(key=key, body=body.strip(), **fields, **numbers)  # type: ignore[arg-type]


def shown(items: Sequence[Item]) -> list[Item]:
    """What a list names, newest first."""
    return sorted((item for item in items if item.listed), key=lambda item: (item.published, item.path), reverse=True)


def last_change(items: Sequence[Item], epoch: datetime) -> datetime:
    """When a list last changed; withdrawn articles count, as their leaving changed it."""
    return max((item.modified for item in items), default=epoch)


def local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)
