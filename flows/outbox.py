"""Delivery: what is due in the outbox goes to its channels, and what each answered is written down. No Prefect here.

    recover what a killed process left → claim one message → render → send → settle, until nothing is due

What is more than a channel's robot takes in this minute is put together: digests in the order in which it was raised,
each as long as a message may be, until there is no room left; the rest waits for `next_room`.

Each settling is a transaction of its own. A channel that asks to wait, or fails in a passing way, rests for the rest of
the pass and holds up no other. Back-off doubles from a minute to an hour, with jitter, and is never shorter than
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
from typing import get_args

from flows.channels.message import Channel, Message
from flows.channels.render import Language, render
from flows.channels.services import UNCLEAR
from flows.config import OPS
from flows.limits import Limits
from flows.ops import ops_notice
from sources.errors import ChannelBusy, ChannelError, ChannelRefused
from warehouse import incidents, outbox, receipts
from warehouse.alertviews import AlertView
from warehouse.outbox import Claim
from warehouse.rules import Rule, Severity
from warehouse.schedule import quiet_until
from warehouse.sends import Slot
from warehouse.store import Warehouse

MAX_ATTEMPTS = 80
# An answer that says neither yes nor no may have been a yes: each further try may be a repeat in the chat.
MAX_UNCLEAR = 3
# So many refusals on end are taken for the channel's, not the messages': the others stay pending for the next pass.
MAX_REFUSALS = 3

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
    """Messages of one pass by what became of them; so many stories are `waiting` for room at the channel's robot."""

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


