"""Our labelled sentences (tests/warehouse/scan/sentences/*.txt) and how an engine does on them.

One line is one little article. `[[surface]]` marks a mention that deserves an alert, `[[surface|name]]` one whose text is
not a name of the watchlist; whatever is not marked must not alert. `¶` ends a paragraph, `《《title》》` and `@@outlet@@`
may stand first, ` ## name, name` at the end names the traps of the line: tracked names that its text or its sound holds
and that are not meant there. The labels were written by reading, before the engine was run on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.watchfile import load_watchlist
from sources.article import Article, Kind
from warehouse.scan import ALERTING_ROLES, Lexicon, scan
from warehouse.watchlist import Entity

FOLDER = Path(__file__).parent / "warehouse" / "scan" / "sentences"
THRESHOLD = 0.7
MARK = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")


@dataclass(frozen=True)
class Sentence:
    """`wanted` and `traps` are names as the watchlist writes them; `number` is the line of the file."""

    number: int
    group: str
    article: Article
    wanted: frozenset[str]
    traps: frozenset[str]


def watchlist(kind: str) -> tuple[Entity, ...]:
    return load_watchlist(FOLDER / f"{kind}_watchlist.yaml")


def sentences(kind: str) -> list[Sentence]:
    """`kind`: articles or transcripts."""
    entities = watchlist(kind)
    by_form = {plain(form): entity.name for entity in entities for form in (*entity.aliases, entity.name)}
    return list(_read(kind, by_form, {entity.name for entity in entities}))


def _read(kind: str, by_form: dict[str, str], names: set[str]) -> Iterator[Sentence]:
    group = ""
    for number, line in enumerate((FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            group = line.strip("#= ") if line.startswith("# ==") else group
            continue
        marked, _, listed = line.partition(" ## ")
        traps = frozenset(name.strip() for name in listed.split(",") if name.strip())
        wanted = frozenset(name or by_form[plain(surface)] for surface, name in MARK.findall(marked))
        unknown = (wanted | traps) - names
        assert not unknown, f"{kind}.txt line {number}: not in the watchlist: {unknown}"
        text = MARK.sub(r"\1", marked).replace("¶", "\n")
        outlet, text = _head(text, "@@", "@@")
        title, text = _head(text, "《《", "》》")
        what: Kind = "transcript" if kind == "transcripts" else "article"
        article = Article(f"url:{number}", "files", outlet, what, "", title, text.strip())
        yield Sentence(number, group, article, wanted, traps - wanted)


def plain(form: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKC", form).casefold() if c.isalnum())


def _head(text: str, opening: str, closing: str) -> tuple[str, str]:
    if not text.startswith(opening):
        return "", text
    head, _, rest = text[len(opening) :].partition(closing)
    return head, rest.lstrip()


def alerted(lexicon: Lexicon, article: Article) -> frozenset[str]:
    """The names that a rule with the default threshold alerts for."""
    return frozenset(
        lexicon.entities[mention.entity_id].name
        for mention in scan(lexicon, article).mentions
        if mention.role in ALERTING_ROLES and mention.confidence >= THRESHOLD
    )


def by_substring(entities: Iterable[Entity], article: Article) -> frozenset[str]:
    """What the popular keyword monitors do: the name or an alias stands in the title or the text, as it is written."""
    text = f"{article.title}\n{article.text}".lower()
    return frozenset(e.name for e in entities if any(form.lower() in text for form in (e.name, *e.aliases)))


@dataclass
class Score:
    """Counted over pairs of a text and a name; `traps` are those whose string or sound is there and whose name is not meant."""

    right: int = 0
    false: int = 0
    missed: int = 0
    traps: int = 0
    trapped: int = 0

    def add(self, wanted: frozenset[str], found: frozenset[str], traps: frozenset[str]) -> None:
        self.right += len(found & wanted)
        self.false += len(found - wanted)
        self.missed += len(wanted - found)
        self.traps += len(traps)
        self.trapped += len(found & traps)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.false)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} recall {self.recall:.3f} "
            f"({self.right} right, {self.false} false, {self.missed} missed; {self.trapped} of {self.traps} traps)"
        )
