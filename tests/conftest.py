"""What every room's tests share: where the real input lies, and a world to run against."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no wrong answer; in CI the same examples are tried every time.
settings.register_profile("tanma", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tanma")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input that lies beside the project for its developers."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: real pages and seeds are not part of the project")
    return SHARED
