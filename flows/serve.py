"""`tanma serve`: Prefect server with its UI, schedules and runner in one process tree that stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from flows.config import TERMINAL, Config
from flows.forkserver import ForkServer, forked_runs
from flows.observers import hush_observers
from flows.otherserver import ServerLost, through_losses, until_lost
from flows.plan import COLLECT, TAGS, deployments
from flows.processes import Process, processes
from flows.server import prepare_prefect, trouble_with
from flows.serverprocess import STOP_PATIENCE, Say, ServerProcess, own_server
from flows.watchdog import watch_over
from sources.address import redact
from sources.errors import TanmaError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.runner import Runner

RUN_PATIENCE = 5.0  # seconds for a flow run to end by itself when its server is gone


def serve(config: Config, *, port: int, say: Say, host: str = "127.0.0.1") -> None:
    """Run until SIGTERM or Ctrl-C. `host`: the address on which a server of our own listens.

    Raises TanmaError when the server cannot be started, and when it or the runner ends without being told to: whoever
    watches over this process (systemd, Docker) starts it anew.
    """
    named = os.environ.get("PREFECT_API_URL", "")
    home = (config.warehouse / "work" / "prefect").resolve()
    with _sigterm_as_exit():
        trouble = trouble_with(named) if named else None
        if named and not trouble:
            say(f"using the Prefect server at {redact(named)}")
            home.mkdir(parents=True, exist_ok=True)
            prepare_prefect(named, home)
            with _forks(config, say) as forks:
                asyncio.run(
                    through_losses(
                        lambda again: _run_schedules(config, None, forks, say, again=again), config, named, say
                    )
                )
        else:
            if named:
                say(f"the Prefect server at {redact(named)} {trouble}; starting one of our own")
            with own_server(config.warehouse, home, port, say, host=host) as server:
                say(f"Prefect UI: {server.api.removesuffix('/api')}")
                with _forks(config, say) as forks:
                    asyncio.run(_run_schedules(config, server, forks, say))
    say("stopped")


def _forks(config: Config, say: Say) -> contextlib.AbstractContextManager[ForkServer | None]:
    """What starts the runs; for a caller that has no event loop yet."""

    def make_ready() -> None:  # what every run does first, and no run needs to do anew
        asyncio.run(deployments(config))  # imports the flows, and what Prefect reads schedules with
        if set(config.channels) - {TERMINAL}:
            from flows.channels.send import open_channel

            open_channel("none", "json://localhost", {})  # has Apprise import all its services

    return forked_runs(make_ready, say)


async def _run_schedules(
    config: Config, server: ServerProcess | None, forks: ForkServer | None, say: Say, *, again: bool = False
) -> None:
    """Until told to stop. `server`: ours, None when the runs are scheduled by somebody else's; that one was lost and is
    back `again`. `forks` starts the runs, None when Prefect's runner does."""
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner

    hush_observers()
    if again:
        async with get_client() as client:
            await _settle_killed_runs(client)
    with _own_storage(config.warehouse / "work" / "prefect"):
        # One run at a time: others would only wait for the warehouse, each with a process of its own.
        runner = Runner(name="tanma", limit=1, pause_on_shutdown=False)
    collect_id = await _schedule(runner, server, config, say)
    stop = asyncio.Event()
    work = asyncio.create_task(runner.start())
    while not (runner.started or work.done()):  # noqa: ASYNC110 - it gives no other sign
        await asyncio.sleep(0.05)
    # After the runner's start, which sets a handler of its own.
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    stopped = asyncio.create_task(stop.wait())
    lost = asyncio.create_task(_end_of(server) if server else until_lost(os.environ["PREFECT_API_URL"]))
    watch = asyncio.create_task(watch_over(config, collect_id))
    await asyncio.wait({work, stopped, lost, watch}, return_when=asyncio.FIRST_COMPLETED)
    gone = "" if stop.is_set() else next((task.result() for task in (lost, watch) if task.done()), "")
    trouble = gone or ("" if stop.is_set() else f"the runner ended by itself{_why(work)}")
    say("stopping" if server or not gone else "ending what runs")
    await _stop(runner, work, forks, gracefully=not trouble)
    for task in (stopped, lost, watch):
        task.cancel()
    if gone and not server:
        raise ServerLost(gone)
    if trouble:
        raise TanmaError(f"{trouble}; start `tanma serve` again")


