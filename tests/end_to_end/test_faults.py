"""One source's fault, one message's fault, one bad page: the rest goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from flows.runner import collect_directly
from flows.summary import PassSummary
from sources.article import Article, ArticleRef, Page
from sources.outlets.feed import Feed


def states(summary: PassSummary) -> dict[str, str]:
    return {source.source: source.state for source in summary.sources}


def alert_states(stage: Any) -> Counter[str]:
    return Counter(status for (status,) in stage.sql("SELECT status FROM alerts"))


@pytest.mark.parametrize("step", ["lists", "discover", "parse"])
def test_a_fault_in_one_sources_code_stops_no_other(stage, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    whole = getattr(Feed, step)

    def broken(self: Feed, *given: Any) -> Any:
        if self.id == "nanping":
            raise ValueError("not what the author of this source thought of")
        return whole(self, *given)

    monkeypatch.setattr(Feed, step, broken)
    summary = stage.run()
    found = states(summary)
    assert found.pop("nanping") in ("failing", "layout_changed")
    assert set(found.values()) == {"ok"}
    assert not summary.ok
    # nanping's three alerts (two to send, one too old) are all that is missing; where only its pages cannot be read,
    # the title that its list shows names 王興興.
    assert alert_states(stage) == {"sent": 19 if step == "parse" else 18, "suppressed": 2}

    monkeypatch.undo()
    stage.later(days=8)
    again = stage.run()
    assert states(again)["nanping"] == "ok"
    assert stage.sql("SELECT count(*) FROM articles") == [(16,)]


def test_a_list_in_back_off_is_not_mended(stage) -> None:
    stage.reconfigure("  desk: feishu://demo-desk", "  desk: feishu://demo-desk\n  ops: feishu://demo-ops")
    stage.replica.world.fail("notes.example.com", 503)
    assert states(stage.run())["gongwei"] == "failing"
    second = stage.run()
    assert states(second)["gongwei"] == "failing" and not second.ok
    assert stage.sql("SELECT state, last_success_at FROM source_health WHERE source = 'gongwei'") == [("failing", None)]
    assert not stage.told_ops()  # it may pass

    stage.later(minutes=40)
    assert states(stage.run())["gongwei"] == "failing"
    told = stage.told_ops()
    assert len(told) == 1 and "gongwei: failing" in told[0]

    stage.replica.world.heal()
    stage.later(days=1)
    assert states(stage.run())["gongwei"] == "ok"
    told = stage.told_ops()
    assert len(told) == 2 and "gongwei: mended" in told[1]


def test_an_incident_is_told_when_ops_can_hear_again(stage) -> None:
    stage.reconfigure("  desk: feishu://demo-desk", "  desk: feishu://demo-desk\n  ops: lark://demo-ops")
    stage.replica.sink.refuse("lark", 19021)
    stage.replica.world.block("www.36kr.com")
    stage.run()
    assert not stage.told_ops()
    stage.replica.sink.mend("lark")
    stage.run()
    told = stage.told_ops()
    assert len(told) == 1 and "36kr: blocked" in told[0]


def test_a_refusing_host_is_left_alone_after_a_few_pages(stage) -> None:
    stage.replica.world.block("36kr.com")
    stage.replica.world.block("www.36kr.com", path="/p")
    before = len(stage.requests())
    stage.run()
    pages = [seen for seen in stage.requests(before) if seen.host.endswith("36kr.com") and "/p/" in seen.path]
    assert len(pages) <= 5


def test_what_a_feed_carried_is_kept_when_pages_are_blocked(stage) -> None:
    """The hot lists name the same articles without their texts, after the feed."""
    stage.replica.world.block("36kr.com")
    for _ in range(4):
        stage.run()
        stage.later(hours=2)
    # Ten on 36kr; the one that only the hot list names carries no text.
    assert stage.sql("SELECT count(*) FROM articles WHERE source = '36kr'") == [(9,)]


def test_alerts_go_out_before_the_slowest_source_is_done(stage) -> None:
    stage.replica.world.slow("notes.example.com", 3.0)
    summary = stage.run()
    assert summary.ok
    received = sorted(message.at for message in stage.replica.sink.received)
    slow = max(seen.at for seen in stage.requests() if seen.host == "notes.example.com")
    assert received[0] < slow
    assert len(received) == 10


def test_a_story_that_cannot_be_written_stops_no_other(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.outbox

    whole = flows.outbox.render

    def broken(views: Any, *given: Any, **named: Any) -> Any:
        if any("机器人邮路" in view.title for view in views):
            raise KeyError("a fault of ours")
        return whole(views, *given, **named)

    monkeypatch.setattr(flows.outbox, "render", broken)
    summary = stage.run()
    assert summary.delivered.sent == 9 and summary.delivered.failed == 1
    assert alert_states(stage) == {"sent": 18, "failed": 2, "suppressed": 3}


def test_ctrl_c_leaves_what_was_stored(stage) -> None:
    stage.replica.world.slow("notes.example.com", 5.0)

    async def interrupted() -> None:
        run = asyncio.create_task(collect_directly(stage.config, stage.entities, None, clock=stage.clock))
        while not stage.replica.sink.received:
            await asyncio.sleep(0.05)
        run.cancel()
        await run

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    assert stage.sql("SELECT status FROM runs") == [("interrupted",)]
    stage.replica.world.heal()
    stage.run()
    assert alert_states(stage) == {"sent": 20, "suppressed": 3}
    texts = Counter(message.text for message in stage.replica.sink.received)
    assert sum(texts.values()) - len(texts) <= 1  # the one that was on its way


def test_an_article_that_the_warehouse_cannot_take_stops_no_other(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import warehouse.scanners

    whole = warehouse.scanners.scan

    def broken(lexicon: Any, article: Article) -> Any:
        if article.title == "一家面馆的排队办法":
            raise RuntimeError("a fault of ours")
        return whole(lexicon, article)

    monkeypatch.setattr(warehouse.scanners, "scan", broken)
    summary = stage.run()
    assert stage.sql("SELECT count(*) FROM articles") == [(15,)]
    assert summary.counts()["failed"] == 1 and not summary.ok


def test_a_feed_with_half_a_character_is_read(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Feed.discover

    def odd(self: Feed, page: Page) -> list[ArticleRef]:
        from dataclasses import replace

        return [replace(ref, title=ref.title + "\ud83d") for ref in whole(self, page)]

    monkeypatch.setattr(Feed, "discover", odd)
    assert stage.run().ok
    assert stage.sql("SELECT count(*) FROM articles") == [(16,)]
