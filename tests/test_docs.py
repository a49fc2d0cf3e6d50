"""What users rely on is written down where they look, and stays so.

Documented means: commands in README.md, config keys in the example files of deployments/ or README.md, views and columns
by their COMMENT and the views in README.md too, status words in README.md (of columns: in the column's COMMENT).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from pydantic import BaseModel

from flows import cli, configkeys, imports
from flows.watchfile import SECTIONS, _Entry
from sources import article, errors
from sources.outlets import BUILTIN
from sources.source import registry
from warehouse import runs, watchlist
from warehouse.query import open_published, run_query
from warehouse.scan import findings
from warehouse.store import Warehouse

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
EXAMPLES = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "deployments").glob("*.yaml")))
GUIDE = (ROOT / "deployments" / "docs" / "adding-an-outlet.md").read_text("utf-8")
KEEPING_GUIDE = (ROOT / "deployments" / "docs" / "keeping.md").read_text("utf-8")
WATCHLIST_GUIDE = (ROOT / "deployments" / "docs" / "watchlist.md").read_text("utf-8")
ALERTS_GUIDE = (ROOT / "deployments" / "docs" / "alerts.md").read_text("utf-8")
QUESTIONS = (ROOT / "deployments" / "docs" / "questions.md").read_text("utf-8")
ROOMS = ("sources", "warehouse", "flows")
LONGEST = 400  # lines of a file


def standing(word: str, text: str) -> bool:
    """Whether a word stands in a text by itself, not as a part of another."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


# Commands


def commands(command: Any, before: tuple[str, ...] = ("tanma",)) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    if not below:
        yield before
    for name, one in below.items():
        yield from commands(one, (*before, name))


def named_commands(text: str) -> set[str]:
    """`tanma a`, `tanma a b`, and all of `tanma a b|c|d`, which may stand as `tanma a b\\|c` in a table."""
    text = re.sub(r"\\\|", "|", text)
    found: set[str] = set()
    for words in re.findall(r"\btanma ([a-z]+(?: [a-z]+(?:\|[a-z]+)*)?)", text):
        first, _, rest = words.partition(" ")
        found.add(f"tanma {first}")
        found.update(f"tanma {first} {last}" for last in rest.split("|") if last)
    return found


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_every_command_is_in_the_readme(readme: str) -> None:
    known = {" ".join(words) for words in commands(typer.main.get_command(cli.app))}
    assert len(known) > 12
    assert known - named_commands(readme) == set()


@pytest.mark.parametrize(
    "text",
    [README, CHINESE, EXAMPLES, GUIDE, WATCHLIST_GUIDE, KEEPING_GUIDE, ALERTS_GUIDE, QUESTIONS],
    ids=["README.md", "README.zh-CN.md", "deployments", "guide", "watchlist", "keeping", "alerts", "questions"],
)
def test_no_command_is_named_that_does_not_exist(text: str) -> None:
    known = {" ".join(words[:length]) for words in commands(typer.main.get_command(cli.app)) for length in (2, 3)}
    families = {name.split()[1] for name in known if name.count(" ") == 2}
    named = re.findall(r"[`$&|;\n] ?(?:\.venv/bin/)?tanma ([a-z]+)(?: ([a-z]+))?", text)
    for first, second in named:
        assert f"tanma {first}" in known
        if first in families:
            assert not second or f"tanma {first} {second}" in known


# Config keys


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


MODELS = {
    name: model
    for name, model in vars(configkeys).items()
    if isinstance(model, type) and issubclass(model, BaseModel) and model.model_fields
}


def test_the_models_of_the_configuration_are_all_looked_at() -> None:
    assert {"General", "Network", "SourceItem", "AtLeast", "RuleItem"} <= set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_every_key_of_tanma_yaml_is_in_the_examples(name: str) -> None:
    text = (ROOT / "deployments" / "tanma.yaml").read_text("utf-8")
    # As a key (`every: 15m`, `# quiet: …`) or in a list of keys in a comment (`#   quiet     hours in which …`).
    missing = {
        key
        for key in keys_of(MODELS[name])
        if not re.search(rf"(?:^|[{{,#\s]){key}\s*:|^\s*#\s+{key}\s\s|at_least\s+.*\b{key}\b", text, re.MULTILINE)
    }
    assert missing == set()


def test_every_key_of_the_watchlist_is_in_its_example() -> None:
    text = (ROOT / "deployments" / "watchlist.yaml").read_text("utf-8")
    assert {key for key in keys_of(_Entry) if not re.search(rf"\b{key}:|^#\s+{key}\s", text, re.MULTILINE)} == set()
    assert {section for section in SECTIONS if not re.search(rf"^{section}:", text, re.MULTILINE)} == set()


def test_every_source_and_its_options_are_documented() -> None:
    text = README + EXAMPLES
    for name, source in registry().items():
        assert standing(name, text), name
        assert {key for key in source.spec.options if not standing(key, text)} == set(), name


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_every_source_is_in_the_table_of_sources(readme: str) -> None:
    rows = "\n".join(re.findall(r"^\| `.*$", readme, re.MULTILINE))
    assert {source.spec.use for source in BUILTIN if f"`{source.spec.use}`" not in rows} == set()


