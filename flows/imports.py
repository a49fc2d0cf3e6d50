"""Loading what is already on disk: saved pages, feeds, text dumps. What became of each file is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flows.session import Session
from sources.article import Article, Validators
from sources.errors import FetchError
from sources.outlets.files import read_file
from warehouse import articles
from warehouse.articles import Incoming, Loaded

BATCH = 20  # files a transaction
MAX_BYTES = 60_000_000  # as the client's cap on a decoded page

FileStatus = Literal["stored", "unchanged", "duplicate", "gone", "blocked", "not an article", "failed"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`outlet` overrides what the page says; `taken_at` is when the dump was taken (None: the file's own time)."""

    outlet: str = ""
    taken_at: datetime | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file. `reason` is empty for a file that was stored."""

    path: str
    status: FileStatus
    article_ids: tuple[str, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "status": self.status,
            "article_ids": list(self.article_ids),
            "reason": self.reason,
        }


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that the user named, and those below the folders that the user named, in a stable order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if not child.is_dir() and not _hidden(child, path))
        else:
            yield path


def import_batch(session: Session, paths: Sequence[Path], options: ImportOptions) -> list[FileOutcome]:
    """Read some files and load their articles in one transaction."""
    read: list[tuple[Path, list[Article] | FileOutcome]] = []
    for path in paths:
        read.append((path, _read(path, options)))
        session.progress.advance("import")
    incoming = [
        Incoming(article, None, Validators()) for _, result in read if isinstance(result, list) for article in result
    ]
    loaded = iter(
        articles.load_each(
            session.wh,
            incoming,
            session.lexicon,
            session.config.rules,
            session.clock(),
            alert=options.alert,
            force_alert=options.alert,
            timezone=session.config.timezone,
        )
    )
    return [
        result if isinstance(result, FileOutcome) else _outcome(path, [next(loaded) for _ in result])
        for path, result in read
    ]


def _read(path: Path, options: ImportOptions) -> list[Article] | FileOutcome:
    try:
        if not path.is_file() and path.exists():
            return FileOutcome(str(path), "failed", reason="not a regular file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            return FileOutcome(str(path), "failed", reason=f"{size:,} bytes, more than {MAX_BYTES:,}")
        body = path.read_bytes()
        taken_at = options.taken_at or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        return FileOutcome(str(path), "failed", reason=error.strerror or str(error))
    try:
        found = read_file(path.name, body, taken_at=taken_at)
    except Exception as error:  # noqa: BLE001 - whatever one file holds, the others are read
        if not isinstance(error, FetchError):
            return FileOutcome(str(path), "failed", reason=f"internal error {type(error).__name__} while reading")
        return FileOutcome(str(path), _STATUS.get(error.status, "failed"), reason=str(error))
    if options.outlet:
        found = [replace(article, outlet=options.outlet) for article in found]
    return found


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
