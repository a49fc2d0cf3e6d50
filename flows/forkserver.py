"""Flow runs of `tanma serve` as forks of one process that has everything imported.

Prefect starts each run with `python -m prefect.engine`, which imports Prefect and Tanma anew: more CPU than a poll that
finds nothing new takes for itself. Here `tanma serve` forks once, before it has any thread or event loop, and what it
forked waits and forks again for each run. A run is a process of its own all the same: it ends with all its memory, and
takes nobody along when it is killed. Where this cannot be, runs start in Prefect's way, and the log says why.

    tanma serve ── fork server ── run      (who dies: the run's code is told to serve; the fork server: its run, too;
                                            serve: the run goes on to its end, as in Prefect's way, and the fork server
                                            ends after it)

The only private name of Prefect's used here is the `run_process` of prefect.runner._starter_engine, which its docstring
offers for replacement. tests/end_to_end/test_forked_runs.py holds that it is taken with the locked Prefect.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Say = Callable[[str], None]

# Libraries below these start threads of their own when they are imported, unless told not to. A fork takes one thread
# alone along, and the locks that others hold stay locked for ever.
_WITHOUT_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
# What a run would import by itself, some of it late; the flows import the rest.
_IMPORTED = (
    "prefect.runner",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.utilities.visualization",
    "anyio._backends._asyncio",
    "warehouse.search",
)
_ENGINE = "prefect.engine"
_KNOWN = {"stream_output", "env", "cwd"}  # what the runner says of a run beside its command
_HELD = {signal.SIGTERM, signal.SIGINT}  # wait in the fork server, which ends with serve; a run hears them
_END_PATIENCE = 5.0  # seconds
_TASKS = Path("/proc/self/task")
_PR_SET_PDEATHSIG = 1


class CannotFork(Exception):
    """Runs have to start in Prefect's way; the text says why."""


@dataclass
class ForkedRun:
    """What Prefect's runner wants to know of a process. `returncode` as subprocess has it, None while it runs."""

    pid: int
    returncode: int | None = None


