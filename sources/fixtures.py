"""Saved pages with what a person reads on them, and the proof that a source reads the same: for the outlets here and
for those of outside packages.

A case is a folder. Its case.json, every expected value in it written by a person who read the files beside it:
    source      an item of `sources:` as in tanma.yaml
    now         when everything is read, with its zone
    answers     address → file beside case.json (`POST https://…` for lists that are sent something; with "status" and
                "file" where it is not 200). What is not here is answered with 404.
    lists       key of a list (its address, or its name) → the refs it names, in order; of each the fields given
    articles    what has to be stored, in any order; of each the fields given, `text` as a list of paragraphs
    errors      article_id → class name of the error that its page gives instead of an article
    missing     keys of lists that are required and not among the answers on purpose

`tanma sources record` writes the answers and leaves TODO where a person has to read.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sources.article import Article, ArticleRef, Page
from sources.errors import Elsewhere, FetchError
from sources.identity import identify
from sources.source import ListAddress, Source, registry

TODO = "TODO"
TYPES = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip",
    "txt": "text/plain; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_PARTS = {
    # What every case has, and in which form.
    "source": (str | dict, "a name or an object"),
    "now": (str, "a time with its zone"),
    "answers": (dict, "an object"),
    "lists": (dict, "an object"),
    "articles": (list, "a list"),
}
_SHOWN = 160  # characters of a value in a problem


@dataclass(frozen=True)
class Canned:
    """One answer. `body` is empty where the case names a status alone."""

    status: int
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Case:
    """One folder; `told` is its case.json."""

    name: str
    folder: Path
    told: dict[str, Any]

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.told["now"])

    @property
    def source(self) -> dict[str, Any]:
        item = self.told["source"]
        return {"use": item} if isinstance(item, str) else dict(item)

    def answers(self) -> Iterator[tuple[str, str, Canned]]:
        """(method, address, answer)"""
        for place, what in self.told["answers"].items():
            method, _, address = place.partition(" ") if place.startswith("POST ") else ("GET", "", place)
            named: dict[str, Any] = {"file": what} if isinstance(what, str) else what
            file = named.get("file", "")
            body = (self.folder / file).read_bytes() if file else b""
            kind = named.get("content_type") or TYPES.get(file.rpartition(".")[2], "text/html; charset=utf-8")
            yield method, address, Canned(named.get("status", 200), body, kind)


def cases_in(folder: Path) -> list[Case]:
    """The cases below a folder, by name. Raises ValueError, naming the file, for one that is no JSON object."""
    return [_read_case(path) for path in sorted(folder.glob("*/case.json"))]


def _read_case(path: Path) -> Case:
    try:
        told = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise ValueError(f"{path} is no JSON object")
    return Case(path.parent.name, path.parent, told)


def problems(case: Case) -> list[str]:
    """What a test of a case has to find empty: one line for each place where the source reads something else than the
    person who wrote the case, or for each place that nobody has completed yet."""
    file = case.folder / "case.json"
    if blank := list(_blanks(case.told, "")):
        return [f"complete me: {place} of {file}" for place in blank]
    if unnamed := list(_unnamed(case.told)):
        return [f"complete me: {place} is missing in {file}" for place in unnamed]
    return [*list_problems(case), *article_problems(case)]


def list_problems(case: Case) -> list[str]:
    """Where its lists name something else than the case says."""
    named, silent = walked(case, _made(case))
    told: dict[str, list[dict[str, Any]]] = case.told["lists"]
    found = [f"lists: {key} is read by the source and not in `answers`" for key in silent]
    found += [f"lists: {key} is not read by the source" for key in told if key not in named]
    for key, refs in named.items():
        if key not in told:
            found.append(f"lists: {key} is read by the source and not told in `lists`")
            continue
        if len(refs) != len(told[key]):
            ids = ", ".join(ref.article_id for ref in refs)
            found.append(f"lists: {key} names {len(refs)} articles, not {len(told[key])}: {ids}")
        for at, (expected, ref) in enumerate(zip(told[key], refs, strict=False)):
            found += _differences(expected, shown(ref), f"lists: {key} [{at}]")
    return found


def article_problems(case: Case) -> list[str]:
    """Where the articles that its lists name are read as something else than the case says."""
    source = _made(case)
    read: dict[str, Article] = {}
    failed: dict[str, FetchError] = {}
    for refs in walked(case, source)[0].values():
        for ref in refs:
            result = _article(case, source, ref)
            if isinstance(result, Article):
                read.setdefault(result.article_id, result)
            else:
                failed[ref.article_id] = result
    told = {one["article_id"]: one for one in case.told["articles"]}
    errors: dict[str, str] = case.told.get("errors", {})
    found: list[str] = []
    for article_id, expected in told.items():
        if article_id in read:
            found += _differences(expected, shown(read[article_id]), f"articles: {article_id}")
        elif article_id not in failed:
            found.append(f"articles: {article_id} is named by no list; read were {', '.join(read) or 'none'}")
        elif article_id in errors:
            found.append(f"articles: {article_id} stands under `errors` too")
    found += [f"articles: {article_id} is read and not told" for article_id in read if article_id not in told]
    for article_id, error in failed.items():
        name = type(error).__name__
        if errors.get(article_id) != name:
            found.append(f"errors: {article_id} gives {name} ({error}), not {errors.get(article_id, 'an article')}")
    found += [f"errors: {article_id} does not fail" for article_id in errors if article_id not in failed]
    return found


def walked(case: Case, source: Source) -> tuple[dict[str, list[ArticleRef]], list[str]]:
    """Every list with what it names, older parts included; and the required lists that have no answer."""
    named: dict[str, list[ArticleRef]] = {}
    silent: list[str] = []
    waiting = deque[ListAddress](source.lists(case.now))
    while waiting:
        address = waiting.popleft()
        answer = _page(case, source, "POST" if address.post else "GET", address.url)
        if answer is None:
            if not address.optional and address.key not in case.told.get("missing", ()):
                silent.append(address.key)
            continue
        named[address.key] = source.discover(answer)
        if (older := source.older(answer, address)) is not None and older.key not in named:
            waiting.append(older)
    return named, silent


def shown(value: ArticleRef | Article) -> dict[str, Any]:
    """A ref or an article in the words of case.json."""
    row = {name: getattr(value, name) for name in value.__dataclass_fields__}
    row["authors"] = list(value.authors)
    row["published_at"] = value.published_at.isoformat() if value.published_at else None
    for name in ("text", "byline", "chrome"):
        if name in row:
            row[name] = row[name].split("\n") if row[name] else []
    if isinstance(value, ArticleRef):
        row["article"] = shown(value.article) if value.article else None
    return row


def _made(case: Case) -> Source:
    """The source of a case. Raises ValueError for one that is not installed."""
    item = case.source
    item.pop("every", None)
    use = item.pop("use", "")
    if use not in registry():
        known = ", ".join(registry())
        raise ValueError(
            f"no source is called {use!r}; known are {known}: is its package installed (pip install -e .)?"
        )
    return registry()[use](**item)


def _page(case: Case, source: Source, method: str, url: str) -> Page | None:
    """What is at an address; None for anything but 200 that the source does not explain. A redirect is no matter of a
    source."""
    for how, address, answer in case.answers():
        if (how, address) == (method, url):
            page = Page(url, answer.body, case.now, url, answer.status, answer.content_type)
            return page if answer.status == 200 or source.explains(page) else None
    return None


def _article(case: Case, source: Source, ref: ArticleRef) -> Article | FetchError:
    if ref.article is not None and ref.article.kind != "partial":
        return ref.article
    answer = _page(case, source, "GET", ref.fetch_url or ref.url)
    if answer is None:
        return ref.article or FetchError("404")
    try:
        return source.parse(answer, ref)
    except Elsewhere as error:
        there = identify(error.target)
        return _article(case, source, replace(ref, article_id=there.article_id, url=there.url, fetch_url=error.target))
    except FetchError as error:
        return ref.article or error


def _unnamed(told: dict[str, Any]) -> Iterator[str]:
    """What a case cannot do without."""
    for part, (kind, form) in _PARTS.items():
        if not isinstance(told.get(part), kind):
            yield f"{part}, {form},"
        elif part == "articles":
            yield from (f"articles[{at}].article_id" for at, one in enumerate(told[part]) if "article_id" not in one)


def _blanks(told: Any, place: str) -> Iterator[str]:
    """Where TODO was left."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield from _blanks(value, f"{place}.{key}" if place else str(key))
    elif isinstance(told, list):
        for at, value in enumerate(told):
            yield from _blanks(value, f"{place}[{at}]")
    elif told == TODO:
        yield place


def _differences(expected: Any, found: Any, place: str) -> Iterator[str]:
    """Of the fields that are expected each that differs, of a text the first paragraph that does."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key in found:
                yield from _differences(value, found[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}: there is no such field; there are {', '.join(found)}"
    elif isinstance(expected, list) and isinstance(found, list) and expected != found:
        at = next((at for at, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
        if at is None:
            at = min(len(expected), len(found))
        yield f"{place}[{at}]: expected {_short(expected[at:][:1])}, read {_short(found[at:][:1])}"
    elif expected != found:
        yield f"{place}: expected {_short(expected)}, read {_short(found)}"


def _short(value: Any) -> str:
    text = "nothing" if value == [] else json.dumps(value[0] if isinstance(value, list) else value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
