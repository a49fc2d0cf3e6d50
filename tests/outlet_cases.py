"""The outlets' fixtures: one folder a case in tests/fixtures/outlets/, read by the pure tests and over real sockets.

case.json, every expected value in it written by a person who read the files beside it:
    source      an item of `sources:` as in tanma.yaml
    now         when everything is read, with its zone
    answers     address → file beside case.json (`POST https://…` for lists that are sent something; with "status" and
                "file" where it is not 200). What is not here is answered with 404.
    lists       key of a list (its address, or its name) → the refs it names, in order; of each the fields given
    articles    what has to be stored, in any order; of each the fields given, `text` as a list of paragraphs
    errors      article_id → class name of the error that its page gives instead of an article
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sources.article import Article, ArticleRef

CASES = Path(__file__).parent / "fixtures" / "outlets"
TYPES = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip",
    "txt": "text/plain; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}


@dataclass(frozen=True)
class Canned:
    """One answer: `body` None with a status of its own is an empty answer."""

    status: int
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Case:
    name: str
    folder: Path
    told: dict[str, Any]

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.told["now"])

    @property
    def source(self) -> dict[str, Any]:
        item = self.told["source"]
        return {"use": item} if isinstance(item, str) else dict(item)

    def answers(self) -> Iterator[tuple[str, str, Canned]]:
        """(method, address, answer)"""
        for place, what in self.told["answers"].items():
            method, _, address = place.partition(" ") if place.startswith("POST ") else ("GET", "", place)
            named = {"file": what} if isinstance(what, str) else what
            file = named.get("file", "")
            body = (self.folder / file).read_bytes() if file else b""
            kind = named.get("content_type") or TYPES.get(file.rpartition(".")[2], "text/html; charset=utf-8")
            yield method, address, Canned(named.get("status", 200), body, kind)


def cases() -> list[Case]:
    return [
        Case(path.parent.name, path.parent, json.loads(path.read_text("utf-8")))
        for path in sorted(CASES.glob("*/case.json"))
    ]


def shown(value: ArticleRef | Article) -> dict[str, Any]:
    """A ref or an article in the words of case.json."""
    row = {name: getattr(value, name) for name in value.__dataclass_fields__}
    row["authors"] = list(value.authors)
    row["published_at"] = value.published_at.isoformat() if value.published_at else None
    for name in ("text", "byline", "chrome"):
        if name in row:
            row[name] = row[name].split("\n") if row[name] else []
    if isinstance(value, ArticleRef):
        row["article"] = shown(value.article) if value.article else None
    return row


def only(expected: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Of `found` the fields that are expected, also inside the article of a ref."""
    return {
        name: only(wanted, found[name]) if isinstance(wanted, dict) and found[name] is not None else found[name]
        for name, wanted in expected.items()
    }
