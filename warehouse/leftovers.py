"""What a kill may leave behind that is as large as the warehouse, and that nobody finishes."""

from __future__ import annotations

from pathlib import Path

from sources.errors import WarehouseError
from warehouse import backups, compaction, restore
from warehouse.snapshot import discard


def discard_leftovers(folder: Path) -> None:
    """Delete the half of a compaction, of a restore, of a backup. Only for whoever holds the warehouse's lock: then
    nobody is making one. Raises WarehouseError."""
    for file in (
        folder / "work" / compaction.NEW,
        folder / "work" / restore.CANDIDATE,
        folder / backups.FOLDER / backups.UNCHECKED,
    ):
        try:
            discard(file)
        except NotADirectoryError:  # somebody's file where the folder of the backups would be: nothing is in there
            continue
        except OSError as error:
            raise WarehouseError(
                f"{file}: left by a run that was killed, and could not be deleted ({error.strerror}); delete it by hand"
            ) from error
