"""Older parts of a list, indexes, and pages that only point to their article: over real sockets into a real warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from small_outlet import FIRST, HOST, Small, SmallSource, small_outlet

from flows import lists
from sources.article import Article, ArticleRef, Page
from sources.replica.wire import data, plain
from sources.source import ListAddress


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        yield opened


def frontier(small: Small) -> list[tuple[str, str]]:
    """State and error of each article, in the order of their addresses."""
    from warehouse.store import Warehouse

    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        return wh.con.execute("SELECT state, coalesce(error, '') FROM core.frontier ORDER BY url").fetchall()


# -- older parts ------------------------------------------------------------------------------------------------------


def test_the_first_run_does_not_page_back(small: Small) -> None:
    small.publishes(1, 2, 3)
    small.shows(3, 2, older=2)
    small.shows(1, part=2)
    assert small.run().stored == 2
    assert small.asked() == [FIRST, "/a/3", "/a/2"]


def after_an_outage(small: Small) -> int:
    """One article is known; then eight appear, two on each part, the known one on the fifth. How much was asked."""
    small.publishes(*range(1, 10))
    small.shows(1)
    assert small.run().stored == 1
    small.later(hours=20)
    small.shows(9, 8, older=2)
    small.shows(7, 6, part=2, older=3)
    small.shows(5, 4, part=3, older=4)
    small.shows(3, 2, part=4, older=5)
    small.shows(1, part=5, older=6)
    return len(small.asked())


def test_an_outage_leaves_no_gap(small: Small) -> None:
    before = after_an_outage(small)
    summary = small.run()
    assert (summary.state, summary.listed, summary.new, summary.stored, summary.errors) == ("ok", 9, 8, 8, [])
    pages = ["/page/1", "/page/2", "/page/3", "/page/4", "/page/5"]
    assert small.asked(0)[before:] == [*pages, *(f"/a/{number}" for number in (9, 8, 7, 6, 5, 4, 3, 2))]


def test_the_next_run_is_as_usual(small: Small) -> None:
    """The list keeps its own validators and what it showed: neither is a part's."""
    after_an_outage(small)
    small.run()
    before = len(small.asked())
    summary = small.run()
    assert (summary.unchanged_lists, summary.new) == (1, 0)
    assert small.asked()[before:] == [FIRST]
    small.shows(9, 8, 7, older=2)
    small.publishes(10)
    small.shows(10, 9, 8, older=2)
    assert small.run().stored == 1
    assert small.asked()[before:] == [FIRST, FIRST, "/a/10"]


