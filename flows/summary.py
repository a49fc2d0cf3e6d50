"""What one pass did, in numbers: for the closing table, `--json` and the run's row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from warehouse.articles import Loaded
from warehouse.rescan import Rescanned


@dataclass(slots=True)
class SourceSummary:
    """One source in one pass. `state` is the health word of source_health; `errors` are told in full.

    `emptied` counts lists that named articles before and now name none; `kept` pages that could not be read and wait
    for a mended parser (`tanma sources replay`), `dropped` older ones that gave way to them; `rechecked` stored articles whose pages were
    asked for again, whatever came of it.
    """

    source: str
    state: str = "ok"
    lists: int = 0
    unchanged_lists: int = 0
    listed: int = 0
    new: int = 0
    stored: int = 0
    updated: int = 0
    duplicates: int = 0
    unchanged: int = 0
    emptied: int = 0
    mentions: int = 0
    alerts: int = 0
    failed: int = 0
    kept: int = 0
    dropped: int = 0
    rechecked: int = 0
    errors: list[str] = field(default_factory=list)

    def count(self, loaded: Loaded) -> None:
        """One article that was loaded."""
        field = {"duplicate": "duplicates"}.get(loaded.status, loaded.status)
        setattr(self, field, getattr(self, field) + 1)
        self.mentions += loaded.mentions
        self.alerts += loaded.alerts

    @property
    def ok(self) -> bool:
        return self.state in ("ok", "quiet")


@dataclass(slots=True)
class DeliverSummary:
    """Messages in one pass. A message holds one or more alerts; so many stories are `waiting` until their channel's
    limit has room, each in one of the channels `waiting_for`."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    waiting: int = 0
    errors: list[str] = field(default_factory=list)
    waiting_for: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.retried or self.failed)


# By the names in `counts`. Alerts are left out: what of them was sent is told, and the rest waits for the next run.
_KEPT = {
    "stored": "new articles",
    "updated": "changed",
    "duplicates": "reposts",
    "scanned": "articles scanned anew",
    "sent": "messages sent",
}


@dataclass(slots=True)
class PassSummary:
    """One pass over the sources and the outbox. `via` is `prefect` or `direct`."""

    via: str
    run_id: str = ""
    sources: list[SourceSummary] = field(default_factory=list)
    delivered: DeliverSummary = field(default_factory=DeliverSummary)
    published: bool = False
    seconds: float = 0.0
    rescanned: Rescanned | None = None

    @property
    def ok(self) -> bool:
        return self.delivered.ok and all(source.ok for source in self.sources)

    def counts(self) -> dict[str, int]:
        """The totals that the run's row keeps; a rescan has its own beside those of delivery."""
        names = ("listed", "new", "stored", "updated", "duplicates", "mentions", "alerts", "failed")
        totals = {name: sum(getattr(source, name) for source in self.sources) for name in names}
        if self.rescanned is not None:
            totals = self.rescanned.counts()
        return totals | {
            "sent": self.delivered.sent,
            "waiting": self.delivered.waiting,
            "undelivered": self.delivered.retried + self.delivered.failed,
        }

    def so_far(self) -> str:
        """What is done and stays, in words, for somebody who stops the run."""
        counts = self.counts()
        told = [f"{counts[name]:,} {words}" for name, words in _KEPT.items() if counts.get(name)]
        return ", ".join(told) or "nothing yet"

    def in_words(self) -> str:
        """What was done, in a line: the name of its run."""
        counts, sources = self.counts(), len(self.sources)
        new = sum(source.stored + source.duplicates for source in self.sources)
        parts = [
            f"{counts['updated']} changed" if counts["updated"] else "",
            f"{counts['alerts']} alerts" if counts["alerts"] else "",
            f"{counts['sent']} messages sent" if counts["sent"] else "",
            f"{counts['undelivered']} not delivered" if counts["undelivered"] else "",
            f"{broken} in trouble" if (broken := sum(not source.ok for source in self.sources)) else "",
        ]
        read = [f"{new or 'nothing'} new in {sources} source{'s' * (sources != 1)}"] if sources else []
        return ", ".join([*read, *filter(None, parts)]) or "nothing to send"

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        del told["rescanned"]  # a rescan tells of itself
        return {"ok": self.ok, **told, "counts": self.counts()}
