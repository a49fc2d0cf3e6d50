"""Every outlet's fixtures once more, over real sockets into a real warehouse: client, frontier, parser, load, publish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from outlet_cases import Canned, Case, cases, only

from flows.check import load_both
from flows.config import Config
from flows.runner import collect_directly
from flows.summary import PassSummary
from sources import errors
from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.wire import Answer, Request, plain
from warehouse.query import open_published, run_query


class CannedWorld:
    """The answers of one case, by method and address."""

    def __init__(self, case: Case) -> None:
        self._answers = {(method, _plainly(address)): answer for method, address, answer in case.answers()}
        self._now = case.now
        self.hosts = tuple(dict.fromkeys(urlsplit(address).netloc for _, address, _ in case.answers()))

    def respond(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return plain("User-agent: *\nAllow: /\n")
        path = f"{request.path}?{request.query}" if request.query else request.path
        found: Canned | None = self._answers.get((request.method, _plainly(f"https://{request.host}{path}")))
        if found is None:
            return plain("not here\n", status=404)
        return Answer(found.status, found.body, found.content_type, modified=self._now)


def _plainly(address: str) -> str:
    """One spelling of an address, whatever its scheme and however its path is escaped."""
    return unquote(address.partition("://")[2])


@pytest.fixture(params=cases(), ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def config(case: Case, tmp_path: Path) -> Iterator[Config]:
    world = CannedWorld(case)
    with Replica(world, Sink(tmp_path / "received.jsonl")) as replica:  # type: ignore[arg-type]
        settings = {
            "network": {
                "per_host_delay": "0ms",
                "rewrite": {host: replica.base(host) for host in world.hosts},
            },
            "sources": [case.source],
        }
        (tmp_path / "tanma.yaml").write_text(json.dumps(settings, ensure_ascii=False), "utf-8")
        (tmp_path / "watchlist.yaml").write_text("people: []\n", "utf-8")
        read, _ = load_both(tmp_path / "tanma.yaml", {})
        # What a case answers it answers always: a further try would only be waited for.
        yield replace(read, network=replace(read.network, retries=0))


def collected(config: Config, case: Case) -> PassSummary:
    return asyncio.run(collect_directly(config, (), None, clock=lambda: case.now))


def in_older_parts(case: Case, config: Config) -> set[str]:
    """The ids that only the older parts of the case's lists name."""
    lists: dict[str, list[dict[str, str]]] = case.told["lists"]
    first = {address.key for address in config.make_sources()[0].lists(case.now)}
    named = {one["article_id"] for key in first & set(lists) for one in lists[key]}
    if not named:  # an index, which is always followed
        return set()
    return {one["article_id"] for key in set(lists) - first for one in lists[key]} - named


def test_a_pass_stores_what_a_person_reads(case: Case, config: Config) -> None:
    collected(config, case)
    with open_published(config.warehouse) as con:
        stored = run_query(
            con,
            """SELECT a.article_id, a.source, a.outlet, a.kind, a.url, a.title, a.text, a.authors, a.published_at,
                      a.published_precision, a.language FROM articles a""",
        ).rows
        states = dict(run_query(con, "SELECT article_id, state FROM core.frontier").rows)
    found = {row[0]: row for row in stored}
    later = in_older_parts(case, config)  # which a first pass leaves alone
    expected = {one["article_id"]: one for one in case.told["articles"] if one["article_id"] not in later}
    assert set(found) == set(expected)
    for article_id, wanted in expected.items():
        names = ("article_id", "source", "outlet", "kind", "url", "title", "text", "authors", "published_at", "precision", "language")  # fmt: skip
        row = dict(zip(names, found[article_id], strict=True))
        row["text"] = row["text"].split("\n")
        wanted = {name: value for name, value in wanted.items() if name in names}
        if wanted.get("published_at"):
            wanted["published_at"] = datetime.fromisoformat(wanted["published_at"])
        assert only(wanted, row) == wanted
    for article_id, name in case.told.get("errors", {}).items():
        if article_id in later:
            continue
        status = "gone" if name == "FetchError" else getattr(errors, name).status
        assert states[article_id] == status


def test_a_second_pass_finds_nothing_new(case: Case, config: Config) -> None:
    collected(config, case)
    second = collected(config, case)
    assert second.counts()["stored"] == 0 and second.counts()["updated"] == 0
