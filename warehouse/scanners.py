"""Scanning many articles: in this process, and once they are many in others beside it.

Articles are announced as soon as they are read (`begin`) and asked for when they are needed (`mentions`). What no other
process has taken by then is scanned here, so nothing ever waits for work that nobody does; a process that ends gives
back what it held.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Thread
from types import TracebackType
from typing import IO, Self

from sources.article import Article
from warehouse.scan import Lexicon, Mention, scan

_log = logging.getLogger(__name__)

_MANY = 400  # articles from which a process of its own, which starts in a second, is worth its 180 MB
_MOST = 3  # such processes
_PART = 8  # articles that one of them takes at a time
_WORKER = "import sys; sys.path[:] = sys.argv[1:]; from warehouse.scanworker import main; main()"


def spare_processors() -> int:
    """How many other processes may scan beside this one: one for each processor but one, three at most."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable - 1, _MOST)


@dataclass(slots=True, eq=False)
class _Task:
    """The scan of one article; `taken` by a process or by this one, `mentions` once it is done."""

    article: Article
    taken: bool = False
    mentions: tuple[Mention, ...] | None = None


class Scanners:
    """Scans by one lexicon. To be closed; then the other processes end. For one thread."""

    def __init__(self, lexicon: Lexicon, processes: int = 0, *, many: int = _MANY) -> None:
        """`processes`: how many others may be started, as soon as `many` articles have been announced."""
        self.lexicon = lexicon
        self.elsewhere = 0  # articles that other processes have scanned
        self._processes, self._many = processes, many
        self._announced = 0
        self._tasks: dict[Article, _Task] = {}
        self._waiting: deque[_Task] = deque()
        self._changed = Condition()
        self._workers: list[_Worker] = []
        self._closed = False

    def begin(self, articles: Iterable[Article]) -> None:
        """These will be asked for soon. What is announced twice is scanned once."""
        if not self._processes:
            return
        new = {article: _Task(article) for article in articles if article not in self._tasks}
        self._announced += len(new)
        if not self._workers and self._announced >= self._many and not self._closed:
            self._start()
        if any(worker.alive for worker in self._workers):
            self._tasks |= new
            with self._changed:
                self._waiting.extend(new.values())
                self._changed.notify_all()

    def _start(self) -> None:
        try:
            for _ in range(self._processes):
                self._workers.append(_Worker(self))
        except OSError as error:  # no memory, or no more processes allowed: those that run go on
            self._processes = len(self._workers)
            _log.warning("no process could be started to scan articles (%s); they are scanned here", error.strerror)

    def mentions(self, article: Article) -> tuple[Mention, ...]:
        """The mentions of an article, announced or not. Never raises."""
        task = self._tasks.pop(article, None)
        if task is None:
            return scan(self.lexicon, article).mentions
        while True:
            with self._changed:
                if task.mentions is not None:
                    return task.mentions
                other = self._next(task)
                if other is None:
                    self._changed.wait()
                    continue
            found = scan(self.lexicon, other.article).mentions
            with self._changed:
                other.mentions = found

    def forget(self, articles: Iterable[Article]) -> None:
        """These will not be asked for, or were."""
        for article in articles:
            task = self._tasks.pop(article, None)
            if task is not None:
                with self._changed:
                    task.taken = True

    def close(self) -> None:
        """End the other processes; what was announced and not asked for is dropped."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._tasks.clear()
            self._changed.notify_all()
        for worker in self._workers:
            worker.end()
        self._workers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self, wanted: _Task) -> _Task | None:
        """What this process scans now: the wanted one, else one that nobody has taken; None when all are under way."""
        if not wanted.taken:
            wanted.taken = True
            return wanted
        while self._waiting:
            task = self._waiting.pop()  # from the end: the others take from the beginning
            if not task.taken:
                task.taken = True
                return task
        return None

    # -- for the workers, in their threads --

    def _take(self) -> list[_Task]:
        """Some tasks, waited for; none when all is over."""
        with self._changed:
            while True:
                part: list[_Task] = []
                while self._waiting and len(part) < _PART:
                    task = self._waiting.popleft()
                    if not task.taken:
                        task.taken = True
                        part.append(task)
                if part or self._closed:
                    return part
                self._changed.wait()

    def _done(self, part: Sequence[_Task], found: Sequence[tuple[Mention, ...]]) -> None:
        with self._changed:
            for task, mentions in zip(part, found, strict=True):
                task.mentions = mentions
            self.elsewhere += len(part)
            self._changed.notify_all()

    def _given_back(self, worker: _Worker, part: Sequence[_Task]) -> None:
        with self._changed:
            worker.alive = False
            for task in part:
                task.taken = False
            if any(one.alive for one in self._workers):
                self._waiting.extendleft(reversed(part))
            self._changed.notify_all()


class _Worker:
    """One process (warehouse/scanworker.py), and the thread that hands it its work."""

    def __init__(self, scanners: Scanners) -> None:
        self.alive = True
        self._scanners = scanners
        # In a session of its own, so that Ctrl-C reaches us alone. It ends when its input does: also when we are killed.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._thread = Thread(target=self._serve, name="scans", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the process and wait until it is gone. What it was doing is lost: nobody wants it any more."""
        self._process.kill()
        self._thread.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # half a message was still to be written
                    pipe.close()

    def _serve(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None  # they are pipes
        part: list[_Task] = []
        try:
            _send(self._process.stdin, self._scanners.lexicon)
            while part := self._scanners._take():
                _send(self._process.stdin, [task.article for task in part])
                self._scanners._done(part, pickle.load(self._process.stdout))
        except (OSError, EOFError, pickle.PickleError, ValueError) as error:
            if not self._scanners._closed:
                _log.warning(
                    "a process that scanned articles ended (%s); the rest is scanned without it",
                    type(error).__name__,
                )
            self._scanners._given_back(self, part)


def _send(pipe: IO[bytes], what: object) -> None:
    pickle.dump(what, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()
