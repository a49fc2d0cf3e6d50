"""Plays a plan: the world on loopback in this process, the monitor in another, the true time by the plan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from types import TracebackType
from typing import Any

from faultworld import plan as plans
from faultworld.clock import SharedClock
from faultworld.ledger import Ledger
from faultworld.plan import INTERVAL, SITES, START, Plan
from faultworld.setting import config_text, watchlist_text
from sources.replica.server import Replica
from sources.replica.sink import Sink
from sources.replica.wire import Answer, Request
from sources.replica.world import World

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"feishu": 19021, "dingtalk": 310000, "wecom": 93000}
SILENCE = 60.0  # seconds of real time, longer than the monitor waits for anything


class Watched(Replica):
    """Tells of each answer before it goes out."""

    hook: Callable[[Request, Answer], None] | None = None

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if self.hook:
            self.hook(request, answer)
        return answer


@dataclass(slots=True)
class Figures:
    """What a month was. Sizes in MB; `kills` by kind, of polls that were still under way."""

    seed: int
    seconds: float = 0.0
    polls: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    late_kills: int = 0
    failed_polls: int = 0
    articles: int = 0
    copies: int = 0
    edits: int = 0
    withdrawn: int = 0
    requests: int = 0
    messages: int = 0
    alerts: int = 0
    repeats: int = 0
    begun: int = 0
    ended: int = 0
    second_week: float = 0.0
    last_week: float = 0.0
    opened: int = 0
    files: int = 0
    warehouse: float = 0.0

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.seconds:.0f} s, {self.polls} polls ({self.failed_polls} met a full disk), "
            f"{self.requests} requests, {self.articles} articles ({self.copies} copies, {self.edits} edited, "
            f"{self.withdrawn} withdrawn), {self.alerts} alerts in {self.messages} messages, "
            f"{self.kills.total()} kills ({', '.join(f'{n} {kind}' for kind, n in sorted(self.kills.items()))}; "
            f"{self.late_kills} came late), {self.repeats} repeats, ops heard {self.begun} begin and {self.ended} end, "
            f"memory {self.second_week:.0f} → {self.last_week:.0f} MB, "
            f"published file opened {self.opened} times in {self.files} editions, {self.warehouse:.1f} MB at the end"
        )


class _Monitor:
    """A process of the machine, and the line to it."""

    def __init__(self, pid: int, line: Connection) -> None:
        self.pid, self.line = pid, line
        self.memory: list[tuple[datetime, float]] = []

    def ask(self, *words: Any) -> str | None:
        """What it said; None: it was killed over it."""
        try:
            self.line.send(words)
            if not self.line.poll(SILENCE):
                self.kill()
                raise RuntimeError(f"{words} took more than {SILENCE:g} seconds")
            return str(self.line.recv())
        except (EOFError, OSError):
            return None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        self.line.close()
        _await_death(self.pid)

    @property
    def resident(self) -> float:
        """MB that it holds in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Month:
    """Use as `with`; `play`, then `complaints` and `figures`. `tell` hears of each day that is over."""

    def __init__(self, folder: Path, plan: Plan, tell: Callable[[str], None] = lambda line: None) -> None:
        self.folder, self.plan, self._tell = folder, plan, tell
        self.figures = Figures(plan.seed)
        self._clock = SharedClock(folder / "clock")
        self._wrong_by = timedelta(0)
        self.replica = Watched(
            World(START, sites=SITES), Sink(folder / "received.jsonl", limits=True, clock=self._clock.now)
        )
        self.ledger = Ledger(plan, self.replica)
        self._memory: list[tuple[datetime, float]] = []

    def __enter__(self) -> Month:
        self.replica.start()
        (self.folder / "tanma.yaml").write_text(config_text(self.replica), "utf-8")
        (self.folder / "watchlist.yaml").write_text(watchlist_text(), "utf-8")
        env = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "PYTHONUTF8": "1"}
        self._lines = tempfile.TemporaryDirectory(prefix="tanma-")  # the address of a socket must be short
        self._listener = Listener(str(Path(self._lines.name) / "socket"), "AF_UNIX")
        self._errors = (self.folder / "stderr.txt").open("w")
        self._machine = subprocess.Popen(
            [sys.executable, "-m", "faultworld.machine", str(self.folder), str(self._listener.address)],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip
        self._reader: subprocess.Popen[str] | None = None
        self._env = env
        self._monitor = self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._monitor.kill()
        for process in (self._machine, self._reader):
            if process is not None:
                process.kill()
                process.communicate()
        self._listener.close()
        self._lines.cleanup()
        self._errors.close()
        self.replica.stop()

    def play(self) -> None:
        begun, today = time.monotonic(), START
        now = START
        for event in self.plan.events:
            # What was under way when it happened is over first: a poll takes time of the machine's.
            now = max(event.at, now)
            self._clock.set(now + self._wrong_by)
            self._happen(event.what, now)
            now = max(now, self._clock.now() - self._wrong_by)
            if now - today >= plans.DAY:
                today += plans.DAY
                self._tell(f"seed {self.plan.seed}: day {(today - START).days}, {time.monotonic() - begun:.0f} s")
        self.figures.seconds = time.monotonic() - begun
        self._conclude()

    def complaints(self) -> list[str]:
        """What is wrong, a line each; the figures are whole after this."""
        found, ledger = self.ledger.complaints(self.folder), self.ledger
        self.figures.alerts, self.figures.repeats = ledger.alerts, ledger.repeats
        self.figures.begun, self.figures.ended = ledger.begun, ledger.ended
        return found

    # What happens

    def _happen(self, what: plans.Happening, now: datetime) -> None:
        world = self.replica.world
        match what:
            case plans.Publish():
                world.publish(what.entry)
            case plans.Edit():
                world.edit(what.key, add=what.text)
            case plans.Withdraw():
                world.withdraw(what.key, status=what.status)
            case plans.Befall():
                self._befall(what.host, what.trouble)
            case plans.Mend():
                world.heal(what.host)
            case plans.Poll():
                self._poll(what, now)
            case plans.Tidy():
                self._ask("tidy")
            case plans.Service_():
                self._change_mood(what)
            case plans.Operator():
                self._ask("retry")
            case plans.Jump():
                self._wrong_by = what.by
            case plans.Disk():
                self.ledger.disk_full = what.room is not None
                self._ask("disk", what.room)
            case plans.Restart():
                self._monitor.end()
                self._monitor = self._start()

    def _befall(self, host: str, trouble: plans.Trouble) -> None:
        world = self.replica.world
        match trouble:
            case "outage":
                world.fail(host, 503)
            case "reset":
                world.reset(host)
            case "captcha" | "waf":
                world.block(host, challenge=trouble)
            case "forbidden":
                world.fail(host, 403)
            case "layout":
                world.break_layout(host)
            case "silent":
                world.slow(host, 30.0, path="/feed")
            case "hiccup":
                world.reset(host, times=1, after=200)
            case "trickle":
                world.slow(host, 0.05, drip=0.1, times=3)

    def _change_mood(self, what: plans.Service_) -> None:
        sink = self.replica.sink
        match what.mood:
            case "refuses":
                sink.refuse(what.service, REFUSALS[what.service])
            case "fails":
                sink.fail(what.service, 503)
            case "slow":
                sink.slow(what.service, 0.05)
            case "well":
                sink.mend(what.service)

    def _poll(self, poll: plans.Poll, now: datetime) -> None:
        self.figures.polls += 1
        sources = [site.id for site in SITES if INTERVAL[site.host] == poll.every]
        if poll.killing is None:
            said = self._ask("poll", sources)
            if said != "polled":
                self.figures.failed_polls += 1
            self._memory.append((now, self._monitor.resident))
            return
        self._poll_and_kill(poll, poll.killing, sources)
        if poll.again:
            self._clock.set(self._clock.now() + timedelta(seconds=20))
            self._ask("poll", sources)

    def _poll_and_kill(self, poll: plans.Poll, killing: plans.Killing, sources: list[str]) -> None:
        """In a monitor of its own, so that the other lives through the month and its memory can be measured."""
        victim, sink = self._start(), self.replica.sink
        before, count = len(sink.received), int(poll.chance * 8) + 1
        left = [count]

        def on_answer(request: Request, answer: Answer) -> None:
            if killing == "page" and request.method == "GET":
                left[0] -= 1
            elif killing in ("yes", "after yes") and request.method == "POST":
                left[0] = count // 3 + 1 - (len(sink.received) - before)
            else:
                return
            if left[0] <= 0 and killing == "after yes":
                threading.Timer(poll.chance * 0.01, victim.kill).start()
            elif left[0] <= 0:
                victim.kill()

        over = threading.Event()
        if killing == "publishing":
            threading.Thread(target=_kill_at, args=(self.folder / "data" / ".tanma.duckdb.tmp", victim, over)).start()
        elif killing == "any moment":
            timer = threading.Timer(0.05 + poll.chance * 0.6, victim.kill)
            timer.start()
        self.replica.hook = on_answer
        said = victim.ask("poll", sources)
        self.replica.hook = None
        over.set()
        if said is None:
            _await_death(victim.pid)
            self.figures.kills[killing] += 1
            self.ledger.killed(before)
        else:
            victim.kill()
            self.figures.late_kills += 1
        victim.line.close()

    # The machine

    def _start(self) -> _Monitor:
        assert self._machine.stdin is not None and self._machine.stdout is not None
        self._machine.stdin.write("start\n")
        self._machine.stdin.flush()
        pid = int(self._machine.stdout.readline())
        return _Monitor(pid, self._listener.accept())

    def _ask(self, *words: Any) -> str | None:
        said = self._monitor.ask(*words)
        self.ledger.heard(words, said)
        if self._reader is None and words[0] == "poll":
            self._reader = subprocess.Popen(
                [sys.executable, "-m", "faultworld.reader", str(self.folder / "data" / "tanma.duckdb")],
                env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        return said

    def _conclude(self) -> None:
        assert self._reader is not None
        told, _ = self._reader.communicate("end\n", timeout=SILENCE)
        self.ledger.reader = json.loads(told)
        self._monitor.end()
        figures, ledger = self.figures, self.ledger
        figures.second_week = self._resident_in(7, 14)
        figures.last_week = self._resident_in(self.plan.days - 7, self.plan.days)
        ledger.memory = figures.second_week, figures.last_week
        figures.opened, figures.files = ledger.reader["opened"], ledger.reader["files"]
        figures.warehouse = (self.folder / "data" / "tanma.duckdb").stat().st_size / 1e6
        figures.requests = len(self.replica.requests)
        figures.messages = len(self.replica.sink.received)
        happened = Counter(type(event.what) for event in self.plan.events)
        figures.articles, figures.edits = happened[plans.Publish], happened[plans.Edit]
        figures.withdrawn = happened[plans.Withdraw]
        figures.copies = sum(isinstance(e.what, plans.Publish) and e.what.copy for e in self.plan.events)

    def _resident_in(self, first: int, last: int) -> float:
        some = sorted(size for at, size in self._memory if first <= (at - START) / plans.DAY < last)
        return some[len(some) // 2] if some else 0.0


def _kill_at(file: Path, victim: _Monitor, over: threading.Event) -> None:
    """As soon as the file is there, which is the one being written to be published."""
    while not over.is_set():
        if file.exists():
            victim.kill()
            return
        time.sleep(0.0002)


def _await_death(pid: int) -> None:
    until = time.monotonic() + SILENCE
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.001)
    raise RuntimeError(f"process {pid} does not end")
