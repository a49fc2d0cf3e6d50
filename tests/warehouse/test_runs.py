"""Runs, requests and the health of sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse import runs
from warehouse.runs import Incident
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)


@dataclass(frozen=True)
class Request:
    url: str
    at: datetime
    outcome: str
    http_status: int | None
    bytes: int
    seconds: float


def test_a_run_is_written_down_from_its_start_to_its_end(wh: Warehouse) -> None:
    run_id = runs.begin_run(wh, "collect", "direct", NOW)
    assert run_id == "20261121T080000"
    assert wh.con.execute("SELECT status, seconds FROM runs").fetchall() == [("running", None)]
    assert runs.end_run(wh, run_id, {"stored": 3}, "ok", NOW + timedelta(seconds=2.5)) == 2.5
    assert wh.con.execute(
        "SELECT kind, via, status, seconds, CAST(counts ->> 'stored' AS INT) FROM runs"
    ).fetchall() == [("collect", "direct", "ok", 2.5, 3)]


def test_a_run_that_was_killed_is_called_interrupted_by_the_next(wh: Warehouse) -> None:
    runs.begin_run(wh, "collect", "direct", NOW)
    again = runs.begin_run(wh, "collect", "direct", NOW)
    assert again == "20261121T080000-2"
    assert wh.con.execute("SELECT status FROM runs ORDER BY run_id").fetchall() == [("interrupted",), ("running",)]


def test_requests_are_kept(wh: Warehouse) -> None:
    run_id = runs.begin_run(wh, "collect", "direct", NOW)
    made = [Request("https://a/", NOW, "ok", 200, 1234, 0.5), Request("https://b/", LATER, "retry", None, 0, 30.0)]
    runs.record_fetches(wh, run_id, {"36kr": made})
    runs.record_fetches(wh, run_id, {"": []})
    assert wh.con.execute("FROM fetches ORDER BY url").fetchall() == [
        (run_id, "36kr", "https://a/", NOW, "ok", 200, 1234, 0.5),
        (run_id, "36kr", "https://b/", LATER, "retry", None, 0, 30.0),
    ]


def test_ops_hears_of_a_change_once(wh: Warehouse) -> None:
    told = []
    for hour, state in enumerate(["ok", "ok", "blocked", "blocked", "layout_changed", "ok", "quiet", "ok"]):
        note = "captcha" if state == "blocked" else ""
        runs.record_health(wh, "36kr", state, NOW + timedelta(hours=hour), note)
        incidents = runs.untold(wh)
        told.append([(incident.source, incident.state, incident.note) for incident in incidents])
        runs.mark_told(wh, [incident.source for incident in incidents])
    blocked, changed, well = ("36kr", "blocked", "captcha"), ("36kr", "layout_changed", ""), ("36kr", "ok", "")
    assert told == [[], [], [blocked], [], [changed], [well], [], []]


def test_the_first_word_of_a_source_is_an_incident_when_it_is_bad(wh: Warehouse) -> None:
    runs.record_health(wh, "36kr", "blocked", NOW, "captcha")
    runs.record_health(wh, "huxiu", "quiet", NOW, "")
    assert runs.untold(wh) == [Incident("36kr", "blocked", "captcha")]


def test_an_incident_that_could_not_be_told_is_told_by_a_later_run(tmp_path: Path, wh: Warehouse) -> None:
    runs.record_health(wh, "36kr", "blocked", NOW, "captcha")
    runs.record_health(wh, "huxiu", "failing", LATER, "503")
    runs.mark_told(wh, ["huxiu"])
    wh.close()
    with Warehouse.open(tmp_path, holder="test", now=LATER) as again:
        runs.record_health(again, "36kr", "blocked", LATER, "captcha again")
        assert runs.untold(again) == [Incident("36kr", "blocked", "captcha again")]


def test_trouble_that_ended_before_it_was_told_is_not_told(wh: Warehouse) -> None:
    runs.record_health(wh, "36kr", "blocked", NOW, "captcha")
    runs.record_health(wh, "36kr", "quiet", LATER, "")
    assert runs.untold(wh) == []


def test_health_says_since_when_and_when_it_last_went_well(wh: Warehouse) -> None:
    for hour, state in enumerate(["ok", "failing", "failing"]):
        runs.record_health(wh, "36kr", state, NOW + timedelta(hours=hour), "503")
    assert wh.con.execute("FROM source_health").fetchall() == [
        ("36kr", "failing", NOW + timedelta(hours=1), NOW + timedelta(hours=2), NOW, "503")
    ]


def test_only_a_change_of_health_is_published(wh: Warehouse) -> None:
    runs.record_health(wh, "36kr", "ok", NOW, "")
    wh.publish()
    runs.record_health(wh, "36kr", "ok", LATER, "")
    assert wh.publish() is False
    runs.record_health(wh, "36kr", "blocked", LATER, "captcha")
    assert wh.publish() is True


def test_a_failure_is_told_when_it_lasts(wh: Warehouse) -> None:
    """One 503 is over at the next run; a source that is refused now and times out then is in one trouble, not in two."""
    runs.record_health(wh, "36kr", "failing", NOW, "HTTP 503")
    assert runs.untold(wh) == []
    runs.record_health(wh, "36kr", "failing", NOW + timedelta(minutes=45), "HTTP 503")
    assert runs.untold(wh) == [Incident("36kr", "failing", "HTTP 503")]
    runs.mark_told(wh, ["36kr"])
    runs.record_health(wh, "36kr", "blocked", NOW + timedelta(hours=2), "HTTP 403")
    assert runs.untold(wh) == []
    runs.record_health(wh, "36kr", "ok", NOW + timedelta(hours=3), "")
    assert [one.state for one in runs.untold(wh)] == ["ok"]
