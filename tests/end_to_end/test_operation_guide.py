"""deployments/docs/operation.md as it stands: its files written, its commands run, its words seen."""

from __future__ import annotations

from pathlib import Path

from end_to_end.guides import follow, read_guide


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    home, seen = follow(read_guide("operation.md"), tmp_path)
    assert (seen["file"], seen["run"], seen["shows"]) == (3, 2, 2)
    assert (home / "tanma.prom").read_text("utf-8").endswith("# EOF\n")
