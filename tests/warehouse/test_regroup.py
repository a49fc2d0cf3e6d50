"""After an upgrade: what an older Tanma stored as several stories becomes one, whatever stops it half-way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from old_stories import BEGUN, EXPECTED, MERGED, STORED, TEXTS, write

from sources.article import Article
from warehouse import alerts, articles, regroup
from warehouse.articles import Incoming
from warehouse.invariants import violations
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
LEXICON = Lexicon.compile((Entity("person", "蓝玉梅"),))
RULES = (Rule("all", (), ("desk",)),)
ALERTS = {"s:third": "sent", "s:cold": "pending", "s:wechat": "failed", "s:tea": "pending", "s:law": "pending"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of schema 3 with ALERTS, upgraded but not grouped."""
    folder = tmp_path_factory.mktemp("old") / "data"
    write(folder, ALERTS)
    Warehouse.open(folder, holder="test", now=NOW).close()
    return folder


@pytest.fixture
def old(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def wh(old: Path) -> Iterator[Warehouse]:
    with Warehouse.open(old, holder="test", now=NOW) as opened:
        yield opened


def whole(wh: Warehouse) -> int:
    return sum(regroup.regroup(wh, NOW))


def ask(wh: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return wh.con.execute(sql).fetchall()


def stories(wh: Warehouse) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for story, article_id, relation in ask(wh, "SELECT story_id, article_id, relation FROM core.articles"):
        found.setdefault(story, {})[article_id] = relation
    return found


def everything(wh: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for how often something was published."""
    tables = ask(
        wh, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' AND table_name <> 'publication'"
    )
    return {name: ask(wh, f"SELECT * FROM core.{name} ORDER BY ALL") for (name,) in tables}


# -- what becomes of the stories -----------------------------------------------------------------------------------------


def test_reposts_that_stood_as_stories_of_their_own_are_one_story(wh: Warehouse) -> None:
    assert regroup.ungrouped(wh.con) == 10
    assert stories(wh) == {article_id: {article_id: "lead"} for article_id, _, _ in STORED}
    assert whole(wh) == 10
    assert stories(wh) == EXPECTED
    assert ask(wh, "SELECT story_id, merged_in FROM core.merged_stories ORDER BY 1") == MERGED
    assert regroup.ungrouped(wh.con) == 0
    assert list(violations(wh.con, "all")) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_it_is_the_same_in_slices_of_any_size(wh: Warehouse, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(regroup, "_SLICE", size)
    assert whole(wh) == 10
    assert stories(wh) == EXPECTED
    assert list(violations(wh.con, "all")) == []


def test_a_slice_holds_few_long_texts(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [len(TEXTS[name].body) for _, _, names in STORED for name in names]
    monkeypatch.setattr(regroup, "_CHARS", max(sizes) + 1)
    slices = list(regroup.regroup(wh, NOW))
    assert sum(slices) == 10 and len(slices) > 2
    start = 0
    for count in slices:
        assert count == 1 or sum(sizes[start : start + count]) <= max(sizes) + 1
        start += count
    assert stories(wh) == EXPECTED


def test_it_is_as_if_the_articles_had_been_loaded_in_the_order_in_which_they_came(
    wh: Warehouse, tmp_path: Path
) -> None:
    whole(wh)
    with Warehouse.open(tmp_path / "fresh", holder="test", now=BEGUN) as fresh:
        for number, (article_id, minutes, names) in enumerate(STORED):
            seen = BEGUN + timedelta(minutes=number)
            at = None if minutes is None else BEGUN + timedelta(minutes=minutes)
            for name in names:
                one, url = TEXTS[name], f"https://e.com/{article_id}"
                article = Article(article_id, "s", "某报", one.kind, url, one.title, one.body, (), at, "minute")  # type: ignore[arg-type]
                articles.load(fresh, [Incoming(article)], LEXICON, (), seen, timezone=UTC)
        assert stories(wh) == stories(fresh) == EXPECTED
        keys = "SELECT article_id, version, key, need FROM core.fingerprints JOIN core.article_versions USING (doc) ORDER BY ALL"
        assert ask(wh, keys) == ask(fresh, keys)


@pytest.mark.parametrize("size", [1, 2, 9])
def test_an_article_stands_to_its_lead_by_the_newest_text_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """s:edited repeated s:law, and says something else by now."""
    monkeypatch.setattr(regroup, "_SLICE", size)
    write(tmp_path / "data", stored=[("s:law", 80, ["law"]), ("s:edited", 60, ["law", "report"])])
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW) as wh:
        whole(wh)
        assert stories(wh) == {"s:law": {"s:law": "near", "s:edited": "lead"}}


# -- alerts ----------------------------------------------------------------------------------------------------------------


def test_what_was_told_stays_told_and_what_would_tell_it_again_is_suppressed(wh: Warehouse) -> None:
    alerts.mute(wh, "s:post", NOW + timedelta(days=9), NOW)
    whole(wh)
    assert ask(wh, "SELECT article_id, story_id, status, reason, sent_at, next_attempt_at FROM core.alerts ORDER BY 1") == [
        ("s:cold", "s:cold", "suppressed", "same story as s:third", None, None),
        ("s:law", "s:edited", "pending", None, None, BEGUN + timedelta(minutes=8)),  # goes on under the new name
        ("s:tea", "s:tea", "pending", None, None, BEGUN + timedelta(minutes=1)),
        ("s:third", "s:third", "sent", None, BEGUN, None),
        ("s:wechat", "s:wechat", "failed", None, None, None),
    ]  # fmt: skip
    assert ask(wh, "SELECT DISTINCT story_id FROM alerts ORDER BY 1") == [("s:edited",), ("s:tea",), ("s:third",)]
    assert ask(wh, "SELECT story_id FROM core.mutes") == [("s:tea",)]


def test_of_two_that_wait_in_one_slice_only_the_first_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "data", {"s:cold": "pending", "s:wechat": "pending", "s:flash": "pending"})
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW) as wh:
        whole(wh)
        assert ask(wh, "SELECT article_id, story_id, status, reason FROM core.alerts ORDER BY 1") == [
            ("s:cold", "s:third", "pending", None),
            ("s:flash", "s:flash", "pending", None),
            ("s:wechat", "s:wechat", "suppressed", "same story as s:third"),
        ]


def test_a_load_that_comes_first_groups_what_is_stored_first(wh: Warehouse) -> None:
    one = TEXTS["cold/chapter"]
    text = f"{one.body}\n蓝玉梅说，她没有听说过这件事。"
    article = Article("s:new", "s", "某报", "article", "https://e.com/s:new", one.title, text, (), NOW, "minute")
    loaded = articles.load(wh, [Incoming(article)], LEXICON, RULES, NOW, timezone=UTC)
    assert [(each.status, each.story_id, each.mentions, each.alerts) for each in loaded] == [
        ("duplicate", "s:third", 1, 0)  # 蓝玉梅 was told of this story, by an article that was one of its own then
    ]
    assert stories(wh) == {**EXPECTED, "s:third": {**EXPECTED["s:third"], "s:new": "part"}}
    assert ask(wh, "SELECT count(*) FROM core.alerts") == [(5,)]


# -- stopped half-way, and done again --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What is stored when nothing stops it."""
    folder = tmp_path_factory.mktemp("expected") / "data"
    shutil.copytree(template, folder)
    with Warehouse.open(folder, holder="test", now=NOW) as wh, pytest.MonkeyPatch.context() as patch:
        patch.setattr(regroup, "_SLICE", 2)
        whole(wh)
        return everything(wh)


# Groups in slices of two; says so after each, and, in the middle of the slice that is named, with its writes made and
# not committed.
GROUPING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse import regroup
from warehouse.store import Warehouse

regroup._SLICE, keys, slices = 2, regroup.add_keys, 0

def add_keys(*given):
    keys(*given)
    if slices == int(sys.argv[2]):
        print("in the middle", flush=True)
        sys.stdin.read()

regroup.add_keys = add_keys
with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=datetime(2026, 11, 28, 8, 0, tzinfo=UTC)) as wh:
    for _ in regroup.regroup(wh, datetime(2026, 11, 28, 8, 0, tzinfo=UTC)):
        slices += 1
"""


@pytest.mark.parametrize("middle", [0, 1, 3, 4])
def test_a_kill_loses_no_more_than_the_slice_that_was_under_way(
    old: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, list[tuple[Any, ...]]], middle: int
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", GROUPING, str(old), str(middle)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None and child.stdout.readline() == "in the middle\n"
    child.kill()
    child.communicate()
    monkeypatch.setattr(regroup, "_SLICE", 2)
    with Warehouse.open(old, holder="test", now=NOW) as wh:
        assert regroup.ungrouped(wh.con) == 10 - 2 * middle
        assert whole(wh) == 10 - 2 * middle
        assert everything(wh) == expected


@pytest.mark.parametrize("after", [1, 4])
def test_whoever_stops_between_two_slices_goes_on_there(
    old: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, list[tuple[Any, ...]]], after: int
) -> None:
    monkeypatch.setattr(regroup, "_SLICE", 2)
    with Warehouse.open(old, holder="test", now=NOW) as wh, pytest.raises(KeyboardInterrupt):
        for number, _ in enumerate(regroup.regroup(wh, NOW), 1):
            if number == after:
                raise KeyboardInterrupt
    with Warehouse.open(old, holder="test", now=NOW) as wh:
        assert whole(wh) == 10 - 2 * after
        assert everything(wh) == expected


def test_done_twice_it_changes_nothing(wh: Warehouse) -> None:
    whole(wh)
    before, changes = everything(wh), ask(wh, "FROM core.publication")
    assert list(regroup.regroup(wh, NOW + timedelta(days=1))) == []
    assert (everything(wh), ask(wh, "FROM core.publication")) == (before, changes)
    # Also when texts are given keys anew: stories that are one already stay so.
    wh.con.execute("DELETE FROM core.settings WHERE starts_with(name, 'fingerprints')")
    assert sum(regroup.regroup(wh, NOW + timedelta(days=1))) == 10
    assert everything(wh) == before


def test_readers_see_it_after_the_next_publish(wh: Warehouse) -> None:
    wh.publish()
    assert wh.publish() is False
    whole(wh)
    assert wh.publish() is True


def test_an_empty_warehouse_has_nothing_to_group_and_nothing_to_publish(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        wh.publish()
        assert regroup.ungrouped(wh.con) == 0
        assert list(regroup.regroup(wh, NOW)) == []
        assert wh.publish() is False


def test_an_old_version_whose_text_was_let_go_gets_no_keys(wh: Warehouse) -> None:
    wh.con.execute("UPDATE core.article_versions SET text = '' WHERE article_id = 's:edited' AND version = 1")
    assert regroup.ungrouped(wh.con) == 9
    assert whole(wh) == 9
    assert "s:law" in stories(wh)  # nothing says any more that it was s:edited once
    keys = "SELECT count(*) FROM core.fingerprints JOIN core.article_versions USING (doc) WHERE text = ''"
    assert ask(wh, keys) == [(0,)]
