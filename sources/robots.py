"""robots.txt by RFC 9309: what one host's file lets us read, and how fast. Reading it is the client's work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

from protego import Protego

VALID_FOR = timedelta(hours=24)  # RFC 9309, 2.4
MAX_CHARS = 500 * 1024  # RFC 9309, 2.5: what a crawler must at least read
LONGEST_DELAY = timedelta(seconds=60)  # some files ask for an hour, which would mean never


@dataclass(frozen=True, slots=True)
class RobotsText:
    """A robots.txt as last read. `host` has its port when that is unusual; `text` is empty unless `status` is 200."""

    host: str
    text: str
    status: int
    fetched_at: datetime

    def valid(self, now: datetime) -> bool:
        return timedelta() <= now - self.fetched_at < VALID_FOR


class Robots:
    """The rules in one RobotsText for one crawler. `token` is the product token of its user agent."""

    def __init__(self, known: RobotsText, token: str) -> None:
        self.known = known
        self._token = token.lower()
        self._rules = Protego.parse(known.text[:MAX_CHARS].lstrip("\ufeff"))

    def allows(self, url: str) -> bool:
        """A missing file (4xx) allows everything (RFC 9309, 2.3.1.3)."""
        return bool(self._rules.can_fetch(url, self._token))

    @property
    def delay(self) -> timedelta:
        """The crawl-delay it asks for, at most a minute; zero when it asks for none."""
        seconds = self._rules.crawl_delay(self._token)
        if seconds is None or not isfinite(seconds) or seconds < 0:
            return timedelta()
        return timedelta(seconds=min(seconds, LONGEST_DELAY.total_seconds()))


def product_token(user_agent: str) -> str:
    """The name that robots.txt calls a crawler by: `Tanma` in `Tanma/0.1 (+https://…)` (RFC 9309, 2.2.1)."""
    found = re.match(r"[A-Za-z_-]+", user_agent)
    return found[0] if found else "*"
