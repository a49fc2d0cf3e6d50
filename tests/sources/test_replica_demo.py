"""The demo: the same world at every run, files that fit it, and a table of what is in it that was written by hand."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from sources.replica import demo_config, demo_replica, demo_watchlist, written_entries

NOW = datetime(2026, 11, 21, 7, 0, 0, 123456, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "demo_expected.json").read_text(encoding="utf-8")
)
CLIENT = httpx.Client(timeout=5, trust_env=False)


def test_a_second_run_meets_the_same_world(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo_replica(folder, NOW) as first:
        feed = CLIENT.get(first.base("www.36kr.com") + "/feed")
        sent = {"msg_type": "text", "content": {"text": "一"}}
        CLIENT.post(first.base("open.feishu.cn") + "/open-apis/bot/v2/hook/demo-desk", json=sent)
    with demo_replica(folder, NOW + timedelta(hours=5)) as second:
        assert second.world.epoch == datetime(2026, 11, 21, 7, 0, 0, tzinfo=UTC)
        known = {"If-None-Match": feed.headers["etag"]}
        assert CLIENT.get(second.base("www.36kr.com") + "/feed", headers=known).status_code == 304
        assert [received.text for received in second.sink.received] == ["一"]
    assert sorted(file.name for file in folder.iterdir()) == ["epoch", "received.jsonl"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21T07:00:00"])
def test_a_damaged_epoch_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "epoch").write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match=r"epoch: .*remove the demo's folder"):
        demo_replica(tmp_path, NOW)


def test_now_needs_a_zone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="timezone"):
        demo_replica(tmp_path, datetime(2026, 11, 21))
    assert not (tmp_path / "epoch").exists()


def test_the_configuration_points_every_host_at_the_replica(tmp_path: Path) -> None:
    with demo_replica(tmp_path, NOW) as replica:
        config = YAML(typ="safe").load(demo_config(replica))
        assert config["network"]["rewrite"] == replica.rewrite
        for source in config["sources"][1:]:
            host, _, path = source["url"].removeprefix("https://").partition("/")
            answer = CLIENT.get(f"{config['network']['rewrite'][host]}/{path}")
            assert answer.status_code == 200
    assert config["sources"][0] == "36kr"
    assert [(source["id"], source["outlet"]) for source in config["sources"][1:]] == [
        ("yanbian", "砚边周报"),
        ("nanping", "南屏日報"),
        ("yunxia", "云下播客"),
        ("gongwei", "工位笔记"),
    ]
    assert config["channels"] == {"desk": "feishu://demo-desk"}
    assert config["alerts"] == [{"for": "all", "to": ["desk"], "when": "now"}]
    assert config["network"]["per_host_delay"] == "20ms"
    assert (config["watchlist"], config["warehouse"]) == ("watchlist.yaml", "data")
    with pytest.raises(RuntimeError, match="not running"):
        demo_config(replica)


def test_the_watchlist_has_every_section_and_key() -> None:
    watchlist = YAML(typ="safe").load(demo_watchlist())
    assert list(watchlist) == ["people", "companies", "products", "organizations"]
    assert [row["name"] for row in watchlist["people"]] == ["杨植麟", "王兴兴", "王兴", "陆知远", "沈砚秋", "林若溪"]
    assert [row["name"] for row in watchlist["companies"]] == [
        "月之暗面",
        "宇树科技",
        "青禾机器人",
        "理想汽车",
        "苹果公司",
    ]
    assert {key for section in watchlist.values() for row in section for key in row} == {
        "name",
        "aliases",
        "groups",
        "context",
        "not",
    }


def test_the_table_names_every_article_and_nothing_else() -> None:
    entries = {entry.key: entry for entry in written_entries()}
    assert {row["key"] for row in EXPECTED["articles"]} == set(entries)
    for row in EXPECTED["articles"]:
        assert (entries[row["key"]].title, entries[row["key"]].minutes_before) == (row["title"], row["age_minutes"])


@pytest.mark.parametrize("row", EXPECTED["articles"], ids=[row["key"] for row in EXPECTED["articles"]])
def test_the_table_counts_what_stands_there(row: dict[str, Any]) -> None:
    entry = next(entry for entry in written_entries() if entry.key == row["key"])
    for mention in row["mentions"]:
        surface = mention["surface"]
        # A longer tracked form, or a word that only looks like one, takes its place out of a shorter one's count.
        longer = {other["surface"] for other in row["mentions"]} | set(row["traps"])
        around = [other for other in longer if surface in other and surface != other]
        title, text = entry.title, entry.text
        for other in around:
            title, text = title.replace(other, "＿"), text.replace(other, "＿")
        labels = len(re.findall(rf"^{re.escape(surface)}：", text, re.M))
        assert title.count(surface) == mention.get("title", 0), surface
        assert labels == mention.get("speaker", 0), surface
        assert text.count(surface) - labels == mention.get("body", 0) + mention.get("caption", 0), surface
    for trap in row["traps"]:
        assert trap in entry.title + entry.text


def test_the_totals_follow_from_the_rows() -> None:
    def names(row: dict[str, Any]) -> set[str]:
        return {mention["entity"] for mention in row["mentions"]}

    rows = EXPECTED["articles"]
    sent = [row for row in rows if row["alert"] == "sent"]
    assert EXPECTED["totals"] == {
        "articles": len(rows),
        "stories": len({row.get("story", row["key"]) for row in rows}),
        "alerts_sent": sum(len(names(row)) for row in sent),
        "alerts_suppressed": sum(len(names(row)) for row in rows if row["alert"] == "suppressed"),
        "messages": len(sent),
    }
    assert {row["age_minutes"] > 2 * 24 * 60 for row in rows if row["alert"] == "suppressed"} == {True}
