"""Bytes to Article: our readers beside trafilatura and beside a bare parse, same pages, in one run.

    python tests/benchmarks/bench_extraction.py [ROUNDS]

Times are the best of ROUNDS a page, the four taking turns, so that a busy machine slows all alike. Pages are made here
from invented sentences; ../shared/pages, where it is present, is read as well. Not collected by pytest.

    ours        read_page: body, title, author, time, identity, checks for challenges and tombstones
    extract     trafilatura.extract: the body alone
    bare        trafilatura.bare_extraction(with_metadata=True): title, author and date as well
    parse       LexborHTMLParser and one css_first: what no reader of the whole page can pass
    unruled     ours without the readers of outlets and without the table of sites
"""

from __future__ import annotations

import contextlib
import csv
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura
from selectolax.lexbor import LexborHTMLParser

from sources.article import Page
from sources.document import Document
from sources.draft import finish
from sources.errors import FetchError
from sources.outlets.pages import read_page, read_site
from sources.tombstones import raise_if_refused

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "pages"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
OWN = ("weixin", "tencent", "36kr", "zaker", "tumblr")
SENTENCES = (
    "会议在上午九点开始，与会者讨论了供应链和成本的变化。",
    "产品经理认为这个功能还需要两周才能上线，测试团队不同意。",
    "他说，模型的训练花了三个月，数据清洗占了一半时间。",
    "去年的收入比前年增长了百分之十二，主要来自海外市场；今年还不知道。",
    "记者问起裁员的传闻，对方没有正面回答，只说一切以公告为准。",
)
Pages = dict[str, list[bytes]]


def prose(rng: random.Random, count: int) -> str:
    return "".join(f"<p>{''.join(rng.choices(SENTENCES, k=rng.randint(1, 5)))}</p>\n" for _ in range(count))


def script(rng: random.Random, size: int) -> str:
    """Machine-made JavaScript of about `size` characters."""
    piece = "".join(f'function f{n}(e,t){{return e["{rng.randrange(10**9)}"]<t&&g{n}(t)}}' for n in range(200))
    return f"<script>{piece * (size // len(piece))}</script>"


def wechat(rng: random.Random) -> str:
    return (
        '<html><head><meta property="og:title" content="河岸的一天"></head><body><h1 id="activity-name">河岸的一天</h1>'
        f'<a id="js_name">河岸周刊</a><div id="js_content" style="visibility: hidden;">{prose(rng, 40)}</div>'
        f"{script(rng, 2_500_000)}<script>var ct = \"1793620800\"; var biz = 'MzAwMDAwMDAwMQ=='; var mid = '2650000001';"
        "var idx = '1';</script></body></html>"
    )


def news(rng: random.Random) -> str:
    """A page as news sites make them: two hundred links, an article in the middle, forty links, a script."""
    links = "".join(f'<li><a href="/a/{n}.html">河岸又一条消息之{n}</a></li>' for n in range(200))
    return (
        f"<html><head><title>河岸的一天_某某网</title></head><body><div class=nav><ul>{links}</ul></div><div class=main>"
        "<h1>河岸的一天</h1><div class=info>2026年3月9日 15:20 来源：河岸周刊 作者：肖小柳</div>"
        f"<div class=text>{prose(rng, 30)}</div></div><ul class=related>{links[:2000]}</ul>{script(rng, 60_000)}</body></html>"
    )


def made() -> Pages:
    rng = random.Random(7)
    return {
        "made, WeChat": [wechat(rng).encode() for _ in range(3)],
        "made, unknown site": [news(rng).encode() for _ in range(6)],
    }


def saved() -> Pages:
    """The pages with a labelled body, by outlet; those of all sites without a reader of their own together."""
    pages: Pages = {}
    if SHARED.is_dir():
        with (SHARED / "INDEX.tsv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                outlet = row["path"].split("/")[0]
                if row["body_first30"] not in ("", "-"):
                    group = outlet if outlet in OWN else "other sites"
                    pages.setdefault(group, []).append((SHARED / row["path"]).read_bytes())
    return pages


def ours(body: bytes) -> object:
    return read_page(Page(url="", body=body, fetched_at=NOW))


def unruled(body: bytes) -> object:
    page = Page(url="", body=body, fetched_at=NOW)
    doc = Document(page)
    raise_if_refused(doc)
    return finish(read_site(doc, None), page, source="files")


def extract(body: bytes) -> object:
    return trafilatura.extract(body)


def bare(body: bytes) -> object:
    return trafilatura.bare_extraction(body, with_metadata=True)


def parse(body: bytes) -> object:
    return LexborHTMLParser(body).css_first("#js_content")


WORKERS: dict[str, Callable[[bytes], object]] = {
    "ours": ours,
    "extract": extract,
    "bare": bare,
    "parse": parse,
    "unruled": unruled,
}


def measure(bodies: list[bytes], rounds: int) -> dict[str, list[float]]:
    """Seconds of every worker for every page."""
    best = {name: [float("inf")] * len(bodies) for name in WORKERS}
    for at, body in enumerate(bodies):
        for _ in range(rounds):
            for name, work in WORKERS.items():
                gc.collect()  # one worker's litter is not swept up in another's time
                start = time.perf_counter()
                with contextlib.suppress(FetchError):  # a page that nothing is found on costs its time all the same
                    work(body)
                best[name][at] = min(best[name][at], time.perf_counter() - start)
    return best


def report(label: str, times: dict[str, list[float]]) -> None:
    def against(ours: str, other: str) -> str:
        ratios = [theirs / own for theirs, own in zip(times[other], times[ours], strict=True)]
        return f"{sum(times[other]) / sum(times[ours]):6.1f} ({statistics.median(ratios):5.1f})"

    sums = "".join(f"{1000 * sum(times[name]):9.1f}" for name in WORKERS)
    ratios = "  ".join(against("ours", name) for name in ("extract", "bare", "parse"))
    print(f"{label:20s}{len(times['ours']):4d}{sums}   {ratios}   {against('unruled', 'extract')}")


def main(rounds: int) -> None:
    groups = {**made(), **saved()}
    (
        ours(next(iter(groups.values()))[0]),
        bare(next(iter(groups.values()))[0]),
    )  # imports and compiles what is imported late
    print("milliseconds, sums; then times as fast as: sum (median of pages)\n")
    print(
        f"{'group':20s}{'':4s}{''.join(f'{name:>9s}' for name in WORKERS)}   "
        f"{'ours/extract':14s}  {'ours/bare':14s}  {'ours/parse':14s}   unruled/extract"
    )
    own: dict[str, list[float]] = {name: [] for name in WORKERS}
    for label, bodies in groups.items():
        times = measure(bodies, rounds)
        report(label, times)
        if label in OWN:
            for name, seconds in times.items():
                own[name] += seconds
    if own["ours"]:
        report("all own readers", own)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
