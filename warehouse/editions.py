"""One article with its versions and its story, out of the published file: for `tanma articles`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from sources.article import content_key
from sources.errors import NotPublished
from warehouse.changes import Written

_NEAR = 3  # ids that are named when one is unknown
_DETAILS = (
    "article_id", "title", "outlet", "source", "kind", "url", "authors", "published_at", "published_precision",
    "first_seen_at", "updated_at", "gone_at", "chars", "language", "version", "story_id", "relation",
)  # fmt: skip
_EDITION = ("version", "seen_at", "changed", "title", "chars")
_MEMBER = ("article_id", "relation", "outlet", "published_at", "title", "url")


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of an article. `let_go`: its text is not kept any more, and empty in `written`."""

    version: int
    seen_at: datetime
    written: Written
    let_go: bool


def is_known(con: duckdb.DuckDBPyConnection, article_id: str) -> bool:
    """Whether an article of this id is stored."""
    return bool(_rows(con, "SELECT 1 FROM core.articles WHERE article_id = ?", [article_id]))


def known_at(con: duckdb.DuckDBPyConnection, article_id: str, urls: Sequence[str]) -> list[str]:
    """The ids of the articles that are known by this id or stand at one of these addresses, sorted."""
    places = ", ".join("?" * len(urls))
    sql = f"SELECT article_id FROM core.articles WHERE article_id = ? OR url IN ({places}) ORDER BY article_id"
    return [row[0] for row in _rows(con, sql, [article_id, *urls])]


def nearest_ids(con: duckdb.DuckDBPyConnection, word: str) -> list[str]:
    """Ids that may have been meant: those that hold the word, else those that look most like it."""
    holding = "SELECT article_id FROM core.articles WHERE contains(article_id, ?) ORDER BY article_id LIMIT ?"
    alike = (
        "SELECT article_id FROM core.articles ORDER BY jaro_winkler_similarity(article_id, ?) DESC, article_id LIMIT ?"
    )
    found = _rows(con, holding, [word, _NEAR]) or _rows(con, alike, [word, _NEAR])
    return [row[0] for row in found]


def details(con: duckdb.DuckDBPyConnection, article_id: str) -> dict[str, Any]:
    """What view articles says of a known article, its text left out."""
    [row] = _rows(con, f"SELECT {', '.join(_DETAILS)} FROM articles WHERE article_id = ?", [article_id])
    return dict(zip(_DETAILS, row, strict=True))


def history(con: duckdb.DuckDBPyConnection, article_id: str) -> list[dict[str, Any]]:
    """The versions of an article, the first one first, without their texts."""
    sql = """SELECT version, seen_at, changed, title, length(text) FROM article_versions
             WHERE article_id = ? ORDER BY version"""
    return [dict(zip(_EDITION, row, strict=True)) for row in _rows(con, sql, [article_id])]


def members(con: duckdb.DuckDBPyConnection, story_id: str) -> list[dict[str, Any]]:
    """The articles of a story, its lead first, then by time."""
    sql = f"""SELECT {", ".join(_MEMBER)} FROM core.articles WHERE story_id = ?
              ORDER BY relation <> 'lead', coalesce(published_at, first_seen_at), article_id"""
    return [dict(zip(_MEMBER, row, strict=True)) for row in _rows(con, sql, [story_id])]


def editions(con: duckdb.DuckDBPyConnection, article_id: str, versions: Sequence[int]) -> list[Edition]:
    """These versions of an article with their texts, in the order given; those that are not there are left out."""
    sql = f"""SELECT version, seen_at, title, text, text = '' AND content_hash <> ? FROM article_versions
              WHERE article_id = ? AND version IN ({", ".join("?" * len(versions))})"""
    found = {
        row[0]: Edition(row[0], row[1], Written(row[2], row[3]), row[4])
        for row in _rows(con, sql, [content_key(""), article_id, *versions])
    }
    return [found[version] for version in versions if version in found]


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    try:
        return con.execute(sql, list(values)).fetchall()
    except duckdb.BinderException as error:
        raise NotPublished(
            f"this warehouse was published by an older Tanma ({error}); the next `tanma run` brings it up to date"
        ) from error
