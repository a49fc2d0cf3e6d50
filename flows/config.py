"""tanma.yaml: from the file to the values that everything else works with.

The sections are read one by one, so that a slip in one does not hide what is wrong in another. What each key takes
stands in flows.configkeys; how problems are worded, in flows.yamlfile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from flows.channels.message import Form, Template
from flows.channels.templates import read_templates
from flows.configkeys import (
    DEFAULT_WATCHLIST,
    BackupKeys,
    General,
    KeepKeys,
    Language,
    Network,
    SourceItem,
    read_name,
    read_text,
)
from flows.durations import read_duration
from flows.rulefile import RuleReader
from flows.yamlfile import Document, known_keys, nearest, read_yaml
from flows.yamltree import KeyPath
from sources.address import refusal
from sources.article import Kind
from sources.errors import ConfigError, TanmaError
from sources.network import NetworkSettings
from sources.source import Option, Source, registry
from warehouse.keep import Keep
from warehouse.pace import Bounds
from warehouse.rules import Rule

TERMINAL = "terminal"
OPS = "ops"
REMEDY = "`tanma init` writes an example"

_SECTIONS = ("network", "keep", "backup", "sources", "channels", "alerts")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One item of `sources:`. Options may hold secrets, hence are not in its repr. It is read after `every` at the
    latest, after `soonest` when it is busy; both are the same for a fixed interval."""

    id: str
    use: str
    outlet: str
    every: timedelta
    soonest: timedelta
    recheck: tuple[timedelta, ...] | None  # None: as Config.recheck says
    options: Mapping[str, object] = field(repr=False)

    @property
    def bounds(self) -> Bounds:
        """What paces its reads."""
        return Bounds(self.soonest, self.every)

    def make(self) -> Source:
        """The source itself."""
        return registry()[self.use](id=self.id, outlet=self.outlet, **self.options)


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """How many backups `tanma tidy` keeps (0: it makes none), and how old the newest may become."""

    keep: int
    every: timedelta


@dataclass(frozen=True, slots=True)
class Config:
    """tanma.yaml as read. Paths are absolute; `channels` holds `terminal` too, as `terminal://`; `tidy` and
    `heartbeat` are forms of warehouse.schedule, None: never."""

    file: Path
    warehouse: Path
    timezone: ZoneInfo
    language: Language
    watchlist: Path
    recheck: tuple[timedelta, ...]
    network: NetworkSettings = field(repr=False)
    sources: tuple[SourceConfig, ...]
    channels: Mapping[str, SecretStr]
    rules: tuple[Rule, ...]
    keep: Keep
    backup: BackupPolicy
    tidy: str | None
    templates: Mapping[Form, Template]
    heartbeat: str | None
    metrics: Path | None

    def make_sources(self) -> list[Source]:
        """The configured sources, in the order of the file."""
        return [source.make() for source in self.sources]

    def rechecks_of(self, source_id: str) -> tuple[timedelta, ...]:
        """The ages at which an article of this source is looked at again; none when it is not."""
        own = next((source.recheck for source in self.sources if source.id == source_id), None)
        return self.recheck if own is None else own

    def channel_url(self, name: str) -> str:
        """The Apprise URL of a channel: a secret. Raises KeyError for a name that is not in `channels`."""
        return self.channels[name].get_secret_value()


@dataclass(frozen=True, slots=True)
class ConfigReading:
    """A tanma.yaml and what is wrong with it; `config` is None when anything is.

    `watchlist`: where the other file is, as far as could be read. `words`: what stands under the `for` of rules, and
    where; only the watchlist knows whether it exists. Until then it stands in Rule.groups: see flows.selection.
    """

    document: Document
    config: Config | None
    watchlist: Path
    words: tuple[tuple[KeyPath, str], ...]


def load_config(path: Path, env: Mapping[str, str]) -> Config:
    """Read tanma.yaml; `${NAME}` takes a variable of `env`. Raises ConfigError with every problem found."""
    reading = read_config(path, env)
    if reading.config is None:
        raise ConfigError(reading.document.in_order())
    return reading.config


