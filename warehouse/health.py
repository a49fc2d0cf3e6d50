"""How a source fares, judged by what its runs brought: plain values in, a word and its reason out. No clock, no database.

What is measured is compared with the source's own past, never with another's. A false alarm costs trust, so the
comparison is with the poorest of its usual days and not with an average (outlets rest on Sundays and at night), a
source that is not known for long is not judged, and one that brought less for weeks has found its new usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

HealthState = Literal["ok", "quiet", "low", "blocked", "layout_changed", "gone", "failing"]

WELL: frozenset[str] = frozenset({"ok", "quiet"})
USUAL = timedelta(days=28)  # what a source is compared with
MEMORY = 2 * USUAL  # what is looked at of sources that bring little in 28 days

_DAY = timedelta(days=1)
_KNOWN = timedelta(days=14)  # two weekends: before that, nobody knows how long a source is silent
_LEAST_YIELDS = 5  # runs that brought something
_LEAST_GAPS = 3
_REST = timedelta(days=14)  # a holiday; after that, and four times the longest silence before, something is wrong
_ENOUGH = 8  # articles that can tell whether a field is empty
_LEAST_HANDFULS = 5

_OF_LIST: dict[str, HealthState] = {
    "blocked": "blocked",
    "layout_changed": "layout_changed",
    "gone": "gone",
    "retry": "failing",
    "broken": "failing",
}


@dataclass(frozen=True, slots=True)
class Yield:
    """What one run got out of one source.

    `lists` were read, `unchanged` of them held what they held before, the others named `listed` articles; `new` had
    never been named by this source. `newest_at`: publication of the newest article that it ever named. `articles` were
    read, of which so many had no title, author or time; `chars` is the median length of their texts. `blocked` requests
    met a challenge or a closed door, `failed` articles could not be read.
    """

    at: datetime
    state: HealthState = "ok"
    lists: int = 0
    unchanged: int = 0
    listed: int = 0
    new: int = 0
    newest_at: datetime | None = None
    articles: int = 0
    without_title: int = 0
    without_author: int = 0
    without_time: int = 0
    chars: int = 0
    blocked: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands in the frontier after a run. `list_trouble`: (FetchError.status, message) of a required list.

    `newest`: the states of the articles that were named last. `emptied`: a list that named articles names none.
    `last_error`: the last thing that went wrong, in words.
    """

    list_trouble: tuple[str, str] | None = None
    newest: Sequence[str] = ()
    emptied: bool = False
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`day`: new articles of the last 24 hours; `usual_day`: the median of such days before, None when not known."""

    state: HealthState
    note: str
    day: int
    usual_day: float | None


@dataclass(frozen=True, slots=True)
class _Scale:
    """Windows of `span`, counted back from now, in which a source's yield is compared with its own.

    `windows` of them are looked at, of which `clean` must tell what is usual; a source is judged when the poorest of
    these brought at least `least`, so that chance alone does not make it poor.
    """

    span: timedelta
    windows: int
    clean: int
    least: int
    name: str


_SCALES = (
    _Scale(_DAY, windows=27, clean=14, least=10, name="24 hours"),
    _Scale(timedelta(days=7), windows=5, clean=3, least=9, name="7 days"),
)
# Under which part of its poorest usual window a source is low; and what is low must reach to be well again. With a
# half instead of a third, outlets whose days differ by chance alone are low five to ten times a year.
_PART, _PART_WHEN_LOW = 1 / 3, 1 / 2
_UNREAD, _UNREAD_WHEN_BAD = 1 / 2, 1 / 3


def judge(this: Yield, history: Sequence[Yield], signs: Signs) -> Verdict:
    """The state of a source after the run `this`. `history`: its earlier runs of MEMORY, oldest first.

    Its lists speak first, also one that was not asked because it failed lately; then its newest articles, when at
    least half of them cannot be read; then its yield: `low` when it is markedly poorer than ever in its usual days or
    a field is suddenly empty, `quiet` when its lists are whole and only silent for much longer than usual.
    """
    runs = [*history, this]
    usual = _usual(runs, this.at, _SCALES[0])
    day = _new(_windows(runs, this.at, _SCALES[0])[0])
    state, note = _judged(this, history, runs, signs)
    return Verdict(state, note, day, float(median(usual)) if len(usual) >= 7 else None)


def _judged(this: Yield, history: Sequence[Yield], runs: Sequence[Yield], signs: Signs) -> tuple[HealthState, str]:
    if signs.list_trouble:
        status, message = signs.list_trouble
        return _OF_LIST.get(status, "failing"), message
    unread = [status for status in signs.newest if status in _OF_LIST and status != "gone"]
    in_trouble = bool(history) and history[-1].state not in WELL and history[-1].state != "low"
    if unread and len(unread) >= len(signs.newest) * (_UNREAD_WHEN_BAD if in_trouble else _UNREAD):
        words = signs.last_error or f"{len(unread)} of {len(signs.newest)} pages cannot be read"
        return _OF_LIST[max(sorted(set(unread)), key=unread.count)], words
    already = _was_low(history)
    if already and not any(run.new for run in runs if this.at - run.at <= _SCALES[-1].span):
        return "low", f"nothing new in {_SCALES[-1].name}"  # silence is no new usual
    if history and this.at - history[0].at >= USUAL and sum(run.new > 0 for run in runs) >= _LEAST_YIELDS:
        for scale in _SCALES:
            if note := _scarce(runs, this.at, scale, already):
                return "low", note
        if note := _emptier([run for run in runs if this.at - run.at <= USUAL], already):
            return "low", note
    if note := _dead(runs, this.at):
        return "low", note
    if signs.emptied:
        return "quiet", "a list that named articles before names none"
    return ("quiet", note) if (note := _silent(runs, this.at)) else ("ok", "")


def _was_low(history: Sequence[Yield]) -> bool:
    """Whether it was low when its yield was judged last: what is low must come back further than it fell."""
    return next((run.state == "low" for run in reversed(history) if run.state in ("ok", "quiet", "low")), False)


# -- too few ----------------------------------------------------------------------------------------------------------


def _scarce(runs: Sequence[Yield], now: datetime, scale: _Scale, already: bool) -> str:
    """Why the newest window is poor, in words; empty when it is not, or when that cannot be told."""
    usual = _usual(runs, now, scale)
    if len(usual) < scale.clean or min(usual) < scale.least or _has_hole(runs, now - scale.span):
        return ""
    count = _new(_windows(runs, now, scale)[0])
    if count >= min(usual) * (_PART_WHEN_LOW if already else _PART):
        return ""
    return f"{count} new in {scale.name}, where its poorest of the weeks before had {min(usual)}"


def _usual(runs: Sequence[Yield], now: datetime, scale: _Scale) -> list[int]:
    """What the windows before the newest brought, those left out that do not tell what is usual.

    Such are: windows in whose second half nothing was read (what was missed came in the next), those of which half the
    runs were in trouble, those that were low, and the one just before, in which that may have begun.
    """
    windows = _windows(runs, now, scale)
    low = [any(run.state == "low" for run in window) for window in windows]
    return [
        _new(window)
        for back, window in enumerate(windows)
        if back > 0
        and window
        and now - back * scale.span - window[-1].at <= scale.span / 2
        and 2 * sum(run.state not in WELL for run in window) < len(window)
        and not low[back]
        and not low[back - 1]
    ]


def _windows(runs: Sequence[Yield], now: datetime, scale: _Scale) -> list[list[Yield]]:
    """Runs by window, the newest window first; a window without runs is an empty list. Those that began before the
    first run are left out: nobody knows all of them."""
    known = max(1, min(scale.windows + 1, (now - runs[0].at) // scale.span))
    found: list[list[Yield]] = [[] for _ in range(known)]
    for run in runs:
        back = (now - run.at) // scale.span
        if 0 <= back < known:
            found[back].append(run)
    return found


def _new(window: Sequence[Yield]) -> int:
    return sum(run.new for run in window)


def _has_hole(runs: Sequence[Yield], start: datetime) -> bool:
    """Whether reading paused so long that lists may have dropped what they named meanwhile."""
    read = [run for run in runs if run.state in WELL or run.state == "low"]
    gaps = [(later.at - earlier.at, later.at) for earlier, later in pairwise(read)]
    usual = sorted(gap for gap, _ in gaps)[len(gaps) // 2] if gaps else _DAY
    longest = max(_DAY, 3 * usual)
    return any(gap > longest and until > start for gap, until in gaps)


# -- fields suddenly empty --------------------------------------------------------------------------------------------


def _emptier(runs: Sequence[Yield], already: bool) -> str:
    """Which field is empty in the articles read last and was not before, in words; empty when none is."""
    handfuls = _handfuls(runs)
    if len(handfuls) < 2:
        return ""
    # What came just before a run that was low may be the beginning of it.
    low = [any(run.state == "low" for run in handful) for handful in handfuls]
    usual = [one for at, one in enumerate(handfuls) if at and not low[at] and not low[at - 1]]
    if len(usual) < _LEAST_HANDFULS:
        return ""
    newest, count = handfuls[0], sum(run.articles for run in handfuls[0])
    for name, of in (("title", "without_title"), ("author", "without_author"), ("time", "without_time")):
        share = _share(newest, of)
        before = sorted(_share(one, of) for one in usual)[len(usual) * 9 // 10]
        if share >= (0.5 if already else 0.8) and before <= 0.3:
            return f"no {name} in {share:.0%} of the last {count} articles, where that is rare"
    length, before_length = _length(newest), sorted(_length(one) for one in usual)[len(usual) // 10]
    if length < before_length / 3 * (1.5 if already else 1):
        return f"the last {count} articles have {length:.0f} characters, where its shortest had {before_length:.0f}"
    return ""


def _handfuls(runs: Sequence[Yield]) -> list[list[Yield]]:
    """Runs that read articles, newest first, put together until they are enough to tell."""
    found: list[list[Yield]] = []
    handful: list[Yield] = []
    for run in reversed(runs):
        if run.articles:
            handful.append(run)
            if sum(one.articles for one in handful) >= _ENOUGH:
                found.append(handful)
                handful = []
    return found


def _share(handful: Sequence[Yield], field: str) -> float:
    empty: int = sum(getattr(run, field) for run in handful)
    return empty / sum(run.articles for run in handful)


def _length(handful: Sequence[Yield]) -> float:
    return float(median([run.chars for run in handful for _ in range(run.articles)]))


# -- silence ----------------------------------------------------------------------------------------------------------


def _silent(runs: Sequence[Yield], now: datetime) -> str:
    """For what the source is silent much longer than it ever was, in words; empty when it is not."""
    if now - runs[0].at < _KNOWN:
        return ""
    news = [run.at for run in runs if run.new]
    changes = [run.at for run in runs if run.lists > run.unchanged]
    return _longer(news, now, "nothing new") or _longer(changes, now, "its lists are the same")


def _dead(runs: Sequence[Yield], now: datetime) -> str:
    """For what a source is silent so long that it is no rest any more, in words: for sources that bring too little for
    their windows to be compared."""
    return _longer([run.at for run in runs if run.new], now, "nothing new", least=_REST, times=4)


def _longer(moments: Sequence[datetime], now: datetime, what: str, least: timedelta = _DAY, times: int = 2) -> str:
    recent = [moment for moment in moments if moments[-1] - moment <= USUAL]
    gaps = [later - earlier for earlier, later in pairwise(recent)]
    if len(gaps) < _LEAST_GAPS:
        return ""
    silence, longest = now - moments[-1], max(gaps)
    if silence <= max(least, times * longest):
        return ""
    return f"{what} for {_span(silence)}, at most {_span(longest)} before"


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.0f} hours"
