"""Characters a second: our scan beside bare pyahocorasick and a plain `in` loop, same text and names, in one run.

    python tests/benchmarks/bench_scan.py [NAMES]

Articles are made here from invented sentences (about 40 names in 100,000 characters); nothing is read from disk.
Needs pyahocorasick, which is installed for this alone. Not collected by pytest.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ahocorasick

from sources.article import Article, Kind
from warehouse.lexicons import compiled
from warehouse.scan import Lexicon, scan
from warehouse.watchlist import Entity

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏飞宇浩然博文斌彬鑫毅亮健晨曦睿哲瑞泽铭轩"
    "昊琪雪梅佳欣怡婷颖慧琳"
)
COINED = "启云星海智远博腾锐创联科盛通达信诚华天元宏泰嘉禾汇鼎卓越新"
SENTENCES = (
    "会议在上午九点开始,与会者讨论了供应链和成本的变化。",
    "产品经理认为这个功能还需要两周才能上线,测试团队不同意。",
    "他说,模型的训练花了三个月,数据清洗占了一半时间。",
    "The team shipped a small update and wrote a short note about it.",
    "去年的收入比前年增长了百分之十二,主要来自海外市场。",
    "记者问起裁员的传闻,对方没有正面回答,只说一切以公告为准。",
)
CHARACTERS = 1_000_000
PIECE = 20_000


def watchlist(count: int, rng: random.Random) -> list[Entity]:
    """About 2.4 forms a name: people, companies with a short form, Latin brands."""
    entities: dict[str, Entity] = {}
    while len(entities) < count:
        kind = rng.random()
        if kind < 0.5:
            name = rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=2))
            entity = Entity("person", name, (name[1:],))
        elif kind < 0.85:
            stem = "".join(rng.choices(COINED, k=3))
            entity = Entity("company", stem + "科技", (stem, f"{stem}集团"))
        else:
            name = "".join(rng.choices("bcdfghjklmnprstvz", k=3)) + "".join(rng.choices("aeiou", k=3))
            entity = Entity("product", name.title(), (f"{name.title()} AI",))
        entities[entity.entity_id] = entity
    return list(entities.values())


def prose(entities: list[Entity], spaced: bool, rng: random.Random) -> list[str]:
    """Pieces of about PIECE characters with a name every 2,500."""
    pieces = []
    for _ in range(CHARACTERS // PIECE):
        parts: list[str] = []
        size = 0
        while size < PIECE:
            sentence = rng.choice(SENTENCES)
            if rng.random() < len(sentence) / 2500:
                sentence = f"{rng.choice(entities).name}没有到场。{sentence}"
            if spaced:
                sentence = " ".join(sentence[i : i + 2] for i in range(0, len(sentence), 2))
            parts.append(sentence + ("\n" if rng.random() < 0.2 else ""))
            size += len(parts[-1])
        pieces.append("".join(parts))
    return pieces


def timed(label: str, pieces: list[str], work: Callable[[str], object]) -> float:
    """Seconds for the pieces, printed as characters a second."""
    work(pieces[0])  # fills the character cache, which a running process has
    start = time.perf_counter()
    for piece in pieces:
        work(piece)
    seconds = time.perf_counter() - start
    print(f"{label:42s} {sum(map(len, pieces)) / seconds:>14,.0f} characters a second")
    return seconds


def scanner(entities: list[Entity], kind: Kind) -> Callable[[str], object]:
    lexicon = Lexicon.compile(entities)
    return lambda text: scan(lexicon, Article("url:0", "bench", "", kind, "", "", text))


def main(count: int) -> None:
    rng = random.Random(7)
    entities = watchlist(count, rng)
    start = time.perf_counter()
    Lexicon.compile(entities)
    names = [name for entity in entities for name in (entity.name, *entity.aliases)]
    print(f"{count:,} names, {len(names):,} forms written, compiled in {time.perf_counter() - start:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "work").mkdir()
        compiled(Path(folder), entities)
        start = time.perf_counter()
        compiled(Path(folder), entities)
        print(f"the kept one read in {time.perf_counter() - start:.2f} s")
    bare = ahocorasick.Automaton()
    for name in names:
        bare.add_word(name, name)
    bare.make_automaton()
    articles, transcripts = prose(entities, False, rng), prose(entities, True, rng)
    few = entities[: max(1, count // 100)]
    for kind, pieces in (("article", articles), ("transcript", transcripts)):
        timed(f"scan, {kind}s", pieces, scanner(entities, kind))
        shared = prose(few, kind == "transcript", rng)  # both lists know the names that stand there
        many = timed(f"scan, {kind}s with the names of the few", shared, scanner(entities, kind))
        less = timed(f"scan, {kind}s, {len(few)} names", shared, scanner(few, kind))
        print(f"{'':42s} {many / less:>14.2f} times as long with {count / len(few):.0f} times the names")
    timed("bare pyahocorasick, articles", articles, lambda text: list(bare.iter(text)))
    timed("plain `in` loop, articles", articles[:2], lambda text: [name for name in names if name in text])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
