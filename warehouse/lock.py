"""One writer at a time: a lock file that the kernel releases when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sources.errors import WarehouseBusy, WarehouseError

_PAUSE = 0.05  # seconds between two tries
_LEAST = 0.1  # seconds to try for at least: holder_of() takes the lock for a moment


class WriterLock:
    """An flock on a file that names its holder for those who find it taken."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, holder: str, now: datetime, wait: float) -> WriterLock:
        """Take the lock, trying for up to `wait` seconds. Raises WarehouseBusy, which names who holds it."""
        try:
            # Never deleted: a second file of the same name would be a second lock.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise WarehouseError(f"{path}: {error.strerror}; the warehouse folder must be writable") from error
        until = time.monotonic() + max(wait, _LEAST)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    message = _busy(descriptor)
                    os.close(descriptor)
                    raise WarehouseBusy(message) from None
                time.sleep(_PAUSE)
        note = json.dumps({"pid": os.getpid(), "holder": holder, "since": now.isoformat()}, ensure_ascii=False)
        # Signed for those who find it taken. A full disk takes no signature, and the lock holds without one.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note.encode(), 0)
        return cls(path, descriptor)

    @property
    def held(self) -> bool:
        return self._descriptor >= 0

    def release(self) -> None:
        if self.held:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                with suppress(OSError):  # a disk that fails; who holds it no more is not asked for
                    os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)


def holder_of(path: Path) -> str | None:
    """Who holds the lock, in words; None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _signature(descriptor)
    finally:
        os.close(descriptor)


def lock_holder(folder: Path) -> str | None:
    """Who holds the warehouse at this moment, in words; None when nobody does."""
    return holder_of(folder / "work" / "lock")


def _busy(descriptor: int) -> str:
    who, _, since = _signature(descriptor).partition(" since ")
    return f"{who} has held the warehouse{since and f' since {since}'}; wait for it to end or stop it, then try again"


def _signature(descriptor: int) -> str:
    try:
        note = json.loads(os.pread(descriptor, 4096, 0))
        return f"{note['holder']} (pid {note['pid']}) since {note['since']}"
    except (ValueError, KeyError, TypeError):  # it was taken a moment ago and is not yet signed
        return "another run of Tanma"
