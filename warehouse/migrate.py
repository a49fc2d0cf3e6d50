"""The numbered migrations of schema/ and its views, applied to a database file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import duckdb

from sources.errors import SchemaTooNew, WarehouseDamaged


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of schema/: `0001_core.sql` is version 1, named `core`."""

    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All migrations of this Tanma in order; their versions run from 1 without a gap."""
    found = []
    for entry in files("warehouse").joinpath("schema").iterdir():
        match = re.fullmatch(r"([0-9]{4})_(\w+)\.sql", entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def schema_version(con: duckdb.DuckDBPyConnection, place: str) -> int:
    """The version of an open file, 0 when it is empty.

    Raises WarehouseDamaged for a database that is somebody else's, SchemaTooNew for one of a later Tanma.
    """
    try:
        version: int = con.execute("SELECT max(version) FROM core.schema_version").fetchall()[0][0]
    except duckdb.CatalogException:
        # Asked only now: DuckDB counts the rows of every table to answer.
        if not con.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchall():
            return 0
        raise WarehouseDamaged(f"{place}: this is a DuckDB file, but not Tanma's; choose another folder") from None
    newest = migrations()[-1].version
    if version > newest:
        raise SchemaTooNew(
            f"{place}: written by a newer Tanma (schema {version}, this one knows {newest}); install that Tanma again"
        )
    return version


def migrate(con: duckdb.DuckDBPyConnection, version: int, now: datetime) -> None:
    """Bring an open file from `version` to the newest, each step in a transaction of its own."""
    for migration in migrations():
        if migration.version > version:
            con.begin()
            try:
                con.execute(migration.sql)
                con.execute(
                    "INSERT INTO core.schema_version VALUES (?, ?, ?)", [migration.version, migration.name, now]
                )
                con.execute("UPDATE core.publication SET changes = changes + 1")
                con.commit()
            except BaseException:
                con.rollback()
                raise


def apply_views(con: duckdb.DuckDBPyConnection) -> bool:
    """Apply views.sql inside the caller's transaction; False when the file has these very views already."""
    sql = files("warehouse").joinpath("schema", "views.sql").read_text("utf-8")
    return change_setting(con, "views", hashlib.sha256(sql.encode()).hexdigest()) and bool(con.execute(sql))


def change_setting(con: duckdb.DuckDBPyConnection, name: str, value: str) -> bool:
    """Whether the setting was another, or none, before."""
    if con.execute("SELECT value FROM core.settings WHERE name = ?", [name]).fetchall() == [(value,)]:
        return False
    con.execute(
        "INSERT INTO core.settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value]
    )
    return True
