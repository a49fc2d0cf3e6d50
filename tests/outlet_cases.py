"""The outlets' fixtures: one folder a case in tests/fixtures/outlets/, read by the pure tests and over real sockets.

The form of a case.json stands in sources/fixtures.py, where outside packages find it too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sources.fixtures import Canned, Case, cases_in, shown

__all__ = ["CASES", "Canned", "Case", "cases", "only", "shown"]

CASES = Path(__file__).parent / "fixtures" / "outlets"


def cases() -> list[Case]:
    return cases_in(CASES)


def only(expected: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Of `found` the fields that are expected, also inside the article of a ref."""
    return {
        name: only(wanted, found[name]) if isinstance(wanted, dict) and found[name] is not None else found[name]
        for name, wanted in expected.items()
    }
