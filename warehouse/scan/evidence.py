"""What speaks for a doubtful name: the article as a whole, and the words beside it. All on folded text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from warehouse.scan import cues
from warehouse.scan.fold import is_han
from warehouse.scan.lexicon import Form
from warehouse.scan.match import Hit, Reading, gap_at
from warehouse.scan.segment import part_of_speech, plain_words, word_set
from warehouse.scan.uses import Use
from warehouse.scan.words import WordClass

_REACH = 16  # characters looked at on either side
_LIST_REACH = 60
_NAMES: frozenset[WordClass] = frozenset(("name", "rare", "latin", "brand"))
_SENTENCE_ENDS = "\n。!?;"
_SENTENCE_REACH = 120
_FOODS = word_set("苹果 小米 番茄 核桃 荔枝 糯米 土豆 坚果 薄荷 大麦 豆包 黑芝麻")
_NEUTRAL_VERBS = word_set("有 是 在 会 要 说 来 去 到 做 想 能 让 把 开 卖 成为 成立 成")
_CLOSERS = " \"'《》「」()[]"


@dataclass(frozen=True, slots=True)
class Facts:
    """What title and text together hold. Keys are entity_ids, but for `words`, whose are ordinary words.

    `companies` are the companies and products whose names are no ordinary words, `invented` the people whose name the
    article gives to somebody else as a made-up one.
    """

    forms: dict[str, set[Form]]
    context: dict[str, set[str]]
    words: dict[str, set[str]]
    companies: set[Form]
    invented: set[str]

    def vouching(self, use: Use, form: Form) -> str:
        """Another form of the entity that says by itself that it is meant, longest first; empty if none stands."""
        others = [other.text for other in self.forms.get(use.entity_id, ()) if other is not form and other.sure]
        return max(sorted(others), key=len, default="")

    def likely(self, entity_id: str) -> bool:
        """Whether a form that most likely means the entity stands in the article."""
        return any(form.likely for form in self.forms.get(entity_id, ()))

    def helper(self, form: Form) -> str:
        """A word that belongs to the best-known bearer of an ordinary name; empty if none stands."""
        return min(self.words.get(form.text, ()), default="")

    def company_kept(self, use: Use) -> int:
        """How many companies and products stand in the article beside the entity itself."""
        return sum(all(other.entity_id != use.entity_id for other in form.uses) for form in self.companies)


def gather(readings: Iterable[Reading]) -> Facts:
    """The facts of an article from its title and its text."""
    facts = Facts({}, {}, {}, set(), set())
    for reading in readings:
        for hit in reading.hits:
            for use in hit.form.uses:
                if not use.derived and not reading.never(hit, use):
                    facts.forms.setdefault(use.entity_id, set()).add(hit.form)
                if use.kind == "person" and cues.AFTER_INVENTED.match(reading.text, hit.end):
                    facts.invented.add(use.entity_id)
        facts.companies.update(hit.form for hit in reading.companies if hit.form.ordinary is None)
        for form in reading.words:
            for entity_id in form.context_of:
                facts.context.setdefault(entity_id, set()).add(form.text)
            for word in form.evidence_of:
                facts.words.setdefault(word, set()).add(form.text)
    return facts


def beside(reading: Reading, hit: Hit, use: Use, word_class: WordClass) -> str:
    """In words, what stands beside an ordinary word and makes it a name; empty if nothing does."""
    before, after = _around(reading.text, hit)
    if use.kind == "person":
        if cues.LABELLED.match(after) and not before.rstrip(" \n")[-1:].isalnum() and before[-1:] in ("", "\n"):
            return "as the label of a speaker"
        return _beside_person(before, after)
    return (
        _affix(before, after, word_class, reading.text[hit.end : hit.end + _LIST_REACH])
        or _subject(reading.text, hit, word_class)
        or _in_company(reading, hit, word_class)
        or _quoted(before, after, use, word_class)
    )


def reads_as_word(reading: Reading, hit: Hit) -> str:
    """In words, why the sentence uses an ordinary word as one; empty when it may be the name.

    得到 before an object or an aspect, 统一 before another verb, 理想 after 的 or a pronoun, an English word in a phrase.
    """
    if hit.form.ordinary is None:
        return ""
    word_class = hit.form.ordinary.use
    before, after = _around(reading.text, hit)
    if word_class == "verb" and cues.AFTER_VERB.match(after):
        return "it has an object here"
    if word_class in ("verb", "mixed") and _before_verb(after):
        return "it goes with the verb behind it"
    if (
        word_class in ("verb", "mixed", "noun")
        and cues.BEFORE_OWNED.search(before)
        and not _affix_of(before, after, word_class)
    ):
        return f"after {before[-1]}"
    if word_class in ("latin", "brand"):
        if _in_phrase(reading, hit):
            return "part of an English phrase"
        if reading.original[slice(*reading.folded.span(hit.start, hit.end))].islower() and cues.BEFORE_ARTICLE.search(
            before
        ):
            return "one of several"
    return ""


def _affix_of(before: str, after: str, word_class: WordClass) -> bool:
    pairs = cues.AFFIXES[word_class]
    return bool(cues.AFTER_APP.match(after)) or any(b.search(before) or a.match(after) for b, a in pairs)


def _before_verb(after: str) -> bool:
    """Whether a verb follows that no company is the subject of in the news: 统一印在瓶盖上."""
    following = plain_words(after[:6])[:1] if after and is_han(after[0]) else []
    if not following or cues.FIRM_VERB.match(after):
        return False
    return part_of_speech(following[0]) in ("v", "vn") and following[0] not in _NEUTRAL_VERBS


def _in_phrase(reading: Reading, hit: Hit) -> bool:
    """Written small behind another English word: a sales target."""
    start, end = reading.folded.span(hit.start, hit.end)
    if not reading.original[start:end].islower():
        return False
    before = reading.original[:start].rstrip(" ")[-1:]
    return start > 0 and before.isascii() and before.isalpha() and before.islower()


def is_food(reading: Reading, hit: Hit) -> bool:
    """Somebody eats, cooks or weighs it: no company."""
    before = _around(reading.text, hit)[0]
    counted = hit.form.text in _FOODS and cues.BEFORE_COUNTED.search(before)
    return bool(counted or cues.BEFORE_EATEN.search(before))


def _around(text: str, hit: Hit) -> tuple[str, str]:
    return text[max(0, hit.start - _REACH) : hit.start], text[hit.end : hit.end + _REACH]


def _beside_person(before: str, after: str) -> str:
    found = cues.BEFORE_PERSON.search(before) or cues.AFTER_PERSON.match(after)
    return f"beside {found.group().strip(' ,:')}" if found and found.group().strip(" ,:") else ""


def _subject(text: str, hit: Hit, word_class: WordClass) -> str:
    """At the head of a clause, before what only a company does or has. An adverb (统一发布) needs something between."""
    if word_class == "verb" or not cues.CLAUSE_BEGINS.search(text[max(0, hit.start - 1) : hit.start]):
        return ""
    found = cues.AS_SUBJECT.match(text, hit.end, hit.end + _LIST_REACH)
    if found and (word_class != "mixed" or found["between"]):
        return f"as the subject of {found.group()[-4:]}"
    figures = cues.FIGURES.match(text, hit.end, hit.end + _LIST_REACH) if word_class != "mixed" else None
    return f"before its {figures.group()[-3:]}" if figures else ""


def _affix(before: str, after: str, word_class: WordClass, after_far: str) -> str:
    """A word directly beside it that only a company or product takes."""
    found = cues.AFTER_APP.match(after) or cues.BEFORE_OPENED.search(before)
    if not found and cues.BEFORE_PLACE.search(before):
        found = cues.AFTER_PLACE.match(after)
    if not found and cues.BEFORE_WORKPLACE.search(before):
        found = cues.AFTER_WORKPLACE.match(after)
    grammatical = word_class not in _NAMES and cues.BEFORE_GRAMMAR.search(before)
    if not found and not grammatical:
        for class_before, class_after in cues.AFFIXES[word_class]:
            found = found or class_before.search(before) or class_after.match(after)
    if not found and word_class != "verb":
        last = before.endswith("、") and cues.AFTER_COUNTED.match(after)
        if last or cues.AFTER_FIRMS.match(after_far):
            return "in a list of companies"
    return f"beside {found.group().strip(_CLOSERS)}" if found else ""


def _in_company(reading: Reading, hit: Hit, word_class: WordClass) -> str:
    """Named in one breath with another company (蔚来、小鹏、理想), or for a likely name, in one sentence."""
    text = reading.text
    if word_class == "verb" and "、" not in text[hit.start - 1 : hit.start] + text[hit.end : hit.end + 1]:
        return ""  # 成为与雀巢平起平坐的品牌
    before = cues.BEFORE_JOINT.search(text[max(0, hit.start - 4) : hit.start])
    if before or gap_at(reading.folded, hit.start):
        other = reading.company_ends.get(hit.start - (len(before.group()) if before else 0))
        if other is not None and other.form is not hit.form and _vouches(reading, other, hit):
            return f"named together with {other.form.text}"
    after = cues.AFTER_JOINT.match(text, hit.end)
    if after or gap_at(reading.folded, hit.end):
        other = reading.company_starts.get(after.end() if after else hit.end)
        if other is not None and other.form is not hit.form and _vouches(reading, other, hit):
            return f"named together with {other.form.text}"
    if cues.AFTER_SOLD.match(text, hit.end) and text[hit.start - 1 : hit.start] in (",", "、", ":", ";", "", "\n"):
        other = next((o for o in _same_sentence(reading, hit) if o.form.ordinary is None), None)
        if other is not None:
            return f"in a list of figures with {other.form.text}"
    if word_class in ("name", "rare", "brand"):
        other = next((o for o in _same_sentence(reading, hit) if o.form.ordinary is None), None)
        if other is not None:
            return f"in one sentence with {other.form.text}"
    return ""


def _vouches(reading: Reading, other: Hit, hit: Hit) -> bool:
    """Food beside food proves little (苹果、小米、玉米): then a third company must stand there."""
    likely = other.form.company and other.form.text not in _FOODS
    return other.form.ordinary is None or likely or len({o.form.text for o in _same_sentence(reading, hit)}) >= 2


def _same_sentence(reading: Reading, hit: Hit) -> list[Hit]:
    """The companies that stand in the hit's sentence beside it."""
    text = reading.text
    floor, ceiling = max(0, hit.start - _SENTENCE_REACH), min(len(text), hit.end + _SENTENCE_REACH)
    start = max(floor, *(text.rfind(end, floor, hit.start) for end in _SENTENCE_ENDS))
    end = min([ceiling, *(at for mark in _SENTENCE_ENDS if (at := text.find(mark, hit.end, ceiling)) >= 0)])
    first = bisect_left(reading.companies, start, key=attrgetter("start"))
    last = bisect_left(reading.companies, end, key=attrgetter("start"))
    return [
        other
        for other in reading.companies[first:last]
        if other.form is not hit.form and (other.end <= hit.start or hit.end <= other.start)
    ]


def _quoted(before: str, after: str, use: Use, word_class: WordClass) -> str:
    if before[-1:] == "《" and after[:1] == "》":
        return "between 《》" if use.kind in ("product", "organization") else ""
    quoted = before[-1:] == after[:1] == '"'
    return "between quotation marks" if quoted and (word_class == "name" or cues.AFTER_QUOTED.match(after)) else ""
