"""What a killed `tanma serve` left behind is ended; nothing else is, whatever its file says."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest
from end_to_end.command import environment

from flows import serverprocess
from flows.server import serve_file
from sources.errors import TanmaError

# In two arguments of its own kind, as `python -m prefect server start --port 4200` is seen.
LIKE_A_SERVER = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", "4200"]
Start = Callable[[list[str]], "subprocess.Popen[bytes]"]


@pytest.fixture
def sleeper() -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def start(words: list[str]) -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE))
        return running[-1]

    yield start
    for one in running:
        one.kill()
        one.communicate()


def leave(warehouse: Path, **what: object) -> None:
    serve_file(warehouse).parent.mkdir(parents=True, exist_ok=True)
    serve_file(warehouse).write_text(json.dumps(what), "utf-8")


def test_a_leftover_server_is_ended(tmp_path: Path, sleeper: Start) -> None:
    said: list[str] = []
    left = sleeper(LIKE_A_SERVER)
    # Its parent is this test, not the serve that was written down, as if it had been adopted.
    leave(tmp_path, api="http://127.0.0.1:4200/api", pid=2**22 + 1, server_pid=left.pid, port=4200)
    serverprocess._end_leftover(tmp_path, said.append)
    assert left.wait(5) == -15
    assert said == [f"ending the Prefect server (pid {left.pid}) that a killed `tanma serve` left behind"]


def test_a_server_whose_serve_lives_is_left_alone(tmp_path: Path, sleeper: Start) -> None:
    living = sleeper(LIKE_A_SERVER)
    leave(tmp_path, api="http://127.0.0.1:4200/api", pid=os.getpid(), server_pid=living.pid, port=4200)
    with pytest.raises(TanmaError, match=rf"\(pid {os.getpid()}\) already serves this warehouse"):
        serverprocess._end_leftover(tmp_path, print)
    assert living.poll() is None


@pytest.mark.parametrize(
    "words",
    [["something", "else", "--port", "4200"], [*LIKE_A_SERVER[:-1], "42000"], [*LIKE_A_SERVER[:-1], "4201"]],
)
def test_another_process_that_has_its_id_now_is_left_alone(tmp_path: Path, sleeper: Start, words: list[str]) -> None:
    other = sleeper(words)
    leave(tmp_path, api="http://127.0.0.1:4200/api", pid=2**22 + 1, server_pid=other.pid, port=4200)
    serverprocess._end_leftover(tmp_path, print)
    assert other.poll() is None


@pytest.mark.parametrize(
    "what", [{}, {"pid": 1, "server_pid": "1", "port": 4200}, {"pid": None, "server_pid": 1, "port": 4200}]
)
def test_a_file_that_says_less_ends_nothing(tmp_path: Path, what: dict[str, object]) -> None:
    leave(tmp_path, **what)
    serverprocess._end_leftover(tmp_path, print)
    serverprocess._end_leftover(tmp_path / "nothing here", print)


LOOKS = """
from datetime import timedelta
from flows.frugalprefect import look_less_often
look_less_often()
import prefect.server.api.background_workers as prefects
from docket import Docket
worker = prefects.Worker(Docket(url="memory://"))
print(worker.scheduling_resolution, worker.minimum_check_interval, worker.name != "")
own = prefects.Worker(Docket(url="memory://"), scheduling_resolution=timedelta(seconds=9))
print(own.scheduling_resolution)
"""


def test_the_worker_of_prefects_server_looks_less_often(tmp_path: Path) -> None:
    env = environment(PREFECT_HOME=str(tmp_path), PREFECT_SERVER_ANALYTICS_ENABLED="false")
    done = subprocess.run(
        [sys.executable, "-c", LOOKS], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["0:00:02 0:00:02 True", "0:00:09"]


def test_the_file_of_one_certificate_is_one_that_prefect_trusts_anyhow(tmp_path: Path) -> None:
    place = serverprocess._one_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(place))
    assert context.cert_store_stats()["x509_ca"] == 1
    assert context.get_ca_certs()[0] in ssl.create_default_context(cafile=certifi.where()).get_ca_certs()
