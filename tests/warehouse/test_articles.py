"""Loading: versions, stories, mentions and alerts of a batch, all or nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Kind, Validators
from sources.errors import Gone, WarehouseError
from warehouse import articles, frontier, outbox
from warehouse.articles import Incoming, Loaded
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")

ENTITIES = (Entity("person", "钱多乐"), Entity("company", "云脊智能"))
LEXICON = Lexicon.compile(ENTITIES)
RULES = (Rule("all", (), ("desk",)),)

# Long enough for a story of their own.
FIRST = (
    "钱多乐周五在上海说，公司今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到客户手里。"
    "他没有透露客户的名字，也没有透露价格和产量。"
)
SECOND = (
    "云脊智能的一位发言人说，新的数据中心将在明年夏天动工，地点还没有最后定下来，备选的三座城市都在长江以北。"
    "电价是主要的考虑，水源也是考虑之一。"
)


def make(
    article_id: str, text: str = FIRST, title: str = "无题", *, source: str = "36kr", kind: Kind = "article"
) -> Article:
    return Article(
        article_id, source, f"{source} 报", kind, f"https://e.com/{article_id}", title, text, (), NOW, "minute"
    )


def load(wh: Warehouse, *loads: Article | Incoming, now: datetime = NOW, **options: bool) -> list[Loaded]:
    items = [one if isinstance(one, Incoming) else Incoming(one) for one in loads]
    return articles.load(wh, items, LEXICON, RULES, now, timezone=SHANGHAI, **options)


def ask(wh: Warehouse, sql: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = wh.con.execute(sql).fetchall()
    return rows


def test_a_new_article_is_stored_with_all_that_belongs_to_it(wh: Warehouse) -> None:
    article = replace(make("36kr:1", title="钱多乐谈机器人"), authors=("甲", "乙"), byline="作者｜甲", language="zh")
    assert load(wh, article) == [Loaded("36kr:1", "stored", 1, "36kr:1", 2, 1, "")]
    assert ask(wh, "FROM articles") == [
        (
            "36kr:1", "36kr", "36kr 报", "article", "https://e.com/36kr:1", "钱多乐谈机器人", ["甲", "乙"],
            NOW, "minute", NOW, NOW, FIRST, len(FIRST), "zh", "36kr:1", "lead", 1,
            None,
        )
    ]  # fmt: skip
    assert ask(wh, "SELECT article_id, version, seen_at, title, text FROM article_versions") == [
        ("36kr:1", 1, NOW, "钱多乐谈机器人", FIRST)
    ]
    assert ask(wh, "FROM stories") == [("36kr:1", "钱多乐谈机器人", "36kr:1", NOW, NOW, 1, ["36kr 报"])]
    assert ask(wh, "SELECT entity_id, surface, start_char, end_char, role FROM mentions ORDER BY role") == [
        ("person:钱多乐", "钱多乐", 0, 3, "body"),
        ("person:钱多乐", "钱多乐", None, None, "title"),
    ]
    assert ask(wh, "SELECT entity_id, story_id, article_id, rule, channel, status FROM alerts") == [
        ("person:钱多乐", "36kr:1", "36kr:1", "all", "desk", "pending")
    ]


def test_offsets_count_characters_as_sql_does(wh: Warehouse) -> None:
    load(wh, make("36kr:1", "😀🚀 开场。" + FIRST))
    assert ask(
        wh,
        "SELECT substring(text, start_char + 1, end_char - start_char) = surface, chars = length(text) "
        "FROM mentions JOIN articles USING (article_id)",
    ) == [(True, True)]


def test_the_same_again_changes_nothing(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    wh.publish()
    again = load(wh, make("36kr:1", FIRST.replace("，", ", ")), now=LATER)
    assert [(one.status, one.version, one.mentions, one.alerts) for one in again] == [("unchanged", 1, 0, 0)]
    assert wh.publish() is False
    assert ask(wh, "SELECT version, updated_at, text FROM articles") == [(1, NOW, FIRST)]


def test_an_edited_article_becomes_a_new_version_and_only_the_new_name_alerts(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    edited = load(wh, make("36kr:1", FIRST + "云脊智能拒绝评论。"), now=LATER)
    assert [(one.status, one.version, one.mentions, one.alerts) for one in edited] == [("updated", 2, 2, 1)]
    assert ask(wh, "SELECT version, text FROM article_versions ORDER BY version") == [
        (1, FIRST),
        (2, FIRST + "云脊智能拒绝评论。"),
    ]
    assert ask(wh, "SELECT version, first_seen_at, updated_at FROM articles") == [(2, NOW, LATER)]
    assert ask(wh, "SELECT entity_id, article_id FROM core.alerts WHERE version = 2") == [
        ("company:云脊智能", "36kr:1")
    ]


def test_mentions_are_those_of_the_newest_version(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    load(wh, make("36kr:1", SECOND), now=LATER)
    assert ask(wh, "SELECT DISTINCT entity_id FROM mentions") == [("company:云脊智能",)]


def test_another_title_is_another_version(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    assert load(wh, make("36kr:1", title="云脊智能来了"))[0].version == 2


def test_equal_text_elsewhere_is_kept_in_the_same_story_without_a_second_alert(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    repost = load(wh, make("zaker:2", FIRST.replace("，", " , "), "转载", source="zaker"))
    assert [(one.status, one.story_id, one.mentions, one.alerts) for one in repost] == [("duplicate", "36kr:1", 1, 0)]
    assert "36kr:1" in repost[0].reason
    assert ask(wh, "SELECT article_id, relation, version FROM articles ORDER BY 1") == [
        ("36kr:1", "lead", 1),
        ("zaker:2", "same", 1),
    ]
    assert ask(wh, "SELECT title, lead_article_id, n_articles, outlets FROM stories") == [
        ("无题", "36kr:1", 2, ["36kr 报", "zaker 报"])
    ]


def test_a_repost_of_an_earlier_version_still_finds_its_story(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    load(wh, make("36kr:1", FIRST + "编辑过。"))
    assert load(wh, make("zaker:2", FIRST, source="zaker"))[0].story_id == "36kr:1"


def test_a_new_name_in_the_title_of_a_repost_does_alert(wh: Warehouse) -> None:
    load(wh, make("36kr:1"))
    assert load(wh, make("zaker:2", title="云脊智能的对手", source="zaker"))[0].alerts == 1


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (make("a:1", "详情请看视频。"), make("b:1", "详情请看视频。"), False),
        (make("a:1", ""), make("b:1", ""), False),
        (make("a:1", "！" * 80), make("b:1", "？" * 80), False),
        (
            make("a:1", "云脊智能今天上午宣布开工。", "云脊智能宣布开工建设", kind="newsflash"),
            make("b:1", "云脊智能今天上午宣布开工。", "云脊智能宣布开工建设", kind="newsflash"),
            True,
        ),
        (
            make("a:1", "据悉金额没有公布，双方都没有评论。", "钱多乐投资一家公司", kind="newsflash"),
            make("b:1", "据悉金额没有公布，双方都没有评论。", "云脊智能卖掉一座楼", kind="newsflash"),
            False,
        ),
        (
            make("a:1", "", "云脊智能宣布开工建设新的数据中心了", kind="newsflash"),
            make("b:1", "", kind="newsflash"),
            False,
        ),
    ],
)
def test_short_texts_prove_little(wh: Warehouse, first: Article, second: Article, together: bool) -> None:
    stories = {one.story_id for one in load(wh, first, second)}
    assert len(stories) == (1 if together else 2)


def test_a_whole_text_completes_a_partial_one_and_never_the_other_way_round(wh: Warehouse) -> None:
    load(wh, make("36kr:1", "钱多乐周五在上海说…", kind="partial"))
    whole = load(wh, make("36kr:1"), now=LATER)
    assert [(one.status, one.version, one.alerts) for one in whole] == [("updated", 2, 0)]
    back = load(wh, make("36kr:1", SECOND + FIRST, kind="partial"), now=LATER)
    assert [(one.status, one.version) for one in back] == [("unchanged", 2)]
    assert ask(wh, "SELECT kind, text FROM articles") == [("article", FIRST)]


def test_a_transcript_stays_when_its_feed_names_only_the_notes_again(wh: Warehouse) -> None:
    notes = make("xyz:1", text=FIRST)
    spoken = replace(notes, kind="transcript", text=f"{FIRST}\n{SECOND}")
    ref = ArticleRef("36kr", "xyz:1", notes.url)  # a list names them: of files every old version is known
    given = [Incoming(one, ref) for one in (notes, spoken, notes, spoken)]
    assert [load(wh, one)[0].status for one in given] == ["stored", "updated", "unchanged", "unchanged"]
    assert ask(wh, "SELECT kind, version FROM articles") == [("transcript", 2)]


def test_less_of_a_partial_text_does_not_replace_more(wh: Warehouse) -> None:
    load(wh, make("36kr:1", FIRST, kind="partial"))
    assert load(wh, make("36kr:1", "钱多乐说…", kind="partial"))[0].status == "unchanged"
    assert load(wh, make("36kr:1", FIRST + "还有一句。", kind="partial"))[0].status == "updated"


def test_a_completed_text_that_is_known_elsewhere_joins_that_story_with_its_alerts(wh: Warehouse) -> None:
    load(wh, make("36kr:1", "钱多乐周五在上海说…", "云脊智能的麻烦", kind="partial"))
    load(wh, make("zaker:2", source="zaker"))
    joined = load(wh, make("36kr:1", title="云脊智能的麻烦"), now=LATER)
    # A story keeps the name of its article that came first.
    assert [(one.status, one.story_id, one.alerts) for one in joined] == [("updated", "36kr:1", 0)]
    assert ask(wh, "SELECT story_id, n_articles, lead_article_id FROM stories") == [("36kr:1", 2, "36kr:1")]
    alerts = "SELECT entity_id, a.story_id, a.article_id, status FROM core.alerts a ORDER BY ALL"
    assert ask(wh, alerts) == [
        ("company:云脊智能", "36kr:1", "36kr:1", "pending"),
        ("person:钱多乐", "36kr:1", "36kr:1", "pending"),
        ("person:钱多乐", "zaker:2", "zaker:2", "suppressed"),
    ]


def test_in_one_batch_each_sees_those_before_it(wh: Warehouse) -> None:
    loaded = load(
        wh,
        make("36kr:1"),
        make("zaker:2", source="zaker"),
        make("36kr:1"),
        make("36kr:1", FIRST + "云脊智能拒绝评论。"),
        make("qq:3", SECOND),
    )
    assert [(one.article_id, one.status, one.version, one.story_id, one.alerts) for one in loaded] == [
        ("36kr:1", "stored", 1, "36kr:1", 1),
        ("zaker:2", "duplicate", 1, "36kr:1", 0),
        ("36kr:1", "unchanged", 1, "36kr:1", 0),
        ("36kr:1", "updated", 2, "36kr:1", 1),
        ("qq:3", "stored", 1, "qq:3", 1),
    ]
    assert ask(wh, "SELECT count(*) FROM article_versions") == [(4,)]
    assert ask(wh, "SELECT count(*) FROM mentions WHERE article_id = '36kr:1'") == [(2,)]


def test_the_queue_is_settled_in_the_same_transaction(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = ArticleRef("36kr", "36kr:1", "https://e.com/36kr:1", "无题", NOW)
    frontier.record_discovery(wh, "36kr", "https://e.com/feed", Validators("l"), [ref], NOW)
    incoming = Incoming(make("36kr:1"), ref, Validators("page"))

    def fails(*_: object) -> None:
        raise RuntimeError("the last step of the load")

    with monkeypatch.context() as patched:
        patched.setattr(articles, "settle", fails)
        with pytest.raises(RuntimeError):
            load(wh, incoming)
    for table in ("articles", "article_versions", "mentions", "alerts"):
        assert ask(wh, f"SELECT count(*) FROM {table}") == [(0,)]
    assert len(frontier.due(wh, "36kr", NOW, 10)) == 1
    load(wh, incoming)
    assert frontier.due(wh, "36kr", NOW + timedelta(days=99), 10) == []
    assert ask(wh, "SELECT state, etag FROM core.frontier") == [("stored", "page")]


def test_a_partial_page_stays_in_the_queue(wh: Warehouse) -> None:
    ref = ArticleRef("36kr", "36kr:1", "https://e.com/36kr:1")
    frontier.record_discovery(wh, "36kr", "https://e.com/feed", Validators("l"), [ref], NOW)
    load(wh, Incoming(make("36kr:1", kind="partial"), ref))
    assert frontier.due(wh, "36kr", NOW, 10) == []
    assert len(frontier.due(wh, "36kr", NOW + timedelta(hours=1), 10)) == 1


def test_an_article_that_comes_back_is_no_longer_gone(wh: Warehouse) -> None:
    ref = ArticleRef("36kr", "36kr:1", "u")
    load(wh, make("36kr:1"))
    frontier.record_failure(wh, ref, Gone("404"), LATER, None)
    assert ask(wh, "SELECT gone_at FROM core.articles") == [(LATER,)]
    load(wh, make("36kr:1"))  # a saved page, or what a list said: no page answered
    assert ask(wh, "SELECT gone_at FROM core.articles") == [(LATER,)]
    load(wh, Incoming(make("36kr:1"), ref))
    assert ask(wh, "SELECT gone_at FROM core.articles") == [(None,)]


def test_an_import_is_stored_and_scanned_and_alerts_only_when_asked(wh: Warehouse) -> None:
    assert load(wh, make("36kr:1"), alert=False)[0].alerts == 0
    assert ask(wh, "SELECT status, reason FROM alerts") == [("suppressed", "import")]
    old = replace(make("36kr:2", SECOND), published_at=NOW - timedelta(days=900))
    assert load(wh, old, force_alert=True)[0].alerts == 1


def test_backlog_counts_for_its_own_item_alone(wh: Warehouse) -> None:
    old = replace(make("36kr:1"), published_at=None, precision="unknown")
    new = replace(make("36kr:2", SECOND), published_at=None, precision="unknown")
    assert [one.alerts for one in load(wh, Incoming(old, backlog=True), Incoming(new))] == [0, 1]
    assert ask(wh, "SELECT article_id, status, reason FROM alerts ORDER BY 1") == [
        ("36kr:1", "suppressed", "first run of the source"),
        ("36kr:2", "pending", None),
    ]


def load_each(wh: Warehouse, *items: Incoming) -> list[Loaded]:
    return articles.load_each(wh, items, LEXICON, RULES, NOW, timezone=SHANGHAI)


def test_one_article_that_cannot_be_stored_does_not_lose_the_others(wh: Warehouse) -> None:
    refs = [ArticleRef("36kr", f"36kr:{number}", f"https://e.com/{number}") for number in (1, 2, 3)]
    frontier.record_discovery(wh, "36kr", "https://e.com/feed", Validators(), refs, NOW)
    bad = replace(make("36kr:2"), authors=(7,))  # type: ignore[arg-type]
    loaded = load_each(
        wh, Incoming(make("36kr:1"), refs[0]), Incoming(bad, refs[1]), Incoming(make("36kr:3", SECOND), refs[2])
    )
    assert [(one.article_id, one.status, one.version) for one in loaded] == [
        ("36kr:1", "stored", 1),
        ("36kr:2", "failed", 0),
        ("36kr:3", "stored", 1),
    ]
    assert "AttributeError" in loaded[1].reason
    assert ask(wh, "SELECT article_id FROM articles ORDER BY 1") == [("36kr:1",), ("36kr:3",)]
    assert ask(wh, "SELECT state, attempts, error IS NOT NULL FROM core.frontier ORDER BY article_id") == [
        ("stored", 0, False),
        ("broken", 1, True),
        ("stored", 0, False),
    ]
    assert frontier.due(wh, "36kr", NOW, 9) == []
    assert len(frontier.due(wh, "36kr", NOW + timedelta(hours=6), 9)) == 1


def test_one_at_a_time_is_only_for_what_fails(wh: Warehouse) -> None:
    items = [Incoming(make("36kr:1")), Incoming(make("36kr:2"))]
    assert [one.status for one in load_each(wh, *items)] == ["stored", "duplicate"]
    assert load_each(wh) == []


def test_trouble_of_the_database_is_not_an_articles(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def full(*_: object) -> None:
        tried.append(1)
        raise WarehouseError("no room on the disk")

    monkeypatch.setattr(articles, "settle", full)
    with pytest.raises(WarehouseError, match="no room"):
        load_each(wh, Incoming(make("36kr:1")), Incoming(make("36kr:2", SECOND)))
    assert tried == [1]


@pytest.mark.parametrize(
    "published",
    [
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
        datetime(9999, 12, 31, 23, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=SHANGHAI),
        datetime(2026, 11, 21),
    ],
)
def test_times_that_cannot_be_stand_in_nobodys_way(wh: Warehouse, published: datetime) -> None:
    odd = replace(make("36kr:1"), published_at=published, precision="month")
    assert [one.status for one in load(wh, Incoming(odd), Incoming(make("36kr:2", SECOND)))] == ["stored", "stored"]
    assert outbox.claim(wh, NOW) is not None
    assert ask(wh, "SELECT count(*) FROM articles WHERE published_at BETWEEN '0001-01-01' AND '2026-11-21 08:00Z'") == [
        (1,)
    ]


def test_nothing_to_load_is_nothing_done(wh: Warehouse) -> None:
    wh.publish()
    assert load(wh) == []
    assert wh.publish() is False


def test_broken_characters_do_not_stop_a_batch(wh: Warehouse) -> None:
    load(wh, make("36kr:1", "\ud83d\ude00 半个\ud83d字" + FIRST + "\x00尾", "标\udc00题"))
    assert ask(wh, "SELECT text, title FROM articles") == [("😀 半个\ufffd字" + FIRST + "\x00尾", "标\ufffd题")]


def test_quotes_and_sql_in_a_text_are_text(wh: Warehouse) -> None:
    title = "'); DROP TABLE core.articles; --"
    load(wh, make("x:'1", FIRST, title))
    assert ask(wh, "SELECT title FROM articles") == [(title,)]


BOTH = (
    "周日的峰会上，钱多乐和云脊智能的工程师同台做了一场没有排练过的演示，台下坐满了从各地赶来的零售商。"
    "机械手把鸡蛋一枚一枚放进纸盒，只打破了最后那一枚。"
)
TEXTS = (FIRST, SECOND, BOTH, "短。", "")
KINDS: tuple[Kind, ...] = ("article", "newsflash", "partial")
# Ten articles; some share their text. One id always has one text.
POOL = [make(f"x:{i}", TEXTS[i % len(TEXTS)], kind=KINDS[i % len(KINDS)]) for i in range(10)]


@settings(max_examples=12, deadline=None)
@given(batches=st.lists(st.lists(st.sampled_from(POOL), max_size=8), max_size=4))
def test_any_order_and_number_of_loads_ends_in_the_same_articles_versions_and_alerts(
    empty: Path, batches: list[list[Article]]
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(empty, folder, dirs_exist_ok=True)
        with Warehouse.open(Path(folder), holder="test", now=NOW) as wh:
            for batch in batches:
                load(wh, *batch)
            different = {article.article_id: article for batch in batches for article in batch}
            assert ask(wh, "SELECT count(*) FROM articles") == [(len(different),)]
            assert ask(wh, "SELECT count(*) FROM article_versions") == [(len(different),)]
            long = {article.text for article in different.values() if len(article.text) > 40}
            short = [article for article in different.values() if len(article.text) <= 40]
            assert ask(wh, "SELECT count(*) FROM stories") == [(len(long) + len(short),)]
            assert ask(wh, "SELECT count(*) FROM articles WHERE relation = 'lead'") == [(len(long) + len(short),)]
            # One alert for each story and name: two names stand in the last text.
            names = sum(2 if text == BOTH else 1 for text in long)
            assert ask(wh, "SELECT count(*) FROM alerts") == [(names,)]


LOADER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from sources.article import Article, ArticleRef, Validators
from warehouse import articles, frontier
from warehouse.articles import Incoming
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LEXICON = Lexicon.compile([Entity("person", "钱多乐")])

with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=NOW) as wh:
    start = wh.con.execute("SELECT count(*) FROM core.frontier").fetchall()[0][0]
    for batch in range(start // 10, 10_000):
        refs = [ArticleRef("s", f"s:{batch * 10 + i}", f"https://e.com/{batch * 10 + i}") for i in range(10)]
        frontier.record_discovery(wh, "s", "https://e.com/feed", Validators(str(batch)), refs, NOW)
        due = frontier.due(wh, "s", NOW, 10)
        items = [
            Incoming(Article(q.ref.article_id, "s", "o", "article", "", "题", f"钱多乐的{q.ref.url}", (), NOW), q.ref)
            for q in due
        ]
        articles.load(wh, items, LEXICON, [Rule("all", (), ("desk",))], NOW, timezone=ZoneInfo("UTC"))
        print("loaded", flush=True)
"""


