"""What `tanma doctor` finds of the machine: Python, packages, disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from flows.commands.findings import Finding
from warehouse.standing import sizes

LOW_DISK = 1_000_000_000  # bytes
COPIES = 2  # of the warehouse that a tidy or an upgrade may need at once, beside what is there
SHOWN = ("tanma", "duckdb", "prefect", "fastapi", "apprise", "httpx", "selectolax")
REINSTALL = "install tanma anew, with its lock file: deployments/docs/install.md"


def python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "ok", found)
    return Finding("Python", "wrong", found, "install Python 3.11, 3.12 or 3.13")


def installed() -> Iterator[Finding]:
    """The versions that matter, and every package that is missing or outside the bounds that Tanma declares."""
    for name in SHOWN:
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "wrong", "not installed", REINSTALL)
    try:
        wanted = requires("tanma") or []
    except PackageNotFoundError:
        return
    for text in wanted:
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(need.name)
        except PackageNotFoundError:
            if need.name not in SHOWN:
                yield Finding(need.name, "wrong", "not installed", REINSTALL)
            continue
        if not need.specifier.contains(found, prereleases=True):
            yield Finding(need.name, "wrong", f"{found}, where {need.specifier} is known to work", REINSTALL)


def disk(warehouse: Path) -> Finding:
    place = warehouse
    while not place.exists():
        place = place.parent
    free, need = shutil.disk_usage(place).free, max(LOW_DISK, COPIES * max(sizes(warehouse).values()))
    found = f"{free / 1e9:.1f} GB free at {warehouse}"
    if not os.access(place, os.W_OK):
        return Finding(
            "disk", "wrong", f"{place} cannot be written", "give the user that runs tanma the right to write"
        )
    if free < need:
        remedy = f"make room, {need / 1e9:.1f} GB: `keep:` lets old things go, `tanma tidy` gives their room back"
        return Finding("disk", "wrong", found, remedy)
    return Finding("disk", "ok", found)
