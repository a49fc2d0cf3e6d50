"""The book of what was sent to each robot: windows, processes, kills, damage."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warehouse.sends import Sends, Slot

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TWENTY = [(20, MINUTE)]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path


def send(sends: Sends, robot: str, at: datetime, answer: datetime, windows: object = TWENTY) -> None:
    slot = sends.take(robot, windows, at)  # type: ignore[arg-type]
    assert isinstance(slot, Slot)
    sends.answered(slot, answer)


def test_the_twenty_first_waits_until_the_first_is_a_minute_old(folder: Path) -> None:
    sends = Sends(folder)
    for second in range(20):
        assert sends.room("r", TWENTY, NOW + timedelta(seconds=second))[0] == 20 - second
        send(sends, "r", NOW + timedelta(seconds=second), NOW + timedelta(seconds=second, milliseconds=500))
    soon = NOW + timedelta(seconds=30)
    first = NOW + timedelta(seconds=60, milliseconds=500)
    assert Sends(folder).take("r", TWENTY, soon) == first
    assert Sends(folder).room("r", TWENTY, soon) == (0, first)
    assert isinstance(sends.take("other", TWENTY, soon), Slot)
    assert Sends(folder).room("r", TWENTY, first) == (1, first)
    assert isinstance(sends.take("r", TWENTY, first), Slot)
    assert sends.take("r", TWENTY, first) == first + timedelta(milliseconds=500) + timedelta(milliseconds=500)


def test_a_message_counts_from_its_answer(folder: Path) -> None:
    """The service may have counted it at the last moment before."""
    sends = Sends(folder)
    send(sends, "r", NOW, NOW + timedelta(seconds=9), [(1, MINUTE)])
    assert sends.take("r", [(1, MINUTE)], NOW + MINUTE) == NOW + timedelta(seconds=69)


def test_a_message_whose_answer_never_came_counts_as_late_as_it_can_have_arrived(folder: Path) -> None:
    Sends(folder).take("r", [(1, MINUTE)], NOW)
    assert Sends(folder).take("r", [(1, MINUTE)], NOW + MINUTE) == NOW + timedelta(seconds=75)


def test_several_windows_hold_together(folder: Path) -> None:
    sends, both = Sends(folder), [(3, MINUTE), (2, timedelta(seconds=1))]
    send(sends, "r", NOW, NOW, both)
    send(sends, "r", NOW, NOW, both)
    assert sends.take("r", both, NOW) == NOW + timedelta(seconds=1)
    later = NOW + timedelta(seconds=1)
    assert sends.room("r", both, later) == (1, later)
    send(sends, "r", later, later, both)
    assert sends.take("r", both, later) == NOW + MINUTE


def test_a_clock_that_was_an_hour_ahead_locks_nobody_out(folder: Path) -> None:
    sends = Sends(folder)
    send(sends, "r", NOW + timedelta(hours=1), NOW + timedelta(hours=1), [(1, MINUTE)])
    assert isinstance(sends.take("r", [(1, MINUTE)], NOW), Slot)


def test_nothing_of_an_address_can_be_read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    address = "dingtalk://d1ngt4lksecret000111"
    name = Sends(folder).robot(address)
    assert name == Sends(folder).robot(address) != Sends(folder).robot(address + "2")
    assert len(name) == 16 and int(name, 16) >= 0
    sends = Sends(folder)
    send(sends, name, NOW, NOW)
    assert not any(b"d1ngt4lk" in file.read_bytes() for file in (folder / "work").iterdir())
    other = tmp_path_factory.mktemp("other")
    (other / "work").mkdir()
    assert Sends(other).robot(address) != name  # so a table of known addresses tells nothing
    assert (folder / "work" / "sends.key").stat().st_mode & 0o077 == 0
    assert sorted(file.name for file in (folder / "work").iterdir()) == ["sends.jsonl", "sends.key", "sends.lock"]


def test_many_at_once_never_get_more_than_there_is(folder: Path) -> None:
    """Three processes and four threads, from one moment on."""
    script = (
        "import sys; from pathlib import Path; from datetime import datetime, timedelta; from warehouse.sends import *\n"
        "s = Sends(Path(sys.argv[1])); print('ready', flush=True); sys.stdin.readline()\n"
        "print(sum(isinstance(s.take('r', [(100, timedelta(minutes=1))], datetime.fromisoformat(sys.argv[2])), Slot)"
        " for _ in range(60)))"
    )
    others = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder), NOW.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(3)
    ]  # fmt: skip
    for other in others:
        assert other.stdout and other.stdin and other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()

    def tries(_: int) -> int:
        sends = Sends(folder)
        return sum(isinstance(sends.take("r", [(100, MINUTE)], NOW), Slot) for _ in range(60))

    with ThreadPoolExecutor(4) as pool:
        mine = sum(pool.map(tries, range(4)))
    theirs = sum(int(other.communicate(timeout=60)[0]) for other in others)
    assert mine + theirs == 100


def test_a_stricter_limit_waits_for_more_than_the_first(folder: Path) -> None:
    sends = Sends(folder)
    for second in range(3):
        send(sends, "r", NOW + timedelta(seconds=second), NOW + timedelta(seconds=second))
    assert sends.take("r", [(1, MINUTE)], NOW + timedelta(seconds=3)) == NOW + timedelta(seconds=62)


@pytest.mark.parametrize("damage", [b'{"slot": "x", "robot": "r", "at"', b"\xff\xfe\n", b"[]\n7\n", b'{"slot": 1, "robot": "r", "at": "now"}\n'])  # fmt: skip
def test_a_damaged_line_says_nothing(folder: Path, damage: bytes) -> None:
    send(Sends(folder), "r", NOW, NOW, [(2, MINUTE)])
    with (folder / "work" / "sends.jsonl").open("ab") as file:
        file.write(damage)
    assert Sends(folder).room("r", [(3, MINUTE)], NOW) == (2, NOW)
    send(Sends(folder), "r", NOW, NOW, [(3, MINUTE)])
    assert Sends(folder).room("r", [(3, MINUTE)], NOW) == (1, NOW)


def test_the_file_does_not_grow_for_ever(folder: Path) -> None:
    sends = Sends(folder)
    for second in range(0, 6_000, 5):
        send(sends, "r", NOW + timedelta(seconds=second), NOW + timedelta(seconds=second))
    assert (folder / "work" / "sends.jsonl").stat().st_size < 70_000
    assert sends.room("r", TWENTY, NOW + timedelta(seconds=6_000))[0] == 20 - 11


def test_where_nothing_can_be_written_everything_is_granted(tmp_path: Path) -> None:
    sends = Sends(tmp_path / "nowhere")
    slot = sends.take(sends.robot("a"), [(1, MINUTE)], NOW)
    assert isinstance(slot, Slot)
    sends.answered(slot, NOW)
    assert isinstance(sends.take(slot.robot, [(1, MINUTE)], NOW), Slot)
