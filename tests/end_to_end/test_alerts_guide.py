"""deployments/docs/alerts.md, section by section as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from end_to_end.command import environment

from flows.check import load_both
from flows.configkeys import AtLeast, QuietKeys, RuleItem
from flows.yamlfile import known_keys
from warehouse import alerts
from warehouse.carryover import SAME_STORY
from warehouse.rules import Quiet, Rule

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "deployments" / "docs" / "alerts.md").read_text("utf-8")
STEP = re.compile(r"^<!-- (file|run|shows)(?:: (.+?))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which everything was done, each command with exit code 0 and the words that it is to show."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "bin").mkdir()
    command = folder / "bin" / "tanma"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m flows.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    env = environment(PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    yesterday = datetime.now(UTC) - timedelta(days=1)  # in which both hours have been, whatever the time
    said, seen = "", {"file": 0, "run": 0, "shows": 0}
    for what, detail, text in STEP.findall(GUIDE):
        seen[what] += 1
        if what == "file":
            (home / detail).parent.mkdir(exist_ok=True)
            (home / detail).write_text(text.replace("@yesterday", f"{yesterday:%Y-%m-%d}"), "utf-8")
        elif what == "run":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text], cwd=home, env=env, text=True, timeout=180, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            said = done.stdout
            assert done.returncode == 0, said
        else:
            assert [line for line in text.splitlines() if line not in said] == [], said
    assert seen["file"] >= 4 and seen["run"] >= 4 and seen["shows"] >= 3
    return home


def test_the_guide_works_as_it_stands(followed: Path) -> None:
    assert (followed / "data" / "tanma.duckdb").exists()


def test_its_rules_are_what_the_text_says(followed: Path) -> None:
    quay, customers, urgent, month = load_both(followed / "tanma.yaml", {})[0].rules
    assert (quay.groups, quay.entity_ids, quay.channels) == (("码头",), ("person:顾南枝",), ("desk",))
    assert (customers.central, customers.not_outlets, customers.when) == (True, ("万能转载",), "daily 09:00")
    assert urgent == Rule(
        "urgent", (), ("boss",), entity_ids=("company:青禾造船",), min_confidence=0.9, cooldown=timedelta(hours=6),
        quiet=urgent.quiet, timezone=urgent.timezone, severity="urgent", mention=("+49-151-0000000",),
    )  # fmt: skip
    assert isinstance(urgent.quiet, Quiet) and urgent.quiet.days == (5, 6) and str(urgent.timezone) == "Europe/Berlin"
    assert (month.kinds, month.channels, month.when) == (("product",), ("desk", "sales"), "monthly last 18:00")


def test_the_guide_names_every_key_and_every_reason() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", GUIDE.partition("## Try rules")[0], re.MULTILINE))
    assert set(rows) == set(known_keys(RuleItem))
    assert all(f"`{key}`" in rows["at_least"] or f"`{key}:" in rows["at_least"] for key in known_keys(AtLeast))
    assert all(f"{key}:" in rows["quiet"] for key in known_keys(QuietKeys))
    reasons = re.findall(r"^\| `([^`]+)` \|", GUIDE.partition("| reason |")[2], re.MULTILINE)
    assert {alerts.FIRST_RUN, alerts.IMPORTED, alerts.RESCANNED, alerts.MUTED, alerts.COOLDOWN} <= set(reasons)
    assert f"{SAME_STORY}…" in reasons and "older than 2 days" in reasons
