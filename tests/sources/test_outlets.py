"""Every outlet against its own pages, as a pass reads them: lists, refs, articles. Form of a case: tests/outlet_cases.py."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import pytest
from outlet_cases import CASES, Canned, Case, cases, only, shown

from sources.article import Article, ArticleRef, Page
from sources.errors import Elsewhere, FetchError
from sources.identity import identify
from sources.source import ListAddress, Source, registry

NOT_FOUND = Canned(404, b"", "text/html")


def made(case: Case) -> Source:
    item = case.source
    item.pop("every", None)
    return registry()[item.pop("use")](**item)


def page(case: Case, method: str, url: str) -> Page | None:
    """What is at an address; a redirect is no matter of a source."""
    found = {(how, address): answer for how, address, answer in case.answers()}.get((method, url), NOT_FOUND)
    if found.status != 200:
        return None
    return Page(url=url, body=found.body, fetched_at=case.now, final_url=url, content_type=found.content_type)


def walked(case: Case, source: Source) -> dict[str, list[ArticleRef]]:
    """Every list and what it names, older parts included."""
    named: dict[str, list[ArticleRef]] = {}
    waiting = deque[ListAddress](source.lists(case.now))
    while waiting:
        address = waiting.popleft()
        answer = page(case, "POST" if address.post else "GET", address.url)
        if answer is None:
            assert address.optional or address.key in case.told.get("missing", ()), f"{address.url} is not in case.json"
            continue
        named[address.key] = source.discover(answer)
        if (older := source.older(answer, address)) is not None and older.key not in named:
            waiting.append(older)
    return named


def read(case: Case, source: Source, ref: ArticleRef) -> Article | FetchError:
    if ref.article is not None and ref.article.kind != "partial":
        return ref.article
    answer = page(case, "GET", ref.fetch_url or ref.url)
    if answer is None:
        return ref.article or FetchError("404")
    try:
        return source.parse(answer, ref)
    except Elsewhere as error:
        there = identify(error.target)
        return read(case, source, replace(ref, article_id=there.article_id, url=there.url, fetch_url=error.target))
    except FetchError as error:
        return ref.article or error


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_its_lists_name_what_a_person_sees_there(case: Case) -> None:
    named = walked(case, made(case))
    expected: dict[str, list[dict[str, Any]]] = case.told["lists"]
    assert set(named) == set(expected)
    for key, refs in named.items():
        assert len(refs) == len(expected[key]), [ref.article_id for ref in refs]
        assert [only(one, shown(ref)) for ref, one in zip(refs, expected[key], strict=True)] == expected[key]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_its_articles_are_read_as_a_person_reads_them(case: Case) -> None:
    source, found, failed = made(case), {}, {}
    for refs in walked(case, source).values():
        for ref in refs:
            result = read(case, source, ref)
            if isinstance(result, Article):
                found.setdefault(result.article_id, result)
            else:
                failed[ref.article_id] = type(result).__name__
    expected = {one["article_id"]: one for one in case.told["articles"]}
    assert set(found) == set(expected)
    for article_id, one in expected.items():
        assert only(one, shown(found[article_id])) == one
    assert failed == case.told.get("errors", {})


def test_no_fixture_holds_a_replacement_character() -> None:
    folder = CASES.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 40
    assert [path.name for path in files if b"\xef\xbf\xbd" in path.read_bytes()] == []
