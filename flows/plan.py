"""What runs when: the deployments, as `tanma serve` makes them; `tanma deployments` says the same for any other server.

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

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from flows.config import Config
from warehouse.schedule import as_cron

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

TAGS = ("tanma",)
COLLECT = "collect"  # the flow, and its deployment
WAIT = 600.0  # seconds that a run waits for another one that holds the warehouse


@dataclass(frozen=True, slots=True)
class Planned:
    """A deployment, without Prefect: its flow's module path, when the schedule runs it (`cron`, in `timezone`), with
    what."""

    name: str
    about: str
    entrypoint: str
    cron: str
    timezone: str
    parameters: Mapping[str, object]


def planned(config: Config) -> list[Planned]:
    """Those of this configuration. They name its file, not what stands in it: that is read when a run begins."""

    def one(name: str, entrypoint: str, cron: str, **parameters: object) -> Planned:
        given = {"config_file": str(config.file), **parameters}
        return Planned(name, _ABOUT[name], entrypoint, cron, config.timezone.key, given)

    made = [
        one(COLLECT, "flows.collect.collect", "23 * * * *", due=True, wait=WAIT),
        one("deliver", "flows.deliver.deliver", "53 */6 * * *", wait=WAIT / 4),
        one("health", "flows.healthflow.health", "41 * * * *"),
    ]
    if config.tidy:
        made.append(one("tidy", "flows.tidy.tidy", as_cron(config.tidy), wait=WAIT))
    return made


async def deployments(config: Config) -> list[RunnerDeployment]:
    """The same as Prefect's runner takes them."""
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    made: list[RunnerDeployment] = []
    for one in planned(config):
        module, _, flow = one.entrypoint.rpartition(".")
        made.append(
            await getattr(import_module(module), flow).ato_deployment(
                one.name,
                schedule=Cron(one.cron, timezone=one.timezone),
                parameters=dict(one.parameters),
                entrypoint_type=EntrypointType.MODULE_PATH,
                tags=list(TAGS),
                description=one.about,
            )
        )
    return made


_ABOUT = {
    COLLECT: "Reads the sources that are due, raises alerts, delivers them; then asks for its next run.",
    "deliver": "Sends digests and second tries that are due; then asks for its next run.",
    "health": "Tells ops when nothing was collected for much longer than usual.",
    "tidy": "Backs up, lets go of what is old, compacts, checks.",
}
