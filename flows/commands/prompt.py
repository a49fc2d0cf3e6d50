"""The interactive prompt of `tanma sql`: history, completion, statements of several lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from flows.commands.screen import say
from flows.commands.shell import FORMATS, Shell, complete
from warehouse.reader import Vocabulary

_COMMANDS = (".tables", ".describe", ".format", ".help", ".exit")
_WELCOME = "questions in SQL, ended by a semicolon; .tables lists what there is, .help more; Ctrl-D leaves"


def prompt(shell: Shell, work: Path) -> None:
    """Statements from the terminal until Ctrl-D. What is typed is kept in `work`/sql_history, for its owner alone."""
    say(_WELCOME)
    session: PromptSession[str] = PromptSession(
        history=kept_history(work / "sql_history"),
        completer=Words(shell.reader.vocabulary()),
        complete_while_typing=False,
        multiline=True,
        key_bindings=_keys(),
        prompt_continuation="  ...> ",
    )
    while True:
        try:
            if not shell.take(session.prompt("tanma> ")):
                return
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def kept_history(file: Path) -> History:
    """Questions may name what is nobody's business: mode 600. Where nothing can be written, none is kept."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        file.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(file)


class Words(Completer):
    """Views, columns, keywords and functions; columns of a view after its name and a dot; names inside quotes."""

    def __init__(self, known: Vocabulary) -> None:
        columns = sorted({column for columns in known.views.values() for column in columns})
        self._known = known
        self._bare = list(dict.fromkeys((*known.views, *columns, *known.words)))

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        if before.lstrip().startswith("."):
            return _offered(before.lstrip().rsplit(" ", 1)[-1], self._of_commands(before.split()))
        if before.count("'") % 2:
            return _offered(before.rsplit("'", 1)[-1], self._known.names)
        found = re.search(r"(?:(\w+)\.)?(\w*)$", before)
        view, word = found.groups() if found else (None, "")
        if view is not None:
            return _offered(word, self._known.views.get(view, ()))
        return _offered(word, self._bare) if word else iter(())

    def _of_commands(self, words: list[str]) -> Iterable[str]:
        match words:
            case [".describe", *_]:
                return self._known.views
            case [".format", *_]:
                return FORMATS[:-1]
            case _:
                return _COMMANDS


def _offered(start: str, words: Iterable[str]) -> Iterator[Completion]:
    small = start.lower()
    return (Completion(word, -len(start)) for word in words if word.lower().startswith(small))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        if complete(event.current_buffer.text):
            event.current_buffer.validate_and_handle()
        else:
            event.current_buffer.insert_text("\n")

    return keys
