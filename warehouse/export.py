"""The published views as Parquet files, big ones a file a month, into a folder that later exports bring up to date.

    <target>/tanma-export.json                       what each file holds; README.md says it for people
    <target>/articles/month=2026-11/articles.parquet
    <target>/entities/entities.parquet

Whether a month has changed is known from its rows: their number and the sum of their hashes, which the manifest keeps. A
file is written beside and renamed, so that it is whole whenever it is there.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from sources.errors import ConfigError, Problem, WarehouseError
from warehouse.connection import SETTINGS, is_full, quoted
from warehouse.query import connect_published, open_published
from warehouse.snapshot import sync_file, sync_folder

MANIFEST = "tanma-export.json"
README = "README.md"
_WHOLE = ""  # the month of a view that is one file

# Where a row's month comes from, in the configured timezone; `v` is the row, `a` its article. Other views are one file.
_MOMENTS = {
    "articles": "coalesce(v.published_at, v.first_seen_at)",
    "article_versions": "coalesce(a.published_at, a.first_seen_at)",
    "mentions": "coalesce(a.published_at, a.first_seen_at)",
    "stories": "coalesce(v.first_published_at, v.last_seen_at)",
    "first_reports": "v.published_at",
    "entity_daily": "v.day",
    "alerts": "v.created_at",
    "fetches": "v.fetched_at",
    "source_yield": "v.read_at",
}
_LEFT_OUT = {"co_mentions_of": "is not exported: it has the rows of co_mentions once more, from either side"}


@dataclass(slots=True)
class Exported:
    """What an export did: files written, left as they were, removed because their rows are gone; rows written."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """An exported view: what it is; its columns as (name, type, comment)."""

    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]


class Watcher:
    """Hears how an export goes on; raising stops it. This one does not listen."""

    def view(self, name: str, files: int) -> None:
        """So many files of this view are looked at."""

    def file(self, name: str) -> None:
        """One of them is done."""


class Exporter:
    """The published file of a warehouse folder and a target folder. Use `close`, or `contextlib.closing`."""

    def __init__(self, warehouse: Path, target: Path) -> None:
        """Raises NotPublished, WarehouseDamaged. Nothing is written before `export`."""
        open_published(warehouse).close()  # says in our words what is wrong with it
        self._target = target
        self._manifest: dict[str, Any] = {}
        self._beside = target / f".tanma-export.{os.getpid()}.tmp"
        # Our own SQL alone runs here. It writes below the target and reaches nothing else.
        self._con = connect_published(warehouse / "tanma.duckdb", SETTINGS)
        for setting, value in (
            ("allowed_directories", [str(target.resolve())]),
            ("temp_directory", str(target.resolve())),
        ):
            self._con.execute(f"SET {setting} = ?", [value])
        self._con.execute("SET enable_external_access = false")
        self._zone: str = self._rows("SELECT value FROM core.settings WHERE name = 'timezone'")[0][0]
        self._con.execute("SET TimeZone = ?", [self._zone])
        self._views = {view.name: view for view in self._described()}

    def check(self, tables: Sequence[str] | None) -> None:
        """Raises ConfigError when one of these is no view that can be exported."""
        unknown = [table for table in tables or () if table not in self._views]
        if unknown:
            known = f"no such view; there are {', '.join(self._views)}"
            raise ConfigError([Problem("--table", None, one, _LEFT_OUT.get(one, known)) for one in unknown])

    def export(self, tables: Sequence[str] | None, since: datetime | None, now: datetime, watcher: Watcher) -> Exported:
        """Bring the target up to date with these views (None: all), of months from that of `since` on (None: all).

        What stands there of other views and months stays. Raises ConfigError when the target is not ours to write to,
        WarehouseError when the disk is full; what was written so far is in place then and everything else as it was, and
        the next export goes on from there.
        """
        self._manifest = _claimed(self._target)
        done = Exported()
        first = since.astimezone(self._zoned()).strftime("%Y-%m") if since else _WHOLE
        self._manifest["timezone"] = self._zone
        try:
            self._beside.mkdir(exist_ok=True)
            self._save(now)  # a folder with a manifest is known as ours, also when this is cut short
            for name in tables or self._views:
                self._view(self._views[name], first, done, watcher)
        except (duckdb.Error, OSError) as error:
            raise self._translated(error) from error
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)
            with suppress(OSError):  # without it the next export writes again what this one wrote
                self._save(now)
        return done

    def interrupt(self) -> None:
        """Stop an export that another thread is doing."""
        self._con.interrupt()

    def close(self) -> None:
        self._con.close()

    def _view(self, view: View, first: str, done: Exported, watcher: Watcher) -> None:
        kept = self._manifest["views"].setdefault(view.name, {"files": {}})
        kept["comment"] = view.comment
        kept["columns"] = [dict(zip(("name", "type", "comment"), column, strict=True)) for column in view.columns]
        files: dict[str, dict[str, Any]] = kept["files"]
        found = self._fingerprints(view, first)
        watcher.view(view.name, len(found))
        for month, (rows, fingerprint) in found.items():
            name = _file_of(view.name, month)
            file = self._target / name
            held = files.get(name, {})
            if held.get("fingerprint") == fingerprint and file.is_file() and file.stat().st_size == held.get("bytes"):
                done.unchanged.append(name)
            else:
                self._write(view, month, file)
                files[name] = {"rows": rows, "bytes": file.stat().st_size, "fingerprint": fingerprint}
                done.written.append(name)
                done.rows += rows
            watcher.file(view.name)
        current = {_file_of(view.name, month) for month in found}
        for name in [name for name in files if name not in current and _month_of(name) >= first]:
            (self._target / name).unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's file stands beside it
                (self._target / name).parent.rmdir()
            del files[name]
            done.removed.append(name)

    def _fingerprints(self, view: View, first: str) -> dict[str, tuple[int, str]]:
        """month → rows and what they hold, as a text that differs when a row, a column or DuckDB's hash does."""
        layout = ",".join(f"{name} {kind}" for name, kind, _ in view.columns)
        if view.name not in _MOMENTS:
            [(rows, total)] = self._rows(f"SELECT count(*), sum(hash(v)) FROM {view.name} v")
            return {_WHOLE: (rows, f"{duckdb.__version__} {layout} {rows} {total}")}
        found = self._rows(
            f"""SELECT {_month(view.name)} AS month, count(*), sum(hash(v)) FROM {_source(view.name)}
                WHERE {_month(view.name)} >= '{first}' GROUP BY month ORDER BY month"""
        )
        return {month: (rows, f"{duckdb.__version__} {layout} {rows} {total}") for month, rows, total in found}

    def _write(self, view: View, month: str, file: Path) -> None:
        beside = (self._beside / file.name).resolve()
        only = f"WHERE {_month(view.name)} = '{month}'" if month else ""
        self._rows(
            f"COPY (SELECT v.* FROM {_source(view.name)} {only}) TO {quoted(beside)} (FORMAT parquet, COMPRESSION zstd)"
        )
        sync_file(beside)
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(file)
        sync_folder(file.parent)

    def _save(self, now: datetime) -> None:
        self._manifest["made_at"] = now.astimezone(self._zoned()).isoformat(timespec="seconds")
        for name, text in (
            (MANIFEST, json.dumps(self._manifest, ensure_ascii=False, indent=1) + "\n"),
            (README, _readme(self._manifest)),
        ):
            beside = self._target / f".{name}.tmp"
            try:
                beside.write_text(text, "utf-8")
                beside.replace(self._target / name)
            finally:
                beside.unlink(missing_ok=True)

    def _described(self) -> Iterable[View]:
        columns: dict[str, list[tuple[str, str, str]]] = {}
        for view, *column in self._rows(
            """SELECT table_name, column_name, data_type, coalesce(comment, '') FROM duckdb_columns()
               WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"""
        ):
            columns.setdefault(view, []).append((column[0], column[1], column[2]))
        for view, comment in self._rows(
            """SELECT view_name, coalesce(comment, '') FROM duckdb_views()
               WHERE schema_name = 'main' AND NOT internal ORDER BY ALL"""
        ):
            if view not in _LEFT_OUT:
                yield View(view, comment, tuple(columns[view]))

    def _rows(self, sql: str) -> list[Any]:
        return self._con.execute(sql).fetchall()

    def _zoned(self) -> Any:
        from zoneinfo import ZoneInfo

        return ZoneInfo(self._zone)

    def _translated(self, error: Exception) -> WarehouseError | ConfigError:
        words = str(error).strip()
        kept = "what was there is as it was; the next export goes on from here"
        if is_full(error):
            return WarehouseError(f"{self._target}: no room on the disk; {kept}; free some and export again ({words})")
        if isinstance(error, OSError | duckdb.IOException):
            return ConfigError([Problem("DIR", None, str(self._target), f"could not be written; {kept} ({words})")])
        return WarehouseError(f"the export was stopped: {words}; {kept}")


