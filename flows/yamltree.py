"""YAML text → a tree of nodes that know where they stand. Every scalar is the text that stands in the file.

A company called 360, NO or 2024-01-01 stays that; whoever wants a number converts it. An empty value, `null` and `~`
are None. Anchors, aliases and tags are refused: a name that begins with & * or ! would vanish in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent, ScalarEvent, SequenceStartEvent

from sources.errors import ConfigError, Problem

KeyPath = tuple[str | int, ...]

DEEPEST = 20  # nesting; our files need five
LARGEST = 10_000_000  # characters; 5,000 names with aliases are half a million

# What the parser stumbled over last is far from the cause when a bracket or a quote was never closed.
_UNCLOSED = ("flow sequence", "flow mapping", "quoted scalar", "simple key")
_HINTS = (
    (
        "mapping values are not allowed",
        "a text that holds `: ` goes into quotes; keys of one entry stand in line",
    ),
    ("cannot start any token", "indent with spaces, not tabs; a text that begins with @ ` or % goes into quotes"),
    ("expected ',' or", "a [ or { that begins here is not closed; inside it, ${NAME} goes into quotes"),
    ("unexpected end of stream", "a quote that begins here is not closed"),
    ("could not find expected ':'", "a line that is neither `key: value` nor `- item`"),
)
_IN_QUOTES = "a text that begins with {sign} goes into quotes"


@dataclass(frozen=True, slots=True)
class Node:
    """A value where it stands: `line` from 1, `start` and `end` count characters of the file's text.

    `value`: text or None for a scalar, a list of nodes, or for a mapping its keys with (key node, value node). `flow`
    tells [a, b] from a list with one item a line. The end of a block list lies where the next thing begins.
    """

    value: str | list[Node] | dict[str, tuple[Node, Node]] | None
    line: int
    start: int
    end: int
    flow: bool = False


def read_tree(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree of one document, None when it holds nothing, and its duplicate keys. `file` is named in problems.

    Raises ConfigError with one problem when this is no YAML, or YAML of a kind that is refused.
    """
    if len(text) > LARGEST:
        raise ConfigError([Problem(file, None, "", f"is too large: expected at most {LARGEST:,} characters")])
    try:
        # The C parser, where it is installed, is twenty times faster on 5,000 names. It knows YAML 1.1 only, which
        # refuses {url: https://…} without quotes: what it does not take is judged by ruamel's own parser.
        return _document(text, file, pure=False)
    except (YAMLError, ValueError, OverflowError):
        pass
    except _Refused as error:
        raise ConfigError([Problem(file, error.line, "", str(error))]) from None
    try:
        return _document(text, file, pure=True)
    except MarkedYAMLError as error:
        raise ConfigError([_syntax_problem(file, error)]) from None
    except _Refused as error:
        raise ConfigError([Problem(file, error.line, "", str(error))]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # Characters that YAML forbids come unmarked, escapes past Unicode as Python's own errors.
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        message = "holds a control character or an escape that YAML does not allow"
        raise ConfigError([Problem(file, line, "", message)]) from None


def dotted(path: KeyPath) -> str:
    """`sources[1].every`: list items count from 0. A key that holds an address is cut short."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{masked(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def masked(text: str) -> str:
    """A text of the user's for a message: one line, at most 60 characters, of an address no more than its scheme."""
    scheme, slashes, _ = text.partition("://")
    text = "".join(c if c.isprintable() else "�" for c in (scheme[-20:] if slashes else text))
    if slashes:
        return f"{text.rpartition(' ')[2]}://…"
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass(frozen=True, slots=True)
class _Told:
    file: str
    problems: list[Problem] = field(default_factory=list)


class _Refused(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _document(text: str, file: str, *, pure: bool) -> tuple[Node | None, list[Problem]]:
    told = _Told(file)
    root: Node | None = None
    events = YAML(typ="safe", pure=pure).parse(text)
    for event in events:
        if isinstance(event, NodeEvent):
            if root:
                raise _Refused(event.start_mark.line + 1, "a second document begins here: take the `---` out")
            root = _node(event, events, (), told)
    return (root if root and root.value is not None else None), told.problems


def _node(event: Any, events: Iterator[Any], path: KeyPath, told: _Told) -> Node:
    start = event.start_mark
    line = start.line + 1
    if len(path) > DEEPEST:
        raise _Refused(line, f"is nested deeper than {DEEPEST} levels")
    if isinstance(event, AliasEvent) or event.anchor is not None:
        sign = "*" if isinstance(event, AliasEvent) else "&"
        raise _Refused(line, f"anchors (&) and aliases (*) are not read here; {_IN_QUOTES.format(sign=sign)}")
    if getattr(event, "tag", None) not in (None, "tag:yaml.org,2002:str"):
        raise _Refused(line, f"tags (!) are not read here; {_IN_QUOTES.format(sign='!')}")
    if isinstance(event, ScalarEvent):
        empty = not event.style and event.tag is None and event.value in ("", "~", "null", "Null", "NULL")
        return Node(None if empty else event.value, line, start.index, event.end_mark.index)
    value: list[Node] | dict[str, tuple[Node, Node]]
    if isinstance(event, SequenceStartEvent):
        value, end = _sequence(events, path, told)
    else:
        value, end = _mapping(events, path, told)
    return Node(value, line, start.index, end.end_mark.index, bool(event.flow_style))


def _sequence(events: Iterator[Any], path: KeyPath, told: _Told) -> tuple[list[Node], Any]:
    found: list[Node] = []
    while isinstance(event := next(events), NodeEvent):
        found.append(_node(event, events, (*path, len(found)), told))
    return found, event


def _mapping(events: Iterator[Any], path: KeyPath, told: _Told) -> tuple[dict[str, tuple[Node, Node]], Any]:
    found: dict[str, tuple[Node, Node]] = {}
    twice: list[tuple[str, int]] = []
    while isinstance(event := next(events), NodeEvent):
        key = _node(event, events, (*path, ""), told)  # a key can be a mapping again, as deep as one likes
        name = key.value if isinstance(key.value, str) else ""
        value = _node(next(events), events, (*path, name), told)
        if not isinstance(key.value, str):
            told.problems.append(Problem(told.file, key.line, dotted(path), "a key must be a text"))
        elif name in found:
            twice.append((name, key.line))
        else:
            found[name] = (key, value)
    for name, line in twice:
        message = f"stands here twice: first in line {found[name][0].line}"
        told.problems.append(Problem(told.file, line, dotted((*path, name)), message))
    return found, event


def _syntax_problem(name: str, error: MarkedYAMLError) -> Problem:
    """Ours for the parser's words, which quote the file: there may be a secret in it."""
    unclosed = any(what in (error.context or "") for what in _UNCLOSED)
    mark = (error.context_mark if unclosed else None) or error.problem_mark
    words = error.problem or ""
    hint = next((hint for part, hint in _HINTS if part in words), "look at the indentation of this and the line before")
    return Problem(name, mark.line + 1 if mark else None, "", f"is not valid YAML here: {hint}")
