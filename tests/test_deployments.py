"""The files by which Tanma is installed: what each must have, read as their tools read them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.commands.deployments import as_prefect_yaml
from flows.config import load_config
from flows.plan import planned

DEPLOYMENTS = Path(__file__).resolve().parent.parent / "deployments"
DOCKERFILE = (DEPLOYMENTS / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOYMENTS / "tanma.service").read_text("utf-8")
COMPOSE = ("compose.yaml", "compose.server.yaml")


def compose(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((DEPLOYMENTS / name).read_text("utf-8"))


def services() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{file}:{name}", one) for file in COMPOSE for name, one in compose(file)["services"].items()]


OURS = [(name, one) for name, one in services() if one["image"].startswith("tanma:")]


def instructions(text: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions in their order, lines that go on joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


def test_the_image_is_made_in_stages_and_runs_as_nobody() -> None:
    steps = instructions(DOCKERFILE)
    froms = [at for at, (word, _) in enumerate(steps) if word == "FROM"]
    assert len(froms) == 2
    last = steps[froms[-1] :]
    assert ("USER", "10001:10001") in last
    assert [text for word, text in last if word == "COPY"] == ["--from=build /opt/tanma /opt/tanma"]
    assert next(text for word, text in last if word == "HEALTHCHECK").endswith('CMD ["tanma", "status"]')
    # Nothing that is run after USER needs rights, and nothing is fetched but from the registry of packages.
    assert not any(word in ("RUN", "ADD") for word, _ in last[last.index(("USER", "10001:10001")) :])
    assert "--require-hashes" in DOCKERFILE and not any(word == "ADD" for word, _ in steps)


def test_the_image_is_sent_nothing_but_what_it_is_made_of() -> None:
    ignore = (DEPLOYMENTS.parent / ".dockerignore").read_text("utf-8").splitlines()
    wanted = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    copied = {
        part.rstrip("/").removeprefix("/build/")
        for word, text in instructions(DOCKERFILE)
        if word == "COPY" and not text.startswith("--from")
        for part in text.split()[:-1]
    }
    assert "*" in ignore and {part.split("/")[0] for part in copied} == wanted


@pytest.mark.parametrize("name", ["Dockerfile", *COMPOSE])
def test_every_image_has_a_version(name: str) -> None:
    text = (DEPLOYMENTS / name).read_text("utf-8")
    images = re.findall(r"^(?:FROM|\s+image:)\s+(\S+)", text, re.MULTILINE)
    assert images and not [one for one in images if ":" not in one or one.endswith(":latest")]


@pytest.mark.parametrize(("name", "service"), OURS, ids=[name for name, _ in OURS])
def test_our_containers_have_no_rights_and_write_where_they_may(name: str, service: dict[str, Any]) -> None:
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["init"] is True
    assert "no-new-privileges:true" in service["security_opt"] and not service.get("privileged")
    assert service["tmpfs"] == ["/tmp"]
    assert [one.rpartition(":")[2] for one in service.get("volumes", [])] in ([], ["/data"]) or service["volumes"] == [
        "${TANMA_FOLDER:-./watch}:/data:ro"
    ]


@pytest.mark.parametrize(("name", "service"), services(), ids=[name for name, _ in services()])
def test_every_container_goes_on_is_looked_after_and_keeps_its_log_small(name: str, service: dict[str, Any]) -> None:
    if not name.endswith(":deploy"):
        assert service["restart"] == "unless-stopped"
        # compose.yaml has that of the image
        assert "healthcheck" in service or name == "compose.yaml:tanma"
    assert service["logging"]["options"]["max-size"]
    # The server asks nobody who they are.
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", COMPOSE)
def test_no_secret_stands_in_a_compose_file(name: str) -> None:
    for service in compose(name)["services"].values():
        given = service.get("environment") or {}
        if isinstance(given, list):
            assert all("=" not in one for one in given)
            continue
        for key, value in given.items():
            if re.search("PASSWORD|TOKEN|SECRET|KEY|_URL$", key) and value and "@" in value:
                assert "${" in value, key
            if key.startswith("TANMA_") and key.endswith("_URL"):
                assert value is None, key


def test_the_worker_takes_from_the_pool_that_the_deployments_are_made_for() -> None:
    server = compose("compose.server.yaml")["services"]
    worker = server["worker"]["command"]
    pool = worker[worker.index("--pool") + 1]
    assert f"work-pool create {pool} --type process" in server["deploy"]["command"][0]
    assert worker[worker.index("--limit") + 1] == "1"  # one writer
    assert "tanma deployments --config /data/tanma.yaml" in server["deploy"]["command"][0]


def test_the_ui_of_the_one_container_is_seen_on_this_machine_alone() -> None:
    tanma = compose("compose.yaml")["services"]["tanma"]
    assert tanma["command"] == ["serve", "--host", "0.0.0.0"]  # of the container: its own loopback nobody reaches
    assert tanma["ports"] == ["127.0.0.1:4200:4200"]


def test_prefect_yaml_says_what_serve_schedules_by_default(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("sources: [36kr]\n", "utf-8")
    ours = {
        one.name: {
            "entrypoint": one.entrypoint,
            "description": one.about,
            "tags": ["tanma"],
            "parameters": {**one.parameters, "config_file": "{{ $TANMA_CONFIG }}"},
            "schedules": [{"cron": one.cron, "timezone": one.timezone}],
            "work_pool": {"name": "tanma"},
        }
        for one in planned(load_config(tmp_path / "tanma.yaml", {}))
    }
    shipped = YAML(typ="safe").load((DEPLOYMENTS / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert {one.pop("name"): one for one in shipped} == ours and len(ours) == 4


@pytest.mark.parametrize(("tidy", "cron"), [("monthly 1 02:05", "5 2 1 * *"), ("never", None)])
def test_tanma_deployments_writes_those_of_the_configuration(tmp_path: Path, tidy: str, cron: str | None) -> None:
    file = tmp_path / "a: folder" / "tanma.yaml"
    file.parent.mkdir()
    file.write_text(f"timezone: Europe/Paris\ntidy: {tidy}\nsources: [36kr]\n", "utf-8")
    text = as_prefect_yaml(planned(load_config(file, {})), "other pool")
    written = {one["name"]: one for one in YAML(typ="safe").load(text)["deployments"]}
    assert list(written) == ["collect", "deliver", "health"] + (["tidy"] if cron else [])
    for one in written.values():
        assert one["parameters"]["config_file"] == str(file) and one["work_pool"] == {"name": "other pool"}
        assert [schedule["timezone"] for schedule in one["schedules"]] == ["Europe/Paris"]
    assert written["collect"]["parameters"]["due"] is True
    if cron:
        assert written["tidy"]["schedules"][0]["cron"] == cron


def unit(section: str) -> dict[str, list[str]]:
    """key → its values, of which a unit may have several."""
    found: dict[str, list[str]] = {}
    part = UNIT.partition(f"[{section}]")[2].partition("\n[")[0]
    for key, value in re.findall(r"^(\w+)=(.*)$", part, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def test_the_unit_takes_away_every_right_and_starts_anew() -> None:
    service = unit("Service")
    for key, value in {
        "User": "tanma", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
        "CapabilityBoundingSet": "", "StateDirectory": "tanma", "PrivateDevices": "yes", "RestrictNamespaces": "yes",
        "Restart": "on-failure", "RestartPreventExitStatus": "2", "KillMode": "mixed",
    }.items():  # fmt: skip
        assert service[key] == [value], key
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert unit("Unit")["StartLimitIntervalSec"] == ["0"]
    assert not re.search(r"(?:TOKEN|SECRET|_URL)=\S", UNIT)
