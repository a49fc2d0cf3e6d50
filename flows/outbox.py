"""Delivery: what is due in the outbox goes to its channels, and what each answered is written down. No Prefect here.

    recover what a killed process left → claim one message → render → send → settle, until nothing is due

Each settling is a transaction of its own. A channel that asks to wait, or fails in a passing way, rests for the rest
of the pass and holds up no other. Back-off doubles from a minute to an hour, with jitter, and is never shorter than
what the service asks for; a message is given up after MAX_ATTEMPTS, which is more than three days of trying, and then
`failed`: ops hears of it, and `tanma alerts retry` sends it when all is well again. Nothing is ever dropped.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from flows.channels.message import Channel, Message
from flows.channels.render import Language, render
from flows.channels.services import UNCLEAR
from flows.channels.text import clip, neutral
from flows.config import OPS
from sources.errors import ChannelBusy, ChannelError, ChannelRefused
from warehouse import outbox, receipts
from warehouse.outbox import Claim
from warehouse.rules import Rule
from warehouse.store import Warehouse

MAX_ATTEMPTS = 80
# An answer that says neither yes nor no may have been a yes: each further try may be a repeat in the chat.
MAX_UNCLEAR = 3
# So many refusals on end are taken for the channel's, not the messages': the others stay pending for the next pass.
MAX_REFUSALS = 3

_MINUTE = timedelta(minutes=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """`first` delay, doubled with every failure up to `most`, and up to `spread` of it more by jitter."""

    first: timedelta = timedelta(minutes=1)
    most: timedelta = timedelta(hours=1)
    spread: float = 0.25

    def delay(self, failures: int, jitter: float) -> timedelta:
        """After so many failures (from 1). `jitter` from 0 to 1."""
        doubled = self.first * (1 << min(failures - 1, 20))
        return min(doubled, self.most) * (1 + self.spread * jitter)


@dataclass(slots=True)
class ChannelReport:
    """Messages of one pass by what became of them; `waiting` were held back for the channel's limit per minute."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(slots=True)
class DeliverReport:
    """One pass. `errors` has one line for each message that was not accepted; none holds a secret."""

    channels: dict[str, ChannelReport] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(channel.sent for channel in self.channels.values())

    @property
    def retried(self) -> int:
        return sum(channel.retried for channel in self.channels.values())

    @property
    def failed(self) -> int:
        return sum(channel.failed for channel in self.channels.values())

    @property
    def waiting(self) -> int:
        return sum(channel.waiting for channel in self.channels.values())


async def ops_notice(channels: Mapping[str, Channel], text: str, language: Language, *, mended: bool = False) -> bool:
    """Tell the ops channel, when there is one; whether it accepted. Lines of `text` may hold words from outside."""
    channel = channels.get(OPS)
    if channel is None:
        return False
    limit = channel.limit
    titles = {"zh": ("探马：需要处理", "探马：已恢复"), "en": ("Tanma: needs attention", "Tanma: mended")}
    title = titles[language][mended]
    lines = [neutral(line, limit.form) for line in text.splitlines()]
    body = clip("\n".join([*([] if limit.title else [title]), *lines]), limit.size, limit)
    try:
        await asyncio.to_thread(channel.send, Message(title=title, body=body, form=limit.form))
    except ChannelError as error:
        _log.warning("ops could not be told: %s", error)
        return False
    return True


