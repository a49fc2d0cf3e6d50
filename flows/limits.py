"""What each channel's robot takes a minute, over all channels, runs and processes that send to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from flows.channels.message import Channel
from warehouse.sends import Sends, Slot, Window

_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_PATIENCE = 10  # pauses of at most a second, while others send to the same robot

# Robots that are known by their token alone: what else an address holds (people to call, a form, a secret to sign with)
# makes no other robot of it. Schemes of Apprise, and the addresses that the services themselves hand out.
_TOKEN_IS_HOST = frozenset({"dingtalk", "feishu", "lark", "wecombot"})
_NATIVE = {
    "oapi.dingtalk.com": ("dingtalk", "access_token"),
    "qyapi.weixin.qq.com": ("wecombot", "key"),
    "open.feishu.cn": ("feishu", ""),
    "open.larksuite.com": ("lark", ""),
}


def robot_of(url: str) -> str:
    """One text for all addresses of the same robot: a secret, as the address is."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.netloc.rpartition("@")[2]
    if scheme in ("http", "https") and host in _NATIVE:
        scheme, name = _NATIVE[host]
        last = parts.path.rstrip("/").rpartition("/")[2]
        return f"{scheme}://{parse_qs(parts.query).get(name, [''])[0] if name else last}"
    if scheme in _TOKEN_IS_HOST:
        return f"{scheme}://{host}"
    own = f"?{parts.query}" if scheme in ("http", "https") else ""
    return f"{re.sub('s$', '', scheme)}://{host}{parts.path.rstrip('/')}{own}"


class Limits:
    """Leave to send, from the book that all runs of this warehouse's folder keep.

    `urls`: the channels' addresses; a channel without one is a robot of its own. `sleep` waits by the clock of `now`.
    """

    def __init__(
        self,
        folder: Path,
        urls: Mapping[str, str],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._sends = Sends(folder)
        self._robots = {name: self._sends.robot(robot_of(url)) for name, url in urls.items()}
        self._now = now
        self._sleep = sleep

    def robot(self, channel: Channel) -> str:
        """The name of the robot behind it: equal for channels that share one."""
        if channel.name not in self._robots:
            self._robots[channel.name] = self._sends.robot(channel.name)
        return self._robots[channel.name]

    def room(self, channel: Channel) -> tuple[int, datetime] | None:
        """How many messages its robot takes in this minute, and from when on it takes the next; None: any number."""
        per_minute = channel.limit.per_minute
        if per_minute is None:
            return None
        return self._sends.room(self.robot(channel), [(per_minute, _MINUTE)], self._now())

    async def take(self, channel: Channel) -> Slot | datetime | None:
        """Leave to send one message now, or when there may be room; None: there is no limit to keep.

        What a limit per second asks for is waited for here.
        """
        windows = _windows(channel)
        for _ in range(_PATIENCE if windows else 0):
            now = self._now()
            leave = self._sends.take(self.robot(channel), windows, now)
            if isinstance(leave, Slot) or leave - now > _SECOND:
                return leave
            await self._sleep((leave - now) / _SECOND)
        return leave if windows else None

    def answered(self, slot: Slot | None) -> None:
        """The robot has answered the message that this was the leave for."""
        if slot is not None:
            self._sends.answered(slot, self._now())


def _windows(channel: Channel) -> list[Window]:
    per_minute, per_second = channel.limit.per_minute, channel.limit.per_second
    found = [] if per_minute is None else [(per_minute, _MINUTE)]
    return found if per_second is None else [*found, (per_second, _SECOND)]
