"""The watchlist made searchable: every form of every name in one automaton, with what is known of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from warehouse.scan.families import family_name, short_forms, surname
from warehouse.scan.findings import How
from warehouse.scan.fold import folded, is_han, is_wordy
from warehouse.scan.latin import Spellings
from warehouse.scan.segment import Segmenter
from warehouse.scan.sounds import SoundIndex
from warehouse.scan.strings import Strings
from warehouse.scan.uses import Use
from warehouse.scan.words import Ordinary, dictionary_word, known_companies, known_words, ordinary_words
from warehouse.watchlist import Entity, EntityKind

_ALONE = 3  # characters from which a foreign family name counts without the full name
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HYPHEN = re.compile(r"(?<=\w)[-‐‑](?=\w)")


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One folded string worth finding and all the reasons why: as a name, as a longer word, as evidence."""

    text: str
    uses: tuple[Use, ...] = ()
    known: bool = False
    company: bool = False
    never_of: frozenset[str] = frozenset()
    context_of: frozenset[str] = frozenset()
    evidence_of: frozenset[str] = frozenset()
    ordinary: Ordinary | None = None
    han: int = 0
    bounded_left: bool = False
    bounded_right: bool = False

    @property
    def derived(self) -> bool:
        """Found only because it may shorten a name that stands before it."""
        return bool(self.uses) and all(use.derived for use in self.uses) and not self.known

    @property
    def distinctive(self) -> bool:
        """Long enough to mean one thing: four Chinese characters, five letters or two words, and no ordinary word."""
        return self.ordinary is None and (self.han >= 4 or (not self.han and (len(self.text) >= 5)))

    @property
    def sure(self) -> bool:
        """Says by itself that its entity is meant, so that it can vouch for the entity's weaker forms."""
        return self.ordinary is None and (self.han >= 2 or len(self.text) >= 3) and not self.text.isdigit()

    @property
    def likely(self) -> bool:
        """Sure, or a word that the news hardly ever uses but as the name: enough to lend its weight to an echo."""
        return self.sure or (self.ordinary is not None and self.ordinary.use == "rare")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A compiled watchlist. Depends on the set of entities alone, not on their order.

    `entities`: entity_id → Entity. `forms`: what is looked for, `strings` their texts in that order. `full_forms`: entity_id → the folded
    forms that are the watchlist's own or imply its name. `surnames`: entity_id → surname of the people that have one.
    """

    entities: Mapping[str, Entity]
    forms: tuple[Form, ...]
    strings: Strings = field(repr=False, compare=False)
    full_forms: Mapping[str, tuple[str, ...]]
    surnames: Mapping[str, str]
    segmenter: Segmenter = field(repr=False, compare=False)
    sounds: SoundIndex = field(repr=False, compare=False)
    spellings: Spellings = field(repr=False, compare=False)

    @classmethod
    def compile(cls, entities: Sequence[Entity]) -> Lexicon:
        """Never raises: a name that folds to nothing is passed over; equal entity_ids are merged."""
        ranked = sorted(set(entities), key=repr)
        drafts = _Drafts()
        for entity in ranked:
            drafts.add(entity)
        forms = drafts.finished()
        heard = tuple(_soundings(forms, silent={entity.entity_id for entity in ranked if not entity.sound}))
        by_id = {entity.entity_id: entity for entity in reversed(ranked)}
        return cls(
            entities=dict(sorted(by_id.items())),
            forms=forms,
            strings=Strings(form.text for form in forms),
            full_forms=_forms_by_entity(forms),
            surnames=_surnames(ranked),
            segmenter=_segmenter(forms),
            sounds=SoundIndex.compile(heard),
            spellings=Spellings(heard),
        )


class _Drafts:
    """Forms while they are being gathered: folded text → the reasons to find it."""

    def __init__(self) -> None:
        self.uses: dict[str, dict[str, Use]] = {}
        self.never: dict[str, set[str]] = {}
        self.context: dict[str, set[str]] = {}

    def add(self, entity: Entity) -> None:
        context = tuple(word for word in map(folded, entity.context) if word)
        for how, written, text in _spellings(entity):
            use = Use(entity.entity_id, entity.kind, how, written, context)
            known = self.uses.setdefault(text, {})
            if entity.entity_id not in known or how == "name":
                known[entity.entity_id] = use
        for written in (entity.name, *entity.aliases):
            family = family_name(written) if entity.kind == "person" else ""
            if family:
                short = len(family) < _ALONE
                use = Use(
                    entity.entity_id, entity.kind, "alias", entity.name, context, derived=short, implied=not short
                )
                self.uses.setdefault(family, {}).setdefault(entity.entity_id, use)
        for text in short_forms(folded(entity.name), entity.kind):
            use = Use(entity.entity_id, entity.kind, "alias", entity.name, context, derived=True)
            self.uses.setdefault(text, {}).setdefault(entity.entity_id, use)
        for word in context:
            self.context.setdefault(word, set()).add(entity.entity_id)
        for word in filter(None, map(folded, entity.never)):
            self.never.setdefault(word, set()).add(entity.entity_id)

    def finished(self) -> tuple[Form, ...]:
        # All that is known stands there whatever is tracked: a name that is not in a text must not change what is found.
        companies = known_companies() if self.uses else frozenset()
        known = known_words() - self.uses.keys() if self.uses else frozenset()
        ordinary = {text: word for text, word in ordinary_words().items() if text in self.uses or text in companies}
        evidence: dict[str, set[str]] = {}
        for word in ordinary.values():
            for helper in word.evidence if word.word in self.uses else ():
                evidence.setdefault(helper, set()).add(word.word)
        texts = {*self.uses, *self.never, *self.context, *evidence, *companies, *known}
        return tuple(
            Form(
                text=text,
                uses=tuple(sorted(self.uses.get(text, {}).values(), key=lambda use: use.entity_id)),
                known=text in known,
                company=text in companies,
                never_of=frozenset(self.never.get(text, ())),
                context_of=frozenset(self.context.get(text, ())),
                evidence_of=frozenset(evidence.get(text, ())),
                ordinary=ordinary.get(text) or _number(text) or self._dictionary_word(text),
                han=sum(map(is_han, text)),
                bounded_left=is_wordy(text[0]),
                bounded_right=is_wordy(text[-1]),
            )
            for text in sorted(texts)
        )

    def _dictionary_word(self, text: str) -> Ordinary | None:
        return dictionary_word(text) if text in self.uses else None


def _number(text: str) -> Ordinary | None:
    """A name of digits (360, 58) is a number first."""
    return Ordinary(text, "noun", ()) if text.isdigit() else None


def _spellings(entity: Entity) -> Iterator[tuple[How, str, str]]:
    """(how, as written, folded) of the name, its aliases, and the ways Latin names are also spaced."""
    name = folded(entity.name)
    for written in (entity.name, *entity.aliases):
        for spelling in (written, *_respaced(written, entity.kind)):
            text = folded(spelling)
            if text:
                yield "name" if text == name else "alias", written, text


def _respaced(name: str, kind: EntityKind) -> Iterator[str]:
    """`OpenAI` is also written Open AI, `Scale AI` ScaleAI, `GPT-4` GPT 4 and GPT4; people keep their spaces."""
    if not name.isascii():
        return
    camel = _CAMEL.sub(" ", name)
    if min(map(len, camel.split()), default=0) >= 2:
        yield camel
    if kind != "person" and " " in name and len(name) >= 7:
        yield name.replace(" ", "")
    if _HYPHEN.search(name):
        yield _HYPHEN.sub(" ", name)
        yield _HYPHEN.sub("", name)


def _segmenter(forms: Iterable[Form]) -> Segmenter:
    chinese = [form for form in forms if form.uses and form.han == len(form.text) > 1]
    household = (form.text for form in chinese if form.ordinary is None)
    return Segmenter((form.text for form in chinese), known_companies().intersection(household))


def _surnames(entities: Iterable[Entity]) -> dict[str, str]:
    people = ((e.entity_id, surname(folded(e.name))) for e in entities if e.kind == "person")
    return {entity_id: family for entity_id, family in people if family}


def _soundings(forms: Iterable[Form], silent: set[str]) -> Iterator[tuple[str, Use]]:
    """The forms that may be heard: not those that are verbs or modifiers (得到 统一), nor what the user switched off."""
    for form in forms:
        if form.ordinary is None or form.ordinary.use not in ("verb", "mixed"):
            for use in form.uses:
                if use.entity_id not in silent and (use.kind == "person" or not use.derived):
                    yield form.text, use


def _forms_by_entity(forms: Iterable[Form]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for form in forms:
        for use in form.uses:
            if not use.derived:
                found.setdefault(use.entity_id, []).append(form.text)
    return {entity_id: tuple(texts) for entity_id, texts in found.items()}
