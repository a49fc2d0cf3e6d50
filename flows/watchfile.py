"""watchlist.yaml: who and what is tracked, and the changes that commands make to it.

A change touches the text of the one entry it is about: every comment and every other line stays as it was, byte for
byte (see flows.watchedit). Files are replaced whole or not at all.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flows.configkeys import EVERYONE
from flows.watchcsv import read_csv
from flows.watchedit import with_entities, without_entry
from flows.yamlfile import Document, nearest, parse_yaml, read_yaml
from flows.yamltree import KeyPath, masked
from sources.errors import ConfigError, Problem
from warehouse.watchlist import Entity, EntityKind

REMEDY = "`tanma init` writes an example"

SECTIONS: dict[str, EntityKind] = {
    "people": "person",
    "companies": "company",
    "products": "product",
    "organizations": "organization",
}
SECTION_OF: dict[EntityKind, str] = {kind: section for section, kind in SECTIONS.items()}

_NOTHING = "nothing stands here; null, ~ and all after a # mean nothing in YAML: as names they go into quotes"
_WIDE_COLON = re.compile(r"\s*(name|aliases|groups|context|not|sound)\s*[:：]")
# Both spellings of YAML's truth values; they come as texts, since a name of the file may be called NO.
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def _name(value: object) -> str:
    if value is None:
        raise ValueError(_NOTHING)
    if not isinstance(value, str):
        raise ValueError("expected a text")
    text = " ".join(value.split())
    if not text:
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("holds a control character or an invisible one")
    return text


def _one_or_more(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


def _switch(value: object) -> bool:
    if not isinstance(value, str) or value.strip().casefold() not in _SWITCH:
        raise ValueError("expected on or off")
    return _SWITCH[value.strip().casefold()]


_Text = Annotated[str, BeforeValidator(_name)]
_Texts = Annotated[list[_Text], BeforeValidator(_one_or_more)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text = Field(description="the name as it mostly stands in the news")
    aliases: _Texts = Field([], description="other forms of the name, such as [Li Auto, 理想]")
    groups: _Texts = Field([], description="groups that rules can name, such as [大模型]")
    context: _Texts = Field([], description="words near which an ordinary word is this name")
    never: _Texts = Field([], alias="not", description="longer words inside which the name does not count")
    sound: Annotated[bool, BeforeValidator(_switch)] = Field(
        True, description="on, or off for a name that nothing which only sounds like it may stand for"
    )


@dataclass(frozen=True, slots=True)
class WatchReading:
    """A watchlist as far as it could be read. `paths[i]` is where `entities[i]` stands in the document."""

    document: Document
    entities: tuple[Entity, ...]
    paths: tuple[KeyPath, ...]


def load_watchlist(path: Path) -> tuple[Entity, ...]:
    """The tracked entities in the order of the file. Raises ConfigError with every problem found."""
    return _sound(read_watchlist(path)).entities


def read_watchlist(path: Path, shown: str = "") -> WatchReading:
    """As `load_watchlist`, with the problems in the document. `shown` is the file's name in messages.

    Raises ConfigError when nothing could be read: no file, no YAML.
    """
    return _entities(read_yaml(path, shown, remedy=REMEDY))


def fold(text: str) -> str:
    """The same for texts that differ only in width, case and spaces, which the scan does not tell apart."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def add(
    path: Path,
    kind: str,
    name: str,
    aliases: Sequence[str] = (),
    groups: Sequence[str] = (),
    *,
    context: Sequence[str] = (),
    never: Sequence[str] = (),
    sound: bool = True,
) -> Entity:
    """Write a new entity at the end of its section.

    Raises ConfigError: the name is tracked already, the kind is unknown, the file has problems.
    """
    reading = _sound(read_watchlist(path))
    entity = Entity(
        known_kind(str(path), kind), name, tuple(aliases), tuple(groups), tuple(context), tuple(never), sound
    )
    entity = checked(str(path), entity)
    if there := _same(reading, entity):
        message = f"is tracked already as {there[0].entity_id}"
        raise ConfigError([Problem(str(path), reading.document.line(there[1]), entity.name, message)])
    _change(path, (*reading.entities, entity), lambda: _extended(reading.document, [entity]))
    return entity


def remove(path: Path, name: str, kind: str = "") -> Entity:
    """Take an entity out, with the comment at its own lines; those before it stay. `kind` where a name has several.

    Raises ConfigError: no such name, several of it, the file has problems.
    """
    reading = _sound(read_watchlist(path))
    wanted = [
        (entity, at)
        for entity, at in zip(reading.entities, reading.paths, strict=True)
        if fold(entity.name) == fold(name) and kind in ("", entity.kind)
    ]
    if len(wanted) != 1:
        raise ConfigError([Problem(str(path), None, name, _not_one(reading, name, [entity for entity, _ in wanted]))])
    entity, at = wanted[0]
    left = tuple(other for other in reading.entities if other is not entity)
    _change(path, left, lambda: without_entry(reading.document, at))
    return entity


def import_csv(path: Path, csv_path: Path) -> int:
    """Add the names of a CSV file and say how many were new; those that are tracked stay as they are.

    Columns: kind, name (or canonical), aliases and groups, each split by |. Raises ConfigError with every problem of
    either file; then nothing is written.
    """
    reading = _sound(read_watchlist(path))
    problems: list[Problem] = []
    new: list[Entity] = []
    known = {(entity.kind, fold(entity.name)) for entity in reading.entities}
    for row in read_csv(csv_path):
        try:
            entity = checked(str(csv_path), row.entity, row.line)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if (entity.kind, fold(entity.name)) not in known:
            known.add((entity.kind, fold(entity.name)))
            new.append(entity)
    if problems:
        raise ConfigError(problems)
    if new:
        _change(path, (*reading.entities, *new), lambda: _extended(reading.document, new))
    return len(new)


