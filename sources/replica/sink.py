"""The sink: takes the messages that chat services would take, answers as they do, and remembers what it accepted."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sources.replica.messengers import Discord, Ntfy, Slack, Telegram, Webhook
from sources.replica.robots import Bark, DingTalk, Feishu, Lark, ServerChan, WeCom, WxPusher
from sources.replica.service import Malformed, Message, Service
from sources.replica.wire import Answer, Request, plain

SERVICES: tuple[Service, ...] = (
    DingTalk(),
    Feishu(),
    Lark(),
    WeCom(),
    Bark(),
    ServerChan(),
    WxPusher(),
    Telegram(),
    Slack(),
    Discord(),
    Ntfy(),
    Webhook(),
)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that a service said yes to. `called`: whom it called, `all` for a whole group."""

    service: str
    token: str
    text: str
    payload: Mapping[str, Any]
    at: datetime
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that was sent, accepted or not. `answer`: accepted, accepted and hung up, hung up, or why not."""

    service: str
    token: str
    text: str
    payload: Mapping[str, Any]
    at: datetime
    accepted: bool
    answer: str


@dataclass(slots=True)
class _Order:
    """What a service is to do with its next `left` messages; None: with all until `mend`."""

    kind: str
    left: int | None
    code: int = 0
    retry_after: int = 5
    after_accepting: bool = False
    seconds: float = 0.0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class _Security:
    keyword: str
    secret: str


class Sink:
    """All chat services at once, told apart by host; see robots.py and messengers.py for their names and codes.

    With a `journal` each accepted message is one JSON line there, on disk before the yes goes out, and what an earlier
    process accepted is read back. With `limits` the services' own limits hold: messages a minute and bytes a message.
    `clock` gives the time that limits and signatures are reckoned by.
    """

    def __init__(
        self,
        journal: Path | None = None,
        *,
        limits: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._limits = limits
        self._clock = clock
        self._services = {service.name: service for service in SERVICES}
        self._lock = threading.RLock()
        self._attempts: list[Attempt] = []
        self._orders: dict[str, list[_Order]] = {name: [] for name in self._services}
        self._security: dict[tuple[str, str], _Security] = {}
        self._locked: dict[tuple[str, str], datetime] = {}
        self._received = _read_journal(journal) if journal is not None else []

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host for service in self._services.values() for host in service.hosts)

    @property
    def received(self) -> tuple[Received, ...]:
        """What was accepted, in order, the journal's first."""
        with self._lock:
            return tuple(self._received)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Everything that was sent to this process, accepted or not."""
        with self._lock:
            return tuple(self._attempts)

    # What a service is told to do. `times` None: until `mend`.

    def refuse(self, service: str, code: int, *, times: int | None = None, retry_after: int = 5) -> None:
        """The service's own refusal. Raises ValueError for a code that it does not know."""
        codes = self._services[service].codes
        if code not in codes:
            raise ValueError(f"{service} has no refusal {code}; it has {', '.join(map(str, codes))}")
        self._order(service, _Order("refuse", times, code=code, retry_after=retry_after))

    def fail(self, service: str, http_status: int, *, times: int | None = None, retry_after: int = 0) -> None:
        """An HTTP status of the machines in between, with Retry-After when it is not 0."""
        self._order(service, _Order("fail", times, code=http_status, retry_after=retry_after))

    def hang_up(self, service: str, *, after_accepting: bool, times: int | None = 1) -> None:
        """Resets the connection without an answer; `after_accepting`: the message had arrived all the same."""
        self._order(service, _Order("hang up", times, after_accepting=after_accepting))

    def slow(self, service: str, seconds: float, *, times: int | None = None, accepting: bool = True) -> None:
        """Accepts at once and answers late; or, not `accepting`, lets the message lie and answers late that it failed."""
        self._order(service, _Order("slow", times, code=504, after_accepting=accepting, seconds=seconds))

    def garble(self, service: str, body: bytes, *, times: int | None = None) -> None:
        """Something in between answers 200 with `body`; the message never arrives."""
        self._order(service, _Order("garble", times, code=200, body=body))

    def secure(self, service: str, token: str, *, keyword: str = "", secret: str = "") -> None:
        """The robot's own safety settings: messages without the keyword or the signature are refused."""
        self._services[service]
        with self._lock:
            self._security[(service, token)] = _Security(keyword, secret)

    def mend(self, service: str | None = None) -> None:
        """Withdraws every order to a service, or to all."""
        with self._lock:
            for name in self._orders if service is None else (service,):
                self._orders[name] = []

    # The rim

    def serves(self, host: str) -> bool:
        return any(service.serves(host) for service in self._services.values())

    def respond(self, request: Request) -> Answer:
        """The answer of the service that listens on the request's host."""
        service = next(service for service in self._services.values() if service.serves(request.host))
        if other := service.other(request):
            return other
        try:
            message = service.read(request)
        except Malformed as error:
            code = error.code or service.malformed
            return service.no(code, error.words if error.code else service.codes[code], 0)
        if message is None:
            return plain(f"nothing of {service.name} is at {request.path}\n", status=404)
        with self._lock:
            return self._take(service, request, message)

    def _take(self, service: Service, request: Request, message: Message) -> Answer:
        now = self._clock()
        order = self._next_order(service.name)
        if order and order.kind == "refuse":
            return self._refused(service, message, now, order.code, retry_after=order.retry_after)
        if order and order.kind == "fail":
            self._note(service, message, now, False, f"failed {order.code}")
            headers = (("Retry-After", str(order.retry_after)),) if order.retry_after else ()
            return replace(plain(f"{order.code}\n", status=order.code), headers=headers)
        if order and order.kind == "hang up" and not order.after_accepting:
            self._note(service, message, now, False, "hung up")
            return Answer(cut=0)
        if order and (order.kind == "garble" or (order.kind == "slow" and not order.after_accepting)):
            self._note(service, message, now, False, f"answered {order.code} by another")
            return Answer(order.code, order.body, "text/html; charset=utf-8", wait=order.seconds)
        own = self._own_refusal(service, request, message, now)
        if own:
            return self._refused(service, message, now, *own)
        self._accept(service, message, now)
        if order and order.kind == "hang up":
            self._note(service, message, now, True, "accepted and hung up")
            return Answer(cut=0)
        self._note(service, message, now, True, "accepted")
        answer = service.yes(message, len(self._received), now)
        return replace(answer, wait=order.seconds) if order else answer

    def _own_refusal(
        self, service: Service, request: Request, message: Message, now: datetime
    ) -> tuple[int, str] | None:
        """The code and words with which the service refuses this message by its own rules, if it does."""
        safety = self._security.get((service.name, message.token))
        if safety and safety.secret and not service.signed(request, message, safety.secret, now):
            code = 310000 if service.name == "dingtalk" else 19021
            return code, "sign not match" if service.name == "dingtalk" else service.codes[code]
        if safety and safety.keyword and service.keyword_code and safety.keyword not in message.text:
            return service.keyword_code, service.codes[service.keyword_code]
        if not self._limits:
            return None
        if refusal := service.too_long(request, message):
            return refusal
        robot = (service.name, message.token)
        for rate in service.rates:
            if now < self._locked.get(robot, now):
                return rate.code, service.codes[rate.code]
            lately = [r for r in self._received if (r.service, r.token) == robot and r.at > now - rate.window]
            if len(lately) >= rate.count:
                self._locked[robot] = now + rate.lock
                return rate.code, service.codes[rate.code]
        return None

    def _refused(
        self, service: Service, message: Message, now: datetime, code: int, words: str = "", retry_after: int = 5
    ) -> Answer:
        self._note(service, message, now, False, f"refused {code}")
        return service.no(code, words or service.codes[code], retry_after)

    def _accept(self, service: Service, message: Message, now: datetime) -> None:
        received = Received(service.name, message.token, message.text, message.payload, now, service.called(message))
        if self._journal is not None:
            _append(self._journal, received)
        self._received.append(received)

    def _note(self, service: Service, message: Message, now: datetime, accepted: bool, answer: str) -> None:
        self._attempts.append(
            Attempt(service.name, message.token, message.text, message.payload, now, accepted, answer)
        )

    def _order(self, service: str, order: _Order) -> None:
        with self._lock:
            self._orders[service].append(order)

    def _next_order(self, service: str) -> _Order | None:
        for order in self._orders[service]:
            if order.left is None:
                return order
            if order.left > 0:
                order.left -= 1
                return order
        return None


def _append(journal: Path, received: Received) -> None:
    line = json.dumps(
        {
            "service": received.service,
            "token": received.token,
            "text": received.text,
            "payload": received.payload,
            "at": received.at.isoformat(),
            "called": received.called,
        },
        ensure_ascii=False,
    )
    with journal.open("ab") as file:
        file.write(line.encode("utf-8", "surrogatepass") + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read_journal(journal: Path) -> list[Received]:
    """What earlier processes accepted. A last line without its end was never answered with yes and is cut off."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    if not journal.exists():
        return []
    whole, end, torn = journal.read_bytes().rpartition(b"\n")
    if torn:
        with journal.open("r+b") as file:
            file.truncate(len(whole) + len(end))
    received = []
    for number, line in enumerate(whole.decode("utf-8", "surrogatepass").split("\n") if whole else [], 1):
        try:
            row = json.loads(line)
            at, called = datetime.fromisoformat(row["at"]), tuple(row.get("called", ()))
            received.append(Received(**{**row, "at": at, "called": called}))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{journal}:{number}: not a line of the sink's journal; remove the file") from error
    return received
