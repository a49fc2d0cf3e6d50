"""The index of fingerprints: what it finds, how it is kept, how an older file gets one, and that it stays quick."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from story_pairs import pairs

from sources.article import Article, Kind
from warehouse import articles, likely, regroup
from warehouse.articles import Incoming
from warehouse.likely import Asked, candidates, likeliest
from warehouse.migrate import migrations
from warehouse.same import fingerprints, wording
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NOBODY = Lexicon.compile([])
TEXTS = {one.name: one for pair in pairs() for one in (pair.other, pair.text)}


def make(article_id: str, text: str, title: str = "无题", kind: Kind = "article") -> Article:
    return Article(article_id, "s", "某报", kind, f"https://e.com/{article_id}", title, text, (), NOW, "minute")


def of(name: str) -> Article:
    return make(name, TEXTS[name].body, TEXTS[name].title, TEXTS[name].kind)  # type: ignore[arg-type]


def load(wh: Warehouse, some: Sequence[Article]) -> None:
    articles.load(wh, [Incoming(one) for one in some], NOBODY, [], NOW, timezone=UTC)  # type: ignore[arg-type]


def asked(article: Article) -> Asked:
    return Asked.of(wording(article.title, article.text, article.kind, ""))


def found(wh: Warehouse, *some: Article) -> list[list[str]]:
    return [[c.article_id for c in ones] for ones in candidates(wh.con, [asked(one) for one in some])]


def index(wh: Warehouse) -> list[tuple[str, int, int]]:
    return wh.con.execute(
        "SELECT article_id, version, key FROM core.fingerprints JOIN core.article_versions USING (doc) ORDER BY ALL"
    ).fetchall()


def stories(wh: Warehouse) -> dict[str, str]:
    return dict(wh.con.execute("SELECT article_id, story_id FROM core.articles").fetchall())


# -- what is found -------------------------------------------------------------------------------------------------------


def test_copies_and_parts_are_found_and_strangers_are_not(wh: Warehouse) -> None:
    load(wh, [of("cold"), of("law"), of("tea"), of("flash/mine")])
    asking = [
        of("cold/zaker"),
        of("law/chapter"),
        of("tea/post"),
        of("flash/mine/other"),
        of("report"),
        of("short/video/a"),
    ]
    assert found(wh, *asking) == [["cold"], ["law"], ["tea"], ["flash/mine"], [], []]


def test_the_likeliest_come_first_and_no_more_than_twelve() -> None:
    holders = {key: [9, 3, *range(20, 20 + key)] for key in range(1, 31)} | {99: [7]}
    needs = dict.fromkeys(range(100), 2)
    assert likeliest(Asked(range(1, 31), 1), holders, needs)[:4] == [3, 9, 20, 21]
    assert len(likeliest(Asked(range(1, 31), 1), holders, needs)) == 12
    assert likeliest(Asked([99, 1], 2), holders, needs) == []
    assert likeliest(Asked([1, 2], 2), holders, needs) == [3, 9, 20]
    assert likeliest(Asked([1000], 1), holders, needs) == []


def test_the_one_of_two_that_asks_for_fewer_keys_decides_whichever_came_first() -> None:
    assert likeliest(Asked([1], 1), {1: [7]}, {7: 2}) == [7]
    assert likeliest(Asked([1], 2), {1: [7]}, {7: 1}) == [7]
    assert likeliest(Asked([1], 2), {1: [7]}, {7: 2}) == []


def test_a_candidate_is_read_back_as_it_is_stored(wh: Warehouse) -> None:
    load(wh, [of("cold")])
    load(wh, [make("cold", TEXTS["cold/typos"].body, TEXTS["cold"].title)])
    old, new = sorted(candidates(wh.con, [asked(of("cold"))])[0], key=lambda one: one.is_newest)
    assert (old.article_id, old.story_id, old.is_newest, new.is_newest) == ("cold", "cold", False, True)
    url = "https://e.com/cold"
    assert old.words == wording(TEXTS["cold"].title, TEXTS["cold"].body, "article", url)
    assert new.words == wording(TEXTS["cold"].title, TEXTS["cold/typos"].body, "article", url)


def test_of_a_key_the_first_two_hundred_documents_are_looked_at(wh: Warehouse) -> None:
    load(wh, [of("cold")])
    for first, holders, expected in ((1_000_000, 999, [["cold"]]), (-500, 199, [["cold"]]), (-900, 1, [[]])):
        wh.con.execute(
            f"""INSERT INTO core.fingerprints SELECT key, {first} + n - 10000 * number, 1
                FROM (SELECT key, row_number() OVER (ORDER BY key) AS number FROM core.fingerprints GROUP BY key),
                     range({holders}) AS of(n)"""
        )
        assert found(wh, of("cold")) == expected


def test_every_version_has_its_keys_and_nothing_else_has(wh: Warehouse) -> None:
    load(wh, [of("cold"), of("tea")])
    load(wh, [make("cold", TEXTS["law"].body), of("short/video/a")])
    expected = [
        (article_id, version, key)
        for article_id, version, title, text in (
            ("cold", 1, TEXTS["cold"].title, TEXTS["cold"].body),
            ("cold", 2, "无题", TEXTS["law"].body),
            ("tea", 1, TEXTS["tea"].title, TEXTS["tea"].body),
            ("short/video/a", 1, TEXTS["short/video/a"].title, TEXTS["short/video/a"].body),
        )
        for key in fingerprints(wording(title, text, "article", f"https://e.com/{article_id}"))
    ]
    assert index(wh) == sorted(expected)
    before = index(wh)
    load(wh, [of("tea"), make("cold", TEXTS["law"].body)])
    assert index(wh) == before


# -- a file of schema 3 ------------------------------------------------------------------------------------------------------

NAMES = ["cold", "tea", "law", "flash/mine", "soft", "mixed", "report"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A warehouse as schema 3 left it: seven articles, a repost in the story of the first, two versions of the last."""
    (tmp_path / "work").mkdir()
    with duckdb.connect(tmp_path / "work" / "tanma.duckdb") as con:
        con.execute("SET TimeZone = 'UTC'")
        for step in migrations()[:3]:
            con.execute(step.sql)
            con.execute("INSERT INTO core.schema_version VALUES (?, ?, ?)", [step.version, step.name, NOW])
        for one, story in [*((of(name), name) for name in NAMES), (make("cold2", TEXTS["cold"].body), "cold")]:
            relation, versions = "lead" if one.article_id == story else "same", 2 if story == "report" else 1
            con.execute(
                "INSERT INTO core.articles VALUES (?, 's', '某报', ?, ?, ?, [], ?, 'minute', ?, ?, ?, 'zh', '', '', ?, ?, ?, ?, NULL)",
                [one.article_id, one.kind, one.url, one.title, NOW, NOW, NOW, len(one.text), story, relation, versions, "h"],
            )  # fmt: skip
            for version in range(1, versions + 1):
                text = one.text if version == versions else one.text[:300]
                con.execute(
                    "INSERT INTO core.article_versions VALUES (?, ?, ?, ?, ?, 'h', 'k')",
                    [one.article_id, version, NOW, one.title, text],
                )
    return tmp_path


