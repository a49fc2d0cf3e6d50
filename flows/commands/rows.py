"""Rows of any number as a table: drawn and cut to the width on a terminal, tab-separated and whole elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice

import typer

from flows.commands.screen import cell, safe

MOST = 200  # rows that a terminal shows
_LONGEST = 300  # characters of a cell that drawing looks at
_NARROW = 9  # columns of the terminal that a column should have


def show_rows(columns: Sequence[str], rows: Iterator[Sequence[object]], *, most: int = MOST) -> None:
    """A table on stdout. A terminal gets the first `most` rows and a word on how many more there are."""
    if not sys.stdout.isatty():
        typer.echo("\t".join(columns))
        for row in rows:
            typer.echo("\t".join(cell(value) for value in row))
        return
    shown = [[_short(value) for value in row] for row in islice(rows, most)]
    more = sum(1 for _ in rows)
    _draw(columns, shown)
    if more:
        typer.echo(f"and {more:,} rows more; --format csv, json or parquet gives them all", err=True)


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if len(columns) * _NARROW > console.width:  # one below the other: side by side nothing could be read
        widest = max(map(len, columns))
        for number, row in enumerate(rows, 1):
            console.print(Text(f"— {number}"))
            for name, value in zip(columns, row, strict=True):
                console.print(Text(f"{name:{widest}} {value}"), no_wrap=True, overflow="ellipsis", crop=True)
        return
    drawn = Table(*columns)
    for row in rows:
        # Text, not str: what comes from a page must not be read as rich markup. no_wrap here and not with the columns: so
        # the widest are cut first, and a short one is not squeezed to nothing.
        drawn.add_row(*(Text(value, no_wrap=True, overflow="ellipsis") for value in row))
    console.print(drawn)


def _short(value: object) -> str:
    text = cell(value)
    return safe(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