@contextlib.contextmanager
def _own_storage(home: Path) -> Iterator[None]:
    """Let the runner that is made here keep its files in `home`. Its own place is one for all users of the machine,
    where whoever was first keeps out all others, and it is not emptied after a kill."""
    shutil.rmtree(home / "runner_storage", ignore_errors=True)
    before, tempfile.tempdir = tempfile.tempdir, str(home)
    try:
        yield
    finally:
        tempfile.tempdir = before


async def _schedule(runner: Runner, server: ServerProcess | None, config: Config, say: Say) -> UUID:
    """Make the deployments, with one run to begin with and none of those that are late; the id of the one that
    collects."""
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    from flows.asking import ASKED, drop_late_runs

    async with get_client() as client:
        if server:
            await _settle_killed_runs(client)
        ids: dict[str, UUID] = {}
        for deployment in await deployments(config):
            ids[deployment.name] = await runner.aadd_deployment(deployment)
            late = await drop_late_runs(client, ids[deployment.name])
            say(f"scheduled {deployment.name}" + (f"; one run for {late} that are late" if late else ""))
        if server:
            await _forget_others(client, set(ids.values()))
        # Whoever starts a monitor wants to see it work. It delivers what waits, too.
        await client.create_flow_run_from_deployment(ids[COLLECT], state=Scheduled(), tags=[ASKED])
    return ids[COLLECT]


async def _forget_others(client: PrefectClient, ours: set[UUID]) -> None:
    """Deployments that an older Tanma left on our own server: nobody runs what their schedules ask for."""
    for deployment in await client.read_deployments():
        if deployment.id not in ours and set(TAGS) <= set(deployment.tags):
            await client.delete_deployment(deployment.id)


async def _settle_killed_runs(client: PrefectClient) -> None:
    """Runs that a killed serve, or a server that was lost, left as running are shown as crashed: none of ours runs."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    alive = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=alive))
    ours = FlowRunFilter(state=states, tags=FlowRunFilterTags(all_=list(TAGS)))
    for run in await client.read_flow_runs(flow_run_filter=ours):
        if run.deployment_id:  # `tanma run` may be under way beside us; its runs have none
            await client.set_flow_run_state(
                run.id, Crashed(message="`tanma serve` or its server ended meanwhile"), force=True
            )


async def _end_of(server: ServerProcess) -> str:
    while not (ended := server.ended()):  # noqa: ASYNC110 - a child of Popen gives no other sign
        await asyncio.sleep(0.5)
    return ended


def _why(work: asyncio.Task[None]) -> str:
    error = work.exception() if work.done() and not work.cancelled() else None
    return f" ({type(error).__name__}: {error})" if error else ""


async def _stop(runner: Runner, work: asyncio.Task[None], forks: ForkServer | None, *, gracefully: bool) -> None:
    """End the runner and the flow runs it started. Not gracefully: nobody is there to be told how they ended."""
    if gracefully and not work.done():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_PATIENCE):
                await runner.astop()
                await asyncio.wait({work})
    # From here on nothing is asked of Prefect, which would complain at length of what is done to it: of runs, for one,
    # that are no longer there when it wants to end them itself.
    logging.getLogger("prefect").setLevel(logging.CRITICAL)
    if not gracefully:
        await _end_flow_runs(forks, signal.SIGTERM)
    await _end_flow_runs(forks, signal.SIGKILL)
    work.cancel()
    await asyncio.wait({work}, timeout=RUN_PATIENCE)


async def _end_flow_runs(forks: ForkServer | None, word: signal.Signals) -> None:
    """Send the signal to the flow runs that we started, and wait a moment for them to end."""

    def ours(one: Process) -> bool:
        return (one.parent == os.getpid() and "prefect.engine" in one.words) or bool(forks and one.parent == forks.pid)

    def alive() -> list[int]:
        return [one.pid for one in processes() if ours(one)]

    for pid in alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, word)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RUN_PATIENCE):
            while alive():  # noqa: ASYNC110
                await asyncio.sleep(0.1)


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
