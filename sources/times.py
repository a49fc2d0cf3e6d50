"""Publish times as outlets write them, read into aware datetimes.

Chinese outlets print what a reader of that minute needs (刚刚, 3小时前, 昨天 12:30, 6月14日), so a time means nothing
without `now`: the moment the page was fetched or the dump was taken. Where no zone is named, China time is meant.
Our own rules come first; dateparser is asked only for spelt-out dates they do not know, and is imported only then.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from sources.article import Precision
from sources.blocks import nfkc
from sources.chinese_dates import in_digits

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no daylight saving since 1991, and nothing before 1990 is accepted: a fixed offset is exact enough."""

GRACE = timedelta(days=1)
"""How far ahead of `now` a printed time may lie: clocks and time zones disagree by hours, never by more than a day."""

_OLDEST_YEAR = 1990
_LONGEST = 80

Reading = tuple[datetime, Precision]


@dataclass(frozen=True, slots=True)
class TimeInLine:
    """A time found inside a longer line: the moment, how precise it is, and what stood `before` and `after` it.

    `apart`: spaces or marks set it off, as in `混沌大学 3小时前`; within a phrase (`昨天凌晨开源了`) nothing does.
    """

    at: datetime
    precision: Precision
    before: str
    after: str
    apart: bool


def read_time(raw: str, *, now: datetime) -> Reading | None:
    """The moment that `raw` names, in China time, with the precision it was written in.

    None when `raw` is no time, lies more than a day after `now`, or before 1990. A date without a year is the latest
    such date that is not ahead of `now`. Of `3天前` or `2 months` the latest moment is given that the words allow.
    """
    if now.tzinfo is None:
        raise ValueError("read_time needs an aware `now`")
    text = _AFFIXES.sub("", _tidy(raw)).strip()
    if not text or len(text) > _LONGEST:
        return None
    for pattern, build in (*_IN_LINES, *_ALONE):
        if match := pattern.fullmatch(text):
            return _within(_attempt(build, match, now), now)
    return _within(_rfc822(text) or _spelt_out(text, now), now)


def time_in(line: str, *, now: datetime) -> TimeInLine | None:
    """The first time printed in a short line: `混沌大学 3小时前`, `张三 极客公园 2024年3月5日 10:11 北京`."""
    text = _tidy(line)
    if len(text) > 2 * _LONGEST:
        return None
    found: TimeInLine | None = None
    for pattern, build in _IN_LINES:
        for match in pattern.finditer(text):
            before, after = text[: match.start()], text[match.end() :]
            if (before[-1:].isalnum() and before[-1:].isascii()) or (after[:1].isdigit() and match[0][-1] != " "):
                continue
            reading = _within(_attempt(build, match, now), now)
            if reading and (found is None or len(before) < len(found.before)):
                found = TimeInLine(*reading, before.strip(), after.strip(), _apart(before, match[0], after))
                break
    return found


def _apart(before: str, time: str, after: str) -> bool:
    left = not before or not before[-1].isalnum() or before.endswith(("于", "发布", "发表", "更新", "时间", "日期"))
    right = (
        not after
        or time.endswith(" ")
        or not after[0].isalnum()
        or after.startswith(("发布", "发表", "更新", "来源", "阅读", "作者"))
    )
    return left and right


def id_time(article_id: str) -> datetime | None:
    """The moment an outlet's own id was made: a lower bound for the publish time. None when the id carries none.

    Takes `36kr:<16 digits>`, `zaker:<24 hex>`, `qq:<YYYYMMDD…>` and the bare native ids. 36氪 counts milliseconds
    from 2019-01-01 China time above 14 low bits (measured on 50 feed items); ZAKER and 小宇宙 use Mongo ObjectIds.
    """
    outlet, _, native = article_id.rpartition(":")
    if outlet in ("", "36kr") and re.fullmatch(r"[1-9]\d{15}", native):
        return _from_unix((int(native) >> 14) / 1000 + 1546272000)
    if outlet in ("", "zaker", "xiaoyuzhou") and re.fullmatch(r"[0-9a-f]{24}", native):
        return _from_unix(int(native[:8], 16))
    if outlet in ("", "qq") and (match := re.fullmatch(r"(20\d\d)(\d\d)(\d\d)[A-Z0-9]{8}", native)):
        try:
            return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=CHINA)
        except ValueError:
            return None
    return None


def _tidy(raw: str) -> str:
    return in_digits(" ".join(nfkc(raw).split()).strip(" \u200b·|,"))


def _attempt(
    build: Callable[[re.Match[str], datetime], Reading | None], match: re.Match[str], now: datetime
) -> Reading | None:
    try:
        return build(match, now.astimezone(CHINA))
    except (ValueError, OverflowError):
        return None


def _within(reading: Reading | None, now: datetime) -> Reading | None:
    if reading is None:
        return None
    try:
        at = reading[0].astimezone(CHINA)
    except (ValueError, OverflowError):
        return None
    return (at, reading[1]) if at.year >= _OLDEST_YEAR and at <= now + GRACE else None


def _from_unix(seconds: float) -> datetime | None:
    at = datetime.fromtimestamp(seconds, CHINA)
    return at if 2000 <= at.year <= 2100 else None


