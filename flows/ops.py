"""One message to the ops channel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from flows.channels.message import Channel
from flows.channels.render import Language, notice
from flows.config import OPS
from flows.limits import Limits
from sources.errors import ChannelError

_log = logging.getLogger(__name__)
_TITLES: dict[Language, tuple[str, str]] = {
    "zh": ("探马：需要处理", "探马：已恢复"),
    "en": ("Tanma: needs attention", "Tanma: mended"),
}


async def ops_notice(
    channels: Mapping[str, Channel],
    text: str,
    language: Language,
    *,
    mended: bool = False,
    title: str = "",
    limits: Limits | None = None,
) -> bool:
    """Tell the ops channel, when there is one; whether it accepted. Lines of `text` may hold words from outside.

    `title`: instead of the one that says that something needs attention or is `mended`.

    With `limits`, not when its robot takes no more at this moment: the next pass tells.
    """
    channel = channels.get(OPS)
    if channel is None:
        return False
    leave = await limits.take(channel) if limits else None
    if isinstance(leave, datetime):
        return False
    message = notice(title or _TITLES[language][mended], text, channel.limit)
    try:
        await asyncio.to_thread(channel.send, message)
    except ChannelError as error:
        _log.warning("ops could not be told: %s", error)
        return False
    finally:
        if limits:
            limits.answered(leave)
    return True