class Delivery:
    """Delivery during one pass. `channels` by name; `ops` among them hears of failures, once per incident. `run` may be
    called again whenever alerts were raised; what rests after a failure, rests till the end. `next_room`: when a robot
    takes more of what waits for it, None when nothing waits.

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
        limits: Limits | None = None,
    ) -> None:
        self.report = DeliverReport()
        self.next_room: datetime | None = None
        self.limits = limits or Limits(wh.folder, {}, now)
        self._wh = wh
        self._channels = channels
        self._rules = {rule.name: rule for rule in rules}
        self._digests = frozenset(rule.name for rule in rules if rule.when != "now")
        self._language: Language = language
        self._timezone = timezone
        self._now = now
        self._jitter = jitter
        self._backoff = backoff
        self._resting: set[str] = set()
        self._refusals: dict[str, int] = {}
        self._told: set[str] = set()
        self._bursts: set[str] = set()
        self._apart: set[str] = set()

    async def run(self) -> None:
        """Send everything that is due now and has room. Raises WarehouseError."""
        outbox.recover(self._wh)
        self._resting |= outbox.resting(self._wh.con, self._now()).keys()
        self._bursts.clear()
        while claim := self._claim():
            channel = self._channels.get(claim.channel)
            if channel is None:
                await self._fail(claim.channel, claim.alert_ids, _not_configured(claim.channel, self._channels))
            else:
                await self._send(channel, claim)
        self._count_waiting()

    def _claim(self) -> Claim | None:
        """The next message of a channel that has room for it and a rule whose quiet hours do not last."""
        now = self._now()
        ends = {name: quiet_until(rule, now, self._timezone) for name, rule in self._rules.items() if rule.quiet}
        outbox.hold(self._wh, {name: end for name, end in ends.items() if end}, now)
        full = self._full()
        limited = [one for one in self._channels.values() if one.limit.per_minute and one.name not in full]
        if limited:
            due = outbox.due_messages(self._wh.con, self._now(), self._digests)
            by_robot: dict[str, int] = {}
            for one in limited:
                robot = self.limits.robot(one)
                by_robot[robot] = by_robot.get(robot, 0) + due.get(one.name, 0)
            for one in limited:
                room = self.limits.room(one)
                # Once begun a burst is told in digests to its end: single ones in between would look out of order.
                if room and by_robot[self.limits.robot(one)] > room[0]:
                    self._bursts.add(one.name)
        skip = self._resting | full.keys()
        return outbox.claim(self._wh, self._now(), digests=self._digests, skip=skip, bursts=self._bursts - self._apart)

    def _full(self) -> dict[str, datetime]:
        """The channels whose robots take nothing more at this moment, each with when they do."""
        rooms = {name: self.limits.room(channel) for name, channel in self._channels.items()}
        return {name: room[1] for name, room in rooms.items() if room and not room[0]}

    def _count_waiting(self) -> None:
        full = {name: at for name, at in self._full().items() if name not in self._resting}
        due = outbox.due_messages(self._wh.con, self._now(), self._digests) if full else {}
        waiting = {name: due[name] for name in full if due.get(name)}
        for name, report in self.report.channels.items():
            report.waiting = waiting.get(name, 0)
        for name, stories in waiting.items():
            self.report.channels.setdefault(name, ChannelReport()).waiting = stories
        self.next_room = min((full[name] for name in waiting), default=None)

    async def _send(self, channel: Channel, claim: Claim) -> None:
        """All messages of one claim, of a burst the first; in order. What is not tried goes back as it was."""
        try:
            messages = self._rendered(channel, claim)
        except Exception as fault:  # noqa: BLE001 - one story that cannot be put into words must not stop the others
            why = f"channel {channel.name}: internal error {type(fault).__name__} while writing the message"
            await self._fail(claim.channel, claim.alert_ids, ChannelRefused(why))
            return
        told = {alert_id for message in messages for alert_id in message.alert_ids}
        outbox.release(self._wh, [alert_id for alert_id in claim.alert_ids if alert_id not in told])
        for number, message in enumerate(messages):
            rest = [alert_id for later in messages[number:] for alert_id in later.alert_ids]
            leave = await self.limits.take(channel)
            if isinstance(leave, datetime):
                outbox.release(self._wh, rest)
                return
            answer = await self._try(channel, message, leave)
            if isinstance(answer, datetime):
                outbox.settle_sent(self._wh, message.alert_ids, answer)
                incidents.end(self._wh, "channel", claim.channel, answer)
                self._told.discard(claim.channel)
                self._refusals[claim.channel] = 0
                self._count(claim.channel, "sent")
            elif isinstance(answer, ChannelBusy) and not _hopeless(answer, claim.attempts):
                self._retry(claim, rest, answer)
                return
            elif claim.burst and len({view.story_id for view in message.alerts}) > 1:
                # Which story it minds, if it minds one, the channel does not say: they are told one by one.
                outbox.release(self._wh, rest)
                self._apart.add(claim.channel)
                return
            else:
                await self._fail(claim.channel, message.alert_ids, answer)
                if self._refusals[claim.channel] >= MAX_REFUSALS:
                    outbox.release(self._wh, rest[len(message.alert_ids) :])
                    self._resting.add(claim.channel)
                    return

    async def _try(self, channel: Channel, message: Message, leave: Slot | None) -> datetime | ChannelError:
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
        finally:
            self.limits.answered(leave)

    def _rendered(self, channel: Channel, claim: Claim) -> list[Message]:
        """Of a burst what goes into one message, which is written for it alone: it is no part of a longer one."""
        if not claim.burst or len({view.story_id for view in claim.views}) == 1:
            return self._written(channel, claim.views, claim.digest)
        name = _BURST[self._language]
        first = self._written(channel, claim.views, name)[0]
        return self._written(channel, first.alerts, name)

    def _written(self, channel: Channel, views: Sequence[AlertView], digest: str) -> list[Message]:
        """As urgent as the most urgent of the rules that ask for it, and calling all whom they call."""
        rules = [self._rules[name] for name in dict.fromkeys(view.rule for view in views) if name in self._rules]
        return render(
            views,
            channel.limit,
            language=self._language,
            timezone=self._timezone,
            now=self._now(),
            digest=digest,
            severity=max((rule.severity for rule in rules), key=get_args(Severity).index, default="info"),
            mention=list(dict.fromkeys(person for rule in rules for person in rule.mention)),
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
        if channel not in self._told and channel != OPS:
            incidents.begin(self._wh, "channel", channel, str(error), self._now())
            begun = [one for one in incidents.untold(self._wh) if (one.kind, one.subject) == ("channel", channel)]
            text = f"{error}\n{_REMEDY[self._language]}"
            if begun and await ops_notice(self._channels, text, self._language, limits=self.limits):
                incidents.mark_told(self._wh, begun, self._now())
        self._told.add(channel)
        outbox.settle_failed(self._wh, alert_ids, str(error))
        self._refusals[channel] = self._refusals.get(channel, 0) + 1
        self._count(channel, "failed", str(error))

    def _count(self, channel: str, outcome: str, error: str = "") -> None:
        report = self.report.channels.setdefault(channel, ChannelReport())
        setattr(report, outcome, getattr(report, outcome) + 1)
        if error:
            self.report.errors.append(error)
            _log.warning("%s", error)


# In the place of a rule's name.
_BURST: dict[Language, str] = {"zh": "集中到来", "en": "a burst"}
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
