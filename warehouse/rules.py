"""An alert rule as the warehouse sees it. Read from `alerts:` in tanma.yaml by flows.config."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

DEFAULT_MAX_AGE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, in the configured timezone, in which delivery waits; may run over midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rule:
    """Which names go to which channels, and when.

    `name` identifies the rule in alerts.rule: two runs with the same name raise an alert once, wherever the rule
    stands in the file. `groups` is empty when the rule is for all names. `when` is `now`, `daily HH:MM`,
    `weekly mon HH:MM` or a five-field cron expression. Articles published more than `max_age` before they are
    loaded are scanned and their alerts stored as suppressed.
    """

    name: str
    groups: tuple[str, ...]
    channels: tuple[str, ...]
    when: str = "now"
    quiet: Quiet | None = None
    min_confidence: float = 0.7
    min_mentions: int = 1
    max_age: timedelta = DEFAULT_MAX_AGE
