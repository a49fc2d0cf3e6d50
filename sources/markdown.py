"""Markdown as people keep it (clippers, note books): front matter → what it says, markup → plain paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRONT = re.compile(r"\s*---[ \t]*\n((?:[^\n]*\n){1,80}?)(?:---|\.\.\.)[ \t]*(?:\n|$)")
_KEY = re.compile(r"([\w-]{1,40})[ \t]*:[ \t]*(.*)")
_KNOWN = frozenset({"title", "url", "source", "link", "date", "published", "author", "authors"})
_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t]*#*$")
_MARKUP = re.compile(
    r"(?m)^#{1,6}[ \t]+\S|^[ \t]*(?:[-*+]|\d+\.)[ \t]+\S|^>[ \t]?|^```|\*\*[^*\n]{1,80}\*\*|\]\([^\s()]{4,400}\)"
)
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_RULE = re.compile(r"[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,})$")
_TAG_LINE = re.compile(r"[ \t]*(?:</?[a-zA-Z][^<>]{0,400}>[ \t]*)+$")
_COMMENT = re.compile(r"<!--[^<>\n]{0,400}-->|%%[^\n%]{0,400}%%")
_LEAD = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)?")
_PICTURE = re.compile(r"!\[\[[^\]\n]{0,400}\]\]|!\[[^\]\n]{0,400}\]\([^()\n]{0,2000}\)")
_LINK = re.compile(
    r"\[([^\[\]\n]{0,400})\](?:\([^()\n]{0,2000}(?:\([^()\n]{0,400}\)[^()\n]{0,400})?\)|\[[^\[\]\n]{0,100}\])"
)
_WIKI = re.compile(r"\[\[(?:[^\[\]|\n]{0,200}\|)?([^\[\]\n]{1,200})\]\]")
_STRONG = re.compile(r"(\*\*\*|\*\*|__|~~|==)(?=\S)([^\n]{1,200}?)(?<=\S)\1")
_STRESS = re.compile(r"(?<![A-Za-z0-9*])\*(?=\S)([^*\n]{1,200})(?<=\S)\*(?![A-Za-z0-9*])")
_CODE = re.compile(r"`([^`\n]{1,400})`")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")


@dataclass(frozen=True, slots=True)
class Note:
    """`facts`: the keys of the front matter in lower case, each with its values; `lines`: the paragraphs of the body,
    headings and items of lists each one of their own; `heading`: the first heading of level 1, not among the lines
    when the text begins with it."""

    facts: dict[str, tuple[str, ...]]
    heading: str
    lines: list[str]

    def fact(self, *names: str) -> str:
        """The first value of the first of the keys that has one."""
        return next((self.facts[name][0] for name in names if self.facts.get(name)), "")


def is_markdown(text: str) -> bool:
    """Front matter with a known key, or a heading of level 1 at the start and further markup behind it."""
    start = text[:20_000].lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    if front := _FRONT.match(start):
        return bool(_KNOWN & _facts(front[1]).keys())
    first, _, rest = start.partition("\n")
    return bool(re.match(r"#[ \t]+\S", first)) and bool(_MARKUP.search(rest))


def read_markdown(text: str) -> Note:
    """The note; lines are cut where the author ended them, for in Chinese notes a line is a paragraph."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    facts: dict[str, tuple[str, ...]] = {}
    if front := _FRONT.match(text):
        facts, text = _facts(front[1]), text[front.end() :]
    heading, lines, fenced = "", [], False
    for raw in _COMMENT.sub("", text).split("\n"):
        if _FENCE.match(raw):
            fenced = not fenced
            continue
        if fenced:
            lines.append(raw.strip())
            continue
        if _RULE.match(raw) or _TAG_LINE.match(raw):
            continue
        if title := _HEADING.match(raw.strip()):
            plain = _plain(title[1])
            if not heading and raw.lstrip().startswith("# "):
                heading = plain
                if not any(lines):
                    continue
            lines.append(plain)
            continue
        lines.append(_plain(_LEAD.sub("", raw, count=1)))
    return Note(facts, heading, [line for line in lines if line])


def _plain(line: str) -> str:
    line = _PICTURE.sub("", line)
    line = _WIKI.sub(r"\1", _LINK.sub(r"\1", line))
    line = _STRESS.sub(r"\1", _STRONG.sub(r"\2", line))
    return _ESCAPE.sub(r"\1", _CODE.sub(r"\1", line)).strip()


def _facts(front: str) -> dict[str, tuple[str, ...]]:
    """`key: value`, `key: [a, b]` and `key:` with `- a` below it; whatever else YAML knows is passed over."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in front.split("\n"):
        if line.strip().startswith("- ") and key:
            found[key].append(line.strip()[2:])
        elif match := _KEY.match(line):
            key = match[1].lower()
            value = match[2].strip()
            values = value[1:-1].split(",") if re.fullmatch(r"\[[^\[\]].*\]", value) else [value]
            found.setdefault(key, []).extend(values)
    return {key: tuple(filter(None, map(_scalar, values))) for key, values in found.items()}


def _scalar(raw: str) -> str:
    text = raw.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].replace('\\"', '"') if text[0] == '"' else text[1:-1].replace("''", "'")
    return _WIKI.sub(r"\1", text).strip()
