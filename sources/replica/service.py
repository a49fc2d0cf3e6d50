"""What a chat service is to the sink: where it listens, how it reads a message, how it says yes and no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sources.replica.wire import Answer, Request


class Malformed(ValueError):
    """The body is not what the service takes; `code` where it has one of its own for that."""

    def __init__(self, words: str = "", code: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """What a request would send: to which robot or device, its readable text, and the whole payload."""

    token: str
    text: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """More than `count` accepted messages within `window` are refused with `code`, then all for `lock`."""

    count: int
    window: timedelta
    code: int
    lock: timedelta = timedelta(0)


class Service:
    """One chat service. Subclasses say where it listens, how its body is read and how it answers."""

    name: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    codes: ClassVar[Mapping[int, str]]
    """What it can refuse with, and the words it says."""
    malformed: ClassVar[int]
    keyword_code: ClassVar[int | None] = None
    rates: ClassVar[tuple[Rate, ...]] = ()
    longest: ClassVar[tuple[int, int] | None] = None
    """Bytes of text that it takes, and the code beyond."""

    def serves(self, host: str) -> bool:
        return host in self.hosts

    def read(self, request: Request) -> Message | None:
        """The message in a request; None when nothing of the service is at this address. Raises Malformed."""
        raise NotImplementedError

    def other(self, request: Request) -> Answer | None:
        """The answer to a request that sends nothing, such as Telegram's getMe."""
        return None

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        """The answer to the `number`th accepted message."""
        raise NotImplementedError

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        raise NotImplementedError

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        """The code and words with which the service refuses the message for its size, if it does."""
        if self.longest and len(message.text.encode("utf-8", "surrogatepass")) > self.longest[0]:
            return self.longest[1], self.codes[self.longest[1]]
        return None

    def called(self, message: Message) -> tuple[str, ...]:
        """Whom the message calls, as the service reads it: people by their ids, `all` for the whole group."""
        return ()

    def signed(self, request: Request, message: Message, secret: str, at: datetime) -> bool:
        """Whether the request carries the signature that the secret asks for."""
        return True


def gathered(value: object, keys: tuple[str, ...]) -> str:
    """Every string under one of the keys, in reading order, a line each."""
    found: list[str] = []

    def walk(node: object, key: str) -> None:
        if isinstance(node, dict):
            for name, inner in node.items():
                walk(inner, name)
        elif isinstance(node, list):
            for inner in node:
                walk(inner, key)
        elif isinstance(node, str) and key in keys and node:
            found.append(node)

    walk(value, "")
    return "\n".join(found)


def fields_of(request: Request) -> dict[str, Any]:
    """The body as fields. Raises Malformed when it is neither JSON nor a form."""
    try:
        return request.fields
    except ValueError as error:
        raise Malformed(str(error)) from error