def switched_on(tmp_path: Path) -> Path:
    """The example configuration with every source that stands in it switched off (`#- {use: …}`) switched on."""
    text = (ROOT / "deployments" / "tanma.yaml").read_text("utf-8")
    (tmp_path / "tanma.yaml").write_text(re.sub(r"^  #(- |  )", r"  \1", text, flags=re.MULTILINE), "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [杨植麟]\n", "utf-8")
    return tmp_path / "tanma.yaml"


def test_every_source_has_an_example_that_is_sound(tmp_path: Path) -> None:
    from flows.check import check, load_both

    env = {"RSSHUB_KEY": "key"}
    assert [str(problem) for problem in check(switched_on(tmp_path), env).problems] == []
    config, _ = load_both(tmp_path / "tanma.yaml", env)
    assert {source.spec.use for source in BUILTIN} - {source.use for source in config.sources} == set()


def test_every_option_stands_with_its_source() -> None:
    """Not only somewhere: in the paragraph of the example configuration that speaks of its source."""
    text = (ROOT / "deployments" / "tanma.yaml").read_text("utf-8")
    places = {found[1]: found[0] for found in re.finditer(r"^  # ([a-z0-9]+): (?:.+\n)+", text, re.MULTILINE)}
    for source in BUILTIN:
        place = places[source.spec.use]
        assert {key for key in source.spec.options if not standing(key, place)} == set(), source.spec.use


def test_every_key_says_what_is_expected() -> None:
    silent = [f"{name}.{key}" for name, model in MODELS.items() for key, field in model.model_fields.items() if not field.description]  # fmt: skip
    assert silent == []


# Views and columns


@pytest.fixture(scope="module")
def comments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """view → {"": its comment, column: the column's comment}, as SQL users see them."""
    folder = tmp_path_factory.mktemp("docs")
    with Warehouse.open(folder, holder="test", now=datetime(2026, 11, 21, tzinfo=UTC)) as wh:
        wh.publish()
    with open_published(folder) as con:
        views = run_query(
            con, "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        )
        columns = run_query(con, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal")  # fmt: skip
    found = {str(view): {"": str(comment or "")} for view, comment in views.rows}
    for view, column, comment in columns.rows:
        found[view][column] = str(comment or "")
    return found


def test_every_view_and_column_says_what_it_is(comments: dict[str, dict[str, str]]) -> None:
    assert len(comments) >= 13 and all(len(columns) > 1 for columns in comments.values())
    silent = [
        f"{view}.{column}" for view, columns in comments.items() for column, words in columns.items() if not words
    ]
    assert silent == []


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_every_view_is_in_the_readme(readme: str, comments: dict[str, dict[str, str]]) -> None:
    assert {view for view in comments if f"`{view}`" not in readme} == set()


# Design §7: what users build on. Columns may be added, never taken away.
PROMISED = {
    "articles": "article_id source outlet kind url title authors published_at published_precision first_seen_at updated_at"
    " text chars language story_id relation version gone_at",
    "article_versions": "article_id version seen_at title text content_hash changed",
    "stories": "story_id title lead_article_id first_published_at last_seen_at n_articles outlets",
    "entities": "entity_id kind name aliases groups active",
    "mentions": "article_id entity_id surface start_char end_char how confidence role snippet",
    "alerts": "alert_id created_at entity_id story_id article_id rule channel status reason attempts next_attempt_at sent_at"
    " last_error",
    "runs": "", "fetches": "", "source_health": "", "source_yield": "", "entity_daily": "", "co_mentions": "", "co_mentions_of": "",
    "first_reports": "", "silent_sources": "",
}  # fmt: skip


@pytest.mark.parametrize("view", PROMISED)
def test_the_promised_columns_are_there(view: str, comments: dict[str, dict[str, str]]) -> None:
    assert set(PROMISED[view].split()) <= set(comments[view])


# Status words

ALERT_STATUSES = ("pending", "sending", "sent", "failed", "suppressed")
EXIT_CODES = {0, 1, 130} | {
    error.exit_code
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.TanmaError)
}


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize(
    "words",
    [ALERT_STATUSES, get_args(imports.FileStatus), get_args(runs.HealthState)],
    ids=["status of an alert", "status of an imported file", "state of a source"],
)
def test_every_status_word_is_in_the_readme(readme: str, words: tuple[str, ...]) -> None:
    # Together in one place: a paragraph, or a row of a table.
    places = [" ".join(place.split()) for place in re.split(r"\n\n|\n(?=\|)", readme)]
    best = min(({word for word in words if not standing(word, place)} for place in places), key=len)
    assert best == set()


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_every_exit_code_is_in_the_readme(readme: str) -> None:
    [row] = [line for line in readme.splitlines() if re.match(r"\| (?:Exit codes|退出码)", line)]
    assert {int(code) for code in re.findall(r"(?:\| |· )(\d+) ", row)} == EXIT_CODES


COLUMN_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("articles", "kind"): get_args(article.Kind),
    ("articles", "published_precision"): get_args(article.Precision),
    ("articles", "relation"): ("lead", "same", "near", "part"),
    ("entities", "kind"): get_args(watchlist.EntityKind),
    ("mentions", "how"): get_args(findings.How),
    ("mentions", "role"): get_args(findings.Role),
    ("alerts", "status"): ALERT_STATUSES,
    ("runs", "via"): ("prefect", "direct"),
    ("runs", "status"): ("running", "ok", "partial", "failed", "interrupted"),
    ("source_health", "state"): get_args(runs.HealthState),
    ("fetches", "outcome"): ("ok", "unchanged", "retry", "blocked", "gone", "broken"),
}


