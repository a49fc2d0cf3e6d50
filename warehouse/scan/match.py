"""Where the lexicon's forms stand in one text: between word boundaries, longest first."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from warehouse.scan.families import titled
from warehouse.scan.fold import Folded, fold, is_han, is_wordy
from warehouse.scan.lexicon import Form, Lexicon
from warehouse.scan.uses import Use

_ADDRESS = re.compile(
    r"(?:https?://|www\.).+|[a-z0-9._+-]+@[a-z0-9.-]+"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|io|ai|dev|app|tv)(?![a-z0-9])(?:[/:?].*)?"
)
_ADDRESS_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._+-@:/?&=#%~")
_ADDRESS_REACH = 200  # characters either side of a name in which an address is looked for
_LONGEST_NEVER = 200  # characters of a `not` string that are looked back
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两")
_GAP_REACH = 8  # characters; the segmenter looks no further
_SHORT = 3  # characters of a Chinese name up to which the words around it are asked
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2})?(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Hit:
    """A form where it stands; offsets in the folded text."""

    start: int
    end: int
    form: Form

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Reading:
    """One text and what was found in it.

    `hits`: tracked names that no longer string swallows, in reading order. `lost`: tracked names that fell at a
    boundary or to a longer string, with the reason. `nevers`: the user's `not` strings. `companies`: well-known or
    tracked names of companies and products, as evidence. `words`: every form that stands as context or evidence.
    `named`: entity_id → where its full name stands first; -1 when that is before this text. `covered`: what names and
    known words take up, as (start, end).
    """

    original: str
    folded: Folded
    hits: tuple[Hit, ...] = ()
    lost: tuple[tuple[Hit, str], ...] = ()
    nevers: tuple[Hit, ...] = ()
    companies: tuple[Hit, ...] = ()
    words: frozenset[Form] = field(default=frozenset())
    named: Mapping[str, int] = field(default_factory=dict)
    covered: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        return self.folded.text

    @cached_property
    def company_starts(self) -> dict[int, Hit]:
        return {hit.start: hit for hit in self.companies}

    @cached_property
    def company_ends(self) -> dict[int, Hit]:
        return {hit.end: hit for hit in self.companies}

    def never(self, hit: Hit, use: Use) -> str:
        """The user's `not` string that holds this hit; empty if none does."""
        return _never(self.nevers, hit, use)

    @cached_property
    def spaced(self) -> bool:
        """Whether spaces stand between Chinese words all over, as machine transcripts have them."""
        return is_spaced(self.folded)


def read(lexicon: Lexicon, original: str, named: Iterable[str] = ()) -> Reading:
    """Every form of the lexicon in a text. `named`: entity_ids whose full name stands before it, in the title."""
    text = fold(original)
    if not lexicon.forms or not text.text:
        return Reading(original, text)
    first_named = dict.fromkeys(named, -1)
    rivals: list[Hit] = []
    lost: list[tuple[Hit, str]] = []
    nevers: list[Hit] = []
    companies: list[Hit] = []
    words: set[Form] = set()
    forms = lexicon.forms
    for index, start, end in lexicon.strings.found(text.text):
        form = forms[index]
        hit = Hit(start, end, form)
        why = _unbounded(text.text, hit)
        if why:
            if form.uses and len(form.text) > 1:
                lost.append((hit, why))
            continue
        if form.uses or form.known:
            rivals.append(hit)
        if form.never_of:
            nevers.append(hit)
        if form.company:
            companies.append(hit)
        if form.context_of or form.evidence_of:
            words.add(form)
    derived = [hit for hit in rivals if hit.form.derived]
    kept, swallowed, cut = _standing(lexicon, text, [hit for hit in rivals if not hit.form.derived])
    held = _sorted(nevers)
    for hit in kept:
        for use in hit.form.uses:
            if not use.derived and (use.how == "name" or hit.form.sure) and not _never(held, hit, use):
                first_named.setdefault(use.entity_id, hit.start)
    late = [hit for hit in derived if _named_before(hit, first_named)]
    if late:
        kept, swallowed, cut = _standing(lexicon, text, [*(hit for hit in rivals if not hit.form.derived), *late])
    whole = {at for hit in kept if hit.form.uses for at in range(hit.start, hit.end)}
    for hit in derived:
        if not _named_before(hit, first_named) and hit.start not in whole:
            lost.append((hit, f"may be short for {hit.form.uses[0].written}, which has not been named before"))
    hits, addressed = _outside_addresses(text.text, [hit for hit in kept if hit.form.uses])
    hits = sorted([*hits, *_titled(lexicon, text.text, kept, hits, first_named)], key=lambda hit: hit.start)
    companies += [
        hit for hit in hits if hit.form.sure and any(use.kind != "person" and not use.derived for use in hit.form.uses)
    ]
    return Reading(
        original,
        text,
        hits=tuple(hits),
        lost=tuple(sorted([*lost, *swallowed, *addressed, *cut], key=lambda pair: (pair[0].start, pair[0].end))),
        nevers=held,
        companies=_sorted(companies),
        words=frozenset(words),
        named=first_named,
        covered=tuple((hit.start, hit.end) for hit in (*kept, *hits, *companies) if hit.form.uses or hit.size > 2),
    )


