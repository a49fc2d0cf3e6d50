"""What every room's tests share: where the real input lies, and a world to run against."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input that lies beside the project for its developers."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: real pages and seeds are not part of the project")
    return SHARED
