"""`tanma watch test` on a published file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.backtest import Trial, tried
from flows.check import load_both
from flows.cli import app
from flows.config import load_config
from flows.imports import ImportOptions
from flows.runner import backfill_directly
from flows.session import utc_now
from sources.errors import ConfigError
from sources.times import CHINA
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

WATCHLIST = "people: [程望海]\ncompanies:\n  - {name: 青鸟灯具, aliases: [青鸟], groups: [灯], not: [青鸟传书]}\n"
LAMP = "灯塔守了三十年，守塔人换了四个，灯油换成了电。青鸟灯具的人来修过两次灯，程望海都在场。"
BIRD = "山上的青鸟传书回来，说青鸟已经飞过了三座山，还要再飞三座山才能到家。"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    (folder / "tanma.yaml").write_text(
        "sources: []\nalerts:\n  - {for: [灯], to: terminal, name: lamps}\n  - {for: 程望海, to: terminal, name: keeper}\n",
        "utf-8",
    )
    (folder / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    (folder / "notes").mkdir()
    today = utc_now().astimezone(CHINA)
    for name, text, at in (
        ("lamp", LAMP, f"{today:%Y-%m-%d} 00:10"),
        ("bird", BIRD, f"{today:%Y-%m-%d} 00:20"),
        ("sea", "海上什么也没有，只有风。", f"{today:%Y-%m-%d} 00:30"),
    ):
        (folder / "notes" / f"{name}.txt").write_text(f"{name}的故事\n\n{at}\n\n" + f"{text}\n" * 5, "utf-8")
    config, entities = load_both(folder / "tanma.yaml", os.environ)
    import asyncio

    asyncio.run(backfill_directly(config, entities, [folder / "notes"], ImportOptions()))
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["watch", "test", *words, "--config", str(folder / "tanma.yaml")])


def document(folder: Path, *words: str) -> Any:
    result = run(folder, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_name_of_the_watchlist_is_tried_as_it_stands(world: Path) -> None:
    found = document(world, "青鸟灯具")
    assert found["entity"] == {
        "entity_id": "company:青鸟灯具", "kind": "company", "name": "青鸟灯具", "aliases": ["青鸟"], "groups": ["灯"],
        "context": [], "not": ["青鸟传书"], "sound": True,
    }  # fmt: skip
    assert (found["articles"], found["hits"]["articles"], found["hits"]["stories"]) == (3, 2, 2)
    assert [(week["articles"], week["stories"]) for week in found["weeks"]][-1] == (2, 2)
    assert [one["title"] for one in found["newest"]] == ["bird的故事", "lamp的故事"]
    [rejected] = found["rejected"]
    assert (rejected["surface"], rejected["count"]) == ("青鸟", 5) and "青鸟传书" in rejected["reason"]
    assert found["messages"]["channels"] == {"terminal": 2}
    assert found["messages"]["rules"][0]["rule"] == "lamps"


def test_a_rule_for_a_single_name_counts_for_that_name(world: Path) -> None:
    assert [one["rule"] for one in document(world, "程望海")["messages"]["rules"]] == ["keeper"]


def test_options_stand_in_place_of_its_keys(world: Path) -> None:
    found = document(world, "青鸟灯具", "--context", "灯塔", "--not", "青鸟已经", "--no-sound", "--group", "别的")
    assert (
        found["entity"] | {"context": ["灯塔"], "not": ["青鸟已经"], "sound": False, "groups": ["别的"]}
        == found["entity"]
    )
    assert found["entity"]["aliases"] == ["青鸟"]
    assert [one["title"] for one in found["newest"]] == ["lamp的故事"]
    assert found["messages"]["rules"] == [], "no rule is for that group"
    assert found["messages"]["channels"] == {}


def test_a_new_name_needs_its_kind_and_changes_nothing(world: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.rglob("*") if path.is_file()}
    result = run(world, "守塔人")
    assert isinstance(result.exception, ConfigError)
    assert "守塔人: is not in the watchlist: say what it is with --kind: person, company, product" in str(
        result.exception
    )
    found = document(world, "守塔人", "--kind", "person", "--alias", "灯油")
    assert found["entity"]["entity_id"] == "person:守塔人" and found["hits"]["articles"] == 1
    assert {path: path.stat().st_mtime_ns for path in world.rglob("*") if path.is_file()} == before


def test_it_takes_no_lock(world: Path) -> None:
    with Warehouse.open(world / "data", holder="tanma collect", now=utc_now()):
        assert document(world, "青鸟灯具")["articles"] == 3


def test_what_a_person_sees(world: Path) -> None:
    result = run(world, "青鸟灯具", "--since", "30d")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "company:青鸟灯具 · aliases 青鸟 · groups 灯 · not 青鸟传书"
    assert lines[1].startswith(
        "3 articles of the last 30 days; 2 would have alerted, in 2 stories: 2.0 articles and 2.0"
    )
    assert {"week of\tarticles\tstories", "surface\ttimes\twhy\tfor example", "rule\tchannel\twhen\tmessages"} <= set(
        lines
    )
    assert "lamps\tterminal\tnow\t2" in lines and "in all: terminal 2" in lines
    assert "watch test: 3 articles" in result.stderr
    assert "no rule is for this name" in run(world, "守塔人", "--kind", "person").stderr


def test_nothing_since_then(world: Path) -> None:
    assert document(world, "青鸟灯具", "--since", "1ms")["hits"] == {
        "articles": 0, "stories": 0, "articles_a_week": 0.0, "stories_a_week": 0.0,
    }  # fmt: skip


def test_what_is_wrong_is_said(world: Path, tmp_path: Path) -> None:
    for words, said in (
        (("青鸟", "--json"), "is no name but an alias of company:青鸟灯具"),
        (("青鸟灯具", "--since", "soon"), "--since"),
        (("守塔人", "--kind", "boat"), "unknown kind"),
        (("守塔人", "--kind", "person", "--alias", " "), "is empty"),
    ):
        assert said in str(run(world, *words).exception), words
    (tmp_path / "tanma.yaml").write_text("sources: []\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    assert "nothing is published yet" in str(run(tmp_path, "青鸟灯具").exception)
    assert not (tmp_path / "data").exists()
    assert load_config(tmp_path / "tanma.yaml", {})


def test_several_of_one_name_are_told_apart_by_kind() -> None:
    both = [Entity("company", "抖音"), Entity("product", "抖音", aliases=("Douyin",))]
    with pytest.raises(ConfigError, match="company:抖音 and product:抖音: say which with --kind"):
        tried(Trial("抖音"), both)
    entity, watchlist = tried(Trial("抖音", "product", context=("短视频",)), both)
    assert entity == Entity("product", "抖音", ("Douyin",), context=("短视频",))
    assert watchlist == [entity, both[0]]
