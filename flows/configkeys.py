"""Every key of tanma.yaml with its type, its default and, as the field's description, what is expected there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from flows.durations import EXPECTED, EXPECTED_HOURS, read_duration, read_hours
from flows.yamlfile import nearest
from sources.address import refusal
from warehouse.ages import INTERVALS
from warehouse.rules import DEFAULT_MAX_AGE, Quiet, Severity
from warehouse.schedule import FORMS, WEEKDAYS, check_when

Language = Literal["zh", "en"]

EVERYONE = "all"
FOREVER, NEVER = "forever", "never"
LEAST_KEPT = timedelta(days=7)
EXPECTED_KEPT = f"{FOREVER}, or a span of at least {LEAST_KEPT.days}d, such as 90d"
EXPECTED_TIMES = f"{NEVER}, {FORMS.removeprefix('now, ')}"
EXPECTED_QUIET = f'{EXPECTED_HOURS}, or {{hours: "23:00-08:00", days: [sat, sun]}}'
DEFAULT_WATCHLIST = Path("watchlist.yaml")

EXPECTED_SPANS = "rising spans of time such as [1h, 6h, 24h, 72h], or [] for none"

EXPECTED_EVERY = "a span of time such as 15m, or {from: 5m, to: 2h}"
EXPECTED_DAYS = f"days of the week, {', '.join(WEEKDAYS[:-1])} or {WEEKDAYS[-1]}"
EXPECTED_OUTLETS = "names of outlets such as [36氪, 虎嗅]"
EXPECTED_PEOPLE = "people as the service knows them, by user id or phone number, such as [ou_7d8a, '13800138000']"

_PERSON = re.compile(r"[\w.@+-]{1,128}")
_CROWDS = frozenset({"all", "everyone", "everybody", "here", "channel", "group", "所有人", "全体成员"})
_NAME = re.compile(r"[\w.-]{1,64}")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")


def read_name(text: str) -> str:
    """The name of a source or channel, which stands in tables and commands. Raises ValueError."""
    if not _NAME.fullmatch(text):
        raise ValueError("expected a name of letters, digits, `_`, `-` and `.`")
    return text


def read_text(value: object) -> str:
    """A text with something in it, spaces around it taken off. Raises ValueError."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value.strip()


def _zone(name: object) -> object:
    try:
        return ZoneInfo(name) if isinstance(name, str) else name
    except (OSError, ValueError, KeyError):  # unknown names, folders of zones, names that are no paths
        near = nearest(str(name), available_timezones())
        raise ValueError("expected a time zone such as " + (near or "Asia/Shanghai")) from None


def _path(value: object) -> object:
    text = read_text(value)
    try:
        if "\0" in text:
            raise ValueError
        return Path(text).expanduser()
    except (RuntimeError, ValueError):  # RuntimeError: ~name of nobody
        raise ValueError("expected the path of a file or folder") from None


def _span(value: object) -> object:
    return read_duration(value) if isinstance(value, str) else value


def _positive(span: timedelta) -> timedelta:
    if not span:
        raise ValueError(f"expected {EXPECTED}, and more than none")
    return span


def _rising(spans: list[timedelta]) -> list[timedelta]:
    if any(later <= earlier for earlier, later in pairwise(spans)):
        raise ValueError(f"each span has to be longer than the one before it: {EXPECTED_SPANS}")
    return spans


def _every(value: object) -> object:
    if not isinstance(value, str):
        return value
    span = _positive(read_duration(value))
    return EveryKeys.model_validate({"from": span, "to": span})


def _kept(value: object) -> object:
    if value == FOREVER:
        return None
    try:
        span = read_duration(value) if isinstance(value, str) else value
    except ValueError:
        span = None
    if not isinstance(span, timedelta) or span < LEAST_KEPT:
        raise ValueError(f"expected {EXPECTED_KEPT}")
    return span


def _times(value: object) -> object:
    if value in (None, NEVER, "off", "no", False):
        return None
    try:
        if value == "now":
            raise ValueError
        return _when(read_text(value))
    except ValueError:
        raise ValueError(f"expected {EXPECTED_TIMES}") from None


