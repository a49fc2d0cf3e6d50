"""Nothing that users meet is undocumented: commands, options, config keys, views, columns, status words.

The pages that are written from the code are compared with it whole; in the others each word has to stand in its place.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import reference
import typer.main
from test_docs import ALERT_STATUSES, COLUMN_WORDS, EXIT_CODES, README

from flows import cli, imports
from flows.commands.findings import State
from warehouse import incidents, rules, runs

DOCS = Path(__file__).resolve().parent.parent / "deployments" / "docs"
WORDS = (DOCS / "words.md").read_text("utf-8")


@pytest.mark.parametrize("page", reference.PAGES)
def test_a_page_that_is_written_from_the_code_is_as_the_code_is(page: str) -> None:
    assert (DOCS / page).read_text("utf-8") == reference.PAGES[page](), "write it anew: python tests/reference.py"


def test_every_option_stands_with_its_command_and_says_what_it_does() -> None:
    """Beside the comparison: whatever writes the page must not leave anything out."""
    parts = {
        part.partition("`")[0].strip(): part for part in re.split(r"^## `", (DOCS / "commands.md").read_text("utf-8"), flags=re.MULTILINE)
    }  # fmt: skip
    sections = {re.sub(r" [\[A-Z].*$", "", words): part for words, part in parts.items()}
    found = 0
    for words, command in reference.commands(typer.main.get_command(cli.app)):
        for option in command.params:
            names = {*option.opts, *option.secondary_opts} if option.param_type_name == "option" else set()
            for name in names - {"--config", "--json", "--help"}:
                [row] = re.findall(rf"^\| `(?:[^`]*[ ,])?{name}[,` ].*$", sections[words], re.MULTILINE)
                assert row.split("|")[2].strip() not in ("", "None"), (words, name)
                found += 1
    assert found > 40


def test_every_view_and_column_has_its_row() -> None:
    text = (DOCS / "views.md").read_text("utf-8")
    views = re.split(r"^## `", text, flags=re.MULTILINE)[1:]
    rows = {part.partition("`")[0]: set(re.findall(r"^\| `(\w+)` \| \S", part, re.MULTILINE)) for part in views}
    known = {view: set(columns) - {""} for view, columns in reference.views().items()}
    assert rows == known and sum(map(len, known.values())) > 100


def section(title: str) -> str:
    """A section of words.md by what its heading begins with."""
    [found] = [part for part in re.split(r"^## ", WORDS, flags=re.MULTILINE) if part.startswith(title)]
    return found


WORDS_OF: dict[str, tuple[str, ...]] = {
    "A source": (*get_args(runs.HealthState), "never run"),
    "An alert": (*ALERT_STATUSES, *get_args(rules.Severity)),
    "A run": (*COLUMN_WORDS["runs", "via"], *COLUMN_WORDS["runs", "status"], "PartlyFailed", "Skipped"),
    "A request": COLUMN_WORDS["fetches", "outcome"],
    "An article": tuple(
        word
        for view, column in (
            ("articles", "kind"), ("articles", "published_precision"), ("articles", "relation"), ("mentions", "how"),
            ("mentions", "role"), ("entities", "kind"),
        )
        for word in COLUMN_WORDS[view, column]
    ),
    "A file": get_args(imports.FileStatus),
    "A finding": get_args(State),
    "An incident": get_args(incidents.Kind),
}  # fmt: skip


@pytest.mark.parametrize("title", WORDS_OF)
def test_every_status_word_has_its_place(title: str) -> None:
    text = section(title)
    assert len(WORDS_OF[title]) > 2
    assert {word for word in WORDS_OF[title] if f"`{word}`" not in text} == set()


def test_every_column_of_words_is_looked_at() -> None:
    """A column whose words are tested in its COMMENT is tested here too."""
    looked_at = {word for words in WORDS_OF.values() for word in words}
    assert {word for words in COLUMN_WORDS.values() for word in words} - looked_at == set()


def test_every_word_that_code_writes_into_a_run_is_known() -> None:
    """runs.kind is a plain text in the code: what is handed to open_session and begin_run is read from there."""
    source = "\n".join(path.read_text("utf-8") for path in sorted((DOCS.parent.parent / "flows").rglob("*.py")))
    kinds = {*re.findall(r'kind="(\w+)"', source), *re.findall(r'begin_run\(wh, "(\w+)"', source)}
    assert len(kinds) > 4
    assert {kind for kind in kinds if f"`{kind}`" not in section("A run")} == set()


def test_every_exit_code_has_its_row() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), re.MULTILINE)} == EXIT_CODES


def test_every_page_is_named_in_the_readme() -> None:
    named = set(re.findall(r"\]\(deployments/docs/([\w-]+\.md)", README))
    assert {path.name for path in DOCS.glob("*.md")} - named == set()


def test_no_page_points_to_what_is_not_there() -> None:
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text("utf-8")
        targets = [one for one in re.findall(r"\]\(([^)#]*)(?:#[\w-]+)?\)", text) if one and "://" not in one]
        assert [one for one in targets if not (DOCS / one).exists()] == [], page.name
