"""Young articles are looked at again: over real sockets, with a clock that tests move, into a real warehouse."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_outlet import FIRST, HOST, Small, small_outlet

from flows import stages
from flows.check import load_both
from sources.article import Article, ArticleRef, Page
from sources.replica import kr36
from sources.replica.wire import html, plain
from warehouse.store import Warehouse


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse after the first run, made once: what appears from then on is news."""
    folder = tmp_path_factory.mktemp("begun")
    with small_outlet(folder) as opened:
        opened.publishes(100)
        opened.shows(100)
        opened.run()
    return folder / "data"


@pytest.fixture
def small(tmp_path: Path, begun: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        shutil.copytree(begun, tmp_path / "data")
        opened.publishes(100)
        yield opened


def publish(small: Small, *numbers: int) -> None:
    """Articles that do not say when they were published, so that their age counts from their discovery."""
    small.publishes(*numbers)
    for number in numbers:
        small.site.documents[f"/a/{number}"]["undated"] = True
    small.shows(*numbers, 100)


def edit(small: Small, number: int, old: str, new: str) -> None:
    page = small.site.documents[f"/a/{number}"]
    small.site.documents[f"/a/{number}"] = {**page, "text": page["text"].replace(old, new)}
    assert page != small.site.documents[f"/a/{number}"]


def reconfigure(small: Small, old: str, new: str) -> None:
    file = small.folder / "tanma.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    small.config, small.entities = load_both(file, os.environ)


def asked_later(small: Small, **span: float) -> list[str]:
    """Move the clock and run: the pages that were asked for, lists left out."""
    small.later(**span)
    before = len(small.asked())
    small.run()
    return [path for path in small.asked()[before:] if not path.startswith("/page/")]


def frontier(small: Small) -> list[tuple[Any, ...]]:
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        return wh.con.execute("SELECT state, attempts, coalesce(error, '') FROM core.frontier ORDER BY url").fetchall()


def test_a_silent_edit_is_found_after_an_hour_and_costs_one_conditional_request_a_look(small: Small) -> None:
    publish(small, 1)
    assert small.run().stored == 1
    edit(small, 1, "机器人", "机器狗")
    assert asked_later(small, minutes=50) == []
    before = len(small.replica.requests)
    small.later(minutes=15)
    summary = small.run()
    assert (summary.updated, summary.rechecked, summary.new, summary.errors) == (1, 1, 0, [])
    [look] = [one for one in small.replica.requests[before:] if one.path == "/a/1"]
    assert look.conditional and look.status == 200
    assert small.sql("SELECT version, changed FROM article_versions WHERE title = '第1篇' ORDER BY 1") == [
        (1, None),
        (2, "text"),
    ]

    before = len(small.replica.requests)
    for hours, wanted in ((1, 0), (5, 1), (20, 1), (48, 1), (48, 0)):
        assert len(asked_later(small, hours=hours)) == wanted, hours
    looks = [one for one in small.replica.requests[before:] if one.path.startswith("/a/")]
    assert [(one.status, one.conditional) for one in looks] == [(304, True)] * 3
    assert small.sql("SELECT count(*) FROM article_versions WHERE title = '第1篇'") == [(2,)]


def test_a_host_without_validators_is_compared_by_its_bytes(small: Small) -> None:
    small.replica.world.drop_validators(HOST)
    publish(small, 1)
    small.run()
    small.later(hours=1)
    summary = small.run()
    assert (summary.rechecked, summary.updated, summary.unchanged) == (1, 0, 0)
    edit(small, 1, "机器人", "机器狗")
    small.later(hours=5)
    assert small.run().updated == 1


def test_a_trivial_change_is_read_and_makes_no_version(small: Small) -> None:
    publish(small, 1)
    small.run()
    edit(small, 1, "。\n", "！\n阅读 1.2万 · 3小时前\n")
    small.later(hours=1)
    summary = small.run()
    assert (summary.rechecked, summary.updated, summary.unchanged) == (1, 0, 1)
    assert small.sql("SELECT DISTINCT version FROM articles") == [(1,)]


def test_looks_that_fail_harm_nothing_and_are_made_up_for_an_hour_later(small: Small) -> None:
    numbers = range(1, 6)
    publish(small, *numbers)
    small.run()
    failing = {
        "/a/1": kr36.captcha(),
        "/a/2": html("<title>登录</title>请先登录", status=403),
        "/a/3": plain("busy\n", status=503),
        "/a/4": plain("no\n", status=400),
        "/a/5": html("<title>新版</title><p>全新改版</p>"),
    }
    small.site.answers.update(failing)
    small.later(hours=1)
    summary = small.run()
    assert (summary.state, summary.rechecked, summary.failed, summary.kept, summary.errors) == ("ok", 5, 0, 0, [])
    rows = frontier(small)
    assert {row[:2] for row in rows} == {("stored", 0)} and sum(bool(row[2]) for row in rows) == 5
    assert small.sql("SELECT count(*), count(gone_at) FROM articles") == [(6, 0)]
    small.site.answers.clear()
    edit(small, 1, "机器人", "机器狗")
    assert asked_later(small, minutes=50) == []
    small.later(minutes=15)
    summary = small.run()
    assert (summary.rechecked, summary.updated) == (5, 1)
    assert {row[2] for row in frontier(small)} == {""}


def test_a_withdrawn_article_is_gone_keeps_its_text_and_comes_back_when_a_list_names_it_anew(small: Small) -> None:
    publish(small, 1)
    small.run()
    page = small.site.documents.pop("/a/1")
    small.shows(100)
    small.later(hours=1)
    summary = small.run()
    assert (summary.state, summary.rechecked, summary.failed, summary.errors) == ("ok", 1, 0, [])
    [(gone_at, text)] = small.sql("SELECT gone_at, text FROM articles WHERE title = '第1篇'")
    assert abs((gone_at - small.clock()).total_seconds()) < 60 and "小满巷" in text
    for hours in (5, 18, 48):
        assert asked_later(small, hours=hours) == []
    small.site.documents["/a/1"] = page
    small.shows(1, 100)
    assert asked_later(small, hours=1) == ["/a/1"]
    assert small.sql("SELECT count(gone_at), max(version) FROM articles") == [(0, 1)]


def test_new_articles_come_first_and_leave_what_room_there_is(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "MOST_ASKED", 5)
    publish(small, 1, 2, 3)
    small.run()
    publish(small, 4, 5, 6, 1, 2, 3)
    assert asked_later(small, hours=1) == ["/a/4", "/a/5", "/a/6", "/a/1", "/a/2"]
    assert asked_later(small, minutes=15) == ["/a/3"]


def test_a_pass_makes_no_more_looks_than_its_share(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "MOST_RECHECKED", 2)
    publish(small, 1, 2, 3)
    small.run()
    assert asked_later(small, hours=1) == ["/a/1", "/a/2"]
    assert asked_later(small, minutes=15) == ["/a/3"]


def test_a_host_that_refuses_is_left_alone_after_a_few_looks(small: Small) -> None:
    numbers = range(1, 9)
    publish(small, *numbers)
    small.run()
    for number in numbers:
        small.site.answers[f"/a/{number}"] = kr36.captcha()
    assert len(asked_later(small, hours=1)) == stages.PATIENCE
    assert {state for state, _, _ in frontier(small)} == {"stored"}


def test_while_new_pages_are_refused_nothing_old_is_looked_at(small: Small) -> None:
    publish(small, 1)
    small.run()
    numbers = range(2, 9)
    publish(small, *numbers, 1)
    for number in numbers:
        small.site.answers[f"/a/{number}"] = kr36.captcha()
    asked = asked_later(small, hours=1)
    assert len(asked) == stages.PATIENCE and "/a/1" not in asked


def test_what_stood_there_at_the_first_run_is_not_looked_at_again(small: Small) -> None:
    """It would be due by its discovery."""
    reconfigure(small, "sources:\n  - small\n", "sources:\n  - {use: small, id: other}\n")
    publish(small, 1)
    assert small.run().stored == 1
    assert asked_later(small, hours=1) == []
    publish(small, 2, 1)
    small.run()
    assert asked_later(small, hours=1) == ["/a/2"]


def test_an_old_article_is_not_looked_at_again(small: Small) -> None:
    small.publishes(1)  # dated days before the clock
    small.shows(1, 100)
    small.run()
    assert asked_later(small, hours=1) == []


def test_a_text_that_its_list_carried_is_not_asked_for(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from small_outlet import SmallSource

    plain_discover = SmallSource.discover

    def discover(self: SmallSource, page: Page) -> list[ArticleRef]:
        refs = plain_discover(self, page)
        return [
            replace(one, article=Article(one.article_id, self.id, "小报", "article", one.url, one.title, "全文在此。"))
            for one in refs
        ]

    monkeypatch.setattr(SmallSource, "discover", discover)
    publish(small, 1)
    assert small.run().stored == 1
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        assert wh.con.execute("SELECT count(recheck_at) FROM core.frontier").fetchall() == [(0,)]
    assert asked_later(small, hours=1) == []


def test_a_text_that_its_list_carries_since_is_not_asked_for_any_more(small: Small) -> None:
    """The list's words for what is stored are no new version of it either."""
    publish(small, 1)
    small.run()
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh, wh.bookkeeping() as con:
        [(known,)] = con.execute("SELECT ref FROM core.frontier WHERE recheck_at IS NOT NULL").fetchall()
        ref = ArticleRef.from_json(known)
        whole = replace(
            ref, article=Article(ref.article_id, "small", "小报", "article", ref.url, ref.title, "别的话。")
        )
        con.execute("UPDATE core.frontier SET ref = ? WHERE article_id = ?", [whole.to_json(), ref.article_id])
    assert asked_later(small, hours=1) == []
    assert small.sql("SELECT max(version) FROM articles") == [(1,)]
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        assert wh.con.execute("SELECT count(recheck_at) FROM core.frontier").fetchall() == [(0,)]


def test_a_page_that_only_points_on_is_not_looked_at_again(small: Small) -> None:
    small.publishes(7)
    small.site.documents["/a/7"]["undated"] = True
    small.site.documents["/a/1"] = {"see": f"https://{HOST}/a/7"}
    small.shows(1, 100)
    assert small.run().stored == 1
    assert asked_later(small, hours=1) == []


@pytest.mark.parametrize(
    ("top", "own", "at_half_an_hour", "at_an_hour"),
    [
        ("recheck: [30m]\n", "", 1, 0),
        ("recheck: []\n", "recheck: [30m, 1h]", 1, 1),
    ],
)
def test_the_intervals_are_those_of_the_source_else_of_all(
    small: Small, top: str, own: str, at_half_an_hour: int, at_an_hour: int
) -> None:
    reconfigure(small, "sources:\n  - small\n", f"{top}sources:\n  - {{use: small, {own}}}\n")
    publish(small, 1)
    small.run()
    assert len(asked_later(small, minutes=30)) == at_half_an_hour
    assert len(asked_later(small, minutes=30)) == at_an_hour


def test_switched_off_what_was_planned_is_not_asked_for(small: Small) -> None:
    publish(small, 1)
    small.run()
    reconfigure(small, "sources:\n", "recheck: []\nsources:\n")
    assert asked_later(small, hours=1) == []
    assert small.asked()[-1] == FIRST
