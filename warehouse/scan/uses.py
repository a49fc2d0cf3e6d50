"""That a string means an entity."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.scan.findings import How
from warehouse.watchlist import EntityKind


@dataclass(frozen=True, slots=True)
class Use:
    """That a form means an entity. `written` is the name as it stands in the watchlist, `context` its folded words.

    `derived`: nobody wrote the form into the watchlist; it follows from the name (植麟 from 杨植麟) and counts only
    after the full name. `implied`: nor did anybody write this one, but it counts by itself, a little weaker (马斯克 from
    埃隆·马斯克).
    """

    entity_id: str
    kind: EntityKind
    how: How
    written: str
    context: tuple[str, ...] = ()
    derived: bool = False
    implied: bool = False
