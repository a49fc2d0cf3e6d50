"""`alerts:` of tanma.yaml: each item as a rule. What its words under `for` mean, flows.selection tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from flows.configkeys import EVERYONE, RuleItem
from flows.watchfile import fold
from flows.yamlfile import Document, nearest
from flows.yamltree import KeyPath
from warehouse.rules import Rule

SECTION = "alerts"


class RuleReader:
    """Reads the items and notes their problems in the document. `channels`: the known ones; `usual`: those of a rule
    without `to`. `words`: where rules name whom they are for, and how; only the watchlist knows whether that exists."""

    def __init__(self, document: Document, channels: Collection[str], usual: Sequence[str]) -> None:
        self.words: list[tuple[KeyPath, str]] = []
        self._document = document
        self._channels = channels
        self._usual = tuple(usual)

    def read(self, items: Any) -> list[Rule]:
        """The rules in the order of the file; without any, the one that tells everything to the usual channels."""
        if not isinstance(items, list):
            message = "expected a list of rules: `- {for: all, to: [desk], when: now}`"
            self._document.problem((SECTION,), message)
            return []
        if not items:
            return [Rule(name=EVERYONE, groups=(), channels=self._usual)]
        rules: list[Rule] = []
        lines: dict[str, int | None] = {}
        for index, item in enumerate(items):
            path: KeyPath = (SECTION, index)
            rule = self._rule(item, path)
            if rule is None:
                continue
            if rule.name in lines:
                message = (
                    f"the rule in line {lines[rule.name]} is called {rule.name} too: "
                    "give this one a `name` of its own, by which its alerts are told apart"
                )
                self._document.problem((*path, "name"), message)
            lines.setdefault(rule.name, self._document.line(path))
            rules.append(rule)
        return rules

    def _rule(self, item: Any, path: KeyPath) -> Rule | None:
        self._check_channels(item, path)
        keys = self._document.validated(RuleItem, item, path)
        if keys is None:
            return None
        self._check_outlets(keys, path)
        words = () if EVERYONE in keys.groups else tuple(dict.fromkeys(keys.groups))
        listed = isinstance(item.get("for"), list)
        places = {word: (*path, "for", index) if listed else (*path, "for") for index, word in enumerate(keys.groups)}
        self.words.extend((places[word], word) for word in words)
        named = tuple(dict.fromkeys(keys.channels or ()))
        return Rule(
            name=keys.name or _rule_name(words, named),
            groups=words,
            channels=named or self._usual,
            when=keys.when,
            quiet=keys.quiet.value,
            min_confidence=keys.at_least.confidence,
            min_mentions=keys.at_least.mentions,
            max_age=keys.max_age,
            central=keys.at_least.central,
            outlets=tuple(dict.fromkeys(keys.outlets or ())),
            not_outlets=tuple(dict.fromkeys(keys.not_outlets or ())),
            cooldown=keys.cooldown or timedelta(0),
            severity=keys.severity,
            timezone=keys.timezone,
            mention=tuple(dict.fromkeys(keys.mention or ())),
        )

    def _check_channels(self, item: Any, path: KeyPath) -> None:
        """Note channels in `to` that do not exist, whatever else is wrong with the rule."""
        to = item.get("to") if isinstance(item, dict) else None
        for index, name in enumerate([to] if isinstance(to, str) else to if isinstance(to, list) else []):
            where = (*path, "to", index) if isinstance(to, list) else (*path, "to")
            if isinstance(name, str) and name.strip() and name.strip() not in self._channels:
                near = nearest(name, self._channels)
                wish = f"did you mean {near}?" if near else f"known are {', '.join(self._channels)}"
                self._document.problem(where, f"no channel is called {self._document.shown(where)}; {wish}")

    def _check_outlets(self, keys: RuleItem, path: KeyPath) -> None:
        out = {fold(name) for name in keys.not_outlets or ()}
        both = [name for name in keys.outlets or () if fold(name) in out]
        if both:
            self._document.problem(
                (*path, "not_outlets"), f"{', '.join(both)} stands under `outlets` too: take one out"
            )


def _rule_name(words: Sequence[str], channels: Sequence[str]) -> str:
    """`大模型→desk`: from what the rule says, whatever its order and place, so that its alerts stay known as sent.

    Without `to` it is `大模型` alone, and stays so when a channel is added.
    """
    who = "+".join(sorted(words)) or EVERYONE
    return f"{who}→{'+'.join(sorted(channels))}" if channels else who