def _entities(document: Document) -> WatchReading:
    data = document.plain()
    entities: list[Entity] = []
    paths: list[KeyPath] = []
    first: dict[tuple[EntityKind, str], KeyPath] = {}
    if data is not None and not isinstance(data, dict):
        document.problem((), "expected the sections people, companies, products and organizations")
        data = None
    for section, items in (data or {}).items():
        if section not in SECTIONS:
            document.unknown_key((section,), SECTIONS)
        elif items is not None and not isinstance(items, list):
            document.problem((section,), "expected a list of names: `- 杨植麟`, one a line")
        else:
            for index, item in enumerate(items or ()):
                at = (section, index)
                entity = _entity(document, SECTIONS[section], item, at)
                if entity is None:
                    continue
                key = (entity.kind, fold(entity.name))
                if key in first:
                    message = f"{entity.name} stands here twice: first in line {document.line(first[key])}"
                    document.problem(at, message)
                first.setdefault(key, at)
                entities.append(entity)
                paths.append(at)
    return WatchReading(document, tuple(entities), tuple(paths))


def _entity(document: Document, kind: EntityKind, item: Any, at: KeyPath) -> Entity | None:
    if isinstance(item, str):
        if _WIDE_COLON.match(item):
            document.problem(at, "looks like a key: write it with a half-width colon and a space after it")
            return None
        item = {"name": item}
    elif item is None:
        document.problem(at, _NOTHING)
        return None
    entry = document.validated(_Entry, item, at)
    if entry is None:
        return None
    if EVERYONE in entry.groups:
        document.problem((*at, "groups"), f"`{EVERYONE}` stands for every name: give the group another name")
        return None
    aliases, groups, context, never = map(tuple, (entry.aliases, entry.groups, entry.context, entry.never))
    return _tidy(Entity(kind, entry.name, aliases, groups, context, never, entry.sound))


def _tidy(entity: Entity) -> Entity:
    """Each alias and group once, and none that is the name itself."""
    aliases = tuple(alias for alias in dict.fromkeys(entity.aliases) if alias != entity.name)
    return replace(entity, aliases=aliases, groups=tuple(dict.fromkeys(entity.groups)))


def _sound(reading: WatchReading) -> WatchReading:
    if reading.document.problems:
        raise ConfigError(reading.document.in_order())
    return reading


def known_kind(file: str, kind: str) -> EntityKind:
    """Raises ConfigError, naming the kinds that there are; `file` is whose word it was."""
    if kind in SECTION_OF:
        return kind
    raise ConfigError([Problem(file, None, masked(kind), f"unknown kind; known are {', '.join(SECTION_OF)}")])


def checked(file: str, entity: Entity, line: int | None = None) -> Entity:
    """An entity that comes from outside the file, held to the same rules as one in it. Raises ConfigError."""
    try:
        name = _name(entity.name)
        aliases, groups, context, never = (
            tuple(_name(text) for text in texts)
            for texts in (entity.aliases, entity.groups, entity.context, entity.never)
        )
        if EVERYONE in groups:
            raise ValueError(f"`{EVERYONE}` stands for every name: give the group another name")
    except ValueError as error:
        raise ConfigError([Problem(file, line, masked(entity.name), str(error))]) from None
    return _tidy(replace(entity, name=name, aliases=aliases, groups=groups, context=context, never=never))


def _same(reading: WatchReading, entity: Entity) -> tuple[Entity, KeyPath] | None:
    for other, at in zip(reading.entities, reading.paths, strict=True):
        if other.kind == entity.kind and fold(other.name) == fold(entity.name):
            return other, at
    return None


def _not_one(reading: WatchReading, name: str, found: list[Entity]) -> str:
    if found:
        return f"stands there as {' and '.join(entity.entity_id for entity in found)}: name the kind too"
    for entity in reading.entities:
        if fold(name) in map(fold, entity.aliases):
            return f"is no name but an alias of {entity.entity_id}: take it out of the file by hand"
    near = nearest(name, [entity.name for entity in reading.entities])
    return f"is not tracked; did you mean {near}?" if near else "is not tracked"


def _extended(document: Document, new: Sequence[Entity]) -> str:
    for kind, section in SECTION_OF.items():
        added = [entity for entity in new if entity.kind == kind]
        if added:
            document = parse_yaml(with_entities(document, section, added), document.file)
    return document.text


def _change(path: Path, wanted: tuple[Entity, ...], edit: Callable[[], str]) -> None:
    """Write the edited text when, read back, it says exactly what was meant. Raises ConfigError when it does not."""
    by_hand = "is written in a way that this command cannot change safely: change it by hand"
    try:
        text = edit()
        found = _sound(_entities(parse_yaml(text, str(path)))).entities
    except ConfigError:
        raise ConfigError([Problem(str(path), None, "", by_hand)]) from None
    if sorted(found, key=repr) != sorted(wanted, key=repr):
        raise ConfigError([Problem(str(path), None, "", by_hand)])
    _write(path, text)


def _write(path: Path, text: str) -> None:
    """Replace the file by rename, its mode kept; behind a link, the file that the link names."""
    target = path.resolve()
    old = target.read_bytes()
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(mark + text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(target.stat().st_mode & 0o7777)
            Path(name).replace(target)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ConfigError([Problem(str(path), None, "", f"cannot be written: {error.strerror}")]) from None
