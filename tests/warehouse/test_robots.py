"""robots.txt as it was last read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from warehouse import robots
from warehouse.robots import RobotsRow
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_robots_texts_survive_a_restart(tmp_path: Path) -> None:
    row = RobotsRow("36kr.com", "User-agent: *\nDisallow: /private", 200, NOW)
    other = RobotsRow("huxiu.com", "", 404, NOW)
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        robots.save_robots(wh, {"36kr.com": row})
        robots.save_robots(wh, {"36kr.com": row, "huxiu.com": other})
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        assert robots.load_robots(wh) == {"36kr.com": row, "huxiu.com": other}
