"""`tanma export`. Registered by flows.cli."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile


def register(app: typer.Typer) -> None:
    """Add it to the `tanma` command."""

    @app.command()
    def export(
        folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or one of an export.")],
        since: Annotated[str, typer.Option(metavar="SPAN", help="Only months that reach into it, as 90d.")] = "",
        table: Annotated[list[str] | None, typer.Option(help="Only this view; may be given several times.")] = None,
        config: ConfigFile = TANMA_YAML,
        as_json: AsJson = False,
    ) -> None:
        """Parquet files of every view but co_mentions_of (co_mentions from either side), big ones by month."""
        from flows.commands.export import export_command

        export_command(config, folder, since=since, tables=table or None, as_json=as_json)
