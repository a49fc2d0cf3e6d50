"""How long things are kept. Read from `keep:` in tanma.yaml by flows.config; warehouse.retention goes by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from sources.article import Kind


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept; None: for ever. `kinds`: articles by their kind, for ever when it is not there.

    An article's age is counted from the moment at which its newest version was stored.
    """

    fetches: timedelta | None = timedelta(days=90)
    runs: timedelta | None = timedelta(days=365)
    lists: timedelta | None = timedelta(days=90)
    versions: timedelta | None = None
    kinds: Mapping[Kind, timedelta | None] = field(default_factory=lambda: MappingProxyType({}))
