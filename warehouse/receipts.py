"""What channels have accepted while the warehouse cannot say so yet: one line a message in `work/accepted.jsonl`.

Settling needs the warehouse's own thread, which may be loading a batch for seconds when the yes comes in. The thread
that heard the yes notes it here at once, and `outbox.recover` believes the note when the process was killed, or told
to stop, before it settled. Not synced to the disk: a note outlives its process, which is what it is for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path


def note(folder: Path, alert_ids: Sequence[str], at: datetime) -> None:
    """These alerts were accepted. May be called from any thread. What cannot be written is no trouble: a kill in the
    next moments then repeats the message."""
    line = json.dumps({"at": at.isoformat(), "alerts": list(alert_ids)}) + "\n"
    with suppress(OSError), _file(folder).open("ab") as file:
        file.write(line.encode())


def noted(folder: Path) -> dict[str, datetime]:
    """alert_id → when it was accepted. A line that was cut off says nothing."""
    found: dict[str, datetime] = {}
    with suppress(OSError):
        for line in _file(folder).read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                found |= dict.fromkeys(row["alerts"], datetime.fromisoformat(row["at"]))
    return found


def clear(folder: Path) -> None:
    """The warehouse says it now. A note that stays is harmless: what is sent is never sending again."""
    with suppress(OSError):
        _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / "work" / "accepted.jsonl"
