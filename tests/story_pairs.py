"""Our labelled pairs of texts (tests/warehouse/same/pairs/*.txt): which are one story and which are not.

`=== name | kind | title` begins a text; its paragraphs follow, one a line. A line `@other` stands for all paragraphs of a
text before it, `@other 3 1-2` for these of them, `@other | 旧→新 | spaced` for them with that done to them: replaced, or
one of the words of _DONE, or `cut 100` (the first hundred characters and …). `>>> near cold` says how a reader sees the
text beside another (same, near, part of it), `>>> apart one, two` that they are different stories; `? why` under it that
the code is known to get it wrong. The labels were written by reading, before the code was run on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from opencc import OpenCC

from warehouse.same import Wording, wording

FOLDER = Path(__file__).parent / "warehouse" / "same" / "pairs"
_HAN = "[一-鿿]"


@dataclass
class Text:
    """One text; `paragraphs` as they stand after everything was done to them."""

    name: str
    kind: str
    title: str
    paragraphs: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        return "\n".join(self.paragraphs)

    @property
    def words(self) -> Wording:
        return wording(self.title, self.body, self.kind, "")


@dataclass
class Labelled:
    """How a reader sees `text` beside `other`: same, near, part or apart. `wrong` says why the code does not."""

    group: str
    text: Text
    other: Text
    label: str
    wrong: str = ""

    def __str__(self) -> str:
        return f"{self.text.name}~{self.other.name}"


def _spaced(text: str) -> str:
    """A space around numbers and after every fifth character, as editors and ZAKER leave them."""
    return re.sub(f"({_HAN}{{5}})", r"\1 ", re.sub("([0-9.]+)", r" \1 ", text))


def _transcribed(text: str) -> str:
    """A recogniser's: no marks, a space after each word of one to three characters."""
    return re.sub(f"({_HAN}{{1,3}})", r"\1 ", re.sub("[，。！？；：“”、]", " ", text))


def _tight(text: str) -> str:
    return text.replace(" ", "")


def _wide(text: str) -> str:
    """Latin letters and digits as wide as Chinese characters."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


_DONE: dict[str, Callable[[str], str]] = {
    "spaced": _spaced,
    "transcript": _transcribed,
    "tight": _tight,
    "wide": _wide,
    "traditional": OpenCC("s2t").convert,
}


@cache
def pairs() -> tuple[Labelled, ...]:
    """All of them, in the order of the files."""
    texts: dict[str, Text] = {}
    return tuple(pair for name in ("together", "apart") for pair in _read(FOLDER / f"{name}.txt", texts))


def _read(path: Path, texts: dict[str, Text]) -> Iterator[Labelled]:
    group, text, found = "", Text("", "", ""), list[Labelled]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# =="):
            group = line.strip("# =")
        elif line.startswith("=== "):
            name, kind, title = (part.strip() for part in line[4:].split("|", 2))
            assert name not in texts, f"{path.name} line {number}: {name} stands there already"
            text = texts[name] = Text(name, kind, title)
        elif line.startswith(">>> "):
            label, _, others = line[4:].partition(" ")
            assert label in ("same", "near", "part", "apart"), f"{path.name} line {number}: {label}"
            found += [Labelled(group, text, texts[other.strip()], label) for other in others.split(",")]
        elif line.startswith("? "):
            found[-1].wrong = line[2:]
        elif line.startswith("@"):
            text.paragraphs += _taken(line[1:], texts)
        elif line and not line.startswith("#"):
            text.paragraphs.append(line)
    yield from found


def _taken(line: str, texts: dict[str, Text]) -> list[str]:
    which, *done = (part.strip() for part in line.split("|"))
    name, *places = which.split()
    paragraphs = texts[name].paragraphs
    if places:
        ranges = [place.partition("-") for place in places]
        paragraphs = [one for a, _, b in ranges for one in paragraphs[int(a) - 1 : int(b or a)]]
    body = "\n".join(paragraphs)
    for one in done:
        if "→" in one:
            old, new = one.split("→")
            assert old in body, f"@{line}: {old} is not there"
            body = body.replace(old, new)
        elif one.startswith("cut "):
            body = body[: int(one[4:])] + "…"
        else:
            body = _DONE[one](body)
    return body.split("\n")
