"""What is sent, and what a channel takes. Plain values; nothing here does I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # the configuration is read without a database
    from warehouse.alertviews import AlertView
from warehouse.rules import Severity

# How a body is written. `markdown`: as chats read it, where a line break is one; `commonmark`: by the book; `telegram`
# and `mail`: HTML, with Telegram's few tags and as in a mail. The others are the dialects of these services.
Form = Literal[
    "terminal", "text", "markdown", "discord", "commonmark", "dingtalk", "wecom", "feishu", "slack", "telegram", "mail"
]
Unit = Literal["bytes", "characters", "json", "json-utf8"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a channel takes it, and the alerts that it tells.

    `body` is complete by itself unless the channel shows a title of its own (Limit.title); then it is not repeated.
    `mention`: who is called, as the service names people; the body holds what calls them where that is in the body.
    """

    title: str
    body: str
    form: Form = "text"
    alerts: tuple[AlertView, ...] = ()
    severity: Severity = "info"
    mention: tuple[str, ...] = ()

    @property
    def alert_ids(self) -> tuple[str, ...]:
        return tuple(view.alert_id for view in self.alerts)


@dataclass(frozen=True, slots=True)
class Template:
    """How a user wants a story told: the first line and those below it, fields in braces (flows/channels/templates)."""

    head: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a channel takes in one message, in which form, and how many messages a minute and second (None: any number).

    `unit` bytes: of UTF-8. characters: UTF-16 units, as Telegram counts (an emoji is two), never fewer than code
    points. json: bytes of the text as an ASCII JSON string, for services that measure the request that Apprise posts,
    where a Chinese character takes six; json-utf8: the same with Chinese as it is. `title`: characters of a title of
    its own, 0 when the service shows none. `newline`: how a line break of the body is written in the end. `phones`:
    the limit of the form in which people can be called by phone number, where this one cannot. `template`: the user's
    own, for this form.
    """

    size: int
    unit: Unit = "bytes"
    form: Form = "text"
    title: int = 0
    per_minute: int | None = None
    per_second: int | None = None
    newline: str = "\n"
    phones: Limit | None = None
    template: Template | None = None

    def written(self, body: str) -> str:
        """A body with the line breaks of the form."""
        return body if self.newline == "\n" else body.replace("\n", self.newline)

    def measure(self, text: str) -> int:
        """How much of `size` a text takes."""
        text = self.written(text)
        if self.unit == "bytes":
            return len(text.encode("utf-8", "replace"))
        if self.unit == "json":
            return len(json.dumps(text)) - 2
        if self.unit == "json-utf8":
            return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2
        return len(text.encode("utf-16-le", "replace")) // 2


class Channel(Protocol):
    """An open channel. `name` is the one in tanma.yaml."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> Limit: ...

    def send(self, message: Message) -> None:
        """Return when the channel accepted the message by its own answer. Raises ChannelBusy, ChannelRefused."""
