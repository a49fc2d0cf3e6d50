"""Scanning stored articles anew in an open session, and what is told of it. No Prefect here: see flows.rescanflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.session import Session
from flows.summary import DeliverSummary
from warehouse import rescan, stored
from warehouse.rescan import Rescanned
from warehouse.stored import Slice


@dataclass(frozen=True, slots=True)
class RescanReport:
    """What a rescan did, and what became of the messages that it raised."""

    done: Rescanned
    delivered: DeliverSummary

    @property
    def names(self) -> list[tuple[str, int, int]]:
        """(entity_id, mentions added, mentions removed) of every name that changed, those that changed most first."""
        both = self.done.added | self.done.removed
        rows = [(name, self.done.added[name], self.done.removed[name]) for name in both]
        return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))

    def as_json(self) -> dict[str, Any]:
        done, sent = self.done, self.delivered
        return {
            "ok": sent.ok,
            **done.counts(),
            "names": [{"entity_id": name, "added": added, "removed": gone} for name, added, gone in self.names],
            "messages": {"sent": sent.sent, "retried": sent.retried, "waiting": sent.waiting, "failed": sent.failed},
            "errors": sent.errors,
        }


def rescan_slice(session: Session, part: Slice, *, alert: bool) -> Rescanned:
    """Scan the articles of one slice anew, in one transaction."""
    return rescan.rescan(
        session.wh,
        stored.read(session.wh.con, part),
        session.lexicon,
        session.config.rules,
        session.clock(),
        timezone=session.config.timezone,
        scanners=session.scanners,
        alert=alert,
    )
