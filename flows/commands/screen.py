"""How commands speak: messages for people on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from datetime import datetime
from typing import Any

import typer

from flows.progress import Bars, Lines, current_progress


def say(text: str) -> None:
    """A message for the person at the terminal."""
    typer.echo(text, err=True)


def print_json(document: Any) -> None:
    """One JSON document on stdout, nothing else there."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout: drawn on a terminal, tab-separated with a heading elsewhere."""
    if not sys.stdout.isatty():
        typer.echo("\t".join(columns))
        for row in rows:
            typer.echo("\t".join(cell(value) for value in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns)
    for row in rows:
        # Text, not str: what comes from a page must not be read as rich markup.
        drawn.add_row(*(Text(safe(cell(value))) for value in row))
    Console().print(drawn)


@contextmanager
def shown_progress() -> Iterator[None]:
    """Bars on a terminal, lines elsewhere, for a run in this process."""
    if sys.stderr.isatty():
        with Bars() as bars:
            token = current_progress.set(bars)
            try:
                yield
            finally:
                current_progress.reset(token)
        return
    token = current_progress.set(Lines())
    try:
        yield
    finally:
        current_progress.reset(token)


def stdout_for_json(as_json: bool) -> AbstractContextManager[object]:
    """With --json, stdout is for the document alone: what the terminal channel prints goes to stderr."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()


def cell(value: object) -> str:
    """A value on one line, for tables."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")  # in the configured timezone, in which the published file gives it
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value).replace("\t", " ").replace("\n", " ")


def safe(text: str) -> str:
    """On one line, without what would steer the terminal or turn the text around: what pages say is only to be read."""
    return "".join(char if char.isprintable() else _shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) == "Cf" else "\ufffd"  # Cf has no look of its own


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
