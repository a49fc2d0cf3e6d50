"""`tanma alerts`: its words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import TANMA_YAML, AsJson, ConfigFile

alerts_app = typer.Typer(help="The outbox: what was raised, sent, failed.", no_args_is_help=True)


@alerts_app.command("list")
def alerts_list(
    status: Annotated[str, typer.Option(help="pending, sending, sent, failed or suppressed.")] = "",
    rule: Annotated[str, typer.Option(help="Only those of this rule.")] = "",
    channel: Annotated[str, typer.Option(help="Only those for this channel.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Only those raised since then: 7d, 2026-11-01.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 50,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Alerts, newest first."""
    from flows.commands.alerts import list_command

    list_command(config, status, limit, rule=rule, channel=channel, since=since, as_json=as_json)


@alerts_app.command("show")
def alerts_show(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="An alert_id, as `tanma alerts list` shows it.")],
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """One alert: who was named, where and why, what became of it and what to do next."""
    from flows.commands.alerts import show_command

    show_command(config, alert_id, as_json=as_json)


@alerts_app.command("retry")
def alerts_retry(
    alert_ids: Annotated[list[str] | None, typer.Argument(help="Which failed alerts; none: all of them.")] = None,
    config: ConfigFile = TANMA_YAML,
) -> None:
    """Put failed alerts back into the outbox; the next run sends them."""
    from flows.commands.alerts import retry_command

    retry_command(config, alert_ids or None)


@alerts_app.command("mute")
def alerts_mute(
    what: Annotated[str, typer.Argument(help="An entity_id (person:杨植麟) or a story_id.")],
    lasting: Annotated[str, typer.Option("--for", help="How long: 12h, 7d.")] = "7d",
    config: ConfigFile = TANMA_YAML,
) -> None:
    """No alerts for one name or one story for some time; they are stored as suppressed."""
    from flows.commands.alerts import mute_command

    mute_command(config, what, lasting)


@alerts_app.command("simulate")
def alerts_simulate(
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back, as 30d.")] = "30d",
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """What the rules would have sent over the stored articles; sends nothing, changes nothing."""
    from flows.commands.simulate import simulate_command

    simulate_command(config, since, as_json=as_json)
