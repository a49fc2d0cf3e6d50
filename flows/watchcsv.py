"""A table of names, as spreadsheets save it: CSV → entities."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from flows.yamlfile import nearest
from flows.yamltree import masked
from sources.errors import ConfigError, Problem
from warehouse.watchlist import Entity, EntityKind

_COLUMNS = ("kind", "name", "aliases", "groups")
_OTHER_WORDS = {"canonical": "name", "alias": "aliases", "group": "groups", "id": "id"}
_KINDS: dict[str, EntityKind] = {
    "person": "person",
    "people": "person",
    "人物": "person",
    "company": "company",
    "公司": "company",
    "product": "product",
    "产品": "product",
    "organization": "organization",
    "org": "organization",
    "机构": "organization",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; its texts are as they stand there."""

    line: int
    entity: Entity


def read_csv(path: Path) -> list[Row]:
    """Rows in the order of the file; aliases and groups are split by |, other columns than ours must be `id`.

    Comma, semicolon or tab between columns, UTF-8, UTF-16 with its mark or GB18030 (what Excel writes in China).
    Raises ConfigError with every problem found.
    """
    file = str(path)
    try:
        text = _decoded(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text in UTF-8 or GB18030"
        raise ConfigError([Problem(file, None, "", f"cannot be read: {reason}")]) from None
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[Row] = []
    problems: list[Problem] = []
    columns: list[str] = []
    line = 1
    try:
        for cells in table:
            start, line = line, table.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(file, start, cells)
                continue
            found = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
            kind = _KINDS.get(found.get("kind", "").casefold())
            if kind is None:
                problems.append(Problem(file, start, "kind", f"expected {', '.join(_KINDS)}"))
            elif not found.get("name"):
                problems.append(Problem(file, start, "name", "is empty"))
            else:
                entity = Entity(kind, found["name"], _split(found.get("aliases")), _split(found.get("groups")))
                rows.append(Row(start, entity))
    except csv.Error as error:
        problems.append(Problem(file, line, "", f"is no CSV here: {error}"))
    if not columns and not problems:
        problems.append(Problem(file, None, "", f"is empty: expected the columns {', '.join(_COLUMNS)}"))
    if problems:
        raise ConfigError(problems)
    return rows


def _columns(file: str, line: int, cells: list[str]) -> list[str]:
    names = [_OTHER_WORDS.get(cell.strip().casefold(), cell.strip().casefold()) for cell in cells]
    problems = []
    for name in names:
        if name and name not in (*_COLUMNS, "id"):
            near = nearest(name, _COLUMNS)
            wish = f"did you mean {near}?" if near else f"known are {', '.join(_COLUMNS)}"
            problems.append(Problem(file, line, masked(name), f"unknown column; {wish}"))
    for name in ("kind", "name"):
        if name not in names:
            problems.append(Problem(file, line, name, "this column is missing"))
        elif names.count(name) > 1:
            problems.append(Problem(file, line, name, "this column stands here twice"))
    if problems:
        raise ConfigError(problems)
    return names


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


def _split(cell: str | None) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in (cell or "").replace("｜", "|").split("|")) if part)
