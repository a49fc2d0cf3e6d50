"""An open, empty warehouse; modules that want names in it have fixtures of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty warehouse, made once: copying it is quicker."""
    folder = tmp_path_factory.mktemp("empty")
    Warehouse.open(folder, holder="test", now=NOW).close()
    return folder


@pytest.fixture
def wh(tmp_path: Path, empty: Path) -> Iterator[Warehouse]:
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    with Warehouse.open(tmp_path, holder="test", now=NOW) as opened:
        yield opened
