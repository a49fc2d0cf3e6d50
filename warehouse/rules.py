"""An alert rule as the warehouse sees it. Read from `alerts:` in tanma.yaml by flows.rulefile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta, tzinfo
from typing import Literal

from warehouse.watchlist import Entity, EntityKind

Severity = Literal["info", "warning", "urgent"]

DEFAULT_MAX_AGE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Quiet:
    """When delivery waits, in the rule's timezone: certain hours of each day, which may run over midnight (equal start
    and end: none), and certain whole days of the week (0: Monday). Raises ValueError when all days are quiet."""

    start: time = time()
    end: time = time()
    days: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len({*self.days}) > 6:
            raise ValueError("all days of the week are quiet: nothing would ever be sent")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which names go to which channels, and when.

    `name` identifies the rule in alerts.rule: two runs with the same name raise an alert once, wherever the rule
    stands in the file. It is for the entities of its `groups`, those of its `kinds` and those of its `entity_ids`, all
    together; for all when the three are empty. As tanma.yaml alone is read, every word of `for` stands in `groups`:
    flows.selection, which knows the watchlist, tells them apart. `when` is a form of warehouse.schedule, and goes with
    `quiet` by `timezone`; by the configured one when None. Articles published more than `max_age` before they are
    loaded are scanned and their alerts stored as suppressed, and so are alerts of a name that come within `cooldown` of
    the last one of that name, this rule and the same channel. `central`: only articles that are about the name.
    `outlets`: only articles of these, all when empty; `not_outlets`: none of these; both in any width, case and script.
    `severity` and `mention`, the people to be called, are for those who write the messages.
    """

    name: str
    groups: tuple[str, ...]
    channels: tuple[str, ...]
    when: str = "now"
    quiet: Quiet | None = None
    min_confidence: float = 0.7
    min_mentions: int = 1
    max_age: timedelta = DEFAULT_MAX_AGE
    kinds: tuple[EntityKind, ...] = ()
    entity_ids: tuple[str, ...] = ()
    central: bool = False
    outlets: tuple[str, ...] = ()
    not_outlets: tuple[str, ...] = ()
    cooldown: timedelta = timedelta(0)
    severity: Severity = "info"
    mention: tuple[str, ...] = ()
    timezone: tzinfo | None = None

    def is_for(self, entity: Entity) -> bool:
        """Whether this entity is one of those that the rule is for."""
        if not (self.groups or self.kinds or self.entity_ids):
            return True
        return (
            entity.kind in self.kinds
            or entity.entity_id in self.entity_ids
            or not set(self.groups).isdisjoint(entity.groups)
        )
