"""Every key of tanma.yaml with its type, its default and, as the field's description, what is expected there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from flows.durations import EXPECTED, EXPECTED_HOURS, read_duration, read_hours
from flows.yamlfile import nearest
from sources.address import refusal
from warehouse.ages import INTERVALS
from warehouse.rules import DEFAULT_MAX_AGE, Quiet
from warehouse.schedule import FORMS, check_when

Language = Literal["zh", "en"]

EVERYONE = "all"
FOREVER, NEVER = "forever", "never"
LEAST_KEPT = timedelta(days=7)
EXPECTED_KEPT = f"{FOREVER}, or a span of at least {LEAST_KEPT.days}d, such as 90d"
EXPECTED_TIDY = f"{NEVER}, daily HH:MM, weekly mon HH:MM, or a cron expression of five fields"
DEFAULT_WATCHLIST = Path("watchlist.yaml")

EXPECTED_SPANS = "rising spans of time such as [1h, 6h, 24h, 72h], or [] for none"

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


def _tidy(value: object) -> object:
    if value in (None, NEVER, "off", "no", False):
        return None
    try:
        if value == "now":
            raise ValueError
        return _when(read_text(value))
    except ValueError:
        raise ValueError(f"expected {EXPECTED_TIDY}") from None


def _quiet(value: object) -> object:
    return Quiet(*read_hours(value)) if isinstance(value, str) else value


def _when(text: str) -> str:
    text = " ".join(text.split())
    check_when(text)
    return text


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


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
    recheck: Spans = Field(default=list(INTERVALS), description=EXPECTED_SPANS)
    tidy: Annotated[str | None, BeforeValidator(_tidy)] = Field(default="daily 04:30", description=EXPECTED_TIDY)


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


class SourceItem(_Keys):
    """The keys that every item of `sources:` may have; the others are those that its source declares."""

    use: Text = Field(description="the name of a source, such as 36kr or feed")
    id: Name | None = Field(default=None, description="a name of your own for this source")
    outlet: Text | None = Field(default=None, description="the name of the outlet")
    every: Annotated[Span, AfterValidator(_positive)] | None = Field(default=None, description=EXPECTED)
    recheck: Spans | None = Field(default=None, description=EXPECTED_SPANS)


class AtLeast(_Keys):
    """`at_least:` of a rule; its defaults are those of warehouse.rules.Rule."""

    confidence: float = Field(default=0.7, ge=0, le=1, allow_inf_nan=False, description="a number from 0 to 1")
    mentions: int = Field(default=1, ge=1, le=1000, description="a whole number from 1 to 1000")


class RuleItem(_Keys):
    """One item of `alerts:`."""

    name: Text | None = Field(default=None, description="a name of your own for this rule")
    groups: Names = Field(
        default=[EVERYONE], alias="for", description="`all`, or groups of the watchlist such as [大模型]"
    )
    channels: Names | None = Field(default=None, alias="to", description="names of channels such as [desk]")
    when: Annotated[Text, AfterValidator(_when)] = Field(default="now", description=FORMS)
    quiet: Annotated[Quiet, BeforeValidator(_quiet)] | None = Field(default=None, description=EXPECTED_HOURS)
    at_least: AtLeast = Field(default=AtLeast(), description="{confidence: 0.8, mentions: 2}")
    max_age: Annotated[Span, AfterValidator(_positive)] = Field(default=DEFAULT_MAX_AGE, description=EXPECTED)
