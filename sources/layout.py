"""How an outlet's article pages are read: a reader per outlet, a layout per generation of its pages.

An outlet redesigns every few years, and old pages keep their old layout or are saved in it, so a layout is added and
never replaced: the newest stands first, each says by returning None that a page is not of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sources.document import Document
from sources.draft import Draft


@dataclass(frozen=True, slots=True)
class Layout:
    """One generation. `name` says when it was seen and what it lives on: `2022 originContent`.

    `read` gives the draft, None when the page is of another generation, and may raise what readers raise.
    """

    name: str
    read: Callable[[Document], Draft | None]


class PageReader(Protocol):
    """One outlet's article pages; a module of sources/outlets/ that has these names is one.

    `SOURCE` and `OUTLET` are those of an article read from a page that came through no configured source (`tanma
    import`). `WORDED`: its articles always have words, so a body without any is a changed layout.
    """

    SOURCE: str
    OUTLET: str
    WORDED: bool

    def knows(self, doc: Document, /) -> bool:
        """Whether this is a page of the outlet, saved ones without an address included. Looks at bytes before the tree."""
        ...

    def read(self, doc: Document, /) -> Draft:
        """The article. Raises Blocked, Gone, NotAnArticle, Elsewhere, LayoutChanged."""
        ...


def first_layout(doc: Document, layouts: Sequence[Layout]) -> Draft | None:
    """What the first layout that fits the page reads; None when none fits."""
    return next((draft for layout in layouts if (draft := layout.read(doc)) is not None), None)
