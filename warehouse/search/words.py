"""What a person types to search, read into words that must, may and must not stand in an article.

    宇树 融资            both, anywhere in title or text, in any order
    "具身 智能"          this phrase, as a whole; “…” and 「…」 do as well
    OpenAI OR 月之暗面    one of them; binds closer than the space: `A OR B C` is (A or B) and C
    -招聘                not in the article

Chinese without spaces is one phrase. 繁 and 简, width and case, spaces inside Chinese do not matter. A Latin word or a
number is found where a word begins with it: `AI` finds AI, AIGC and OpenAI, not said; `3亿` not 13亿.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sources.errors import QueryError
from warehouse.scan.fold import folded
from warehouse.search.grams import is_indexed

_TOKEN = re.compile(r'(-?)(?:"([^"]*)"|“([^”]*)”|「([^」]*)」|(\S+))')
_QUOTES = '"“「'
LONGEST = 200  # characters of a phrase
MOST = 32  # words of a query


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing to look for: as it was typed, and folded."""

    typed: str
    folded: str


@dataclass(frozen=True, slots=True)
class Query:
    """Of each of `groups` at least one phrase must be in an article, of `without` none."""

    groups: tuple[tuple[Phrase, ...], ...]
    without: tuple[Phrase, ...] = ()


def read_query(text: str) -> Query:
    """Raises QueryError when nothing to look for is in it, when a quotation is left open or an OR stands alone."""
    groups: list[list[Phrase]] = []
    without: list[Phrase] = []
    joining = False
    for token in _TOKEN.finditer(text):
        minus, *quoted, bare = token.groups()
        if bare == "OR" and not minus:
            if joining or not groups:
                raise QueryError("OR stands between two words, as in: OpenAI OR 月之暗面")
            joining = True
            continue
        if bare and bare[0] in _QUOTES:
            raise QueryError(f"{bare}: this quotation is not closed")
        phrase = _phrase(bare or next((one for one in quoted if one), ""))
        if minus and joining:
            raise QueryError(f"-{phrase.typed}: what is left out cannot stand after OR")
        if minus:
            without.append(phrase)
        elif joining:
            groups[-1].append(phrase)
        else:
            groups.append([phrase])
        joining = False
    if joining:
        raise QueryError("OR stands between two words, as in: OpenAI OR 月之暗面")
    if not groups and without:
        raise QueryError("only words to leave out; say also what to look for")
    if not groups:
        raise QueryError("nothing to look for: give some words, such as: 宇树 融资")
    if sum(map(len, groups)) + len(without) > MOST:
        raise QueryError(f"more than {MOST} words; leave some out")
    return Query(tuple(tuple(dict.fromkeys(group)) for group in groups), tuple(dict.fromkeys(without)))


def _phrase(typed: str) -> Phrase:
    if len(typed) > LONGEST:
        raise QueryError(f"{typed[:20]}…: a phrase of more than {LONGEST} characters; its beginning is enough")
    plain = folded(typed)
    if not any(map(is_indexed, plain)):
        raise QueryError(f"{typed or 'an empty quotation'}: no letter, digit or sign in it that could be looked for")
    return Phrase(typed, plain)
