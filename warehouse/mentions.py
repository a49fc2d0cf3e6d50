"""The mentions of an article as rows of core.mentions: read, compared, replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

import duckdb
import pyarrow as pa

from warehouse.scan.findings import ALERTING_ROLES, Mention
from warehouse.store import Warehouse


class MentionRow(NamedTuple):
    """All of a mention but whose it is. `central` is None in rows that an older version wrote."""

    entity_id: str
    surface: str
    start_char: int | None
    end_char: int | None
    how: str
    confidence: float
    role: str
    snippet: str
    reason: str
    central: bool | None

    @classmethod
    def of(cls, mention: Mention) -> Self:
        return cls(*(getattr(mention, name) for name in cls._fields))

    @property
    def place(self) -> tuple[str, str, int | None, int | None, str]:
        """What makes two rows the same mention, however sure it is: who, what, where."""
        return (self.entity_id, self.surface, self.start_char, self.end_char, self.role)


def read_mentions(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, list[MentionRow]]:
    """The stored mentions of these articles; an article without any is not in the answer."""
    found: dict[str, list[MentionRow]] = {}
    for article_id, *row in con.execute(
        f"""SELECT article_id, {", ".join(MentionRow._fields)} FROM core.mentions
            WHERE article_id IN (SELECT unnest(?::TEXT[]))""",
        [list(article_ids)],
    ).fetchall():
        found.setdefault(article_id, []).append(MentionRow(*row))
    return found


def replace_mentions(
    wh: Warehouse, rows: Mapping[str, tuple[int, int, Sequence[MentionRow]]], *, new: Collection[str] = ()
) -> None:
    """Make these the mentions of these articles: article_id → (version, its document, rows). Inside the caller's
    transaction.

    `new`: those of them that cannot have any yet. To find the others' takes a look at all mentions.
    """
    known = [article_id for article_id in rows if article_id not in set(new)]
    if known:
        wh.con.execute("DELETE FROM core.mentions WHERE article_id IN (SELECT unnest(?::TEXT[]))", [known])
    found = [
        row | {"article_id": article_id, "version": version, "doc": doc}
        for article_id, (version, doc, of_article) in rows.items()
        for row in _counted(of_article)
    ]
    if found:
        wh.insert("INSERT INTO core.mentions BY NAME FROM incoming", pa.Table.from_pylist(found, _MENTIONS))


def _counted(rows: Sequence[MentionRow]) -> Iterator[dict[str, Any]]:
    """The mentions of an article, the first of each name with the `times` that it is written there, where alerts look."""
    times = Counter(row.entity_id for row in rows if row.role in ALERTING_ROLES)
    for row in rows:
        yield row._asdict() | {"times": times.pop(row.entity_id, None) if row.role in ALERTING_ROLES else None}


_MENTIONS = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int32(), "entity_id": pa.string(), "surface": pa.string(),
        "start_char": pa.int32(), "end_char": pa.int32(), "how": pa.string(), "confidence": pa.float64(),
        "role": pa.string(), "snippet": pa.string(), "reason": pa.string(), "central": pa.bool_(), "doc": pa.int32(),
        "times": pa.int32(),
    }
)  # fmt: skip
