"""`tanma sources replay`: pages that could not be read, read again with a mended parser. Real sockets and warehouse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from small_outlet import HOST, Small, SmallSource, small_outlet
from typer.testing import CliRunner

from flows import cli
from flows.replay import PageOutcome, replay_directly, try_pages
from sources.article import Article, ArticleRef, Page
from sources.errors import Blocked, Gone, NotAnArticle
from warehouse.quarantine import pages, sources


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        yield opened


def replay(small: Small, ids: Sequence[str] | None = None) -> list[PageOutcome]:
    return asyncio.run(replay_directly(small.config, small.entities, ids, clock=small.clock))


def redesigned(small: Small, *numbers: int) -> None:
    """These pages now keep their text where today's parser does not look."""
    small.publishes(*numbers)
    for number in numbers:
        page = small.site.documents[f"/a/{number}"]
        page["body"] = page.pop("text")


def mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that knows the new layout too."""
    whole = SmallSource.parse

    def parse(self: SmallSource, page: Page, ref: ArticleRef) -> Article:
        found = json.loads(page.body)
        if "body" in found:
            found["text"] = found.pop("body")
        return whole(self, Page(page.url, json.dumps(found).encode(), page.fetched_at), ref)

    monkeypatch.setattr(SmallSource, "parse", parse)


def kept(small: Small) -> list[str]:
    return [one.known_by for id in sources(small.config.warehouse) for one in pages(small.config.warehouse, id)]


def outcomes(found: Sequence[PageOutcome]) -> list[tuple[str, str, str]]:
    return sorted((one.page, one.status, one.title) for one in found)


def test_a_mended_parser_reads_what_was_kept(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    redesigned(small, 1, 2)
    small.shows(2, 1)
    summary = small.run()
    assert (summary.state, summary.stored, summary.kept, len(kept(small))) == ("layout_changed", 0, 2, 2)
    del small.site.documents["/a/1"], small.site.documents["/a/2"]  # gone meanwhile: the kept pages are all there is

    still = replay(small)
    assert [(one.status, one.reason) for one in still] == [
        ("failed", f"no text on https://{HOST}/a/2"),
        ("failed", f"no text on https://{HOST}/a/1"),
    ]
    assert len(kept(small)) == 2

    mend(monkeypatch)
    before = len(small.asked())
    read = replay(small)
    assert outcomes(read) == [
        (f"https://{HOST}/a/1", "stored", "第1篇"),
        (f"https://{HOST}/a/2", "stored", "第2篇"),
    ]
    assert small.titles() == ["第1篇", "第2篇"]
    assert kept(small) == [] and replay(small) == []
    assert small.asked()[before:] == []
    # Settled: the next run asks for neither of them again.
    small.later(days=3)
    assert small.run().state == "ok"
    assert small.asked()[before:] == ["/page/1"]
    assert small.sql("SELECT kind, status FROM runs ORDER BY started_at")[1] == ("replay", "ok")


def test_alerts_follow_the_usual_rules(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of articles that do not say when they were published, what stood in the list at its first reading is backlog,
    what came later is news, and news that was kept for days is none."""
    for numbers in [(1,), (2, 1), (3, 2, 1)]:
        redesigned(small, numbers[0])
        small.site.documents[f"/a/{numbers[0]}"]["undated"] = True
        small.shows(*numbers)
        small.run()
        small.later(hours=20)
    del small.site.documents["/a/1"], small.site.documents["/a/2"]
    mend(monkeypatch)
    replay(small)
    states = dict(small.sql("SELECT article_id, status FROM alerts"))
    found = {title: states[id] for title, id in small.sql("SELECT title, article_id FROM articles")}
    assert found == {"第1篇": "suppressed", "第2篇": "suppressed", "第3篇": "sent"}
    assert [m.text.count("第3篇") for m in small.replica.sink.received if m.token == "small-desk"] == [1]


def test_a_later_reading_makes_the_kept_page_needless(small: Small) -> None:
    redesigned(small, 1)
    small.shows(1)
    small.run()
    assert len(kept(small)) == 1
    small.publishes(1)
    small.later(days=2)
    assert small.run().stored == 1
    assert kept(small) == []


