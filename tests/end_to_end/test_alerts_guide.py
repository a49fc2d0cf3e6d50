"""deployments/docs/alerts.md, section by section as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from end_to_end.guides import follow, read_guide

from flows.check import load_both
from flows.configkeys import AtLeast, QuietKeys, RuleItem
from flows.yamlfile import known_keys
from warehouse import alerts
from warehouse.carryover import SAME_STORY
from warehouse.rules import Quiet, Rule

GUIDE = read_guide("alerts.md")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which everything was done, each command with exit code 0 and the words that it is to show."""
    yesterday = datetime.now(UTC) - timedelta(days=1)  # in which both hours have been, whatever the time
    guide = GUIDE.replace("@yesterday", f"{yesterday:%Y-%m-%d}")
    home, seen = follow(guide, tmp_path_factory.mktemp("guide"))
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