def _quiet(value: object) -> object:
    if value is None:
        return QuietKeys()
    if value == {}:
        raise ValueError(f"expected {EXPECTED_QUIET}")
    return QuietKeys(hours=read_hours(value)) if isinstance(value, str) else value


def _hours(value: object) -> object:
    if value is None or isinstance(value, tuple):  # a tuple: read by _quiet
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected {EXPECTED_HOURS}")
    return read_hours(value)


def _weekday(text: str) -> str:
    if text.casefold() not in WEEKDAYS:
        raise ValueError(f"expected {EXPECTED_DAYS}")
    return text.casefold()


def _not_all(days: list[str]) -> list[str]:
    _whole_days(days)
    return days


def _whole_days(days: list[str]) -> Quiet:
    """These days quiet. Raises ValueError when they are all days of the week."""
    return Quiet(days=tuple(sorted({WEEKDAYS.index(day) for day in days})))


def _when(text: str) -> str:
    text = " ".join(text.split())
    check_when(text)
    return text


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _person(text: str) -> str:
    if not _PERSON.fullmatch(text):
        raise ValueError(f"expected {EXPECTED_PEOPLE}")
    if text.lstrip("@").casefold() in _CROWDS:
        raise ValueError(f"{text} would call everybody: name people one by one")
    return text


def _bases(rewrite: Mapping[str, str]) -> Mapping[str, str]:
    for host, base in rewrite.items():
        if not _HOST.fullmatch(host.lower()):
            raise ValueError("expected bare host names, such as rss.huxiu.com, each with a base address")
        if reason := refusal(base):
            raise ValueError(f"expected an address to stand in for {host}, but {reason}")
    return MappingProxyType(dict(rewrite))


Text = Annotated[str, BeforeValidator(read_text)]
Name = Annotated[Text, AfterValidator(read_name)]
Place = Annotated[Path, BeforeValidator(_path)]
Span = Annotated[timedelta, BeforeValidator(_span)]
Spans = Annotated[list[Annotated[Span, AfterValidator(_positive)]], AfterValidator(_rising)]
Names = Annotated[list[Text], BeforeValidator(_one_or_more), Field(min_length=1)]
People = Annotated[list[Annotated[Text, AfterValidator(_person)]], BeforeValidator(_one_or_more), Field(min_length=1)]
Days = Annotated[
    list[Annotated[Text, AfterValidator(_weekday)]], BeforeValidator(_one_or_more), AfterValidator(_not_all)
]
KeptFor = Annotated[timedelta | None, BeforeValidator(_kept)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class General(_Keys):
    """The keys at the top that are no sections."""

    warehouse: Place = Field(default=Path("data"), description="the folder of the warehouse")
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default=ZoneInfo("Asia/Shanghai"), description="a time zone such as Asia/Shanghai"
    )
    language: Language = Field(default="zh", description="zh or en")
    watchlist: Place = Field(default=DEFAULT_WATCHLIST, description="the file with the names to watch")
    templates: Place | None = Field(default=None, description="the folder with your templates of messages")
    metrics: Place | None = Field(default=None, description="the file that every run writes its metrics to")
    recheck: Spans = Field(default=list(INTERVALS), description=EXPECTED_SPANS)
    tidy: Annotated[str | None, BeforeValidator(_times)] = Field(default="daily 04:30", description=EXPECTED_TIMES)
    heartbeat: Annotated[str | None, BeforeValidator(_times)] = Field(
        default="weekly mon 09:00", description=EXPECTED_TIMES
    )


class Network(_Keys):
    """`network:`. The defaults are those of sources.network.NetworkSettings: only what the file names is handed on."""

    user_agent: Text = Field(default="", description="the text by which outlets know who asks")
    per_host_delay: Span = Field(default=timedelta(), description=EXPECTED)
    concurrency: int = Field(default=1, ge=1, le=64, description="a whole number from 1 to 64")
    obey_robots: bool = Field(default=True, description="true or false")
    rewrite: Annotated[dict[str, Text], AfterValidator(_bases)] = Field(
        default={}, description="host names, each with a base address"
    )


