"""Copying and replacing a database file, so that its name holds either all of it or what was there before."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

from sources.errors import WarehouseError
from warehouse.connection import is_full, wal_of

_DECIDED = "tanma.restored.duckdb"
_FICLONE = 0x40049409  # linux/fs.h: share the blocks instead of copying them (btrfs, xfs)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a closed file beside its target, then rename it over the target. Survives a crash at any moment.

    The file must not be open in this process: closing the copy's descriptor would drop DuckDB's lock on it (POSIX
    locks belong to the process). Whoever has the old target open keeps it. Raises WarehouseError with the target
    untouched, as when the disk is full.
    """
    beside = _beside(target)
    try:
        with source.open("rb") as read, beside.open("wb") as written:
            _copy(read.fileno(), written.fileno())
            os.fsync(written.fileno())
        beside.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        remedy = "free some room and run again" if is_full(error) else "mend that and run again"
        raise WarehouseError(
            f"{target}: could not be written from {source} ({error.strerror}); it is left as it was; {remedy}"
        ) from error


def put_in_place(new: Path, work_file: Path) -> None:
    """Put a closed file without a WAL, of the same folder, in the place of the work file and of the WAL beside that.

    DuckDB refuses a WAL of another file or of another state of this one, but tells states apart by a number of
    checkpoints: a copy of a file, changed, may have the number of that file's WAL, which is then replayed into it.
    So neither may a WAL wait beside the new file, nor the old file lose its own. The rename of `new` to a name of its
    own decides: killed before, all is as it was; killed after, `finish_replacement` does the rest before anything of
    Tanma opens the work file, and until then the old file may stand without its WAL. Raises OSError.
    """
    sync_file(new)
    new.replace(work_file.with_name(_DECIDED))
    sync_folder(work_file.parent)
    finish_replacement(work_file)


def finish_replacement(work_file: Path) -> None:
    """Do what a kill kept `put_in_place` from doing; nothing, when it decided nothing. Whoever holds the warehouse's
    lock calls this before opening the work file. Raises OSError."""
    decided = work_file.with_name(_DECIDED)
    if decided.exists():
        wal_of(work_file).unlink(missing_ok=True)
        sync_folder(work_file.parent)
        decided.replace(work_file)
        sync_folder(work_file.parent)


def discard(file: Path) -> None:
    """Delete a file that was being made, with what DuckDB or copy_whole left beside it. Raises OSError."""
    for one in (file, wal_of(file), _beside(file)):
        one.unlink(missing_ok=True)


def sync_file(file: Path) -> None:
    """Make what is written in a file survive a power cut."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.tmp")


def _copy(read: int, written: int) -> None:
    try:
        fcntl.ioctl(written, _FICLONE, read)
        return
    except OSError:  # this file system cannot, or this is not Linux
        pass
    size, done = os.fstat(read).st_size, 0
    try:
        while done < size:
            step = os.copy_file_range(read, written, size - done, done, done)
            if step == 0:
                break
            done += step
        if done == size:
            return
    except AttributeError:  # macOS
        pass
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            raise
    os.lseek(read, 0, os.SEEK_SET)
    os.lseek(written, 0, os.SEEK_SET)
    with open(read, "rb", closefd=False) as source, open(written, "wb", closefd=False) as target:
        shutil.copyfileobj(source, target, 1 << 20)
