"""What a restored file learns from the one that it replaces, whose stories were merged and renamed since."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from stock import MADE, unpack

from warehouse import outbox
from warehouse.carryover import carry_over
from warehouse.invariants import violations
from warehouse.removal import remove_articles
from warehouse.store import Warehouse
from warehouse.stories import rename_article, settle_stories

LATER = MADE + timedelta(days=1)
WAITS = "46cb2b0ee418b353"  # of story 36kr:2, to ops: pending in the backup
ON_ITS_WAY = "e89057038b2e805e"  # of story 36kr:1, to ops: sending in the backup
SENT = "UPDATE core.alerts SET status = 'sent', sent_at = now(), next_attempt_at = NULL WHERE alert_id = '{}'"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upgraded once: copying it is quicker."""
    folder = tmp_path_factory.mktemp("template")
    unpack(folder)
    with Warehouse.open(folder, holder="test", now=MADE) as wh:
        return wh.written_down()


@dataclass
class Pair:
    """`old`: the warehouse that went on since; `new`: the one that its backup becomes."""

    old: Path
    new: Path

    def open_old(self) -> Warehouse:
        return Warehouse.open(self.old, holder="test", now=LATER)

    def carry(self, noted: Mapping[str, datetime] | None = None) -> int:
        files = (one / "work" / "tanma.duckdb" for one in (self.old, self.new))
        return carry_over(*files, noted or {})

    def open_new(self) -> Warehouse:
        wh = Warehouse.open(self.new, holder="test", now=LATER)
        assert list(violations(wh.con, "all")) == []
        return wh


@pytest.fixture
def pair(tmp_path: Path, template: Path) -> Pair:
    for name in ("old", "new"):
        (tmp_path / name / "work").mkdir(parents=True)
        shutil.copyfile(template, tmp_path / name / "work" / "tanma.duckdb")
    return Pair(tmp_path / "old", tmp_path / "new")


def claimed(wh: Warehouse) -> list[str]:
    """The alerts of all messages that would go out now."""
    found: list[str] = []
    while claim := outbox.claim(wh, LATER + timedelta(days=1)):
        found += claim.alert_ids
    return found


def status(wh: Warehouse, alert_id: str) -> str:
    [(word,)] = wh.con.execute("SELECT status FROM core.alerts WHERE alert_id = ?", [alert_id]).fetchall()
    return str(word)


def test_an_alert_whose_story_was_merged_since_and_was_sent_is_not_sent_again(pair: Pair) -> None:
    with pair.open_old() as wh, wh.transaction() as con:
        settle_stories(wh, {}, {"36kr:2": "36kr:3"}, {}, LATER)
        con.execute(SENT.format(WAITS))
        assert con.execute("SELECT story_id FROM core.alerts WHERE alert_id = ?", [WAITS]).fetchall() == [("36kr:3",)]
    assert pair.carry() == 1
    with pair.open_new() as wh:
        assert status(wh, WAITS) == "sent"
        assert claimed(wh) == []
        # The stories are two again, and the public view tells the alert under its own.
        assert wh.con.execute("SELECT story_id FROM alerts WHERE alert_id = ?", [WAITS]).fetchall() == [("36kr:2",)]
        assert wh.con.execute("SELECT count(*) FROM core.merged_stories").fetchall() == [(0,)]


def test_an_alert_whose_article_was_renamed_since_and_was_sent_is_not_sent_again(pair: Pair) -> None:
    text = "云脊智能说，数据中心的第二期也定下来了，就在第一期的旁边，明年秋天动工，后年夏天用上。"
    with pair.open_old() as wh, wh.transaction() as con:
        rename_article(wh, "36kr:2", "wechat:9", LATER)
        con.execute(SENT.format(WAITS))
        # Since then the story has another article, and told of another name.
        con.execute("INSERT INTO core.articles SELECT * REPLACE ('zaker:9' AS article_id, 'near' AS relation, 1 AS version, 'h9' AS content_hash, 99 AS doc) FROM core.articles WHERE article_id = 'wechat:9'")  # fmt: skip
        con.execute("INSERT INTO core.article_versions BY NAME SELECT 'zaker:9' AS article_id, 1 AS version, now() AS seen_at, '题' AS title, ? AS text, 'h9' AS content_hash, 99 AS doc", [text])  # fmt: skip
        con.execute("INSERT INTO core.alerts BY NAME SELECT * REPLACE ('new' AS alert_id, 'company:云脊智能' AS entity_id) FROM core.alerts WHERE alert_id = ?", [WAITS])  # fmt: skip
    assert pair.carry() == 2
    with pair.open_new() as wh:
        assert status(wh, WAITS) == status(wh, "new") == "sent"
        assert wh.con.execute("SELECT story_id FROM core.alerts WHERE alert_id = 'new'").fetchall() == [("36kr:2",)]
        assert wh.con.execute("FROM core.former_texts").fetchall() == [("h9", "36kr:2")]
        assert claimed(wh) == []


