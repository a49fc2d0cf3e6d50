"""Work that may take long: done in a thread, so that Ctrl-C always gets through; told after a while that it goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_LOOK = 0.1  # seconds between two looks whether it is done
_SILENT = 2.0  # seconds before a word is said


def patiently(work: Callable[[], T], stop: Callable[[], None], *, tell: bool) -> T:
    """What `work` gives or raises. On Ctrl-C: `stop()` is called until `work` has ended, KeyboardInterrupt is raised.

    `tell`: after two seconds a line on stderr counts the seconds and goes away at the end.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below, where it is waited for
            raised.append(error)
        finally:
            done.set()

    done = Event()  # Thread.join, interrupted, takes the thread for ended (Python 3.11)
    thread = Thread(target=run, daemon=True)
    start = time.monotonic()
    told = False
    try:
        thread.start()
        while not done.wait(_LOOK):
            seconds = time.monotonic() - start
            if tell and seconds > _SILENT:
                told = True
                sys.stderr.write(f"\r{seconds:.0f} s … Ctrl-C stops it")
                sys.stderr.flush()
    except KeyboardInterrupt:
        while thread.ident is not None and not done.is_set():  # it may not have begun what is to be stopped
            with suppress(KeyboardInterrupt):
                stop()
                done.wait(_LOOK)
        raise
    finally:
        if told:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
    if raised:
        raise raised[0]
    return given[0]