def test_killed_anywhere_in_a_load_each_article_is_there_with_all_that_belongs_to_it_or_still_due(
    tmp_path: Path,
) -> None:
    seen = 0
    for delay in (0.0, 0.002, 0.006, 0.013, 0.025):
        loader = subprocess.Popen(
            [sys.executable, "-c", LOADER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert loader.stdout is not None
        assert loader.stdout.readline() == b"loaded\n"
        time.sleep(delay)
        loader.kill()
        loader.communicate()
        with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
            stored = {row[0] for row in ask(wh, "SELECT article_id FROM core.articles")}
            for table in ("articles", "article_versions", "mentions", "alerts"):
                assert Counter(row[0] for row in ask(wh, f"SELECT article_id FROM core.{table}")) == Counter(stored)
            settled = {row[0] for row in ask(wh, "SELECT article_id FROM core.frontier WHERE next_attempt_at IS NULL")}
            assert settled == stored
            refs = int(str(ask(wh, "SELECT count(*) FROM core.frontier")[0][0]))
            etag = frontier.list_state(wh, "s", "https://e.com/feed").validators.etag
            assert refs == (10 * (int(etag) + 1) if etag else 0)
            assert len(stored) >= seen + 10
            seen = len(stored)


def test_the_view_of_the_published_file_reads_the_same(wh: Warehouse, tmp_path: Path) -> None:
    load(wh, make("36kr:1"))
    wh.publish()
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{tmp_path / 'tanma.duckdb'}' AS tanma (READ_ONLY)")
        assert con.execute("SELECT text FROM tanma.articles").fetchall() == [(FIRST,)]


def test_the_earliest_publication_leads_whatever_the_order_of_arrival(wh: Warehouse) -> None:
    early, late = NOW - timedelta(hours=5), NOW - timedelta(hours=1)
    load(wh, replace(make("zaker:2", source="zaker"), published_at=late), now=NOW)
    load(wh, replace(make("36kr:1"), published_at=early), now=LATER)
    load(wh, replace(make("qq:3", source="qq"), published_at=None), now=LATER)
    assert ask(wh, "SELECT article_id, relation, story_id FROM articles ORDER BY 1") == [
        ("36kr:1", "lead", "zaker:2"),
        ("qq:3", "same", "zaker:2"),
        ("zaker:2", "same", "zaker:2"),
    ]
