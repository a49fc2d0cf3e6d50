"""A pid is believed only for what stands behind it now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from flows import processes as room
from flows.processes import Process, process

WAYS: list[Callable[[], Iterator[Process]]] = [room._from_ps]
if sys.platform == "linux":
    WAYS.append(room._from_proc)


@pytest.mark.parametrize("way", WAYS)
def test_a_child_is_seen_with_its_parent_and_its_words(way: Callable[[], Iterator[Process]]) -> None:
    if way is room._from_ps and shutil.which("ps") is None:
        pytest.skip("no ps here")
    words = [sys.executable, "-c", "input()", "--port", "4200", "(odd) name"]
    child = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        assert Process(child.pid, os.getpid(), " ".join(words)) in list(way())
    finally:
        child.kill()
        # Dead, and not yet asked for its exit code.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert child.pid not in [one.pid for one in way()]
        child.communicate()


def test_nobody_has_this_id_any_more() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert process(child.pid) is None
    found = process(os.getpid())
    assert found is not None and found.parent == os.getppid()
