"""`tanma deployments`: what `tanma serve` would schedule, for a Prefect server and workers of one's own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer

from flows.config import load_config
from flows.plan import TAGS, Planned, planned


def deployments_command(config_file: Path, *, pool: str) -> None:
    """A prefect.yaml on stdout. Raises ConfigError."""
    typer.echo(as_prefect_yaml(planned(load_config(config_file, os.environ)), pool))


def as_prefect_yaml(some: list[Planned], pool: str) -> str:
    """For `prefect deploy --all --prefect-file`. What stands in it is quoted as JSON, which is YAML, too."""
    head = """\
# By `tanma deployments`, from {file}: write it anew when `timezone:` or `tidy:` changes.
name: tanma
pull:  # nothing: Tanma is installed where the worker runs. (Without any step, Prefect wants files.)
  - prefect.deployments.steps.set_working_directory: {{directory: .}}

deployments:"""
    return "\n".join([head.format(file=some[0].parameters["config_file"]), *(_one(each, pool) for each in some)])


def _one(planned: Planned, pool: str) -> str:
    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    return f"""\
  - name: {planned.name}
    description: {quoted(planned.about)}
    entrypoint: {planned.entrypoint}
    tags: {quoted(list(TAGS))}
    parameters: {quoted(dict(planned.parameters))}
    schedules: {quoted([{"cron": planned.cron, "timezone": planned.timezone}])}
    work_pool: {quoted({"name": pool})}
"""
