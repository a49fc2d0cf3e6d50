"""deployments/docs/questions.md: each question is asked as it stands there, of a small warehouse written here by hand.

The answers in the document are the expected rows. They were worked out from the articles below, not copied from a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sources.article import Article, ArticleRef, Kind
from sources.errors import Gone
from warehouse import articles, frontier, outbox
from warehouse.articles import Incoming
from warehouse.query import open_published, run_query
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "deployments" / "docs" / "questions.md").read_text("utf-8")
QUESTION = re.compile(r"^## (\d+)\. (.+?)\n(.*?)^```sql\n(.*?)^```\n\n((?:\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
QUESTIONS = {f"{number} {title}": (sql, table) for number, title, _, sql, table in QUESTION.findall(DOCUMENT)}

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = (
    Entity("person", "沈渡", groups=("船",)),
    Entity("person", "钱多乐", groups=("机器人",)),
    Entity("person", "季逸超"),
    Entity("company", "云脊智能", groups=("机器人",)),
    Entity("company", "青禾船厂", groups=("船",)),
    Entity("company", "白鹭资本"),
)
RULES = (Rule("机器人", ("机器人",), ("desk",)), Rule("船", ("船",), ("boats",)))

FACTORY = "云脊智能在河口镇开了第一家工厂，钱多乐剪了彩。\n工厂一年能装两千只机械手，第一批会交给镇上的邮电所，用来分拣冬天的包裹。"
DOORPLATE = "云脊智能把门牌从三十八号换成了四十号，邮差多走了两步路，说以后要记牢，再走错就请全街喝茶。"
# id, source, outlet, kind, title, text, authors, published (Shanghai), minutes until it was read
ARTICLES: tuple[tuple[str, str, str, Kind, str, str, tuple[str, ...], str, int], ...] = (
    ("qq:1", "qianwang", "潜望", "interview", "造船的人怎样过冬",
     "问：冬天水位低，船怎么下水？\n沈渡：青禾船厂的船在岸上等开春，人在屋里补网，谁也不着急。", ("周南",), "2026-09-08 09:00", 10),
    ("36kr:2", "36kr", "36氪", "article", "旧码头要修一座新灯塔",
     "镇上商量了三个月，灯塔的钱由青禾船厂出一半，另一半从渡口的船票里慢慢攒。", ("林小满",), "2026-10-21 10:20", 10),
    ("36kr:3", "36kr", "36氪", "newsflash", "邮电所添了两只机械手",
     "云脊智能送来的机械手今早上岗，老职工教它认门牌，它教老职工午睡。", (), "2026-10-30 22:15", 5),
    ("pod:4", "podcast", "河口夜话", "transcript", "第七期 船和书",
     "主持人：今天 的 嘉宾 是 沈渡 ， 他 带 来 了 一 本 旧书 。\n"
     "沈渡：这 本 书 是 记忆 超 送 的 ， 记忆 超 是 创始人 ， 也 是 我 的 邻居 。", (), "2026-11-05 20:00", 60),
    ("36kr:5", "36kr", "36氪", "article", "云脊智能开了第一家工厂", FACTORY, ("林小满",), "2026-11-18 09:10", 5),
    ("zaker:6", "zaker", "河口晚报", "article", "机械手工厂落户河口镇", FACTORY, (), "2026-11-18 11:40", 20),
    ("36kr:7", "36kr", "36氪", "newsflash", "云脊智能换了门牌", DOORPLATE, (), "2026-11-19 22:30", 5),
    ("qq:8", "qianwang", "潜望", "interview", "沈渡：船比人守时",
     "问：今年造了几条船？\n沈渡：青禾船厂今年造了九条，最后一条下水那天全镇都来了，连学校也放了半天假，钱多乐站在最前面。",
     ("周南",), "2026-11-20 09:05", 10),
    ("hx:9", "huxiu", "虎嗅", "partial", "一家面馆的排队办法", "面馆门口放了一排小板凳，来得早的人替来得晚的人占座。", (), "2026-11-20 22:40", 5),
)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def read(wh: Warehouse, lexicon: Lexicon, article: Article, now: datetime) -> None:
    articles.load(wh, [Incoming(article)], lexicon, RULES, now, timezone=SHANGHAI)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("questions")
    lexicon = Lexicon.compile(NAMES)
    with Warehouse.open(place, holder="test", now=at("2026-09-01 00:00"), timezone=SHANGHAI) as wh:
        wh.sync_entities(NAMES, at("2026-09-01 00:00"))
        for id, source, outlet, kind, title, text, authors, published, minutes in ARTICLES:
            now = at(published) + timedelta(minutes=minutes)
            article = Article(
                id, source, outlet, kind, f"https://example.com/{id}", title, text, authors, at(published), "minute"
            )
            read(wh, lexicon, article, now)
            # The channel of the boats takes nothing; the desk takes everything but the newsflash of the door plate.
            while claim := outbox.claim(wh, now):
                if claim.channel == "boats" or any(view.article_id == "36kr:7" for view in claim.views):
                    outbox.settle_failed(wh, claim.alert_ids, "no such robot")
                else:
                    outbox.settle_sent(wh, claim.alert_ids, now)
        retitled = Article(
            "36kr:7", "36kr", "36氪", "newsflash", "https://example.com/36kr:7", "云脊智能：门牌换了，人没搬", DOORPLATE,
            (), at("2026-11-19 22:30"), "minute",
        )  # fmt: skip
        read(wh, lexicon, retitled, at("2026-11-20 08:00"))
        ref = ArticleRef("36kr", "36kr:2", "https://example.com/36kr:2")
        frontier.record_failure(wh, ref, Gone("404"), at("2026-11-20 12:00"), None)
        wh.publish()
    return place


@pytest.fixture(scope="module")
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(folder) as opened:
        yield opened


def shown(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case list():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value).replace("\n", " ")


def table_of(markdown: str) -> list[list[str]]:
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in markdown.splitlines()]
    return [lines[0], *lines[2:]]


def test_there_are_at_least_twenty_questions() -> None:
    assert len(QUESTIONS) >= 20
    assert len(QUESTIONS) == DOCUMENT.count("```sql") == len(re.findall(r"^## ", DOCUMENT, re.MULTILINE))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_document(con: duckdb.DuckDBPyConnection, question: str) -> None:
    sql, expected = QUESTIONS[question]
    result = run_query(con, sql)
    assert [list(result.columns), *[[shown(value) for value in row] for row in result.rows]] == table_of(expected)
