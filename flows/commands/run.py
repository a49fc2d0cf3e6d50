"""`tanma run` and `tanma serve`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flows.check import load_both
from flows.commands.screen import print_json, say, shown_progress, stdout_for_json, table
from flows.runner import run_pass
from flows.session import utc_now
from flows.summary import PassSummary

if TYPE_CHECKING:
    from sources.replica.server import Replica

DEMO_FOLDER = Path("tanma-demo")
ASK_DEMO = f'ask it: tanma sql --config {DEMO_FOLDER}/tanma.yaml "FROM articles SELECT title, outlet"'


def run_command(config_file: Path, sources: Sequence[str] | None, *, demo: bool, as_json: bool) -> None:
    """One pass; exit code 1 when a source or a channel failed. The demo has a configuration of its own."""
    if demo:
        with _demo_world() as (file, replica):
            known = len(replica.sink.received)
            summary = _one_pass(file, sources, as_json=as_json)
            received = replica.sink.received[known:]
        if not as_json:
            typer.echo(f"\nwhat the demo's chat robot received, {len(received)} messages:")
            for message in received:
                typer.echo(f"\n{message.text}")
            typer.echo("")
    else:
        summary = _one_pass(config_file, sources, as_json=as_json)
    if as_json:
        print_json(summary.as_json())
    else:
        _print_summary(summary)
    if demo:
        say(f"the demo's configuration and warehouse are in ./{DEMO_FOLDER}; {ASK_DEMO}")
    for source in summary.sources:
        if not source.ok:
            say(f"{source.source}: {source.state}" + (f": {source.errors[0]}" if source.errors else ""))
    for error in summary.delivered.errors:
        say(error)
    if summary.delivered.waiting:
        waiting, channels = summary.delivered.waiting, ", ".join(summary.delivered.waiting_for)
        say(
            f"{waiting} stories wait until {channels} takes more messages this minute: the next run sends them, "
            "put together; `tanma serve` does by itself as soon as there is room"
        )
    if not summary.ok:
        raise typer.Exit(1)


def _one_pass(config_file: Path, sources: Sequence[str] | None, *, as_json: bool) -> PassSummary:
    setup = load_both(config_file, os.environ)
    with shown_progress(), stdout_for_json(as_json):
        return run_pass(setup, sources, say=say)


def serve_command(config_file: Path, port: int, host: str) -> None:
    """Schedules until told to stop."""
    from flows.serve import serve

    serve(load_both(config_file, os.environ)[0], port=port, host=host, say=say)


@contextmanager
def _demo_world() -> Iterator[tuple[Path, Replica]]:
    """The outlets and chat services in small, on loopback, and a configuration that points at them."""
    from sources.replica.demo import demo_config, demo_replica, demo_watchlist

    DEMO_FOLDER.mkdir(exist_ok=True)
    with demo_replica(DEMO_FOLDER, utc_now()) as replica:
        file = DEMO_FOLDER / "tanma.yaml"
        file.write_text(demo_config(replica), "utf-8")
        (DEMO_FOLDER / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        yield file, replica


def _print_summary(summary: PassSummary) -> None:
    rows = [
        (s.source, s.state, s.listed, s.stored, s.updated, s.duplicates, s.mentions, s.alerts, s.failed)
        for s in sorted(summary.sources, key=lambda source: source.source)
    ]
    table(("source", "state", "listed", "new", "changed", "reposts", "mentions", "alerts", "failed"), rows)
    sent = summary.delivered
    say(
        f"messages: {sent.sent} sent, {sent.retried} to be sent again, {sent.waiting} waiting, {sent.failed} failed; "
        f"{summary.seconds:.1f} s; {'published' if summary.published else 'nothing changed, nothing published'}"
    )
