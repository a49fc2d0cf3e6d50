"""`tanma sql`: one statement, or many from a prompt or from standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from flows.commands.outfile import written_whole
from flows.commands.patience import patiently
from flows.commands.rows import show_rows
from flows.commands.screen import say
from flows.config import load_config
from sources.errors import ConfigError, Problem, WarehouseError

if TYPE_CHECKING:
    from warehouse.formats import Format
    from warehouse.query import Result, Stream
    from warehouse.reader import Reader

TABLE = "table"
FILE_FORMATS: tuple[Format, ...] = ("csv", "json", "parquet")
FORMATS = (TABLE, *FILE_FORMATS)
LEAVING = ("exit", "quit", "\\q", ".exit", ".quit")
HELP = """.tables            the views and what they are
.describe VIEW     its columns and what they are
.format FORMAT     answers as table, csv or json
.help              this
.exit              leave, as Ctrl-D does
A statement ends with a semicolon. Ctrl-C clears it, or stops one that runs. Examples stand in the documentation under
deployments/docs/questions.md."""


def sql_command(config_file: Path, query: str | None, format: str, out: Path | None) -> None:
    """One statement to stdout or into a file; without one, statements from the terminal or from standard input.

    Raises ConfigError, NotPublished, WarehouseDamaged, QueryError.
    """
    from warehouse.reader import Reader

    format = _chosen(format, out)
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


class Shell:
    """Takes statements and dot-commands one after another and shows what they give."""

    def __init__(self, reader: Reader, format: str, *, patient: bool) -> None:
        self.reader = reader
        self.format = format
        self._patient = patient and sys.stderr.isatty()

    def take(self, words: str) -> bool:
        """One statement or dot-command; its errors are told. False when it says to leave."""
        words = words.strip()
        if words.rstrip(";").strip().lower() in LEAVING:
            return False
        try:
            if words.startswith("."):
                self._command(words.rstrip(";").split())
            elif words.strip("; \n"):
                if self.reader.renew():
                    say("a run has published since; this is answered from its file")
                self.answer(words)
        except (WarehouseError, ConfigError) as error:
            say(str(error))
        return True

    def answer(self, statement: str, out: Path | None = None) -> None:
        """Raises QueryError; KeyboardInterrupt once the statement has stopped."""
        stream = patiently(lambda: self.reader.ask(statement), self.reader.interrupt, tell=self._patient)
        self._shown(stream, out)

    def _shown(self, stream: Stream, out: Path | None) -> None:
        from warehouse.query import write_result

        file_format = next((known for known in FILE_FORMATS if known == self.format), None)

        def write(target: BinaryIO) -> None:
            if file_format is None:
                raise AssertionError(self.format)
            write_result(stream, file_format, target)

        work: Callable[[], None]
        if out is not None:
            with written_whole(out, "--out") as target:
                patiently(lambda: write(target), self.reader.interrupt, tell=self._patient)
            return
        if file_format is None:
            work = lambda: show_rows(stream.columns, stream.rows())  # noqa: E731
        else:
            work = lambda: write(sys.stdout.buffer)  # noqa: E731
        patiently(work, self.reader.interrupt, tell=False)
        sys.stdout.flush()

    def _command(self, words: list[str]) -> None:
        match words:
            case [".tables"]:
                self._list(self.reader.views())
            case [".describe", view]:
                found = self.reader.describe(view)
                if not found.rows:
                    known = ", ".join(str(row[0]) for row in self.reader.views().rows)
                    say(f"{view}: no such view; there are {known}")
                    return
                self._list(found)
            case [".format", format] if format in FORMATS and format != "parquet":
                self.format = format
            case [".format", *_]:
                say("expected .format table, .format csv or .format json; parquet: tanma sql QUERY --out FILE.parquet")
            case [".help"]:
                say(HELP)
            case _:
                say(f"{' '.join(words)}: no such command\n{HELP}")

    def _list(self, result: Result) -> None:
        show_rows(result.columns, iter(result.rows))


def complete(words: str) -> bool:
    """Whether these are a whole statement or dot-command: a semicolon ends them, outside quotes and comments."""
    text = words.strip()
    if not text or text.startswith(".") or text.lower() in LEAVING:
        return True
    quote, place, ended = "", 0, False
    while place < len(text):
        two, one = text[place : place + 2], text[place]
        if quote:
            if text.startswith(quote, place):
                place += len(quote) - 1
                quote = ""
        elif two in ("--", "/*"):
            quote = "\n" if two == "--" else "*/"
            place += 1
        elif one in "'\"":
            quote, ended = one, False
        elif not one.isspace():
            ended = one == ";"
        place += 1
    return ended and quote in ("", "\n")


def _read(shell: Shell, lines: Iterable[str]) -> None:
    """Statements of a pipe or a file: an error is told and the next one taken; what the end cuts off is asked too."""
    statement = ""
    for line in lines:
        statement = f"{statement}\n{line.rstrip()}".strip()
        if statement and complete(statement):
            if not shell.take(statement):
                return
            statement = ""
    if statement:
        shell.answer(statement)


def _chosen(format: str, out: Path | None) -> str:
    if format and format not in FORMATS:
        raise ConfigError([Problem("--format", None, format, f"expected one of {', '.join(FORMATS)}")])
    if out is None:
        return format or TABLE
    chosen = format or out.suffix.lstrip(".").lower()
    if chosen not in FILE_FORMATS:
        expected = (
            f"expected a name that ends in {', '.join('.' + one for one in FILE_FORMATS)}, or one of them as --format"
        )
        raise ConfigError([Problem("--out", None, str(out), expected)])
    return chosen
