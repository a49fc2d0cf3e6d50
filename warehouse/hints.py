"""What the word lists know of a name that is an ordinary word. Needs no database."""

from __future__ import annotations

from warehouse.scan.fold import folded
from warehouse.scan.words import ordinary_words
from warehouse.watchlist import Entity


def shipped_context(entity: Entity, form: str) -> tuple[str, ...]:
    """The evidence of the word's best-known bearer, none of it a form of the name itself; Chinese words first."""
    key = folded(form)
    word = ordinary_words().get(key)
    own = {folded(one) for one in (entity.name, *entity.aliases)}
    evidence = word.evidence if word else ()
    return tuple(sorted((one for one in evidence if key not in one and one not in own), key=str.isascii))
