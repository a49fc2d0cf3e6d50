"""`python -m flows.frugalprefect server start …`: Prefect's own command, with a background worker that looks less often.

Prefect's server does its regular work (schedules, late runs, clearing up) through docket, whose worker asks its queue
four times a second whether something is due: half of what an idle server costs, and no setting of Prefect's changes it.
The parameters are docket's own and public; that Prefect leaves them at their defaults is what is used here. Where they
are named otherwise, the server runs as it is.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import runpy
import sys
from datetime import timedelta

_SLOWER = {
    "minimum_check_interval": timedelta(seconds=2),
    "scheduling_resolution": timedelta(seconds=2),
}


def look_less_often() -> None:
    """From here on, a docket worker for which nothing else is said."""
    with contextlib.suppress(ImportError):
        from docket import Worker

        known = inspect.signature(Worker.__init__).parameters
        slower = {name: pause for name, pause in _SLOWER.items() if name in known}
        Worker.__init__ = functools.partialmethod(Worker.__init__, **slower)  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    look_less_often()
    sys.argv[0] = "prefect"
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
