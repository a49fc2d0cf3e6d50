"""`tanma serve`: Prefect server with its UI, schedules and runner in one process tree that stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from flows.config import Config
from flows.processes import processes
from flows.server import answers, prepare_prefect
from flows.serverprocess import STOP_PATIENCE, Say, ServerProcess, own_server
from flows.watchdog import watch_over
from sources.errors import TanmaError
from warehouse.schedule import as_cron

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

DELIVER_EVERY = timedelta(minutes=5)  # second chances and digests; fresh alerts go out with the pass that found them
TIDY = "tidy"
LONGEST_WAIT = 600.0  # seconds that a scheduled run waits for the warehouse
RUN_PATIENCE = 5.0  # seconds for a flow run to end by itself when its server is gone


def serve(config: Config, *, port: int, say: Say) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises TanmaError when the server cannot be started, and when it or the runner ends without being told to: whoever
    watches over this process (systemd, Docker) starts it anew.
    """
    named = os.environ.get("PREFECT_API_URL", "")
    home = (config.warehouse / "work" / "prefect").resolve()
    with _sigterm_as_exit():
        if named and answers(named):
            say(f"using the Prefect server at {named}")
            home.mkdir(parents=True, exist_ok=True)
            prepare_prefect(named, home)
            asyncio.run(_run_schedules(config, None, say))
        else:
            with own_server(config.warehouse, home, port, say) as server:
                say(f"Prefect UI: http://127.0.0.1:{port}")
                asyncio.run(_run_schedules(config, server, say))
    say("stopped")


async def _deployments(config: Config) -> list[RunnerDeployment]:
    """One for each interval, so one process reads all sources that are read equally often; one that delivers; one that tidies.

    They name the interval, not the sources: which have it is read from the file when a run begins. An interval that is
    new in the file has no deployment before the next start.

    No concurrency limit of Prefect's: its slot stays taken when a run is killed together with its server. The lock of
    the warehouse serves, which the kernel frees. A run waits for it less long than until the next one of its kind, so
    that runs longer than their interval do not pile up; one that waited in vain ends as Skipped.
    """
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.collect import collect, whole_seconds
    from flows.deliver import deliver
    from flows.tidy import tidy

    path, module = str(config.file), EntrypointType.MODULE_PATH
    made = [
        await collect.ato_deployment(
            f"collect-every-{seconds}s",
            interval=timedelta(seconds=seconds),
            parameters={"config_file": path, "every_seconds": seconds, "wait": min(seconds / 2, LONGEST_WAIT)},
            entrypoint_type=module,
            tags=["tanma"],
        )
        for seconds in dict.fromkeys(whole_seconds(source.every) for source in config.sources)
    ]
    made.append(
        await deliver.ato_deployment(
            "deliver",
            interval=DELIVER_EVERY,
            parameters={"config_file": path, "wait": DELIVER_EVERY.total_seconds() / 2},
            entrypoint_type=module,
            tags=["tanma"],
        )
    )
    if config.tidy:
        made.append(
            await tidy.ato_deployment(
                TIDY,
                schedule=Cron(as_cron(config.tidy), timezone=config.timezone.key),
                parameters={"config_file": path, "wait": LONGEST_WAIT},
                entrypoint_type=module,
                tags=["tanma"],
            )
        )
    return made


async def _run_schedules(config: Config, server: ServerProcess | None, say: Say) -> None:
    """Until told to stop. `server`: ours, None when the runs are scheduled by somebody else's."""
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner

    runner = Runner(name="tanma", limit=4, pause_on_shutdown=False)
    async with get_client() as client:
        if server:
            await _settle_killed_runs(client)
        for deployment in await _deployments(config):
            deployment_id = await runner.aadd_deployment(deployment)
            if deployment.name != TIDY:
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
    stopped, server_ended = asyncio.create_task(stop.wait()), asyncio.create_task(_end_of(server))
    watch = asyncio.create_task(_watch(config))
    await asyncio.wait({work, stopped, server_ended}, return_when=asyncio.FIRST_COMPLETED)
    trouble = "" if stop.is_set() else (server and server.ended()) or f"the runner ended by itself{_why(work)}"
    say("stopping")
    await _stop(runner, work, gracefully=not trouble)
    for task in (stopped, server_ended, watch):
        task.cancel()
    if trouble:
        raise TanmaError(f"{trouble}; start `tanma serve` again")


async def _watch(config: Config) -> None:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        await watch_over(config, client)


async def _settle_killed_runs(client: PrefectClient) -> None:
    """Runs that a killed serve left as running are shown as crashed: our server is up, and none of its runs is."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    alive = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=alive))
    for run in await client.read_flow_runs(flow_run_filter=FlowRunFilter(state=states)):
        if run.deployment_id:  # `tanma run` may be under way beside us; its runs have none
            await client.set_flow_run_state(run.id, Crashed(message="`tanma serve` was killed meanwhile"), force=True)


async def _end_of(server: ServerProcess | None) -> None:
    while server is None or server.ended() is None:  # noqa: ASYNC110 - a child of Popen gives no other sign
        await asyncio.sleep(0.5)


def _why(work: asyncio.Task[None]) -> str:
    error = work.exception() if work.done() and not work.cancelled() else None
    return f" ({type(error).__name__}: {error})" if error else ""


async def _stop(runner: Runner, work: asyncio.Task[None], *, gracefully: bool) -> None:
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
        await _end_flow_runs(signal.SIGTERM)
    await _end_flow_runs(signal.SIGKILL)
    work.cancel()
    await asyncio.wait({work}, timeout=RUN_PATIENCE)


async def _end_flow_runs(word: signal.Signals) -> None:
    """Send the signal to the flow runs that are our children, and wait a moment for them to end."""

    def alive() -> list[int]:
        return [one.pid for one in processes() if one.parent == os.getpid() and "prefect.engine" in one.words]

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
