"""Who and what is tracked. Read from watchlist.yaml by flows.watchfile; compiled for scanning by warehouse.scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EntityKind = Literal["person", "company", "product", "organization"]


@dataclass(frozen=True, slots=True)
class Entity:
    """One tracked name with its other forms.

    `context`: words one of which must stand in the article before a form that is an ordinary word counts.
    `never`: longer strings inside which a form does not count (key `not` in watchlist.yaml). `sound`: whether a string
    that only sounds like the name may count (key `sound`).
    """

    kind: EntityKind
    name: str
    aliases: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    sound: bool = True

    @property
    def entity_id(self) -> str:
        """Readable and stable while kind and name stay: `person:杨植麟`."""
        return f"{self.kind}:{self.name}"
