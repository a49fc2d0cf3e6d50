"""What is sent, and what a channel takes. Plain values; nothing here does I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, Protocol

from warehouse.outbox import AlertView

Form = Literal["terminal", "text", "markdown"]
Unit = Literal["bytes", "characters", "json"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a channel takes it, and the alerts that it tells.

    `body` is complete by itself unless the channel shows a title of its own (Limit.title); then it is not repeated.
    """

    title: str
    body: str
    form: Form = "text"
    alerts: tuple[AlertView, ...] = ()

    @property
    def alert_ids(self) -> tuple[str, ...]:
        return tuple(view.alert_id for view in self.alerts)


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a channel takes in one message, in which form, and how many messages a minute and second (None: any number).

    `unit` bytes: of UTF-8. characters: UTF-16 units, as Telegram counts (an emoji is two), never fewer than code
    points. json: bytes of the text as an ASCII JSON string, for services that measure the request that Apprise posts,
    where a Chinese character takes six. `title`: characters of a title of its own, 0 when the service shows none.
    """

    size: int
    unit: Unit = "bytes"
    form: Form = "text"
    title: int = 0
    per_minute: int | None = None
    per_second: int | None = None

    def measure(self, text: str) -> int:
        """How much of `size` a text takes."""
        if self.unit == "bytes":
            return len(text.encode("utf-8", "replace"))
        if self.unit == "json":
            return len(json.dumps(text)) - 2
        return len(text.encode("utf-16-le", "replace")) // 2


class Channel(Protocol):
    """An open channel. `name` is the one in tanma.yaml."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> Limit: ...

    def send(self, message: Message) -> None:
        """Return when the channel accepted the message by its own answer. Raises ChannelBusy, ChannelRefused."""
