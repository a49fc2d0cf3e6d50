"""What becomes of each file of an import, and what it may alert."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import imports, passes
from flows.check import load_both
from flows.imports import FileOutcome, ImportOptions, files_below
from flows.runner import backfill_directly
from sources.outlets.files import read_file
from sources.times import CHINA
from warehouse.query import open_published, run_query

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
WATCHLIST = "people:\n  - 程望海\ncompanies:\n  - 青鸟灯具\n"

LAMP = "灯塔守了三十年，守塔人换了四个，灯油换成了电。青鸟灯具的人来修过两次灯，程望海都在场。\n" * 4
NOTE = f"灯塔守了三十年\n\n作者：某某\n2024-03-05 20:00\n\n{LAMP}"


def page(title: str, url: str, paragraph: str) -> str:
    """A page of no particular outlet that says its own address."""
    body = "".join(f"<p>{paragraph}第{number}段到此为止。</p>" for number in "一二三四五六")
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><link rel="canonical" href="{url}">'
        f'<meta property="og:title" content="{title}"><meta property="article:published_time" '
        f'content="2024-03-05T20:00:00+08:00"></head><body><h1>{title}</h1><article>{body}</article></body></html>'
    )


TOMBSTONE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title></title></head><body id="activity-detail">
<div class="weui-msg"><div class="weui-msg__text-area"><div class="weui-msg__title warn">该内容已被发布者删除</div></div>
</div></body></html>"""
CHALLENGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>验证</title>
<script src="https://lf-cdn-tos.bytescm.com/obj/static/captcha/index.js"></script></head>
<body><div>请完成验证后继续</div></body></html>"""
LOGIN = "<!DOCTYPE html><html><head><title>登录</title></head><body><form>手机号 密码</form></body></html>"

Load = Callable[..., list[FileOutcome]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tanma.yaml").write_text("sources: []\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


@pytest.fixture
def load(folder: Path) -> Load:
    config, entities = load_both(folder.parent / "tanma.yaml", os.environ)

    def call(*paths: Path, **options: Any) -> list[FileOutcome]:
        done = backfill_directly(config, entities, paths, ImportOptions(**options), clock=lambda: NOW)
        return asyncio.run(done)

    return call


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_published(folder.parent / "data") as con:
        return [tuple(row) for row in run_query(con, sql).rows]


def written(folder: Path, **files: str | bytes) -> list[Path]:
    paths = [folder / name.replace("__", ".") for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return paths


def statuses(outcomes: Sequence[FileOutcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


# Statuses


def test_a_new_file_is_stored_and_the_same_again_is_unchanged(folder: Path, load: Load) -> None:
    [path] = written(folder, note__txt=NOTE)
    [first] = load(path)
    [second] = load(path)
    assert (first.status, first.reason) == ("stored", "")
    assert first.path == str(path) and len(first.article_ids) == 1
    assert (second.status, second.article_ids) == ("unchanged", first.article_ids)
    assert "already" in second.reason
    assert ask(folder, "SELECT title, authors, version FROM articles") == [("灯塔守了三十年", ["某某"], 1)]


def test_importing_again_publishes_nothing(folder: Path, load: Load) -> None:
    paths = written(folder, note__txt=NOTE, page__html=page("旧书", "https://a.example/1", "旧书摆在门口。"))
    load(*paths)
    before = (folder.parent / "data" / "tanma.duckdb").stat()
    load(*paths)
    after = (folder.parent / "data" / "tanma.duckdb").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_page_is_stored_as_a_new_version(folder: Path, load: Load) -> None:
    [path] = written(folder, page__html=page("旧书", "https://a.example/1", "旧书摆在门口，谁都可以拿走。"))
    [first] = load(path)
    written(folder, page__html=page("旧书", "https://a.example/1", "旧书搬进屋里，谁都可以来读。"))
    [second] = load(path)
    assert (second.status, second.article_ids) == ("stored", first.article_ids)
    assert ask(folder, "SELECT version FROM articles") == [(2,)]


def test_the_same_text_at_two_addresses_is_a_duplicate(folder: Path, load: Load) -> None:
    words = "旧书摆在门口，谁都可以拿走，拿走的人要留下一句话。"
    paths = written(
        folder,
        a__html=page("旧书", "https://a.example/1", words),
        b__html=page("旧书（转载）", "https://b.example/2", words),
    )
    first, second = load(*paths)
    assert (first.status, second.status) == ("stored", "duplicate")
    assert first.article_ids != second.article_ids and first.article_ids[0] in second.reason
    assert ask(folder, "SELECT relation FROM articles ORDER BY 1") == [("lead",), ("same",)]


def test_a_second_copy_of_a_text_is_the_same_article(folder: Path, load: Load) -> None:
    """A text without an address is known by its words, so its copy is not another article with the same text."""
    first, second = load(*written(folder, a__txt=NOTE, b__txt=NOTE))
    assert (first.status, second.status) == ("stored", "unchanged")
    assert first.article_ids == second.article_ids and "already" in second.reason
    assert ask(folder, "SELECT count(*) FROM articles") == [(1,)]


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "tombstone.html": (TOMBSTONE, "gone", "已被发布者删除"),
    "challenge.html": (CHALLENGE, "blocked", "captcha"),
    "empty.txt": ("", "not an article", "empty"),
    "blank.txt": (" \n\t\n", "not an article", "empty"),
    "picture.html": (b"\x89PNG\r\n\x1a\n" + bytes(60), "not an article", "picture"),
    "list.json": ('{"newslist": [{"id": "1", "title": "题"}]}', "not an article", "list"),
    "login.html": (LOGIN, "blocked", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_article_is_named_and_never_stored(folder: Path, load: Load, name: str) -> None:
    content, status, words = REFUSED[name]
    [path] = written(folder, **{name.replace(".", "__"): content})
    [outcome] = load(path)
    assert (outcome.status, outcome.article_ids) == (status, ())
    assert words in outcome.reason and outcome.reason
    assert ask(folder, "SELECT count(*) FROM articles") == [(0,)]


def test_what_cannot_be_read_has_failed(folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    [large, small] = written(folder, large__txt=NOTE * 10, small__txt=NOTE)
    monkeypatch.setattr(imports, "MAX_BYTES", len(NOTE.encode()))
    outcomes = load(folder / "missing.txt", large, small, folder / "no" / "folder")
    assert statuses(outcomes) == ["failed", "failed", "stored", "failed"], "one bad file costs no other"
    assert "No such file" in outcomes[0].reason
    assert f"{len(NOTE.encode()) * 10:,}" in outcomes[1].reason and f"{len(NOTE.encode()):,}" in outcomes[1].reason
    assert all(outcome.article_ids == () for outcome in outcomes if outcome.status == "failed")


def test_a_fault_of_ours_with_one_file_costs_no_other(
    folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(name: str, *words: Any, **more: Any) -> Any:
        if name == "b.txt":
            raise RuntimeError("hush-hush")
        return read_file(name, *words, **more)

    monkeypatch.setattr(imports, "read_file", read)
    outcomes = load(*written(folder, a__txt=NOTE, b__txt=NOTE, c__txt=NOTE.replace("三十年", "四十年")))
    assert statuses(outcomes) == ["stored", "failed", "stored"]
    assert "internal error" in outcomes[1].reason and "hush-hush" not in outcomes[1].reason


def test_what_is_no_file_is_not_waited_for(folder: Path, load: Load) -> None:
    os.mkfifo(folder / "a-pipe")
    (folder / "b-link").symlink_to(folder / "nowhere")
    written(folder, c__txt=NOTE)
    outcomes = load(folder)
    assert [Path(outcome.path).name for outcome in outcomes] == ["a-pipe", "b-link", "c.txt"]
    assert statuses(outcomes) == ["failed", "failed", "stored"]


def test_every_file_is_told_in_the_order_given_whatever_the_batches(
    folder: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "BATCH", 2)
    notes = {f"n{number}__txt": NOTE.replace("三十年", f"{number}年") for number in (5, 3, 1, 4, 2)}
    paths = written(folder, **notes)
    paths.insert(2, folder / "missing.txt")
    outcomes = load(*paths)
    assert [outcome.path for outcome in outcomes] == [str(path) for path in paths]
    assert statuses(outcomes) == ["stored", "stored", "failed", "stored", "stored", "stored"]
    assert ask(folder, "SELECT count(*) FROM articles") == [(5,)]


def test_an_outcome_as_json() -> None:
    outcome = FileOutcome("a.txt", "not an article", reason="a.txt: empty")
    assert outcome.as_json() == {
        "path": "a.txt",
        "status": "not an article",
        "article_ids": [],
        "reason": "a.txt: empty",
    }


# Folders


def test_folders_are_read_whole_in_a_stable_order_and_hidden_files_are_not(folder: Path) -> None:
    for name in ("b.txt", "a/z.html", "a/.cache/x.html", ".hidden", "a/.DS_Store", "c/d/e.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / "empty").mkdir()
    names = [str(path.relative_to(folder)) for path in files_below([folder])]
    assert names == ["a/z.html", "b.txt", "c/d/e.txt"]


def test_what_the_user_named_is_read_even_when_hidden_or_missing(folder: Path) -> None:
    (folder / ".kept").mkdir()
    for name in (".kept/a.txt", ".note.txt", "b.txt"):
        (folder / name).write_text("x")
    named = [folder / "b.txt", folder / ".note.txt", folder / ".kept", folder / "missing"]
    found = [str(path.relative_to(folder)) for path in files_below(named)]
    assert found == ["b.txt", ".note.txt", ".kept/a.txt", "missing"]


# Options


def test_outlet_overrides_what_the_page_says(folder: Path, load: Load) -> None:
    [path] = written(folder, note__txt=NOTE)
    load(path, outlet="海边来信")
    assert ask(folder, "SELECT outlet FROM articles") == [("海边来信",)]


RELATIVE = f"海边来信 3小时前\n灯塔守了三十年\n\n{LAMP}"


@pytest.mark.parametrize("named", [True, False], ids=["--at", "the file's own time"])
def test_relative_times_are_seen_from_when_the_dump_was_taken(folder: Path, load: Load, named: bool) -> None:
    taken_at = datetime(2024, 3, 5, 10, 0, tzinfo=CHINA)
    [path] = written(folder, note__txt=RELATIVE)
    stamp = (taken_at + timedelta(days=9) if named else taken_at).timestamp()
    os.utime(path, (stamp, stamp))
    load(path, taken_at=taken_at if named else None)
    [(published_at, precision)] = ask(folder, "SELECT published_at, published_precision FROM articles")
    assert (published_at, precision) == (taken_at - timedelta(hours=3), "hour")


# Alerts


def test_without_alert_nothing_is_told_and_the_reason_is_kept(
    folder: Path, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = NOTE.replace("2024-03-05 20:00", "2026-11-21 11:00")
    load(*written(folder, old__txt=NOTE, fresh__txt=fresh.replace("灯油", "烛火")))
    rows = ask(folder, "SELECT DISTINCT entity_id, status, reason FROM alerts ORDER BY 1")
    assert rows == [("company:青鸟灯具", "suppressed", "import"), ("person:程望海", "suppressed", "import")]
    assert ask(folder, "SELECT count(*) FROM alerts") == [(4,)]
    assert "灯塔" not in capsys.readouterr().out


def test_with_alert_old_articles_are_told_too(folder: Path, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    load(*written(folder, old__txt=NOTE), alert=True)
    rows = ask(folder, "SELECT entity_id, status, reason FROM alerts ORDER BY 1")
    assert rows == [("company:青鸟灯具", "sent", None), ("person:程望海", "sent", None)]
    told = capsys.readouterr().out
    assert "灯塔守了三十年" in told and "青鸟灯具" in told and "程望海" in told


def test_with_alert_a_story_is_told_once(folder: Path, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    paths = written(folder, old__txt=NOTE)
    load(*paths, alert=True)
    capsys.readouterr()
    load(*paths, alert=True)
    assert ask(folder, "SELECT count(*) FROM alerts") == [(2,)]
    assert "灯塔" not in capsys.readouterr().out


def test_an_import_without_alert_sends_nothing_that_waits(
    folder: Path, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    """Delivering is the work of a pass; an import that was not asked to alert does not begin it."""
    load(*written(folder, note__txt=NOTE))
    assert capsys.readouterr().out == ""
    assert ask(folder, "SELECT kind, via, status FROM runs") == [("backfill", "direct", "ok")]
