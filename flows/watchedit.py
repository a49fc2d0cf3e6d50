"""Changes to the text of watchlist.yaml that leave every other character as it is.

A YAML round trip would do, were it not that it takes comments out with the entry before them, sets new entries below
the comment that heads the next section, and indents the user's lists its own way. So the text is cut and extended at
the places that the parser names. Pure: text in, text out; the caller reads the result back before writing it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.yamlfile import Document
from flows.yamltree import KeyPath, Node
from warehouse.watchlist import Entity

# Texts that stand without quotes: CJK, letters, digits, and inside also space · . - & + / ' — but not what other YAML
# readers take for a number, a date or a truth value.
_PLAIN = re.compile(r"[^\W\d_](?:[\w·.&+/'\-（）《》 ]*[\w·+（）《》])?")
_OTHER_TYPES = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null)")


def with_entities(document: Document, section: str, entities: Sequence[Entity]) -> str:
    """The text with these entities at the end of a section, in the manner of the entries that stand there."""
    text, newline = document.text, _newline(document.text)
    content = document.at((section,))
    items = content.value if content and isinstance(content.value, list) else []
    if content and content.flow:
        return _in_brackets(text, content, items, [_flow(entity) for entity in entities])
    if items:
        last = items[-1]
        column = _dash_column(text, last)
        place = _line_after(text, _content_end(last))
    elif content:
        column = 2
        place = _line_after(text, _key_end(document, section))
    else:
        text = _ended(text, newline)
        added = f"{section}:{newline}" + _block(entities, 2, newline)
        return f"{text}{newline if text.strip() else ''}{added}"
    before, after = text[:place], text[place:]
    return _ended(before, newline) + _block(entities, column, newline) + after


def without_entry(document: Document, at: KeyPath) -> str:
    """The text without the entry at this path; a section that it leaves empty becomes `section: []`."""
    text = document.text
    section = document.at(at[:-1])
    index = at[-1]
    assert section and isinstance(section.value, list) and isinstance(index, int)
    items = section.value
    if section.flow:
        if index + 1 < len(items):
            return text[: items[index].start] + text[items[index + 1].start :]
        start = items[index - 1].end if index else section.start + 1
        return text[:start] + text[items[index].end :]
    node = items[index]
    start = text.rfind("\n", 0, node.start) + 1
    end = _line_after(text, _content_end(node))
    if len(items) > 1:
        return text[:start] + text[end:]
    key_end = _key_end(document, str(at[0]))
    return text[:key_end] + " []" + text[key_end:start] + text[end:]


def quoted(text: str) -> str:
    """A text as it stands in YAML, in quotes where any reader of YAML would take it for something else without."""
    if _PLAIN.fullmatch(text) and not _OTHER_TYPES.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _block(entities: Sequence[Entity], column: int, newline: str) -> str:
    lines = []
    for entity in entities:
        lines.append(f"{' ' * column}- name: {quoted(entity.name)}")
        lines += [f"{' ' * column}  {key}: {value}" for key, value in _values(entity)]
    return "".join(line + newline for line in lines)


def _flow(entity: Entity) -> str:
    values = "".join(f", {key}: {value}" for key, value in _values(entity))
    return f"{{name: {quoted(entity.name)}{values}}}" if values else quoted(entity.name)


def _values(entity: Entity) -> list[tuple[str, str]]:
    """Key and value, as they stand in the file, of all that an entity has beside its name."""
    lists = {"aliases": entity.aliases, "groups": entity.groups, "context": entity.context, "not": entity.never}
    return [(key, _list(texts)) for key, texts in lists.items() if texts] + ([] if entity.sound else [("sound", "off")])


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(quoted(text) for text in texts)}]"


def _in_brackets(text: str, content: Node, items: Sequence[Node], new: Sequence[str]) -> str:
    place = items[-1].end if items else content.start + 1
    return text[:place] + (", " if items else "") + ", ".join(new) + text[place:]


def _content_end(node: Node) -> int:
    """Where the last thing of a value ends. A block list's own end lies behind the comments that follow it."""
    if node.flow or node.value is None or isinstance(node.value, str):
        return node.end
    inner = node.value if isinstance(node.value, list) else [
        part for key, value in node.value.values() for part in (key, *(() if value.value is None else (value,)))
    ]  # fmt: skip
    return max((_content_end(part) for part in inner), default=node.end)


def _line_after(text: str, place: int) -> int:
    """Where the line after the one that holds `place` begins; the same place when it begins a line itself."""
    if place and text[place - 1] == "\n":
        return place
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _dash_column(text: str, item: Node) -> int:
    dash = text.rfind("-", 0, item.start)
    return dash - (text.rfind("\n", 0, dash) + 1)


def _key_end(document: Document, section: str) -> int:
    """Behind the colon of a section's key."""
    assert document.root and isinstance(document.root.value, dict)
    key, _ = document.root.value[section]
    return document.text.index(":", key.end) + 1


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline
