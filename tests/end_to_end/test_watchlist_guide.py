"""deployments/docs/watchlist.md, followed as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from end_to_end.command import environment

from flows.watchfile import SECTIONS, _Entry, load_watchlist
from flows.yamlfile import known_keys
from warehouse.watchlist import Entity

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "deployments" / "docs" / "watchlist.md").read_text("utf-8")
STEP = re.compile(r"^<!-- (file|run|shows)(?:: (.+?))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "tanma"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m flows.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    env = environment(PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    said, seen = "", {"file": 0, "run": 0, "shows": 0}
    for what, detail, text in STEP.findall(GUIDE):
        seen[what] += 1
        if what == "file":
            (home / detail).parent.mkdir(exist_ok=True)
            (home / detail).write_text(text, "utf-8")
        elif what == "run":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text], cwd=home, env=env, text=True, timeout=120, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            said = done.stdout
            assert done.returncode == 0, said
        else:
            assert [line for line in text.splitlines() if line not in said] == [], said
    assert seen == {"file": 4, "run": 5, "shows": 4}
    assert load_watchlist(home / "watchlist.yaml")[1] == Entity(
        "company", "理想汽车", ("理想",), (), ("增程",), ("理想主义",), sound=False
    )


def test_the_guide_names_every_key_and_its_example_is_sound(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    assert rows == known_keys(_Entry)
    assert all(f"`{section}`" in GUIDE for section in SECTIONS)
    [example] = re.findall(r"There are four sections.*?^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (tmp_path / "watchlist.yaml").write_text(example, "utf-8")
    assert load_watchlist(tmp_path / "watchlist.yaml")[-1] == Entity(
        "company", "理想汽车", ("理想", "Li Auto"), (), ("增程", "新能源"), ("理想主义", "理想型"), sound=False
    )
