"""Names written by sound: which of the strings that sound like a tracked name are meant.

In a machine transcript a name comes as whatever sounds like it (记忆 超 for 季逸超), and the same strings are everyday
words elsewhere (未来 for 蔚来), so each candidate is weighed: how long it is and how well it agrees, what words it is
made of, and what speaks for its bearer. In other texts the same finds typing errors in the full names of people, and
asks for more. The points order the kinds of evidence; they are no measured frequencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from warehouse.scan import cues
from warehouse.scan.company import Company
from warehouse.scan.decide import Verdict
from warehouse.scan.evidence import Facts
from warehouse.scan.families import RARER_SURNAMES, SURNAMES
from warehouse.scan.fold import is_han
from warehouse.scan.latin import in_chinese
from warehouse.scan.lexicon import Form, Lexicon
from warehouse.scan.match import Hit, Reading, gap_at
from warehouse.scan.segment import frequency, is_word, plain_words
from warehouse.scan.uses import Use
from warehouse.scan.words import ordinary_words

_REACH = 12
_COMMON = 5000  # times in the dictionary's corpus: an everyday word
_USUAL = 1000  # and a word that one need not explain
_RARE, _VERY_RARE = 100, 30
_HEARD = 1.3  # points that a candidate needs in a transcript
_TYPED = 2.2  # and as a typing error elsewhere
_CLEAR = 0.2  # points above that: it then speaks for other echoes
_SURNAMES = SURNAMES | RARER_SURNAMES
# Grammar and pronouns: no name was meant where one stands in the place of another character.
_FUNCTION = frozenset(
    "的了是在我你他她它这那个就也都不没有以要会说得着过吗呢吧啊和与或把被从对于而但所为因如很太最更还又再能可该应当让给跟来去上下里前后时候们么什怎哪样些点一"
)


# How a Latin name may be off, in words, and the points for a short one.
_AGREES = ("its letters taken apart", "one letter off", "its consonants", "another spelling of its sound")
_OFF = (2.0, 0.6, 0.6, 1.1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of folded text that may be a name: the name's form, how it agrees in words, and the points for that."""

    start: int
    end: int
    use: Use
    form: str
    agrees: str
    points: float
    exact: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A candidate's hit and its verdict; confidence 0: it is not meant."""

    hit: Hit
    use: Use
    verdict: Verdict


def hear(lexicon: Lexicon, reading: Reading, facts: Facts, transcript: bool) -> list[Heard]:
    """The candidates of one text in reading order, of those that overlap the best. Pure; never raises."""
    company = Company(reading, facts)
    candidates = [*_chinese(lexicon, reading, company, transcript)]
    if transcript:
        candidates += _latin(lexicon, reading, company)
    if not candidates:
        return []
    needed = _HEARD if transcript else _TYPED
    alone = [(candidate, *_weigh(candidate, reading, company)) for candidate in candidates]
    clear = [one for one, points, _ in (_with_name(one, company) for one in alone) if points >= needed + _CLEAR]
    for candidate in clear:
        company.add(candidate.use, candidate.start)
    weighed = [_with_name(one, company) for one in alone]
    return _settled(weighed, needed, reading, "transcript" if transcript else "a typing error")


def _chinese(lexicon: Lexicon, reading: Reading, company: Company, transcript: bool) -> Iterator[Candidate]:
    """Echoes of names with a reading. Cheap doors first: most candidates of two syllables are everyday words."""

    def near_pair(use: Use, start: int, end: int) -> bool:
        return company.names(use) or _listed(reading.text, start, end)

    for echo in lexicon.sounds.echoes(reading.text, _taken(reading), not transcript, near_pair):
        use, form, size = echo.sounding.use, echo.sounding.text, echo.end - echo.start
        surface = reading.text[echo.start : echo.end]
        if surface == form or (use.derived and not (echo.exact and company.names(use))):
            continue
        if size < 4 and reading.spaced and _inside_words(reading, echo.start, echo.end):
            continue
        points, confidence = _agreement(size, echo.exact, echo.near, echo.off, transcript)
        agrees = "same sound" if echo.exact else "one syllable off" if echo.off else "near sound"
        yield Candidate(
            echo.start, echo.end, use, form, f"{size} syllables, {agrees}",
            points + _likeness(surface, form, use), echo.exact, confidence,
        )  # fmt: skip


