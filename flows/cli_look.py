"""The commands that say how things are and what is planned: status, doctor, deployments. Registered by flows.cli."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile


def register(app: typer.Typer) -> None:
    """Add them to the `tanma` command."""

    @app.command()
    def status(config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
        """Does it go on? Quick, asks nobody; exit code 1 when it does not."""
        from flows.commands.status import status_command

        status_command(config, as_json=as_json)

    @app.command()
    def doctor(
        offline: Annotated[bool, typer.Option("--offline", help="Without asking the outlets and Prefect.")] = False,
        config: ConfigFile = TANMA_YAML,
        as_json: AsJson = False,
    ) -> None:
        """What is wrong here and how to mend it."""
        from flows.commands.doctor import doctor_command

        doctor_command(config, offline=offline, as_json=as_json)

    @app.command()
    def deployments(
        config: ConfigFile = TANMA_YAML,
        pool: Annotated[str, typer.Option(help="The work pool whose workers do the runs.")] = "tanma",
    ) -> None:
        """A prefect.yaml for a Prefect server of your own: what `tanma serve` would schedule."""
        from flows.commands.deployments import deployments_command

        deployments_command(config, pool=pool)
