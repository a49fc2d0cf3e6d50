"""A run that does not happen while `tanma serve` runs: ops hears of it, and when it happens again."""

from __future__ import annotations

import re

import pytest
from end_to_end.serving import Serving

from sources.replica.sink import Received


def ops(serving: Serving) -> list[str]:
    received: tuple[Received, ...] = serving.replica.sink.received
    return [one.text for one in received if one.token == "demo-ops"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_runs_that_cannot_begin_are_told_once_and_once_when_they_do(serving: Serving) -> None:
    config = serving.folder / "tanma.yaml"
    whole = config.read_text("utf-8").replace("channels:\n", "channels:\n  ops: feishu://demo-ops\n")
    whole = re.sub(r"sources:\n(  - .*\n)+", "sources:\n  - {use: 36kr, every: 15s}\n", whole)
    config.write_text(whole, "utf-8")
    serving.start()
    serving.wait(lambda: any(run["state_name"] == "Completed" for run in serving.runs()), 180)
    assert ops(serving) == []
    config.write_text(whole + "qqq: 1\n", "utf-8")
    serving.wait(lambda: ops(serving), 200)  # three times 15 s, a minute for the start, and its own look around
    [told] = ops(serving)
    assert told.startswith("探马：需要处理\n") and "以后没有一次采集完成，本应每 0.25 min 一次" in told
    config.write_text(whole, "utf-8")
    serving.wait(lambda: len(ops(serving)) > 1, 180)
    assert ops(serving)[1].startswith("探马：已恢复\n") and "以后没有采集过" in ops(serving)[1]
    done = len(serving.runs())
    serving.wait(lambda: len(serving.runs()) > done + 1, 120)
    assert len(ops(serving)) == 2
