"""`tanma export`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from threading import Event

from flows.commands.patience import patiently
from flows.commands.rescan import read_span
from flows.commands.screen import print_json, say, shown_progress
from flows.config import load_config
from flows.progress import Progress, current_progress
from flows.session import utc_now
from sources.errors import WarehouseError
from warehouse.export import Exported, Exporter, Watcher


class _Shown(Watcher):
    """Shows an export as bars, one a view, and stops it when asked to."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.stopped = Event()

    def view(self, name: str, files: int) -> None:
        self._heed()
        self._progress.begin(name, files)

    def file(self, name: str) -> None:
        self._heed()
        self._progress.advance(name)

    def _heed(self) -> None:
        if self.stopped.is_set():
            raise WarehouseError("the export was stopped; the next one goes on from here")


def export_command(config_file: Path, folder: Path, *, since: str, tables: Sequence[str] | None, as_json: bool) -> None:
    """Raises ConfigError, NotPublished, WarehouseDamaged, WarehouseError. The published file is read: no run is hindered."""
    now = utc_now()
    begin = now - read_span("--since", since) if since else None
    config = load_config(config_file, os.environ)
    with closing(Exporter(config.warehouse, folder)) as exporter, shown_progress():
        exporter.check(tables)
        shown = _Shown(current_progress.get())

        def stop() -> None:
            shown.stopped.set()
            exporter.interrupt()

        def work() -> Exported:
            return exporter.export(tables, begin, now, shown)

        done = patiently(work, stop, tell=False)
    if as_json:
        print_json(asdict(done))
        return
    say(
        f"{folder}: {len(done.written):,} files written ({done.rows:,} rows), {len(done.unchanged):,} unchanged, "
        f"{len(done.removed):,} removed"
    )
