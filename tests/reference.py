"""The two pages of deployments/docs that are written from the code: commands.md and views.md.

`python tests/reference.py` writes them anew; tests/test_docs_reference.py fails while they differ from the code.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer.main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "deployments" / "docs"
sys.path.insert(0, str(ROOT))

from flows import cli  # noqa: E402
from warehouse.query import open_published, run_query  # noqa: E402
from warehouse.store import Warehouse  # noqa: E402

_EVERYWHERE = {"--config": "the configuration file, ./tanma.yaml when it is left out", "--json": "one JSON document on stdout, nothing else there"}  # fmt: skip


def commands(command: Any, before: tuple[str, ...] = ("tanma",)) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    below = getattr(command, "commands", {})
    if not below:
        yield " ".join(before), command
    for name, one in below.items():
        yield from commands(one, (*before, name))


def options(command: Any) -> dict[str, str]:
    """An option as it is written → what it does; those that most commands have are left out."""
    return {
        _written(one): one.help or ""
        for one in command.params
        if one.param_type_name == "option" and not set(one.opts) & {*_EVERYWHERE, "--help"}
    }


def commands_page() -> str:
    """commands.md."""
    shared = "\n".join(f"- `{name}`: {what}" for name, what in _EVERYWHERE.items())
    parts = [
        "# Every command and option\n",
        "Written from the code by `python tests/reference.py`. `tanma COMMAND --help` says the same. Exit codes and other words:",
        "[words.md](words.md). Where a command lists, or most others:\n",
        f"{shared}\n",
    ]
    for words, command in commands(typer.main.get_command(cli.app)):
        arguments = " ".join(_argument(one) for one in command.params if one.param_type_name == "argument")
        parts.append(f"## `{f'{words} {arguments}'.strip()}`\n\n{command.help.strip()}\n")
        if found := options(command):
            rows = "\n".join(f"| `{_cell(name)}` | {_cell(what)} |" for name, what in found.items())
            parts.append(f"| option | does |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def views() -> dict[str, dict[str, str]]:
    """view → {"": its comment, column: the column's comment}, in the order of the file and of the view."""
    with tempfile.TemporaryDirectory() as folder:
        with Warehouse.open(Path(folder), holder="reference", now=datetime(2026, 11, 21, tzinfo=UTC)) as wh:
            wh.publish()
        with open_published(Path(folder)) as con:
            named = run_query(con, "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal").rows  # fmt: skip
            columns = run_query(con, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index").rows  # fmt: skip
    order = re.findall(r"VIEW main\.(\w+)", (ROOT / "warehouse" / "schema" / "views.sql").read_text("utf-8"))
    comments = {str(view): {"": str(comment or "")} for view, comment in named}
    for view, column, comment in columns:
        comments[view][column] = str(comment or "")
    return dict(sorted(comments.items(), key=lambda one: order.index(one[0])))


def views_page() -> str:
    """views.md."""
    parts = [
        "# Every view and column\n",
        "Written from the comments in the database by `python tests/reference.py`; `.describe VIEW` in `tanma sql` says the same. Times",
        "are TIMESTAMPTZ. Views and columns are added, never taken away. Questions to ask them: [questions.md](questions.md).\n",
    ]
    for view, comments in views().items():
        rows = "\n".join(f"| `{column}` | {_cell(what)} |" for column, what in comments.items() if column)
        parts.append(f"## `{view}`\n\n{comments['']}\n\n| column | is |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


PAGES = {"commands.md": commands_page, "views.md": views_page}


def _argument(argument: Any) -> str:
    word = argument.metavar or str(argument.name).upper() + "..." * (argument.nargs == -1)
    return word if argument.required or word.startswith("[") else f"[{word}]"


def _written(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or str(option.name).upper()}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
