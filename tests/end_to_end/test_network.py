"""A machine that is cut off from the network: it is no outlet's fault, and all is well as soon as it is back."""

from __future__ import annotations

import re
from typing import Any


def states(summary: Any) -> set[str]:
    return {source.state for source in summary.sources}


def test_after_a_day_without_network_the_next_run_asks_for_everything(stage) -> None:
    stage.reconfigure("  desk: feishu://demo-desk", "  desk: feishu://demo-desk\n  ops: feishu://demo-ops")
    stage.run()
    file = stage.folder / "tanma.yaml"
    whole = file.read_text("utf-8")
    stage.reconfigure(whole, re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:1", whole))
    for _ in range(2):
        stage.later(hours=12)
        assert states(stage.run()) == {"failing"}
    assert stage.sql("SELECT count(*) FROM articles") == [(16,)]

    stage.reconfigure(file.read_text("utf-8"), whole)
    stage.later(minutes=1)  # with the back-off of two failures they would wait for four
    asked = len(stage.replica.requests)
    assert states(stage.run()) == {"ok"}
    lists = [seen for seen in stage.requests(asked) if "robots" not in seen.path and "article" not in seen.path]
    assert len(lists) >= 5 and stage.sql("SELECT count(*) FROM articles") == [(16,)]
    assert stage.told_ops() == [], "nobody could be told while it lasted, and now it is over"


def test_outlets_that_are_down_while_another_answers_are_left_in_peace(stage) -> None:
    stage.run()
    down = ("feeds.example.com", "news.example.net", "notes.example.com", "36kr.com")
    for host in down:
        stage.replica.world.fail(host, 503)
    for _ in range(2):
        stage.later(hours=12)
        stage.run()
    for host in down:
        stage.replica.world.heal(host)
    stage.later(minutes=1)
    asked = len(stage.replica.requests)
    stage.run()
    assert not {seen.host for seen in stage.requests(asked)} & set(down)
