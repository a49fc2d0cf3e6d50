"""A small warehouse that holds a bit of everything, as an older Tanma left it: see tests/fixtures/warehouses."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

KEPT = Path(__file__).parent / "fixtures" / "warehouses"
MADE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # when its articles were stored
NEWEST = 3


def unpack(folder: Path, schema: int = NEWEST) -> Path:
    """Put the warehouse of that schema into a folder, as a published file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tanma.duckdb"
    file.write_bytes(gzip.decompress((KEPT / f"schema-{schema:04}.duckdb.gz").read_bytes()))
    return file