def _never(nevers: Sequence[Hit], hit: Hit, use: Use) -> str:
    """The user's `not` string that holds this hit; empty if none does."""
    last = bisect_right(nevers, hit.start, key=attrgetter("start"))
    for at in range(last - 1, -1, -1):
        never = nevers[at]
        if hit.end <= never.end and use.entity_id in never.form.never_of:
            return never.form.text
        if hit.start - never.start > _LONGEST_NEVER:
            break
    return ""


def _named_before(hit: Hit, named: Mapping[str, int]) -> bool:
    return any(named.get(use.entity_id, hit.start) < hit.start for use in hit.form.uses)


_Lost = list[tuple[Hit, str]]


def _standing(lexicon: Lexicon, text: Folded, rivals: list[Hit]) -> tuple[list[Hit], _Lost, _Lost]:
    """(what stands, what it swallows, what falls between words). Where a winner falls, its rivals are asked again."""
    cut: _Lost = []
    while True:
        kept, swallowed = _longest(rivals)
        fallen = _between_words(lexicon, text, kept)
        if not fallen:
            return kept, swallowed, cut
        cut += fallen
        gone = {(hit.start, hit.form.text) for hit, _ in fallen}
        rivals = [hit for hit in rivals if (hit.start, hit.form.text) not in gone]


def _between_words(lexicon: Lexicon, text: Folded, hits: Iterable[Hit]) -> _Lost:
    """Short Chinese names that do not stand between words: 国王|兴建 holds no 王兴.

    In a machine transcript the spaces say where words end.
    """
    spaced = is_spaced(text)
    cut: _Lost = []
    for hit in hits:
        if not hit.form.uses or hit.form.han != hit.size or not 2 <= hit.size <= _SHORT:
            continue
        floor, ceiling = (_gap_before(text, hit.start), _gap_after(text, hit.end)) if spaced else (0, None)
        over = lexicon.segmenter.crossing(text.text, hit.start, hit.end, floor, ceiling)
        if over:
            part = "|" not in over and hit.form.text in over
            cut.append((hit, f"part of the word {over}" if part else f"across the words {over}"))
    return cut


def is_spaced(text: Folded) -> bool:
    """Whether spaces stand between Chinese words all over, as machine transcripts have them."""
    return text.gaps > 3 and text.gaps * 6 > len(text.text)


def gap_at(text: Folded, at: int) -> bool:
    """Whether the original has a space, or an end, before folded character `at`."""
    return at <= 0 or at >= len(text.text) or text.starts[at] > text.ends[at - 1]


def _gap_before(text: Folded, start: int) -> int:
    at = start
    while not gap_at(text, at) and start - at < _GAP_REACH:
        at -= 1
    return at


def _gap_after(text: Folded, end: int) -> int:
    at = end
    while not gap_at(text, at) and at - end < _GAP_REACH:
        at += 1
    return at


def _titled(
    lexicon: Lexicon, text: str, kept: Iterable[Hit], hits: Iterable[Hit], first_named: Mapping[str, int]
) -> Iterator[Hit]:
    """杨总, 徐教授: of people whose full name stands before."""
    surnames = lexicon.surnames
    people = [(at, entity_id) for entity_id, at in first_named.items() if at < 0 and entity_id in surnames]
    for hit in hits:
        people += [(hit.start, u.entity_id) for u in hit.form.uses if not u.derived and u.entity_id in surnames]
    if not people:
        return
    by_surname: dict[str, list[tuple[int, str]]] = {}
    for at, entity_id in sorted(people):
        by_surname.setdefault(surnames[entity_id], []).append((at, entity_id))
    taken = bytearray(len(text))
    for hit in kept:
        taken[hit.start : hit.end] = b"\x01" * hit.size
    for start, end, entity_id in titled(text, by_surname):
        if not any(taken[start:end]):
            name = lexicon.entities[entity_id].name
            use = Use(entity_id, "person", "alias", name, derived=True)
            yield Hit(start, end, Form(text[start:end], (use,), han=end - start))


