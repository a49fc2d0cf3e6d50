"""The labelled documents, where they are at hand: precision and recall of (document, name) pairs that alert."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sources.article import Article, Kind
from warehouse.scan import ALERTING_ROLES, Lexicon, scan
from warehouse.watchlist import Entity, EntityKind

SHARED = Path(__file__).parents[4] / "shared"
KINDS: dict[str, EntityKind] = {"person": "person", "company": "company", "product": "product", "org": "organization"}
THRESHOLD = 0.7


def _rows(name: str) -> list[dict[str, str]]:
    with (SHARED / "gold" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _article(doc: str, lines: list[str], kind: Kind, **parts: str) -> Article:
    text = "\n".join(line.strip() for line in lines if line.strip())
    return Article(
        doc, "files", parts.get("outlet", ""), kind, "", parts.get("title", ""), text, chrome=parts.get("chrome", "")
    )


def _articles() -> list[Article]:
    """The documents as their parsers would give them, page chrome apart."""
    lines = {path.name[:3]: path.read_text(encoding="utf-8").split("\n") for path in (SHARED / "seeds").glob("*.txt")}
    zaker = lines["000"]
    return [
        _article("000", zaker[7:273], "interview", outlet="混沌大学", title=zaker[1], chrome="\n".join(zaker[273:])),
        _article("001", lines["001"], "transcript"),
        _article("002", lines["002"], "interview", outlet="36氪"),
        _article("003a", lines["003"][14:301], "interview", outlet="腾讯新闻《潜望》"),
    ]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled documents are not beside the project (../shared)")
def test_pairs_that_alert() -> None:
    names = {
        row["id"]: Entity(KINDS[row["kind"]], row["canonical"], tuple(filter(None, row["aliases"].split("|"))))
        for row in _rows("watchlist.csv")
    }
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
    assert precision >= 0.95
    assert recall >= 0.85