def _latin(lexicon: Lexicon, reading: Reading, company: Company) -> Iterator[Candidate]:
    """Latin names taken apart or misspelt, and those that are named plainly, as Chinese."""
    text, taken = reading.text, _taken(reading)
    for start, end, spelling, wrong in lexicon.spellings.near(text):
        apart = " " in text[start:end]
        named = company.names(spelling.use)
        if any(taken[start:end]) or (wrong and text[start] != spelling.letters[0]):
            continue
        if (
            wrong
            and apart
            and not named
            and not company.kept(spelling.use, start)
            and not text[start:end].endswith(" i")
        ):
            continue
        if wrong == 3 and text[start:end] in ordinary_words():
            continue
        clipped = apart and spelling.letters == text[start:end].removesuffix(" i").replace(" ", "") + "ai"
        points = 2.0 if not wrong else 1.4 if clipped else 1.2 if len(spelling.letters) >= 8 or apart else _OFF[wrong]
        agrees = _AGREES[wrong]
        confidence = 0.72 if wrong else 0.85
        yield Candidate(start, end, spelling.use, spelling.use.written, agrees, points, not wrong, confidence)
    for start, end, spelling in lexicon.spellings.mixed(text):
        if not any(taken[start:end]):
            agrees = "partly in Chinese"
            yield Candidate(start, end, spelling.use, spelling.use.written, agrees, 1.4, True, 0.8)
    for start, end, use in in_chinese(text, company.latin):
        if not any(taken[start:end]) and not _inside_words(reading, start, end):
            points = 1.0 if company.topic(use) else 0.0
            yield Candidate(start, end, use, use.written, "near in Chinese", points, False, 0.72)


def _taken(reading: Reading) -> bytearray:
    taken = bytearray(len(reading.text))
    for start, end in reading.covered:
        taken[start:end] = b"\x01" * (end - start)
    return taken


def _inside_words(reading: Reading, start: int, end: int) -> bool:
    """Whether a word runs over an end: by the spaces of a spaced transcript, elsewhere by the dictionary."""
    text, folded = reading.text, reading.folded
    if not reading.spaced:
        return _crossed(text, start, end)

    def joined(at: int) -> bool:
        return 0 < at < len(text) and is_han(text[at - 1]) and is_han(text[at]) and not gap_at(folded, at)

    return joined(start) or joined(end)


def _crossed(text: str, start: int, end: int) -> bool:
    first, last = start, end
    while first > max(0, start - 6) and is_han(text[first - 1]):
        first -= 1
    while last < min(len(text), end + 6) and is_han(text[last]):
        last += 1
    at = first
    for word in plain_words(text[first:last]):
        word_end = at + len(word)
        if at < start < word_end or at < end < word_end:
            return True
        at = word_end
    return False


def _agreement(size: int, exact: bool, near: int, off: int, transcript: bool) -> tuple[float, float]:
    """Points for length and likeness of sound, and the confidence if it is meant."""
    if not transcript:
        return (1.2 if size > 2 else 0.2), 0.72
    if size >= 4:
        return (3.0, 0.9) if exact else (1.6 + 0.6 * (size > 4) if off else 2.2, 0.8)
    if size == 3:
        return (2.0, 0.85) if exact else (1.3 if near == 1 else 0.6, 0.77)
    return (0.2, 0.75) if exact else (-0.5 if near == 1 else -1.2, 0.72)


def _likeness(surface: str, form: str, use: Use) -> float:
    """Points for a surname, and for characters of the name's own."""
    points = 0.0
    if use.kind == "person" and len(surface) <= 3:
        if surface[0] == form[0]:
            points += 0.6 if len(surface) == 3 else 0.4
        elif surface[0] in _SURNAMES and not use.derived:
            points += 0.3
    if any(a == b for a, b in zip(surface, form, strict=False)):
        points += 0.5 if len(surface) == 2 else 0.3
    return points


def _weigh(candidate: Candidate, reading: Reading, company: Company) -> tuple[float, str]:
    """All the points but those for the bearer's own name, and the chief reasons in words."""
    shape, shape_words = _shape(candidate, reading)
    kept = company.kept(candidate.use, candidate.start)
    beside, beside_words = _beside(candidate, reading, company, bool(kept))
    words = (shape_words, beside_words, "known names near it" if kept else "")
    return candidate.points + shape + kept + beside, ", ".join(filter(None, words))


def _with_name(weighed: tuple[Candidate, float, str], company: Company) -> tuple[Candidate, float, str]:
    candidate, points, words = weighed
    named = company.named(candidate.use, candidate.start)
    if not named:
        return weighed
    return candidate, points + named, f"{words}, {candidate.use.written} also stands in the article".lstrip(", ")


