"""Copying a database file so that its new name holds either all of it or what was there before."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

from sources.errors import WarehouseError

_FICLONE = 0x40049409  # linux/fs.h: share the blocks instead of copying them (btrfs, xfs)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a closed file beside its target, then rename it over the target. Survives a crash at any moment.

    The file must not be open in this process: closing the copy's descriptor would drop DuckDB's lock on it (POSIX
    locks belong to the process). Whoever has the old target open keeps it. Raises WarehouseError with the target
    untouched, as when the disk is full.
    """
    beside = target.with_name(f".{target.name}.tmp")
    try:
        with source.open("rb") as read, beside.open("wb") as written:
            _copy(read.fileno(), written.fileno())
            os.fsync(written.fileno())
        beside.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        remedy = "free some room and run again" if error.errno == errno.ENOSPC else "mend that and run again"
        raise WarehouseError(
            f"{target}: could not be written from {source} ({error.strerror}); it is left as it was; {remedy}"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
