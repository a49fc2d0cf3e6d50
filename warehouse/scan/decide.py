"""Is that name really meant here: the verdict on one hit, with its reason in words.

The figures are confidences between 0 and 1; an alert rule asks for 0.7 unless it says otherwise. They order the
kinds of evidence; they are no measured frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.scan import cues
from warehouse.scan.evidence import Facts, beside, is_food, reads_as_word
from warehouse.scan.fold import is_wordy
from warehouse.scan.lexicon import Form, Lexicon
from warehouse.scan.match import Hit, Reading
from warehouse.scan.people import another_person
from warehouse.scan.uses import Use
from warehouse.scan.words import ordinary_words

FULL = 0.97  # a name of three or more Chinese characters, or a distinctive Latin one
SHORT = 0.9  # a name of two Chinese characters
ALIAS = 0.95
SHORT_ALIAS = 0.85
SUPPORTED = 0.85  # an ordinary word with evidence
HALF_SUPPORTED = 0.8  # an ordinary word with weak evidence
LONE_GIVEN_NAME = 0.75
DERIVED = 0.75  # a shortened name after the full one
RARE = 0.72  # a word that the news hardly ever uses as one (当当)
IN_COMPANY = 0.75  # a likely name (小米, 阿里) in an article that names other companies
UNSUPPORTED = 0.4  # below every sensible threshold, kept so that `explain` and SQL can show it
VOUCHED = 0.05  # added when another form stands in the article
SPACED_OUT = 0.05  # taken off when the name is written with spaces in a text that has none elsewhere
_COMPANY = 2  # so many other companies make an article one about companies


@dataclass(frozen=True, slots=True)
class Verdict:
    """`confidence` 0 means rejected; `reason` says why it counts or why not."""

    confidence: float
    reason: str


def decide(lexicon: Lexicon, reading: Reading, hit: Hit, use: Use, facts: Facts) -> Verdict:
    """The verdict on an entity at a hit, from the article's facts and the words beside it."""
    never = reading.never(hit, use)
    if never:
        return Verdict(0, f"inside {never}, which the watchlist excludes")
    if use.entity_id in facts.invented:
        return Verdict(0, f"a made-up name in this article: {hit.form.text}(化名)")
    other = another_person(lexicon, reading, hit, use)
    if other:
        return Verdict(0, other)
    if use.derived:
        return _derived(reading, hit, use)
    vouching = facts.vouching(use, hit.form)
    if use.context and _needs_context(use, hit.form):
        return _in_context(reading, use, hit, vouching, facts)
    if hit.form.ordinary is not None or _is_small_word(reading, hit, use):
        return _ordinary(reading, hit, use, vouching, facts)
    return _plain(lexicon, reading, hit, use, vouching)


def _derived(reading: Reading, hit: Hit, use: Use) -> Verdict:
    word = hit.form.ordinary
    if word is not None and word.use not in ("name", "rare") and not beside(reading, hit, use, word.use):
        return Verdict(UNSUPPORTED, f"ordinary word; {use.written} stands before it, but nothing beside it is its own")
    return Verdict(DERIVED, f"short for {use.written}, which stands before it")


def _needs_context(use: Use, form: Form) -> bool:
    """With `context` in the watchlist every form needs it, but a full name or an alias that means one thing only."""
    return not (form.distinctive or (use.how == "name" and form.sure and form.han != 2))


def _in_context(reading: Reading, use: Use, hit: Hit, vouching: str, facts: Facts) -> Verdict:
    as_word = reads_as_word(reading, hit)
    if as_word:
        return Verdict(0, as_word)
    words = sorted(facts.context.get(use.entity_id, set()) - {hit.form.text})
    if words:
        return Verdict(SUPPORTED, f"{_how(use)}; the context word {words[0]} stands in the article")
    if vouching:
        return Verdict(SUPPORTED, f"{_how(use)}; {vouching} also stands in the article")
    return Verdict(0, f"no context word in the article ({', '.join(use.context)})")


def _is_small_word(reading: Reading, hit: Hit, use: Use) -> bool:
    """A single character or letter, or a short capital name written small: a word until something speaks for it."""
    if len(hit.form.text) == 1:
        return True
    if hit.form.han or len(hit.form.text) > 4 or not use.written.isupper():
        return False
    return _surface(reading, hit).islower()