def test_an_upgrade_numbers_what_is_stored_and_lists_who_belongs_together(old: Path) -> None:
    with Warehouse.open(old, holder="test", now=NOW) as wh:
        assert wh.con.execute("SELECT article_id, version FROM core.article_versions ORDER BY doc").fetchall() == [
            *((name, 1) for name in NAMES),
            ("report", 2),
            ("cold2", 1),
        ]
        assert wh.con.execute("SELECT story_id, article_id FROM core.story_members ORDER BY ALL").fetchall() == [
            ("cold", "cold"),
            ("cold", "cold2"),
        ]
        texts = dict(wh.con.execute("SELECT article_id, text FROM articles").fetchall())
        assert texts == {**{name: TEXTS[name].body for name in NAMES}, "cold2": TEXTS["cold"].body}


def test_the_first_load_after_an_upgrade_finds_what_was_stored_before(old: Path) -> None:
    with Warehouse.open(old, holder="test", now=NOW) as wh:
        load(wh, [of("cold/wechat"), of("law/chapter"), of("column/38")])
        story = stories(wh)
        assert (story["cold/wechat"], story["law/chapter"], story["column/38"]) == ("cold", "law", "column/38")
        assert sum(regroup.regroup(wh, NOW)) == 0


def fresh(tmp_path: Path) -> list[tuple[str, int, int]]:
    with Warehouse.open(tmp_path / "fresh", holder="test", now=NOW) as wh:
        load(wh, [*map(of, NAMES[:-1]), make("report", TEXTS["report"].body[:300], TEXTS["report"].title)])
        load(wh, [of("report"), make("cold2", TEXTS["cold"].body)])
        return index(wh)


@pytest.mark.parametrize("dies", [1, 5, 9])
def test_an_index_that_a_crash_left_half_made_is_made_whole(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: int
) -> None:
    monkeypatch.setattr(regroup, "_SLICE", 3)
    made = 0

    def dying(words: object) -> list[int]:
        nonlocal made
        made += 1
        if made == dies:
            raise KeyboardInterrupt
        return fingerprints(words)  # type: ignore[arg-type]

    with Warehouse.open(old, holder="test", now=NOW) as wh, monkeypatch.context() as patched:
        patched.setattr(likely, "fingerprints", dying)
        with pytest.raises(KeyboardInterrupt):
            list(regroup.regroup(wh, NOW))
    with Warehouse.open(old, holder="test", now=NOW) as wh:
        assert sum(regroup.regroup(wh, NOW)) == 9 - (dies - 1) // 3 * 3  # whole slices are not made again
        assert sum(regroup.regroup(wh, NOW)) == 0
        assert index(wh) == fresh(tmp_path)


