"""An outlet in small for the flows: a list in parts, an index, pages that only point elsewhere, and its source.

Everything is a JSON document at a path of one host; a test puts documents there and takes them away.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from flows.check import load_both
from flows.config import Config
from flows.runner import collect_directly
from flows.summary import PassSummary, SourceSummary
from sources import outlets
from sources.article import Article, ArticleRef, Page
from sources.errors import Elsewhere, LayoutChanged
from sources.identity import identify
from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.wire import Answer, data
from sources.replica.world import World
from sources.source import ListAddress, Source, Spec, registry
from warehouse.query import open_published, run_query
from warehouse.watchlist import Entity

HOST = "small.example.com"
FIRST = "/page/1"
EPOCH = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


class SmallSource(Source):
    """Reads {"items": [{"path", "title"}], "older": PATH} and {"title", "text", "undated", "see": ADDRESS}."""

    spec: ClassVar[Spec] = Spec(
        use="small",
        outlet="小报",
        about="for tests",
    )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return (ListAddress(f"https://{HOST}{FIRST}"),)

    def discover(self, page: Page) -> list[ArticleRef]:
        found = json.loads(page.body)
        if "items" not in found:
            raise LayoutChanged(f"no items on {page.url}")
        refs = []
        for item in found["items"]:
            identity = identify(f"https://{HOST}{item['path']}")
            refs.append(ArticleRef(self.id, identity.article_id, identity.url, title=item["title"]))
        return refs

    def is_index(self, page: Page) -> bool:
        return bool(json.loads(page.body).get("index"))

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        older = json.loads(page.body).get("older")
        return ListAddress(f"https://{HOST}{older}") if older else None

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        found = json.loads(page.body)
        if target := found.get("see"):
            raise Elsewhere("it only points on", target=target, url=page.url)
        if "text" not in found:
            raise LayoutChanged(f"no text on {page.url}")
        dated = not found.get("undated")
        return Article(
            ref.article_id, self.id, self.outlet, "article", ref.url, found["title"], found["text"],
            authors=("周小满",), published_at=EPOCH if dated else None, precision="minute" if dated else "unknown",
        )  # fmt: skip


@dataclass
class SmallSite:
    """Documents by path; what has none is 404. `answers` stand before them."""

    documents: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        return (HOST,)

    def place(self, entry: Any, published: datetime) -> str:
        return str(entry.path)

    def is_list(self, host: str, path: str) -> bool:
        return path.startswith("/page/")

    def answer(self, host: str, path: str, items: Sequence[Any], epoch: datetime) -> Answer | None:
        if path in self.answers:
            return self.answers[path]
        return data(self.documents[path], modified=EPOCH) if path in self.documents else None


@dataclass
class Small:
    """The outlet with a warehouse beside it; `later` moves the clock of the next pass."""

    folder: Path
    site: SmallSite
    replica: Replica
    config: Config
    entities: Sequence[Entity]
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **span: float) -> None:
        self.ahead += timedelta(**span)

    def shows(self, *numbers: int, part: int = 1, older: int = 0, index: bool = False) -> None:
        """A part of the list names these articles, and says where the older part is."""
        items = [{"path": f"/a/{number}", "title": f"第{number}篇"} for number in numbers]
        self.site.documents[f"/page/{part}"] = {"items": items, "index": index} | (
            {"older": f"/page/{older}"} if older else {}
        )

    def publishes(self, *numbers: int) -> None:
        for number in numbers:
            self.site.documents[f"/a/{number}"] = {
                "title": f"第{number}篇",
                "text": f"这是第{number}篇的正文，写的是小满巷的第{number}盏灯，别处没有这一句。\n它说到宇树科技的机器人。",
            }

    def run(self) -> SourceSummary:
        return self.run_all().sources[0]

    def run_all(self) -> PassSummary:
        return asyncio.run(collect_directly(self.config, self.entities, None, clock=self.clock))

    def asked(self, since: int = 0) -> list[str]:
        """The paths that the outlet was asked for."""
        seen = self.replica.requests[since:]
        return [one.path for one in seen if one.host == HOST and one.path != "/robots.txt"]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_published(self.config.warehouse) as con:
            return [tuple(row) for row in run_query(con, query).rows]

    def titles(self) -> list[str]:
        return [title for (title,) in self.sql("SELECT title FROM articles ORDER BY title")]


@contextmanager
def small_outlet(folder: Path) -> Iterator[Small]:
    """The outlet on a socket of its own, its source known to tanma.yaml meanwhile, an empty warehouse in `folder`."""
    builtin = outlets.BUILTIN
    outlets.BUILTIN = (*builtin, SmallSource)
    registry.cache_clear()
    site = SmallSite()
    replica = Replica(World(EPOCH, sites=[site]), Sink(folder / "received.jsonl")).start()
    rewrite = "".join(f"    {host}: {base}\n" for host, base in replica.rewrite.items())
    (folder / "tanma.yaml").write_text(
        f"warehouse: data\nnetwork:\n  per_host_delay: 0s\n  rewrite:\n{rewrite}"
        "sources:\n  - small\n"
        "channels:\n  desk: feishu://small-desk\n  ops: feishu://small-ops\n"
        "alerts:\n  - {for: all, to: [desk], when: now}\n",
        "utf-8",
    )
    (folder / "watchlist.yaml").write_text("companies:\n  - name: 宇树科技\n", "utf-8")
    try:
        yield Small(folder, site, replica, *load_both(folder / "tanma.yaml", os.environ))
    finally:
        replica.stop()
        outlets.BUILTIN = builtin
        registry.cache_clear()
