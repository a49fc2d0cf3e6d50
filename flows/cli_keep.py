"""The commands that keep a warehouse: tidy, backup, restore. Registered by flows.cli."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile


def register(app: typer.Typer) -> None:
    """Add them to the `tanma` command."""

    @app.command()
    def tidy(
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be let go.")] = False,
        config: ConfigFile = TANMA_YAML,
        as_json: AsJson = False,
    ) -> None:
        """Back up, let go of what is old, give room back, check."""
        from flows.commands.keep import tidy_command

        tidy_command(config, dry_run=dry_run, as_json=as_json)

    @app.command()
    def backup(
        file: Annotated[
            Path | None, typer.Argument(metavar="[FILE]", help="Where to (default: among the warehouse's backups).")
        ] = None,
        config: ConfigFile = TANMA_YAML,
    ) -> None:
        """Copy the warehouse now, whole and checked."""
        from flows.commands.keep import backup_command

        backup_command(config, file)

    @app.command()
    def restore(
        file: Annotated[Path, typer.Argument(help="A backup, or any published file.")],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        config: ConfigFile = TANMA_YAML,
    ) -> None:
        """Put a backup in the place of the warehouse; what it replaces is kept."""
        from flows.commands.keep import restore_command

        restore_command(config, file, yes=yes)
