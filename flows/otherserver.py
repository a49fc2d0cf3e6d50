"""`tanma serve` on a Prefect server that is not ours: what is done when that server is lost, and when it is back.

Prefect's runner gives up on a server after a few questions without an answer, with a trace for each of its parts; and when
the server comes back with an empty database, it goes on asking for runs of deployments that are no more. So the server is
watched here: when it is lost, the runner is ended, that is said once, and when it is back all is made anew.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from flows.config import Config
from flows.server import answers, trouble_with
from flows.session import utc_now
from flows.watchdog import last_collected, tell_silence
from sources.address import redact
from sources.errors import TanmaError

LOOK_EVERY = 5.0  # seconds
LOST_AFTER = 15.0  # seconds without a good answer: restarts are quicker, and the runner gives up after 40
_STOP = (signal.SIGTERM, signal.SIGINT)

Say = Callable[[str], None]


class ServerLost(TanmaError):
    """The server does not answer any more, or knows nothing of our deployments; the message says which."""


async def until_lost(api: str) -> str:
    """Return, in words, when the server has been of no use for a while: silent, or not letting us in."""
    lost, trouble = 0.0, None
    while lost < LOST_AFTER:
        await asyncio.sleep(LOOK_EVERY)
        trouble = await asyncio.to_thread(trouble_with, api)
        lost = lost + LOOK_EVERY if trouble else 0.0
    return f"the Prefect server at {redact(api)} {trouble}"


async def through_losses(run: Callable[[bool], Awaitable[None]], config: Config, api: str, say: Say) -> None:
    """Run the schedules until told to stop, anew each time that the server was lost and is back.

    `run` is told whether it is not the first time. Raises what it raises, when the server is there all the same.
    """
    again, handlers = False, {word: signal.getsignal(word) for word in _STOP}
    while True:
        # Its end made Prefect silent (flows.serve).
        logging.getLogger("prefect").setLevel(os.environ.get("PREFECT_LOGGING_LEVEL", "WARNING").upper())
        try:
            await run(again)
        except Exception as error:
            trouble = await asyncio.to_thread(trouble_with, api)
            if not isinstance(error, ServerLost) and not trouble:
                raise
            why = error if isinstance(error, ServerLost) else f"the Prefect server at {redact(api)} {trouble}"
            say(f"{why}; nothing is collected until it is back")
        else:
            return
        if not await _is_back(config, api, handlers):
            return
        say(f"the Prefect server at {redact(api)} answers: the deployments are made anew")
        again = True


async def _is_back(config: Config, api: str, handlers: Mapping[signal.Signals, Any]) -> bool:
    """Wait for the server; False when told to stop meanwhile. Ops hears when that takes long. `handlers`: who hears of
    signals afterwards."""
    stop, loop, lost_at = asyncio.Event(), asyncio.get_running_loop(), utc_now()
    for word in _STOP:
        loop.add_signal_handler(word, stop.set)
    while not stop.is_set() and not await asyncio.to_thread(answers, api):
        with suppress(Exception):  # whoever waits must not fall over what it says of that
            await tell_silence(config, last_collected(config.warehouse) or lost_at)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY)
    for word, handler in handlers.items():
        loop.remove_signal_handler(word)
        signal.signal(word, handler)
    return not stop.is_set()
