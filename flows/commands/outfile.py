"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sources.errors import ConfigError, Problem, WarehouseError
from warehouse.connection import is_full


@contextmanager
def written_whole(path: Path, option: str) -> Iterator[BinaryIO]:
    """A stream whose bytes stand under `path` once the block ends without an error; till then what stood there stays.

    A device or a pipe is written to as it is. Raises ConfigError, naming `option`, when the file cannot be written;
    WarehouseError when there is no room for it.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as stream:
                yield stream
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        try:
            with beside.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        words = f"{error.strerror or error}; nothing was written"
        if is_full(error):
            raise WarehouseError(f"{path}: {words}; free some room and ask again") from error
        raise ConfigError([Problem(option, None, str(path), words)]) from error
