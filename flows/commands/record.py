"""`tanma sources record`: pages saved as a fixture, with the expectations left blank for a person to fill in.

Nothing here parses what came: an expectation written by the parser under test would prove nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flows.commands.screen import say
from flows.config import load_config
from flows.session import utc_now
from sources.address import host_of, redact, refusal
from sources.article import Article, ArticleRef, Page
from sources.client import Client
from sources.errors import ConfigError, Problem
from sources.fixtures import TODO, TYPES
from sources.network import NetworkSettings
from sources.times import CHINA

CASE = "case.json"
_LONGEST_NAME = 60
_EMPTY_CASE = ("source", "now", "answers", "lists", "articles", "errors")
# Media type → the ending under which a body is kept.
_ENDINGS = {kind.partition(";")[0]: ending for ending, kind in TYPES.items()} | {
    "text/xml": "xml",
    "application/rss+xml": "xml",
    "application/atom+xml": "xml",
    "application/rdf+xml": "xml",
    "application/feed+json": "json",
    "application/xhtml+xml": "html",
    "application/javascript": "js",
}


def record_command(
    config_file: Path, urls: Sequence[str], into: Path | None, *, is_list: bool, post: str, required: bool
) -> None:
    """Fetch the addresses politely and add each to the case in `into` (default: tests/fixtures/HOST). `post`: what is sent
    to them, for lists that want it. `required`: the configuration was named, so it must be there; else the network's
    defaults serve.

    Raises ConfigError for an address that cannot be asked or is in the case already, FetchError when it gives no page;
    what was fetched before is kept.
    """
    for url in urls:
        if why := refusal(url):
            raise ConfigError([Problem("tanma sources record", None, redact(url), why)])
    folder = into or Path("tests") / "fixtures" / host_of(urls[0])
    told = _case(folder)
    for url in urls:
        if _place(url, post) in told["answers"]:
            wish = f"is in {folder / CASE} already; take it out there to record it anew"
            raise ConfigError([Problem("tanma sources record", None, redact(url), wish)])
    network = load_config(config_file, os.environ).network if required or config_file.exists() else NetworkSettings()
    asyncio.run(_record_all(network, urls, post, folder, told, is_list=is_list or bool(post)))
    say(f"next: fill in every {TODO} of {folder / CASE} from reading the saved files, not from running a parser")


def _place(url: str, post: str) -> str:
    """The key of an answer in a case."""
    return f"POST {redact(url)}" if post else redact(url)


async def _record_all(
    network: NetworkSettings, urls: Sequence[str], post: str, folder: Path, told: dict[str, Any], *, is_list: bool
) -> None:
    async with Client(network, now=utc_now) as client:
        for url in urls:
            page = await client.get(url, post=post)
            assert isinstance(page, Page)  # no validators were sent, so it cannot be Unchanged
            _keep(folder, told, _place(url, post), url, page, is_list=is_list)
            if post:
                say(
                    "warning: a list that its source gives a name of its own is known by that: change its key in `lists`"
                )


def _keep(folder: Path, told: dict[str, Any], place: str, url: str, page: Page, *, is_list: bool) -> None:
    """The bytes as they came, then the entry that names them: what is broken off leaves a whole case."""
    folder.mkdir(parents=True, exist_ok=True)
    file = _file_name(folder, url, page)
    (folder / file).write_bytes(page.body)
    told["now"] = told["now"] or page.fetched_at.astimezone(CHINA).isoformat(timespec="seconds")
    told["answers"][place] = _answer(file, page)
    if is_list:
        told["lists"][redact(url)] = [{name.name: TODO for name in fields(ArticleRef)}]
    else:
        told["articles"].append({name.name: TODO for name in fields(Article)})
    _write(folder / CASE, told)
    say(f"wrote {folder / file}: {len(page.body):,} bytes of {redact(url)}")
    say(f"wrote {folder / CASE}: {'the list and what it names' if is_list else 'the article'}, to be completed")
    for warning in _warnings(url, page, datetime.fromisoformat(told["now"])):
        say(f"warning: {warning}")


def _answer(file: str, page: Page) -> str | dict[str, str]:
    ending = file.rpartition(".")[2]
    return file if page.content_type in ("", TYPES[ending]) else {"file": file, "content_type": page.content_type}


def _warnings(url: str, page: Page, now: datetime) -> list[str]:
    place, found = redact(url), []
    if page.fetched_at - now > timedelta(days=1):
        found.append(
            "it came more than a day after the `now` of the case, by which 昨天 and 3小时前 are read: start another"
        )
    if page.final_url and page.final_url != url:
        found.append(f"it led to {redact(page.final_url)}; a case knows no redirects, so it answers where it was asked")
    if place != url.partition("#")[0]:
        shown = set(parse_qsl(urlsplit(place).query))
        secrets = [value for pair in parse_qsl(urlsplit(url).query) if pair not in shown for value in pair[1:]]
        found.append(
            f"a secret was left out of its address: put the same made-up value there and into `source`, {place}"
        )
        if any(secret.encode() in page.body for secret in secrets):
            found.append("the secret stands in the saved page too: take it out before the fixture is shared")
    if b"\xef\xbf\xbd" in page.body:
        found.append("the page holds U+FFFD, characters that were lost before it came here: choose another page")
    return found


def _file_name(folder: Path, url: str, page: Page) -> str:
    """After the last part of the path, and no other file's: article-42.html, article-42-2.html."""
    ending = _ENDINGS.get(page.content_type.partition(";")[0].strip().lower(), "html")
    parts = urlsplit(redact(url))
    last = parts.path.rstrip("/").rpartition("/")[2].removesuffix(f".{ending}")
    stem = re.sub(r"[^0-9A-Za-z]+", "-", f"{last}-{parts.query}").strip("-")[:_LONGEST_NAME].strip("-") or "page"
    taken = (f"{stem}-{number}.{ending}" for number in range(2, 10_000))
    return next(name for name in (f"{stem}.{ending}", *taken) if not (folder / name).exists())


def _case(folder: Path) -> dict[str, Any]:
    """The case in a folder, or an empty one. Raises ConfigError for one that is not in the form of a case."""
    file = folder / CASE
    told: Any = {}
    if file.exists():
        try:
            told = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise ConfigError([Problem(str(file), getattr(error, "lineno", None), "", f"no JSON: {error}")]) from error
    empty: dict[str, Any] = dict(zip(_EMPTY_CASE, (TODO, "", {}, {}, [], {}), strict=True))
    usual = {key: type(value) for key, value in empty.items() if key != "source"}
    if not isinstance(told, dict) or any(not isinstance(told.get(key, kind()), kind) for key, kind in usual.items()):
        raise ConfigError([Problem(str(file), None, "", "not in the form of a case (see sources/fixtures.py)")])
    case = empty | told
    if case["now"] and not _is_moment(case["now"]):
        wish = "expected a time with its zone, such as 2026-01-06T09:00:00+08:00"
        raise ConfigError([Problem(str(file), None, "now", wish)])
    return case


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _write(file: Path, told: dict[str, Any]) -> None:
    whole = file.with_suffix(".json.new")
    whole.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
    whole.replace(file)
