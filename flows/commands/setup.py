"""`tanma init` and `tanma check`."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import typer

from flows.commands.screen import print_json, say
from sources.errors import ConfigError, Problem

EXAMPLES = ("tanma.yaml", "watchlist.yaml")


def init_folder(folder: Path) -> None:
    """Write the two example files; existing ones are never overwritten (ConfigError)."""
    taken = [folder / name for name in EXAMPLES if (folder / name).exists()]
    if taken:
        raise ConfigError([Problem(str(file), None, "", "already there; not overwritten") for file in taken])
    folder.mkdir(parents=True, exist_ok=True)
    for name in EXAMPLES:
        (folder / name).write_text((files("deployments") / name).read_text("utf-8"), "utf-8")
        say(f"wrote {folder / name}")
    say("next: put your names into watchlist.yaml, then `tanma check` and `tanma run`")


def check_files(config_file: Path, *, as_json: bool) -> None:
    """Exit 2 with a line for each problem; warnings alone leave 0."""
    from flows.check import check
    from flows.session import utc_now

    report = check(config_file, os.environ, utc_now())
    if as_json:
        print_json(
            {
                "ok": not report.problems,
                "problems": [str(problem) for problem in report.problems],
                "warnings": [str(warning) for warning in report.warnings],
                "notes": [str(note) for note in report.notes],
            }
        )
    else:
        for problem in report.problems:
            say(f"error: {problem}")
        for warning in report.warnings:
            say(f"warning: {warning}")
        for note in report.notes:
            say(f"note: {note}")
        if not report.problems:
            say(f"{config_file}: in order, {len(report.warnings)} warnings")
    if report.problems:
        raise typer.Exit(2)