def read_config(path: Path, env: Mapping[str, str]) -> ConfigReading:
    """As `load_config`, with the problems beside what could be read.

    Raises ConfigError when nothing could: no file, no YAML.
    """
    document = read_yaml(path, remedy=REMEDY)
    return _Reader(document, env).read(path)


class _Reader:
    """Reads one document, section by section, and notes its problems in it."""

    def __init__(self, document: Document, env: Mapping[str, str]) -> None:
        self._document = document
        self._data: Any = document.filled(env)

    def read(self, path: Path) -> ConfigReading:
        document, folder = self._document, path.absolute().parent
        data = {} if self._data is None else self._data
        if not isinstance(data, dict):
            document.validated(General, data, ())
            return ConfigReading(document, None, folder / DEFAULT_WATCHLIST, ())
        for key in data:
            if key not in (*known_keys(General), *_SECTIONS):
                document.unknown_key((key,), (*known_keys(General), *_SECTIONS))
        general = document.validated(General, {k: v for k, v in data.items() if k in known_keys(General)}, ())
        network = document.validated(Network, self._section("network", dict), ("network",))
        keep = document.validated(KeepKeys, self._section("keep", dict), ("keep",))
        backup = document.validated(BackupKeys, self._section("backup", dict), ("backup",))
        sources = self._sources()
        channels = self._channels()
        usual = tuple(name for name in channels if name not in (TERMINAL, OPS)) or (TERMINAL,)
        reader = RuleReader(document, channels, usual)
        rules = reader.read(self._section("alerts", list))
        watchlist = folder / (general.watchlist if general else DEFAULT_WATCHLIST)
        templates: Mapping[Form, Template] = {}
        if general and general.templates:
            templates, problems = read_templates(folder / general.templates)
            document.problems += problems
        config = None
        if general and network and keep and backup and not document.problems:
            config = Config(
                file=path.absolute(),
                warehouse=folder / general.warehouse,
                timezone=general.timezone,
                language=general.language,
                watchlist=watchlist,
                recheck=tuple(general.recheck),
                network=NetworkSettings(**{key: getattr(network, key) for key in network.model_fields_set}),
                sources=tuple(sources),
                channels=MappingProxyType(channels),
                rules=tuple(rules),
                keep=_keep(keep),
                backup=BackupPolicy(backup.keep, backup.every),
                tidy=general.tidy,
                templates=templates,
                heartbeat=general.heartbeat,
                metrics=folder / general.metrics if general.metrics else None,
            )
        return ConfigReading(document, config, watchlist, tuple(reader.words))

    def _section(self, key: str, kind: type) -> Any:
        """The content of a section; an empty one, all its lines commented out, is as if it were not there."""
        found = self._data.get(key) if self._data else None
        return kind() if found is None else found

    def _sources(self) -> list[SourceConfig]:
        items = self._section("sources", list)
        if not isinstance(items, list):
            self._document.problem(("sources",), "expected a list: `- 36kr`, one source a line")
            return []
        sources: list[SourceConfig] = []
        lines: dict[str, int | None] = {}
        for index, item in enumerate(items):
            path: KeyPath = ("sources", index)
            source = self._source({"use": item} if isinstance(item, str) else item, path)
            if source is None:
                continue
            if source.id in lines:
                message = f"the id {source.id} is taken in line {lines[source.id]}: give this source an `id` of its own"
                self._document.problem((*path, "id"), message)
            lines.setdefault(source.id, self._document.line(path))
            sources.append(source)
        return sources

    def _source(self, item: Any, path: KeyPath) -> SourceConfig | None:
        document, known = self._document, registry()
        if not isinstance(item, dict):
            document.validated(SourceItem, item, path)
            return None
        common = {key: value for key, value in item.items() if key in known_keys(SourceItem)}
        keys = document.validated(SourceItem, common, path)
        cls = known.get(str(item.get("use")))
        if cls is None:
            if isinstance(use := item.get("use"), str) and use.strip():
                where = (*path, "use") if document.at((*path, "use")) else path
                near = nearest(use, known)
                wish = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
                document.problem(where, f"no source is called {document.shown(where)}; {wish}")
            return None
        before = len(document.problems)
        options = self._options(cls.spec.options, item, path)
        if keys is None or len(document.problems) > before:
            return None
        source = SourceConfig(
            id=keys.id or keys.use,
            use=keys.use,
            outlet=keys.outlet or cls.spec.outlet,
            every=keys.every.latest if keys.every else cls.spec.every,
            soonest=keys.every.soonest if keys.every else cls.spec.every,
            recheck=None if keys.recheck is None else tuple(keys.recheck),
            options=MappingProxyType(options),
        )
        try:
            source.make()
        except (ValueError, TypeError, TanmaError) as error:  # a source may check its options itself
            words = str(error) or "the source does not take these options"
            key, apart, rest = words.partition(": ")
            place = (*path, key) if apart and key in item else path  # most begin with the key that they are about
            document.problem(place, rest if place is not path else words)
        return source

    def _options(self, declared: Mapping[str, Option], item: Mapping[str, Any], path: KeyPath) -> dict[str, object]:
        """What a source's own keys say, each as the type of its default: text where that is None."""
        document = self._document
        known = (*known_keys(SourceItem), *declared)
        found: dict[str, object] = {}
        for key, value in item.items():
            where = (*path, key)
            if key not in known:
                document.unknown_key(where, known)
            elif key in declared:
                try:
                    found[key] = _option(value, declared[key].default)
                    if key == "url" and (reason := refusal(str(found[key]))):
                        raise ValueError(f"expected the address of a web page or feed ({reason})")
                except ValueError as error:
                    document.problem(where, f"{error}, not {document.shown(where)}")
        for key, option in declared.items():
            if option.required and key not in item:
                document.problem(path, f"{key} is missing: expected {option.help}")
        return found

    def _channels(self) -> dict[str, SecretStr]:
        channels = {TERMINAL: SecretStr(f"{TERMINAL}://")}
        section, document = self._section("channels", dict), self._document
        if not isinstance(section, dict):
            document.problem(("channels",), "expected a name and an Apprise URL a line: `desk: ${TANMA_FEISHU_URL}`")
            return channels
        for name, url in section.items():
            path = ("channels", name)
            try:
                read_name(name)
            except ValueError as error:
                document.problem(path, f"{error}; the address stands after the name")
                continue
            if name == TERMINAL:
                document.problem(path, "this channel is always there; give yours another name")
                continue
            channels[name] = SecretStr("")
            if isinstance(url, str) and _ADDRESS.fullmatch(url.strip()):
                channels[name] = SecretStr(url.strip())
            else:
                document.problem(path, "expected an Apprise URL, such as feishu://TOKEN or ${TANMA_FEISHU_URL}")
        return channels


def _keep(keys: KeepKeys) -> Keep:
    spans = keys.model_dump()
    kinds = {kind: spans.pop(kind) for kind in get_args(Kind)}
    return Keep(**spans, kinds=MappingProxyType(kinds))


def _option(value: object, default: object) -> object:
    """A source's option as the type of its default. Raises ValueError, saying what was expected."""
    if isinstance(default, (list, tuple)):
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list):
            raise ValueError("expected a list")
        return tuple(read_text(item) for item in items)
    text = read_text(value)
    if isinstance(default, bool):
        if text.casefold() not in _TRUE + _FALSE:
            raise ValueError("expected true or false")
        return text.casefold() in _TRUE
    if isinstance(default, timedelta):
        return read_duration(text)
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except (ValueError, OverflowError):
            kind = "a whole number" if isinstance(default, int) else "a number"
            raise ValueError(f"expected {kind}") from None
    return text
