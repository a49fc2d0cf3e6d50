"""Progress of long work: bars on a terminal, plain lines elsewhere. Always on stderr."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console

_log = logging.getLogger(__name__)


class Progress(Protocol):
    """One bar per piece of work, named by the user-visible thing (a source, a folder); `begin` again adds to its total."""

    def begin(self, name: str, total: int) -> None: ...

    def advance(self, name: str, steps: int = 1) -> None: ...

    def finish(self, name: str, note: str) -> None: ...

    def say(self, text: str) -> None:
        """A sentence of its own, for whoever waits."""

    def console(self) -> Console | None:
        """What others must print through while bars are drawn on the terminal; None when none are."""


class Silent:
    """For tests and scheduled runs, whose logs already say it; a sentence of its own is put there."""

    def say(self, text: str) -> None:
        _log.warning("%s", text)  # Prefect shows nothing less of loggers that are not its own

    def console(self) -> Console | None:
        return None

    def begin(self, name: str, total: int) -> None:
        return

    def advance(self, name: str, steps: int = 1) -> None:
        return

    def finish(self, name: str, note: str) -> None:
        return


class Lines:
    """One line when a piece of work ends: what a log file or a CI job wants."""

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201

    def console(self) -> Console | None:
        return None

    def begin(self, name: str, total: int) -> None:
        return

    def advance(self, name: str, steps: int = 1) -> None:
        return

    def finish(self, name: str, note: str) -> None:
        print(f"{name}: {note}", file=sys.stderr, flush=True)  # noqa: T201


class Bars:
    """rich bars with count, rate and time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        class Rate(ProgressColumn):
            """How many are done in a second."""

            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed
                return Text(f"{speed:,.{int(speed < 10)}f}/s" if speed else "")

        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._ids: dict[str, object] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def console(self) -> Console | None:
        return self._bars.console

    def begin(self, name: str, total: int) -> None:
        if name in self._ids:
            before = self._bars.tasks[int(self._ids[name])].total or 0  # type: ignore[call-overload]
            self._bars.update(self._ids[name], total=before + total)  # type: ignore[arg-type]
        else:
            self._ids[name] = self._bars.add_task(name, total=total, note="")

    def advance(self, name: str, steps: int = 1) -> None:
        self._bars.advance(self._ids[name], steps)  # type: ignore[arg-type]

    def finish(self, name: str, note: str) -> None:
        self.begin(name, 1) if name not in self._ids else None
        task = self._ids[name]
        total = self._bars.tasks[int(task)].total or 1  # type: ignore[call-overload]
        self._bars.update(task, completed=total, total=total, note=note)  # type: ignore[arg-type]


SILENT = Silent()
# Set by the command line around a run in its own process; a scheduled run leaves it silent.
current_progress: ContextVar[Progress] = ContextVar("current_progress", default=SILENT)
