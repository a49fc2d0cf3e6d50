"""The Source interface: a declared spec, discover, parse. One small class per outlet in sources/outlets/.

A source does no I/O: it is handed pages and gives back values. The flows fetch what `lists` names, hand the page to
`discover`, fetch what is new, hand that page to `parse`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import ClassVar

from sources.article import Article, ArticleRef, Page

ENTRY_POINTS = "tanma.sources"


@dataclass(frozen=True, slots=True)
class Option:
    """A key that a source accepts in tanma.yaml beside `use`, `id`, `every` and `outlet`."""

    help: str
    required: bool = False
    default: object = None


@dataclass(frozen=True, slots=True)
class Spec:
    """What a source declares of itself. `use` is its name in tanma.yaml; `hosts` those it reads."""

    use: str
    outlet: str
    about: str
    every: timedelta = timedelta(minutes=15)
    hosts: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ListAddress:
    """A list to read. A missing `optional` list (404) is no incident; a missing required one is.

    `post`: a JSON document that is sent to the address; empty: the address is simply read. `name`: what the list is
    known by where its address alone does not tell it from others or is another one each time.
    """

    url: str
    optional: bool = False
    post: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        """What the list is known by from run to run."""
        return self.name or self.url


@dataclass(frozen=True, slots=True)
class Way:
    """One of several ways in which a source can come to its articles. `remedy`: the key of tanma.yaml that opens it."""

    name: str
    configured: bool
    remedy: str = ""


class Source(ABC):
    """One configured way to one outlet."""

    spec: ClassVar[Spec]

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """`id` names it in tables and commands (default: the spec's name); options are those the spec declares."""
        self.id = id or self.spec.use
        self.outlet = outlet or self.spec.outlet
        self.options = {name: options.get(name, option.default) for name, option in self.spec.options.items()}

    @abstractmethod
    def lists(self, now: datetime) -> Sequence[ListAddress]:
        """The addresses that name new articles at this moment, best first."""

    @abstractmethod
    def discover(self, page: Page) -> list[ArticleRef]:
        """The articles that a list names, in its order. Raises LayoutChanged, Blocked."""

    def is_index(self, page: Page) -> bool:
        """Whether this list names lists instead of articles: then `older` names the first of them, and they are always
        followed."""
        return False

    def explains(self, page: Page) -> bool:
        """Whether a page that came with an error status says in the source's own words what it means, so that
        `discover` can read it: bridges answer 503 for a list that is only empty."""
        return False

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """The list's part before the one on this page, which was read from `address`; None when there is none. Asked for when everything on the page
        was new to us, so that an outage leaves no gap."""
        return None

    def ways(self) -> Sequence[Way]:
        """For a source with several ways to its articles: which are open, and how to open the others."""
        return ()

    @abstractmethod
    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """The article on a page. Raises Blocked, Gone, LayoutChanged, NotAnArticle, Elsewhere."""


@cache
def registry() -> Mapping[str, type[Source]]:
    """Every source that tanma.yaml can `use`: the built-in ones and those of installed packages, by name.

    Outside packages register through the entry-point group `tanma.sources`; a built-in name cannot be taken over.
    """
    from sources.outlets import BUILTIN

    found: dict[str, type[Source]] = {}
    for point in entry_points(group=ENTRY_POINTS):
        found[point.name] = point.load()
    for source in BUILTIN:
        found[source.spec.use] = source
    return MappingProxyType(dict(sorted(found.items())))
