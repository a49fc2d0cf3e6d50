"""Pages that could not be read, kept for a mended parser: `<warehouse>/quarantine/<source>/`, a .warc.gz file a page.

A file holds two WARC records (ISO 28500): the response as it came, under its address without secrets, and a
`metadata` record with what is needed to read it again. That one may hold the address of a private feed, so the files
are for their owner alone, and neither their names nor their headers say it. A file appears by rename, whole or not at
all. A source has at most MAX_PAGES of MAX_BYTES together; the oldest give way.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import datetime_to_iso_date
from warcio.warcwriter import WARCWriter

from sources.article import ArticleRef, Page, Validators
from warehouse.snapshot import sync_folder

MAX_PAGES = 100
MAX_BYTES = 30_000_000

Step = Literal["discover", "parse"]


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page with what its parser needs. `known_by`: what tells it from other pages of its source and step, so that a
    newer one replaces it: the listed article's id, or the ListAddress.key of a list.

    `ref` is the frontier's (step parse); `target` where the ref's own page pointed to, when this is the page of that.
    `list_name` is the ListAddress.key under which the list's articles are taken in (step discover).
    `shown_url` is the address without secrets.
    """

    source: str
    step: Step
    known_by: str
    page: Page
    shown_url: str
    error: str
    ref: ArticleRef | None = None
    target: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no page of ours any more."""

    source: str
    file: Path
    reason: str


def keep(warehouse: Path, kept: KeptPage) -> int:
    """Keep a page, in place of an older one of the same; how many pages gave way, this one too if it is too large.

    Raises OSError: the disk is full, the folder not writable.
    """
    folder = _folder(warehouse, kept.source)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in folder.glob("*.part"):
        leftover.unlink(missing_ok=True)
    data = _warc(kept)
    if len(data) > MAX_BYTES:
        return 1
    file = folder / _name(kept.step, kept.known_by)
    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        stamp = kept.page.fetched_at.timestamp()
        os.utime(part, (stamp, stamp))  # its age is that of the page
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return _make_room(folder, file)


def forget(warehouse: Path, source: str, step: Step, known_by: str) -> None:
    """The page was read after all: nothing is kept of it."""
    file = _folder(warehouse, source) / _name(step, known_by)
    with suppress(OSError):  # none is kept, others are, or the folder was never made: a page too many harms nothing
        file.unlink(missing_ok=True)
        file.parent.rmdir()


def sources(warehouse: Path) -> list[str]:
    """The ids of the sources of which pages are kept."""
    folder = warehouse / "quarantine"
    return sorted(one.name for one in folder.iterdir() if any(one.glob("*.warc.gz"))) if folder.is_dir() else []


def pages(warehouse: Path, source: str) -> Iterator[KeptPage | Unreadable]:
    """What is kept of a source, the oldest page first. One page at a time is in memory."""
    for file in _by_age(_folder(warehouse, source)):
        try:
            yield _read(file)
        except FileNotFoundError:
            continue  # it was read meanwhile
        except Exception as error:  # noqa: BLE001 - whatever a file holds, the others are read
            yield Unreadable(source, file, f"not a page that tanma kept ({type(error).__name__})")


def _folder(warehouse: Path, source: str) -> Path:
    """Ids of sources are letters, digits, `_`, `-` and `.`, which are sound names, two of them apart."""
    return warehouse / "quarantine" / (source if source.strip(".") else f"_{source}")


def _name(step: Step, known_by: str) -> str:
    digest = hashlib.sha256(f"{step}\n{known_by}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"{step}-{digest}.warc.gz"


def _by_age(folder: Path) -> list[Path]:
    found = []
    for file in folder.glob("*.warc.gz"):
        with suppress(FileNotFoundError):
            found.append((file.stat().st_mtime, file.name, file))
    return [file for *_, file in sorted(found)]


def _make_room(folder: Path, newest: Path) -> int:
    """Take away the oldest until the rest is within its bounds; the page that was kept just now goes last."""
    files = [file for file in _by_age(folder) if file != newest] + [newest]
    sizes = [file.stat().st_size for file in files]
    gone = 0
    while len(files) - gone > MAX_PAGES or sum(sizes[gone:]) > MAX_BYTES:
        files[gone].unlink(missing_ok=True)
        gone += 1
    return gone


# -- the form ---------------------------------------------------------------------------------------------------------


def _warc(kept: KeptPage) -> bytes:
    page, out = kept.page, BytesIO()
    writer = WARCWriter(out, gzip=True)
    date = datetime_to_iso_date(page.fetched_at.astimezone(UTC))
    printable = "".join(c for c in page.content_type if c.isascii() and c.isprintable())
    headers = [("Content-Type", printable)] if printable else []
    response = writer.create_warc_record(
        kept.shown_url,
        "response",
        payload=BytesIO(page.body),
        http_headers=StatusAndHeaders(f"{page.status} as read", headers, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": date},
    )
    writer.write_record(response)
    metadata = writer.create_warc_record(
        kept.shown_url,
        "metadata",
        payload=BytesIO(json.dumps(_facts(kept), ensure_ascii=True).encode()),
        warc_content_type="application/json",
        warc_headers_dict={
            "WARC-Date": date,
            "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
        },
    )
    writer.write_record(metadata)
    return out.getvalue()


def _facts(kept: KeptPage) -> dict[str, Any]:
    page, validators = kept.page, kept.page.validators
    return {
        "source": kept.source,
        "step": kept.step,
        "known_by": kept.known_by,
        "error": kept.error,
        "ref": kept.ref.to_json() if kept.ref else None,
        "target": kept.target,
        "list_name": kept.list_name,
        "shown_url": kept.shown_url,
        "url": page.url,
        "final_url": page.final_url,
        "status": page.status,
        "content_type": page.content_type,
        "fetched_at": page.fetched_at.isoformat(),
        "validators": [validators.etag, validators.last_modified, validators.body_hash],
    }


def _read(file: Path) -> KeptPage:
    body, facts = b"", {}
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            if record.rec_type == "response":
                body = record.content_stream().read()
            elif record.rec_type == "metadata":
                facts = json.loads(record.content_stream().read())
    page = Page(
        url=facts["url"],
        body=body,
        fetched_at=datetime.fromisoformat(facts["fetched_at"]),
        final_url=facts["final_url"],
        status=facts["status"],
        content_type=facts["content_type"],
        validators=Validators(*facts["validators"]),
    )
    return KeptPage(
        source=facts["source"],
        step=facts["step"],
        known_by=facts["known_by"],
        page=page,
        shown_url=facts["shown_url"],
        error=facts["error"],
        ref=ArticleRef.from_json(facts["ref"]) if facts["ref"] else None,
        target=facts["target"],
        list_name=facts["list_name"],
    )
