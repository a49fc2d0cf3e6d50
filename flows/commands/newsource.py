"""`tanma sources new`: the skeleton of a package that adds an outlet, reading its own sample pages from the start."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from flows.commands.screen import say
from sources.errors import ConfigError, Problem
from sources.source import registry

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST = 40
# Template in flows/templates/source → where it goes, below the package's folder.
_FILES = {
    "pyproject.toml.txt": "pyproject.toml",
    "module.py.txt": "@MODULE@/__init__.py",
    "test_source.py.txt": "tests/test_@MODULE@.py",
    "case.json.txt": "tests/fixtures/sample/case.json",
    "list.html.txt": "tests/fixtures/sample/list.html",
    "article1.html.txt": "tests/fixtures/sample/article1.html",
    "article2.html.txt": "tests/fixtures/sample/article2.html",
}


def new_command(name: str, into: Path | None) -> None:
    """Write the package of a new source, by default into `tanma-NAME`. Raises ConfigError for a name that cannot be or
    is taken, and for a folder with something in it."""
    _check_name(name)
    folder = into or Path(f"tanma-{name}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        wish = "not overwritten; name an empty or new folder with --into"
        raise ConfigError([Problem(str(folder), None, "", f"already there; {wish}")])
    for file, text in skeleton(name).items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        say(f"wrote {path}")
    say(f"next: cd {folder} && pip install -e . && pytest; then `tanma sources record` saves pages of the outlet")


def skeleton(name: str) -> dict[str, str]:
    """The files of the package of a source, by their place in its folder."""
    words = {
        "@NAME@": name,
        "@PACKAGE@": f"tanma-{name}",
        "@MODULE@": f"tanma_{name.replace('-', '_')}",
        "@CLASS@": "".join(part.capitalize() for part in name.split("-")),
        "@HOST@": f"{name}.example",
    }
    folder = files("flows") / "templates" / "source"
    return {
        _filled(place, words): _filled((folder / template).read_text("utf-8"), words)
        for template, place in _FILES.items()
    }


def _check_name(name: str) -> None:
    if name in registry():
        where = "another name: `tanma.yaml` could not tell the two apart"
        raise ConfigError([Problem("tanma sources new", None, name, f"there is a source of this name; take {where}")])
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        wish = f"expected at most {_LONGEST} small letters, digits and `-`, beginning with a letter, such as my-outlet"
        raise ConfigError([Problem("tanma sources new", None, name[: 2 * _LONGEST], wish)])


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(words), lambda word: words[word[0]], text)