@dataclass
class ForkServer:
    """The process that forks runs, as `tanma serve` sees it."""

    pid: int
    _requests: socket.socket
    _say: Say
    alive: bool = field(default=True, init=False)

    async def run(self, env: dict[str, str], cwd: str | None, begun: Callable[[ForkedRun], None]) -> ForkedRun | None:
        """A run of the engine in this environment, to its end; `begun` is called when there is a process.

        None when none could be begun, now or later. When the caller is cancelled, the run is told to end.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._requests, [b"r"], [theirs.fileno()])
            reader, writer = await asyncio.open_unix_connection(sock=ours)
        except OSError:
            ours.close()
            self._lost()
            return None
        try:
            writer.write(json.dumps({"env": env, "cwd": cwd}).encode() + b"\n")
            first = await _line(reader)
            if first is None:
                self._lost()
                return None
            run = ForkedRun(first)
            begun(run)
            try:
                code = await _line(reader)
            except asyncio.CancelledError:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(run.pid, signal.SIGTERM)
                raise
            if code is None:
                self._lost()
                code = -signal.SIGKILL  # the kernel sends it to the run
            run.returncode = code
            return run
        finally:
            writer.close()

    def _lost(self) -> None:
        self.alive = False
        _tell(self._say, CannotFork("the process that forked them is gone"))

    def end(self) -> None:
        """Let go of it; with a run under way it ends after that."""
        self._requests.close()
        gc.unfreeze()  # else libraries call what is left at the end of Python a leak
        deadline = time.monotonic() + _END_PATIENCE
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)
                    return
                time.sleep(0.01)


async def _line(reader: asyncio.StreamReader) -> int | None:
    """A number, None when the other end is gone."""
    try:
        return int(await reader.readline())
    except (OSError, ValueError):
        return None


class _RunProcess(Protocol):
    async def __call__(self, command: list[str], **more: Any) -> Any: ...


@contextlib.contextmanager
def forked_runs(make_ready: Callable[[], None], say: Say) -> Iterator[ForkServer | None]:
    """Inside, Prefect's runner forks its runs; None when that cannot be, which `say` is told. `make_ready` does what all
    of them would do first. For a caller without threads or event loop."""
    with contextlib.ExitStack() as until_the_end:
        server = None
        try:
            starter = _run_starter()
            server = _start(make_ready, say)
            until_the_end.callback(server.end)
            until_the_end.enter_context(_in_place_of_run_process(starter, server))
        except CannotFork as why:
            _tell(say, why)
        yield server


def _tell(say: Say, why: CannotFork) -> None:
    say(f"each run starts with imports of its own, which costs more CPU: {why}")


def _start(make_ready: Callable[[], None], say: Say) -> ForkServer:
    """Raises CannotFork."""
    with without_threads():
        try:
            for name in _IMPORTED:
                importlib.import_module(name)
        except ImportError as error:
            raise CannotFork(f"this version of Prefect has no {error.name}") from error
        make_ready()
    if len(threads := _threads()) != 1:
        raise CannotFork(
            f"threads run before the first fork ({', '.join(threads) or 'without /proc nobody knows which'})"
        )
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    gc.collect()
    gc.freeze()  # what is imported is never looked at again, so that its memory stays shared
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        pid = os.fork()
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise CannotFork(f"there is no room for another process ({error.strerror})") from error
    if pid == 0:
        try:
            ours.close()
            _fork_runs(theirs)
        finally:
            os._exit(0)  # never back into the frames of serve, which end its server
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return ForkServer(pid, ours, say)


def _threads() -> list[str]:
    """The names of this process's threads, Python's and others."""
    try:
        return sorted((one / "comm").read_text().strip() for one in _TASKS.iterdir())
    except OSError:
        return []


@contextlib.contextmanager
def without_threads() -> Iterator[None]:
    """Libraries that are imported inside start no threads. What runs find in their environment does not change."""
    kept = {name: os.environ.get(name) for name in _WITHOUT_THREADS}
    os.environ.update(_WITHOUT_THREADS)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _fork_runs(requests: socket.socket) -> None:
    """The fork server: one run at a time, as the runner starts them, until serve is gone."""
    _name("tanma-forks")
    forking = multiprocessing.get_context("fork")
    while True:
        word, fds, _, _ = socket.recv_fds(requests, 1, 1)
        if not word:
            return
        with socket.socket(fileno=fds[0]) as answers:
            with answers.makefile("rb") as request:
                asked = json.loads(request.readline())
            run = forking.Process(target=_run, args=(asked["env"], asked["cwd"], (requests, answers), os.getpid()))
            run.start()
            with contextlib.suppress(OSError):  # serve is gone, and the run goes on
                answers.sendall(f"{run.pid}\n".encode())
            run.join()
            with contextlib.suppress(OSError):
                answers.sendall(f"{run.exitcode}\n".encode())
            run.close()


def _run(env: dict[str, str], cwd: str | None, others: tuple[socket.socket, ...], parent: int) -> None:
    """What `python -m prefect.engine` does in this environment, after its imports."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for one in others:
        one.close()
    _name("tanma-run")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
    os.environ.clear()
    os.environ.update(env)
    if cwd:
        os.chdir(cwd)
    sys.argv = [_ENGINE]
    sys.modules.pop(_ENGINE, None)  # it is to run now, not to be imported
    from prefect.context import refresh_global_settings_context
    from prefect.exceptions import TerminationSignal

    refresh_global_settings_context()
    with contextlib.ExitStack() as end:
        try:
            runpy.run_module(_ENGINE, run_name="__main__", alter_sys=True)
        except TerminationSignal as told:
            # Prefect lets the signal end a run that hears it in a flow's code; in the event loop it would be a trace.
            end.callback(os.kill, os.getpid(), told.signal)
            end.callback(signal.signal, told.signal, signal.SIG_DFL)
        finally:
            # As the interpreter does at its end, which a fork does not reach: Prefect sends its last words there.
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()


def _name(words: str) -> None:
    """For `top` and `ps -o comm`; what stands in /proc as the command line is that of serve."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(words)


def _run_starter() -> Any:
    """The module whose `run_process` starts Prefect's runs. Raises CannotFork when this Prefect does it otherwise."""
    if sys.platform != "linux":
        raise CannotFork("to fork a process with so much in it is safe on Linux alone")
    with contextlib.suppress(ImportError, AttributeError):
        starter: Any = importlib.import_module("prefect.runner._starter_engine")
        if callable(starter.run_process) and "run_process" in starter.EngineCommandStarter.start.__code__.co_names:
            return starter
    raise CannotFork("this version of Prefect starts runs otherwise than the one that was tried")


@contextlib.contextmanager
def _in_place_of_run_process(starter: Any, server: ForkServer) -> Iterator[None]:
    usual: _RunProcess = starter.run_process
    engine = [sys.executable, "-m", _ENGINE]

    async def run_process(
        command: list[str], *, task_status: Any = None, task_status_handler: Any = None, **more: Any
    ) -> Any:
        def begun(run: ForkedRun) -> None:
            task_status.started(task_status_handler(run))

        known = command == engine and task_status and task_status_handler and more.keys() <= _KNOWN and "env" in more
        if known and server.alive and (run := await server.run(more["env"], more.get("cwd"), begun)):
            return run
        return await usual(command, task_status=task_status, task_status_handler=task_status_handler, **more)

    starter.run_process = run_process
    try:
        yield
    finally:
        starter.run_process = usual
