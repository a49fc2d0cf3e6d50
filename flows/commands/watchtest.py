"""`tanma watch test`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from flows.backtest import Trial, back_test
from flows.commands.rescan import read_span
from flows.commands.screen import print_json, say, shown_progress, table
from flows.config import load_config
from flows.progress import current_progress
from flows.session import utc_now
from warehouse.backtest import BackTest, Example
from warehouse.watchlist import Entity

_REJECTED = 15  # sorts of rejected strings that are shown; --json has all
_WIDEST = 80  # characters of a sentence in a table


def test_command(config_file: Path, trial: Trial, *, since: str, as_json: bool) -> None:
    """Try a name on the published file; nothing is changed. Raises ConfigError, NotPublished."""
    span = read_span("--since", since)
    config = load_config(config_file, os.environ)
    with shown_progress():
        test = back_test(config, trial, span, utc_now(), current_progress.get())
    if as_json:
        print_json(_document(test, span))
    else:
        _show(test, span)


def _document(test: BackTest, span: timedelta) -> dict[str, Any]:
    entity = test.entity
    return {
        "entity": {
            "entity_id": entity.entity_id, "kind": entity.kind, "name": entity.name, "aliases": entity.aliases,
            "groups": entity.groups, "context": entity.context, "not": entity.never, "sound": entity.sound,
        },
        "days": span / timedelta(days=1),
        "articles": test.articles,
        "threshold": test.threshold,
        "hits": {
            "articles": len(test.hits),
            "stories": test.stories,
            "articles_a_week": round(len(test.hits) / test.weeks_covered, 2),
            "stories_a_week": round(test.stories / test.weeks_covered, 2),
        },
        "weeks": [{"week": week, "articles": n, "stories": new} for week, n, new in test.weeks()],
        "newest": [asdict(example) for example in test.newest()],
        "below": {"articles": test.doubtful, "newest": [asdict(example) for example in test.below()]},
        "rejected": [
            {"surface": surface, "reason": reason, "count": count, "example": asdict(example)}
            for surface, reason, count, example in test.rejected()
        ],
        "messages": {
            "rules": [asdict(cost) for cost in test.costs()],
            "channels": test.messages(),
            "too_old": test.too_old,
        },
    }  # fmt: skip


def _show(test: BackTest, span: timedelta) -> None:
    hits = len(test.hits)
    typer.echo(_described(test.entity))
    typer.echo(
        f"{test.articles:,} articles of the last {span / timedelta(days=1):g} days; {hits:,} would have alerted, in "
        f"{test.stories:,} stories: {hits / test.weeks_covered:.1f} articles and "
        f"{test.stories / test.weeks_covered:.1f} stories a week (confidence {test.threshold:.2f} and more)"
    )
    _section("by week")
    table(("week of", "articles", "stories"), test.weeks())
    if hits:
        _section("newest that would have alerted")
        _examples(test.newest())
    if test.doubtful:
        _section(f"below the threshold: {test.doubtful:,} articles, the newest")
        _examples(test.below())
    rejected = test.rejected()
    if rejected:
        _section("rejected")
        table(
            ("surface", "times", "why", "for example"),
            [(surface, count, why, _short(one.snippet)) for surface, why, count, one in rejected[:_REJECTED]],
        )
        if len(rejected) > _REJECTED:
            say(f"and {len(rejected) - _REJECTED} more sorts; --json has them all")
    _messages(test)


def _messages(test: BackTest) -> None:
    costs = test.costs()
    if not costs:
        say("no rule is for this name (see `alerts` in tanma.yaml and its groups): it would have sent nothing")
        return
    _section("messages that it would have cost")
    table(
        ("rule", "channel", "when", "messages"),
        [
            (one.rule, one.channel, one.when, f"in {one.messages:,} digests" if one.digest else f"{one.messages:,}")
            for one in costs
        ],
    )
    typer.echo("in all: " + ", ".join(f"{channel} {count:,}" for channel, count in test.messages().items()))
    if test.too_old:
        say(f"{test.too_old:,} articles were too old for an alert when they were first read")


def _section(title: str) -> None:
    typer.echo(f"\n{title}")


def _examples(examples: Sequence[Example]) -> None:
    table(
        ("date", "outlet", "confidence", "how", "role", "why", "sentence"),
        [
            (one.at, one.outlet, f"{one.confidence:.2f}", one.how, one.role, one.reason, _short(one.snippet))
            for one in examples
        ],
    )


def _described(entity: Entity) -> str:
    lists = {"aliases": entity.aliases, "groups": entity.groups, "context": entity.context, "not": entity.never}
    told = [f"{key} {', '.join(words)}" for key, words in lists.items() if words]
    return " · ".join([entity.entity_id, *told, *([] if entity.sound else ["sound off"])])


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
