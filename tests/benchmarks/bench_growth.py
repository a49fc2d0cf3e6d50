"""Loading as the warehouse grows: what 1,000 articles of 2,000 characters cost into 10,000 and into 1,000,000;
articles a second end to end, with the processes that an import would use; size of the file against the text;
publishing; memory.

    python tests/benchmarks/bench_growth.py [SMALL] [LARGE] [FOLDER]

A warehouse of LARGE articles is written in bulk with the rows that loading writes, by the same functions, in FOLDER (a
temporary one by default; for a million 15 GB of disk and three quarters of an hour); one that is there is used as it
is. Not collected by pytest.
"""

from __future__ import annotations

import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from bench_scan import watchlist
from corpus import START, Writer, article, boilerplate

from sources.article import Article, ArticleRef, Validators, content_key
from warehouse import frontier, likely
from warehouse.articles import Incoming, load
from warehouse.regroup import regroup
from warehouse.same import wording
from warehouse.scan import Lexicon
from warehouse.scanners import Scanners, spare_processors
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 28, tzinfo=UTC)
CHARS, NAMES, LOADED, BATCH, SLICE, BASE = 2000, 1000, 1000, 100, 5000, 20_000


def articles(count: int, seed: int, prefix: str, names: Sequence[str] = ()) -> Iterator[Article]:
    """Of CHARS characters each, four of `names` in each; one in ten is a repost of one of the twenty before it."""
    writer = Writer(seed)
    recent: list[Article] = []
    for number in range(count):
        minutes = number * 300_000 // max(count, 1)
        if recent and number % 10 == 9:
            old = writer.dice.choice(recent)
            text, title = boilerplate(old.text, writer), old.title
        else:
            said = [f"{name}表示，" for name in writer.dice.sample(names, 4)] if names else []
            text = "".join(writer.fast_text(CHARS // 5) + words for words in [*said, ""])[:CHARS]
            title = writer.title()
        one = article(f"{prefix}:{number}", title, text, minutes=minutes)
        recent = [*recent[-19:], one]
        yield one


def fill(wh: Warehouse, count: int) -> None:
    """As loading would leave `count` articles, without scanning, comparing or alerts: each a story of its own.

    BASE of them are written word by word, the others are made of their lines, each line from another one; their keys
    are drawn by chance.
    """
    for _ in regroup(wh, START):
        pass
    base = min(count, BASE)
    done: int = wh.con.execute("SELECT count(*) FROM core.article_versions").fetchall()[0][0]
    for start in range(done, base, SLICE):
        writer = Writer(start)
        some = [
            article(f"old:{at}", writer.title(), writer.fast_text(CHARS), minutes=at * 300_000 // count)
            for at in range(start, min(start + SLICE, base))
        ]
        with wh.transaction():
            _write(wh, some)
    if count > base:
        wh.con.execute(_LINES, [base])
    for start in range(max(done, base), count, base):
        with wh.transaction() as con:
            given = {"start": start, "base": base, "count": count, "some": min(base, count - start)}
            con.execute(_MIXED, given)
            for sql in _COPIES:
                con.execute(sql, {name: given[name] for name in ("start", "some") if f"${name}" in sql})
        print(f"  {min(start + base, count):,} of {count:,}", file=sys.stderr)


_LINES = """
    CREATE OR REPLACE TEMP TABLE lines AS
    SELECT doc, generate_subscripts(words, 1) AS place, unnest(words) AS line
    FROM (SELECT doc, string_split(text, chr(10)) AS words FROM core.article_versions WHERE doc <= ?)"""
_MIXED = """
    CREATE OR REPLACE TEMP TABLE mixed AS
    SELECT 'old:' || ($start + i) AS article_id, i, 1 + $start + i AS doc, any_value(line)[:16] AS title,
           TIMESTAMPTZ '2026-01-01 00:00Z' + to_minutes(($start + i) * 300000 // $count) AS moment,
           string_agg(line, chr(10) ORDER BY place) AS text
    FROM (SELECT ((doc - 1 - place * (7919 * ($start // $base) + 13)) % $base + $base) % $base AS i, place, line FROM lines)
    WHERE i < $some GROUP BY i ORDER BY i"""
_COPIES = (
    """INSERT INTO core.article_versions BY NAME
       SELECT article_id, 1 AS version, moment AS seen_at, title, text, md5(text) AS content_hash, doc FROM mixed ORDER BY i""",
    """INSERT INTO core.articles BY NAME
       SELECT article_id, 'bench' AS source, '36氪' AS outlet, 'article' AS kind, 'https://example.org/' || article_id AS url,
              title, ['周一一'] AS authors, moment AS published_at, 'minute' AS published_precision,
              moment AS first_seen_at, moment AS updated_at, length(text) AS chars, 'zh' AS language, '' AS byline,
              '' AS chrome, article_id AS story_id, 'lead' AS relation, 1 AS version, md5(text) AS content_hash, doc
       FROM mixed ORDER BY i""",
    """INSERT INTO core.frontier BY NAME
       SELECT 'bench' AS source, article_id, 'https://example.org/' || article_id AS url, '{}' AS ref,
              moment AS published_at, moment AS discovered_at, 0 AS position, 'stored' AS state, 0 AS attempts,
              moment AS updated_at, '' AS etag, '' AS last_modified, '' AS body_hash, false AS backlog
       FROM mixed ORDER BY i""",
    """INSERT INTO core.fingerprints
       SELECT (hash(key, $start) % 4294967296)::UINTEGER, doc + $start, need FROM core.fingerprints WHERE doc <= $some""",
)


def _write(wh: Warehouse, some: Sequence[Article]) -> None:
    seen = [one.published_at or START for one in some]
    hashes = [content_key(one.text) for one in some]
    first = likely.next_doc(wh.con)
    rows = {
        "article_id": [one.article_id for one in some],
        "doc": pa.array(range(first, first + len(some)), pa.int32()),
        "title": [one.title for one in some],
        "content_hash": hashes,
    }
    versions = pa.table(
        {**rows, "seen_at": seen, "text": [one.text for one in some], "version": pa.array([1] * len(some), pa.int32())}
    )
    wh.insert("INSERT INTO core.article_versions BY NAME FROM incoming", versions)
    wh.insert(
        """INSERT INTO core.articles BY NAME SELECT *, 'bench' AS source, '36氪' AS outlet, 'article' AS kind,
           ['周一一'] AS authors, 'minute' AS published_precision, published_at AS first_seen_at,
           published_at AS updated_at, 2000 AS chars, 'zh' AS language, '' AS byline, '' AS chrome,
           article_id AS story_id, 'lead' AS relation, 1 AS version FROM incoming""",
        pa.table({**rows, "url": [one.url for one in some], "published_at": seen}),
    )
    wh.insert(
        """INSERT INTO core.frontier BY NAME SELECT 'bench' AS source, article_id, url, '{}' AS ref, moment AS
           published_at, moment AS discovered_at, 0 AS position, 'stored' AS state, 0 AS attempts, moment AS updated_at,
           '' AS etag, '' AS last_modified, '' AS body_hash, false AS backlog FROM incoming""",
        pa.table({"article_id": rows["article_id"], "url": [one.url for one in some], "moment": seen}),
    )
    asked = [likely.Asked.of(wording(one.title, one.text, one.kind, one.url)) for one in some]
    likely.add_keys(wh, list(enumerate(asked, first)))


def timed_load(folder: Path, scanners: Scanners, prefix: str, batch: int) -> float:
    """Seconds to discover, load, group and scan LOADED articles."""
    lexicon = scanners.lexicon
    names = [entity.name for entity in lexicon.entities.values()]
    some = list(articles(LOADED, random.randrange(10**9), prefix, names))
    with Warehouse.open(folder, holder="bench", now=NOW) as wh:
        wh.con.execute("SET threads = 2")
        begun = time.perf_counter()
        for at in range(0, len(some), batch):
            part = some[at : at + batch]
            scanners.begin(part)  # as an import does while it reads the next file
            refs = [ArticleRef("bench", one.article_id, one.url, one.title, one.published_at, "minute") for one in part]
            frontier.record_discovery(wh, "bench", "https://example.org/list", Validators(), refs, NOW)
            items = [Incoming(one, ref) for one, ref in zip(part, refs, strict=True)]
            load(wh, items, lexicon, [], NOW, timezone=UTC, scanners=scanners)
        return time.perf_counter() - begun


def publish(folder: Path) -> tuple[float, float]:
    """Seconds of a publish after a change, and of one without."""
    with Warehouse.open(folder, holder="bench", now=NOW) as wh:
        with wh.transaction():
            pass
        begun = time.perf_counter()
        wh.publish()
        changed = time.perf_counter() - begun
        begun = time.perf_counter()
        wh.publish()
        return changed, time.perf_counter() - begun


def memory(whose: int = resource.RUSAGE_SELF) -> float:
    """MB at the most."""
    return resource.getrusage(whose).ru_maxrss / 1024


def begun(lexicon: Lexicon) -> Scanners:
    """Those that an import has after its first seconds."""
    scanners = Scanners(lexicon, spare_processors(), many=1)
    some = list(articles(20, 1, "first"))
    scanners.begin(some)
    while spare_processors() and scanners.elsewhere < len(some):
        time.sleep(0.1)
    scanners.forget(some)
    return scanners


def main() -> None:
    small, large = (int(word) for word in (sys.argv[1:3] if len(sys.argv) > 2 else ("10000", "1000000")))
    lexicon = Lexicon.compile(watchlist(NAMES, random.Random(1)))
    scanners = begun(lexicon)
    root = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp())
    costs: dict[tuple[int, int], float] = {}
    for count in (small, large):
        folder = root / f"w{count}"
        with Warehouse.open(folder, holder="bench", now=START) as wh:
            fill(wh, count)
            wh.con.execute("CHECKPOINT")
            chars, size = wh.con.execute(
                "SELECT sum(octet_length(encode(text))), count(*) FROM core.article_versions"
            ).fetchall()[0]
        file = (folder / "work" / "tanma.duckdb").stat().st_size
        print(f"{size:,} articles: file {file / 1e6:,.0f} MB = {file / float(chars):.2f} × the text")
        for batch in (BATCH, 20):
            elsewhere = scanners.elsewhere
            costs[count, batch] = timed_load(folder, scanners, f"new{batch}-{time.time_ns()}", batch)
            print(
                f"  {LOADED} more, {batch} at a time: {costs[count, batch]:.2f} s = "
                f"{LOADED / costs[count, batch]:,.0f} articles a second, {scanners.elsewhere - elsewhere} of them "
                f"scanned elsewhere; peak memory {memory():,.0f} MB"
            )
        changed, unchanged = publish(folder)
        gb = file / 1e9
        print(
            f"  published in {changed:.2f} s = {changed / gb:.2f} s a GB; with nothing new in {unchanged * 1000:.1f} ms"
        )
    for batch in (BATCH, 20):
        print(
            f"{batch} at a time: into {large:,} costs {costs[large, batch] / costs[small, batch]:.2f} × what it costs into {small:,}"
        )
    scanners.close()
    print(f"peak memory of a process that scans beside: {memory(resource.RUSAGE_CHILDREN):,.0f} MB")
    if len(sys.argv) < 4:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
