"""The settings of the polite client, apart from it: reading a configuration needs no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version


def default_user_agent() -> str:
    try:
        ours = version("tanma")
    except PackageNotFoundError:  # run from a bare checkout
        ours = "0"
    return f"Tanma/{ours} (+https://github.com/tanma-project/tanma)"


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """`network:` of tanma.yaml and the caps that go with it.

    `rewrite`: host → base URL. `concurrency`: hosts asked at once. `retries`: further tries within one get.
    `total_timeout` holds for one request from connecting to its last byte, waiting for its turn not counted.
    `max_bytes` counts a body as it comes over the wire, `max_decoded_bytes` as it unpacks.
    """

    user_agent: str = field(default_factory=default_user_agent)
    per_host_delay: timedelta = timedelta(seconds=4)
    concurrency: int = 8
    obey_robots: bool = True
    rewrite: Mapping[str, str] = field(default_factory=dict)
    retries: int = 2
    total_timeout: timedelta = timedelta(seconds=60)
    max_bytes: int = 20_000_000
    max_decoded_bytes: int = 60_000_000
    max_redirects: int = 5