class Delivery:
    """Delivery during one pass. `channels` by name; `ops` among them hears of failures, once per incident. `run` may be called again whenever alerts were raised; what rests, rests till the end.

    Messages are sent in a thread, so that fetching goes on meanwhile; the warehouse is touched from the caller's
    thread alone. One `run` at a time.
    """

    def __init__(
        self,
        wh: Warehouse,
        channels: Mapping[str, Channel],
        rules: Sequence[Rule],
        *,
        language: Language,
        timezone: tzinfo,
        now: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
        backoff: Backoff = Backoff(),
    ) -> None:
        self.report = DeliverReport()
        self._wh = wh
        self._channels = channels
        self._digests = frozenset(rule.name for rule in rules if rule.when != "now")
        self._language: Language = language
        self._timezone = timezone
        self._now = now
        self._jitter = jitter
        self._backoff = backoff
        self._resting: set[str] = set()
        self._refusals: dict[str, int] = {}
        self._told: set[str] = set()
        self._tries: dict[str, list[datetime]] = {}

    async def run(self) -> None:
        """Send everything that is due now. Raises WarehouseError."""
        outbox.recover(self._wh)
        start = self._now()
        self._resting |= outbox.resting(self._wh.con, start).keys()
        self._tries = outbox.recent_sends(self._wh.con, start - _MINUTE)
        while claim := outbox.claim(self._wh, self._now(), digests=self._digests, skip=self._resting):
            channel = self._channels.get(claim.channel)
            if channel is None:
                await self._fail(claim.channel, claim.alert_ids, _not_configured(claim.channel, self._channels))
            else:
                await self._send(channel, claim)

    async def _send(self, channel: Channel, claim: Claim) -> None:
        """All messages of one claim, in order; what is not tried goes back as it was."""
        try:
            messages = self._rendered(channel, claim)
        except Exception as fault:  # noqa: BLE001 - one story that cannot be put into words must not stop the others
            why = f"channel {channel.name}: internal error {type(fault).__name__} while writing the message"
            await self._fail(claim.channel, claim.alert_ids, ChannelRefused(why))
            return
        for number, message in enumerate(messages):
            rest = [alert_id for later in messages[number:] for alert_id in later.alert_ids]
            if not self._has_room(channel):
                self._put_back(claim.channel, rest, len(messages) - number)
                return
            answer = await self._try(channel, message)
            if isinstance(answer, datetime):
                outbox.settle_sent(self._wh, message.alert_ids, answer)
                self._refusals[claim.channel] = 0
                self._count(claim.channel, "sent")
            elif isinstance(answer, ChannelBusy) and not _hopeless(answer, claim.attempts):
                self._retry(claim, rest, answer)
                return
            else:
                await self._fail(claim.channel, message.alert_ids, answer)
                if self._refusals[claim.channel] >= MAX_REFUSALS:
                    self._put_back(claim.channel, rest[len(message.alert_ids) :], 0)
                    return

    async def _try(self, channel: Channel, message: Message) -> datetime | ChannelError:
        """When the channel accepted it, or why not. A yes is noted where it is heard, not when this thread has
        time for it: it may be busy for seconds with what was fetched, or be told to stop."""

        def send() -> datetime:
            channel.send(message)
            at = self._now()
            receipts.note(self._wh.folder, message.alert_ids, at)
            return at

        try:
            return await asyncio.to_thread(send)
        except ChannelError as error:
            return error
        except Exception as error:  # noqa: BLE001
            # A library's fault must not stop the other channels; its text may hold a secret.
            return ChannelRefused(f"channel {channel.name}: internal error {type(error).__name__} while sending")

    def _rendered(self, channel: Channel, claim: Claim) -> list[Message]:
        return render(
            claim.views,
            channel.limit,
            language=self._language,
            timezone=self._timezone,
            now=self._now(),
            digest=claim.digest,
        )

    def _retry(self, claim: Claim, alert_ids: Sequence[str], error: ChannelBusy) -> None:
        failures = outbox.failed_attempts(self._wh.con, claim.channel, self._digests) + claim.attempts
        delay = max(self._backoff.delay(failures, self._jitter()), error.retry_after or timedelta(0))
        outbox.settle_retry(
            self._wh, alert_ids, str(error), self._now() + delay, whole_channel=error.retry_after is not None
        )
        self._resting.add(claim.channel)
        self._count(claim.channel, "retried", str(error))

    async def _fail(self, channel: str, alert_ids: Sequence[str], error: ChannelError) -> None:
        """Ops is told first: told twice after a kill is better than never."""
        if channel not in self._told and not outbox.has_open_failure(self._wh.con, channel) and channel != OPS:
            await ops_notice(self._channels, f"{error}\n{_REMEDY[self._language]}", self._language)
        self._told.add(channel)
        outbox.settle_failed(self._wh, alert_ids, str(error))
        self._refusals[channel] = self._refusals.get(channel, 0) + 1
        self._count(channel, "failed", str(error))

    def _put_back(self, channel: str, alert_ids: Sequence[str], messages: int) -> None:
        outbox.release(self._wh, alert_ids)
        self._resting.add(channel)
        for _ in range(messages):
            self._count(channel, "waiting")

    def _has_room(self, channel: Channel) -> bool:
        """Whether the channel's limit per minute, counted over all runs, allows one more; if so, it is counted."""
        if channel.limit.per_minute is None:
            return True
        now = self._now()
        tries = [at for at in self._tries.get(channel.name, []) if at > now - _MINUTE]
        self._tries[channel.name] = tries
        if len(tries) >= channel.limit.per_minute:
            return False
        tries.append(now)
        return True

    def _count(self, channel: str, outcome: str, error: str = "") -> None:
        report = self.report.channels.setdefault(channel, ChannelReport())
        setattr(report, outcome, getattr(report, outcome) + 1)
        if error:
            self.report.errors.append(error)
            _log.warning("%s", error)


_REMEDY: dict[Language, str] = {
    "zh": "修好之后用 tanma alerts retry 重发；tanma alerts list --status failed 列出未送达的。",
    "en": "When mended, tanma alerts retry sends again; tanma alerts list --status failed shows what did not arrive.",
}


def _hopeless(error: ChannelBusy, attempts: int) -> bool:
    return attempts >= (MAX_UNCLEAR if error.code == UNCLEAR else MAX_ATTEMPTS)


def _not_configured(name: str, channels: Mapping[str, Channel]) -> ChannelRefused:
    known = ", ".join(channels) or "none"
    return ChannelRefused(
        f"channel {name} is not in the configuration any more (there are: {known}); "
        "add it again and use `tanma alerts retry`, or leave its alerts as they are"
    )
