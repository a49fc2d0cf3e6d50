"""`metrics: FILE`: OpenMetrics text that the official parser reads, written whole after every run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus
from small_outlet import Small, small_outlet

from flows.check import load_both
from flows.metrics import families, openmetrics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        file = tmp_path / "tanma.yaml"
        file.write_text(file.read_text("utf-8") + "metrics: scraped/tanma.prom\n", "utf-8")
        (tmp_path / "scraped").mkdir()
        opened.config, opened.entities = load_both(file, {})
        yield opened


def scraped(small: Small) -> dict[tuple[str, ...], float]:
    """(sample's name, its labels' values …) → value, as the official parser has it."""
    text = (small.folder / "scraped" / "tanma.prom").read_text("utf-8")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in read_openmetrics(text)
        for sample in family.samples
    }


def test_a_run_is_told_in_numbers(small: Small) -> None:
    small.publishes(1, 2)
    small.shows(3, 2, 1)  # the third has no page
    small.run()
    found = scraped(small)
    assert found["tanma_articles",] == 2
    assert found["tanma_articles_read_total", "stored"] == 2
    assert found["tanma_runs_total", "collect", "ok"] == 1
    assert found["tanma_requests_total", "small", "ok"] == 3  # the list and two pages
    assert found["tanma_requests_total", "small", "gone"] == 1
    assert found["tanma_requests_total", "", "gone"] == 1  # robots.txt
    assert found["tanma_received_bytes_total", "small"] > 100
    assert found["tanma_source_state", "small", "ok"] == 1
    assert found["tanma_source_interval_seconds", "small"] == 900
    assert found["tanma_alerts", "desk", "suppressed"] == 2 and found["tanma_alerts", "desk", "failed"] == 0
    assert found["tanma_database_bytes", "published"] > 100_000
    assert abs(found["tanma_source_read_timestamp_seconds", "small"] - small.clock().timestamp()) < 60
    assert ("tanma_backup_timestamp_seconds",) not in found  # what is not known is not said to be nought


def test_counters_go_on_and_begin_anew_when_they_are_lost(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    small.later(minutes=15)
    small.run()
    found = scraped(small)
    assert found["tanma_runs_total", "collect", "ok"] == 2
    assert found["tanma_requests_total", "small", "unchanged"] == 1
    assert found["tanma_articles_read_total", "stored"] == 1
    (small.config.warehouse / "work" / "status.json").unlink()
    small.later(minutes=15)
    small.run()
    assert scraped(small)["tanma_runs_total", "collect", "ok"] == 1


def test_the_file_is_whole_readable_by_others_and_alone(small: Small) -> None:
    before = os.umask(0o077)  # as many services have it
    try:
        small.run()
    finally:
        os.umask(before)
    file = small.folder / "scraped" / "tanma.prom"
    assert file.read_text("utf-8").endswith("\n# EOF\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [one.name for one in file.parent.iterdir()] == ["tanma.prom"]


def test_the_older_text_format_takes_it_too(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    text = (small.folder / "scraped" / "tanma.prom").read_text("utf-8")
    samples = {sample.name for family in read_prometheus(text) for sample in family.samples}
    assert {"tanma_articles", "tanma_runs_total", "tanma_source_state"} <= samples


def plain() -> dict[str, object]:
    return {
        "version": "1", "articles": 0, "runs": [], "sources": [], "channels": [], "incidents": [],
        "heartbeat_at": None, "newest_backup_at": None, "bytes": {}, "totals": {},
    }  # fmt: skip


def test_what_names_hold_is_escaped() -> None:
    nasty = 'a"b\\c\nd'
    [sample] = [
        sample
        for family in read_openmetrics(openmetrics(plain() | {"incidents": [("channel", nasty)]}))
        for sample in family.samples
        if sample.name == "tanma_incident"
    ]
    assert sample.labels == {"kind": "channel", "subject": nasty}


def test_every_metric_is_documented() -> None:
    guide = (ROOT / "deployments" / "docs" / "operation.md").read_text("utf-8")
    names = {family.name + "_total" * (family.kind == "counter") for family in families(plain())}
    assert len(names) > 15
    assert {name for name in names if f"`{name}`" not in guide} == set()
