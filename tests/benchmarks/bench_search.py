"""Searching a large warehouse: what the index costs to make and to keep, how long each kind of query takes, and beside it
the time of reading all texts (`contains`), in one run.

    python tests/benchmarks/bench_search.py [ARTICLES] [FOLDER]

ARTICLES (100,000) of 2,000 characters are made here with a fixed seed: words of pypinyin's phrase dictionary by a Zipf
law, function words in front, a few planted names. Their neighbours are independent, which no language's are: real texts
have about a third fewer different pairs of characters, so a smaller index. A FOLDER keeps the warehouse, and the next
call on it only searches. Not collected by pytest.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from pypinyin.phrases_dict import phrases_dict

from warehouse.query import open_published
from warehouse.search import Filters, Found, index_new, read_query, search
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CHARS = 2_000
BATCH = 5_000  # articles made and stored at once
FUNCTION = [
    "的",
    "了",
    "是",
    "在",
    "和",
    "有",
    "不",
    "也",
    "就",
    "我",
    "他",
    "这",
    "上",
    "人",
    "说",
    "到",
    "要",
    "会",
    "对",
    "与",
    "为",
    "等",
    "中",
    "将",
    "都",
    "而",
    "被",
    "从",
    "以",
    "后",
    "还",
    "并",
    "把",
    "但",
    "更",
    "最",
    "让",
    "又",
    "一个",
    "我们",
    "公司",
    "市场",
    "中国",
    "没有",
    "可以",
    "已经",
    "进行",
    "产品",
    "用户",
    "技术",
    "企业",
    "发展",
    "表示",
    "目前",
    "服务",
    "数据",
    "行业",
    "融资",
    "问题",
    "以及",
    "平台",
    "投资",
    "通过",
    "开始",
    "自己",
    "他们",
    "业务",
    "工作",
    "时间",
    "认为",
    "AI",
    "模型",
    "2026",
    "机器人",
    "OpenAI",
    "汽车",
    "亿元",
    "同比",
    "增长",
]
PLANTED = {"钱多乐": 40, "林晓棠": 20_000, "鎏金": 60, "喆": 60, "云脊智能发布仓储": 100}  # articles in a million
QUERIES = (
    ("a rare name", "钱多乐"),
    ("a frequent name", "林晓棠"),
    ("a rare word", "鎏金"),
    ("a very frequent word", "公司"),
    ("a rare character", "喆"),
    ("the most frequent character", "的"),
    ("a phrase of 8 characters", "云脊智能发布仓储"),
    ("Latin", "OpenAI"),
    ("mixed", "OpenAI 融资"),
    ("nothing", "钱多喆乐"),
)
FILTERED = ("a rare name, newest, one outlet", "林晓棠", Filters(outlets=("outlet 7",)))


def vocabulary(rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Words and marks, and the sums of their weights: Zipf with exponent 1.05 over about 30,000 words."""
    words = [word for word in phrases_dict if 2 <= len(word) <= 4]
    chosen = [*FUNCTION, *rng.permutation(np.array(words, object))[:30_000]]
    chosen = [word for word in chosen if not any(name in word for name in PLANTED)]
    weights = 1 / np.arange(3, len(chosen) + 3) ** 1.05
    shares = np.concatenate([weights / weights.sum() * 0.88, [0.08, 0.035, 0.005]])
    return np.array([*chosen, "，", "。", "。\n"], object), np.cumsum(shares / shares.sum())


def batches(articles: int) -> Iterator[pa.Table]:
    """The articles, BATCH by BATCH, in the order of their numbers."""
    rng = np.random.default_rng(20261121)
    words, sums = vocabulary(rng)
    size = CHARS * 10 // 15
    for first in range(0, articles, BATCH):
        count = min(BATCH, articles - first)
        texts = []
        for _ in range(count):
            picked = words[np.minimum(np.searchsorted(sums, rng.random(size)), len(words) - 1)]
            texts.append("".join(picked.tolist()))
        titles = [text[-24:].replace("\n", "") for text in texts]
        texts = [text[:CHARS] for text in texts]
        for name, often in PLANTED.items():
            for at in np.flatnonzero(rng.random(count) < often / 1_000_000):
                place = int(rng.integers(CHARS - 100))
                texts[at] = texts[at][:place] + name + texts[at][place:]
        yield pa.table({"number": pa.array(range(first, first + count), pa.int32()), "title": titles, "text": texts})


