"""The main job against the demo's world, held to tests/fixtures/demo_expected.json, which a person wrote."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

EXPECTED = json.loads((Path(__file__).parents[1] / "fixtures" / "demo_expected.json").read_text("utf-8"))
ALERTING = ("title", "body", "speaker")


def told(wanted: dict[str, Any]) -> set[str]:
    return {mention["entity"] for mention in wanted["mentions"]}


def test_every_article_is_stored_as_a_reader_would_describe_it(stage) -> None:
    stage.run()
    rows = stage.sql("SELECT title, source, outlet, kind, relation FROM articles")
    assert sorted(rows) == sorted(
        (a["title"], a["source"], a["outlet"], a["kind"], a.get("relation", "lead")) for a in EXPECTED["articles"]
    )
    assert stage.sql("SELECT count(*) FROM stories") == [(EXPECTED["totals"]["stories"],)]
    assert stage.sql(
        "SELECT count(*) FROM articles WHERE contains(text, chr(65533)) OR contains(title, chr(65533))"
    ) == [(0,)]


def test_the_names_that_really_appear_are_found_and_no_others(stage) -> None:
    stage.run()
    found = stage.sql(
        "SELECT DISTINCT a.source, a.title, m.entity_id FROM mentions m JOIN articles a USING (article_id)"
        f" WHERE m.role IN {ALERTING} AND m.confidence >= 0.7"
    )
    wanted = {(a["source"], a["title"], entity) for a in EXPECTED["articles"] for entity in told(a)}
    assert set(found) == wanted
    credits = stage.sql(
        "SELECT DISTINCT a.source, a.title, m.entity_id FROM mentions m JOIN articles a USING (article_id)"
        " WHERE m.role = 'byline'"
    )
    assert {(a["source"], a["title"], entity) for a in EXPECTED["articles"] for entity in a["credits"]} <= set(credits)


def test_offsets_slice_to_the_surface(stage) -> None:
    stage.run()
    rows = stage.sql(
        "SELECT a.text, m.surface, m.start_char, m.end_char FROM mentions m JOIN articles a USING (article_id)"
        " WHERE m.start_char IS NOT NULL"
    )
    assert len(rows) > 20
    assert all(text[start:end] == surface for text, surface, start, end in rows)


def test_each_story_is_told_once_for_each_name(stage) -> None:
    stage.run()
    rows = stage.sql(
        "SELECT a.title, al.entity_id, al.status FROM alerts al JOIN articles a USING (article_id) ORDER BY ALL"
    )
    wanted = sorted(
        (a["title"], entity, a["alert"])
        for a in EXPECTED["articles"]
        if a["alert"] in ("sent", "suppressed")
        for entity in told(a)
    )
    assert rows == wanted
    statuses = Counter(status for _, _, status in rows)
    assert statuses == {
        "sent": EXPECTED["totals"]["alerts_sent"],
        "suppressed": EXPECTED["totals"]["alerts_suppressed"],
    }
    received = stage.replica.sink.received
    assert len(received) == EXPECTED["totals"]["messages"]
    for article in EXPECTED["articles"]:
        texts = [message.text for message in received if article["title"] in message.text]
        assert len(texts) == (1 if article["alert"] == "sent" or article.get("story") else 0), article["title"]


def test_the_second_run_asks_conditionally_and_does_nothing(stage) -> None:
    stage.run()
    published = stage.config.warehouse / "tanma.duckdb"
    before, asked = published.stat(), len(stage.replica.requests)
    messages = len(stage.replica.sink.attempts)

    summary = stage.run()

    counts = summary.counts()
    assert (counts["stored"], counts["updated"], counts["new"], counts["sent"], counts["failed"]) == (0, 0, 0, 0, 0)
    assert not summary.published
    assert published.stat().st_ino == before.st_ino
    assert len(stage.replica.sink.attempts) == messages
    again = [seen for seen in stage.requests(asked) if seen.status == 304]
    assert Counter(seen.host for seen in again) == {
        "www.36kr.com": 2,  # the feed and the newsflash feed
        "openclaw.36krcdn.com": 2,  # the hot lists of today and yesterday
        "feeds.example.com": 1,
        "news.example.net": 1,
        "blog.example.org": 1,
        "notes.example.com": 1,
    }
    assert len({(seen.host, seen.path) for seen in again}) == 8
    assert all(seen.conditional for seen in again)
    others = [seen for seen in stage.requests(asked) if seen.status != 304]
    assert all(seen.status == 404 for seen in others), others  # the hot list of a day that has none yet


def test_every_request_and_run_is_written_down(stage) -> None:
    stage.run()
    stage.run()
    stage.reconfigure("{for: all, to: [desk], when: now}", "{for: all, to: [desk], when: now, name: other}")
    stage.run()  # a new rule meets nothing new: still nothing to publish
    assert stage.sql("SELECT kind, via, status FROM runs")[0] == ("collect", "direct", "ok")
    asked = {(seen.host, seen.status) for seen in stage.requests()}
    fetched = stage.sql("SELECT DISTINCT http_status FROM fetches")
    assert {status for (status,) in fetched} <= {status for _, status in asked}
    assert stage.sql("SELECT state FROM source_health WHERE source = '36kr'") == [("ok",)]
