"""A month in the fault world: what was asked for is there once, whatever went wrong. `python tests/month.py` plays more."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from faultworld import plan as plans
from faultworld.ledger import told_in
from faultworld.plan import DAY, SITES, Plan
from month import play

from sources.replica.sink import Received

# .ci/run plays ten; `python tests/month.py --seeds 100` plays as many as are wanted before a release.
SEEDS = range(1, int(os.environ.get("TANMA_MONTHS", "1")) + 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc, and forks the machine")
@pytest.mark.timeout(3600)
def test_months_in_which_everything_goes_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every article stored once, every alert told once, each incident told when it began and when it was over, memory
    flat, the published file readable throughout."""
    months, kills = [], Counter[str]()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool, capsys.disabled():
        for figures, complaints in pool.map(play, SEEDS, [tmp_path / f"seed{seed}" for seed in SEEDS]):
            print(f"\n{figures}", end="", flush=True)
            months.append((figures, complaints))
            kills.update(figures.kills)
    assert [complaints for _, complaints in months] == [[] for _ in SEEDS]
    assert set(kills) == set(plans.KILLINGS)  # or something was never put to the test
    assert all(figures.opened >= figures.files > 100 for figures, _ in months)


def test_a_seed_makes_one_plan_and_every_plan_has_everything() -> None:
    assert Plan.of(7) == Plan.of(7) != Plan.of(8)
    for seed in range(1, 6):
        plan = Plan.of(seed)
        moments = [event.at for event in plan.events]
        happened = Counter(type(event.what).__name__ for event in plan.events)
        assert moments == sorted(moments)
        assert happened["Publish"] == 1200 and happened["Edit"] > 30 and happened["Withdraw"] > 5
        assert all(happened[name] for name in ("Tidy", "Operator", "Jump", "Disk", "Restart", "Service_"))
        assert {window.host for window in plan.windows} == {site.host for site in SITES}
        polls = [event.what for event in plan.events if isinstance(event.what, plans.Poll)]
        assert {poll.killing for poll in polls} == {None, *plans.KILLINGS}
        asleep, awake = plan.asleep
        assert awake - asleep == 2 * DAY
        assert not any(asleep <= event.at < awake for event in plan.events if isinstance(event.what, plans.Poll))
    assert {w.trouble for seed in range(1, 6) for w in Plan.of(seed).windows} == {*plans.LASTING, "silent"}


@pytest.mark.parametrize("days", [14, plans.MONTH])
def test_what_is_asked_of_the_monitor_can_be_seen_by_it(days: int) -> None:
    """Two polls before an article is withdrawn, one of which may be killed; a digest after an edit was found; and no
    trouble that takes the place of a lasting one."""
    for seed in range(1, 31):
        plan = Plan.of(seed, days)
        published = {
            e.what.entry.key: (e.at, e.what.entry.host) for e in plan.events if isinstance(e.what, plans.Publish)
        }
        for event in plan.events:
            if isinstance(event.what, plans.Edit):
                assert plan.ends - event.at > 3.5 * DAY
            elif isinstance(event.what, plans.Withdraw):
                came, host = published[event.what.key]
                read = [
                    e for e in plan.events if isinstance(e.what, plans.Poll) and e.what.every == plans.INTERVAL[host]
                ]
                assert sum(came < e.at < event.at for e in read) >= 2, (seed, event)
        befallen = Counter((e.at, e.what.host) for e in plan.events if isinstance(e.what, plans.Befall))
        for window in plan.windows:
            assert sum(host == window.host and window.begins <= at < window.ends for at, host in befallen) == 1
        assert not any(w.begins < plan.asleep[1] and plan.asleep[0] < w.ends for w in plan.windows)


def test_the_ledger_reads_which_names_a_digest_tells_of_which_story() -> None:
    text = (
        "每日摘要\n**【沐柘智联】[第0017卷：船工在渡口边](https://a.example.com/1)** — 平澜晚报\n昨夜，**沐柘智联**的同事到了。\n"
        "**【岚硕重工 · 祁榕智联】[第0020卷：邮差](https://a.example.com/2)**\n**岚硕重工**来了。\n**祁榕智联**也来了。"
    )
    message = Received("feishu", "desk", text, {}, plans.START)
    assert set(told_in(message)) == {
        ("desk", "第0017卷", "沐柘智联"),
        ("desk", "第0020卷", "岚硕重工"),
        ("desk", "第0020卷", "祁榕智联"),
    }
