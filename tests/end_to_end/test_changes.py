"""What outlets do to their pages between two polls."""

from __future__ import annotations


def titles(stage) -> dict[str, str]:
    return dict(stage.sql("SELECT title, article_id FROM articles"))


def test_an_edited_article_gets_version_2_and_alerts_for_new_names_alone(stage) -> None:
    stage.run()
    told = len(stage.replica.sink.received)
    item = stage.replica.world.item("warm-lunchbox")
    assert "杨植麟" not in item.entry.text
    stage.replica.world.edit("warm-lunchbox", title="会自己报温度的外卖箱：杨植麟也来试了一次")

    summary = stage.run()

    assert summary.counts()["updated"] == 1
    [(article_id, version)] = stage.sql(
        "SELECT article_id, version FROM articles WHERE title = '会自己报温度的外卖箱：杨植麟也来试了一次'"
    )
    assert version == 2
    assert stage.sql(f"SELECT version FROM article_versions WHERE article_id = '{article_id}' ORDER BY 1") == [
        (1,),
        (2,),
    ]
    alerts = stage.sql(f"SELECT entity_id, status FROM alerts WHERE article_id = '{article_id}' ORDER BY 1")
    assert alerts == [("person:杨植麟", "sent"), ("person:王兴", "sent")]
    new = [message.text for message in stage.replica.sink.received[told:]]
    assert len(new) == 1 and "杨植麟" in new[0] and "王兴" not in new[0]


def test_an_article_that_appears_later_is_told(stage) -> None:
    from sources.replica.entries import article

    stage.run()
    told = len(stage.replica.sink.received)
    stage.replica.world.publish(
        article(
            "late",
            "www.36kr.com",
            "月之暗面借出一百本旧书",
            "这是一段写给测试的正文。月之暗面的同事把旧书摆在门口，谁都可以拿走。" * 4,
        )
    )
    assert stage.run().counts()["stored"] == 1
    assert [("月之暗面借出一百本旧书" in message.text) for message in stage.replica.sink.received[told:]] == [True]


def test_a_blocked_outlet_is_no_empty_outlet(stage) -> None:
    stage.replica.world.block("www.36kr.com")
    summary = stage.run()
    assert {s.source: s.state for s in summary.sources}["36kr"] == "blocked"
    assert not summary.ok
    assert stage.sql("SELECT state FROM source_health WHERE source = '36kr'") == [("blocked",)]
    assert stage.sql("SELECT count(*) FROM articles WHERE contains(text, '完成验证')") == [(0,)]
    # The others went on.
    assert stage.sql("SELECT count(*) > 0 FROM articles WHERE source = 'nanping'") == [(True,)]

    stage.replica.world.heal()
    stage.later(days=1)
    assert {s.source: s.state for s in stage.run().sources}["36kr"] == "ok"


def test_a_changed_layout_is_an_incident_and_nothing_is_lost(stage) -> None:
    stage.replica.world.break_layout("www.36kr.com")
    broken = stage.run()
    assert not broken.ok
    stage.replica.world.heal()
    stage.later(days=2)
    stage.run()
    stage.later(days=2)
    stage.run()
    assert stage.sql("SELECT count(*) FROM articles") == [(16,)]


def test_a_withdrawn_article_keeps_its_text(stage) -> None:
    stage.run()
    before = titles(stage)
    stage.replica.world.withdraw("warm-lunchbox")
    stage.later(hours=1)
    stage.run()
    assert titles(stage) == before


def test_an_outlet_that_fails_for_a_while_is_read_later(stage) -> None:
    stage.replica.world.fail("www.36kr.com", 503)
    assert not stage.run().ok
    stage.replica.world.heal()
    stage.later(days=1)
    stage.run()
    assert stage.sql("SELECT count(*) FROM articles WHERE source = '36kr'") == [(10,)]


def test_a_silent_correction_is_found_an_hour_later_and_a_trivial_one_is_none(stage) -> None:
    from sources.replica.entries import article

    stage.run(["yanbian"])
    text = "月之暗面的同事把旧书摆在门口，谁都可以拿走，一共借出 120 本。\n下个月还会再摆一次。" * 2
    for key in ("corrected", "liked", "withdrawn"):
        stage.replica.world.publish(
            article(key, "feeds.example.com", f"旧书 {key}", f"{key}：{text}", summary="门口的旧书")
        )
    assert stage.run(["yanbian"]).counts()["stored"] == 3
    # No list shows any of this: all three teasers stay as they were.
    stage.replica.world.edit("corrected", text=f"corrected：{text.replace('120', '210')}")
    stage.replica.world.edit("liked", add="1.2万阅读 · 3小时前")
    stage.replica.world.withdraw("withdrawn", listed=True)
    assert stage.run(["yanbian"]).sources[0].rechecked == 0

    before = len(stage.replica.requests)
    stage.later(hours=1)
    [source] = stage.run(["yanbian"]).sources

    assert (source.rechecked, source.updated, source.failed, source.state) == (3, 1, 0, "ok")
    pages = {stage.replica.world.item(key).path for key in ("corrected", "liked", "withdrawn")}
    asked = [seen for seen in stage.requests(before) if seen.path in pages]
    assert len(asked) == 3 and all(seen.conditional for seen in asked)
    assert stage.sql(
        "SELECT title, version, changed, contains(text, '210') FROM article_versions WHERE starts_with(title, '旧书') ORDER BY 1, 2"
    ) == [
        ("旧书 corrected", 1, None, False),
        ("旧书 corrected", 2, "text", True),
        ("旧书 liked", 1, None, False),
        ("旧书 withdrawn", 1, None, False),
    ]
    assert stage.sql("SELECT title FROM articles WHERE gone_at IS NOT NULL AND contains(text, '120')") == [
        ("旧书 withdrawn",)
    ]

    before = len(stage.replica.requests)
    stage.later(hours=5)
    [source] = stage.run(["yanbian"]).sources
    asked = [seen for seen in stage.requests(before) if seen.path in pages]
    assert (source.rechecked, source.updated) == (2, 0)
    assert [(seen.status, seen.conditional) for seen in asked] == [(304, True), (304, True)]
