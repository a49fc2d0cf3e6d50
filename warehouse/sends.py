"""When each chat robot was sent something lately, by whichever process: what its limits are counted on.

One line an event in `work/sends.jsonl`, under a lock of its own, since `tanma channels test` sends without holding the
warehouse. A robot is named by a keyed hash of its address; the key, random, is made with the folder and stays in it.

A message counts from the moment its answer is there, which is later than when the service counted it, so a window that
has room here has room there. One whose answer never came, as after a kill, counts as if it had taken UNANSWERED.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

UNANSWERED = timedelta(seconds=15)
_LONGEST = timedelta(minutes=1)  # window of any limit
_ROOMY = 64_000  # bytes of the file, from which on it is written anew with what still counts

# So many messages in so much time.
Window = tuple[int, timedelta]


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one message to a robot; `answered` tells when that was done."""

    robot: str
    number: str


class Sends:
    """The book of one warehouse's folder. Any number of them may be open in any number of processes and threads.

    A folder that cannot be written grants everything: nothing can be claimed from a warehouse in it either.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "work" / "sends.jsonl"
        self._key = b""
        self._known: tuple[tuple[int, int, int], dict[str, list[datetime]]] | None = None

    def robot(self, address: str) -> str:
        """A name for the robot at this address: the same in all processes, and nothing can be read from it."""
        self._key = self._key or self._kept_key()
        return hmac.new(self._key, address.encode(), hashlib.sha256).hexdigest()[:16]

    def take(self, robot: str, windows: Sequence[Window], now: datetime) -> Slot | datetime:
        """Leave to send one message now, which counts from here on; or the moment from which there may be room."""
        slot = Slot(robot, secrets.token_hex(8))
        with self._locked() as known:
            if known is None:
                return slot
            room, free_at = _room(known.get(robot, []), windows, now)
            if room <= 0:
                return free_at
            self._append(slot, now + UNANSWERED)
        return slot

    def answered(self, slot: Slot, at: datetime) -> None:
        """The service said yes or no to it."""
        with self._locked() as known:
            if known is not None:
                self._append(slot, at)

    def room(self, robot: str, windows: Sequence[Window], now: datetime) -> tuple[int, datetime]:
        """How many messages the robot takes now, and from when on it takes the next: now, when that is more than none."""
        with self._locked() as known:
            return _room((known or {}).get(robot, []), windows, now)

    @contextmanager
    def _locked(self) -> Iterator[dict[str, list[datetime]] | None]:
        """robot → when its messages count, in order; None: there is nowhere to write."""
        try:
            lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield None
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(lock)

    def _read(self) -> dict[str, list[datetime]]:
        """What the file says, read anew when it is another than the one read last: room is asked for before each message."""
        state = (0, 0, 0)
        with suppress(OSError):
            stat = self._file.stat()
            state = stat.st_ino, stat.st_size, stat.st_mtime_ns
        if self._known is None or self._known[0] != state:
            self._known = state, self._counted()
        return self._known[1]

    def _counted(self) -> dict[str, list[datetime]]:
        """The last line of a slot counts; one that was cut off says nothing."""
        slots: dict[str, tuple[str, datetime]] = {}
        with suppress(OSError):
            for line in self._file.read_bytes().splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    row = json.loads(line)
                    slots[row["slot"]] = (row["robot"], datetime.fromisoformat(row["at"]))
        found: dict[str, list[datetime]] = {}
        for robot, at in sorted(slots.values(), key=lambda one: one[1]):
            found.setdefault(robot, []).append(at)
        return found

    def _append(self, slot: Slot, at: datetime) -> None:
        # The break comes first, so that a line which a kill cut off spoils no other.
        line = "\n" + json.dumps({"slot": slot.number, "robot": slot.robot, "at": at.isoformat()})
        with suppress(OSError):
            if self._file.exists() and self._file.stat().st_size > _ROOMY:
                self._write_anew(at - 2 * _LONGEST)
            with self._file.open("ab") as file:
                file.write(line.encode())

    def _write_anew(self, since: datetime) -> None:
        kept = []
        for line in self._file.read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                if datetime.fromisoformat(json.loads(line)["at"]) > since:
                    kept.append(line)
        new = self._file.with_suffix(".new")
        new.write_bytes(b"\n".join(kept))
        new.replace(self._file)

    def _kept_key(self) -> bytes:
        file = self._file.with_suffix(".key")
        with suppress(OSError):
            part = file.with_name(f"{file.name}.{os.getpid()}")
            part.touch(0o600)
            part.write_text(secrets.token_hex(32), "ascii")
            with suppress(FileExistsError):
                os.link(part, file)  # whole or not at all, and whoever is first stays first
            part.unlink()
        with suppress(OSError):
            return file.read_bytes()
        return secrets.token_bytes(32)


def _room(counted: Sequence[datetime], windows: Sequence[Window], now: datetime) -> tuple[int, datetime]:
    """A moment far ahead is of a clock that was wrong, and counts for nothing."""
    room, free_at = min((count for count, _ in windows), default=1), now
    for count, span in windows:
        inside = [at for at in counted if now - span < at <= now + UNANSWERED]
        room = min(room, count - len(inside))
        if len(inside) >= count:
            free_at = max(free_at, inside[len(inside) - count] + span)
    return max(room, 0), free_at
