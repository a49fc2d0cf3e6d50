"""A guide of deployments/docs followed as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from end_to_end.command import ROOT, environment

_STEP = re.compile(r"^<!-- (file|run|shows)(?:: (.+?))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_guide(name: str) -> str:
    return (ROOT / "deployments" / "docs" / name).read_text("utf-8")


def follow(guide: str, folder: Path) -> tuple[Path, Counter[str]]:
    """Do what a guide says below `folder`, where `tanma` is a command: each with exit code 0 and the words that it is
    to show. The folder where it was done, and how many steps of each kind there were."""
    (folder / "bin").mkdir()
    command = folder / "bin" / "tanma"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m flows.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    env = environment(PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    said, seen = "", Counter[str]()
    for what, detail, text in _STEP.findall(guide):
        seen[what] += 1
        if what == "file":
            (home / detail).parent.mkdir(exist_ok=True)
            (home / detail).write_text(text, "utf-8")
        elif what == "run":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text], cwd=home, env=env, text=True, timeout=180, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            said = done.stdout
            assert done.returncode == 0, said
        else:
            assert [line for line in text.splitlines() if line not in said] == [], said
    return home, seen
