"""Notes of what was accepted: read back, cut off, unwritable, cleared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse import receipts

AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path


def test_a_note_is_read_back_and_cleared(folder: Path) -> None:
    assert receipts.noted(folder) == {}
    receipts.note(folder, ["a1", "a2"], AT)
    receipts.note(folder, ["b1"], AT.replace(minute=5))
    assert receipts.noted(folder) == {"a1": AT, "a2": AT, "b1": datetime(2026, 11, 20, 6, 5, tzinfo=UTC)}
    receipts.clear(folder)
    receipts.clear(folder)
    assert receipts.noted(folder) == {}


@pytest.mark.parametrize("damage", [b'{"at": "2026-11-20T06:00:00+00:00", "aler', b"\xff\xfe", b"[]\n7\n", b'{"at": "now", "alerts": ["b1"]}\n', b'{"alerts": ["b1"]}\n'])  # fmt: skip
def test_a_damaged_line_says_nothing_and_spoils_no_other(folder: Path, damage: bytes) -> None:
    receipts.note(folder, ["a1"], AT)
    with (folder / "work" / "accepted.jsonl").open("ab") as file:
        file.write(damage)
    assert receipts.noted(folder) == {"a1": AT}


def test_what_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    receipts.note(tmp_path / "nowhere", ["a1"], AT)
    assert receipts.noted(tmp_path / "nowhere") == {}
    receipts.clear(tmp_path / "nowhere")