# Numbers and units

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


def _number(text: str) -> float:
    """`3`, `三`, `十二`, `二十五`, `半`, `a`, `one`."""
    if text.isdigit():
        return int(text)
    if text in ("半", "half"):
        return 0.5
    if text in ("a", "an", "one"):
        return 1
    tens, ten, ones = text.rpartition("十")
    if ten:
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]


_UNITS: dict[str, Precision] = {
    "秒": "second",
    "分": "minute",
    "小": "hour",
    "钟": "hour",
    "天": "day",
    "日": "day",
    "周": "day",
    "星": "day",
    "礼": "day",
    "月": "month",
    "年": "year",
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def _ago(count: float, unit: Precision, now: datetime) -> Reading | None:
    if unit in _SECONDS:
        return now - timedelta(seconds=count * _SECONDS[unit]), unit
    if count == 0.5:
        return (_months_back(now, 6), "month") if unit == "year" else (now - timedelta(days=15), "day")
    return _months_back(now, int(count) * (12 if unit == "year" else 1)), unit


def _just_now(match: re.Match[str], now: datetime) -> Reading | None:
    return now, "minute"


def _months_back(now: datetime, months: int) -> datetime:
    index = now.year * 12 + now.month - 1 - months
    year, month = divmod(index, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _chinese_ago(match: re.Match[str], now: datetime) -> Reading | None:
    count, unit = _number(match["n"]), match["unit"]
    if match["half"]:
        count += 0.5
    if match["hours"]:  # 1小时20分钟前
        return (now - timedelta(hours=int(match["hours"]), minutes=count), "minute") if unit[0] == "分" else None
    if unit[0] in "周星礼":
        count *= 7
    return _ago(count, _UNITS[unit[0]], now)


def _english_ago(match: re.Match[str], now: datetime) -> Reading | None:
    count, unit = _number(match["n"].lower()), match["unit"].lower()
    if unit.startswith("mo"):
        return _ago(count, "month", now)
    if unit.startswith("w"):
        return _ago(count * 7, "day", now)
    names: dict[str, Precision] = {"s": "second", "m": "minute", "h": "hour", "d": "day", "y": "year"}
    return _ago(count, names[unit[0]], now)


# Clock and calendar

_CLOCK = (
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|晚间|晚)? ?(?P<hour>\d{1,2})(?:[::]|时|点)(?P<minute>\d{2})?分?"
    r"(?:[::](?P<second>\d{2})(?:[.,]\d+)?)?秒? ?(?P<ampm>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|CST|[+-]\d{2}:?\d{2}))?"


def _zone(name: str | None) -> tzinfo:
    """CST beside a Chinese page is China Standard Time."""
    if name is None or name == "CST":
        return CHINA
    if name in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(name[1:3]), int(name[-2:])
    return timezone((timedelta(hours=hours, minutes=minutes)) * (-1 if name[0] == "-" else 1))


def _at(year: int, month: int, day: int, match: re.Match[str]) -> Reading:
    parts = match.groupdict()
    zone = _zone(parts.get("zone"))
    if parts.get("hour") is None:
        return datetime(year, month, day, tzinfo=zone), "day"
    hour = int(parts["hour"])
    half = (parts.get("ampm") or "").lower()[:1]
    if hour < 12 and (half == "p" or parts.get("part") in ("下午", "傍晚", "晚上", "晚间", "晚")):
        hour += 12
    elif hour == 12 and half == "a":
        hour = 0
    at = datetime(year, month, day, hour, int(parts["minute"] or 0), int(parts["second"] or 0), tzinfo=zone)
    if parts["second"]:
        return at, "second"
    return at, "minute" if parts["minute"] else "hour"


def _full_date(match: re.Match[str], now: datetime) -> Reading | None:
    year = int(match["year"])
    return _at(year + 2000 if year < 100 else year, int(match["month"]), int(match["day"]), match)


def _yearless(match: re.Match[str], now: datetime) -> Reading | None:
    for year in range(now.year, now.year - 9, -1):
        try:
            reading = _at(year, int(match["month"]), int(match["day"]), match)
        except ValueError:
            continue
        if reading[0] <= now:
            return reading
    return None


def _named_day(match: re.Match[str], now: datetime) -> Reading | None:
    back = {"今": 0, "昨": 1, "前": 2, "大": 3, "t": 0, "y": 1}[match["word"][0].lower()]
    day = now - timedelta(days=back)
    return _at(day.year, day.month, day.day, match)


def _weekday(match: re.Match[str], now: datetime) -> Reading | None:
    wanted = "一二三四五六日".index(match["day"].replace("天", "日"))
    monday = now - timedelta(days=now.weekday())
    if match["which"].startswith("上"):
        day = monday + timedelta(days=wanted - 7 * len(match["which"].rstrip("个")))
    elif match["which"]:
        day = monday + timedelta(days=wanted)
    else:
        day = now - timedelta(days=(now.weekday() - wanted) % 7)
    return None if day > now else _at(day.year, day.month, day.day, match)


_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _english_date(match: re.Match[str], now: datetime) -> Reading | None:
    return _at(int(match["year"]), _MONTH_NAMES.index(match["month"][:3].lower()) + 1, int(match["day"]), match)


def _coarse(match: re.Match[str], now: datetime) -> Reading | None:
    year, month = int(match["year"]), match["month"]
    return datetime(year, int(month or 1), 1, tzinfo=CHINA), "month" if month else "year"


def _unix(match: re.Match[str], now: datetime) -> Reading | None:
    digits = match[0]
    return datetime.fromtimestamp(int(digits) / (1000 if len(digits) == 13 else 1), CHINA), "second"


_AFFIXES = re.compile(
    r"^(?:(?:首次)?发布时间|发表时间|更新时间|发布日期|发布于|发表于|更新于|编辑于|时间|日期|发布|更新|最后更新"
    r"|(?:first )?(?:published|posted|updated|last updated)(?: time| date)?(?: on| at)?|date|time|on)\s*[::]?\s*"
    r"|\s*(?:发布|发表|更新)$",
    re.I,
)
_AMOUNT = r"(?P<n>\d{1,4}|[一二两三四五六七八九十]{1,3}|半)"
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?)"
_WEEKDAY = r"(?: (?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]?)?"
_ENGLISH_UNIT = r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|yrs?"
_Build = Callable[[re.Match[str], datetime], Reading | None]
_Rules = tuple[tuple[re.Pattern[str], _Build], ...]


def _rules(*spellings: tuple[str, _Build]) -> _Rules:
    return tuple((re.compile(pattern, re.I), build) for pattern, build in spellings)


_IN_LINES = _rules(
    (r"刚刚|刚才|just now", _just_now),
    (
        rf"(?:(?P<hours>\d{{1,2}}) ?小时 ?)?{_AMOUNT}(?: ?个 ?)?(?P<half>半)? ?(?P<unit>秒钟?|分钟|小时|钟头|天|日|周|星期|礼拜|月|年)(?:之|以)?前",
        _chinese_ago,
    ),
    (rf"(?P<word>今天|今日|昨天|昨日|大前天|前天|前日|today|yesterday),?(?: at)?(?: ?{_CLOCK})?", _named_day),
    (
        rf"(?P<year>(?:19|20)\d\d)(?P<sep>[-/.年]) ?(?P<month>\d{{1,2}})(?:(?P=sep)|月) ?(?P<day>\d{{1,2}})日?"
        rf"(?: ?\(?(?:[周週]|星期)[一二三四五六日天]\)?)?(?:[ T,]*{_CLOCK})?{_ZONE}",
        _full_date,
    ),
    (rf"(?P<year>20\d\d) (?P<month>\d\d)[-/](?P<day>\d\d) {_CLOCK}", _full_date),
    (rf"(?P<year>\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?: {_CLOCK})?", _full_date),
    (rf"(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号](?: ?{_CLOCK})?", _yearless),
    (rf"(?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}) {_CLOCK}", _yearless),
    (
        rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?{_WEEKDAY} (?P<year>(?:19|20)\d\d)(?:,?(?: at)? {_CLOCK})?{_ZONE}",
        _english_date,
    ),
    (
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH},? (?P<year>(?:19|20)\d\d)(?:,?(?: at)? {_CLOCK})?{_ZONE}",
        _english_date,
    ),
    (rf"(?P<n>\d{{1,4}}|an?|one|half) ?{_ENGLISH_UNIT}|[smhdwy]|mos?) ago", _english_ago),
)
"""Spellings that are times also inside a longer line."""