class KeepKeys(_Keys):
    """`keep:`: how long what stays, as warehouse.keep.Keep has it. Articles are named by their kind."""

    fetches: KeptFor = Field(default=timedelta(days=90), description=EXPECTED_KEPT)
    runs: KeptFor = Field(default=timedelta(days=365), description=EXPECTED_KEPT)
    lists: KeptFor = Field(default=timedelta(days=90), description=EXPECTED_KEPT)
    versions: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    article: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    newsflash: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    interview: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    transcript: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    post: KeptFor = Field(default=None, description=EXPECTED_KEPT)
    partial: KeptFor = Field(default=None, description=EXPECTED_KEPT)


class BackupKeys(_Keys):
    """`backup:`, which `tanma tidy` makes."""

    keep: int = Field(default=7, ge=0, le=1000, description="a whole number from 0 (no backups) to 1000")
    every: Annotated[Span, AfterValidator(_positive)] = Field(default=timedelta(days=1), description=EXPECTED)


class EveryKeys(_Keys):
    """`every:` of a source; a text alone is both."""

    soonest: Annotated[Span, AfterValidator(_positive)] = Field(alias="from", description=EXPECTED)
    latest: Annotated[Span, AfterValidator(_positive)] = Field(alias="to", description=EXPECTED)

    @field_validator("latest")
    @classmethod
    def _not_before_soonest(cls, latest: timedelta, others: ValidationInfo) -> timedelta:
        if latest < others.data.get("soonest", latest):
            raise ValueError("expected a span that is not shorter than `from`")
        return latest


class SourceItem(_Keys):
    """The keys that every item of `sources:` may have; the others are those that its source declares."""

    use: Text = Field(description="the name of a source, such as 36kr or feed")
    id: Name | None = Field(default=None, description="a name of your own for this source")
    outlet: Text | None = Field(default=None, description="the name of the outlet")
    every: Annotated[EveryKeys, BeforeValidator(_every)] | None = Field(default=None, description=EXPECTED_EVERY)
    recheck: Spans | None = Field(default=None, description=EXPECTED_SPANS)


class AtLeast(_Keys):
    """`at_least:` of a rule; its defaults are those of warehouse.rules.Rule."""

    confidence: float = Field(default=0.7, ge=0, le=1, allow_inf_nan=False, description="a number from 0 to 1")
    mentions: int = Field(default=1, ge=1, le=1000, description="a whole number from 1 to 1000")
    central: bool = Field(default=False, description="true (the article is about the name) or false")


class QuietKeys(_Keys):
    """`quiet:` of a rule; a text alone is its hours. The days are quiet as a whole, beside the hours of the others."""

    hours: Annotated[tuple[time, time], BeforeValidator(_hours)] | None = Field(
        default=None, description=EXPECTED_HOURS
    )
    days: Days = Field(default=[], description=EXPECTED_DAYS)

    @property
    def value(self) -> Quiet | None:
        """None when nothing is quiet."""
        start, end = self.hours or (time(), time())
        return replace(_whole_days(self.days), start=start, end=end) if self.hours or self.days else None


class RuleItem(_Keys):
    """One item of `alerts:`."""

    name: Text | None = Field(default=None, description="a name of your own for this rule")
    groups: Names = Field(
        default=[EVERYONE],
        alias="for",
        description="`all`, or groups, names and kinds of the watchlist such as [大模型, 杨植麟, products]",
    )
    channels: Names | None = Field(default=None, alias="to", description="names of channels such as [desk]")
    when: Annotated[Text, AfterValidator(_when)] = Field(default="now", description=FORMS)
    quiet: Annotated[QuietKeys, BeforeValidator(_quiet)] = Field(default=QuietKeys(), description=EXPECTED_QUIET)
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] | None = Field(
        default=None, description="a time zone such as Asia/Shanghai"
    )
    at_least: AtLeast = Field(default=AtLeast(), description="{confidence: 0.8, mentions: 2, central: true}")
    outlets: Names | None = Field(default=None, description=EXPECTED_OUTLETS)
    not_outlets: Names | None = Field(default=None, description=EXPECTED_OUTLETS)
    max_age: Annotated[Span, AfterValidator(_positive)] = Field(default=DEFAULT_MAX_AGE, description=EXPECTED)
    cooldown: Annotated[Span, AfterValidator(_positive)] | None = Field(default=None, description=EXPECTED)
    severity: Severity = Field(default="info", description="info, warning or urgent")
    mention: People | None = Field(default=None, description=EXPECTED_PEOPLE)
