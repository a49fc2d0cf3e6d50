from __future__ import annotations

from pathlib import Path

import pytest

from sources.article import Article
from warehouse import lexicons
from warehouse.lexicons import compiled
from warehouse.scan import Lexicon, scan
from warehouse.watchlist import Entity

NAMES = (Entity("person", "沈渡远"), Entity("company", "青禾码头", ("Qinghe Pier",)))
TALK = Article(
    "url:0", "files", "", "transcript", "", "", "今天 的 嘉宾 是 沈 度 远, 他 在 青 和 码头 做 Qinghe Pier。"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path


def kept(folder: Path) -> Path:
    return folder / "work" / "lexicon.pickle"


class Compiling:
    """Counts how often a watchlist is compiled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        whole = Lexicon.compile

        def counted(entities: tuple[Entity, ...]) -> Lexicon:
            self.times += 1
            return whole(entities)

        monkeypatch.setattr(lexicons.Lexicon, "compile", counted)


def test_the_kept_lexicon_finds_what_a_new_one_finds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled(folder, NAMES)
    compiling = Compiling(monkeypatch)
    second = compiled(folder, NAMES[::-1])
    assert compiling.times == 0
    assert second is not first
    assert second.entities == first.entities
    assert scan(second, TALK) == scan(first, TALK)
    assert {mention.surface for mention in scan(second, TALK).mentions} == {"沈 度 远", "青 和 码头", "Qinghe Pier"}


def test_another_watchlist_is_compiled_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(folder, NAMES)
    compiling = Compiling(monkeypatch)
    assert set(compiled(folder, NAMES[:1]).entities) == {"person:沈渡远"}
    assert set(compiled(folder, (Entity("person", "沈渡远", sound=False),)).entities) == {"person:沈渡远"}
    assert compiling.times == 2


def test_other_code_compiles_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(folder, NAMES)
    monkeypatch.setattr(lexicons, "_code", lambda: "another release")
    compiling = Compiling(monkeypatch)
    compiled(folder, NAMES)
    assert compiling.times == 1


@pytest.mark.parametrize("harm", ["cut off", "scribbled over", "empty", "a folder"])
def test_a_damaged_one_is_compiled_over(folder: Path, harm: str) -> None:
    compiled(folder, NAMES)
    file = kept(folder)
    assert lexicons._read(file, lexicons._key(NAMES)) is not None
    whole = file.read_bytes()
    if harm == "cut off":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "scribbled over":
        file.write_bytes(whole[:200] + b"\x00" * 50 + whole[250:])
    elif harm == "empty":
        file.write_bytes(b"")
    else:
        file.unlink()
        file.mkdir()
    assert lexicons._read(file, lexicons._key(NAMES)) is None
    assert set(compiled(folder, NAMES).entities) == {"person:沈渡远", "company:青禾码头"}
    if harm != "a folder":
        assert kept(folder).read_bytes().split(b"\n")[0].split()[:3] == whole.split(b"\n")[0].split()[:3]
        assert lexicons._read(file, lexicons._key(NAMES)) is not None


def test_one_that_others_may_have_written_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(folder, NAMES)
    kept(folder).chmod(0o666)
    compiling = Compiling(monkeypatch)
    compiled(folder, NAMES)
    assert compiling.times == 1


def test_only_its_owner_can_read_it(folder: Path) -> None:
    compiled(folder, NAMES)
    assert kept(folder).stat().st_mode & 0o777 == 0o600


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    assert compiled(tmp_path, NAMES).entities
    assert list(tmp_path.iterdir()) == []
