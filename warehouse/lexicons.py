"""The compiled watchlist kept between runs, beside the work file: a new process reads it instead of compiling it.

It is a pickle in a folder that only the user who runs Tanma can write; one that somebody else could have written is not
read. Whatever is wrong with it, the watchlist is compiled anew, so it can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from warehouse.scan import Lexicon
from warehouse.watchlist import Entity

_NAME = "lexicon.pickle"
_MARK = b"tanma lexicon"


def compiled(folder: Path, entities: Sequence[Entity]) -> Lexicon:
    """The lexicon of these entities: the kept one when the same code made it of the same entities, else a new one,
    which is kept when <folder>/work is there. Never raises for what is wrong with the kept one."""
    key = _key(entities)
    file = folder / "work" / _NAME
    kept = _read(file, key)
    if kept is not None:
        return kept
    lexicon = Lexicon.compile(entities)
    _write(file, key, lexicon)
    return lexicon


def _key(entities: Sequence[Entity]) -> bytes:
    """Changes with the entities (not with their order), the scanner's code and lists, and the libraries it holds."""
    watched = "\n".join(sorted(map(repr, set(entities))))
    return hashlib.sha256(f"{_code()}\n{watched}".encode("utf-8", "surrogatepass")).hexdigest().encode()


@cache
def _code() -> str:
    found = hashlib.sha256(sys.version.encode())
    for library in ("ahocorasick_rs", "pypinyin", "rjieba", "opencc"):
        found.update(f"{library} {version(library)}\n".encode())
    for part in _parts(files("warehouse.scan")):
        found.update(part.read_bytes())
    return found.hexdigest()


def _parts(folder: Traversable) -> list[Traversable]:
    parts: list[Traversable] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            parts += _parts(entry)
        elif entry.name.endswith((".py", ".txt")):
            parts.append(entry)
    return parts


def _read(file: Path, key: bytes) -> Lexicon | None:
    try:
        with file.open("rb") as kept:
            info = os.fstat(kept.fileno())
            if info.st_uid != os.geteuid() or info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            head, body = kept.readline(), kept.read()
        lexicon = pickle.loads(body) if head == _head(key, body) else None
    except Exception:  # noqa: BLE001 - a damaged file is compiled over, whatever it makes pickle raise
        return None
    return lexicon if isinstance(lexicon, Lexicon) else None


def _head(key: bytes, body: bytes) -> bytes:
    """The first line: what it was made of, and a sum that half a file does not have."""
    return b" ".join((_MARK, key, hashlib.sha256(body).hexdigest().encode())) + b"\n"


def _write(file: Path, key: bytes, lexicon: Lexicon) -> None:
    """Replaced by rename, so that another process reads the old one or the new one. A full disk only costs the time."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f".{_NAME}.", dir=file.parent)
        try:
            body = pickle.dumps(lexicon, pickle.HIGHEST_PROTOCOL)
            with os.fdopen(handle, "wb") as kept:
                kept.write(_head(key, body) + body)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
