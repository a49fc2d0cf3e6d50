"""What is let go with age, and that nothing of it is ever taken for new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from stock import MADE, unpack

from sources.article import Article, ArticleRef, Validators
from warehouse import articles, frontier
from warehouse.articles import Incoming, Loaded
from warehouse.invariants import violations
from warehouse.keep import Keep
from warehouse.removal import GOES_OR_STAYS, remove_articles
from warehouse.retention import Removed, let_go, overdue
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

LEXICON = Lexicon.compile((Entity("person", "钱多乐"), Entity("company", "云脊智能")))
RULES = (Rule("all", (), ("desk",), max_age=timedelta(days=3650)),)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LATER = MADE + timedelta(days=100)
MONTH = timedelta(days=30)
FOREVER = Keep(fetches=None, runs=None, lists=None)
LIST = "https://www.36kr.com/feed"
BOATS = "钱多乐上个月坐船去了下游的三个镇，看了那里的旧仓库，回来说其中两个可以改成样机的试验场。" * 2


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upgraded once, published."""
    folder = tmp_path_factory.mktemp("stocked")
    unpack(folder)
    with Warehouse.open(folder, holder="test", now=MADE) as opened:
        opened.publish()
    return folder / "tanma.duckdb"


@pytest.fixture
def wh(tmp_path: Path, stocked: Path) -> Iterator[Warehouse]:
    (tmp_path / "tanma.duckdb").write_bytes(stocked.read_bytes())
    with Warehouse.open(tmp_path, holder="test", now=LATER) as opened:
        yield opened