def _ordinary(reading: Reading, hit: Hit, use: Use, vouching: str, facts: Facts) -> Verdict:
    form = hit.form
    word_class = form.ordinary.use if form.ordinary else "latin"
    as_word = reads_as_word(reading, hit)
    if as_word:
        return Verdict(UNSUPPORTED, f"ordinary word: {as_word}")
    if vouching:
        return Verdict(SUPPORTED, f"ordinary word; {vouching} also stands in the article")
    if use.kind != "person" and is_food(reading, hit):
        return Verdict(UNSUPPORTED, "ordinary word: somebody eats it")
    if word_class in ("latin", "brand") and _capital(reading, hit, use) and len(form.text) > 1:
        return Verdict(SUPPORTED, "English word written as a name")
    helper = facts.helper(form)
    if helper:
        return Verdict(SUPPORTED, f"ordinary word; {helper} also stands in the article")
    near = beside(reading, hit, use, word_class)
    if near.startswith(("in one sentence", "between")):
        return Verdict(HALF_SUPPORTED, f"ordinary word {near}")
    if near:
        return Verdict(SUPPORTED, f"ordinary word {near}")
    if word_class in ("name", "brand") and facts.company_kept(use) >= _COMPANY:
        return Verdict(IN_COMPANY, "ordinary word in an article about companies")
    if word_class == "rare":
        return Verdict(RARE, "a word that the news hardly ever uses but as the name")
    if word_class == "brand" and _alone_in_chinese(reading, hit):
        return Verdict(RARE, "English word alone in Chinese, mostly the name")
    return Verdict(UNSUPPORTED, "ordinary word, and nothing in the article says that the name is meant")


def _plain(lexicon: Lexicon, reading: Reading, hit: Hit, use: Use, vouching: str) -> Verdict:
    form = hit.form
    reason = _how(use)
    short = form.han == 2 == len(form.text) or (not form.han and len(form.text) < 4)
    if use.how == "name":
        confidence = SHORT if short else FULL
    elif use.implied and not vouching:
        confidence, reason = LONE_GIVEN_NAME, f"the family name of {use.written} alone"
    elif _is_given_name(lexicon, use, form) and not vouching:
        confidence, reason = LONE_GIVEN_NAME, f"{reason}, without the full name in the article"
    else:
        confidence = SHORT_ALIAS if short else ALIAS
    if vouching and use.how == "alias":
        confidence, reason = min(FULL, confidence + VOUCHED), f"{reason}; {vouching} also stands in the article"
    surface = _surface(reading, hit)
    if form.han == len(form.text) and " " in surface and not reading.spaced:
        confidence, reason = confidence - SPACED_OUT, f"{reason}, written with spaces"
    return Verdict(round(confidence, 2), reason)


def _how(use: Use) -> str:
    if use.implied:
        return f"the family name of {use.written}"
    return "full name" if use.how == "name" else f"alias {use.written}"


def _is_given_name(lexicon: Lexicon, use: Use, form: Form) -> bool:
    """植麟 of 杨植麟."""
    if use.kind != "person" or form.han != 2:
        return False
    return any(len(full) == 3 and full.endswith(form.text) for full in lexicon.full_forms[use.entity_id])


def _alone_in_chinese(reading: Reading, hit: Hit) -> bool:
    """No other Latin word beside it or joined to it: an English phrase holds the word, or two words are compared."""
    text = reading.text
    before, after = text[: hit.start].rstrip(" ")[-1:], text[hit.end : hit.end + 2].lstrip(" ")[:1]
    if is_wordy(before) or is_wordy(after) or text == hit.form.text:
        return False
    joined = cues.LATIN_JOINED_AFTER.match(text, hit.end) or cues.LATIN_JOINED_BEFORE.search(text[: hit.start][-20:])
    return joined is None or joined["word"] not in ordinary_words()


def _capital(reading: Reading, hit: Hit, use: Use) -> bool:
    surface = _surface(reading, hit)
    if use.written.isupper() and len(use.written) > 1:
        return surface.isupper() or (len(surface) > 3 and surface[:1].isupper())
    return any(c.isupper() for c in use.written) and surface[:1].isupper() and not _in_capitals(reading, hit)


def _in_capitals(reading: Reading, hit: Hit) -> bool:
    """Whether the next word is capital too, as in a heading (Scale Up) or a longer name (Target Corporation)."""
    _, end = reading.folded.span(hit.start, hit.end)
    return reading.original[end : end + 2].strip()[:1].isupper() and reading.original[end : end + 1] == " "


def _surface(reading: Reading, hit: Hit) -> str:
    start, end = reading.folded.span(hit.start, hit.end)
    return reading.original[start:end]
