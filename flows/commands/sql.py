"""`tanma sql`: one statement, or many from a prompt or from standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from flows.commands.shell import FILE_FORMATS, FORMATS, TABLE, Shell, complete
from flows.config import load_config
from sources.errors import ConfigError, Problem


def sql_command(config_file: Path, query: str | None, format: str, out: Path | None, *, as_json: bool = False) -> None:
    """One statement to stdout or into a file; without one, statements from the terminal or from standard input.

    Raises ConfigError, NotPublished, WarehouseDamaged, QueryError; WarehouseError when the disk is full.
    """
    from warehouse.reader import Reader

    format = _chosen(format, out, as_json)
    if out is not None and query is None:
        raise ConfigError([Problem("--out", None, str(out), "expected a QUERY whose answer it takes")])
    config = load_config(config_file, os.environ)
    with Reader(config.warehouse) as reader:
        shell = Shell(reader, format, patient=sys.stdin.isatty())
        if query is not None:
            shell.answer(query, out)
        elif sys.stdin.isatty():
            from flows.commands.prompt import prompt

            prompt(shell, config.warehouse / "work")
        else:
            _read(shell, sys.stdin)


def _read(shell: Shell, lines: Iterable[str]) -> None:
    """Statements of a pipe or a file: an error is told and the next one taken; what the end cuts off is asked too."""
    statement = ""
    for line in lines:
        statement += line
        if complete(statement):
            if not shell.take(statement):
                return
            statement = ""
    if statement:
        shell.answer(statement)


def _chosen(format: str, out: Path | None, as_json: bool) -> str:
    if format and format not in FORMATS:
        raise ConfigError([Problem("--format", None, format, f"expected one of {', '.join(FORMATS)}")])
    if as_json and format not in ("", "json"):
        raise ConfigError([Problem("--json", None, "", f"contradicts --format {format}; leave one of them out")])
    if out is None:
        return "json" if as_json else format or TABLE
    chosen = format or out.suffix.lstrip(".").lower()
    if as_json and chosen != "json":
        raise ConfigError(
            [Problem("--json", None, "", f"contradicts --out {out}, which does not end in .json; leave it out")]
        )
    if chosen not in FILE_FORMATS:
        expected = (
            f"expected a name that ends in {', '.join('.' + one for one in FILE_FORMATS)}, or one of them as --format"
        )
        raise ConfigError([Problem("--out", None, str(out), expected)])
    return chosen
