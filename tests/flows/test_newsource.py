"""`tanma sources new`: what it writes is a package that reads its own sample pages."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.commands.newsource import new_command, skeleton
from sources.article import ArticleRef, Page
from sources.errors import ConfigError, FetchError, LayoutChanged
from sources.fixtures import cases_in, problems
from sources.source import Source, registry

NOW = datetime(2026, 1, 6, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def loaded(folder: Path, module: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module, folder / module / "__init__.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def river(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Source]:
    """The class of a new source, known as if its package were installed."""
    new_command("my-river", tmp_path / "package")
    source: type[Source] = loaded(tmp_path / "package", "tanma_my_river").MyRiver
    known = {**registry(), "my-river": source}
    monkeypatch.setattr("sources.fixtures.registry", lambda: known)
    return source


def test_a_new_source_reads_its_sample(tmp_path: Path, river: type[Source]) -> None:
    [case] = cases_in(tmp_path / "package" / "tests" / "fixtures")
    assert problems(case) == []
    assert len(case.told["articles"]) == 2


def test_its_sample_proves_something(tmp_path: Path, river: type[Source]) -> None:
    file = tmp_path / "package" / "tests" / "fixtures" / "sample" / "article1.html"
    file.write_text(
        file.read_text("utf-8").replace("四十一个人", "四十二个人").replace("article-body", "body"), "utf-8"
    )
    [case] = cases_in(file.parents[1])
    [line] = [line for line in problems(case) if "LayoutChanged" in line]
    assert "my-river: no `div.article-body`" in line


def test_a_list_without_links_is_a_changed_layout(river: type[Source]) -> None:
    source = river()
    [address] = source.lists(NOW)
    with pytest.raises(LayoutChanged):
        source.discover(Page(url=address.url, body=b"<ul class='newest'></ul>", fetched_at=NOW))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from([b"", b'<ul class="latest"><a href="', b'<div class="article-body">']))
def test_no_bytes_make_it_raise_anything_but_our_errors(river: type[Source], body: bytes, before: bytes) -> None:
    source = river()
    page = Page(url="https://www.my-river.example/x", body=before + body, fetched_at=NOW)
    with suppress(FetchError):
        source.discover(page)
    with suppress(FetchError):
        source.parse(page, ArticleRef("my-river", "url:1", page.url))


def test_the_package_says_how_tanma_finds_it() -> None:
    project = tomllib.loads(skeleton("my-river")["pyproject.toml"])
    assert project["project"]["entry-points"] == {"tanma.sources": {"my-river": "tanma_my_river:MyRiver"}}
    assert project["build-system"]["build-backend"] == "hatchling.build"
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["tanma_my_river"]


def test_no_word_of_the_template_is_left() -> None:
    for place, text in skeleton("a1").items():
        assert "@" not in place + text.replace("@pytest.mark", ""), place


def test_it_keeps_our_own_rules(tmp_path: Path) -> None:
    new_command("my-river", tmp_path / "package")
    # I001: whether `sources` is our own or a library depends on where ruff stands.
    checks = (
        ["check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "I001"],
        ["format", "--check", "--line-length", "120"],
    )
    for words in checks:
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, str(tmp_path / "package")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_its_types_are_ours(tmp_path: Path) -> None:
    new_command("my-river", tmp_path / "package")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--explicit-package-bases", "tanma_my_river"],
        cwd=tmp_path / "package",
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["", "My", "9lives", "a b", "../x", "a_b", "a--b", "-a", "a-", "河", "x" * 41])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected at most 40 small letters") as raised:
        new_command(name, tmp_path / "package")
    assert raised.value.exit_code == 2 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["feed", "36kr"])
def test_the_name_of_another_source_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: there is a source of this name"):
        new_command(name, tmp_path / "package")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(ConfigError, match=r"already there; not overwritten; .* --into"):
        new_command("my-river", tmp_path / "package")
    assert [path.name for path in (tmp_path / "package").iterdir()] == ["mine.txt"]
    with pytest.raises(ConfigError, match="already there"):
        new_command("my-river", tmp_path / "package" / "mine.txt")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    new_command("my-river", tmp_path)
    assert json.loads((tmp_path / "tests/fixtures/sample/case.json").read_text("utf-8"))["source"] == "my-river"
