"""The labelled documents, where they are at hand: (document, name) pairs that alert, and mentions in the transcript."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from sources.article import Article, Kind
from warehouse.scan import ALERTING_ROLES, Lexicon, Mention, scan
from warehouse.watchlist import Entity, EntityKind

SHARED = Path(__file__).parents[4] / "shared"
KINDS: dict[str, EntityKind] = {"person": "person", "company": "company", "product": "product", "org": "organization"}
THRESHOLD = 0.7
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the labelled documents are not beside the project (../shared)"
)


def _rows(name: str) -> list[dict[str, str]]:
    with (SHARED / "gold" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _article(doc: str, lines: list[str], kind: Kind, **parts: str) -> Article:
    text = "\n".join(line.strip() for line in lines if line.strip())
    return Article(
        doc, "files", parts.get("outlet", ""), kind, "", parts.get("title", ""), text, chrome=parts.get("chrome", "")
    )


def _lines() -> dict[str, list[str]]:
    return {path.name[:3]: path.read_text(encoding="utf-8").split("\n") for path in (SHARED / "seeds").glob("*.txt")}


def _articles() -> list[Article]:
    """The documents as their parsers would give them, page chrome apart."""
    lines = _lines()
    zaker = lines["000"]
    return [
        _article("000", zaker[7:273], "interview", outlet="混沌大学", title=zaker[1], chrome="\n".join(zaker[273:])),
        _article("001", lines["001"], "transcript"),
        _article("002", lines["002"], "interview", outlet="36氪"),
        _article("003a", lines["003"][14:301], "interview", outlet="腾讯新闻《潜望》"),
    ]


def _names() -> dict[str, Entity]:
    """Label id → the entity."""
    return {
        row["id"]: Entity(KINDS[row["kind"]], row["canonical"], tuple(filter(None, row["aliases"].split("|"))))
        for row in _rows("watchlist.csv")
    }


def test_pairs_that_alert() -> None:
    names = _names()
    ids = {entity.entity_id: number for number, entity in names.items()}
    lexicon = Lexicon.compile(list(names.values()))
    wanted = {(row["doc"], row["entity_id"]) for row in _rows("pairs.csv") if row["alert"] == "yes"}
    found = {
        (article.article_id, ids[mention.entity_id])
        for article in _articles()
        for mention in scan(lexicon, article).mentions
        if mention.role in ALERTING_ROLES and mention.confidence >= THRESHOLD
    }
    precision, recall = len(found & wanted) / len(found), len(found & wanted) / len(wanted)
    print(
        f"precision {precision:.3f} recall {recall:.3f}; false {sorted(found - wanted)}, missed {sorted(wanted - found)}"
    )
    assert precision >= 0.97
    assert recall >= 0.92


def _labels(lines: list[str]) -> dict[tuple[int, int, str], tuple[str, str]]:
    """(start, end, label id) in the joined text → (tier, role)."""
    starts: dict[int, int] = {}
    at = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            starts[number] = at - (len(line) - len(line.lstrip()))
            at += len(line.strip()) + 1
    found = {}
    for row in _rows("mentions.csv"):
        if row["doc"] == "001":
            start = starts[int(row["source_line"])] + int(row["col"])
            found[start, start + len(row["surface"]), row["entity_id"]] = (row["tier"], row["role"])
    return found


def _is_at(mention: Mention, start: int, end: int) -> bool:
    return (
        mention.start_char is not None
        and mention.end_char is not None
        and mention.start_char < end
        and start < mention.end_char
    )


def test_mentions_in_the_transcript() -> None:
    """Plain forms, the same sound, near sounds written in Chinese; and how many of those heard are meant."""
    names = _names()
    ids = {entity.entity_id: number for number, entity in names.items()}
    article = next(article for article in _articles() if article.article_id == "001")
    mentions = [m for m in scan(Lexicon.compile(list(names.values())), article).mentions if m.confidence >= THRESHOLD]
    labels = _labels(_lines()["001"])
    of_tier: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    for (start, end, label), (tier, role) in labels.items():
        chinese = any("\u4e00" <= char <= "\u9fff" for char in article.text[start:end])
        if role != "byline" and (tier != "3" or chinese):
            of_tier[tier] += 1
            hit[tier] += any(ids[m.entity_id] == label and _is_at(m, start, end) for m in mentions)
    heard = [m for m in mentions if m.how in ("homophone", "near")]
    meant = sum(any(ids[m.entity_id] == label and _is_at(m, a, b) for a, b, label in labels) for m in heard)
    print(
        f"by tier { {tier: f'{hit[tier]} of {of_tier[tier]}' for tier in '1234'} }; heard {meant} right of {len(heard)}"
    )
    assert hit["1"] >= 0.99 * of_tier["1"]
    assert hit["2"] >= 0.9 * of_tier["2"]
    assert hit["3"] >= 0.6 * of_tier["3"]
    assert meant >= 0.9 * len(heard)
