"""Incidents: told once when they begin and once when they are over, whatever restarts lie between; what is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from many_alerts import LIN, raise_many

from warehouse import incidents, outbox, runs
from warehouse.incidents import Counts, Incident
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK = Incident("channel", "desk", "bad token", NOW, False)
OVER = Incident("channel", "desk", "bad token", NOW, True)


def test_an_incident_is_told_when_it_begins_and_when_it_is_over(wh: Warehouse) -> None:
    incidents.begin(wh, "channel", "desk", "bad token", NOW)
    incidents.begin(wh, "channel", "desk", "another word", NOW + MINUTE)
    assert incidents.untold(wh) == [DESK]
    incidents.mark_told(wh, [DESK], NOW)
    incidents.begin(wh, "channel", "desk", "still", NOW + MINUTE)
    assert incidents.untold(wh) == []
    incidents.end(wh, "channel", "desk", NOW + MINUTE)
    assert incidents.untold(wh) == [OVER]
    incidents.mark_told(wh, [OVER], NOW)
    assert incidents.untold(wh) == []
    incidents.begin(wh, "channel", "desk", "bad token", NOW)
    assert incidents.untold(wh) == [DESK]


def test_what_was_over_before_ops_heard_of_it_goes_unheard(wh: Warehouse) -> None:
    incidents.begin(wh, "channel", "desk", "bad token", NOW)
    incidents.end(wh, "channel", "desk", NOW + MINUTE)
    incidents.end(wh, "channel", "team", NOW + MINUTE)
    assert incidents.untold(wh) == []


def test_what_came_back_before_ops_heard_of_its_end_is_the_same_incident(wh: Warehouse) -> None:
    incidents.begin(wh, "channel", "desk", "bad token", NOW)
    incidents.mark_told(wh, [DESK], NOW)
    incidents.end(wh, "channel", "desk", NOW + MINUTE)
    incidents.begin(wh, "channel", "desk", "bad token", NOW + 2 * MINUTE)
    assert incidents.untold(wh) == []


def test_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    for now in (NOW, NOW + MINUTE):
        with Warehouse.open(tmp_path, holder="test", now=now) as wh:
            incidents.begin(wh, "channel", "desk", "bad token", now)
            assert incidents.untold(wh) == ([DESK] if now == NOW else [])
            incidents.mark_told(wh, [DESK], now)


def backlog(wh: Warehouse, now: datetime) -> list[tuple[str, str, bool]]:
    incidents.judge_backlog(wh, now)
    found = incidents.untold(wh)
    incidents.mark_told(wh, found, now)
    return [(one.subject, one.note, one.over) for one in found]


def test_alerts_that_wait_half_an_hour_though_due_are_a_backlog(wh: Warehouse) -> None:
    wh.sync_entities((LIN,), NOW)
    raise_many(wh, range(3), "desk", at=NOW)
    raise_many(wh, range(3, 4), "team", at=NOW + 20 * MINUTE)
    assert backlog(wh, NOW + 30 * MINUTE) == []
    assert backlog(wh, NOW + 31 * MINUTE) == [("desk", "3", False)]
    assert backlog(wh, NOW + 32 * MINUTE) == []
    while claim := outbox.claim(wh, NOW + 33 * MINUTE):
        outbox.settle_sent(wh, claim.alert_ids, NOW)
    assert backlog(wh, NOW + 33 * MINUTE) == [("desk", "3", True)]


def test_a_channel_that_refuses_is_one_incident_however_much_waits_for_it(wh: Warehouse) -> None:
    wh.sync_entities((LIN,), NOW)
    raise_many(wh, range(3), "desk", at=NOW)
    incidents.begin(wh, "channel", "desk", "19021", NOW)
    assert backlog(wh, NOW + 31 * MINUTE) == [("desk", "19021", False)]
    incidents.end(wh, "channel", "desk", NOW + 40 * MINUTE)
    # It takes messages again, and they wait.
    assert sorted(backlog(wh, NOW + 41 * MINUTE)) == [("desk", "19021", True), ("desk", "3", False)]


@pytest.mark.parametrize("tried", ["this one", "another of its channel"])
def test_a_delay_after_a_failure_does_not_make_it_due_later(wh: Warehouse, tried: str) -> None:
    wh.sync_entities((LIN,), NOW)
    raise_many(wh, range(2), "desk", at=NOW)
    claim = outbox.claim(wh, NOW)
    assert claim is not None
    outbox.settle_retry(wh, claim.alert_ids, "500", NOW + 60 * MINUTE, whole_channel=False)
    gone = "story_id = 's0001'" if tried == "this one" else "story_id = 's0000'"
    wh.con.execute(f"UPDATE core.alerts SET status = 'failed' WHERE {gone}")
    assert backlog(wh, NOW + 31 * MINUTE) == [("desk", "1", False)]


def test_what_waits_for_its_hour_is_no_backlog(wh: Warehouse) -> None:
    wh.sync_entities((LIN,), NOW)
    raise_many(wh, range(3), "desk", at=NOW)
    wh.con.execute("UPDATE core.alerts SET next_attempt_at = ?", [NOW + timedelta(hours=9)])
    assert backlog(wh, NOW + timedelta(hours=9, minutes=30)) == []
    assert backlog(wh, NOW + timedelta(hours=9, minutes=31)) == [("desk", "3", False)]


def collected(wh: Warehouse, *minutes: int) -> str:
    for at in minutes:
        run_id = runs.begin_run(wh, "collect", "direct", NOW + at * MINUTE)
    return run_id


@pytest.mark.parametrize(
    ("minutes", "usual"),
    [
        ((0, 15, 30, 45, 60, 75, 90, 150), "900"),  # four times the usual
        ((0, 15, 30, 45, 60, 75, 90, 134), None),  # less than three times
        ((0, 1, 2, 3, 4, 5, 6, 30), None),  # by hand, over a cup of tea
        ((0, 15, 30, 300), None),  # nobody knows yet what is usual
        ((0, 15, 30, 45, 300, 315, 330, 345), None),  # told long ago
        ((0, 60, 120, 180, 240, 300, 360, 600), "3600"),
        ((0, 10, 20, 30, 130, 230, 330, 650), "6000"),  # of its own gap a run says nothing
        ((0, 17, 34, 240, 480, 497, 720, 754, 960), None),  # sources of 4, 8 and 12 hours: in bunches
        ((0, 17, 34, 240, 480, 497, 720, 754, 1500), "13380"),
    ],
)
def test_a_run_that_comes_much_later_than_usual_was_missed(
    wh: Warehouse, minutes: tuple[int, ...], usual: str | None
) -> None:
    run_id = collected(wh, *minutes)
    runs.begin_run(wh, "deliver", "direct", NOW + (minutes[-1] - 1) * MINUTE)
    incidents.judge_gap(wh, run_id)
    before = NOW + minutes[-2] * MINUTE
    expected = [] if usual is None else [Incident("gap", before.isoformat(), usual, before, True)]
    assert incidents.untold(wh) == expected
    incidents.mark_told(wh, expected, NOW)
    assert wh.con.execute("SELECT count(*) FROM core.incidents").fetchall() == [(0,)]


def test_a_quiet_night_of_sources_with_a_pace_of_their_own_is_no_gap(wh: Warehouse) -> None:
    often = [5 * number for number in range(8)]
    incidents.judge_gap(wh, collected(wh, *often, often[-1] + 240), 120 * MINUTE)
    assert incidents.untold(wh) == []
    incidents.judge_gap(wh, collected(wh, often[-1] + 482), 120 * MINUTE)
    assert [one.kind for one in incidents.untold(wh)] == ["gap"]


def test_the_first_heartbeat_counts_from_the_first_time_it_was_asked_for(wh: Warehouse) -> None:
    assert incidents.heartbeat_since(wh, NOW) == NOW
    assert incidents.heartbeat_since(wh, NOW + MINUTE) == NOW
    incidents.mark_heartbeat(wh, NOW + MINUTE)
    assert incidents.heartbeat_since(wh, NOW + 2 * MINUTE) == NOW + MINUTE


def test_what_a_heartbeat_counts(wh: Warehouse) -> None:
    wh.sync_entities((LIN,), NOW)
    raise_many(wh, range(2), "desk", at=NOW)  # before
    raise_many(wh, range(2, 10), "desk", at=NOW + 10 * MINUTE)
    con = wh.con
    con.execute("UPDATE core.articles SET outlet = '虎嗅' WHERE article_id = 's0002'")
    con.execute("UPDATE core.alerts SET status = 'sent', sent_at = ? WHERE story_id = 's0000'", [NOW])
    con.execute("UPDATE core.alerts SET status = 'sent', sent_at = ? WHERE story_id IN ('s0001', 's0002', 's0003')", [NOW + 20 * MINUTE])  # fmt: skip
    con.execute("UPDATE core.alerts SET status = 'suppressed' WHERE story_id = 's0004'")
    con.execute("UPDATE core.alerts SET status = 'failed' WHERE story_id IN ('s0005', 's0006')")
    runs.record_health(wh, "36kr", "blocked", NOW, "captcha")
    runs.record_health(wh, "huxiu", "ok", NOW, "")
    incidents.begin(wh, "channel", "desk", "bad token", NOW)
    # Eight articles, of 36氪 and 虎嗅; one of the sent ones had been raised before.
    assert incidents.counts(wh, NOW + MINUTE) == Counts(8, 2, 3, 1, 2, waiting=3, trouble=2)


def test_a_silence_that_was_told_is_over_with_the_next_run_whatever_is_usual(wh: Warehouse) -> None:
    assert not incidents.silence_told(wh.folder)
    incidents.note_silence(wh.folder, NOW, timedelta(seconds=900))
    incidents.judge_gap(wh, collected(wh, 20))
    over = Incident("gap", NOW.isoformat(), "900", NOW, True)
    assert incidents.untold(wh) == [over]
    incidents.mark_told(wh, [over], NOW)
    incidents.judge_gap(wh, collected(wh, 21))
    assert incidents.untold(wh) == []  # once


def test_while_the_run_that_ends_a_silence_is_under_way_it_is_not_told_again(wh: Warehouse) -> None:
    incidents.note_silence(wh.folder, NOW, timedelta(seconds=900))
    incidents.judge_gap(wh, collected(wh, 20))
    assert incidents.silence_told(wh.folder)
    incidents.forget_silence(wh.folder)
    assert not incidents.silence_told(wh.folder)


def test_a_damaged_note_of_a_silence_is_none(wh: Warehouse) -> None:
    (wh.folder / "work" / "silence.json").write_text("{", "utf-8")
    incidents.judge_gap(wh, collected(wh, 20))
    assert incidents.untold(wh) == []
