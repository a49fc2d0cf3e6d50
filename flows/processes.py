"""Which processes there are: what a pid means now, and who its parent is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """`words` is the command line, its arguments parted by blanks."""

    pid: int
    parent: int
    words: str


def process(pid: int) -> Process | None:
    """None when there is none with this id, or nothing but its exit code is left of it."""
    return next((found for found in processes() if found.pid == pid), None)


def processes() -> Iterator[Process]:
    """Every process that can be seen. From /proc where it is, since a small container has no ps."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def _from_proc() -> Iterator[Process]:
    for place in _PROC.glob("[0-9]*"):
        try:
            stat = (place / "stat").read_text("utf-8", "replace")
            words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:  # it ended meanwhile
            continue
        if words:
            # The name in brackets may hold anything, also brackets.
            yield Process(int(place.name), int(stat.rpartition(")")[2].split()[1]), words)


def _from_ps() -> Iterator[Process]:
    asked = ["ps", "-A", "-w", "-w", "-o", "pid=,ppid=,stat=,command="]
    for line in subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines():
        pid, parent, state, *words = line.split(None, 3)
        if words and not state.startswith("Z"):
            yield Process(int(pid), int(parent), words[0].strip())
