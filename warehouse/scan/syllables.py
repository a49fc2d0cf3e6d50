"""How Chinese characters sound: syllables without tone, and which of them speech recognisers take for one another.

The readings are pypinyin's. Two syllables are near when they differ only as southern speakers and recognisers mix them
up: l/n, zh/z, ch/c, sh/s, in/ing, en/eng, an/ang.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from zlib import crc32

from sources.charmap import CharMap
from warehouse.scan.fold import is_han

_RETROFLEX = re.compile("^(z|c|s)h")
_NASAL = re.compile("(?<=[aei])ng$")
# Characters whose reading depends on the word; the others are read as they mostly are.
_SHIFTING = frozenset(
    "行长重乐朝传调单都会将降盛石校兴应扎涨种转曾解任查盖省藏弹度发干角觉卷量率落模强曲数似说宿血与载占着中朴繁缪"
)
_FIRST_CODE, _CODE_COUNT = 0xE000, 6400  # private use: nothing readable folds to these


@cache
def syllables(char: str) -> tuple[str, ...]:
    """Every reading of a Chinese character without tone, the commonest first; empty for what has none."""
    from pypinyin.constants import PINYIN_DICT  # late: 0.15 s and 50 MB, and only sound needs it

    found = PINYIN_DICT.get(ord(char), "") if len(char) == 1 and is_han(char) else ""
    return tuple(dict.fromkeys(map(_toneless, filter(None, found.split(",")))))


def syllable(char: str) -> str:
    """The commonest reading; empty for what has none."""
    read = syllables(char)
    return read[0] if read else ""


def readings_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The readings of each character of a name: the one it has in this name, its commonest, and for a first character,
    which may be a surname (曾 单 仇), all; empty when a character has none."""
    read = tuple(map(syllables, name))
    if not all(read) or _SHIFTING.isdisjoint(name[1:]):
        return (read[0], *((one[0],) for one in read[1:])) if all(read) else ()
    from pypinyin import Style, pinyin

    spoken = pinyin(name, style=Style.NORMAL, errors=lambda unread: "", v_to_u=False)
    return (read[0], *(tuple(dict.fromkeys((said[0], one[0]))) for said, one in zip(spoken[1:], read[1:], strict=True)))


@cache
def near_class(sound: str) -> str:
    """The same for syllables that are taken for one another."""
    sound = _RETROFLEX.sub(r"\1", sound)
    if sound[:1] == "n" and len(sound) > 1:
        sound = "l" + sound[1:]
    return _NASAL.sub("n", sound)


@cache
def _sounds() -> frozenset[str]:
    """Every syllable of two or more letters that is a character's commonest reading."""
    from pypinyin.constants import PINYIN_DICT

    toned = {PINYIN_DICT.get(code, "").partition(",")[0] for code in range(0x4E00, 0x9FA6)}
    return frozenset(sound for sound in map(_toneless, toned) if len(sound) > 1)


def as_pinyin(text: str) -> tuple[str, ...]:
    """A Latin word as Chinese syllables when it is spelled like them (pika: pi ka); empty for any other."""
    if not text.isalpha() or not 4 <= len(text) <= 18:
        return ()
    ways: list[tuple[str, ...]] = [(), *[()] * len(text)]
    for end in range(2, len(text) + 1):
        for start in range(max(0, end - 6), end - 1):
            if text[start:end] in _sounds() and (start == 0 or ways[start]):
                ways[end] = (*ways[start], text[start:end])
                break
    return ways[-1]


def _encoded(char: str) -> str:
    read = syllable(char)
    return code(read) if read else char


_CODES = CharMap(_encoded)


def encoded(text: str) -> str:
    """A folded text as it sounds, one code for each Chinese character, of the same length; equal for near sounds."""
    return _CODES(text)


@cache
def code(sound: str) -> str:
    """One character for a near class, the same in every process. Two classes may share one: compare syllables too."""
    return chr(_FIRST_CODE + crc32(near_class(sound).encode()) % _CODE_COUNT)


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(c for c in plain if c.isascii() and c.isalpha())
