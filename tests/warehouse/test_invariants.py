"""A healthy warehouse breaks no rule; each rule notices what breaks it, and nothing else is blamed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import duckdb
import pytest
from stock import MADE, unpack

from warehouse import invariants
from warehouse.invariants import INVARIANTS, violations
from warehouse.store import Warehouse

SAMPLE = "a version's hash is that of its text (a sample is looked at)"
(
    VERSIONS,
    ONCE,
    LEAD,
    NAMED,
    MEMBERS,
    KEYS,
    DOC,
    RELATION,
    MENTION,
    OF_DOC,
    TIMES,
    KNOWN,
    SLICE,
    CHARS,
    ALERT,
    STATE,
    OF,
    READ,
    SHOWN,
    COUNT,
    SETTINGS,
) = (one.name for one in INVARIANTS)

# One change each, and the rule that it breaks. Tables whose keys would forbid it are made anew without them.
BROKEN = {
    "a version is missing": (
        "DELETE FROM core.article_versions WHERE article_id = '36kr:2' AND version = 1",
        VERSIONS,
    ),
    "the newest version is missing": (
        "DELETE FROM core.article_versions WHERE article_id = '36kr:3'",
        VERSIONS,
    ),
    "versions of no article": (
        "INSERT INTO core.article_versions SELECT 'x', 1, seen_at, title, text, content_hash, 99, NULL "
        "FROM core.article_versions WHERE article_id = '36kr:3'",
        VERSIONS,
    ),
    "an article twice": (
        "CREATE TABLE core.new AS FROM core.articles; INSERT INTO core.new "
        "SELECT * REPLACE ('near' AS relation) FROM core.articles WHERE article_id = '36kr:3'; "
        "DROP TABLE core.articles; ALTER TABLE core.new RENAME TO articles",
        ONCE,
    ),
    "no lead": ("UPDATE core.articles SET relation = 'same' WHERE article_id = '36kr:3'", LEAD),
    "two leads": ("UPDATE core.articles SET relation = 'lead' WHERE article_id = 'zaker:1'", LEAD),
    "a story of no name": (
        "UPDATE core.articles SET story_id = 'x' WHERE article_id = '36kr:3'; "
        "INSERT INTO core.story_members VALUES ('x', '36kr:3')",
        NAMED,
    ),
    "a member that its story does not know": ("DELETE FROM core.story_members WHERE article_id = 'zaker:1'", MEMBERS),
    "a member that is none": ("INSERT INTO core.story_members VALUES ('36kr:1', '36kr:3')", MEMBERS),
    "a key of nothing": ("INSERT INTO core.fingerprints VALUES (7, 99, 1)", KEYS),
    "two versions of one number": ("UPDATE core.article_versions SET doc = 3 WHERE doc < 3", DOC),
    "a relation of no name": ("UPDATE core.articles SET relation = 'x' WHERE article_id = 'zaker:1'", RELATION),
    "a mention of an old version": ("UPDATE core.mentions SET version = 1 WHERE article_id = '36kr:2'", MENTION),
    "a mention of no article": ("UPDATE core.mentions SET article_id = 'x' WHERE article_id = '36kr:4'", MENTION),
    "a mention of no name": ("UPDATE core.mentions SET entity_id = 'x' WHERE article_id = '36kr:4'", KNOWN),
    "a mention in another document": ("UPDATE core.mentions SET doc = 99 WHERE article_id = '36kr:1'", OF_DOC),
    "a mention in no document": ("UPDATE core.mentions SET doc = NULL WHERE article_id = '36kr:1'", OF_DOC),
    "a name not counted": ("UPDATE core.mentions SET times = NULL WHERE article_id = '36kr:1'", TIMES),
    "a name counted twice": ("UPDATE core.mentions SET times = 1 WHERE article_id = '36kr:4'", TIMES),
    "a name counted wrongly": ("UPDATE core.mentions SET times = 2 WHERE article_id = '36kr:1'", TIMES),
    "furniture counted": ("UPDATE core.mentions SET role = 'chrome' WHERE article_id = '36kr:1'", TIMES),
    "a mention beside its place": (
        "UPDATE core.mentions SET start_char = 1, end_char = 4 WHERE article_id = '36kr:1'",
        SLICE,
    ),
    "a mention without its end": ("UPDATE core.mentions SET end_char = NULL WHERE article_id = '36kr:1'", SLICE),
    "wrongly counted": ("UPDATE core.articles SET chars = chars + 1 WHERE article_id = '36kr:3'", CHARS),
    "another title": ("UPDATE core.articles SET title = 'x' WHERE article_id = '36kr:3'", CHARS),
    "two alerts of one kind": (
        "CREATE TABLE core.new AS FROM core.alerts; INSERT INTO core.new "
        "SELECT * REPLACE ('x' AS alert_id) FROM core.alerts WHERE story_id = '36kr:4'; "
        "DROP TABLE core.alerts; ALTER TABLE core.new RENAME TO alerts",
        ALERT,
    ),
    "waits for nothing": ("UPDATE core.alerts SET next_attempt_at = NULL WHERE status = 'pending'", STATE),
    "sent at no time": ("UPDATE core.alerts SET sent_at = NULL WHERE status = 'sent'", STATE),
    "suppressed for no reason": ("UPDATE core.alerts SET reason = NULL WHERE status = 'suppressed'", STATE),
    "an unknown word": ("UPDATE core.alerts SET status = 'lost' WHERE status = 'failed'", STATE),
    "an alert of no name": ("UPDATE core.alerts SET entity_id = 'x' WHERE story_id = '36kr:4'", OF),
    "read and nowhere": ("UPDATE core.frontier SET state = 'stored' WHERE article_id = '36kr:6'", READ),
    "shown and not known": ("DELETE FROM core.frontier WHERE article_id = '36kr:6'", SHOWN),
    "counted twice": ("INSERT INTO core.publication VALUES (7)", COUNT),
    "not counted": ("DELETE FROM core.publication", COUNT),
    "no time zone": ("DELETE FROM core.settings WHERE name = 'timezone'", SETTINGS),
    "another text under its hash": (
        "UPDATE core.article_versions SET text = text || '，又及' WHERE article_id = '36kr:3'; "
        "UPDATE core.articles SET chars = chars + 3 WHERE article_id = '36kr:3'",
        SAMPLE,
    ),
}


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("stocked")
    unpack(folder)
    with Warehouse.open(folder, holder="test", now=MADE) as opened:
        yield opened


@pytest.fixture
def con(wh: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a test does to it is undone."""
    wh.con.begin()
    yield wh.con
    wh.con.rollback()