def fill(wh: Warehouse, articles: int) -> None:
    """Store the articles as load would, in bulk."""
    for table in batches(articles):
        with wh.transaction():
            name = "'36kr:' || (3532943217900000 + number)"
            seen = "TIMESTAMPTZ '2026-11-21' - to_minutes(1000000 - number)"
            wh.insert(
                f"""INSERT INTO core.article_versions BY NAME
                    SELECT {name} AS article_id, 1 AS version, {seen} AS seen_at, title, text, md5(title) AS content_hash,
                           number + 1 AS doc
                    FROM incoming""",
                table,
            )
            wh.insert(
                f"""INSERT INTO core.articles BY NAME
                    SELECT {name} AS article_id, '36kr' AS source, 'outlet ' || number % 40 AS outlet, 'article' AS kind,
                           'https://example.com/' || number AS url, title, [] AS authors, {seen} AS published_at,
                           'minute' AS published_precision, {seen} AS first_seen_at, {seen} AS updated_at,
                           length(text) AS chars, 'zh' AS language, '' AS byline, '' AS chrome, {name} AS story_id,
                           'lead' AS relation, 1 AS version, md5(title) AS content_hash, number + 1 AS doc
                    FROM incoming""",
                table,
            )


def make(folder: Path, articles: int) -> None:
    """Fill a warehouse, index it, and publish; print what that cost."""
    with Warehouse.open(folder, holder="benchmark", now=NOW) as wh:
        wh.con.execute("SET memory_limit = '600MB'")
        fill(wh, articles)
        text_bytes = wh.con.execute("SELECT sum(strlen(text) + strlen(title)) FROM core.article_versions").fetchall()[
            0
        ][0]
        slices: list[tuple[float, int]] = []
        wall, began = time.perf_counter(), time.process_time()
        last = began

        def tell(steps: int, total: int) -> None:
            nonlocal last
            now = time.process_time()
            slices.append((now - last, steps))
            last = now

        index_new(wh, tell)
        cpu, wall = time.process_time() - began, time.perf_counter() - wall
        index_bytes = wh.con.execute("SELECT sum(octet_length(packed) + 20) FROM core.search_pages").fetchall()[0][0]
        wh.publish()
    print(
        f"{articles:,} articles, {text_bytes / 1e9:.2f} GB of text; on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"build: {1000 * cpu / articles:.2f} ms of processor and {1000 * wall / articles:.2f} ms an article")
    tenth = max(1, len(slices) // 10)
    for name, some in (("first", slices[1 : tenth + 1]), ("last", slices[-tenth:])):
        print(f"  {name} tenth: {1000 * sum(s for s, _ in some) / max(1, sum(n for _, n in some)):.2f} ms an article")
    print(f"index: {index_bytes / text_bytes:.3f} bytes per byte of text")
    print(f"file: {(folder / 'tanma.duckdb').stat().st_size / text_bytes:.3f} bytes per byte of text")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def timed(
    con: duckdb.DuckDBPyConnection, words: str, filters: Filters, newest: bool
) -> tuple[Found, float, float, float]:
    """The answer, and the seconds of the first and of the best of three more, and processor seconds of that."""
    query = read_query(words)
    took = []
    for _ in range(4):
        wall, cpu = time.perf_counter(), time.process_time()
        found = search(con, query, filters, now=NOW, limit=20, newest=newest)
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    return found, took[0][0], *min(took[1:])


def ask(folder: Path) -> None:
    """Each kind of query, and the scan beside it."""
    with open_published(folder) as con:
        asked = [(name, words, Filters(), False) for name, words in QUERIES]
        asked.append((*FILTERED, True))
        print(f"{'query':32} {'first ms':>9} {'warm ms':>9} {'cpu ms':>8} {'found':>10}")
        for name, words, filters, newest in asked:
            found, first, warm, cpu = timed(con, words, filters, newest)
            total = f"{'' if found.exact else '~'}{found.total:,}"
            print(f"{name:32} {first * 1000:9.0f} {warm * 1000:9.0f} {cpu * 1000:8.0f} {total:>10}")
        began = time.perf_counter()
        con.execute("SELECT count(*) FROM core.article_versions WHERE contains(text, '钱多乐')").fetchall()
        print(f"{'contains() over all texts':32} {'':9} {(time.perf_counter() - began) * 1000:9.0f}")
        print(
            f"load {os.getloadavg()[0]:.1f}; memory of the reader {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
        )


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        folder = Path(sys.argv[2])
        if not (folder / "tanma.duckdb").exists():
            make(folder, articles)
        ask(folder)
        return
    with tempfile.TemporaryDirectory() as place:
        make(Path(place), articles)
        subprocess.run([sys.executable, __file__, str(articles), place], check=True)  # its memory is its own


if __name__ == "__main__":
    main()
