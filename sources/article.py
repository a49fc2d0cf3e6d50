"""The values that travel from the outlets to the warehouse: ArticleRef, Page, Article.

Every time is an aware datetime. Nothing here does I/O or reads the clock.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sources.charmap import CharMap

Kind = Literal["article", "newsflash", "interview", "transcript", "post", "partial"]
Precision = Literal["second", "minute", "hour", "day", "month", "year", "unknown"]


@dataclass(frozen=True, slots=True)
class Article:
    """One document as its outlet published it, page furniture removed.

    `text` is the body alone, paragraphs joined by a single newline, speaker labels kept; the title is not in it.
    `byline` holds the credit lines taken out of the body (作者 | …, 出品 | …, 本文来自…), `chrome` the page furniture
    that stood around it; both are scanned so that a name found only there is known, and never alerts.
    `source` is the channel it came through, `outlet` who published it: a 混沌大学 piece read on ZAKER has source
    `zaker` and outlet `混沌大学`.
    """

    article_id: str
    source: str
    outlet: str
    kind: Kind
    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    precision: Precision = "unknown"
    language: str = "zh"
    byline: str = ""
    chrome: str = ""


@dataclass(frozen=True, slots=True)
class ArticleRef:
    """What a list says of an article: enough to decide whether to fetch it.

    `url` is canonical; `fetch_url` is where to read it when that differs. `article` is the text that the list itself
    carried: whole (then no page is fetched) or of kind `partial` (kept when the page is blocked, completed later).
    """

    source: str
    article_id: str
    url: str
    title: str = ""
    published_at: datetime | None = None
    precision: Precision = "unknown"
    authors: tuple[str, ...] = ()
    summary: str = ""
    fetch_url: str = ""
    article: Article | None = None

    @property
    def fingerprint(self) -> str:
        """Changes when the list shows another title or text, or a text of which there is more to be read now (a
        transcript came after its episode): then a known article is read again."""
        shown = self.article.text if self.article else self.summary
        if self.article is not None and self.article.kind == "partial":
            shown += "\n" + self.fetch_url.partition("?")[0]
        return hashlib.sha256(f"{self.title}\n{shown}".encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def to_json(self) -> str:
        return json.dumps(_row(self), ensure_ascii=False, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> ArticleRef:
        row: dict[str, Any] = json.loads(text)
        article = row.pop("article")
        return cls(**_revived(row), article=Article(**_revived(article)) if article else None)


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request for an address conditional; `body_hash` serves hosts that give neither header."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Bytes as read: from an outlet or from a saved file (then `url` may be empty)."""

    url: str
    body: bytes
    fetched_at: datetime
    final_url: str = ""
    status: int = 200
    content_type: str = ""
    validators: Validators = Validators()

    def with_url(self, url: str) -> Page:
        return replace(self, url=url)


_MARKED = "\x00"


def _counting_of(char: str) -> str:
    """What of a character counts, or _MARKED when that depends on its neighbours."""
    folded = unicodedata.normalize("NFKC", char).casefold()
    # Marks join the letter before them, and so do the parts of a Korean syllable.
    joins = any(unicodedata.category(c)[0] == "M" or "\u1100" <= c <= "\u11ff" for c in char + folded)
    return _MARKED if joins else _counting(folded)


_COUNTED = CharMap(_counting_of)


def content_key(text: str) -> str:
    """64 hex digits that are equal for texts that differ only in width, case, spaces and punctuation.

    Letters, digits and marks of any script count.
    """
    kept = _COUNTED(text)
    if _MARKED in kept:
        kept = _counting(unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()


def _counting(folded: str) -> str:
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LNM")


def _row(one: ArticleRef | Article) -> dict[str, Any]:
    """Its fields as they are: dataclasses.asdict copies each of them, which took most of the time of to_json."""
    return {name: getattr(one, name) for name in type(one).__slots__}


def _plain(value: object) -> str | dict[str, Any]:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Article):
        return _row(value)
    raise TypeError(f"{type(value).__name__} has no place in an article reference")


def _revived(row: dict[str, Any]) -> dict[str, Any]:
    if row["published_at"]:
        row["published_at"] = datetime.fromisoformat(row["published_at"])
    row["authors"] = tuple(row["authors"])
    return row