_ALONE = _rules(
    (rf"(?P<n>\d{{1,4}}|an?|one|half) ?{_ENGLISH_UNIT}|[smhdwy]|mos?)", _english_ago),
    (r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})", _yearless),
    (rf"(?P<which>上上个?|上个?|本|这个?|)(?:周|星期|礼拜)(?P<day>[一二三四五六日天])(?: ?{_CLOCK})?", _weekday),
    (r"(?P<year>(?:19|20)\d\d)(?:年|[-/年](?P<month>\d{1,2})月?)", _coarse),
    (r"[1-9]\d{9}|[1-9]\d{12}", _unix),
)
"""Spellings that are times only as the whole string: inside a line they would be counts, amounts, durations."""


def _rfc822(text: str) -> Reading | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=CHINA)), "second"


def _spelt_out(text: str, now: datetime) -> Reading | None:
    """Whole dates in other spellings, by dateparser. Day, month and year must all be there: it guesses too gladly."""
    if not re.search(r"\d", text) or not re.search(r"(?:19|20)\d\d", text):
        return None
    import dateparser

    try:
        at = dateparser.parse(
            text,
            languages=["zh", "en"],
            settings={
                "REQUIRE_PARTS": ["day", "month", "year"],
                "RELATIVE_BASE": now.astimezone(CHINA).replace(tzinfo=None),
                "TIMEZONE": "+0800",
                "RETURN_AS_TIMEZONE_AWARE": True,
            },
        )
    except (ValueError, OverflowError):
        return None
    if at is None:
        return None
    return at, "minute" if re.search(r"\d[:：]\d|点|时", text) else "day"
