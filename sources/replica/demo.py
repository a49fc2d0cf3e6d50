"""The demo: a replica whose world keeps its age between runs, and the two files that point Tanma at it."""

from __future__ import annotations

import os
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from sources.replica.entries import written_entries
from sources.replica.feeds import SITES
from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.world import World

DESK_TOKEN = "demo-desk"


def demo_replica(folder: Path, now: datetime) -> Replica:
    """The demo's replica, not yet started. `folder` keeps its epoch and what its chat services received.

    The first call sets the epoch to `now` (aware), every later one reads it back, so that a second run meets the same
    world. Raises ValueError for a damaged epoch file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return Replica(World(_epoch(folder / "epoch", now), written_entries()), Sink(folder / "received.jsonl"))


def demo_config(replica: Replica) -> str:
    """The text of tanma.yaml for a running replica. Raises RuntimeError when it is not running."""
    feeds = "\n".join(
        f'  - {{use: feed, id: {site.id}, url: "{site.feed_url}", outlet: {site.outlet}}}' for site in SITES
    )
    rewrite = "\n".join(f"    {host}: {base}" for host, base in replica.rewrite.items())
    template = (files("sources.replica") / "pages" / "demo-tanma.yaml").read_text(encoding="utf-8")
    return template.replace("@FEEDS@", feeds).replace("@REWRITE@", rewrite).replace("@TOKEN@", DESK_TOKEN)


def demo_watchlist() -> str:
    """The text of watchlist.yaml."""
    return (files("sources.replica") / "pages" / "demo-watchlist.yaml").read_text(encoding="utf-8")


def _epoch(file: Path, now: datetime) -> datetime:
    if file.exists():
        try:
            kept = datetime.fromisoformat(file.read_text(encoding="ascii").strip())
        except ValueError as error:
            raise ValueError(f"{file}: not a time; remove the demo's folder {file.parent} and run it anew") from error
        if kept.tzinfo is not None:
            return kept
        raise ValueError(f"{file}: a time without a zone; remove the demo's folder {file.parent} and run it anew")
    if now.tzinfo is None:
        raise ValueError("now needs a timezone")
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    with part.open("w", encoding="ascii") as out:
        out.write(now.replace(microsecond=0).isoformat() + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    return now
