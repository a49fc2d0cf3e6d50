"""The two files of the simulated monitor."""

from __future__ import annotations

from faultworld.plan import INTERVAL, SITES
from faultworld.writing import NAMES
from sources.replica.server import Replica

DESK, TRADE, MORNING, OPS = "month-desk", "monthtrade000111", "month-morning", "month-ops-key-0001"
NOW = (DESK, TRADE)  # robots that are told at once; MORNING is told once a day


def config_text(replica: Replica) -> str:
    """tanma.yaml for a running replica. Alerts may be as old as the longest trouble: each has to arrive in the end."""
    rewrite = "\n".join(f"    {host}: {base}" for host, base in replica.rewrite.items())
    sources = "\n".join(
        f"  - {{use: feed, id: {site.id}, url: {site.feed_url!r}, outlet: {site.outlet}, "
        f"every: {INTERVAL[site.host].total_seconds() / 3600:.0f}h}}"
        for site in SITES
    )
    return f"""\
warehouse: data
timezone: Asia/Shanghai
language: zh
watchlist: watchlist.yaml
network:
  per_host_delay: 4s
  rewrite:
{rewrite}
sources:
{sources}
channels:
  desk: feishu://{DESK}
  trade: dingtalk://{TRADE}
  morning: lark://{MORNING}
  ops: wecombot://{OPS}
alerts:
  - {{for: all, to: [desk, trade], when: now, max_age: 7d}}
  - {{for: all, to: [morning], when: "daily 09:00", max_age: 7d}}
"""


def watchlist_text() -> str:
    return "companies:\n" + "".join(f"  - name: {name}\n" for name in NAMES)
