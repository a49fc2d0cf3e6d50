"""Grouping: reposts found, different articles kept apart; trafilatura's Simhash and datasketch's MinHashLSH beside it.

python tests/benchmarks/bench_stories.py [pairs] [negatives]      (from the project's folder; datasketch is needed)
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from corpus import Pair, columns, digests, flashes, interviews, pairs

from sources.article import Article
from warehouse.articles import Incoming, load
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 28, tzinfo=UTC)
BATCH = 200


def negatives(count: int) -> list[Article]:
    flash = list(flashes(count // 2))
    return [*flash, *columns(count // 4), *interviews(count // 5), *digests(count // 20, flash)]


def stories_of(articles: Sequence[Article]) -> tuple[dict[str, str], float]:
    """Load all in this order: article → story, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder, Warehouse.open(Path(folder), holder="bench", now=NOW) as wh:
        begun = time.perf_counter()
        for at in range(0, len(articles), BATCH):
            load(wh, [Incoming(one) for one in articles[at : at + BATCH]], Lexicon.compile([]), [], NOW, timezone=UTC)
        took = time.perf_counter() - begun
        return dict(wh.con.execute("SELECT article_id, story_id FROM core.articles").fetchall()), took


def judged(name: str, story: dict[str, str], made: Sequence[Pair], others: Sequence[Article], show: int = 0) -> None:
    found: Counter[tuple[bool, bool]] = Counter()
    missed: Counter[str] = Counter()
    for pair in made:
        hit = story[pair.original.article_id] == story[pair.repost.article_id]
        found[pair.is_part, hit] += 1
        if not hit:
            missed[pair.done] += 1
    truth = {a.article_id: p.original.article_id for p in made for a in (p.original, p.repost)}
    truth |= {one.article_id: one.article_id for one in others}
    members: dict[str, list[str]] = {}
    for article_id, of in story.items():
        members.setdefault(of, []).append(article_id)
    false = 0
    examples: Counter[str] = Counter()
    for ones in members.values():
        kinds = Counter(truth[one] for one in ones)
        wrong = len(kinds) - 1
        false += wrong
        if wrong:
            examples["+".join(sorted({one.partition(":")[0] for one in ones}))] += wrong
            if show > 0:
                show -= 1
                print("   merged:", ones[:6])
    near, parts = found[False, True] + found[False, False], found[True, True] + found[True, False]
    print(
        f"{name:28} near {100 * found[False, True] / near:6.2f} %   parts {100 * found[True, True] / parts:6.2f} %   "
        f"false merges {false} of {len(story)} = 1 in {len(story) // max(false, 1):,}"
    )
    if missed:
        print("   missed:", dict(missed.most_common(12)))
    if examples:
        print("   merged by mistake:", dict(examples))


def simhashes(made: Sequence[Pair], others: Sequence[Article]) -> None:
    """trafilatura's Simhash at the similarity it calls a duplicate (0.98 in its docs is strict; the best is shown)."""
    from trafilatura.deduplication import Simhash

    sample = random.Random(3).sample(list(others), min(2000, len(others)))
    hashes = [Simhash(one.text) for one in sample]
    apart = [a.similarity(b) for at, a in enumerate(hashes) for b in hashes[at + 1 : at + 40]]
    together = {part: [] for part in (False, True)}  # type: dict[bool, list[float]]
    for pair in made:
        together[pair.is_part].append(Simhash(pair.original.text).similarity(Simhash(pair.repost.text)))
    for limit in (0.98, 0.9, 0.8):
        shares = {part: 100 * sum(x >= limit for x in some) / len(some) for part, some in together.items()}
        print(
            f"trafilatura Simhash ≥ {limit:4}    near {shares[False]:6.2f} %   parts {shares[True]:6.2f} %   "
            f"false {sum(x >= limit for x in apart)} of {len(apart)} pairs"
        )


def minhash(made: Sequence[Pair], others: Sequence[Article]) -> None:
    """MinHashLSH over word tokens, 128 permutations: what it returns for an article is taken for the same story."""
    import rjieba
    from datasketch import MinHash, MinHashLSH

    def sketch(text: str) -> MinHash:
        one = MinHash(num_perm=128)
        one.update_batch([word.encode() for word in set(rjieba.cut(text))])
        return one

    everything = [one for pair in made for one in (pair.original, pair.repost)] + list(others)
    sketches = {one.article_id: sketch(one.text) for one in everything}
    for limit in (0.5, 0.8):
        lsh = MinHashLSH(threshold=limit, num_perm=128)
        story: dict[str, str] = {}
        for one in everything:
            hits = lsh.query(sketches[one.article_id])
            story[one.article_id] = story[min(hits)] if hits else one.article_id
            lsh.insert(one.article_id, sketches[one.article_id])
        judged(f"datasketch MinHashLSH {limit}", story, made, others)


def main() -> None:
    how_many, against = (
        (int(word) for word in [*sys.argv[1:], "2000", "20000"][:2])
        if len(sys.argv) != 2
        else (int(sys.argv[1]), 20000)
    )
    made, others = list(pairs(how_many)), negatives(against)
    everything = [one for pair in made for one in (pair.original, pair.repost)] + others
    random.Random(7).shuffle(everything)
    print(f"{len(made)} pairs, {len(others)} others, {sum(len(one.text) for one in everything):,} characters")
    story, took = stories_of(everything)
    judged("tanma", story, made, others, show=5)
    print(f"   {len(everything) / took:,.0f} articles a second (no names to scan for)")
    simhashes(made, others)
    minhash(made, others)


if __name__ == "__main__":
    main()
