"""An open warehouse without articles, with the names of the module's ENTITIES when it has some."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse without articles, made once: copying it is quicker."""
    folder = tmp_path_factory.mktemp("empty")
    with Warehouse.open(folder, holder="test", now=NOW) as opened:
        opened.sync_entities(getattr(request.module, "ENTITIES", ()), NOW)
    return folder


@pytest.fixture
def wh(tmp_path: Path, empty: Path) -> Iterator[Warehouse]:
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    with Warehouse.open(tmp_path, holder="test", now=NOW) as opened:
        yield opened
