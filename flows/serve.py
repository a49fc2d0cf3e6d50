"""`tanma serve`: Prefect server with its UI, schedules and runner in one process tree that stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.config import Config
from flows.runner import Say
from flows.server import answers, prepare_prefect, serve_file
from sources.errors import TanmaError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

DELIVER_EVERY = timedelta(minutes=5)  # second chances and digests; fresh alerts go out with the pass that found them
START_PATIENCE = 180.0  # seconds: the first start migrates the server's database, 22 s were measured on two slow cores
STOP_PATIENCE = 20.0


def serve(config: Config, *, port: int, say: Say) -> None:
    """Run until SIGTERM or Ctrl-C. Raises TanmaError when the server cannot be started."""
    named = os.environ.get("PREFECT_API_URL", "")
    home = (config.warehouse / "work" / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    with _sigterm_as_exit():
        if named and answers(named):
            say(f"using the Prefect server at {named}")
            prepare_prefect(named, home)
            asyncio.run(_run_schedules(config, say))
            return
        api = f"http://127.0.0.1:{port}/api"
        if answers(api):
            raise TanmaError(
                f"port {port} is taken by another Prefect server; choose one with --port, or set PREFECT_API_URL"
            )
        prepare_prefect(api, home)
        with _server(port, api, home, say), _announced(config.warehouse, api):
            say(f"Prefect UI: http://127.0.0.1:{port}")
            asyncio.run(_run_schedules(config, say))
    say("stopped")


def schedule_groups(config: Config) -> Mapping[timedelta, list[str]]:
    """The sources by their interval: one deployment, so one process, serves all that are read equally often."""
    groups: dict[timedelta, list[str]] = {}
    for source in config.sources:
        groups.setdefault(source.every, []).append(source.id)
    return groups


async def _deployments(config: Config) -> list[RunnerDeployment]:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    from flows.collect import collect
    from flows.deliver import deliver

    # A run that finds its forerunner still at work is dropped: the next one reads what it would have read.
    common: dict[str, Any] = {
        "concurrency_limit": ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        "entrypoint_type": EntrypointType.MODULE_PATH,
        "tags": ["tanma"],
    }
    path = str(config.file)
    made = [
        await collect.ato_deployment(
            f"collect-every-{int(every.total_seconds())}s",
            interval=every,
            parameters={"config_file": path, "sources": ids},
            **common,
        )
        for every, ids in schedule_groups(config).items()
    ]
    made.append(
        await deliver.ato_deployment("deliver", interval=DELIVER_EVERY, parameters={"config_file": path}, **common)
    )
    return made


async def _run_schedules(config: Config, say: Say) -> None:
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner

    runner = Runner(name="tanma", limit=4, pause_on_shutdown=False)
    async with get_client() as client:
        for deployment in await _deployments(config):
            deployment_id = await runner.aadd_deployment(deployment)
            # The schedule's first time is an interval away; whoever starts a monitor wants to see it work.
            await client.create_flow_run_from_deployment(deployment_id)
            say(f"scheduled {deployment.name}")
    stop = asyncio.Event()
    work = asyncio.create_task(runner.start())
    while not (runner.started or work.done()):  # noqa: ASYNC110 - it gives no other sign
        await asyncio.sleep(0.05)
    # After the runner's start, which sets a handler of its own.
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        say("stopping")
        await runner.astop()
        with contextlib.suppress(asyncio.TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(work, STOP_PATIENCE)
    stopped.cancel()


@contextlib.contextmanager
def _server(port: int, api: str, home: Path, say: Say) -> Iterator[None]:
    """The Prefect server as a child process, its output in a file below the warehouse."""
    log = home / "server.log"
    say("starting the Prefect server (the first start takes up to half a minute)")
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop it after the runner
        )
    try:
        deadline = time.monotonic() + START_PATIENCE
        while not answers(api):
            if child.poll() is not None:
                raise TanmaError(f"the Prefect server ended with code {child.returncode}; see {log}")
            if time.monotonic() > deadline:
                raise TanmaError(f"the Prefect server did not answer within {START_PATIENCE:.0f} s; see {log}")
            time.sleep(0.25)
        yield
    finally:
        child.terminate()
        try:
            child.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def _announced(warehouse: Path, api: str) -> Iterator[None]:
    """Let `tanma run` find this server while it runs."""
    place = serve_file(warehouse)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"api": api, "pid": os.getpid()}), "utf-8")
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


@contextlib.contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """SIGTERM during start and stop unwinds like Ctrl-C, so that the child is stopped too."""

    def leave(*_: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