def test_another_way_to_choose_keys_makes_the_index_anew(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    load(wh, [of("cold"), of("tea")])
    before = index(wh)
    wh.con.execute("INSERT INTO core.fingerprints VALUES (77, 1, 1)")
    monkeypatch.setattr(regroup, "KEYS", "other")
    assert sum(regroup.regroup(wh, NOW)) == 2
    assert index(wh) == before


# -- endurance -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """How many pairs of texts were compared since it was asked last."""
    from warehouse import stories as grouping

    compare, count = grouping.likeness, 0

    def counting(*two: object) -> object:
        nonlocal count
        count += 1
        return compare(*two)  # type: ignore[arg-type]

    def taken() -> int:
        nonlocal count
        so_far, count = count, 0
        return so_far

    monkeypatch.setattr(grouping, "likeness", counting)
    yield taken


FLASH = "36氪获悉，{a}公告，预计2026年半年度实现归属于上市公司股东的净利润{n}亿元至{m}亿元，同比增长{k}%。报告期内，主要产品销量增加。"


def flash(number: int) -> Article:
    dice = random.Random(number)
    name = "".join(dice.sample("华中东新金国天海科创云盛恒泰宏远航达兴宇龙瑞安信博", 4)) + dice.choice(
        ["股份", "科技", "电子", "集团"]
    )
    text = FLASH.format(a=name, n=dice.randint(1, 999), m=dice.randint(1000, 9999), k=dice.randint(10, 999))
    return make(f"f:{number}", text, f"{name}：预计半年度净利润增长", "newsflash")


def test_newsflashes_of_one_template_cost_no_more_the_more_there_are(wh: Warehouse, counted: Callable[[], int]) -> None:
    costs = []
    for batch in range(3):
        load(wh, [flash(number) for number in range(batch * 90, batch * 90 + 90)])
        costs.append(counted())
    assert len(set(stories(wh).values())) == 270
    assert max(costs) <= 90 * 24  # twelve of what is stored and twelve of the batch


@pytest.mark.slow
def test_three_thousand_newsflashes_of_one_template(wh: Warehouse, counted: Callable[[], int]) -> None:
    took = []
    for batch in range(10):
        some = [flash(number) for number in range(batch * 300, batch * 300 + 300)]
        begun = time.process_time()
        load(wh, some)
        took.append(time.process_time() - begun)
        assert counted() <= 300 * 24
    assert len(set(stories(wh).values())) == 3000
    assert min(took[-3:]) < 2 * max(took[:3]) + 1


def test_hundreds_of_articles_with_one_text_are_one_story(wh: Warehouse, counted: Callable[[], int]) -> None:
    for batch in range(4):
        load(wh, [make(f"c:{batch}-{number}", TEXTS["tea"].body, f"第{number}家") for number in range(50)])
    assert set(stories(wh).values()) == {"c:0-0"}
    assert counted() <= 200 * 12 + 200 + 40 * 4
    assert wh.con.execute("SELECT count(*) FROM core.story_members").fetchall() == [(200,)]


@pytest.mark.slow
def test_two_thousand_articles_with_one_text(wh: Warehouse, counted: Callable[[], int]) -> None:
    took = []
    for batch in range(20):
        some = [make(f"c:{batch}-{number}", TEXTS["tea"].body, f"第{number}家") for number in range(100)]
        begun = time.process_time()
        load(wh, some)
        took.append(time.process_time() - begun)
    assert set(stories(wh).values()) == {"c:0-0"}
    assert wh.con.execute("SELECT count(*) FROM core.articles WHERE relation = 'lead'").fetchall() == [(1,)]
    assert counted() <= 2000 * 14
    assert min(took[-5:]) < 3 * max(took[:5]) + 1


def test_a_text_of_three_hundred_thousand_characters(wh: Warehouse) -> None:
    dice = random.Random(9)
    long = "".join(dice.choices([chr(0x4E00 + at) for at in range(2000)], k=300_000))
    begun = time.process_time()
    load(wh, [make("x:long", long, "长篇小说")])
    load(wh, [make("x:copy", long[:200_000] + "改" + long[200_000:])])
    load(wh, [make("x:start", long[:2000]), make("x:third", long[100_000:200_000])])
    assert stories(wh) == dict.fromkeys(["x:long", "x:copy", "x:start", "x:third"], "x:long")
    assert time.process_time() - begun < 10
