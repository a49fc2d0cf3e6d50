"""What every run leaves behind for `tanma status` and for those who scrape: `<warehouse>/work/status.json`.

A run that finds nothing new publishes nothing, so the published file cannot say that all goes on; this file can, and is
read without opening a database. flows.leaving writes it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

READABLE = 0o644  # scrapers run as another user; nothing secret stands in these files


def status_file(warehouse: Path) -> Path:
    return warehouse / "work" / "status.json"


def read_status(warehouse: Path) -> dict[str, Any]:
    """What the last run left; empty when nothing is there or it cannot be read."""
    try:
        read = json.loads(status_file(warehouse).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def replace_text(file: Path, text: str) -> None:
    """The whole text or what stood there before, whenever it is read. Raises OSError."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8")
        part.chmod(READABLE)
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
