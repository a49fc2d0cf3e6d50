"""Bad configurations, each with the lines that it must be answered with, written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.config import load_config
from sources.errors import ConfigError

ENV = {"SECRET": "hush-hush-token", "EMPTY": " ", "NUMBER": "eight"}
SPAN = "expected a span of time such as 20ms, 4s, 15m, 2h, 1h30m or 2d"
QUIET = 'hours of the day such as 23:00-08:00, or {hours: "23:00-08:00", days: [sat, sun]}'
SPANS = "rising spans of time such as [1h, 6h, 24h, 72h], or [] for none"
WHEN = "expected now, daily HH:MM, weekly mon HH:MM, monthly 1 HH:MM, or a cron expression of five fields"


def problems_of(folder: Path, text: str) -> list[str]:
    file = folder / "tanma.yaml"
    file.write_bytes(text.encode())
    with pytest.raises(ConfigError) as raised:
        load_config(file, ENV)
    lines = str(raised.value).splitlines()
    assert len(lines) == len(raised.value.problems), "one line a problem"
    return [line.removeprefix(f"{folder}/tanma.yaml:") for line in lines]


BAD = {
    "unknown key at the top": ("language: zh\nsorces: [36kr]\n", ["2: sorces: unknown key; did you mean sources?"]),
    "unknown key unlike any": (
        "qqq: 1\n",
        [
            "1: qqq: unknown key; known are warehouse, timezone, language, watchlist, templates, metrics, recheck, tidy, heartbeat, network, keep, backup, sources, "
            "channels or alerts"
        ],
    ),
    "unknown key in network": (
        "network:\n  per_host_dely: 4s\n",
        ["2: network.per_host_dely: unknown key; did you mean per_host_delay?"],
    ),
    "unknown key of a source": (
        "sources:\n  - {use: feed, ulr: 'https://a.example/'}\n",
        ["2: sources[0].ulr: unknown key; did you mean url?",
         "2: sources[0]: url is missing: expected address of the feed"],
    ),
    "unknown key of a rule": ("alerts:\n  - fr: all\n", ["2: alerts[0].fr: unknown key; did you mean for?"]),
    "unknown key two levels down": (
        "alerts:\n  - for: all\n    at_least:\n      confidance: 0.8\n",
        ["4: alerts[0].at_least.confidance: unknown key; did you mean confidence?"],
    ),
    "key twice": ("language: zh\nsources: []\nlanguage: en\n", ["3: language: stands here twice: first in line 1"]),
    "key twice, inside": (
        "network:\n  concurrency: 1\n  concurrency: 2\n",
        ["3: network.concurrency: stands here twice: first in line 2"],
    ),
    "not a mapping": (
        "- 36kr\n",
        ["1: expected warehouse, timezone, language, watchlist, templates, metrics, recheck, tidy or heartbeat with their values"],
    ),
    "colon without space": (
        "network:concurrency\n",
        ["1: expected warehouse, timezone, language, watchlist, templates, metrics, recheck, tidy or heartbeat with their values"
         " (a key ends with a half-width colon and a space)"],
    ),
    "full-width colon in a section": (
        "network:\n  concurrency：8\n",
        ["1: network: expected user_agent, per_host_delay, concurrency, obey_robots or rewrite with their values"
         " (a key ends with a half-width colon and a space)"],
    ),
    "bad values of every kind": (
        "timezone: Asia/Shanghia\nlanguage: de\nwarehouse:\nnetwork:\n  per_host_delay: 4\n  concurrency: many\n"
        "  obey_robots: perhaps\n  rewrite: {https://a.example: http://127.0.0.1}\n",
        [
            "1: timezone: expected a time zone such as Asia/Shanghai, not `Asia/Shanghia`",
            "2: language: expected zh or en, not `de`",
            "3: warehouse: expected a text, not nothing",
            f"5: network.per_host_delay: {SPAN}, not `4`",
            "6: network.concurrency: expected a whole number from 1 to 64, not `many`",
            "7: network.obey_robots: expected true or false, not `perhaps`",
            "8: network.rewrite: expected bare host names, such as rss.huxiu.com, each with a base address, "
            "not a mapping",
        ],
    ),
    "out of range": (
        "network: {concurrency: 0}\nalerts:\n  - at_least: {confidence: 80, mentions: 0}\n    max_age: 0d\n",
        [
            "1: network.concurrency: expected a whole number from 1 to 64, not `0`",
            "3: alerts[0].at_least.confidence: expected a number from 0 to 1, not `80`",
            "3: alerts[0].at_least.mentions: expected a whole number from 1 to 1000, not `0`",
            f"4: alerts[0].max_age: {SPAN}, and more than none, not `0d`",
        ],
    ),
    "bad quiet days": (
        "alerts:\n"
        "  - quiet: {hours: 23-8, days: [sat, sunday]}\n"
        "  - {quiet: {day: sat}, name: b}\n"
        "  - {quiet: {}, name: c}\n"
        "  - {quiet: [sat], name: d}\n"
        "  - {quiet: {days: [mon, tue, wed, thu, fri, sat, sun]}, name: e}\n"
        "  - {quiet: {hours: [1, 2]}, name: f}\n",
        [
            "2: alerts[0].quiet.hours: expected hours of the day such as 23:00-08:00, not `23-8`",
            "2: alerts[0].quiet.days[1]: expected days of the week, mon, tue, wed, thu, fri, sat or sun, not `sunday`",
            "3: alerts[1].quiet.day: unknown key; did you mean days?",
            f"4: alerts[2].quiet: expected {QUIET}, not a mapping",
            f"5: alerts[3].quiet: expected {QUIET}, not a list",
            "6: alerts[4].quiet.days: all days of the week are quiet: nothing would ever be sent",
            "7: alerts[5].quiet.hours: expected hours of the day such as 23:00-08:00, not a list",
        ],
    ),
    "a timezone of a rule": (
        "alerts: [{timezone: Europe/Berln}]\n",
        ["1: alerts[0].timezone: expected a time zone such as Europe/Berlin, not `Europe/Berln`"],
    ),
    "a day that some months do not have": (
        "alerts: [{when: monthly 31 09:00}]\n",
        ["1: alerts[0].when: 'monthly 31 09:00' would not come in every month: for the end of a month say "
         "monthly last HH:MM"],
    ),
    "what a rule asks for": (
        "alerts:\n  - at_least: {central: perhaps}\n    cooldown: 0h\n    severity: high\n"
        "    outlets: []\n    not_outlets: [{}]\n",
        [
            "2: alerts[0].at_least.central: expected true (the article is about the name) or false, not `perhaps`",
            f"3: alerts[0].cooldown: {SPAN}, and more than none, not `0h`",
            "4: alerts[0].severity: expected info, warning or urgent, not `high`",
            "5: alerts[0].outlets: expected names of outlets such as [36氪, 虎嗅], not a list",
            "6: alerts[0].not_outlets[0]: expected a text, not a mapping",
        ],
    ),
    "an outlet in and out": (
        "alerts:\n  - outlets: [36氪, 虎嗅]\n    not_outlets: [' ３６氪']\n",
        ["3: alerts[0].not_outlets: 36氪 stands under `outlets` too: take one out"],
    ),
    "people who are none": (
        "alerts: [{mention: [ou_1, '<at>', '@All', 所有人]}]\n",
        [
            "1: alerts[0].mention[1]: expected people as the service knows them, by user id or phone number, such as "
            "[ou_7d8a, '13800138000'], not `<at>`",
            "1: alerts[0].mention[2]: @All would call everybody: name people one by one",
            "1: alerts[0].mention[3]: 所有人 would call everybody: name people one by one",
        ],
    ),
    "ages that are no spans": (
        "recheck: [1h, soon]\nsources:\n  - {use: 36kr, recheck: [6]}\n  - {use: huxiu, recheck: often}\n",
        [
            f"1: recheck[1]: {SPAN}, not `soon`",
            f"3: sources[0].recheck[0]: {SPAN}, not `6`",
            f"4: sources[1].recheck: expected {SPANS}, not `often`",
        ],
    ),
    "ages that do not rise": (
        "recheck:\n  - 6h\n  - 1h\nsources:\n  - use: 36kr\n    recheck: [1h, 60m]\n",
        [
            f"1: recheck: each span has to be longer than the one before it: {SPANS}",
            f"6: sources[0].recheck: each span has to be longer than the one before it: {SPANS}",
        ],
    ),
    "no ages": (
        "recheck:\nsources:\n  - {use: 36kr, recheck: [0h]}\n  - {use: huxiu, recheck: {after: 1h}}\n",
        [
            f"1: recheck: expected {SPANS}, not nothing",
            f"3: sources[0].recheck[0]: {SPAN}, and more than none, not `0h`",
            f"4: sources[1].recheck: expected {SPANS}, not a mapping",
        ],
    ),
    "not a number": (
        "alerts: [{at_least: {confidence: nan}}]\n",
        ["1: alerts[0].at_least.confidence: expected a number from 0 to 1, not `nan`"],
    ),
    "an age beyond all dates": (
        "alerts: [{max_age: 999999999w}]\n",
        ["1: alerts[0].max_age: expected at most 3650d, not `999999999w`"],
    ),
    "missing secret": (
        "sources: [36kr]\nchannels:\n  desk: ${TANMA_FEISHU_URL}\n",
        ["3: channels.desk: the environment variable TANMA_FEISHU_URL is not set"],
    ),
    "empty secret": ("channels: {desk: '${EMPTY}'}\n", ["1: channels.desk: the environment variable EMPTY is empty"]),
    "half a variable": (
        "network: {user_agent: '${SECRET'}\n",
        ["1: network.user_agent: expected ${NAME} with the name of an environment variable; a dollar sign is $$"],
    ),
    "the value of a variable is not shown": (
        "network: {concurrency: '${NUMBER}'}\nchannels: {desk: '${SECRET}'}\n",
        [
            "1: network.concurrency: expected a whole number from 1 to 64, not `${NUMBER}`",
            "2: channels.desk: expected an Apprise URL, such as feishu://TOKEN or ${TANMA_FEISHU_URL}",
        ],
    ),
    "bad cron": (
        "alerts:\n  - for: all\n    when: 61 9 * * *\n",
        [f"3: alerts[0].when: '61 9 * * *' is not a time (Bad minute); {WHEN}"],
    ),
    "cron of six fields": (
        "alerts:\n  - when: '0 0 9 * * *'\n",
        [f"2: alerts[0].when: '0 0 9 * * *' is not a time; {WHEN}"],
    ),
    "misspelt daily": ("alerts:\n  - when: dayly 09:00\n", [f"2: alerts[0].when: 'dayly 09:00' is not a time; {WHEN}"]),
    "bad quiet hours": (
        "alerts:\n  - quiet: 23-8\n  - {quiet: '08:00-08:00', name: b}\n",
        [
            "2: alerts[0].quiet: expected hours of the day such as 23:00-08:00, not `23-8`",
            "3: alerts[1].quiet: expected two different hours, such as 23:00-08:00, not `08:00-08:00`",
        ],
    ),
    "unknown channel": (
        "channels: {desk: 'json://localhost'}\nalerts:\n  - to: [desk, dsk]\n  - {to: email, for: x}\n",
        [
            "3: alerts[0].to[1]: no channel is called `dsk`; did you mean desk?",
            "4: alerts[1].to: no channel is called `email`; known are terminal, desk",
        ],
    ),
    "an address where a channel's name belongs": (
        "alerts:\n  - to: [dingtalk://abcdef0123456789/]\n",
        ["2: alerts[0].to[0]: no channel is called `dingtalk://…`; known are terminal"],
    ),
    "no channel": (
        "alerts:\n  - to: []\n",
        ["2: alerts[0].to: expected names of channels such as [desk], not a list"],
    ),
    "a broken rule hides no other problem of it": (
        "alerts:\n  - for: all\n    to: [dsk]\n    wen: now\n",
        [
            "3: alerts[0].to[0]: no channel is called `dsk`; known are terminal",
            "4: alerts[0].wen: unknown key; did you mean when?",
        ],
    ),
    "two rules of one name": (
        "alerts:\n  - {for: [a, b], when: now}\n  - {for: [b, a], when: daily 09:00}\n",
        ["3: alerts[1].name: the rule in line 2 is called a+b too: give this one a `name` of its own, "
         "by which its alerts are told apart"],
    ),
    "channels as a list": (
        "channels:\n  - dingtalk://abcdef0123456789/\n",
        ["1: channels: expected a name and an Apprise URL a line: `desk: ${TANMA_FEISHU_URL}`"],
    ),
    "channel name and address swapped": (
        "channels:\n  dingtalk://abcdef0123456789/: desk\n",
        ["2: channels.dingtalk://…: expected a name of letters, digits, `_`, `-` and `.`; "
         "the address stands after the name"],
    ),
    "channel that is always there": (
        "channels:\n  terminal: json://localhost\n",
        ["2: channels.terminal: this channel is always there; give yours another name"],
    ),
    "alerts as a mapping": (
        "alerts:\n  for: all\n",
        ["1: alerts: expected a list of rules: `- {for: all, to: [desk], when: now}`"],
    ),
    "sources as a text": ("sources: 36kr\n", ["1: sources: expected a list: `- 36kr`, one source a line"]),
    "unknown source": (
        "sources:\n  - 36rk\n  - {use: fead, url: x}\n",
        [
            "2: sources[0]: no source is called `36rk`; did you mean 36kr?",
            "3: sources[1].use: no source is called `fead`; did you mean feed?",
        ],
    ),
    "source without use": (
        "sources:\n  - id: a\n    url: https://a.example/\n",
        ["2: sources[0]: use is missing: expected the name of a source, such as 36kr or feed"],
    ),
    "source that is empty": (
        "sources:\n  -\n  - 36kr\n",
        ["2: sources[0]: expected use, id, outlet, every or recheck with their values"],
    ),
    "source id twice": (
        "sources:\n  - 36kr\n  - {use: feed, id: a, url: 'https://a.example/'}\n  - use: 36kr\n",
        ["4: sources[2].id: the id 36kr is taken in line 2: give this source an `id` of its own"],
    ),
    "source with bad values": (
        "sources:\n  - use: feed\n    id: a b\n    url: ftp://a.example/\n    every: 0s\n    outlet: ''\n",
        [
            "3: sources[0].id: expected a name of letters, digits, `_`, `-` and `.`, not `a b`",
            "4: sources[0].url: expected the address of a web page or feed (only http and https are read), "
            "not `ftp://…`",
            f"5: sources[0].every: {SPAN}, and more than none, not `0s`",
            "6: sources[0].outlet: expected a text, not ``",
        ],
    ),
    "bounds of an interval": (
        "sources:\n  - use: 36kr\n    every: {from: 2h, to: 5m}\n  - use: huxiu\n    every: {from: 0s, to: soon}\n",
        [
            "3: sources[0].every.to: expected a span that is not shorter than `from`, not `5m`",
            f"5: sources[1].every.from: {SPAN}, and more than none, not `0s`",
            f"5: sources[1].every.to: {SPAN}, not `soon`",
        ],
    ),
    "interval of one bound": (
        "sources:\n  - use: 36kr\n    every: {from: 2h}\n",
        ["2: sources[0]: to is missing: expected a span of time such as 15m, or {from: 5m, to: 2h}"],
    ),
    "tab": (
        "network:\n\tconcurrency: 8\n",
        ["2: is not valid YAML here: indent with spaces, not tabs; a text that begins with @ ` or % goes into quotes"],
    ),
    "bracket not closed": (
        "language: zh\nsources: [36kr\nchannels: {}\n",
        ["2: is not valid YAML here: a [ or { that begins here is not closed; inside it, ${NAME} goes into quotes"],
    ),
    "variable in braces": (
        "language: zh\nchannels: {desk: ${SECRET}}\n",
        ["2: is not valid YAML here: a [ or { that begins here is not closed; inside it, ${NAME} goes into quotes"],
    ),
    "quote not closed": (
        "language: 'zh\nsources: []\n",
        ["1: is not valid YAML here: a quote that begins here is not closed"],
    ),
    "two colons": (
        "language: zh: en\n",
        ["1: is not valid YAML here: a text that holds `: ` goes into quotes; keys of one entry stand in line"],
    ),
    "alias": (
        "language: zh\nwatchlist: *ST\n",
        ["2: anchors (&) and aliases (*) are not read here; a text that begins with * goes into quotes"],
    ),
    "tag": (
        "language: !env LANG\n",
        ["1: tags (!) are not read here; a text that begins with ! goes into quotes"],
    ),
    "two documents": ("language: zh\n---\nlanguage: en\n", ["3: a second document begins here: take the `---` out"]),
    "control character": (
        "language: zh\nwarehouse: a\x00b\n",
        ["2: holds a control character or an escape that YAML does not allow"],
    ),
    "deep nesting": ("sources: " + "[" * 5000 + "\n", ["1: is nested deeper than 20 levels"]),
    "problems of all sections, in the order of the file": (
        "alerts:\n  - when: never\nchannels:\n  desk: ${NOT_SET}\nsources:\n  - 37kr\nlanguage: fr\n",
        [
            f"2: alerts[0].when: 'never' is not a time; {WHEN}",
            "4: channels.desk: the environment variable NOT_SET is not set",
            "6: sources[0]: no source is called `37kr`; did you mean 36kr?",
            "7: language: expected zh or en, not `fr`",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_each_problem_is_named_with_line_key_and_remedy(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems_of(tmp_path, text) == expected


def test_a_missing_file_is_one_problem_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "tanma.yaml", {})
    assert str(raised.value) == f"{tmp_path}/tanma.yaml: there is no such file; `tanma init` writes an example"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, {})


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "tanma.yaml"
    file.write_bytes("language: zh\n# 探马\n".encode("gbk"))
    with pytest.raises(ConfigError) as raised:
        load_config(file, {})
    assert str(raised.value) == f"{file}:2: is not UTF-8: save the file in that encoding"


SECRETS = {"S": "tok3n-0123456789"}


@pytest.mark.parametrize(
    "text",
    [
        "channels: {desk: '${S}'}\n",
        "channels: {desk: '${S} x://'}\n",
        "channels: ${S}\n",
        "sources: ['${S}']\n",
        "sources: [{use: feed, id: '${S}!', url: 'x${S}', every: '${S}'}]\n",
        "alerts: [{when: '${S}'}]\n",
        "alerts: [{to: ['${S}'], quiet: '${S}', at_least: '${S}'}]\n",
        "alerts: [{mention: '${S}!', outlets: '${S}', not_outlets: '${S}', severity: '${S}'}]\n",
        "network: {rewrite: {a.example: '${S}'}, concurrency: '${S}'}\n",
        "timezone: ${S}\nlanguage: ${S}\nnetwork: '${S}'\n",
    ],
)
def test_the_value_of_a_variable_is_in_no_message(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tanma.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(file, SECRETS)
    assert "tok3n" not in str(raised.value) + repr(raised.value.problems)


WORDS = st.sampled_from(
    [
        *"[]{}:,-#&*!|>'\"%@`?~\n\t$", "\n  - ", ": ", "\n", "  ", "${S}", "${", "$$", "sources", "alerts", "channels",
        "network", "use", "36kr", "feed", "url", "id", "every", "15m", "for", "to", "when", "all", "desk", "at_least",
        "confidence", "quiet", "null", "\r", "\x85", "\u2028", "大模型", "：", "timezone", "warehouse", "max_age",
        "rewrite", "json://localhost", "---", "<<", "0.5", "1e999", "-1", "~root", "\x00", "people", "companies",
        "name", "aliases", "not", "\ufeff",
    ]
)  # fmt: skip
ANY_TEXT = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=30).map("".join))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT)
@example("warehouse: ~nobody-of-that-name/x")
@example("timezone: ../../etc/passwd")
@example("timezone: ''\nwarehouse: \"\\0\"")
@example("{" * 3000)
@example("? " * 3000)
@example('a: "\\UFFFFFFFF"')
@example("? [a]\n: b")
def test_no_text_raises_anything_but_a_config_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tanma.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_config(file, {"S": "json://localhost"})
    except ConfigError as error:
        assert error.problems
        assert len(str(error).splitlines()) == len(error.problems)
