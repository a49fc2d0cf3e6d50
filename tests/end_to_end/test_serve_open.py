"""`tanma serve --host`: a server that others reach, and that asks them who they are."""

from __future__ import annotations

import json
import signal
import sys
import urllib.request
from base64 import b64encode
from urllib.error import HTTPError

import pytest
from end_to_end.command import started, tanma
from end_to_end.serving import QUIET, Serving

SECRET = {"PREFECT_SERVER_API_AUTH_STRING": "tanma:mi-ma-of-our-own-server"}


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_server_that_others_reach_asks_them_who_they_are(serving: Serving) -> None:
    serving.headers["authorization"] = f"Basic {b64encode(b'tanma:mi-ma-of-our-own-server').decode()}"
    # Another user of the machine has taken what Prefect's runner would use in the folder of temporary files.
    taken = serving.folder / "tmp" / "runner_storage"
    taken.parent.mkdir()
    taken.write_text("taken")
    more = QUIET | SECRET | {"TMPDIR": str(taken.parent)}
    child = serving.child = started(
        "serve", "--port", str(serving.port), "--host", "0.0.0.0", cwd=serving.folder, **more
    )
    serving.wait(lambda: "scheduled tidy" in serving.log, 120)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    # Another address of this machine, where Linux has one: who listens on 127.0.0.1 alone is not there.
    other = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
    with direct.open(f"http://{other}:{serving.port}/api/health", timeout=5) as answer:
        assert answer.read() == b"true"
    with pytest.raises(HTTPError, match="401"):
        direct.open(f"http://{other}:{serving.port}/api/admin/version", timeout=5)

    def schedules(**env: str) -> dict[str, str]:
        done = tanma("doctor", "--json", cwd=serving.folder, **env)
        return {one["what"]: one["found"] for one in json.loads(done.stdout)}

    assert "refuses us (HTTP 401)" in schedules()["Prefect server"]
    assert schedules(**SECRET)["schedules"].startswith("4 deployments")
    serving.wait(lambda: any(run["state_name"] == "Completed" for run in _runs(serving)), 60)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0, serving.log
    assert "mi-ma" not in serving.log and "asks nobody" not in serving.log


def _runs(serving: Serving) -> list[dict[str, str]]:
    found: list[dict[str, str]] = serving.ask("flow_runs/filter", {"flows": {"name": {"any_": ["collect"]}}})
    return found