def _shape(candidate: Candidate, reading: Reading) -> tuple[float, str]:
    """What words the candidate is made of."""
    surface = reading.text[candidate.start : candidate.end]
    if any(char.isascii() for char in surface):
        return 0.0, ""
    in_chinese = candidate.form.isascii()
    if is_word(surface):
        usual = frequency(surface) >= (_USUAL if in_chinese else _RARE)
        if usual:
            return (-3.0 if in_chinese else -2.2), "an ordinary word"
        return (-1.2 if frequency(surface) >= _VERY_RARE else -0.5), "a rare word"
    own = candidate.form if len(candidate.form) == len(surface) else " " * len(surface)
    parts = plain_words(surface)
    points, words = 0.0, "not a word"
    same = sum(a == b for a, b in zip(surface, own, strict=True))
    family = candidate.use.kind == "person" and surface[0] in _SURNAMES
    mostly = len(surface) > 2 and (same * 2 > len(surface) or (family and same > 0))
    if not mostly and any(a in _FUNCTION and a != b for a, b in zip(surface[family:], own[family:], strict=True)):
        points = -3.0 if not candidate.exact else -1.2 if len(surface) == 2 else -0.7
        words = "ordinary words"
    elif all(len(part) > 1 and frequency(part) >= _RARE for part in parts):
        points, words = (-1.2 if candidate.exact else -2.5), "ordinary words"
    elif (not family and all(frequency(part) >= _COMMON for part in parts)) or any(
        len(part) > 1 and frequency(part) >= _COMMON for part in parts
    ):
        half = len(surface) >= 4 and same * 2 >= len(surface)  # 居民优品: the other half is the name's own
        points, words = (-0.5 if half else -0.8 if candidate.exact else -1.5), "everyday words"
    if not reading.spaced and _crossed(reading.text, candidate.start, candidate.end):
        points, words = points - 2.0, "across words"
    return points, words


def _beside(candidate: Candidate, reading: Reading, company: Company, kept: bool) -> tuple[float, str]:
    before = reading.text[max(0, candidate.start - _REACH) : candidate.start]
    after = reading.text[candidate.end : candidate.end + _REACH]
    if candidate.use.kind != "person":
        if kept and _listed(reading.text, candidate.start, candidate.end):
            return 0.8, "in a list of names"
        person = company.person_beside(candidate.start, candidate.end)
        return (0.8, f"beside {person}") if person else (0.0, "")
    artist = cues.ARTISTS.search(before)
    if artist:
        return -1.5, f"beside {artist.group()}"
    found = cues.BEFORE_HEARD.search(before) or cues.AFTER_HEARD.match(after)
    if found:
        return 1.0, f"beside {found.group().strip(' ,:、')}"
    firm = reading.company_ends.get(candidate.start - 1) if before.endswith("的") else None
    return (1.0, f"of {firm.form.text}") if firm else (0.0, "")


def _listed(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    return bool(cues.BEFORE_LISTED.search(before) or cues.AFTER_LISTED.match(after))


def _settled(
    weighed: Sequence[tuple[Candidate, float, str]], needed: float, reading: Reading, where: str
) -> list[Heard]:
    """Of candidates that overlap the one with most points stands; one string may sound like several names."""
    found: dict[tuple[int, int, str], Heard] = {}
    owners: dict[int, tuple[int, int, float]] = {}  # character → span and points of the candidate that stands there
    for candidate, points, words in sorted(weighed, key=_rank):
        span = candidate.start, candidate.end
        own = (*span, points)
        if any(owners.get(at, own) != own for at in range(*span)):
            continue
        meant = points >= needed
        if not meant and not candidate.exact:
            continue  # a near sound that nothing speaks for is no candidate that anybody asks about
        surface = reading.text[candidate.start : candidate.end]
        use = Use(
            candidate.use.entity_id, candidate.use.kind, "homophone" if candidate.exact else "near",
            candidate.use.written, derived=candidate.use.derived,
        )  # fmt: skip
        reason = f"{surface} ≈ {candidate.form}, {where}, {candidate.agrees}, {words}".rstrip(", ")
        hit = Hit(*span, Form(surface, (use,), han=sum(map(is_han, surface))))
        never = reading.never(hit, use)
        if never:
            meant, reason = False, f"inside {never}, which the watchlist excludes"
        if meant:
            owners.update(dict.fromkeys(range(*span), own))
        verdict = Verdict(candidate.confidence if meant else 0.0, reason)
        found.setdefault((*span, use.entity_id), Heard(hit, use, verdict))
    return [found[key] for key in sorted(found)]


def _rank(weighed: tuple[Candidate, float, str]) -> tuple[float, int, int, str, str]:
    candidate, points, _ = weighed
    return -points, candidate.start, -candidate.end, candidate.use.entity_id, candidate.form
