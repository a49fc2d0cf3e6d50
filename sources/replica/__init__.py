"""The outlets and the chat services in small, on loopback: for `tanma run --demo` and for the tests.

`Replica(world, sink)` serves a `World` (outlets, articles, faults) and a `Sink` (chat services) on one port;
`demo_replica` makes the one that the demo runs against. Nothing else in sources/ imports this room.
"""

from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.entries import Entry, Item, article, written_entries
from sources.replica.server import Replica, Seen
from sources.replica.sink import Attempt, Received, Sink
from sources.replica.world import World

__all__ = [
    "Attempt",
    "Entry",
    "Item",
    "Received",
    "Replica",
    "Seen",
    "Sink",
    "World",
    "article",
    "demo_config",
    "demo_replica",
    "demo_watchlist",
    "written_entries",
]
