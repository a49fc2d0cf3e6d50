"""What runs when: the deployments, as `tanma serve` makes them. deployments/prefect.yaml says the same for any server.

One deployment collects from all sources: which are due is decided when a run begins, from the warehouse, and the run
then asks for the next one at the moment at which the next source is due. So each source has its own pace, sources that
are due together share a process, and there is never more than one run ahead. The schedules of `collect` and
`deliver` are a net: for runs that were killed before they could ask.

No concurrency limit of Prefect's: its slot stays taken when a run is killed together with its server. One run at a time
is what the runner starts (`prefect worker start --limit 1`), and the lock of the warehouse, which the kernel frees,
holds one writer whoever starts more.

No `retries` of Prefect's either: they would wait in the process, with the place of the next run taken, and for errors
of the configuration too. A run that failed asks for another two minutes later, in a process of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.config import Config
from warehouse.schedule import as_cron

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.flows import Flow

TAGS = ("tanma",)
COLLECT = "collect"  # the flow, and its deployment
WAIT = 600.0  # seconds that a run waits for another one that holds the warehouse


async def deployments(config: Config) -> list[RunnerDeployment]:
    """Those of this configuration. They name its file, not what stands in it: that is read when a run begins."""
    from flows.collect import collect
    from flows.deliver import deliver
    from flows.healthflow import health
    from flows.tidy import tidy

    made = [
        await _deployment(collect, "23 * * * *", config, due=True, wait=WAIT),
        await _deployment(deliver, "53 */6 * * *", config, wait=WAIT / 4),
        await _deployment(health, "41 * * * *", config),
    ]
    if config.tidy:
        made.append(await _deployment(tidy, as_cron(config.tidy), config, wait=WAIT))
    return made


async def _deployment(flow: Flow[..., Any], cron: str, config: Config, **parameters: Any) -> RunnerDeployment:
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    return await flow.ato_deployment(
        flow.name,
        schedule=Cron(cron, timezone=config.timezone.key),
        parameters={"config_file": str(config.file), **parameters},
        entrypoint_type=EntrypointType.MODULE_PATH,
        tags=list(TAGS),
        description=_ABOUT[flow.name],
    )


_ABOUT = {
    COLLECT: "Reads the sources that are due, raises alerts, delivers them; then asks for its next run.",
    "deliver": "Sends digests and second tries that are due; then asks for its next run.",
    "health": "Tells ops when nothing was collected for much longer than usual.",
    "tidy": "Backs up, lets go of what is old, compacts, checks.",
}
