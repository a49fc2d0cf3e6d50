"""A world on loopback, a warehouse in tmp_path, and the main job between them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import environment
from end_to_end.serving import QUIET, Serving

from flows.check import load_both
from flows.config import Config
from flows.runner import collect_directly
from flows.summary import PassSummary
from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.server import Replica, Seen
from warehouse.query import open_published, run_query
from warehouse.watchlist import Entity


@dataclass
class Stage:
    """The demo's world with its configuration; `later` moves the clock of the next pass."""

    folder: Path
    replica: Replica
    config: Config
    entities: Sequence[Entity]
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **span: float) -> None:
        self.ahead += timedelta(**span)

    def run(self, sources: list[str] | None = None) -> PassSummary:
        return asyncio.run(collect_directly(self.config, self.entities, sources, clock=self.clock))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_published(self.config.warehouse) as con:
            return [tuple(row) for row in run_query(con, query).rows]

    def requests(self, since: int = 0) -> list[Seen]:
        """What the outlets were asked, messages to the chat services left out."""
        return [seen for seen in self.replica.requests[since:] if seen.method == "GET"]

    def told_ops(self) -> list[str]:
        """What `demo-ops` heard, but for the heartbeat: which days and hours a test goes through depends on today's."""
        heard = [message.text for message in self.replica.sink.received if message.token == "demo-ops"]
        return [text for text in heard if not text.startswith("探马：运行小结")]

    def reconfigure(self, old: str, new: str) -> None:
        file = self.folder / "tanma.yaml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
        self.config, self.entities = load_both(file, os.environ)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with demo_replica(tmp_path, datetime.now(UTC)) as replica:
        (tmp_path / "tanma.yaml").write_text(demo_config(replica), "utf-8")
        (tmp_path / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        yield Stage(tmp_path, replica, *load_both(tmp_path / "tanma.yaml", os.environ))


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prefect's own files with its database made, which takes longer than all else at a first start."""
    home = tmp_path_factory.mktemp("prefect")
    subprocess.run(
        [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"],
        env=environment(PREFECT_HOME=str(home), **QUIET), check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    return home


@pytest.fixture
def serving(tmp_path: Path, migrated: Path) -> Iterator[Serving]:
    shutil.copytree(migrated, tmp_path / "data" / "work" / "prefect")
    with demo_replica(tmp_path / "world", datetime.now(UTC)) as replica:
        (tmp_path / "tanma.yaml").write_text(demo_config(replica), "utf-8")
        (tmp_path / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        place = Serving(tmp_path, replica)
        yield place
        if place.child and place.child.poll() is None:
            left = place.tree()
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            place.child.wait()
