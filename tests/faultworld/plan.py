"""What will happen in a month, made of a seed: a list of events in order of true time, and nothing that runs.

Times are true times, aware, in UTC; what the machine's clock shows at them is another matter (`Jump`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

from faultworld.writing import NAMES, addition, story
from sources.replica.entries import Entry, article
from sources.replica.feeds import FeedSite

START = datetime(2026, 3, 2, 0, 7, tzinfo=UTC)  # a Monday, 08:07 in Shanghai: just before a heartbeat's first hour
MONTH, CALM = 30, 2  # days on which something happens, days after them to catch up
A_DAY = 40
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OUTLETS = [
    "平澜晚报",
    "梧埠早读",
    "青隰周刊",
    "竹溪来信",
    "沙洲公报",
    "鹿鸣笔记",
    "云岫评论",
    "南浦新闻",
    "柳营观察",
    "白鹭日课",
    "石湾通讯",
    "枫桥手记",
]
FORMS: tuple[Literal["rss", "atom", "rdf", "json"], ...] = ("rss", "atom", "rdf", "json")
SITES = tuple(
    FeedSite(f"outlet{number:02}.example.com", "/feed", FORMS[number % 4], outlet, f"outlet{number:02}")
    for number, outlet in enumerate(OUTLETS)
)
EVERY = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))  # each for a third of the outlets
INTERVAL = {site.host: EVERY[number * len(EVERY) // len(SITES)] for number, site in enumerate(SITES)}

Trouble = Literal["outage", "reset", "captcha", "waf", "forbidden", "layout", "silent", "hiccup", "trickle"]
LASTING: tuple[Trouble, ...] = ("outage", "reset", "captcha", "waf", "forbidden", "layout")
Killing = Literal["page", "yes", "after yes", "any moment", "publishing"]
KILLINGS: tuple[Killing, ...] = ("page", "yes", "after yes", "any moment", "publishing")
Service = Literal["feishu", "dingtalk", "wecom"]


@dataclass(frozen=True, slots=True)
class Publish:
    """`names` are the tracked names in it, `mark` that of its story; a copy of another has the same."""

    entry: Entry
    mark: str
    names: tuple[str, ...]
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    key: str
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    key: str
    status: int


@dataclass(frozen=True, slots=True)
class Befall:
    """An outlet's trouble. A hiccup and a trickle pass by themselves, all others stay until `Mend`."""

    host: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Mend:
    host: str


@dataclass(frozen=True, slots=True)
class Poll:
    """All outlets that are read at this interval."""

    every: timedelta
    killing: Killing | None = None
    chance: float = 0.0
    again: bool = False  # at once after the kill, as by systemd; else at the next poll


@dataclass(frozen=True, slots=True)
class Tidy:
    pass


