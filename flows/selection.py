"""Whom a rule is for: each word of its `for` is a group of the watchlist, one of its names, or a kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.watchfile import SECTION_OF, SECTIONS, fold
from flows.yamlfile import nearest
from warehouse.rules import Rule
from warehouse.watchlist import Entity, EntityKind

_NAMED = 5  # groups listed in one message


class Selection:
    """What a word of `for` can mean with this watchlist. A group wins over a name of the same spelling, and both over
    a kind; an entity_id says which name is meant where several are spelt the same."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._groups = {group: None for entity in entities for group in entity.groups}
        self._names: dict[str, list[Entity]] = {}
        self._aliases: dict[str, Entity] = {}
        self._spellings: list[str] = []
        for entity in entities:
            self._spellings += (entity.name, entity.entity_id)
            for spelling in dict.fromkeys((fold(entity.name), fold(entity.entity_id))):
                self._names.setdefault(spelling, []).append(entity)
            for alias in entity.aliases:
                self._aliases.setdefault(fold(alias), entity)

    def resolved(self, rule: Rule) -> Rule:
        """The rule with each of its words where it belongs. One that is unknown stays among the groups, where it
        fits nobody: a rule whose words all went would be for everybody."""
        groups: list[str] = []
        kinds: list[EntityKind] = [*rule.kinds]
        entity_ids: list[str] = [*rule.entity_ids]
        for word in rule.groups:
            if word not in self._groups and (named := self._names.get(fold(word))):
                entity_ids += [entity.entity_id for entity in named]
            elif word not in self._groups and word in SECTIONS:
                kinds.append(SECTIONS[word])
            else:
                groups.append(word)
        return replace(
            rule,
            groups=tuple(groups),
            kinds=tuple(dict.fromkeys(kinds)),
            entity_ids=tuple(dict.fromkeys(entity_ids)),
        )

    def why_unknown(self, word: str, shown: str) -> str:
        """What is wrong with a word of `for`, which messages show as `shown`; empty when it is known."""
        if word in self._groups or fold(word) in self._names or word in SECTIONS:
            return ""
        if (owner := self._aliases.get(fold(word))) is not None:
            return f"{shown} is no name but an alias of {owner.entity_id}: write {owner.name}"
        known = [*self._groups, *SECTIONS, *self._spellings]
        near = next((SECTION_OF[kind] for kind in SECTION_OF if kind == word.casefold()), "") or nearest(word, known)
        return f"no group, name or kind of the watchlist is called {shown}; " + (
            f"did you mean {near}?" if near else self._known()
        )

    def shadowed(self, word: str) -> list[Entity]:
        """The names of the same spelling over which a group wins; none when the word is no group."""
        return self._names.get(fold(word), []) if word in self._groups else []

    def _known(self) -> str:
        groups, more = list(self._groups)[:_NAMED], len(self._groups) - _NAMED
        listed = ", ".join(groups) + (f" and {more} more" if more > 0 else "")
        kinds = f"kinds are {', '.join(SECTIONS)}"
        return f"groups are {listed}; {kinds}" if groups else f"there is no group; {kinds}"
