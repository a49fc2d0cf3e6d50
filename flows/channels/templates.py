"""Templates of users: one text file a form, which says what a story looks like in messages of that form.

    【{names}】{title} — {outlet} {time}
    {sentence}
    {how}
    {link}

The first line is the head, which a channel with titles shows as such. A name in braces takes what a message says of a
story, made harmless for the form already. What may take several lines stands alone on its line, and the line is not
there when there is nothing to say. All else is the user's own, markup included, and goes out as it is.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast, get_args

from flows.channels.message import Form, Template
from sources.errors import Problem

IN_LINE = ("names", "title", "outlet", "time")
ALONE = ("update", "sentence", "how", "others", "link")
LONGEST = 200  # characters of the user's own words, so that there is room for the story in the smallest message

_NONE: Mapping[Form, Template] = MappingProxyType({})


def read_templates(folder: Path) -> tuple[Mapping[Form, Template], list[Problem]]:
    """The templates in a folder, `<form>.txt` each, and what is wrong with them; with a problem there are none."""
    try:
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError as error:
        return _NONE, [Problem(str(folder), None, "templates", f"cannot be read: {error.strerror}")]
    templates: dict[Form, Template] = {}
    problems: list[Problem] = []
    for file in files:
        if file.suffix != ".txt" or file.stem not in get_args(Form):
            known = ", ".join(f"{form}.txt" for form in get_args(Form))
            problems.append(Problem(str(file), None, "", f"no form of messages is called so; known are {known}"))
            continue
        try:
            lines = file.read_text("utf-8-sig").rstrip().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(str(file), None, "", f"cannot be read as UTF-8 text: {type(error).__name__}"))
            continue
        found = list(_problems(file, lines))
        problems += found
        if not found:
            templates[cast(Form, file.stem)] = Template(lines[0], tuple(lines[1:]))
    return (_NONE if problems else MappingProxyType(templates)), problems


def fields_of(line: str) -> tuple[str, ...]:
    """The names in braces. Raises ValueError for braces that do not match."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(line) if name is not None)


def _problems(file: Path, lines: list[str]) -> Iterator[Problem]:
    own = 0
    for number, line in enumerate(lines, start=1):
        try:
            parts = list(string.Formatter().parse(line))
        except ValueError as error:
            yield Problem(str(file), number, "", f"{error}; a brace itself is written twice")
            continue
        own += sum(len(text) for text, _, _, _ in parts)
        for _, name, spec, conversion in parts:
            if name is None:
                continue
            if spec or conversion or name not in IN_LINE + ALONE:
                known = ", ".join(f"{{{known}}}" for known in IN_LINE + ALONE)
                yield Problem(str(file), number, name, f"there is no such field; known are {known}")
            elif name in ALONE and (line.strip() != f"{{{name}}}" or number == 1):
                yield Problem(str(file), number, name, "stands alone on a line, and not on the first")
        if number == 1 and not {"names", "title"} & {name for _, name, _, _ in parts}:
            yield Problem(str(file), 1, "", "the first line needs {names} or {title}")
    if not lines:
        yield Problem(str(file), None, "", "is empty; take the file away for the usual form")
    if own > LONGEST:
        yield Problem(str(file), None, "", f"has {own} characters beside the fields, more than {LONGEST}")
