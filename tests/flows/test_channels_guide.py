"""deployments/docs/channels.md says what is so: its addresses open, and the sizes in its table are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.channels.send import open_channel

GUIDE = (Path(__file__).resolve().parents[2] / "deployments" / "docs" / "channels.md").read_text("utf-8")
ROWS = [
    (row, address)
    for row in GUIDE.splitlines()
    if row.startswith("| ") and "://" in row
    for address in re.findall(r"`(\w+://[^`]+)`", row)
]


def test_the_table_is_looked_at() -> None:
    assert len(ROWS) == 17


@pytest.mark.parametrize(("row", "address"), ROWS, ids=[address for _, address in ROWS])
def test_an_address_of_the_guide_opens_with_the_limit_that_it_names(row: str, address: str) -> None:
    _, _, _, _, takes, minute, _ = row.split("|")
    channel = open_channel("desk", address, {})
    size, unit = takes.strip().replace(",", "").split()[:2]
    assert channel.limit.size == int(size)
    assert unit == ("characters" if channel.limit.unit == "characters" else "bytes")
    assert channel.limit.per_minute == (int(minute) if minute.strip() else None)
