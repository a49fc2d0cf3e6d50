"""What `tanma check` says of names that are ordinary words: with figures from the stored articles where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sources.errors import WarehouseError
from warehouse.hints import shipped_context
from warehouse.scan.fold import folded
from warehouse.scan.words import ordinary_words
from warehouse.watchlist import Entity

if TYPE_CHECKING:
    from warehouse.wordcheck import WordUse

DAYS = 90
_LIKELY = ("name", "rare", "brand")  # words that the news mostly use as the name
_MEASURED = 40  # forms whose figures are asked for, a name that ordinary words mostly are not coming last
_OFTEN = 3  # articles in which a likely name stood and could not be told before that is worth a warning

_WORDS = 5  # suggested for `context`

Place = tuple[int, str]  # which entity of the watchlist, and its folded form


def word_warnings(entities: Sequence[Entity], warehouse: Path | None, now: datetime | None) -> Mapping[Place, str]:
    """The warnings by where they belong. `warehouse` None, or nothing published there: without figures.

    A word that is mostly the name in the news (小米) is warned of only where it often could not be told.
    """
    words = ordinary_words()
    places: dict[Place, str] = {}
    for index, entity in enumerate(entities):
        if not entity.context:
            for form in reversed((entity.name, *entity.aliases)):
                if len(folded(form)) > 1 and folded(form) in words:
                    places[index, folded(form)] = form
    weak = {place for place in places if words[place[1]].use not in _LIKELY}
    uses, note = _measured(entities, places, weak, warehouse, now)
    said: dict[Place, str] = {}
    for place, form in places.items():
        use = uses.get(place)
        if use is not None and (use.fired or use.unsure) and (place in weak or _often_unsure(use)):
            said[place] = _with_figures(use, note)
        elif place in weak:
            said[place] = f"{form} is an ordinary word too: {_wish(shipped_context(entities[place[0]], form)[:_WORDS])}"
    return said


def _measured(
    entities: Sequence[Entity],
    places: Mapping[Place, str],
    weak: set[Place],
    warehouse: Path | None,
    now: datetime | None,
) -> tuple[dict[Place, WordUse], str]:
    """The figures of the first places, and what is to be said of their limits."""
    if not places or warehouse is None or now is None or not (warehouse / "tanma.duckdb").exists():
        return {}, ""
    from warehouse.query import open_published  # late: DuckDB, which a check without figures does not need
    from warehouse.wordcheck import MOST_ARTICLES, word_uses

    asked = sorted(places, key=lambda place: (place not in weak, place))[:_MEASURED]
    with suppress(WarehouseError), open_published(warehouse) as con:  # `tanma doctor` tells what is wrong with it
        forms = [(entities[index], places[index, key]) for index, key in asked]
        uses, capped = word_uses(con, entities, forms, now - timedelta(days=DAYS))
        note = f" (of the newest {MOST_ARTICLES:,} articles that hold such words)" if capped else ""
        return dict(zip(asked, uses, strict=True)), note
    return {}, ""


def _often_unsure(use: WordUse) -> bool:
    return use.unsure_articles >= max(_OFTEN, use.fired)


def _with_figures(use: WordUse, note: str) -> str:
    return (
        f"{use.form} is an ordinary word too: in the last {DAYS} days it alone would have alerted in {use.fired} "
        f"articles, and stood there {use.unsure} times without counting{note}; {_wish(use.context)}"
    )


def _wish(context: Sequence[str]) -> str:
    such = f", such as [{', '.join(context)}]" if context else ""
    return f"`context` can say what marks it as a name{such}"