def test_a_killed_run_finds_the_same_gap_again(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    after_an_outage(small)

    def killed(*given: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("flows.lists.frontier.record_discovery", killed)
        with pytest.raises(KeyboardInterrupt):
            small.run()
    assert frontier(small) == [("stored", "")]
    assert small.run().stored == 8


def test_lists_that_name_the_same_articles_do_not_hide_each_others_gaps(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first list named in this very run is not known to the second."""
    both = [ListAddress(f"https://{HOST}/page/1"), ListAddress(f"https://{HOST}/page/21")]
    monkeypatch.setattr("small_outlet.SmallSource.lists", lambda self, now: both)
    small.publishes(1, 2, 3, 4)
    small.shows(1)
    small.shows(1, part=21)
    small.run()
    small.later(hours=20)
    small.shows(4, 1)
    small.shows(4, 3, part=21, older=22)
    small.shows(2, 1, part=22)
    assert small.run().stored == 3


def test_an_older_part_that_fails_is_told_and_ends_it(small: Small) -> None:
    after_an_outage(small)
    del small.site.documents["/page/3"]
    summary = small.run()
    assert (summary.state, summary.stored) == ("ok", 4)
    assert summary.errors == [f"an older part of a list was not read: https://{HOST}/page/3 is not there (HTTP 404)"]


def test_an_older_part_in_a_new_layout_is_kept(small: Small) -> None:
    after_an_outage(small)
    small.site.documents["/page/3"] = {"rows": []}
    summary = small.run()
    assert (summary.state, summary.stored, summary.kept) == ("ok", 4, 1)


def test_parts_that_lead_in_a_circle_are_read_once(small: Small) -> None:
    after_an_outage(small)
    small.shows(7, 6, part=2, older=1)
    before = len(small.asked())
    assert small.run().stored == 4
    assert small.asked()[before:][:3] == ["/page/1", "/page/2", "/a/9"]


def test_no_more_parts_are_asked_for_than_is_polite(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    small.later(days=30)
    for part in range(1, 20):
        small.publishes(100 + part)
        small.shows(100 + part, part=part, older=part + 1)
    before = len(small.asked())
    summary = small.run()
    assert summary.stored == 1 + lists.PARTS == 11
    assert summary.errors == ["small: more than 10 older parts of a list are new; what lies behind was not read"]
    assert [path for path in small.asked()[before:] if path.startswith("/page")] == [f"/page/{n}" for n in range(1, 12)]


def test_a_fault_in_older_stops_nothing(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    after_an_outage(small)

    def broken(*given: object) -> None:
        raise KeyError("next")

    monkeypatch.setattr("small_outlet.SmallSource.older", broken)
    summary = small.run()
    assert (summary.state, summary.stored) == ("ok", 2)
    assert summary.errors == ["an older part of a list was not read: small: KeyError in older of SmallSource"]


# -- an index ---------------------------------------------------------------------------------------------------------


def test_an_index_is_followed_also_on_the_first_run(small: Small) -> None:
    small.publishes(1, 2, 3)
    small.shows(older=2, index=True)
    small.shows(2, part=2, older=3)
    small.shows(1, part=3)
    summary = small.run()
    assert (summary.state, summary.listed, summary.stored) == ("ok", 2, 2)
    assert small.asked() == ["/page/1", "/page/2", "/page/3", "/a/2", "/a/1"]

    # The index has the same bytes as before; its child has not.
    small.shows(3, 2, part=2, older=3)
    assert small.run().stored == 1


def test_behind_a_list_that_a_filter_empties_nothing_is_asked_for(small: Small) -> None:
    small.shows(older=2)
    assert small.run().state == "ok"
    assert small.run().unchanged_lists == 1
    assert small.asked() == ["/page/1", "/page/1"]


def test_an_index_without_its_child_is_in_trouble(small: Small) -> None:
    small.shows(older=2, index=True)
    summary = small.run()
    assert (summary.state, summary.errors) == ("gone", [f"https://{HOST}/page/2 is not there (HTTP 404)"])


# -- elsewhere --------------------------------------------------------------------------------------------------------


def points(small: Small, number: int, target: str) -> None:
    small.site.documents[f"/a/{number}"] = {"see": target}


def test_a_page_that_points_elsewhere_leads_to_its_article(small: Small) -> None:
    small.publishes(7)
    points(small, 1, f"https://{HOST}/a/7")
    small.shows(1)
    summary = small.run()
    assert (summary.state, summary.stored, summary.errors) == ("ok", 1, [])
    assert small.sql("SELECT url, title FROM articles") == [(f"https://{HOST}/a/7", "第7篇")]
    assert small.asked() == [FIRST, "/a/1", "/a/7"]

    # Read under its own address later, it is the same article, and nothing is asked for.
    small.shows(7, 1)
    assert small.run().stored == 0
    assert small.asked()[3:] == [FIRST]
    assert frontier(small) == [("stored", ""), ("stored", "")]


def test_an_article_that_is_stored_is_not_read_for_its_pointers(small: Small) -> None:
    small.publishes(7)
    small.shows(7)
    small.run()
    points(small, 1, f"https://{HOST}/a/7?utm_source=share")
    small.shows(1, 7)
    before = len(small.asked())
    summary = small.run()
    assert (summary.state, summary.stored, summary.updated) == ("ok", 0, 0)
    assert small.asked()[before:] == [FIRST, "/a/1"]
    assert small.titles() == ["第7篇"]
    assert frontier(small) == [("stored", ""), ("stored", "")]


def test_two_pointers_to_one_article_store_it_once(small: Small) -> None:
    small.publishes(7)
    points(small, 1, f"https://{HOST}/a/7")
    points(small, 2, f"https://{HOST}/a/7")
    small.shows(2, 1)
    small.run()
    assert small.sql("SELECT title, version FROM articles") == [("第7篇", 1)]


def test_only_one_step_is_followed(small: Small) -> None:
    points(small, 1, f"https://{HOST}/a/2")
    points(small, 2, f"https://{HOST}/a/3")
    small.publishes(3)
    small.shows(1)
    assert small.run().state == "ok"
    assert small.asked() == [FIRST, "/a/1", "/a/2"]
    assert frontier(small) == [("not_an_article", "it only points on")]


def test_a_page_that_points_to_itself_is_no_article(small: Small) -> None:
    points(small, 1, f"https://{HOST}/a/1")
    small.shows(1)
    small.run()
    assert small.asked() == [FIRST, "/a/1"]
    assert frontier(small) == [("not_an_article", "it only points on")]


@pytest.mark.parametrize(
    ("target", "state", "words"),
    [
        (f"https://{HOST}/a/9", "gone", "is not there"),
        ("http://127.0.0.1/a/9", "broken", "is not asked"),
        ("file:///etc/passwd", "broken", "is not asked"),
    ],
)
def test_a_target_that_cannot_be_read_is_recorded(small: Small, target: str, state: str, words: str) -> None:
    points(small, 1, target)
    small.shows(1)
    small.run()
    [(found, error)] = frontier(small)
    assert found == state and words in error


def test_a_target_in_a_new_layout_is_kept_with_its_pointer(small: Small) -> None:
    points(small, 1, f"https://{HOST}/a/7")
    small.site.answers["/a/7"] = plain('{"body": 1}')
    small.shows(1)
    summary = small.run()
    assert (summary.state, summary.kept) == ("layout_changed", 1)


# -- the quarantine ---------------------------------------------------------------------------------------------------


def test_a_page_that_cannot_be_kept_stops_nothing(small: Small) -> None:
    small.config.warehouse.mkdir()
    (small.config.warehouse / "quarantine").write_text("a file where the folder should be")
    small.publishes(2)
    small.site.documents["/a/1"] = {"title": "无"}
    small.shows(2, 1)
    summary = small.run()
    assert (summary.stored, summary.failed, summary.kept) == (1, 1, 0)
    assert any("could not be kept for a mended parser" in error for error in summary.errors)


def test_what_gives_way_in_the_quarantine_is_said(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.quarantine.MAX_PAGES", 2)
    for number in (1, 2, 3):
        small.site.documents[f"/a/{number}"] = {"title": "无"}
    small.shows(3, 2, 1)
    summary = small.run()
    assert (summary.kept, summary.dropped) == (3, 1)


def test_pages_that_hold_no_article_are_not_kept(small: Small) -> None:
    """Challenges, refusals and missing pages are recorded, and there is nothing in them to read later."""
    small.site.answers["/a/1"] = plain("no", status=403)
    small.shows(2, 1)
    summary = small.run()
    assert summary.kept == 0 and not (small.config.warehouse / "quarantine").exists()


# -- much at once -----------------------------------------------------------------------------------------------------


def test_a_pass_asks_for_so_many_pages_of_a_source_and_leaves_the_rest_to_the_next(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.stages.MOST_ASKED", 3)
    small.publishes(*range(1, 6))
    small.shows(*range(1, 6))
    assert small.run().stored == 3
    assert small.run().stored == 2
    assert len(set(small.asked())) == 6


def test_an_older_part_that_fails_in_passing_is_asked_for_again(small: Small) -> None:
    """Nothing of the list is taken in meanwhile: the next pass has to find the same gap."""
    small.publishes(*range(1, 5))
    small.shows(1)
    small.run()
    small.shows(4, 3, older=2)
    small.shows(2, 1, part=2)
    small.site.answers["/page/2"] = data({}, status=503)
    first = small.run()
    assert (first.state, first.stored) == ("failing", 0)
    del small.site.answers["/page/2"]
    small.later(hours=1)
    assert small.run().stored == 3
    assert small.titles() == ["第1篇", "第2篇", "第3篇", "第4篇"]


def test_a_pinned_article_hides_no_gap(small: Small) -> None:
    small.publishes(*range(1, 6))
    small.shows(1)
    small.run()
    small.shows(1, 5, 4, older=2)
    small.shows(3, 2, part=2, older=3)
    small.shows(1, part=3)
    assert small.run().stored == 4


def test_texts_of_lists_are_stored_at_once_where_pages_are_refused(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def discover(self: SmallSource, page: Page) -> list[ArticleRef]:
        article = Article(
            "", "small", "小报", "partial", "", "题", "列表里带的开头，正文要到页面上去看，下面还有很多。"
        )
        refs = whole(self, page)
        return [
            replace(
                ref, article=replace(article, article_id=ref.article_id, url=ref.url, text=article.text + ref.title)
            )
            for ref in refs
        ]

    whole = SmallSource.discover
    monkeypatch.setattr(SmallSource, "discover", discover)
    for number in range(1, 21):
        small.site.answers[f"/a/{number}"] = data({}, status=403)
    small.shows(*range(1, 21))
    summary = small.run()
    assert (summary.state, summary.stored) == ("blocked", 20)
    assert small.sql("SELECT DISTINCT kind FROM articles") == [("partial",)]


# -- ops --------------------------------------------------------------------------------------------------------------


def test_of_many_incidents_none_is_cut_off(small: Small) -> None:
    from warehouse import runs
    from warehouse.store import Warehouse

    small.run()
    names = [f"source-{number:02}" for number in range(25)]
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        for name in names:
            runs.record_health(wh, name, "blocked", small.clock(), "a captcha " * 60)
    small.run()
    told = [message.text for message in small.replica.sink.received if message.token == "small-ops"]
    assert [sum(f"{name}: blocked" in text for name in names) for text in told if "source-" in text] == [10, 10, 5]
    small.run()
    assert sum("source-" in m.text for m in small.replica.sink.received if m.token == "small-ops") == 3