def ask(wh: Warehouse, sql: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = wh.con.execute(sql).fetchall()
    return rows


def tidy(wh: Warehouse, keep: Keep) -> list[Removed]:
    done = let_go(wh, keep, LATER, lambda what, rows: None)
    assert list(violations(wh.con, "all")) == []
    return done


def settle_all(wh: Warehouse) -> None:
    """No message is on its way."""
    with wh.transaction() as con:
        con.execute("UPDATE core.alerts SET status = 'sent', sent_at = ?, next_attempt_at = NULL", [MADE])


def load(wh: Warehouse, *items: Incoming, alert: bool = True, force: bool = False) -> list[Loaded]:
    return articles.load(wh, items, LEXICON, RULES, LATER, timezone=SHANGHAI, alert=alert, force_alert=force)


def boats(article_id: str = "36kr:4", text: str = BOATS) -> Article:
    return Article(article_id, "36kr", "36氪", "article", f"https://example.com/{article_id}", "坐船去看仓库", text)


def test_what_is_old_goes_and_what_a_message_still_tells_of_stays(wh: Warehouse) -> None:
    done = tidy(wh, replace(FOREVER, kinds={"article": MONTH, "newsflash": MONTH}))
    # 36kr:1 has an alert on its way, 36kr:2 one that waits.
    assert [(one.what, one.rows) for one in done] == [("article", 4), ("newsflash", 0)]
    assert ask(wh, "SELECT article_id FROM articles ORDER BY 1") == [("36kr:1",), ("36kr:2",)]
    assert ask(wh, "SELECT DISTINCT article_id FROM core.article_versions ORDER BY 1") == [("36kr:1",), ("36kr:2",)]
    assert ask(wh, "SELECT DISTINCT article_id FROM core.mentions ORDER BY 1") == [("36kr:1",), ("36kr:2",)]
    assert ask(wh, "SELECT story_id FROM stories ORDER BY 1") == [("36kr:1",), ("36kr:2",)]
    assert ask(wh, "SELECT count(*) FROM core.alerts") == [(9,)]
    assert ask(wh, "SELECT article_id, story_id, version FROM core.removed_articles ORDER BY 1") == [
        ("36kr:3", "36kr:3", 1), ("36kr:4", "36kr:4", 1), ("import:1", "import:1", 1), ("zaker:1", "36kr:1", 1),
    ]  # fmt: skip


def test_the_bytes_of_their_texts_are_told(wh: Warehouse) -> None:
    # Three bytes a Chinese character; 36kr:2 has a text of 70 characters and one of 77.
    settle_all(wh)
    assert tidy(wh, replace(FOREVER, kinds={"newsflash": MONTH})) == [Removed("newsflash", 1, 3 * (70 + 77))]


def test_age_counts_from_the_newest_version(wh: Warehouse) -> None:
    settle_all(wh)
    with wh.transaction() as con:
        con.execute("UPDATE core.articles SET updated_at = ? WHERE article_id = '36kr:3'", [LATER - MONTH])
    tidy(wh, replace(FOREVER, kinds={"article": MONTH}))
    assert ask(wh, "SELECT article_id FROM articles ORDER BY 1") == [("36kr:2",), ("36kr:3",)]


@pytest.mark.parametrize("state", ["queued", "retry", "broken"])
def test_what_is_about_to_be_read_again_stays(wh: Warehouse, state: str) -> None:
    """Also when reading it has failed since: what its list showed changed has not been read yet."""
    with wh.transaction() as con:
        con.execute("UPDATE core.frontier SET state = ?, next_attempt_at = ? WHERE article_id = '36kr:3'", [state, LATER])  # fmt: skip
    tidy(wh, replace(FOREVER, kinds={"article": MONTH}))
    assert ask(wh, "SELECT count(*) FROM articles WHERE article_id = '36kr:3'") == [(1,)]


def test_the_story_of_a_lead_that_goes_has_another_under_the_same_name(wh: Warehouse) -> None:
    with wh.transaction():
        remove_articles(wh, ["36kr:1"], LATER)
    assert ask(wh, "SELECT story_id, lead_article_id, n_articles FROM stories WHERE story_id = '36kr:1'") == [
        ("36kr:1", "zaker:1", 1)
    ]
    assert list(violations(wh.con, "all")) == []


def test_of_several_that_stay_the_earliest_leads(wh: Warehouse) -> None:
    robots = str(ask(wh, "SELECT text FROM articles WHERE article_id = 'zaker:1'")[0][0])
    third = replace(boats("tumblr:1", robots), published_at=MADE - timedelta(hours=1), precision="minute")
    [loaded] = load(wh, Incoming(third))
    assert loaded.story_id == "36kr:1"
    with wh.transaction():
        remove_articles(wh, ["36kr:1"], LATER)
    assert ask(wh, "SELECT article_id, relation FROM articles WHERE story_id = '36kr:1' ORDER BY 1") == [
        ("tumblr:1", "lead"), ("zaker:1", "same"),
    ]  # fmt: skip
    assert list(violations(wh.con, "all")) == []


def test_nothing_of_it_is_left_among_the_fingerprints(wh: Warehouse) -> None:
    load(
        wh, Incoming(boats("tumblr:1", "另一篇说的是河边的集市，卖布的人和卖灯的人换了位置，为的是晚上好看一些。" * 2))
    )
    keys = "SELECT count(*) FROM core.fingerprints JOIN core.article_versions USING (doc) WHERE article_id = '{}'"
    assert ask(wh, keys.format("36kr:4"))[0][0] and ask(wh, keys.format("36kr:3"))[0][0]
    before = ask(wh, "SELECT count(*) FROM core.fingerprints")[0][0]
    of_it = ask(wh, keys.format("36kr:4"))[0][0]
    with wh.transaction():
        remove_articles(wh, ["36kr:4"], LATER)
    assert ask(wh, "SELECT count(*) FROM core.fingerprints") == [(int(str(before)) - int(str(of_it)),)]
    assert list(violations(wh.con, "all")) == []


def test_an_empty_version_has_no_fingerprints(wh: Warehouse) -> None:
    load(wh, Incoming(boats("tumblr:1")))  # makes the index of what an older Tanma stored
    tidy(wh, replace(FOREVER, versions=MONTH))
    keys = "SELECT DISTINCT version FROM core.fingerprints JOIN core.article_versions USING (doc) WHERE article_id = '36kr:2'"
    assert ask(wh, keys) == [(2,)]


def test_a_part_that_is_tried_again_and_again_is_settled(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("UPDATE core.articles SET kind = 'partial' WHERE article_id = '36kr:3'")
        con.execute("UPDATE core.frontier SET state = 'partial', next_attempt_at = ? WHERE article_id = '36kr:3'", [LATER])  # fmt: skip
    tidy(wh, replace(FOREVER, kinds={"partial": MONTH}))
    assert ask(wh, "SELECT state, next_attempt_at FROM core.frontier WHERE article_id = '36kr:3'") == [("stored", None)]


def test_it_is_not_looked_at_again(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("UPDATE core.frontier SET recheck_at = ? WHERE article_id IN ('36kr:3', '36kr:4')", [LATER])
        remove_articles(wh, ["36kr:4"], LATER)
    assert ask(wh, "SELECT article_id FROM core.frontier WHERE recheck_at IS NOT NULL") == [("36kr:3",)]


def test_its_text_does_not_stay_in_what_its_list_said(wh: Warehouse) -> None:
    with wh.transaction():
        remove_articles(wh, ["36kr:4"], LATER)
    [(ref,)] = ask(wh, "SELECT ref FROM core.frontier WHERE article_id = '36kr:4'")
    known = ArticleRef.from_json(str(ref))
    assert (known.article, known.title, known.url) == (None, "坐船去看仓库", "https://example.com/36kr/4")
    [(other,)] = ask(wh, "SELECT ref FROM core.frontier WHERE article_id = '36kr:3'")
    assert ArticleRef.from_json(str(other)).article is not None


@pytest.fixture
def without(wh: Warehouse) -> Warehouse:
    """36kr:4, whose alerts of 2026 were suppressed for its age, was let go."""
    with wh.transaction():
        remove_articles(wh, ["36kr:4"], LATER)
    return wh


def test_a_list_that_shows_it_otherwise_has_nothing_to_read(without: Warehouse) -> None:
    shown = ArticleRef("36kr", "36kr:4", "https://example.com/36kr/4", "坐船去看仓库（更新）", article=boats())
    before = frontier.due(without, "36kr", LATER, 100)
    assert frontier.record_discovery(without, "36kr", LIST, Validators(), [shown], LATER) == 0
    assert frontier.due(without, "36kr", LATER, 100) == before


def test_another_source_that_names_it_has_nothing_to_read(without: Warehouse) -> None:
    shown = ArticleRef("zaker", "36kr:4", "https://example.com/36kr/4", "坐船去看仓库", article=boats())
    assert frontier.record_discovery(without, "zaker", "https://z.example.com/1", Validators(), [shown], LATER) == 0
    assert ask(without, "SELECT state FROM core.frontier WHERE source = 'zaker'") == [("stored",)]


def test_a_page_that_turns_out_to_be_it_is_not_stored(without: Warehouse) -> None:
    ref = ArticleRef("36kr", "url:short", "https://example.com/s/1", "坐船")
    frontier.record_discovery(without, "36kr", LIST, Validators(), [ref], LATER)
    [loaded] = load(without, Incoming(boats(), ref=ref), force=True)
    assert (loaded.status, loaded.version, loaded.story_id, loaded.alerts) == ("unchanged", 1, "36kr:4", 0)
    assert "tanma tidy" in loaded.reason
    assert ask(without, "SELECT state, resolved_id FROM core.frontier WHERE article_id = 'url:short'") == [
        ("stored", "36kr:4")
    ]
    assert ask(without, "SELECT count(*) FROM articles WHERE article_id = '36kr:4'") == [(0,)]
    assert list(violations(without.con, "all")) == []


def test_others_of_its_batch_are_stored_in_their_order(without: Warehouse) -> None:
    ref = ArticleRef("36kr", "36kr:4", "https://example.com/36kr/4")
    new = [replace(boats(f"36kr:{n}", f"第{n}座桥在修，桥上的人都绕路走，绕到下游那座旧桥去，要多走半个小时才能到对岸的市场。" * 2), title=f"桥{n}") for n in (8, 9)]  # fmt: skip
    loaded = load(without, Incoming(new[0]), Incoming(boats(), ref=ref), Incoming(new[1]))
    assert [(one.article_id, one.status) for one in loaded] == [
        ("36kr:8", "stored"), ("36kr:4", "unchanged"), ("36kr:9", "stored"),
    ]  # fmt: skip


def test_the_same_text_under_another_name_is_the_same_story_and_alerts_nobody(without: Warehouse) -> None:
    before = ask(without, "FROM core.alerts ORDER BY alert_id")
    [loaded] = load(without, Incoming(boats("tumblr:9", BOATS.replace("，", ", "))), force=True)
    assert (loaded.status, loaded.story_id, loaded.alerts) == ("duplicate", "36kr:4", 0)
    assert ask(without, "SELECT relation FROM articles WHERE article_id = 'tumblr:9'") == [("lead",)]
    assert ask(without, "FROM core.alerts ORDER BY alert_id") == before
    assert list(violations(without.con, "all")) == []


def test_an_import_brings_it_back_and_its_list_is_heard_again(without: Warehouse) -> None:
    [loaded] = load(without, Incoming(boats()), alert=False)
    assert (loaded.status, loaded.story_id) == ("duplicate", "36kr:4")
    assert ask(without, "SELECT text FROM articles WHERE article_id = '36kr:4'") == [(BOATS,)]
    shown = ArticleRef("36kr", "36kr:4", "https://example.com/36kr/4", "坐船去看仓库（更新）", article=boats())
    assert frontier.record_discovery(without, "36kr", LIST, Validators(), [shown], LATER) == 1
    edited = boats(text=BOATS + "后来他又去了一次，带回来两张图纸和一把旧锁。")
    [loaded] = load(without, Incoming(edited, ref=shown))
    assert (loaded.status, loaded.version) == ("updated", 2)


def test_an_import_of_another_text_comes_back_to_its_story(wh: Warehouse) -> None:
    """The alerts of that story told of it: nobody is told again."""
    with wh.transaction():
        remove_articles(wh, ["zaker:1"], LATER)
    [loaded] = load(wh, Incoming(boats("zaker:1", "他坐船去看仓库。")), force=True)
    assert (loaded.status, loaded.story_id) == ("stored", "36kr:1")
    assert list(violations(wh.con, "all")) == []


def test_texts_of_old_versions_go_and_the_newest_stays(wh: Warehouse) -> None:
    assert tidy(wh, replace(FOREVER, versions=MONTH)) == [Removed("versions", 1, 3 * 70)]
    assert ask(
        wh,
        "SELECT version, title, text = '', length(content_hash) FROM core.article_versions WHERE article_id = '36kr:2' ORDER BY 1",
    ) == [
        (1, "数据中心动工", True, 64),
        (2, "数据中心夏天动工", False, 64),
    ]
    assert ask(wh, "SELECT count(*) FROM core.article_versions WHERE text = ''") == [(1,)]


def test_requests_and_runs_go_by_their_time(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("INSERT INTO core.fetches SELECT 'r', 's', 'u', ?::TIMESTAMPTZ + to_days(n::INT), 'ok', 200, 1, 1 FROM range(1, 101) t(n)", [MADE])  # fmt: skip
        con.execute("INSERT INTO core.runs VALUES ('r', 'collect', 'direct', 'ok', ?, NULL, '{}')", [LATER - MONTH])
    steps: list[tuple[str, int]] = []
    done = let_go(
        wh,
        replace(FOREVER, fetches=timedelta(days=31), runs=MONTH),
        LATER,
        lambda what, rows: steps.append((what, rows)),
    )
    # Two requests on the first day, then one a day; those of day 69 on are at most 31 days old.
    assert done == [Removed("fetches", 2 + 68), Removed("runs", 1)]
    assert ask(wh, "SELECT count(*), min(fetched_at) FROM core.fetches") == [(32, LATER - timedelta(days=31))]
    assert ask(wh, "SELECT run_id FROM core.runs") == [("r",)]
    assert max(rows for what, rows in steps if what == "fetches") == 8  # a week in a transaction


def test_what_lists_said_of_settled_articles_is_slimmed(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("UPDATE core.frontier SET updated_at = ? WHERE article_id = '36kr:2'", [LATER])
    texts = "SELECT article_id FROM core.frontier WHERE json_type(ref, '$.article') = 'OBJECT' ORDER BY 1"
    assert ask(wh, texts) == [("36kr:1",), ("36kr:2",), ("36kr:3",), ("36kr:4",)]
    # The lists were last read 100 days ago: what they showed of the five settled articles goes, and one list of the two.
    assert tidy(wh, replace(FOREVER, lists=MONTH)) == [Removed("lists", 5 + 0 + 3)]
    assert ask(wh, texts) == [("36kr:2",)]
    assert ask(wh, "SELECT article_id FROM core.sightings ORDER BY 1") == [("36kr:5",), ("36kr:7",)]
    assert ask(wh, "SELECT count(*) FROM core.frontier") == [(7,)]


def test_a_list_that_is_read_keeps_what_it_showed_last(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("UPDATE core.lists SET last_success_at = ?, first_asked_at = ? WHERE source = '36kr'", [LATER, MADE])  # fmt: skip
        con.execute("INSERT INTO core.frontier SELECT 'x', 'x:' || n, NULL, 'u', '{}', NULL, ?::TIMESTAMPTZ + to_seconds(n), 0, 'gone', 0, NULL, ?, NULL, '', '', '', false, NULL FROM range(1003) t(n)", [MADE, MADE])  # fmt: skip
        con.execute("INSERT INTO core.sightings SELECT 'x', 'list', 'x:' || n, '' FROM range(1003) t(n)")
        con.execute("INSERT INTO core.lists VALUES ('x', 'list', ?, '', '', '', 0, NULL, ?, 'ok', NULL), ('x', 'dead', ?, '', '', '', 0, NULL, ?, 'ok', NULL)", [MADE, LATER, LATER - MONTH - MONTH, LATER - MONTH - MONTH])  # fmt: skip
    tidy(wh, replace(FOREVER, lists=MONTH))
    assert ask(wh, "SELECT count(*) FROM core.sightings WHERE source = '36kr'") == [(7,)]
    gone = "SELECT n FROM range(1003) t(n) WHERE 'x:' || n NOT IN (SELECT article_id FROM core.sightings) ORDER BY 1"
    assert ask(wh, gone) == [(0,), (1,), (2,)]
    assert ask(wh, "SELECT list_key FROM core.lists WHERE source = 'x'") == [("list",)]


def test_a_trial_tells_the_same_and_changes_nothing(wh: Warehouse) -> None:
    keep = Keep(MONTH, MONTH, MONTH, MONTH, {"article": MONTH, "newsflash": None})
    before = ask(wh, "SELECT count(*) FROM core.frontier WHERE json_type(ref, '$.article') = 'OBJECT'")
    told = overdue(wh.con, keep, LATER)
    assert [(one.what, one.rows) for one in told] == [
        ("article", 4), ("versions", 1), ("lists", 9), ("fetches", 2), ("runs", 1),
    ]  # fmt: skip
    assert ask(wh, "SELECT count(*) FROM articles") == [(6,)]
    assert ask(wh, "SELECT count(*) FROM core.frontier WHERE json_type(ref, '$.article') = 'OBJECT'") == before
    done = tidy(wh, keep)
    # Articles that go take the texts of their lists along, which the trial counts under lists.
    assert [(one.what, one.rows) for one in done] == [
        ("article", 4), ("versions", 1), ("lists", 7), ("fetches", 2), ("runs", 1),
    ]  # fmt: skip


def test_nothing_is_old_enough(wh: Warehouse) -> None:
    wh.publish()
    assert [one.rows for one in tidy(wh, Keep(versions=timedelta(days=101), kinds={"article": timedelta(days=101)}, fetches=timedelta(days=101), lists=timedelta(days=101)))] == [0, 0, 0, 0, 0]  # fmt: skip
    assert wh.publish() is False


def test_it_is_decided_of_every_table_whether_it_goes_with_an_article(wh: Warehouse) -> None:
    tables = ask(wh, "SELECT DISTINCT c.table_name FROM duckdb_columns() c JOIN duckdb_tables() t USING (table_oid) WHERE c.schema_name = 'core' AND c.column_name = 'article_id'")  # fmt: skip
    assert {str(table) for (table,) in tables} == set(GOES_OR_STAYS)
