"""Pacing: one request at a time per host, a pause between two, and only so many hosts at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

JITTER = 0.2  # share of the delay that may come on top, so that hosts do not see a metronome


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: datetime | None = None
    rest: timedelta = timedelta()


class Pace:
    """Gives out turns. Times come from `now`, waiting is done by `sleep`, both handed in."""

    def __init__(
        self,
        concurrency: int,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]],
        random: Random,
    ) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._now, self._sleep, self._random = now, sleep, random
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, delay: timedelta) -> AsyncIterator[None]:
        """The right to make one request to a host, not before `delay` (and up to 20 % more) after its last one ended.

        The pause is waited out before a slot is taken, so a slow host does not keep the others from theirs.
        """
        state = self._hosts.setdefault(host, _Host())
        async with state.lock:
            wait = self._pause(state, delay)
            if wait > timedelta():
                await self._sleep(wait.total_seconds())
            async with self._slots:
                try:
                    yield
                finally:
                    state.ended = self._now()

    def rest(self, host: str, wish: timedelta) -> None:
        """Keeps the next turn of a host back for as long as it wished for (Retry-After, back-off)."""
        self._hosts.setdefault(host, _Host()).rest = wish

    def _pause(self, state: _Host, delay: timedelta) -> timedelta:
        rest, state.rest = state.rest, timedelta()
        if state.ended is None:
            return rest
        pause = max(delay * (1 + JITTER * self._random.random()), rest)
        # A clock that was set back must not turn a pause of seconds into one of hours.
        return min(pause, pause - (self._now() - state.ended))