def _claimed(target: Path) -> dict[str, Any]:
    """The manifest of a folder that is new, empty or an export's. Raises ConfigError for any other."""

    def refused(words: str) -> ConfigError:
        return ConfigError([Problem("DIR", None, str(target), words)])

    try:
        target.mkdir(parents=True, exist_ok=True)
        if not os.access(target, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if (target / MANIFEST).exists():
            manifest = json.loads((target / MANIFEST).read_text("utf-8"))
            if not isinstance(manifest.get("views"), dict):
                raise ValueError("no views in it")
            return dict(manifest)
        if any(target.iterdir()):
            raise refused(f"there are files in it and no {MANIFEST}: name a new or empty folder, or one of an export")
    except FileExistsError:
        raise refused("this is a file; expected a folder") from None
    except OSError as error:
        if is_full(error):
            raise WarehouseError(
                f"{target}: no room on the disk ({error.strerror}); free some, and export again"
            ) from error
        raise refused(f"{error.strerror}; expected a folder that can be written to") from error
    except (ValueError, AttributeError) as error:
        raise refused(
            f"its {MANIFEST} cannot be read ({error}); remove it with the files, or name a new folder"
        ) from error
    return {"made_by": "tanma export", "views": {}}


def _source(view: str) -> str:
    moment = _MOMENTS.get(view, "")
    return f"{view} v JOIN core.articles a USING (article_id)" if moment.count("a.published_at") else f"{view} v"


def _month(view: str) -> str:
    return f"strftime({_MOMENTS[view]}, '%Y-%m')"


def _file_of(view: str, month: str) -> str:
    return f"{view}/month={month}/{view}.parquet" if month else f"{view}/{view}.parquet"


def _month_of(name: str) -> str:
    _, _, after = name.partition("/month=")
    return after.partition("/")[0]


def _readme(manifest: dict[str, Any]) -> str:
    lines = [
        "# An export of Tanma",
        "",
        f"Made {manifest['made_at']} from the published views; months are those of {manifest['timezone']}. Brought up to",
        f"date by `tanma export` into this folder. {MANIFEST} says what each file holds.",
        "",
        "DuckDB: `FROM read_parquet('articles/*/*.parquet', hive_partitioning = true)` · pandas:",
        "`read_parquet('articles')` · pyarrow: `dataset.dataset('articles', partitioning='hive')`",
        "",
    ]
    for name, view in manifest["views"].items():
        if "columns" in view:
            lines += [f"## {name}", "", view["comment"] + ".", "", "| column | type | |", "|---|---|---|"]
            lines += [
                f"| {one['name']} | {one['type']} | {one['comment'].replace('|', chr(92) + '|')} |"
                for one in view["columns"]
            ]
            lines.append("")
    return "\n".join(lines)