def _sorted(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple(sorted(hits, key=lambda hit: (hit.start, hit.end)))


def _unbounded(text: str, hit: Hit) -> str:
    """Why a form is only a piece of a word here; empty when it is not. A Chinese neighbour is a boundary."""
    form = hit.form
    before = text[hit.start - 1] if hit.start else "\n"
    after = text[hit.end] if hit.end < len(text) else "\n"
    if form.bounded_left and (is_wordy(before) or _decimal(text[max(0, hit.start - 2) : hit.start + 1])):
        return f"inside the word {_word(text, hit)}"
    if form.bounded_right:
        if is_wordy(after) and not (_letters(form) >= 4 and _VERSION.match(text, hit.end)):
            return f"inside the word {_word(text, hit)}"
        if _decimal(text[hit.end - 1 : hit.end + 2]):
            return f"inside the number {_word(text, hit)}"
    if (before in _NUMERALS and form.text[0] in _NUMERALS) or (after in _NUMERALS and form.text[-1] in _NUMERALS):
        return "inside a number"
    if form.han == len(form.text) == 1 and (is_han(before) or is_han(after)):
        return "a single character inside other Chinese"
    return ""


def _letters(form: Form) -> int:
    """Length of a form that ends in a letter; 0 for one that ends in a digit, which no version number may follow."""
    return 0 if form.text[-1].isdigit() else len(form.text)


def _decimal(around: str) -> bool:
    return len(around) == 3 and around[1] == "." and around[0].isdigit() and around[2].isdigit()


def _word(text: str, hit: Hit) -> str:
    start, end = hit.start, hit.end
    while start and is_wordy(text[start - 1]) and hit.start - start < 30:
        start -= 1
    while end < len(text) and (is_wordy(text[end]) or text[end] == ".") and end - hit.end < 30:
        end += 1
    return text[start:end].rstrip(".")


def _longest(rivals: list[Hit]) -> tuple[list[Hit], list[tuple[Hit, str]]]:
    """Of strings that overlap the longest stands, of equally long ones the first, but a shortened name only where
    nothing else does; the others are lost to it. What stands are names and known words, in order."""
    hits: list[Hit] = []
    lost: list[tuple[Hit, str]] = []
    for group in _overlapping(rivals):
        kept: list[Hit] = []
        owners: dict[int, Hit] = {}  # what stands is longer, or as long: an overlap shows at one end of the other
        for hit in sorted(group, key=lambda h: (h.form.derived, -h.size, h.start)):
            winner = owners.get(hit.start) or owners.get(hit.end - 1) or _within(owners, hit)
            if winner is None:
                kept.append(hit)
                owners.update(dict.fromkeys(range(hit.start, hit.end), hit))
            elif hit.form.uses and not _same_entity(hit.form, winner.form):
                part = winner.start <= hit.start and hit.end <= winner.end
                lost.append((hit, f"{'part of' if part else 'overlaps'} {winner.form.text}"))
        hits += sorted(kept, key=lambda h: h.start)
    return hits, lost


def _within(owners: Mapping[int, Hit], hit: Hit) -> Hit | None:
    """A shortened name gives way also to a shorter one inside it."""
    return next((owners[at] for at in range(hit.start, hit.end) if at in owners), None) if hit.form.derived else None


def _same_entity(shorter: Form, longer: Form) -> bool:
    return {use.entity_id for use in shorter.uses} <= {use.entity_id for use in longer.uses}


def _overlapping(hits: Iterable[Hit]) -> Iterator[list[Hit]]:
    group: list[Hit] = []
    reach = -1
    for hit in sorted(hits, key=lambda h: (h.start, h.end)):
        if group and hit.start >= reach:
            yield group
            group = []
        group.append(hit)
        reach = max(reach, hit.end) if len(group) > 1 else hit.end
    if group:
        yield group


def _outside_addresses(text: str, hits: list[Hit]) -> tuple[list[Hit], list[tuple[Hit, str]]]:
    """A name inside a web or mail address is not a mention; a name that is itself one (character.ai) is."""
    outside: list[Hit] = []
    inside: list[tuple[Hit, str]] = []
    for hit in hits:
        if not hit.form.han and _in_address(text, hit):
            inside.append((hit, "inside a web or mail address"))
        elif not hit.form.han and _dotted_on(text, hit.end):
            inside.append((hit, f"inside the word {_word(text, hit)}"))
        else:
            outside.append(hit)
    return outside, inside


def _dotted_on(text: str, end: int) -> bool:
    """Block.one is not Block."""
    return text[end : end + 1] == "." and text[end + 1 : end + 3].isascii() and text[end + 1 : end + 3].isalpha()


def _in_address(text: str, hit: Hit) -> bool:
    start, end = hit.start, hit.end
    while start and text[start - 1] in _ADDRESS_CHARACTERS and hit.start - start < _ADDRESS_REACH:
        start -= 1
    while end < len(text) and text[end] in _ADDRESS_CHARACTERS and end - hit.end < _ADDRESS_REACH:
        end += 1
    while start < hit.start and not text[start].isalnum():
        start += 1  # the colon before an address is none of it
    if end - start == hit.size:
        return False
    address = _ADDRESS.match(text[start:end])
    return address is not None and address.end() >= hit.end - start and address.end() > hit.size