@dataclass(frozen=True, slots=True)
class Service_:
    """What a chat service does from now on: refuse for good, fail in passing, answer late; or all is well again."""

    service: Service
    mood: Literal["refuses", "fails", "slow", "well"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A person sends again what failed, as `tanma alerts retry` does."""


@dataclass(frozen=True, slots=True)
class Jump:
    """The machine's clock is wrong by so much from now on."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Disk:
    """No file may grow beyond `room` bytes; None: the disk has room again."""

    room: int | None


@dataclass(frozen=True, slots=True)
class Restart:
    """The machine is started anew."""


Happening = Publish | Edit | Withdraw | Befall | Mend | Poll | Tidy | Service_ | Operator | Jump | Disk | Restart


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    what: Happening


@dataclass(frozen=True, slots=True)
class Window:
    """A lasting trouble of one outlet, that ops has to hear of."""

    host: str
    trouble: Trouble
    begins: datetime
    ends: datetime


@dataclass(slots=True)
class Plan:
    """`events` in order of time; `windows` of the lasting troubles; `asleep` from when to when the machine is."""

    seed: int
    days: int = MONTH
    events: list[Event] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    asleep: tuple[datetime, datetime] = (START, START)

    @property
    def ends(self) -> datetime:
        return START + (self.days + CALM) * DAY

    @classmethod
    def of(cls, seed: int, days: int = MONTH) -> Plan:
        """`days`: shorter than a month, for tests that are looking for one thing; fourteen at least."""
        dice = Random(seed)
        plan = cls(seed, days)
        asleep = START + (dice.uniform(15, 17) if days == MONTH else days - 5) * DAY
        plan.asleep = (asleep, asleep + 2 * DAY)
        plan.windows = list(_windows(dice, plan))
        events = [
            *_newsroom(dice, plan),
            *_troubles(dice, plan),
            *_polls(dice, plan),
            *_machine(dice, plan),
        ]
        plan.events = sorted(events, key=lambda event: event.at)
        return plan


def _newsroom(dice: Random, plan: Plan) -> Iterator[Event]:
    """Forty articles a day, one in six a copy of another outlet's; some of them edited, a few withdrawn."""
    names, told = dice.sample(NAMES, len(NAMES)), 0
    originals: list[tuple[datetime, Publish]] = []
    turns: list[str] = []  # each outlet as often as the others: one that falls silent by chance is an incident, too
    for number in range(A_DAY * plan.days):
        at = START + (number + dice.random()) * DAY / A_DAY
        recent = [made for made in originals[-80:] if HOUR <= at - made[0] <= 30 * HOUR]
        if recent and dice.random() < 1 / 6:
            _, first = dice.choice(recent)
            entry = replace(
                first.entry,
                key=f"a{number:04}",
                host=dice.choice([site.host for site in SITES if site.host != first.entry.host]),
                minutes_before=_before(at),
            )
            made = replace(first, entry=entry, copy=True)
        else:
            named = dice.random() < 0.3
            count = dice.choice((1, 1, 1, 2)) if named else 0
            written = story(dice, number, tuple(names[(told + i) % len(names)] for i in range(count)))
            told += count
            turns = turns or dice.sample([site.host for site in SITES], len(SITES))
            entry = article(f"a{number:04}", turns.pop(), written.title, written.text, minutes_before=_before(at))
            made = Publish(entry, written.mark, written.names)
            originals.append((at, made))
            left = plan.ends - at  # to be looked at again: what nobody can see any more is not asked of anybody
            if dice.random() < 0.08 and left > 4.5 * DAY:
                more = (names[(told := told + 1) % len(names)],) if dice.random() < 0.5 else ()
                yield Event(at + dice.uniform(0.7, 20) * HOUR, Edit(entry.key, addition(dice, more), more))
            elif dice.random() < 0.04 and left > 5 * DAY and not _troubled(plan.windows, entry.host, at):
                read = at + 2.2 * INTERVAL[entry.host]  # even when one poll is killed
                asleep = at < plan.asleep[1] and read > plan.asleep[0]
                if not asleep:  # else it may be gone before anybody has read it
                    gone = dice.uniform(max(at + 1.5 * DAY, read).timestamp(), (at + 2.8 * DAY).timestamp())
                    yield Event(datetime.fromtimestamp(gone, UTC), Withdraw(entry.key, dice.choice((404, 410, 200))))
        yield Event(at, made)


def _before(at: datetime) -> float:
    return (START - at) / timedelta(minutes=1)


def _troubled(windows: list[Window], host: str, at: datetime) -> bool:
    return any(one.host == host and one.begins - 4.5 * DAY < at < one.ends + 2 * DAY for one in windows)


def _windows(dice: Random, plan: Plan) -> Iterator[Window]:
    """Two lasting troubles for each outlet, far enough apart that each is over before the next; never while asleep."""
    slept = plan.asleep[0] - 2 * DAY, plan.asleep[1] + DAY / 2
    spans = ((1.5, 10), (19, 26)) if plan.days == MONTH else ((1, plan.days - 8),)
    for number, site in enumerate(SITES):
        for first, last in spans:
            while True:
                begins = START + dice.uniform(first, last) * DAY
                ends = begins + max(6 * HOUR, 2.2 * INTERVAL[site.host]) + dice.uniform(0, 6) * HOUR
                if ends < slept[0] or begins > slept[1]:
                    break
            # Waiting for an answer takes time of ours: one outlet in the month keeps us waiting.
            silent = number == 0 and last > 10
            yield Window(site.host, "silent" if silent else dice.choice(LASTING), begins, ends)


def _troubles(dice: Random, plan: Plan) -> Iterator[Event]:
    for window in plan.windows:
        yield Event(window.begins, Befall(window.host, window.trouble))
        yield Event(window.ends, Mend(window.host))
    for _ in range(plan.days * 4 // 3):
        trouble: Trouble = dice.choice(("hiccup", "hiccup", "trickle"))
        at, host = START + dice.uniform(1, plan.days) * DAY, dice.choice(SITES).host
        # In front of a lasting one it would be met instead of that, by a poll or two.
        if not any(window.host == host and window.begins <= at < window.ends for window in plan.windows):
            yield Event(at, Befall(host, trouble))


def _polls(dice: Random, plan: Plan) -> Iterator[Event]:
    polls = []
    for number, every in enumerate(EVERY):
        at = START + number * timedelta(minutes=17)
        while at < plan.ends:
            if not plan.asleep[0] <= at < plan.asleep[1]:
                polls.append((at, Poll(every)))
            at += every * dice.uniform(0.97, 1.03)
    polls += [
        (plan.asleep[1] + (1 + 3 * number) * timedelta(minutes=1), Poll(every)) for number, every in enumerate(EVERY)
    ]
    killed = dice.sample(range(len(polls)), plan.days * len(KILLINGS) // 6)
    for number, at in enumerate(killed):
        moment, poll = polls[at]
        if START + HOUR < moment < plan.ends - CALM * DAY:
            killing = KILLINGS[number % len(KILLINGS)]
            # Of a trouble that only killed polls have met, nobody can be told.
            stands = any(one.begins <= moment < one.ends and INTERVAL[one.host] == poll.every for one in plan.windows)
            again = dice.random() < 0.5 or stands
            polls[at] = moment, replace(poll, killing=killing, chance=dice.random(), again=again)
    for at, poll in polls:
        yield Event(at, poll)
    for day in range(1, plan.days + CALM):
        at = START + day * DAY - 3.5 * HOUR
        if not plan.asleep[0] <= at < plan.asleep[1]:
            yield Event(at, Tidy())


def _machine(dice: Random, plan: Plan) -> Iterator[Event]:
    """What happens to the machine and to the chat services: each once or twice in a month, at its own days."""

    def on(day: float) -> datetime:
        return START + (day * plan.days / MONTH + dice.uniform(0, 0.5)) * DAY

    yield Event(on(4), Restart())
    refused = on(6)
    yield Event(refused, Service_("feishu", "refuses"))
    yield Event(refused + 20 * HOUR, Service_("feishu", "well"))
    yield Event(refused + 20.5 * HOUR, Operator())
    ahead = on(9)
    yield Event(ahead, Jump(3 * HOUR))
    yield Event(ahead + dice.uniform(5, 9) * HOUR, Jump(timedelta(0)))
    full = on(11)
    yield Event(full, Disk(dice.choice((0, 40_000, 400_000))))
    for minutes, every in ((10, 0), (25, 1), (40, 2)):
        yield Event(full + timedelta(minutes=minutes), Poll(EVERY[every]))
    yield Event(full + HOUR, Disk(None))
    failing = on(13)
    yield Event(failing, Service_("dingtalk", "fails"))
    yield Event(failing + 20 * HOUR, Service_("dingtalk", "well"))
    slow = on(20)
    yield Event(slow, Service_("feishu", "slow"))
    yield Event(slow + 8 * HOUR, Service_("feishu", "well"))
    deaf = on(22)
    yield Event(deaf, Service_("wecom", "fails"))
    yield Event(deaf + 2 * HOUR, Service_("wecom", "well"))
    behind = on(26)
    yield Event(behind, Jump(-2 * HOUR))
    yield Event(behind + dice.uniform(5, 9) * HOUR, Jump(timedelta(0)))
