"""What `tanma check` finds: every problem of both files, and what is allowed but likely not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flows.config import OPS, TERMINAL, Config, ConfigReading, read_config
from flows.rulefile import SECTION
from flows.selection import Selection
from flows.watchfile import WatchReading, read_watchlist
from flows.yamlfile import nearest
from flows.yamltree import KeyPath
from sources.errors import ChannelError, ConfigError, Problem, WarehouseError
from warehouse.watchlist import Entity

if TYPE_CHECKING:
    from flows.channels.send import AppriseChannel

IMPOLITE = timedelta(minutes=1)
_OUTLET_KEYS = ("outlets", "not_outlets")
_NAMED = 5  # names listed in one warning


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems` keep Tanma from running, `warnings` do not; `notes` say what is open to a source that has several ways
    to its articles. In the order of the files."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()


def check(config_path: Path, env: Mapping[str, str], now: datetime | None = None) -> CheckReport:
    """Read both files and look at each secret, channel address, group and name. Raises nothing for what it finds.

    With `now`, names that are ordinary words are looked up in the stored articles of the last weeks.
    """
    problems, config, watch = _both(config_path, env)
    warnings: list[Problem] = []
    notes: list[Problem] = []
    if config and config.config:
        notes += _way_notes(config, config.config)
        channels, unreadable = _opened(config, config.config)
        problems += unreadable
        warnings += _config_warnings(config, config.config, watch)
        warnings += _channel_warnings(config, config.config, channels)
    if watch:
        warnings += _watch_warnings(watch, config.config.warehouse if config and config.config else None, now)
    return CheckReport(tuple(problems), tuple(warnings), tuple(notes))


def load_both(config_path: Path, env: Mapping[str, str]) -> tuple[Config, tuple[Entity, ...]]:
    """tanma.yaml, its rules resolved, and its watchlist. Raises ConfigError with every problem of both, unknown words under
    `for` too."""
    problems, config, watch = _both(config_path, env)
    if problems or not config or not config.config or not watch:
        raise ConfigError(problems)
    return _resolved(config.config, watch), watch.entities


def _both(config_path: Path, env: Mapping[str, str]) -> tuple[list[Problem], ConfigReading | None, WatchReading | None]:
    try:
        config = read_config(config_path, env)
    except ConfigError as error:
        return error.problems, None, None
    try:
        watch = read_watchlist(config.watchlist, _shown(config_path, config.watchlist))
    except ConfigError as error:
        return config.document.in_order() + error.problems, config, None
    if not watch.document.problems:
        _check_words(config, watch)
    return config.document.in_order() + watch.document.in_order(), config, watch


def _shown(config_path: Path, watchlist: Path) -> str:
    """The watchlist as seen from where the configuration was named."""
    folder = config_path.absolute().parent
    return str(config_path.parent / watchlist.relative_to(folder) if watchlist.is_relative_to(folder) else watchlist)


def _check_words(config: ConfigReading, watch: WatchReading) -> None:
    selection, document = Selection(watch.entities), config.document
    for path, word in config.words:
        if why := selection.why_unknown(word, document.shown(path)):
            document.problem(path, why)


def _resolved(config: Config, watch: WatchReading) -> Config:
    selection = Selection(watch.entities)
    return replace(config, rules=tuple(map(selection.resolved, config.rules)))


def _opened(reading: ConfigReading, config: Config) -> tuple[dict[str, AppriseChannel], list[Problem]]:
    """The channels beside the terminal, by name, and what is wrong with the addresses of the others."""
    channels: dict[str, AppriseChannel] = {}
    problems: list[Problem] = []
    names = [name for name in config.channels if name != TERMINAL]
    if names:
        from flows.channels.send import AppriseChannel  # late: Apprise, which half of all users do not need

        for name in names:
            try:
                channels[name] = AppriseChannel(name, config.channel_url(name), config.network.rewrite)
            except ChannelError as error:
                problems.append(reading.document.note(("channels", name), str(error)))
    return channels, problems


def _channel_warnings(
    reading: ConfigReading, config: Config, channels: Mapping[str, AppriseChannel]
) -> Iterator[Problem]:
    note = reading.document.note
    for name, channel in channels.items():
        if channel.messages > 1:
            words = "each message goes out as {}: when one is refused, all are sent again; make channels of its targets"
            yield note(("channels", name), words.format(channel.messages))
    if any(rule.mention for rule in config.rules):
        from flows.channels.render import uncalled  # late: what is written needs what a database knows
    for index, rule in enumerate(config.rules):
        limits = [channels[name].limit for name in rule.channels if name in channels]
        if rule.mention and (some := uncalled(limits, rule.mention)):
            where = " and ".join(rule.channels)
            yield note(
                (SECTION, index, "mention"), f"messages to {where} cannot call, or have no room for: {_some(some)}"
            )


def _config_warnings(reading: ConfigReading, config: Config, watch: WatchReading | None) -> Iterator[Problem]:
    note = reading.document.note
    if not config.sources:
        yield note(("sources",), "no source is named: `tanma run` has nothing to read")
    for index, source in enumerate(config.sources):
        path: KeyPath = ("sources", index)
        if source.soonest < IMPOLITE:
            yield note((*path, "every"), "more than once a minute is more than most outlets bear")
    used = {channel for rule in config.rules for channel in rule.channels}
    for name in config.channels:
        if name not in {*used, OPS, TERMINAL}:
            yield note(("channels", name), "no rule sends to this channel")
    yield from _outlet_warnings(reading, config)
    if watch:
        yield from _whom_warnings(reading, _resolved(config, watch), watch)


def _whom_warnings(reading: ConfigReading, config: Config, watch: WatchReading) -> Iterator[Problem]:
    selection, note = Selection(watch.entities), reading.document.note
    silent = [entity.name for entity in watch.entities if not any(rule.is_for(entity) for rule in config.rules)]
    if silent:
        yield note(("alerts",), f"no rule is for these names, so they never alert: {_some(silent)}")
    for path, word in reading.words:
        if shadowed := selection.shadowed(word):
            which = " or ".join(entity.entity_id for entity in shadowed)
            yield note(path, f"{word} is taken for the group; the name alone is {which}")


def _outlet_warnings(reading: ConfigReading, config: Config) -> Iterator[Problem]:
    """Outlets of rules of which nothing is stored: a slip under `outlets` would keep all silent."""
    asked = {(index, key): getattr(rule, key) for index, rule in enumerate(config.rules) for key in _OUTLET_KEYS}
    if not any(asked.values()) or not (config.warehouse / "tanma.duckdb").exists():
        return
    from warehouse.query import open_published, run_query  # late: DuckDB, and what a scan needs
    from warehouse.scan.fold import folded

    known = [source.outlet for source in config.sources if source.outlet]
    # `tanma doctor` tells what is wrong with it.
    with suppress(WarehouseError), open_published(config.warehouse) as con:
        known += [str(outlet) for (outlet,) in run_query(con, "SELECT DISTINCT outlet FROM articles ORDER BY 1").rows]
    spellings = {*map(folded, known)}
    for (index, key), outlets in asked.items():
        for outlet in outlets:
            if folded(outlet) not in spellings:
                near = nearest(outlet, known)
                wish = f"; did you mean {near}?" if near else ""
                yield reading.document.note(
                    (SECTION, index, key), f"no stored article is of an outlet called {outlet}{wish}"
                )


def _way_notes(reading: ConfigReading, config: Config) -> Iterator[Problem]:
    """Which ways of a composite source are open, and the key that opens each of the others."""
    for index, source in enumerate(config.sources):
        ways = source.make().ways()
        if not ways:
            continue
        opened = ", ".join(way.name for way in ways if way.configured) or "nothing yet"
        shut = ", ".join(f"{way.name} ({way.remedy})" if way.remedy else way.name for way in ways if not way.configured)
        yield reading.document.note(
            ("sources", index), f"{source.id} is read through {opened}" + (f"; not configured: {shut}" if shut else "")
        )


def _watch_warnings(watch: WatchReading, warehouse: Path | None, now: datetime | None) -> Iterator[Problem]:
    from flows.wordwarnings import word_warnings  # late: the word lists are not needed to read the files
    from warehouse.scan.fold import folded

    document, words = watch.document, word_warnings(watch.entities, warehouse, now)
    if not watch.entities:
        yield document.note((), "no name is tracked: nothing will alert")
    owners: dict[str, list[int]] = defaultdict(list)
    forms = [{folded(form): form for form in reversed((entity.name, *entity.aliases))} for entity in watch.entities]
    for index, own in enumerate(forms):
        for key in own:
            owners[key].append(index)
    holders = _holders(owners)
    for index, path in enumerate(watch.paths):
        for key, form in reversed(forms[index].items()):
            if "，" in form or "、" in form:
                yield document.note(path, f"{form} holds a full-width comma: between two names goes `, `")
            if len(key) == 1:
                yield document.note(path, f"{form} is a single character, which stands in many other words")
            elif (index, key) in words:
                yield document.note(path, words[index, key])
            for other in owners[key]:
                if other < index:
                    whose = f"{watch.entities[other].entity_id} in line {document.line(watch.paths[other])}"
                    yield document.note(path, f"{form} stands for {whose} too: both will alert")
            for longer in sorted(holders.get(key, ())):
                if index not in owners[longer]:
                    owner = owners[longer][0]
                    whose = f"{forms[owner][longer]} ({watch.entities[owner].entity_id})"
                    yield document.note(path, f"{form} is part of {whose}, inside which it does not count")


def _holders(owners: Mapping[str, list[int]]) -> dict[str, set[str]]:
    """Tracked form → the longer tracked forms that hold it. Latin forms only where no letter touches them."""
    lengths = sorted({len(form) for form in owners})
    held: dict[str, set[str]] = defaultdict(set)
    for longer in owners:
        for length in lengths:
            if length >= len(longer):
                break
            for start in range(len(longer) - length + 1):
                part = longer[start : start + length]
                if part in owners and not _cuts_word(longer, start, start + length):
                    held[part].add(longer)
    return held


def _cuts_word(text: str, start: int, end: int) -> bool:
    def joined(left: str, right: str) -> bool:
        return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()

    before = start > 0 and joined(text[start - 1], text[start])
    return before or (end < len(text) and joined(text[end - 1], text[end]))


def _some(names: list[str]) -> str:
    listed = ", ".join(names[:_NAMED])
    return f"{listed} and {len(names) - _NAMED} more" if len(names) > _NAMED else listed
