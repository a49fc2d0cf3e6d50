"""Whether an article is about a name or only passes by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from warehouse.scan.findings import ALERTING_ROLES, Mention

_SURE = 0.6  # mentions below this weigh nothing
_LEAD = 0.1  # of the text, or at least _LEAD_CHARS characters: where an article says what it is about
_LEAD_CHARS = 200
_OFTEN = 3
_PARTS = 4  # equal parts of the text; a central name stands in at least half of them
_TURNS = 3


def weighed(mentions: Iterable[Mention], chars: int) -> tuple[Mention, ...]:
    """The mentions with `central` filled in, the same for all of one entity. `chars`: length of the text.

    Central is whom the title names, who answers in an interview, and who is named often: at least three times, both in
    the lead and in half of the text's quarters.
    """
    mentions = tuple(mentions)
    by_entity: dict[str, list[Mention]] = {}
    for mention in mentions:
        if mention.role in ALERTING_ROLES and mention.confidence >= _SURE:
            by_entity.setdefault(mention.entity_id, []).append(mention)
    central = {entity_id for entity_id, own in by_entity.items() if _is_central(own, chars)}
    return tuple(replace(m, central=True) if m.entity_id in central else m for m in mentions)


def _is_central(own: list[Mention], chars: int) -> bool:
    if any(mention.role == "title" for mention in own):
        return True
    if sum(mention.role == "speaker" for mention in own) >= _TURNS:
        return True
    places = [mention.start_char for mention in own if mention.start_char is not None]
    lead = max(_LEAD_CHARS, int(chars * _LEAD))
    parts = {place * _PARTS // max(1, chars) for place in places}
    return len(places) >= _OFTEN and min(places) < lead and (len(parts) * 2 >= _PARTS or chars <= 4 * _LEAD_CHARS)
