"""The user's YAML files: text with line numbers in, plain values out, and every problem named by file, line and key.

Both files go through here, so that this is the one place where pydantic's words become ours; flows.yamltree does the
same for the parser's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from flows.yamltree import KeyPath, Node, dotted, masked, read_tree
from sources.errors import ConfigError, Problem

Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Document:
    """One file as read. `root` is None when it holds nothing. Problems gather in the order in which they are found."""

    file: str
    text: str
    root: Node | None
    problems: list[Problem] = field(default_factory=list)
    _filled: dict[str, str] = field(default_factory=dict, repr=False)  # value of a variable → how it is written
    _unfilled: set[KeyPath] = field(default_factory=set)

    def at(self, path: KeyPath) -> Node | None:
        """The value at a path, None when there is none."""
        key, value = self._found(path)
        return value if key is not None else None

    def line(self, path: KeyPath) -> int | None:
        """The line of a key or list item; of the nearest thing around it when it is not there itself."""
        for length in range(len(path), 0, -1):
            key, _ = self._found(path[:length])
            if key is not None:
                return key.line
        return self.root.line if self.root else None

    def problem(self, path: KeyPath, message: str) -> None:
        """Note a problem. Silent where a variable is missing: that is the one thing to say there."""
        if not any(path[: len(unfilled)] == unfilled for unfilled in self._unfilled):
            self.problems.append(self.note(path, message))

    def note(self, path: KeyPath, message: str) -> Problem:
        """A problem that is not counted here, such as a warning. Values of variables are taken out of its message."""
        for value, written in self._filled.items():
            message = message.replace(value, written)
        return Problem(self.file, self.line(path), dotted(path), message)

    def in_order(self) -> list[Problem]:
        """The problems by line."""
        return sorted(self.problems, key=lambda problem: problem.line or 0)

    def plain(self) -> Any:
        """The file as dict, list, str and None."""
        return _plain(self.root)

    def filled(self, env: Mapping[str, str]) -> Any:
        """As `plain`, with each `${NAME}` replaced by that variable of `env` and `$$` by a dollar sign."""
        return self._fill(self.root, (), env)

    def validated(self, model: type[Model], value: Any, path: KeyPath) -> Model | None:
        """`value`, which stands at `path`, as a model; None after noting what is wrong with it.

        The description of a field says what is expected there.
        """
        if not isinstance(value, dict):
            self.problem(path, f"expected {_listed(known_keys(model))} with their values" + self._colon_hint(path))
            return None
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._translate(model, path, detail)
            return None

    def unknown_key(self, path: KeyPath, known: Iterable[str]) -> None:
        """Note that the last key of `path` is none of the known ones."""
        known = list(known)
        near = nearest(str(path[-1]), known)
        self.problem(path, f"unknown key; did you mean {near}?" if near else f"unknown key; known are {_listed(known)}")

    def shown(self, path: KeyPath) -> str:
        """The value as it stands in the file, fit for a message: addresses, which may hold secrets, are cut short."""
        node = self.at(path)
        if node is None or node.value is None:
            return "nothing"
        if not isinstance(node.value, str):
            return "a list" if isinstance(node.value, list) else "a mapping"
        return f"`{masked(node.value)}`"

    def _found(self, path: KeyPath) -> tuple[Node | None, Node | None]:
        """(node that names the line, value node) at a path, or (None, None)."""
        key = value = self.root
        for part in path:
            inside = value.value if value else None
            if isinstance(inside, dict) and part in inside:
                key, value = inside[str(part)]
            elif isinstance(inside, list) and isinstance(part, int) and part < len(inside):
                key = value = inside[part]
            else:
                return None, None
        return key, value

    def _fill(self, node: Node | None, path: KeyPath, env: Mapping[str, str]) -> Any:
        value = node.value if node else None
        if isinstance(value, dict):
            return {key: self._fill(inner, (*path, key), env) for key, (_, inner) in value.items()}
        if isinstance(value, list):
            return [self._fill(inner, (*path, index), env) for index, inner in enumerate(value)]
        return self._fill_text(value, path, env) if value and "$" in value else value

    def _fill_text(self, text: str, path: KeyPath, env: Mapping[str, str]) -> str:
        wrong: list[str] = []

        def fill(found: re.Match[str]) -> str:
            written, name = found.group(), found["name"]
            if written == "$$":
                return "$"
            if name is None:
                wrong.append("expected ${NAME} with the name of an environment variable; a dollar sign is $$")
            elif name not in env:
                wrong.append(f"the environment variable {name} is not set")
            elif not env[name].strip():
                wrong.append(f"the environment variable {name} is empty")
            else:
                value = env[name].strip()
                if len(value) > 3:  # a shorter one is no secret, and part of too many words
                    self._filled[value] = written
                return value
            return written

        text = re.sub(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{", fill, text)
        for message in dict.fromkeys(wrong):
            self.problem(path, message)
        if wrong:
            self._unfilled.add(path)
        return text

    def _translate(self, model: type[BaseModel], path: KeyPath, detail: Any) -> None:
        inner = tuple(part for part in detail["loc"])
        where, owner = (*path, *inner), _model_at(model, inner[:-1])
        if detail["type"] == "extra_forbidden":
            self.unknown_key(where, known_keys(owner))
            return
        expected = _description(model, inner)
        if detail["type"] == "missing":
            self.problem(path, f"{inner[-1]} is missing: expected {expected}")
        elif detail["type"] == "value_error":
            message = str(detail["ctx"]["error"])
            self.problem(where, f"{message}, not {self.shown(where)}" if message.startswith("expected ") else message)
        else:
            self.problem(where, f"expected {expected}, not {self.shown(where)}" + self._colon_hint(where))

    def _colon_hint(self, path: KeyPath) -> str:
        node = self.at(path)
        if node and isinstance(node.value, str) and re.match(r"\w+ *[:：]", node.value):
            return " (a key ends with a half-width colon and a space)"
        return ""


def read_yaml(path: Path, shown: str = "", *, remedy: str) -> Document:
    """Read a file. `shown` is its name in messages (default: the path).

    Raises ConfigError when it cannot be read at all: missing (the message ends with `remedy`), not UTF-8, no YAML.
    Duplicate keys and refused YAML are problems of the document.
    """
    name = shown or str(path)
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([Problem(name, None, "", f"there is no such file; {remedy}")]) from None
    except OSError as error:
        raise ConfigError([Problem(name, None, "", f"cannot be read: {error.strerror or 'unknown reason'}")]) from None
    except ValueError:
        raise ConfigError([Problem(name.replace("\0", "?"), None, "", "is no name of a file")]) from None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(name, line, "", "is not UTF-8: save the file in that encoding")]) from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """As `read_yaml`, from a text."""
    root, problems = read_tree(text, name)
    return Document(name, text, root, problems)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like this one, "" when none comes near."""
    by_fold = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.65)
    return by_fold[found[0]] if found else ""


def known_keys(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they stand in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _plain(node: Node | None) -> Any:
    value = node.value if node else None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, (_, inner) in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel]:
    for part in path:
        inner = next((f.annotation for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return model


def _description(model: type[BaseModel], path: KeyPath) -> str:
    """What is expected at a path of a model: the description of the innermost field on it."""
    said = "another value"
    for length in range(len(path)):
        owner = _model_at(model, path[:length])
        for name, info in owner.model_fields.items():
            if path[length] in (name, info.alias):
                said = info.description or said
    return said


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