def test_a_healthy_warehouse_breaks_no_rule(con: duckdb.DuckDBPyConnection) -> None:
    assert list(violations(con, "all")) == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_notices_what_breaks_it(con: duckdb.DuckDBPyConnection, what: str) -> None:
    change, rule = BROKEN[what]
    con.execute(change)
    found = {one.name: one for one in violations(con, "all")}
    assert set(found) == {rule}
    assert found[rule].count >= 1 and found[rule].examples and found[rule].remedy


def test_every_rule_is_broken_once_above() -> None:
    assert {rule for _, rule in BROKEN.values()} == {one.name for one in INVARIANTS} | {SAMPLE}


def test_the_rows_are_counted_and_the_first_are_shown(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("UPDATE core.articles SET relation = 'same'")
    [found] = violations(con, "quick")
    assert (found.count, len(found.examples)) == (5, 3)
    assert str(found).startswith("a story has exactly one lead: 5 rows (") and "…" in str(found)


def test_quick_ones_look_at_no_text(con: duckdb.DuckDBPyConnection) -> None:
    for what in ("a mention beside its place", "wrongly counted", "another text under its hash"):
        con.execute(BROKEN[what][0])
    assert list(violations(con, "quick")) == []


def test_an_old_text_that_was_let_go_is_no_wrong_hash(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("UPDATE core.article_versions SET text = '' WHERE article_id = '36kr:2' AND version = 1")
    assert list(violations(con, "all")) == []


def test_the_sample_is_spread_evenly_and_chosen_in_the_database(con: duckdb.DuckDBPyConnection) -> None:
    """Of 100,006 versions every 200th is looked at, from the first one on."""
    con.execute(
        """INSERT INTO core.articles BY NAME
           SELECT a.* REPLACE ('x' || i AS article_id, 1 AS version) FROM core.articles a, range(100_000) r(i)
           WHERE a.article_id = '36kr:3'"""
    )
    con.execute(
        """INSERT INTO core.article_versions BY NAME
           SELECT v.* REPLACE ('x' || i AS article_id, 'x' AS content_hash) FROM core.article_versions v, range(100_000) r(i)
           WHERE v.article_id = '36kr:3' ORDER BY i"""
    )
    before = con.execute("SELECT count(*) FROM core.article_versions").fetchall()[0][0] - 100_000
    tracemalloc.start()
    found = invariants._wrong_hashes(con)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    step = (100_000 + before) // 500
    assert sorted(found) == sorted(f"x{i - before}" for i in range(0, 100_000 + before, step) if i >= before)  # type: ignore[type-var]
    assert peak < 1_000_000
