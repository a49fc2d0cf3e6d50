"""Where Chinese words begin and end: a dictionary segmenter that knows the tracked names too.

It is asked about the few characters around a short name, never about whole texts: 国王兴建 is 国王|兴建 and holds no
王兴, 王兴建议 is 王兴|建议. rjieba (jieba's dictionary and unigram model, in Rust) takes two microseconds a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

from warehouse.scan.fold import is_han


def word_set(line: str) -> frozenset[str]:
    """The words of a line, for lists in code."""
    return frozenset(line.split())


_REACH = 8  # characters looked at on either side; no dictionary word that matters is longer
_TWO_WORDS = 3  # characters of a name that may be two words
_COMMON = 1000  # times in the dictionary's corpus
_NAME_WEIGHT = 200  # what a name weighs against the dictionary's counts: more than rare words, less than common ones
_HOUSEHOLD_WEIGHT = 5000  # 对|华为|表示, not 对华|为|表示
# What may follow a name inside one dictionary word without making it another's: 新浪网, 华为公司.
_OWN_ENDINGS = word_set(
    "网 云 系 版 号 股 们 公司 集团 股份 网站 科技 微博 财经 新闻 体育 手机 汽车 电器 实业 控股 保险 银行 用户"
)
_OWN_BEGINNINGS = word_set("中国 德国 上汽 一汽 北汽 广汽 北京 上海 南北")


class Segmenter:
    """The dictionary with a set of names put into it. Built when first asked; pickled as its names alone."""

    def __init__(self, names: Iterable[str], household: Iterable[str] = ()) -> None:
        """`names`: folded, all Chinese. `household`: those that everybody knows, and that are no words."""
        self._names = frozenset(names)
        self._household = self._names & frozenset(household)

    def __getstate__(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._names, self._household

    def __setstate__(self, state: tuple[frozenset[str], frozenset[str]]) -> None:
        self._names, self._household = state

    @cached_property
    def _jieba(self) -> Any:
        return _with_names(self._names, self._household)

    def words(self, text: str) -> list[str]:
        """The words of a text, the names among them."""
        return list(self._jieba.cut(text, False))

    def crossing(self, text: str, start: int, end: int, floor: int = 0, ceiling: int | None = None) -> str:
        """The words that text[start:end] is cut out of, joined by |; empty when both its ends are ends of words.

        What lies outside text[floor:ceiling] is not looked at: there is a boundary there that is known otherwise.
        """
        first = start
        while first > max(floor, start - _REACH) and is_han(text[first - 1]):
            first -= 1
        last = end
        ceiling = len(text) if ceiling is None else ceiling
        while last < min(ceiling, end + _REACH) and is_han(text[last]):
            last += 1
        if first == start and last == end:
            return ""
        window = text[first:last]
        words = self._readers_words(window)
        at = first
        over: list[str] = []
        crossed = False
        for word in words:
            word_end = at + len(word)
            crossed = crossed or at < start < word_end or at < end < word_end
            if at < end and start < word_end:
                over.append(word)
            at = word_end
        if not crossed or (len(over) == 1 and _own(over[0], text[start:end])):
            return ""
        return "|".join(over)

    def _readers_words(self, window: str) -> list[str]:
        """The words, but where a name of three characters is the end of one common word and the whole of another
        (为何|小鹏, 江南|春天): the dictionary prefers the long name there, a reader does not."""
        words = self.words(window)
        at = 0
        for word in words:
            if len(word) == _TWO_WORDS and word in self._names:
                split = self._two_words(window, at)
                if split is not None:
                    begin, middle, end = split
                    mended = [window[begin:middle], window[middle:end]]
                    return [*self.words(window[:begin]), *mended, *self.words(window[end:])]
            at += len(word)
        return words

    def _two_words(self, window: str, start: int) -> tuple[int, int, int] | None:
        at = 0
        for word in plain_words(window):
            word_end = at + len(word)
            if len(word) > 1 and frequency(word) >= _COMMON:
                end = start + _TWO_WORDS
                if at < start < word_end < end and self._holds(window[word_end:end]):
                    return at, word_end, end
                if start < at < end < word_end and self._holds(window[start:at]):
                    return start, at, word_end
            at = word_end
        return None

    def _holds(self, word: str) -> bool:
        return len(word) > 1 and (word in self._names or is_word(word))


def _own(word: str, name: str) -> bool:
    """新浪网 is 新浪, 德国大众 is 大众: what stands around the name inside the word says more of the same bearer."""
    if word.startswith(name):
        return word[len(name) :] in _OWN_ENDINGS
    return word.endswith(name) and word[: -len(name)] in _OWN_BEGINNINGS


@lru_cache(maxsize=2)
def _with_names(names: frozenset[str], household: frozenset[str]) -> Any:
    """Kept for the next lexicon of the same names: reading the dictionary takes longer than compiling a watchlist."""
    jieba = _dictionary().Jieba()
    for name in sorted(names):
        weight = _HOUSEHOLD_WEIGHT if name in household else _NAME_WEIGHT
        jieba.add_word(name, max(weight, frequency(name)), None)
    return jieba


@cache
def _dictionary() -> Any:
    import rjieba  # late: its dictionary takes 0.1 s and 35 MB, and only a scan needs it

    return rjieba


def is_word(text: str) -> bool:
    """Whether the dictionary holds it, tracked or not."""
    return bool(_dictionary().has_word(text))


def frequency(word: str) -> int:
    """How often a dictionary word stands in the dictionary's corpus (60 million words); 0 for any other string."""
    return max(0, _dictionary().suggest_freq(word) - 1) if _dictionary().has_word(word) else 0


def part_of_speech(word: str) -> str:
    """The dictionary's tag of a word (n, v, nr, ns …), empty when it does not hold it."""
    tags: Sequence[tuple[str, str]] = _dictionary().tag(word, False)
    return tags[0][1] if len(tags) == 1 else ""


def plain_words(text: str) -> list[str]:
    """The words of a text by the dictionary alone."""
    return list(_dictionary().cut(text, False))
