"""The outlets: one small file each. BUILTIN are those that tanma.yaml can `use` without installing anything."""

from __future__ import annotations

from sources.outlets.feed import Feed
from sources.outlets.kr36 import Kr36
from sources.source import Source

BUILTIN: tuple[type[Source], ...] = (Kr36, Feed)
