"""`tanma sources replay`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import typer

from flows.check import load_both
from flows.commands.screen import print_json, say, stdout_for_json, table
from flows.replay import replay_directly, try_pages


def replay_command(config_file: Path, ids: Sequence[str] | None, *, dry_run: bool, as_json: bool) -> None:
    """Exit 1 when a page still cannot be read."""
    config, entities = load_both(config_file, os.environ)
    with stdout_for_json(as_json):
        outcomes = try_pages(config, ids) if dry_run else asyncio.run(replay_directly(config, entities, ids))
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    if as_json:
        print_json({"ok": not failed, "pages": [outcome.as_json() for outcome in outcomes]})
    elif outcomes:
        columns = ("source", "page", "status", "title", "reason")
        table(columns, [[getattr(outcome, column) for column in columns] for outcome in outcomes])
    say(f"{len(outcomes)} kept pages, {failed} of them still cannot be read" if outcomes else "no pages are kept")
    if failed:
        raise typer.Exit(1)
