"""What is wrong in the two files: exit 2 and a line for each, all in one run, with the place and the remedy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from end_to_end.command import tanma

SECRET = "hush-hush-0123456789"

TANMA = """\
timezone: ${TANMA_ODD}
langauge: zh
sources:
  - {use: 36kr, outlte: 礁石}
  - {use: feed, id: reef, url: "https://reef.example/rss"}
  - {use: feed, id: reef, url: "https://reef.example/more"}
channels:
  desk: ${TANMA_DESK}
  ops: ${TANMA_OPS_URL}
  odd: ${TANMA_ODD}
alerts:
  - {for: all, to: [dsek], when: "61 9 * * *"}
  - {for: all, to: [desk], when: "${TANMA_ODD}"}
"""
WATCHLIST = """\
people:
  - name: 杨植麟
    groups: [大模型]
    alias: [植麟]
companies:
  - name: 月之暗面
  - name: 月之暗面
"""
# Each: where, key, and the words that must stand in the line; the nearest known key where one was misspelt.
WRONG = [
    ("tanma.yaml:1", "timezone", "${TANMA_ODD}"),
    ("tanma.yaml:2", "langauge", "did you mean language?"),
    ("tanma.yaml:4", "sources[0].outlte", "did you mean outlet?"),
    ("tanma.yaml:6", "sources[2].id", "reef"),
    ("tanma.yaml:9", "channels.ops", "TANMA_OPS_URL"),
    ("tanma.yaml:10", "channels.odd", "Apprise"),
    ("tanma.yaml:12", "alerts[0].to[0]", "did you mean desk?"),
    ("tanma.yaml:12", "alerts[0].when", "cron"),
    ("tanma.yaml:13", "alerts[1].when", "${TANMA_ODD}"),
    ("watchlist.yaml:4", "people[0].alias", "did you mean aliases?"),
    ("watchlist.yaml:7", "companies[1]", "月之暗面"),
]
ENV = {"TANMA_DESK": f"feishu://{SECRET}", "TANMA_ODD": f"{SECRET} is no address"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tanma.yaml").write_text(TANMA, "utf-8")
    (tmp_path / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    return tmp_path


def place(line: str) -> tuple[str, str]:
    found = re.fullmatch(r"(?:error: )?(\S+\.yaml:\d+): (\S+?): .+", line)
    assert found, f"no file, line and key: {line}"
    return found[1], found[2]


@pytest.mark.parametrize("words", [("check",), ("run",), ("serve",)], ids=" ".join)
def test_everything_that_is_wrong_is_told_at_once(folder: Path, words: tuple[str, ...]) -> None:
    answer = tanma(*words, cwd=folder, **ENV)
    assert answer.returncode == 2 and answer.stdout == ""
    lines = [line for line in answer.stderr.splitlines() if not line.startswith("warning: ")]
    told = {place(line): line for line in lines}
    assert len(told) == len(lines), "two lines for one thing"
    assert set(told) == {(where, key) for where, key, _ in WRONG}
    for where, key, remedy in WRONG:
        assert remedy in told[where, key].removeprefix("error: ").removeprefix(f"{where}: {key}"), told[where, key]
    assert SECRET not in answer.stderr
    assert not (folder / "data").exists(), "nothing is begun on a configuration that is wrong"


def test_with_json_the_problems_are_a_document(folder: Path) -> None:
    answer = tanma("check", "--json", cwd=folder, **ENV)
    assert answer.returncode == 2
    document = json.loads(answer.stdout)
    assert not document["ok"] and {place(line) for line in document["problems"]} == {(w, k) for w, k, _ in WRONG}
    assert SECRET not in answer.stdout + answer.stderr


def test_addresses_that_are_no_channels_are_told_without_their_secrets(tmp_path: Path) -> None:
    values = [f"nonsense://{SECRET}", f"dingtalk://{SECRET}@/", f"https://{SECRET}"]
    names = [f"TANMA_C{number}" for number in range(len(values))]
    channels = "".join(f"  {name.lower()}: ${{{name}}}\n" for name in names)
    (tmp_path / "tanma.yaml").write_text(f"sources: [36kr]\nchannels:\n{channels}", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [杨植麟]\n", "utf-8")
    answer = tanma("check", cwd=tmp_path, **dict(zip(names, values, strict=True)))
    assert answer.returncode == 2
    told = [place(line) for line in answer.stderr.splitlines() if line.startswith("error: ")]
    assert sorted(told) == [(f"tanma.yaml:{line}", f"channels.tanma_c{line - 3}") for line in range(3, 6)]
    assert SECRET not in answer.stderr + answer.stdout


def test_a_sound_configuration_shows_no_secret_either(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("sources: [36kr]\nchannels:\n  desk: ${TANMA_DESK}\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [杨植麟]\n", "utf-8")
    for words in (("check",), ("channels", "list", "--json")):
        answer = tanma(*words, cwd=tmp_path, TANMA_DESK=f"feishu://{SECRET}")
        assert answer.returncode == 0, answer.stderr + answer.stdout
        assert SECRET not in answer.stderr + answer.stdout


def test_what_is_no_yaml_is_one_line_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("language: zh\nsources:\n\t- 36kr\n", "utf-8")
    answer = tanma("run", cwd=tmp_path)
    assert answer.returncode == 2 and answer.stderr.startswith("tanma.yaml:3: ") and answer.stderr.count("\n") == 1
