"""`tanma search`: its words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS...", help="All must be there; “a phrase”; A OR B; -word: not there.")
    ],
    outlet: Annotated[
        list[str] | None, typer.Option(help="Only of this outlet; several times: of one of them.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only that came through this source; several times.")] = None,
    entity: Annotated[list[str] | None, typer.Option(help="Only that name this tracked name; several times.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only article, newsflash, interview, …; several times.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="WHEN", help="Published since then: 7d, 2026-11, 2026-11-01.")] = "",
    until: Annotated[str, typer.Option(metavar="WHEN", help="Published until then, that day or month included.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    sort: Annotated[str, typer.Option(help="relevance or newest.")] = "relevance",
    stories: Annotated[bool, typer.Option("--stories", help="Of each story the best article alone.")] = False,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Full-text search of the stored articles, in Chinese too."""
    from flows.commands.search import Asked, search_command

    asked = Asked(words, outlet or [], source or [], entity or [], kind or [], since, until, limit, sort, stories)
    search_command(config, asked, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Put the command among the others."""
    # A word to leave out begins with a minus sign, as options do.
    app.command(context_settings={"ignore_unknown_options": True})(search)
