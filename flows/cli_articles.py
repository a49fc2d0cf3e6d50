"""`tanma articles`: its words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile

articles_app = typer.Typer(help="What is stored: an article, its versions, its story.", no_args_is_help=True)

_Which = Annotated[str, typer.Argument(metavar="ID", help="An article_id, or the address of an article.")]


@articles_app.command("show")
def articles_show(which: _Which, config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
    """One article: where it is from, its versions and what changed in each, who else tells its story."""
    from flows.commands.articles import show_command

    show_command(config, which, as_json=as_json)


@articles_app.command("diff")
def articles_diff(
    which: _Which,
    older: Annotated[int | None, typer.Option("--from", metavar="N", min=1, help="The older version.")] = None,
    newer: Annotated[int | None, typer.Option("--to", metavar="N", min=1, help="The newer version.")] = None,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """What changed between two versions of an article, by default the last two."""
    from flows.commands.articles import diff_command

    diff_command(config, which, older, newer, as_json=as_json)
