"""Searching a little warehouse: what is found, in which order, with which places; filters; wrong queries."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_articles import NOW, put

from sources.errors import QueryError
from warehouse.query import open_published
from warehouse.search import Filters, Found, entities_named, index_new, read_query, search
from warehouse.search.hits import sentence
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

FUNDING = "宇树科技完成新一轮融资，金额为3亿元。\n王兴兴说，公司会把钱用在机器人的手上。参与者还有OpenAI的投资人。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("searched")
    with Warehouse.open(place, holder="test", now=NOW) as wh:
        wh.sync_entities(
            [Entity("person", "王兴兴", ("Wang Xingxing",)), Entity("company", "宇树科技", ("宇树",))], NOW
        )
        put(wh, "36kr:1", "宇树科技又融资了", FUNDING, days_ago=1)
        put(
            wh,
            "36kr:2",
            "具身智能周报",
            "本周的融资不多。宇树没有新闻。人形机器人在展会上跳舞🕺。",
            days_ago=2,
            outlet="虎嗅",
            story="36kr:1",
        )
        put(
            wh,
            "36kr:3",
            "聯發科談馬斯克",
            "埃隆·马斯克和聯發科的人談了Ａ股，said nothing of ChatGPT and C++。",
            days_ago=3,
            kind="interview",
        )
        put(
            wh,
            "36kr:4",
            "价格",
            "13亿元的生意，比2026年的還大。資本市場的兴兴向荣是错别字，王兴先生说。",
            days_ago=400,
            source="feed",
        )
        put(wh, "36kr:5", "旧标题", "这里曾经写着独角兽。", days_ago=5)
        put(wh, "36kr:5", "新标题", "这里不再写那个词。", days_ago=4)
        put(
            wh,
            "36kr:6",
            "",
            "没有标题的转写：英伟 达 和 A I，融资融资融资融资。",
            days_ago=6,
            kind="transcript",
            dated=False,
        )
        wh.con.execute(
            "INSERT INTO core.mentions BY NAME SELECT '36kr:2' AS article_id, 1 AS version, 'company:宇树科技' AS entity_id, "
            "'宇树' AS surface, 'alias' AS how, 1.0 AS confidence, 'body' AS role, '' AS snippet, '' AS reason"
        )
        index_new(wh)
        wh.publish()
    return place


@pytest.fixture
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(folder) as opened:
        yield opened


def ask(con: duckdb.DuckDBPyConnection, words: str, filters: Filters = Filters(), **how: bool) -> Found:
    return search(con, read_query(words), filters, now=NOW, limit=20, **how)


def found(con: duckdb.DuckDBPyConnection, words: str, filters: Filters = Filters()) -> str:
    """The last figures of the ids of what is found, sorted."""
    answer = ask(con, words, filters)
    assert answer.total == len(answer.hits) and answer.exact
    return "".join(sorted(hit.article_id[-1] for hit in answer.hits))


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("宇树", "12"),  # in title, in text
        ("宇树科技", "1"),
        ("王兴兴", "1"),  # 4 holds 兴兴 and 王兴, apart
        ("融", "126"),
        ("🕺", "2"),
        ("喆", ""),
        ("融资 机器人", "12"),
        ("融资 -机器人", "6"),
        ("融资 -王兴兴", "26"),
        ("资本 -王兴兴", "4"),  # of what is left out, too, the index is not sure
        ('"机器人 在"', "2"),
        ("“机器人在”", "2"),
        ("「机器人在」", "2"),
        ("机器人跳舞", ""),
        ("王兴兴 OR 独角兽 OR 跳舞", "12"),
        ("融资 王兴兴 OR 跳舞", "12"),
        ("独角兽", ""),  # in an old version alone
        ("旧标题", ""),
        ("新标题", "5"),
        ("联发科", "3"),  # 繁 in the text
        ("資本市場", "4"),  # 繁 in the query
        ("馬斯克", "3"),
        ("埃隆马斯克", "3"),  # the dot is folded away
        ("英伟达", "6"),  # a transcript's space
        ("a股", "3"),
        ("Ａ股", "3"),
        ("ai", "16"),  # OpenAI, A I; not said
        ("AI OR aid", "16"),
        ("openai", "1"),
        ("penai", ""),  # words are found from their beginning
        ("gpt", "3"),  # ChatGPT
        ("c++", "3"),
        ("3亿", "1"),  # not 13亿
        ("13亿", "4"),
        ("202", "4"),
        ("融资，金额", "1"),  # across a comma
        ("融资金额", ""),
        ("技又融资了宇", ""),  # title and text do not touch
        ("没有标题 又融资了", ""),
    ],
)
def test_what_is_found(con: duckdb.DuckDBPyConnection, words: str, ids: str) -> None:
    assert found(con, words) == ids


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(outlets=("虎嗅",)), "2"),
        (Filters(outlets=("虎嗅", "36氪")), "126"),
        (Filters(sources=("feed",)), ""),
        (Filters(kinds=("transcript",)), "6"),
        (Filters(entities=("company:宇树科技",)), "2"),
        (Filters(since=NOW - timedelta(days=3)), "12"),
        (Filters(since=NOW - timedelta(days=2)), "12"),
        (Filters(until=NOW - timedelta(days=2)), "6"),  # the outlet gave no time: that of storing
        (Filters(since=NOW - timedelta(days=3), until=NOW - timedelta(days=1), outlets=("36氪",)), ""),
    ],
)
def test_filters(con: duckdb.DuckDBPyConnection, filters: Filters, ids: str) -> None:
    assert found(con, "融", filters) == ids


def order(answer: Found) -> str:
    return "".join(hit.article_id[-1] for hit in answer.hits)


def test_the_best_first_or_the_newest(con: duckdb.DuckDBPyConnection) -> None:
    # 1: in the title; 6: four times; 2: once, and newer than 6.
    assert order(ask(con, "融资")) == "162"
    assert order(ask(con, "融资", newest=True)) == "126"


def test_the_score_is_the_formula(con: duckdb.DuckDBPyConnection) -> None:
    first, sixth, second = ask(con, "融资").hits
    # 1: in the title, two places; 6: four places; 2: one.
    assert FUNDING.index("融资") == 9 and len(FUNDING) == 55
    assert first.score == pytest.approx(3 + 2 * 2 / 4 + (1 - 9 / 55) + 0.5 + 0.5 ** (1 / 90), abs=1e-3)
    assert sixth.score == pytest.approx(2 * 4 / 6 + (1 - 19 / 28) + 0.5 + 0.5 ** (6 / 90), abs=1e-3)
    assert second.score == pytest.approx(2 * 1 / 3 + (1 - 3 / 28) + 0.5 + 0.5 ** (2 / 90), abs=1e-3)


def test_one_of_a_story(con: duckdb.DuckDBPyConnection) -> None:
    for words in ("宇树", "宇树科 OR 宇树没"):  # of the second the index is not sure
        answer = ask(con, words, stories=True)
        assert (order(answer), answer.total, answer.exact) == ("1", 1, True)
    few = search(con, read_query("融"), Filters(), now=NOW, limit=1, stories=True)
    assert (order(few), few.total, few.exact) == ("1", 2, True)


def test_places_are_those_of_the_text_as_it_is_stored(con: duckdb.DuckDBPyConnection) -> None:
    (hit,) = ask(con, "英伟达 融资").hits
    assert [hit.text[start:end] for start, end in hit.spans] == ["英伟 达", "融资", "融资", "融资", "融资"]
    (hit,) = ask(con, "联发科").hits
    assert [hit.text[start:end] for start, end in hit.spans] == ["聯發科"]
    assert [hit.title[start:end] for start, end in hit.title_spans] == ["聯發科"]
    (hit,) = ask(con, "王兴兴").hits
    assert hit.text[slice(*hit.snippet)] == "王兴兴说，公司会把钱用在机器人的手上。"


def test_places_inside_a_latin_word_do_not_count(tmp_path: Path) -> None:
    text = "He paid and said: AI, OpenAI and mAIl, 13亿 or 3亿."
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        put(wh, "x:1", "", text)
        index_new(wh)
        (hit,) = search(wh.con, read_query("ai 3亿"), Filters(), now=NOW, limit=9).hits
    assert hit.spans == ((18, 20), (26, 28), (34, 36), (46, 48))


def test_the_sentence_in_which_most_words_stand_together(con: duckdb.DuckDBPyConnection) -> None:
    (hit,) = ask(con, "融资 钱 公司").hits
    assert hit.text[slice(*hit.snippet)] == "王兴兴说，公司会把钱用在机器人的手上。"


def test_written_as_asked_counts(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        put(wh, "x:1", "", "這裡有聯發科。")
        put(wh, "x:2", "", "这里有联发科。")
        index_new(wh)
        assert order(search(wh.con, read_query("联发科"), Filters(), now=NOW, limit=9)) == "21"
        assert order(search(wh.con, read_query("聯發科"), Filters(), now=NOW, limit=9)) == "12"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "nothing to look for"),
        ("   　", "nothing to look for"),
        ("-招聘", "only words to leave out"),
        ("！！", "！！: no letter"),
        ("融资 ，", "，: no letter"),
        ('""', "an empty quotation"),
        ('"融资', "not closed"),
        ("OR 融资", "OR stands between"),
        ("融资 OR", "OR stands between"),
        ("融资 OR OR 钱", "OR stands between"),
        ("融资 OR -钱", "cannot stand after OR"),
        ("融" * 201, "more than 200"),
        ("融 " * 33, "more than 32"),
    ],
)
def test_queries_that_say_nothing(words: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        read_query(words)


def test_or_in_quotes_is_a_word() -> None:
    assert [[phrase.folded for phrase in group] for group in read_query('a "OR" b').groups] == [["a"], ["or"], ["b"]]


def test_names_of_the_watchlist(con: duckdb.DuckDBPyConnection) -> None:
    for name in ("company:宇树科技", "宇樹科技", "宇树"):
        assert entities_named(con, name) == ("company:宇树科技",)
    assert entities_named(con, "wang xingxing") == ("person:王兴兴",)
    with pytest.raises(QueryError, match="某人: no tracked name"):
        entities_named(con, "某人")


def test_more_than_the_limit_is_told(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        for number in range(30):
            # Every third holds the phrase, all of them its grams.
            put(wh, f"y:{number}", "", "云脊智能" if number % 3 == 0 else "云脊，脊智，智能", days_ago=number)
        index_new(wh)
        one = search(wh.con, read_query("云脊"), Filters(), now=NOW, limit=4)
        assert (len(one.hits), one.total, one.exact) == (4, 30, True)
        some = search(wh.con, read_query("云脊智能"), Filters(), now=NOW, limit=4, newest=True)
        assert [hit.article_id for hit in some.hits] == ["y:0", "y:3", "y:6", "y:9"]
        assert not some.exact and 5 <= some.total <= 15  # there are 10
        every = search(wh.con, read_query("云脊智能"), Filters(), now=NOW, limit=11)
        assert (len(every.hits), every.total, every.exact) == (10, 10, True)


def test_what_is_shown_of_many_is_chosen_by_title_number_and_age(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        put(wh, "x:1", "云脊", "没有别的。", days_ago=300)
        put(wh, "x:2", "", "云脊、云脊、云脊。", days_ago=200)
        put(wh, "x:3", "", "云脊、云脊。", days_ago=3)
        put(wh, "x:4", "", "云脊。", days_ago=2)
        put(wh, "x:5", "", "云脊。", days_ago=100)
        index_new(wh)
        for limit, best in ((1, {"1"}), (2, {"1", "2"}), (3, {"1", "2", "4"}), (4, {"1", "2", "3", "4"})):
            some = search(wh.con, read_query("云脊"), Filters(), now=NOW, limit=limit)
            assert (set(order(some)), some.total) == (best, 5)


def test_the_same_question_has_the_same_answer(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "融 OR 的 OR 在") == ask(con, "融 OR 的 OR 在")


@settings(max_examples=100)
@given(st.text(st.sampled_from("字句。，\n a.!"), min_size=1, max_size=400), st.data())
def test_a_sentence_holds_its_hit_and_is_short(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 8)))
    begin, finish = sentence(text, (start, end))
    assert 0 <= begin <= start < end <= finish <= len(text)
    assert finish - begin <= 160
