"""tanma.yaml as it is read when nothing is wrong with it."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.config import load_config
from flows.configkeys import AtLeast, RuleItem
from sources.client import NetworkSettings
from warehouse.pace import Bounds
from warehouse.rules import Quiet, Rule

FIXTURES = Path(__file__).parents[1] / "fixtures" / "config"
EXAMPLES = Path(__file__).parents[2] / "deployments"
ENV = {"FEED_KEY": "k3y", "DESK_URL": "feishu://s3cr3t-token"}


def written(folder: Path, text: str) -> Path:
    file = folder / "tanma.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_is_read() -> None:
    config = load_config(FIXTURES / "full.yaml", ENV)
    assert config.warehouse == FIXTURES / "store"
    assert config.watchlist == FIXTURES / "names" / "watch.yaml"
    assert config.timezone == ZoneInfo("Europe/Berlin")
    assert config.language == "en"
    network = config.network
    assert (network.user_agent, network.concurrency, network.obey_robots) == ("Reader/1.0", 3, False)
    assert network.per_host_delay == timedelta(milliseconds=20)
    assert dict(network.rewrite) == {"RSS.example.com": "http://127.0.0.1:8080/rss/"}
    first, second = config.sources
    assert (first.id, first.use, first.outlet, dict(first.options)) == ("36kr", "36kr", "36氪", {})
    assert (second.id, second.use, second.outlet) == ("tiger", "feed", "360")
    assert second.every == second.soonest == timedelta(minutes=90)
    assert dict(second.options) == {"url": "https://rss.example.com/?key=k3y"}
    assert list(config.channels) == ["terminal", "desk", "ops"]
    assert config.channel_url("desk") == "feishu://s3cr3t-token"
    assert config.channel_url("ops") == "json://127.0.0.1/pa$word"
    assert config.rules == (
        Rule(
            name="大模型+机器人→desk+ops",
            groups=("机器人", "大模型"),
            channels=("ops", "desk"),
            when="Daily 9:00",
            quiet=Quiet(time(23), time(8)),
        ),
        Rule(
            name="late",
            groups=("大模型",),
            channels=("desk",),
            when="30 18 * * 1-5",
            min_confidence=0.9,
            min_mentions=3,
            max_age=timedelta(hours=12),
            central=True,
            outlets=("36氪",),
            not_outlets=("ZAKER", "虎嗅"),
            cooldown=timedelta(hours=6),
            severity="urgent",
            quiet=Quiet(time(22), time(7, 30), (5, 6)),
            timezone=ZoneInfo("America/New_York"),
            mention=("ou_7d8a", "+86-13800138000", "@lin"),
        ),
        Rule(name="all", groups=(), channels=("desk",)),
    )


def test_sources_are_made_in_order() -> None:
    sources = load_config(FIXTURES / "full.yaml", ENV).make_sources()
    assert [(source.id, source.outlet) for source in sources] == [("36kr", "36氪"), ("tiger", "360")]
    assert sources[1].options == {"url": "https://rss.example.com/?key=k3y"}


def test_no_repr_shows_what_came_from_the_environment() -> None:
    config = load_config(FIXTURES / "full.yaml", ENV)
    for shown in (repr(config), str(config), repr(config.channels), repr(config.sources)):
        assert "s3cr3t" not in shown
        assert "k3y" not in shown


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "# nothing yet\n"), {})
    assert (config.warehouse, config.watchlist) == (tmp_path / "data", tmp_path / "watchlist.yaml")
    assert (config.timezone, config.language) == (ZoneInfo("Asia/Shanghai"), "zh")
    assert config.network == NetworkSettings()
    assert config.recheck == (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=72))
    assert config.sources == ()
    assert config.channel_url("terminal") == "terminal://"
    assert config.rules == (Rule(name="all", groups=(), channels=("terminal",)),)


def test_sections_whose_lines_are_all_comments_are_empty(tmp_path: Path) -> None:
    text = "network:\nsources:\n  # - 36kr\nchannels:\n  # desk: ${X}\nalerts:\n"
    assert load_config(written(tmp_path, text), {}).rules[0].channels == ("terminal",)


def test_without_rules_alerts_go_to_every_channel_but_ops(tmp_path: Path) -> None:
    text = "channels: {desk: json://localhost/a, ops: json://localhost/b, board: json://localhost/c}\n"
    assert load_config(written(tmp_path, text), {}).rules == (Rule("all", (), ("desk", "board")),)


def test_with_ops_alone_alerts_go_to_the_terminal(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "channels: {ops: json://localhost/b}\n"), {})
    assert config.rules[0].channels == ("terminal",)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("{for: [大模型], to: [desk]}", "大模型→desk"),
        ("{for: 大模型, to: desk}", "大模型→desk"),
        ("{for: [a, b], to: [desk, terminal]}", "a+b→desk+terminal"),
        ("{to: [terminal, desk], for: [b, a], when: weekly mon 08:30}", "a+b→desk+terminal"),
        ("{for: [all, a], to: desk}", "all→desk"),
        ("{for: [a]}", "a"),
    ],
)
def test_a_rule_is_called_after_what_it_says_whatever_the_order(tmp_path: Path, rule: str, name: str) -> None:
    config = load_config(written(tmp_path, f"channels: {{desk: json://localhost}}\nalerts: [{rule}]\n"), {})
    assert [rule.name for rule in config.rules] == [name]


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        ("22:00-07:30", Quiet(time(22), time(7, 30))),
        ("{hours: '22:00-07:30'}", Quiet(time(22), time(7, 30))),
        ("{days: sun}", Quiet(days=(6,))),
        ("{days: []}", None),
        ("", None),
    ],
)
def test_quiet_hours_and_days(tmp_path: Path, quiet: str, expected: Quiet | None) -> None:
    config = load_config(written(tmp_path, f"alerts:\n  - quiet: {quiet}\n"), {})
    assert [rule.quiet for rule in config.rules] == [expected]


def test_a_source_looks_again_when_it_says_so_itself_else_as_all_do(tmp_path: Path) -> None:
    text = (
        "recheck: [30m, 2d]\nsources: [36kr, {use: huxiu, recheck: [2h]}, {use: huxiu, id: off, recheck: []}]\n"
        "channels: {desk: json://localhost}\n"
    )
    config = load_config(written(tmp_path, text), {})
    assert config.rechecks_of("36kr") == (timedelta(minutes=30), timedelta(days=2))
    assert config.rechecks_of("huxiu") == (timedelta(hours=2),)
    assert config.rechecks_of("off") == ()
    assert load_config(written(tmp_path, "recheck: []\nsources: [36kr]\n"), {}).rechecks_of("36kr") == ()


def test_dollar_signs(tmp_path: Path) -> None:
    text = "network: {user_agent: '$$${A} $b ${A}$$'}\n"
    assert load_config(written(tmp_path, text), {"A": "x$y"}).network.user_agent == "$x$y $b x$y$"


def test_a_relative_path_gives_absolute_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    assert load_config(Path("tanma.yaml"), {}).warehouse == tmp_path / "data"


def test_paths_may_be_absolute_and_begin_with_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = load_config(written(tmp_path, "warehouse: ~/w\nwatchlist: /srv/names.yaml\n"), {})
    assert (config.warehouse, config.watchlist) == (tmp_path / "w", Path("/srv/names.yaml"))


def test_a_file_with_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "tanma.yaml"
    file.write_bytes("\ufefflanguage: en\r\nsources:\r\n  - 36kr\r\n".encode())
    assert [source.id for source in load_config(file, {}).sources] == ["36kr"]


def test_defaults_of_a_rule_stand_in_one_place() -> None:
    rule, said = Rule("x", (), ()), AtLeast()
    assert (said.confidence, said.mentions, said.central) == (rule.min_confidence, rule.min_mentions, rule.central)
    assert RuleItem().severity == rule.severity == "info"


def test_the_example_reads_real_outlets_and_alerts_on_the_terminal() -> None:
    config = load_config(EXAMPLES / "tanma.yaml", {})
    assert [(source.id, source.use) for source in config.sources] == [("36kr", "36kr"), ("huxiu", "feed")]
    assert config.rules == (Rule("all", (), ("terminal",)),)
    assert config.network == NetworkSettings()


def test_the_lines_that_the_example_holds_as_comments_are_right_too(tmp_path: Path) -> None:
    lines = (EXAMPLES / "tanma.yaml").read_text(encoding="utf-8").splitlines()
    keys = ("- ", "user_agent:", "rewrite:", "desk:", "ops:")
    opened = [
        line.replace("  # ", "  ", 1) if line.startswith(tuple(f"  # {key}" for key in keys)) else line
        for line in lines
    ]
    text = "\n".join(opened)
    assert text.count("\n  desk: ${") == 1
    config = load_config(written(tmp_path, text), {"TANMA_FEISHU_URL": "feishu://T", "TANMA_OPS_URL": "tgram://1:A/2"})
    assert len(config.sources) == 2
    assert dict(config.network.rewrite) == {"rss.huxiu.com": "http://127.0.0.1:8080"}
    assert [rule.name for rule in config.rules] == ["大模型→desk", "morning"]


def test_a_source_has_a_fixed_interval_or_two_bounds(tmp_path: Path) -> None:
    file = tmp_path / "tanma.yaml"
    file.write_text("sources:\n  - 36kr\n  - {use: huxiu, every: {from: 5m, to: 2h}}\n", "utf-8")
    fixed, paced = load_config(file, {}).sources
    assert fixed.bounds == Bounds(timedelta(minutes=15), timedelta(minutes=15))
    assert paced.bounds == Bounds(timedelta(minutes=5), timedelta(hours=2))