def test_the_page_of_a_pointers_target_is_read_as_its_article(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.site.documents["/a/1"] = {"see": f"https://{HOST}/a/7"}
    redesigned(small, 7)
    small.shows(1)
    small.run()
    mend(monkeypatch)
    assert [one.status for one in replay(small)] == ["stored"]
    assert small.sql("SELECT url FROM articles") == [(f"https://{HOST}/a/7",)]
    small.publishes(7)
    small.shows(7, 1)
    assert small.run().new == 0


def test_a_list_is_kept_and_what_it_names_is_queued(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.publishes(1, 2)
    small.site.documents["/page/1"] = {"rows": [{"path": "/a/2", "title": "二"}, {"path": "/a/1", "title": "一"}]}
    summary = small.run()
    assert (summary.state, summary.kept) == ("layout_changed", 1)
    assert [one.status for one in replay(small)] == ["failed"]

    whole = SmallSource.discover

    def discover(self: SmallSource, page: Page) -> list[ArticleRef]:
        found = json.loads(page.body)
        return whole(self, Page(page.url, json.dumps({"items": found["rows"]}).encode(), page.fetched_at))

    monkeypatch.setattr(SmallSource, "discover", discover)
    [outcome] = replay(small)
    assert (outcome.status, outcome.reason) == ("listed", "names 2 articles, 2 of them to be read")
    assert kept(small) == []
    small.later(minutes=1)
    summary = small.run()
    assert (summary.state, summary.stored, summary.unchanged_lists) == ("ok", 2, 1)


def test_a_part_of_a_list_leaves_the_list_its_next_reading(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.publishes(1, 2, 3)
    small.shows(1)
    small.run()
    small.shows(3, older=2)
    small.site.documents["/page/2"] = {"rows": [{"path": "/a/2", "title": "二"}]}
    assert small.run().kept == 1

    whole = SmallSource.discover

    def discover(self: SmallSource, page: Page) -> list[ArticleRef]:
        found = json.loads(page.body)
        rows = found.get("items") or found["rows"]
        return whole(self, Page(page.url, json.dumps({"items": rows}).encode(), page.fetched_at))

    monkeypatch.setattr(SmallSource, "discover", discover)
    assert [one.status for one in replay(small)] == ["listed"]
    small.shows(3, 1)
    summary = small.run()
    assert (summary.lists, summary.unchanged_lists, summary.stored) == (1, 0, 1)
    [*_, first] = [seen for seen in small.replica.requests if seen.path == "/page/1"]
    assert first.conditional  # the list itself was read all along
    assert small.titles() == ["第1篇", "第2篇", "第3篇"]


@pytest.mark.parametrize(
    ("error", "status", "state"),
    [
        (Gone("taken down"), "gone", "gone"),
        (NotAnArticle("a video"), "not an article", "not_an_article"),
        (Blocked("a challenge"), "blocked", "layout_changed"),
    ],
)
def test_what_is_known_to_hold_no_article_is_kept_no_longer(
    small: Small, monkeypatch: pytest.MonkeyPatch, error: Exception, status: str, state: str
) -> None:
    redesigned(small, 1)
    small.shows(1)
    small.run()

    def parse(*given: object) -> Article:
        raise error

    monkeypatch.setattr(SmallSource, "parse", parse)
    assert [(one.status, one.reason) for one in replay(small)] == [(status, str(error))]
    assert kept(small) == []
    from warehouse.store import Warehouse

    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        assert wh.con.execute("SELECT state FROM core.frontier").fetchall() == [(state,)]


def test_what_the_warehouse_cannot_take_stays_kept(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    redesigned(small, 1, 2)
    small.shows(2, 1)
    small.run()
    mend(monkeypatch)
    import warehouse.scanners

    whole = warehouse.scanners.scan

    def broken(lexicon: object, article: Article) -> object:
        if article.title == "第1篇":
            raise RuntimeError("a fault of ours")
        return whole(lexicon, article)  # type: ignore[arg-type]

    monkeypatch.setattr(warehouse.scanners, "scan", broken)
    assert [(title, status) for _, status, title in outcomes(replay(small))] == [
        ("第1篇", "failed"),
        ("第2篇", "stored"),
    ]
    assert len(kept(small)) == 1


# -- the command ------------------------------------------------------------------------------------------------------


def command(small: Small, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli.app, ["sources", "replay", *words, "--config", str(small.folder / "tanma.yaml")])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_says_what_became_of_each_page(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(small) == (0, "", "no pages are kept\n")
    redesigned(small, 1)
    small.shows(1)
    small.run()
    code, out, err = command(small)
    assert code == 1 and "1 kept pages, 1 of them still cannot be read" in err
    assert out.splitlines() == [
        "source\tpage\tstatus\ttitle\treason",
        f"small\thttps://{HOST}/a/1\tfailed\t\tno text on https://{HOST}/a/1",
    ]

    mend(monkeypatch)
    code, out, _ = command(small, "small", "--dry-run", "--json")
    page = {"source": "small", "page": f"https://{HOST}/a/1", "title": "第1篇", "reason": ""}
    [answer] = json.loads(out)["pages"]
    assert code == 0 and answer == page | {"status": "readable", "article_id": answer["article_id"]}
    assert len(kept(small)) == 1 and small.sql("SELECT count(*) FROM articles") == [(0,)]

    code, out, _ = command(small, "--json")
    assert code == 0 and [one["status"] for one in json.loads(out)["pages"]] == ["stored"]


def test_a_source_that_is_not_configured_is_wrong_usage_or_told(small: Small) -> None:
    from sources.errors import ConfigError

    with pytest.raises(ConfigError, match="no source has this id"):
        try_pages(small.config, ["other"])
    redesigned(small, 1)
    small.shows(1)
    small.run()
    folder = small.config.warehouse / "quarantine"
    (folder / "small").rename(folder / "former")
    [outcome] = replay(small)
    assert outcome.status == "failed" and "no source former is configured" in outcome.reason
    assert try_pages(small.config, None) == [outcome]


def test_a_run_that_holds_the_warehouse_is_not_disturbed(small: Small) -> None:
    from sources.errors import WarehouseBusy
    from warehouse.store import Warehouse

    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()), pytest.raises(WarehouseBusy):
        replay(small)


def test_a_list_that_is_as_it_was_makes_the_kept_page_needless(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    whole = small.site.documents["/page/1"]
    small.site.documents["/page/1"] = {"rows": []}
    small.run()
    assert len(kept(small)) == 1
    small.site.documents["/page/1"] = whole
    small.later(days=2)
    assert small.run().unchanged_lists == 1
    assert kept(small) == []


def test_a_kept_list_with_older_parts_is_left_to_the_next_run(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken in here, its articles would be known, and the gap behind them would never be looked for."""
    small.publishes(1, 2, 3, 4)
    small.shows(1)
    small.run()
    small.site.documents["/page/1"] = {"rows": [], "older": "/page/2"}
    small.run()
    monkeypatch.setattr(SmallSource, "discover", lambda self, page: [])
    [outcome] = replay(small)
    assert (outcome.status, outcome.reason) == ("listed", "the next run reads the list again, with what lies behind it")
    monkeypatch.undo()
    small.shows(4, 3, older=2)
    small.shows(2, 1, part=2)
    assert small.run().stored == 3


def test_an_old_page_does_not_follow_a_newer_text(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    redesigned(small, 1)
    small.shows(1)
    small.run()
    saved = {path: path.read_bytes() for path in (small.config.warehouse / "quarantine").rglob("*.warc.gz")}
    small.publishes(1)
    small.later(days=2)
    assert small.run().stored == 1
    for path, body in saved.items():  # as if a kill had come between storing and letting go
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    mend(monkeypatch)
    assert [(one.status, one.reason) for one in replay(small)] == [
        ("unchanged", "a newer text than this page's is stored already")
    ]
    assert small.sql("SELECT version FROM articles") == [(1,)]
