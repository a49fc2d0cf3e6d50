"""What a run leaves in Prefect's UI: a table of what each source brought, with links to new articles."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from prefect.artifacts import acreate_table_artifact

from flows.summary import PassSummary

KEY = "tanma-collect"
_log = logging.getLogger(__name__)


async def show_sources(summary: PassSummary, links: Mapping[str, Sequence[str]]) -> None:
    """`links`: addresses of new articles by source. Without a word of any page: what stands there is shown as Markdown.

    Prefect may not take it, which is no harm.
    """
    rows = [
        {
            "source": source.source,
            "state": source.state,
            "new": source.stored,
            "changed": source.updated,
            "reposts": source.duplicates,
            "mentions": source.mentions,
            "alerts": source.alerts,
            "errors": len(source.errors),
            "links": " ".join(
                f"[{number}]({_shown(url)})" for number, url in enumerate(links.get(source.source, ()), 1)
            ),
        }
        for source in summary.sources
    ]
    if not rows:
        return
    try:
        await acreate_table_artifact(rows, key=KEY, description=f"{summary.in_words()} (run {summary.run_id})")
    except Exception as error:  # noqa: BLE001
        _log.warning("the table of a run was not taken: %s", type(error).__name__)


def _shown(url: str) -> str:
    """An address that ends where it ends, whatever stands in it."""
    return "".join(f"%{ord(char):02X}" if char in "()[]<>|\\ \"'`" else char for char in url)
