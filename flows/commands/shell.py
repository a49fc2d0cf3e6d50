"""What `tanma sql` does with statements and dot-commands, wherever they come from; and where a statement ends."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from flows.commands.outfile import written_whole
from flows.commands.patience import patiently
from flows.commands.rows import show_rows
from flows.commands.screen import say
from sources.errors import ConfigError, WarehouseError

if TYPE_CHECKING:
    from warehouse.formats import Format
    from warehouse.query import Result, Stream
    from warehouse.reader import Reader

TABLE = "table"
FILE_FORMATS: tuple[Format, ...] = ("csv", "json", "parquet")
FORMATS = (TABLE, *FILE_FORMATS)
_LEAVING = ("exit", "quit", "\\q", ".exit", ".quit")
_HELP = """.tables            the views and what they are
.describe VIEW     its columns and what they are
.format FORMAT     answers as table, csv or json
.help              this
.exit              leave, as Ctrl-D does
A statement ends with a semicolon. Ctrl-C clears it, or stops one that runs. Examples stand in the documentation under
deployments/docs/questions.md."""

_SKIPPED = re.compile(r"(?:\s|--[^\n]*)+")  # white space, and comments to the end of a line
_COMMENT = re.compile(r"/\*|\*/")
_QUOTED = re.compile(
    r"""(?:\b[eE]'(?:[^'\\]|\\.)*' | '[^']*' | "[^"]*" | (?<![\w$])(\$(?:[^\W\d]\w*)?\$).*?\1)""",
    re.DOTALL | re.VERBOSE,
)
_OPENING = re.compile(r"""\b[eE]' | ['"] | (?<![\w$])\$(?:[^\W\d]\w*)?\$""", re.VERBOSE)


class _Ending(Enum):
    NOTHING = auto()  # blank, comments and semicolons alone
    OPEN = auto()  # more is to come: no semicolon yet, or a quotation or comment that nothing closes
    WHOLE = auto()


class Shell:
    """Takes statements and dot-commands one after another and shows what they give."""

    def __init__(self, reader: Reader, format: str, *, patient: bool) -> None:
        self.reader = reader
        self.format = format
        self._patient = patient and sys.stderr.isatty()

    def take(self, words: str) -> bool:
        """One statement or dot-command; its errors are told. False when it says to leave."""
        words = words.strip()
        if words.rstrip(";").strip().lower() in _LEAVING:
            return False
        try:
            if words.startswith("."):
                self._command(words.rstrip(";").split())
            elif _ending(words) is not _Ending.NOTHING:
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
                say(_HELP)
            case _:
                say(f"{' '.join(words)}: no such command\n{_HELP}")

    def _list(self, result: Result) -> None:
        show_rows(result.columns, iter(result.rows))


def complete(words: str) -> bool:
    """Whether nothing more is to come of a statement or dot-command: a semicolon ends it, outside quotations and comments.
    Where nothing is asked, as in comments alone, nothing is to come either.
    """
    return _ending(words) is not _Ending.OPEN


def _ending(words: str) -> _Ending:
    text = words.strip()
    if text.startswith(".") or text.lower() in _LEAVING:
        return _Ending.WHOLE
    found, place = _Ending.NOTHING, 0
    while place < len(text):
        if skipped := _SKIPPED.match(text, place):
            place = skipped.end()
        elif text.startswith("/*", place):
            place = _after_comment(text, place)
            if not place:
                return _Ending.OPEN
        elif quoted := _QUOTED.match(text, place):
            found, place = _Ending.OPEN, quoted.end()
        elif _OPENING.match(text, place):
            return _Ending.OPEN
        elif text[place] == ";":
            found, place = found if found is _Ending.NOTHING else _Ending.WHOLE, place + 1
        else:
            found, place = _Ending.OPEN, place + 1
    return found


def _after_comment(text: str, place: int) -> int:
    """One past a comment that begins there, those inside it included; 0 when it is not closed."""
    depth = 0
    for mark in _COMMENT.finditer(text, place):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return 0
