"""One clock for the simulator and for every process of the simulated machine; nobody waits for it."""

from __future__ import annotations

import asyncio
import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SINCE = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT = struct.Struct("<q")  # microseconds; eight aligned bytes are written at once


class SharedClock:
    """The time that the machine believes in, in a mapped file: what a killed process slept is not forgotten."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(_COUNT.size))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _COUNT.size)

    def now(self) -> datetime:
        return _SINCE + timedelta(microseconds=_COUNT.unpack_from(self._shared)[0])

    def set(self, at: datetime) -> None:
        _COUNT.pack_into(self._shared, 0, (at - _SINCE) // timedelta(microseconds=1))

    async def sleep(self, seconds: float) -> None:
        """Takes no time but the clock's. Those that sleep at once sleep beside each other, not one after the other."""
        until = self.now() + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        if until > self.now():
            self.set(until)
