"""deployments/docs/watchlist.md, followed as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

import re
from pathlib import Path

from end_to_end.guides import follow, read_guide

from flows.watchfile import SECTIONS, _Entry, load_watchlist
from flows.yamlfile import known_keys
from warehouse.watchlist import Entity

GUIDE = read_guide("watchlist.md")


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    home, seen = follow(GUIDE, tmp_path)
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