@pytest.mark.parametrize("place", COLUMN_WORDS, ids=".".join)
def test_a_column_of_words_names_them_all(place: tuple[str, str], comments: dict[str, dict[str, str]]) -> None:
    view, column = place
    assert {word for word in COLUMN_WORDS[place] if not standing(word, comments[view][column])} == set()


# The two READMEs


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Language and lines of each fenced block, without comments, which are in the reader's language."""
    found = []
    for language, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        lines = [re.sub(r"\s+#\s.*$|^#\s.*$", "", line).rstrip() for line in body.splitlines()]
        found.append((language, [line for line in lines if line]))
    return found


def test_both_readmes_show_the_same_commands_and_examples() -> None:
    ours, theirs = blocks(README), blocks(CHINESE)
    assert [language for language, _ in ours] == [language for language, _ in theirs]
    code = [(a, b) for a, b in zip(ours, theirs, strict=True) if a[0] in ("sh", "yaml", "sql")]
    assert len(code) >= 8
    for a, b in code:
        assert a == b


def test_both_readmes_say_the_same_things() -> None:
    for pattern in (r"^#{1,6} ", r"^\| ", r"^<!-- command: \w+ -->$"):
        assert len(re.findall(pattern, README, re.MULTILINE)) == len(re.findall(pattern, CHINESE, re.MULTILINE)), (
            pattern
        )
    assert named_commands(README) == named_commands(CHINESE)
    addresses = [
        set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh-CN.md"} for text in (README, CHINESE)
    ]
    assert addresses[0] == addresses[1]


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_no_gap_is_left_in_a_readme(readme: str) -> None:
    assert re.findall(r"@@\w+@@|TODO|FIXME", readme) == []
    local = [target for target in re.findall(r"\]\(([^)]+)\)", readme) if not target.startswith("http")]
    assert [target for target in local if not (ROOT / target).exists()] == []


def test_the_watchlist_and_configuration_of_the_readme_are_sound(tmp_path: Path) -> None:
    from flows.check import load_both

    [config, names] = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "tanma.yaml").write_text(config, "utf-8")
    (tmp_path / "watchlist.yaml").write_text(names, "utf-8")
    env = {"TANMA_FEISHU_URL": "feishu://token", "TANMA_OPS_URL": "feishu://other"}
    read, entities = load_both(tmp_path / "tanma.yaml", env)
    assert [source.id for source in read.sources] == ["36kr", "podcast", "my-feed"] and len(read.rules) == 2
    assert [entity.entity_id for entity in entities] == ["person:杨植麟", "company:理想汽车"]


# Locks and sizes


LOCKS = sorted((ROOT / "deployments").glob("*.lock"))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(specs: list[str]) -> set[str]:
    return {canonical(re.match(r"[\w.-]+", spec)[0]) for spec in specs}  # type: ignore[index]


def locked(name: str) -> dict[str, str]:
    """package → its block in the lock: the pin and its hashes."""
    text = (ROOT / "deployments" / name).read_text("utf-8")
    pins = re.split(r"\n(?=[\w.-]+(?:\[[\w,-]+\])?==)", text)
    return {canonical(re.split(r"\[|==", pin)[0]): pin for pin in pins}


def test_locks_name_no_address() -> None:
    assert len(LOCKS) == 2
    for lock in LOCKS:
        found = re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links|--trusted-host|file:\S+|^-[ief] .*", lock.read_text("utf-8"), re.MULTILINE)  # fmt: skip
        assert found == [], lock.name


@pytest.mark.parametrize("lock", [path.name for path in LOCKS])
def test_every_locked_package_has_a_pin_and_hashes(lock: str) -> None:
    for name, block in locked(lock).items():
        assert re.match(r"[\w.-]+(?:\[[\w,-]+\])?==[\w.!+-]+", block) and "--hash=sha256:" in block, name


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ours = required(project["dependencies"])
    dev = required(project["optional-dependencies"]["dev"])
    assert ours - set(locked("requirements.lock")) == set()
    assert (ours | dev) - set(locked("requirements-dev.lock")) == set()


def test_both_locks_pin_the_same_versions() -> None:
    ours, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    pins = {name: (block.split()[0], dev.get(name, "").split()[:1]) for name, block in ours.items()}
    assert {name: pin for name, pin in pins.items() if [pin[0]] != pin[1]} == {}


def test_no_file_is_so_long_that_nobody_reads_it() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
    }
    assert len(lengths) > 80
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_the_changelog_names_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert standing(version, (ROOT / "CHANGELOG.md").read_text("utf-8"))
