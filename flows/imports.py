"""Loading what is already on disk: saved pages, archives, feeds, text dumps. What became of each file is said.

A file is read whole and loaded with others of its batch. A WARC can hold thousands of pages: it is read record by
record and loaded by the batch, so it costs no more memory than its largest pages.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flows.session import Session
from flows.summary import SourceSummary
from sources.archives import Skipped, is_warc
from sources.article import Article, Validators
from sources.errors import FetchError, WarehouseError
from sources.outlets.files import SOURCE, read_file, read_warc
from warehouse import articles
from warehouse.articles import Incoming, Loaded

BATCH = 100  # files a transaction, or articles of a WARC: what a kill has the next import load again
MAX_BYTES = 60_000_000  # as the client's cap on a decoded page
_SNIFFED = 4096
_MB = 1_000_000

FileStatus = Literal["stored", "unchanged", "duplicate", "gone", "blocked", "not an article", "failed"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`outlet` overrides what the page says; `taken_at` is when the dump was taken (None: the file's own time)."""

    outlet: str = ""
    taken_at: datetime | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file. `reason` is empty for a single page that was stored.

    `records`, of a WARC alone: how many articles, or pages without one, had each status; beside the words of FileStatus
    `skipped` counts what could hold no article (pictures, redirects, errors, repetitions). Its `status` is that of the
    best of them, `failed` when the archive is damaged or one could not be read or stored.
    """

    path: str
    status: FileStatus
    article_ids: tuple[str, ...] = ()
    reason: str = ""
    records: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "path": self.path,
            "status": self.status,
            "article_ids": list(self.article_ids),
            "reason": self.reason,
        }
        return row | {"records": dict(self.records)} if self.records else row


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that the user named, and those below the folders that the user named, in a stable order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if not child.is_dir() and not _hidden(child, path))
        else:
            yield path


async def import_batch(session: Session, paths: Sequence[Path], options: ImportOptions) -> list[FileOutcome]:
    """Read some files and load their articles in one transaction; a WARC among them in several of its own.

    Nothing is waited for in it but Ctrl-C, which gets through between two files and between two transactions.
    """
    read: list[tuple[Path, list[Article] | FileOutcome]] = []
    for path in paths:
        result = _read(path, options)
        if result is None:
            result = await _Archive(session, path, options).load()
        if isinstance(result, list):
            result = _announced(session, result, options)
        read.append((path, result))
        session.progress.advance("import")
        await asyncio.sleep(0)
    found = [article for _, result in read if isinstance(result, list) for article in result]
    loaded = iter(_load(session, found, options))
    return [
        result if isinstance(result, FileOutcome) else _outcome(path, [next(loaded) for _ in result])
        for path, result in read
    ]


def _announced(session: Session, found: Sequence[Article], options: ImportOptions) -> list[Article]:
    """As they are loaded. They are scanned while the next file is read, when there are many and a processor to spare."""
    some = [replace(article, outlet=options.outlet) if options.outlet else article for article in found]
    session.scanners.begin(some)
    return some


def _load(session: Session, found: Sequence[Article], options: ImportOptions) -> list[Loaded]:
    """In one transaction."""
    loaded = articles.load_each(
        session.wh,
        [Incoming(article, None, Validators()) for article in found],
        session.lexicon,
        session.config.rules,
        session.clock(),
        alert=options.alert,
        force_alert=options.alert,
        timezone=session.config.timezone,
        scanners=session.scanners,
    )
    if not session.summary.sources:
        session.summary.sources.append(SourceSummary(SOURCE))
    for one in loaded:
        session.summary.sources[0].count(one)
    return loaded


def _read(path: Path, options: ImportOptions) -> list[Article] | FileOutcome | None:
    """The articles of a file or why it has none; None: it is a WARC."""
    try:
        if not path.is_file() and path.exists():
            return FileOutcome(str(path), "failed", reason="not a regular file")
        size = path.stat().st_size
        taken_at = options.taken_at or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with path.open("rb") as stream:
            if is_warc(stream.read(_SNIFFED)):
                return None
            stream.seek(0)
            if size > MAX_BYTES:
                return FileOutcome(str(path), "failed", reason=f"{size:,} bytes, more than {MAX_BYTES:,}")
            body = stream.read()
    except OSError as error:
        return FileOutcome(str(path), "failed", reason=error.strerror or str(error))
    try:
        return read_file(path.name, body, taken_at=taken_at)
    except Exception as error:  # noqa: BLE001 - whatever one file holds, the others are read
        if not isinstance(error, FetchError):
            return FileOutcome(str(path), "failed", reason=f"internal error {type(error).__name__} while reading")
        return FileOutcome(str(path), _STATUS.get(error.status, "failed"), reason=str(error))


class _Archive:
    """One WARC on its way into the warehouse."""

    def __init__(self, session: Session, path: Path, options: ImportOptions) -> None:
        self._session, self._path, self._options = session, path, options
        self._waiting: list[Article] = []
        self._ids: dict[str, None] = {}
        self._records: Counter[str] = Counter()
        self._failure = ""

    async def load(self) -> FileOutcome:
        """Read and load all of it."""
        try:
            for result in self._results():
                self._take(result)
                if len(self._waiting) >= BATCH:
                    self._settle()
                    await asyncio.sleep(0)
        except WarehouseError:
            raise
        except Exception as error:  # noqa: BLE001 - as for any other file
            known = isinstance(error, FetchError)
            self._failure = str(error) if known else f"internal error {type(error).__name__} while reading"
        self._settle()
        told = ", ".join(f"{count:,} {status}" for status, count in self._records.most_common()) or "nothing in it"
        self._session.progress.finish(self._path.name, told)
        reason = f"{self._failure} ({told})" if self._failure else told
        return FileOutcome(str(self._path), self._status(), tuple(self._ids), reason, dict(self._records))

    def _results(self) -> Iterator[list[Article] | FetchError | Skipped]:
        """What it holds; progress is counted in megabytes of the file."""
        bar, done = self._session.progress, 0
        with self._path.open("rb") as stream:
            bar.begin(self._path.name, self._path.stat().st_size // _MB)
            for result in read_warc(self._path.name, stream):
                yield result
                bar.advance(self._path.name, stream.tell() // _MB - done)
                done = stream.tell() // _MB

    def _take(self, result: list[Article] | FetchError | Skipped) -> None:
        if isinstance(result, list):
            self._waiting += _announced(self._session, result, self._options)
        elif isinstance(result, Skipped):
            self._records["skipped"] += 1
        else:
            status = _STATUS.get(result.status, "failed")
            self._records[status] += 1
            if status == "failed":
                self._failure = self._failure or str(result)

    def _settle(self) -> None:
        for one in _load(self._session, self._waiting, self._options) if self._waiting else ():
            self._ids[one.article_id] = None
            status = "stored" if one.status == "updated" else one.status
            self._records[status] += 1
            if status == "failed":
                self._failure = self._failure or one.reason
        self._waiting.clear()

    def _status(self) -> FileStatus:
        if self._failure:
            return "failed"
        best: tuple[FileStatus, ...] = ("stored", "duplicate", "unchanged", "blocked", "gone")
        return next((status for status in best if self._records[status]), "not an article")


_STATUS: dict[str, FileStatus] = {"gone": "gone", "blocked": "blocked", "not_an_article": "not an article"}


def _outcome(path: Path, loaded: Sequence[Loaded]) -> FileOutcome:
    """A file is stored when any of its articles was new or changed; else what its articles have in common."""
    ids = tuple(dict.fromkeys(one.article_id for one in loaded))
    statuses = {one.status for one in loaded}
    if "failed" in statuses:
        return FileOutcome(str(path), "failed", ids, next(one.reason for one in loaded if one.status == "failed"))
    if statuses & {"stored", "updated"}:
        return FileOutcome(str(path), "stored", ids)
    if "duplicate" in statuses:
        return FileOutcome(str(path), "duplicate", ids, next(one.reason for one in loaded if one.status == "duplicate"))
    return FileOutcome(str(path), "unchanged", ids, "already stored with the same title and text")


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)
