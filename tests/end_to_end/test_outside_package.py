"""The guide to adding an outlet, followed to the letter: its files written, its commands run, its outlet served.

A package built from the skeleton is installed into an environment of its own, which sees this one's packages, and is
found through the entry point. Nothing but loopback is asked, and pip may ask no index.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "deployments" / "docs" / "adding-an-outlet.md").read_text("utf-8")
PORT = "8377"  # of the guide; here a free one takes its place
_STEP = re.compile(r"^<!-- (file|serve|run|shows)(?:: (.+?))? -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """`what`: file (detail: its path), serve, run (detail: `fails`), shows (in what the last run said)."""

    what: str
    detail: str
    text: str


def steps() -> list[Step]:
    return [Step(what, detail or "", text) for what, detail, _, text in _STEP.findall(GUIDE)]


@dataclass
class Reader:
    """Somebody who follows the guide in a folder, with `tanma`, `pip` and `pytest` on the path."""

    folder: Path
    bin: Path
    port: str
    at: Path
    said: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "TANMA_", "PIP_", "PYTHON"))
        }
        own = {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "PIP_NO_INDEX": "1", "PYTHONUTF8": "1"}
        return kept | own | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": str(self.folder), "COLUMNS": "200"}

    def write(self, place: str, text: str) -> None:
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(PORT, self.port), "utf-8")

    def run(self, script: str) -> int:
        """One block; the folder it ends in is where the next begins."""
        end = self.folder / "ended-in"
        trap = f"trap 'pwd > {shlex.quote(str(end))}' EXIT\n"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", trap + script],
            cwd=self.at,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.at, self.said = Path(end.read_text("utf-8").strip()), done.stdout
        return done.returncode


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    own = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(home), "platbase": str(home)}))
    (own / "this.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n{ROOT}\n", "utf-8")
    for name, module in (("tanma", "flows.cli"), ("pip", "pip"), ("pytest", "pytest")):
        shim = home / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec "{home}/bin/python" -m {module} "$@"\n', "utf-8")
        shim.chmod(0o755)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    (tmp_path / "work").mkdir()
    return Reader(tmp_path / "work", home / "bin", port, tmp_path / "work")


@pytest.fixture
def served(reader: Reader) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for one in started:
        one.terminate()
        one.wait(10)


def serve(reader: Reader, command: str) -> subprocess.Popen[bytes]:
    [line] = command.replace(PORT, reader.port).splitlines()
    process = subprocess.Popen(
        shlex.split(line),
        cwd=reader.folder,
        env=reader.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", int(reader.port))) == 0:
                return process
        time.sleep(0.05)
    raise AssertionError("the guide's server does not answer")


@pytest.mark.timeout(300)
def test_the_guide_works_as_written(reader: Reader, served: list[subprocess.Popen[bytes]]) -> None:
    for step in steps():
        if step.what == "file":
            reader.write(step.detail, step.text)
        elif step.what == "serve":
            served.append(serve(reader, step.text))
        elif step.what == "shows":
            missing = [line for line in step.text.splitlines() if line not in reader.said]
            assert missing == [], reader.said
        else:
            code = reader.run(step.text)
            assert (code == 0) is (step.detail != "fails"), f"{step.text}\nended with {code}:\n{reader.said}"

    # What the guide's last run left behind, in the words of SQL rather than of the guide.
    assert reader.run("tanma sources list --json && tanma sql 'SELECT count(*) AS n FROM alerts' --json") == 0
    assert '"use": "hedeng"' in reader.said and '"state": "ok"' in reader.said
    assert reader.run('tanma sql "SELECT entity_id, article_id, status FROM alerts" --format csv') == 0
    assert "company:青禾航运,hedeng:20260105-17," in reader.said
    assert reader.run("tanma run --json") == 0
    assert '"stored": 0' in reader.said


def test_every_block_of_the_guide_is_executed_but_the_one_that_needs_a_network() -> None:
    blocks = re.findall(r"^```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    executed = [step.text for step in steps()]
    assert [block for block in blocks if block not in executed] == ["pip install hatchling pytest\n"]
    assert [step.what for step in steps()].count("run") >= 5


def test_the_environment_of_the_tests_can_build_a_package() -> None:
    assert subprocess.run([sys.executable, "-c", "import hatchling.build"], check=False).returncode == 0, (
        "install the dev extra: hatchling builds the guide's package without a network"
    )
