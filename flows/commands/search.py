"""`tanma search`: the published file, searched and shown."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from flows.commands.screen import print_json, safe, say
from flows.config import load_config
from flows.moments import read_since, read_until
from flows.session import utc_now
from sources.article import Kind
from sources.errors import ConfigError, Problem

if TYPE_CHECKING:
    from rich.text import Text

    from warehouse.search import Filters, Found, Hit

_SPACE = re.compile(r"\s+")
_SORTS = ("relevance", "newest")
_SPANS = 100  # places in a text that are told
_SLOW = 2_000  # articles that are read one by one in a second or so


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    words: list[str]
    outlets: list[str]
    sources: list[str]
    entities: list[str]
    kinds: list[str]
    since: str
    until: str
    limit: int
    sort: str
    stories: bool


def search_command(config_file: Path, asked: Asked, *, as_json: bool) -> None:
    """Raises ConfigError for options, QueryError for words that cannot be looked for, NotPublished."""
    from warehouse.query import open_published
    from warehouse.search import entities_named, read_query, search

    unknown = [word for word in asked.words if word.startswith("--")]
    if unknown:
        raise ConfigError(
            [Problem(word, None, "", "no such option; `tanma search --help` lists them") for word in unknown]
        )
    query = read_query(" ".join(asked.words))
    _check_choices(asked)
    config = load_config(config_file, os.environ)
    now = utc_now()
    filters = _filters(asked, now, config.timezone)
    with open_published(config.warehouse) as con:
        ids = [id for name in asked.entities for id in entities_named(con, name)]
        found = search(
            con,
            query,
            filters(tuple(ids)),
            now=now,
            limit=asked.limit,
            newest=asked.sort == "newest",
            stories=asked.stories,
        )
    if as_json:
        print_json(_document(found, asked))
        return
    for hit in found.hits:
        _show(hit, config.timezone)
    say(_summary(found, asked.stories))


def _check_choices(asked: Asked) -> None:
    problems = []
    if asked.sort not in _SORTS:
        problems.append(Problem("--sort", None, asked.sort, f"expected one of {', '.join(_SORTS)}"))
    kinds = get_args(Kind)
    problems += [
        Problem("--kind", None, kind, f"expected one of {', '.join(kinds)}")
        for kind in asked.kinds
        if kind not in kinds
    ]
    if problems:
        raise ConfigError(problems)


def _filters(asked: Asked, now: datetime, timezone: tzinfo) -> Callable[[tuple[str, ...]], Filters]:
    """The filters but for the entities, whose ids the warehouse knows."""
    from warehouse.search import Filters

    since = _moment("--since", asked.since, read_since, now, timezone)
    until = _moment("--until", asked.until, read_until, now, timezone)
    if since and until and since >= until:
        raise ConfigError([Problem("--until", None, asked.until, f"expected a time after --since {asked.since}")])
    return lambda ids: Filters(
        tuple(asked.outlets), tuple(asked.sources), tuple(asked.kinds), ids, since=since, until=until
    )


def _moment(
    option: str, text: str, read: Callable[[str, datetime, tzinfo], datetime], now: datetime, timezone: tzinfo
) -> datetime | None:
    try:
        return read(text, now, timezone) if text else None
    except ValueError as error:
        raise ConfigError([Problem(option, None, text, str(error))]) from None


def _document(found: Found, asked: Asked) -> dict[str, Any]:
    return {
        "query": " ".join(asked.words),
        "total": found.total,
        "exact": found.exact,
        "unindexed": found.unindexed,
        "hits": [
            {
                "article_id": hit.article_id,
                "title": hit.title,
                "outlet": hit.outlet,
                "source": hit.source,
                "kind": hit.kind,
                "url": hit.url,
                "published_at": hit.published_at,
                "first_seen_at": hit.first_seen_at,
                "story_id": hit.story_id,
                "score": hit.score,
                "snippet": hit.text[slice(*hit.snippet)],
                "snippet_start": hit.snippet[0],
                "places": len(hit.title_spans) + len(hit.spans),
                "spans": hit.spans[:_SPANS],
                "title_spans": hit.title_spans,
            }
            for hit in found.hits
        ],
    }


def _summary(found: Found, stories: bool) -> str:
    what = "stories" if stories else "articles"
    if not found.hits:
        words = f"nothing found: no {what[:-1] if not stories else 'story'} holds this"
    elif found.total > len(found.hits):
        words = f"{len(found.hits):,} of {'' if found.exact else 'about '}{found.total:,} {what}"
    else:
        words = f"{found.total:,} {what if found.total != 1 else what.replace('ies', 'y').removesuffix('s')}"
    if found.unindexed > _SLOW:
        words += f"; {found.unindexed:,} articles are not in the index yet, the next run takes them in"
    return words


def _show(hit: Hit, timezone: tzinfo) -> None:
    """Title, facts, the sentence, address: on a terminal in colours, elsewhere with «» around the hits."""
    when = (hit.published_at or hit.first_seen_at).astimezone(timezone)
    facts = f"{hit.outlet or hit.source}  {when:%Y-%m-%d %H:%M}  {hit.article_id}"
    title = _marked(hit.title, (0, len(hit.title)), hit.title_spans)
    snippet = _marked(hit.text, hit.snippet, hit.spans)
    told = [
        (title or [("(no title)", False)], "bold"),
        ([(facts, False)], "dim"),
        (snippet, ""),
        ([(hit.url, False)], "dim"),
    ]
    lines = [([(safe(part), hot) for part, hot in parts], style) for parts, style in told]
    if not sys.stdout.isatty():
        for parts, _ in lines:
            if parts and any(part for part, _ in parts):
                print("".join(f"«{part}»" if hot else part for part, hot in parts))  # noqa: T201
        print()  # noqa: T201
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for parts, style in lines:
        if parts and any(part for part, _ in parts):
            line: Text = Text(style=style)
            for part, hot in parts:
                line.append(part, "bold red" if hot else "")
            console.print(line)
    console.print()


def _marked(text: str, part: tuple[int, int], spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """A stretch of a text in pieces, each with whether it is a hit; white space is one space; cut ends show `…`."""
    begin, finish = part
    pieces: list[tuple[str, bool]] = []
    at = begin
    for start, end in spans:
        start, end = max(start, begin), min(end, finish)
        if start < end:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    pieces.append((text[at:finish], False))
    shown = [(_SPACE.sub(" ", piece), hot) for piece, hot in pieces]
    if begin and text[begin - 1] not in "。！？!?；;\n":
        shown.insert(0, ("…", False))
    if finish < len(text) and not (text[finish] == "\n" or text[finish - 1 : finish] in tuple("。！？!?；;.")):
        shown.append(("…", False))
    return [one for one in shown if one[0]]