def test_a_yes_that_was_only_noted_counts(pair: Pair) -> None:
    at = MADE + timedelta(hours=3)
    with pair.open_old() as wh, wh.transaction() as con:
        con.execute("UPDATE core.alerts SET status = 'sending' WHERE alert_id = ?", [WAITS])
    assert pair.carry({WAITS: at, "another": at}) == 1
    with pair.open_new() as wh:
        rows = wh.con.execute("SELECT status, sent_at, next_attempt_at FROM core.alerts WHERE alert_id = ?", [WAITS]).fetchall()  # fmt: skip
        assert rows == [("sent", at, None)]
        assert status(wh, ON_ITS_WAY) == "sending"


def test_of_two_that_are_one_in_the_backup_the_one_that_was_sent_counts(pair: Pair) -> None:
    """An id says suppressed; the story, name, rule and channel of the same alert under another id say sent."""
    with pair.open_old() as wh, wh.transaction() as con:
        settle_stories(wh, {}, {"36kr:2": "36kr:3"}, {}, LATER)
        con.execute("UPDATE core.alerts SET status = 'suppressed', reason = 'same', next_attempt_at = NULL WHERE alert_id = ?", [WAITS])  # fmt: skip
        con.execute("INSERT INTO core.alerts BY NAME SELECT * REPLACE ('other' AS alert_id, '36kr:2' AS story_id, 'sent' AS status, now() AS sent_at) FROM core.alerts WHERE alert_id = ?", [WAITS])  # fmt: skip
    assert pair.carry() == 1
    with pair.open_new() as wh:
        assert status(wh, WAITS) == "sent"


@pytest.mark.parametrize(
    ("renamed", "told", "word"),
    [(False, False, "pending"), (False, True, "suppressed"), (True, False, "pending"), (True, True, "sent")],
)
def test_what_was_suppressed_for_another_alert_waits_again_where_that_is_not_known(
    pair: Pair, renamed: bool, told: bool, word: str
) -> None:
    """The other one was raised since, is not in the backup, and nobody may have been told."""
    with pair.open_old() as wh, wh.transaction() as con:
        con.execute("INSERT INTO core.alerts BY NAME SELECT * REPLACE ('other' AS alert_id, '36kr:3' AS story_id) FROM core.alerts WHERE alert_id = ?", [WAITS])  # fmt: skip
        settle_stories(wh, {}, {"36kr:2": "36kr:3"}, {}, LATER)
        assert con.execute("SELECT alert_id, status, reason FROM core.alerts WHERE alert_id IN ('other', ?) ORDER BY 2", [WAITS]).fetchall() == [("other", "pending", None), (WAITS, "suppressed", "same story as 36kr:3")]  # fmt: skip
        if renamed:
            rename_article(wh, "36kr:3", "wechat:3", LATER)
        if told:
            con.execute(SENT.format("other"))
    pair.carry()
    with pair.open_new() as wh:
        assert status(wh, WAITS) == word


def test_what_was_let_go_since_stays_known(pair: Pair) -> None:
    with pair.open_old() as wh, wh.transaction() as con:
        con.execute("INSERT INTO core.former_texts VALUES ('h1', 'tumblr:1'), ('h2', 'gone:2')")
        con.execute("INSERT INTO core.removed_articles VALUES ('tumblr:1', 'tumblr:1', 2, now(), now())")
        con.execute("INSERT INTO core.merged_stories VALUES ('gone:2', 'tumblr:1', now())")
        remove_articles(wh, ["36kr:3"], LATER)  # which the backup holds
    with Warehouse.open(pair.new, holder="test", now=LATER) as wh, wh.transaction() as con:
        con.execute("INSERT INTO core.merged_stories VALUES ('gone:1', 'gone:2', now())")
    assert pair.carry() == 0
    with pair.open_new() as wh:
        assert wh.con.execute("FROM core.former_texts ORDER BY 1").fetchall() == [("h1", "tumblr:1"), ("h2", "gone:2")]
        assert wh.con.execute("SELECT article_id, version FROM core.removed_articles").fetchall() == [("tumblr:1", 2)]
        assert wh.con.execute("SELECT story_id, merged_in FROM core.merged_stories ORDER BY 1").fetchall() == [
            ("gone:1", "tumblr:1"), ("gone:2", "tumblr:1"),
        ]  # fmt: skip


@pytest.mark.parametrize("schema", [1, 3])
def test_the_old_file_may_be_of_an_older_schema(pair: Pair, schema: int) -> None:
    unpack(pair.old / "made", schema).replace(pair.old / "work" / "tanma.duckdb")
    with pair.open_new() as wh, wh.transaction() as con:
        con.execute("UPDATE core.alerts SET status = 'pending', next_attempt_at = now(), sent_at = NULL WHERE story_id = '36kr:2'")  # fmt: skip
    assert pair.carry() == 2
    with pair.open_new() as wh:
        assert status(wh, "83fc9757bdb5fed7") == status(wh, "75877f03d5a7c213") == "sent"
