"""`tanma articles show|diff`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flows.commands.screen import print_json, safe, table
from flows.config import load_config
from sources.errors import ConfigError, Problem
from sources.identity import identify
from warehouse import editions
from warehouse.changes import Part, changed_paragraphs, compare, marked
from warehouse.editions import Edition
from warehouse.query import open_published

if TYPE_CHECKING:
    from warehouse.query import Connection

_SAME = "nothing that counts"


def show_command(config_file: Path, which: str, *, as_json: bool) -> None:
    """What the published file holds of one article."""
    config = load_config(config_file, os.environ)
    with open_published(config.warehouse) as con:
        article = editions.details(con, _meant(con, which))
        versions = editions.history(con, article["article_id"])
        members = editions.members(con, article["story_id"])
    if as_json:
        print_json({**article, "versions": versions, "story": members})
        return
    table(("article", ""), [(name, value) for name, value in article.items() if value not in (None, "", [])])
    for heading, rows in (("versions", versions), ("story", members)):
        typer.echo(f"\n{heading}")
        table(tuple(rows[0]), [list(row.values()) for row in rows])


def diff_command(config_file: Path, which: str, older: int | None, newer: int | None, *, as_json: bool) -> None:
    """Two versions beside each other, title first, then each paragraph that differs in what counts.

    Where a text was let go, titles alone are compared, and what changed is what was found when the versions were stored.
    """
    config = load_config(config_file, os.environ)
    with open_published(config.warehouse) as con:
        article_id = _meant(con, which)
        history = editions.history(con, article_id)
        chosen = _chosen(article_id, [one["version"] for one in history], older, newer)
        before, after = editions.editions(con, article_id, chosen)
    changes = compare(before.written, after.written)
    gone = [one.version for one in (before, after) if one.let_go]
    changed = _stored(history, min(chosen), max(chosen)) if gone else changes.words
    paragraphs = [] if gone else changed_paragraphs(before.written.text, after.written.text)
    if as_json:
        title = {"before": before.written.title, "after": after.written.title} if changes.title else None
        print_json(
            {
                "article_id": article_id,
                "from": _told(before),
                "to": _told(after),
                "changed": changed,
                "let_go": gone,
                "title": title,
                "paragraphs": [
                    {"paragraph": one.number, "before": one.before, "after": one.after} for one in paragraphs
                ],
            }
        )
        return
    screen = _Screen()
    screen.line(f"{article_id}: {_moment(before)} → {_moment(after)}: {changed or _SAME}")
    if gone:
        screen.line(
            f"the text of version {' and of version '.join(map(str, gone))} was let go: titles alone are compared"
        )
    if changes.title:
        screen.line("title")
        screen.change(before.written.title, after.written.title)
    for one in paragraphs:
        screen.line(f"paragraph {one.number}")
        screen.change(one.before, one.after)


def _stored(history: Sequence[dict[str, Any]], older: int, newer: int) -> str:
    """What the versions that followed the older one, up to the newer, are stored to have changed."""
    stored = ", ".join(one["changed"] for one in history if older < one["version"] <= newer and one["changed"])
    return ", ".join(dict.fromkeys(stored.split(", "))) if stored else ""


def _meant(con: Connection, which: str) -> str:
    """The id of the article that a person means by its id or address. Raises ConfigError."""
    if editions.is_known(con, which):
        return which
    if which.startswith(("http://", "https://")):
        identity = identify(which)
        found = editions.known_at(con, identity.article_id, [which, identity.url])
        if len(found) == 1:
            return found[0]
        if found:
            raise _wrong("ID", which, f"several articles stand at this address; say which: {', '.join(found)}")
        raise _wrong("ID", which, "no article of this address is stored; `tanma import` takes its saved page")
    near = editions.nearest_ids(con, which)
    wish = f"did you mean {' or '.join(near)}?" if near else "nothing is stored yet"
    raise _wrong("ID", which, f"no article is called so; {wish}")


def _chosen(article_id: str, known: Sequence[int], older: int | None, newer: int | None) -> tuple[int, int]:
    """The two versions that are meant. Raises ConfigError."""
    for option, version in (("--from", older), ("--to", newer)):
        if version is not None and version not in known:
            raise _wrong(option, str(version), f"{article_id} has {_listed(known)}")
    if len(known) < 2:
        raise _wrong("ID", article_id, "it has one version only, so nothing changed; `tanma articles show` shows it")
    after = newer or known[-1]
    before = older or max((one for one in known if one < after), default=after)
    if before == after:
        option = "--to" if newer else "--from"
        raise _wrong(option, str(after), f"expected two different versions; {article_id} has {_listed(known)}")
    return before, after


def _listed(known: Sequence[int]) -> str:
    return f"versions {known[0]} to {known[-1]}" if len(known) > 1 else f"version {known[0]} only"


def _wrong(option: str, value: str, message: str) -> ConfigError:
    return ConfigError([Problem(option, None, value, message)])


def _told(edition: Edition) -> dict[str, Any]:
    return {"version": edition.version, "seen_at": edition.seen_at, "title": edition.written.title}


def _moment(edition: Edition) -> str:
    return f"version {edition.version} ({edition.seen_at:%Y-%m-%d %H:%M})"


class _Screen:
    """stdout: in colours on a terminal, plain lines that begin with - and + elsewhere."""

    def __init__(self) -> None:
        self._console = None
        if sys.stdout.isatty():
            from rich.console import Console

            self._console = Console(highlight=False, soft_wrap=True)

    def line(self, text: str) -> None:
        if self._console is None:
            typer.echo(safe(text))
        else:
            self._console.print(safe(text), style="bold", markup=False)

    def change(self, before: str | None, after: str | None) -> None:
        """One title or paragraph; None: it was not there."""
        gone, come = marked(before or "", after or "")
        if before is not None:
            self._side("-", gone, "red", "bold red reverse" if after is not None else "red")
        if after is not None:
            self._side("+", come, "green", "bold green reverse" if before is not None else "green")

    def _side(self, sign: str, parts: Sequence[Part], style: str, strong: str) -> None:
        if self._console is None:
            typer.echo(f"{sign} {safe(''.join(part.text for part in parts))}")
            return
        from rich.text import Text

        # Text, not str: what comes from a page must not be read as rich markup.
        drawn = Text(f"{sign} ", style=style)
        for part in parts:
            drawn.append(safe(part.text), style=strong if part.changed else style)
        self._console.print(drawn)
