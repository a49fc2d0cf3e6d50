"""What can be wrong with an outlet. A fault stands before the page: it answers itself, or lets the page be served and
changes the answer. Several may stand before one host; the one set last is asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from sources.replica.wire import Answer, Request, plain

Serve = Callable[[], Answer]


class Fault(Protocol):
    def apply(self, request: Request, serve: Serve) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Fail:
    """Answers with a status, and with Retry-After when it is given (seconds, or an HTTP date)."""

    status: int
    retry_after: str = ""

    def apply(self, request: Request, serve: Serve) -> Answer:
        headers = (("Retry-After", self.retry_after),) if self.retry_after else ()
        return replace(plain(f"{self.status}\n", status=self.status), headers=headers)


@dataclass(frozen=True, slots=True)
class Instead:
    """Serves another page: a challenge, a redesign."""

    page: Callable[[], Answer]

    def apply(self, request: Request, serve: Serve) -> Answer:
        return self.page()


@dataclass(frozen=True, slots=True)
class Reset:
    """Resets the connection after so many bytes of the body; 0: before any byte."""

    after: int = 0

    def apply(self, request: Request, serve: Serve) -> Answer:
        return replace(serve(), cut=self.after)


@dataclass(frozen=True, slots=True)
class Slow:
    """Waits before the first byte, then lets the body trickle over `drip` seconds."""

    seconds: float
    drip: float = 0.0

    def apply(self, request: Request, serve: Serve) -> Answer:
        return replace(serve(), wait=self.seconds, drip=self.drip)


@dataclass(frozen=True, slots=True)
class NoValidators:
    """Gives neither ETag nor Last-Modified, as many hosts do."""

    def apply(self, request: Request, serve: Serve) -> Answer:
        return replace(serve(), modified=None)


@dataclass(slots=True)
class Standing:
    """A fault with where it stands and how often it still strikes; `left` None: until it is lifted."""

    fault: Fault
    host: str
    path: str
    left: int | None

    def strikes(self, request: Request) -> bool:
        return request.host == self.host and request.path.startswith(self.path) and self.left != 0
