"""The Prefect server that `tanma serve` runs: started, announced, stopped; also one that a killed serve left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.processes import process
from flows.server import ITS_SECRET, LOOPBACK, announced, answers, prepare_prefect, serve_file
from sources.errors import TanmaError

START_PATIENCE = 180.0  # seconds: the first start migrates the server's database, 22 s were measured on two slow cores
STOP_PATIENCE = 20.0
PAUSE = 0.25

# What a server for one Tanma does not need, or not so often; figures: tests/benchmarks/bench_idle.py. Nobody here has
# workers, automations, pauses or Prefect's concurrency limits, and what is due is asked for by the runs themselves.
# History is kept for 90 days. What the user has set stands.
_SERVICES = "PREFECT_SERVER_SERVICES_"
_FRUGAL = {
    f"{_SERVICES}TRIGGERS_ENABLED": "false",
    f"{_SERVICES}FOREMAN_ENABLED": "false",
    f"{_SERVICES}PAUSE_EXPIRATIONS_ENABLED": "false",
    f"{_SERVICES}REPOSSESSOR_ENABLED": "false",
    f"{_SERVICES}CLEANUP_RECONCILER_ENABLED": "false",
    f"{_SERVICES}LATE_RUNS_LOOP_SECONDS": "60",
    f"{_SERVICES}CANCELLATION_CLEANUP_LOOP_SECONDS": "120",
    f"{_SERVICES}SCHEDULER_LOOP_SECONDS": "300",
    f"{_SERVICES}SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "60",
    f"{_SERVICES}DB_VACUUM_ENABLED": "events,flow_runs",
    "MALLOC_ARENA_MAX": "2",  # glibc keeps a heap for each of its dozen threads else
}

# What the clients of our own server need not do each time they are opened: ask it for its version and whether it wants
# tokens against forgery from browsers, which it does not.
_FRUGAL_CLIENTS = {
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """Our server while it runs. `log` has its output."""

    api: str
    log: Path
    child: subprocess.Popen[bytes]

    def ended(self) -> str | None:
        """In words, that it ended; None while it runs."""
        code = self.child.poll()
        return None if code is None else f"the Prefect server ended with code {code}; see {self.log}"


@contextlib.contextmanager
def own_server(warehouse: Path, home: Path, port: int, say: Say, *, host: str = "127.0.0.1") -> Iterator[ServerProcess]:
    """Run a Prefect server on this port of this address, its files in `home`; `tanma run` finds it while it runs.

    Raises TanmaError when another `tanma serve` serves this warehouse, the port is taken, or the server cannot start.
    """
    api = f"http://{_reached_at(host)}:{port}/api"
    if secret := os.environ.get(ITS_SECRET):
        os.environ.setdefault("PREFECT_API_AUTH_STRING", secret)  # by which we get in ourselves
    elif host not in LOOPBACK:
        say(
            f"the Prefect server listens on {host} and asks nobody who they are; {ITS_SECRET}=NAME:PASSWORD makes it ask"
        )
    _end_leftover(warehouse, say)
    if answers(api):
        raise TanmaError(
            f"port {port} is taken by another Prefect server; choose one with --port, or set PREFECT_API_URL"
        )
    home.mkdir(parents=True, exist_ok=True)
    prepare_prefect(api, home)
    for name, value in (_FRUGAL_CLIENTS | {"PREFECT_API_SSL_CERT_FILE": str(_one_certificate(home))}).items():
        os.environ.setdefault(name, value)
    log = home / "server.log"
    say("starting the Prefect server (the first start takes up to half a minute)")
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows.frugalprefect", "server", "start", "--host", host, *_port_words(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_FRUGAL | os.environ,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop it after the runner
        )
    server = ServerProcess(api, log, child)
    try:
        # Before it answers: whoever starts after a kill must find what the killed one left.
        _announce(warehouse, {"api": api, "pid": os.getpid(), "server_pid": child.pid, "port": port})
        deadline = time.monotonic() + START_PATIENCE
        while not answers(api):
            if ended := server.ended():
                raise TanmaError(ended)
            if time.monotonic() > deadline:
                raise TanmaError(f"the Prefect server did not answer within {START_PATIENCE:.0f} s; see {log}")
            time.sleep(PAUSE)
        yield server
    finally:
        child.terminate()
        try:
            child.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        serve_file(warehouse).unlink(missing_ok=True)


def _reached_at(host: str) -> str:
    """Where a server on this machine is asked that listens there."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _one_certificate(home: Path) -> Path:
    """A file with one of the certificates that Prefect would trust.

    Its clients read all of them each time one is opened, seven times in a run, for 40 ms each: also for an address like
    ours, to which no TLS is spoken.
    """
    import certifi

    first, end, _ = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----\n")
    place = home / "one-certificate.pem"
    place.write_text(first + end, "utf-8")
    return place


def _port_words(port: int) -> list[str]:
    return ["--port", str(port)]


def _announce(warehouse: Path, what: dict[str, object]) -> None:
    place = serve_file(warehouse)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    part.write_text(json.dumps(what), "utf-8")
    part.replace(place)


def _end_leftover(warehouse: Path, say: Say) -> None:
    """End the server of a serve that was killed: it holds the port and Prefect's database.

    Nothing is ended but a process that is a Prefect server with the port that was written down and whose parent is
    gone. Raises TanmaError when its parent lives, which is another `tanma serve`.
    """
    left = announced(warehouse)
    pid, parent, port = (left.get(key) for key in ("server_pid", "pid", "port"))
    if not (isinstance(pid, int) and isinstance(parent, int) and isinstance(port, int)):
        return

    def ours() -> int | None:
        """Its parent's id, None when no such process is there."""
        found = process(pid)
        marks = ("prefect server start ", " ".join(_port_words(port)) + " ")
        return found.parent if found and all(mark in f"{found.words} " for mark in marks) else None

    adopted = ours()
    if adopted is None:
        return
    if adopted == parent:
        raise TanmaError(f"`tanma serve` (pid {parent}) already serves this warehouse; stop it first")
    say(f"ending the Prefect server (pid {pid}) that a killed `tanma serve` left behind")
    for word in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, word)
        deadline = time.monotonic() + STOP_PATIENCE
        while time.monotonic() < deadline:
            if ours() is None:
                return
            time.sleep(PAUSE)
    raise TanmaError(f"the Prefect server (pid {pid}) that a killed `tanma serve` left behind does not end; end it")
