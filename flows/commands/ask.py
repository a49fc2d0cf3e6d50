"""`tanma explain`."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from flows.commands.screen import print_json, say, table
from flows.config import Config, load_config
from flows.session import utc_now
from flows.watchfile import load_watchlist
from sources.article import Article, Page, content_key
from sources.charset import decode
from sources.client import Client, Unchanged
from sources.errors import Broken, ConfigError, NotAnArticle, Problem
from sources.outlets.files import read_file
from sources.outlets.pages import read_page


def explain_command(config_file: Path, what: str, *, as_json: bool) -> None:
    """Scan one text with the watchlist as a run would, and say why each candidate counts or not."""
    from warehouse.lexicons import compiled
    from warehouse.scan import scan

    config = load_config(config_file, os.environ)
    lexicon = compiled(config.warehouse, load_watchlist(config.watchlist))
    document = []
    for article in _articles(config, what):
        findings = scan(lexicon, article)
        document.append(
            {
                "article_id": article.article_id,
                "title": article.title,
                "outlet": article.outlet,
                "kind": article.kind,
                "mentions": [asdict(mention) for mention in findings.mentions],
                "rejected": [asdict(rejection) for rejection in findings.rejections],
            }
        )
        if not as_json:
            say(
                f"{article.title or '(no title)'} — {article.outlet or 'unknown outlet'}, {article.kind}, "
                f"{len(article.text)} characters"
            )
            rows: list[tuple[str, ...]] = [
                (
                    m.entity_id,
                    m.surface,
                    _place(m.start_char, m.end_char),
                    m.role,
                    m.how,
                    f"{m.confidence:.2f}",
                    "yes" if m.central else "no",
                    m.reason,
                )
                for m in findings.mentions
            ]
            rows += [
                (r.entity_id, r.surface, _place(r.start_char, r.end_char), r.role, "rejected", "", "", r.reason)
                for r in findings.rejections
            ]
            table(("entity", "surface", "where", "role", "how", "confidence", "central", "why"), rows)
    if as_json:
        print_json(document)


def _articles(config: Config, what: str) -> list[Article]:
    now = utc_now()
    if what.startswith(("http://", "https://")):
        return [read_page(asyncio.run(_fetch(config, what)))]
    if what == "-":
        body, name, taken_at = sys.stdin.buffer.read(), "standard input", now
    else:
        path = Path(what)
        try:
            body, name = path.read_bytes(), path.name
            taken_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise ConfigError([Problem(what, None, "", error.strerror or "cannot be read")]) from None
    try:
        return read_file(name, body, taken_at=taken_at)
    except NotAnArticle as error:
        # A sentence is no article, and still a fair question.
        text = decode(body).strip()
        if not text or text.startswith("<") or not all(c.isprintable() or c in "\n\r\t\u3000\xa0" for c in text):
            raise
        say(f"not an article ({error}); explaining the bare text")
        return [Article(f"text:{content_key(text)[:16]}", "files", "", "article", "", "", text)]


async def _fetch(config: Config, url: str) -> Page:
    async with Client(config.network, now=utc_now) as client:
        answer = await client.get(url)
    if isinstance(answer, Unchanged):
        raise Broken("the server says that nothing changed, though nothing was asked conditionally", url=url)
    return answer


def _place(start: int | None, end: int | None) -> str:
    return "" if start is None else f"{start}-{end}"
