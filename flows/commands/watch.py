"""`tanma watch list|add|remove|import`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from flows import watchfile
from flows.commands.screen import print_json, say, table
from flows.config import load_config, read_config
from flows.selection import Selection
from sources.errors import ConfigError, Problem


def list_command(config_file: Path, *, as_json: bool) -> None:
    """The tracked names."""
    entities = watchfile.load_watchlist(load_config(config_file, os.environ).watchlist)
    if as_json:
        print_json(
            [
                {
                    "entity_id": e.entity_id,
                    "kind": e.kind,
                    "name": e.name,
                    "aliases": e.aliases,
                    "groups": e.groups,
                    "context": e.context,
                    "not": e.never,
                    "sound": e.sound,
                }
                for e in entities
            ]
        )
    else:
        table(
            ("kind", "name", "aliases", "groups", "context", "not", "sound"),
            [(e.kind, e.name, e.aliases, e.groups, e.context, e.never, "on" if e.sound else "off") for e in entities],
        )


def add_command(
    config_file: Path,
    kind: str,
    name: str,
    aliases: Sequence[str],
    groups: Sequence[str],
    *,
    context: Sequence[str] = (),
    never: Sequence[str] = (),
    sound: bool = True,
) -> None:
    """Raises ConfigError when the name is there already or the kind is unknown."""
    file = load_config(config_file, os.environ).watchlist
    for entity in watchfile.load_watchlist(file):
        held = {watchfile.fold(form) for form in (entity.name, *entity.aliases)}
        for form in (name, *aliases):
            if watchfile.fold(form) in held:
                why = f"is tracked already, as {entity.entity_id}; both would alert"
                raise ConfigError([Problem(str(file), None, form, why)])
    watchfile.add(file, kind, name, aliases, groups, context=context, never=never, sound=sound)
    say(f"{file}: {name} is tracked from the next run on")


def remove_command(config_file: Path, name: str) -> None:
    """Says too which rules name what is not there any more. Raises ConfigError when the name is not there."""
    file = load_config(config_file, os.environ).watchlist
    watchfile.remove(file, name)
    say(f"{file}: {name} is no longer tracked; what was found stays in the warehouse")
    reading, left = read_config(config_file, os.environ), Selection(watchfile.load_watchlist(file))
    for path, word in reading.words:
        if left.why_unknown(word, word):
            say(str(reading.document.note(path, f"{word} is not known any more: take it out, no run starts before")))


def import_command(config_file: Path, csv_file: Path) -> None:
    """Add the names of a CSV file; those already there stay as they are."""
    file = load_config(config_file, os.environ).watchlist
    added = watchfile.import_csv(file, csv_file)
    say(f"{file}: {added} names added from {csv_file}")
