"""Progress: always on stderr, bars that end, and no text of a page that can break them."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable

import pytest

from flows.commands.screen import shown_progress
from flows.progress import Bars, Lines, Progress, Silent, current_progress


def work(progress: Progress) -> None:
    progress.begin("36kr", 3)
    for _ in range(3):
        progress.advance("36kr")
    progress.finish("36kr", "3 new, 0 changed, 1 alerts")
    progress.begin("empty", 0)
    progress.finish("empty", "no files")
    progress.finish("nothing-due", "nothing new")  # a source whose lists named nothing never begins


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Puts a terminal in place of stderr when called: pytest sets its own between a fixture and its test."""
    for name, value in {"TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def put() -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return put


def bars_of(bars: Bars) -> dict[str, tuple[float, float | None, bool]]:
    return {task.description: (task.completed, task.total, task.finished) for task in bars._bars.tasks}


def test_silence(capfd: pytest.CaptureFixture[str]) -> None:
    work(Silent())
    assert capfd.readouterr() == ("", "")


def test_lines_tell_how_each_piece_of_work_ended(capfd: pytest.CaptureFixture[str]) -> None:
    work(Lines())
    assert capfd.readouterr() == (
        "",
        "36kr: 3 new, 0 changed, 1 alerts\nempty: no files\nnothing-due: nothing new\n",
    )


def test_bars_finish_and_stand_on_stderr(terminal: Callable[[], Terminal], capsys: pytest.CaptureFixture[str]) -> None:
    screen = terminal()
    with Bars() as bars:
        work(bars)
        assert bars_of(bars) == {"36kr": (3, 3, True), "empty": (1, 1, True), "nothing-due": (1, 1, True)}
    drawn = screen.getvalue()
    assert "36kr" in drawn and "3/3" in drawn and "3 new, 0 changed, 1 alerts" in drawn and "nothing new" in drawn
    assert capsys.readouterr().out == ""


def test_work_that_comes_in_batches_is_one_bar_that_is_never_more_than_full(terminal: Callable[[], Terminal]) -> None:
    terminal()
    with Bars() as bars:
        for batch in (20, 20, 5):  # as a source with 45 articles due does
            bars.begin("36kr", batch)
            for _ in range(batch):
                bars.advance("36kr")
                [(completed, total, _)] = bars_of(bars).values()
                assert total is not None and completed <= total
        assert bars_of(bars) == {"36kr": (45, 45, True)}
        bars.finish("36kr", "45 new, 0 changed, 0 alerts")
        assert bars_of(bars) == {"36kr": (45, 45, True)}


def test_a_bar_says_how_many_are_done_in_a_second(terminal: Callable[[], Terminal]) -> None:
    screen = terminal()
    with Bars() as bars:
        bars.begin("rescan", 4000)
        for _ in range(4):
            time.sleep(0.01)
            bars.advance("rescan", 1000)
    assert re.search(r"4000/4000 [\d,]+/s", screen.getvalue())


def test_a_bar_ends_full_when_work_was_left_over(terminal: Callable[[], Terminal]) -> None:
    terminal()
    with Bars() as bars:
        bars.begin("36kr", 20)
        bars.advance("36kr", 4)
        bars.finish("36kr", "blocked: challenge")
        assert bars_of(bars) == {"36kr": (20, 20, True)}


@pytest.mark.parametrize("words", ["[/]", "[/b] of a page", "[red]not red[/red]", "[link=https://a.example]here[/link]", "100%"])  # fmt: skip
def test_words_of_a_page_are_shown_as_they_are(terminal: Callable[[], Terminal], words: str) -> None:
    screen = terminal()
    with Bars() as bars:
        bars.begin("36kr", 1)
        bars.finish("36kr", f"failing: withdrawn: {words}")
    assert f"withdrawn: {words}" in screen.getvalue()


def test_an_error_under_way_leaves_no_bar_running(terminal: Callable[[], Terminal]) -> None:
    terminal()
    with pytest.raises(RuntimeError, match="stop"), Bars() as bars:
        bars.begin("36kr", 3)
        raise RuntimeError("stop")
    assert not bars._bars.live.is_started


def test_commands_show_bars_on_a_terminal_alone(terminal: Callable[[], Terminal]) -> None:
    screen = terminal()
    with shown_progress():
        assert isinstance(current_progress.get(), Bars)
        work(current_progress.get())
    assert isinstance(current_progress.get(), Silent)
    assert "3/3" in screen.getvalue()


def test_commands_write_lines_elsewhere(capfd: pytest.CaptureFixture[str]) -> None:
    with shown_progress():
        assert isinstance(current_progress.get(), Lines)
        work(current_progress.get())
    assert isinstance(current_progress.get(), Silent)
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("36kr: 3 new")
