"""`tanma articles show|diff`: what is printed, and what is said when it cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from flows import cli
from flows.commands import articles as command
from sources.article import Article, ArticleRef
from sources.errors import TanmaError
from warehouse import articles
from warehouse.articles import Incoming
from warehouse.keep import Keep
from warehouse.retention import let_go
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOBODY = Lexicon.compile(())
ROAD, MAIL, LETTER = (
    "南屏镇的机器人邮路今天开通，四足机器人沿河送信。",
    "邮路全长 3.2 公里，每天送一次。",
    "第一封信的收信人是镇上的小学，写信的是\x1b[31m王兴兴[b]。",
)
FIRST, SECOND, THIRD = f"{ROAD}\n{MAIL}", f"{ROAD}\n{MAIL.replace('3.2', '2.3')}", f"{ROAD}\n{LETTER}\n{MAIL}"

Tanma = Callable[..., Result]


def load(wh: Warehouse, number: int, title: str, text: str, now: datetime = NOW, url: str = "") -> None:
    address = url or f"https://36kr.com/p/{number}"
    article = Article(f"36kr:{number}", "36kr", "36氪", "article", address, title, text, ("周小满",), NOW, "minute")
    ref = ArticleRef("36kr", article.article_id, address)
    articles.load(wh, [Incoming(article, ref)], NOBODY, (), now, timezone=UTC)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("articles")
    (folder / "tanma.yaml").write_text("timezone: Asia/Shanghai\n", "utf-8")
    with Warehouse.open(folder / "data", holder="test", now=NOW, timezone=ZoneInfo("Asia/Shanghai")) as wh:
        load(wh, 1000001, "机器人邮路开通", FIRST)
        load(wh, 1000001, "机器人邮路开通", SECOND, NOW + HOUR)
        load(wh, 1000001, "机器人邮路开通，全程2.3公里", THIRD, NOW + 6 * HOUR)
        load(wh, 1000002, "机器人邮路开通", THIRD, NOW + HOUR)
        load(wh, 2000001, "甲", "两篇文章在一个地址之一。", url="https://e.com/both")
        load(wh, 2000002, "乙", "两篇文章在一个地址之二。", url="https://e.com/both")
        wh.publish()
    return folder


@pytest.fixture
def tanma(stored: Path) -> Tanma:
    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["articles", *words, "--config", str(stored / "tanma.yaml")])

    return run


def refused(tanma: Tanma, *words: str) -> str:
    error = tanma(*words).exception
    assert isinstance(error, TanmaError) and error.exit_code == 2
    return str(error)


def test_diff_of_the_last_two_versions(tanma: Tanma) -> None:
    assert tanma("diff", "36kr:1000001").stdout.splitlines() == [
        "36kr:1000001: version 2 (2026-11-21 09:00) → version 3 (2026-11-21 14:00): title, text",
        "title",
        "- 机器人邮路开通",
        "+ 机器人邮路开通，全程2.3公里",
        "paragraph 2",
        "+ 第一封信的收信人是镇上的小学，写信的是�[31m王兴兴[b]。",
        "paragraph 3",
        "- 邮路全长 2.3 公里，每天送一次。",
        "+ 邮路全长 3.2 公里，每天送一次。",
    ]


@pytest.mark.parametrize(
    ("options", "versions"),
    [
        (("--from", "1"), (1, 3)),
        (("--to", "2"), (1, 2)),
        (("--from", "1", "--to", "2"), (1, 2)),
        (("--from", "3", "--to", "1"), (3, 1)),
    ],
)
def test_diff_of_chosen_versions(tanma: Tanma, options: tuple[str, ...], versions: tuple[int, int]) -> None:
    told = json.loads(tanma("diff", "36kr:1000001", *options, "--json").stdout)
    assert (told["from"]["version"], told["to"]["version"]) == versions


def test_diff_as_json(tanma: Tanma) -> None:
    told = json.loads(tanma("diff", "https://36kr.com/p/1000001", "--to", "2", "--json").stdout)
    assert told == {
        "article_id": "36kr:1000001",
        "from": {"version": 1, "seen_at": "2026-11-21T08:00:00+08:00", "title": "机器人邮路开通"},
        "to": {"version": 2, "seen_at": "2026-11-21T09:00:00+08:00", "title": "机器人邮路开通"},
        "changed": "text",
        "let_go": [],
        "title": None,
        "paragraphs": [{"paragraph": 2, "before": MAIL, "after": MAIL.replace("3.2", "2.3")}],
    }


def test_diff_with_a_text_that_was_let_go(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("timezone: Asia/Shanghai\n", "utf-8")
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW, timezone=ZoneInfo("Asia/Shanghai")) as wh:
        load(wh, 1000001, "机器人邮路开通", FIRST)
        load(wh, 1000001, "机器人邮路开通", SECOND, NOW + HOUR)
        load(wh, 1000001, "机器人邮路明天开通", SECOND, NOW + 6 * HOUR)
        load(wh, 1000003, "有标题的一篇", "")
        load(wh, 1000003, "有标题的一篇", THIRD, NOW + HOUR)
        keep = Keep(fetches=None, runs=None, lists=None, versions=timedelta(days=1))
        assert [one.rows for one in let_go(wh, keep, NOW + 26 * HOUR, lambda what, number: None)] == [2]
        wh.publish()

    def diff(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["articles", "diff", *words, "--config", str(tmp_path / "tanma.yaml")])

    assert diff("36kr:1000001").stdout.splitlines() == [
        "36kr:1000001: version 2 (2026-11-21 09:00) → version 3 (2026-11-21 14:00): title",
        "the text of version 2 was let go: titles alone are compared",
        "title",
        "- 机器人邮路开通",
        "+ 机器人邮路明天开通",
    ]
    assert diff("36kr:1000001", "--to", "2").stdout.splitlines() == [
        "36kr:1000001: version 1 (2026-11-21 08:00) → version 2 (2026-11-21 09:00): text",
        "the text of version 1 and of version 2 was let go: titles alone are compared",
    ]
    told = json.loads(diff("36kr:1000001", "--from", "3", "--to", "1", "--json").stdout)
    assert (told["changed"], told["let_go"], told["paragraphs"]) == ("text, title", [1], [])
    assert "was let go" not in diff("36kr:1000003").stdout, "a version that never had a text"


def test_on_a_terminal_the_changed_characters_are_marked(
    stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    command.diff_command(stored / "tanma.yaml", "36kr:1000001", None, 3, as_json=False)
    shown = capsys.readouterr().out
    plus = next(line for line in shown.splitlines() if "每天送一次" in line and "3.2" in line)
    assert "\x1b[1;7;32m3.2\x1b[0m" in plus and "\x1b[32m邮路全长 \x1b[0m" in plus
    assert "\ufffd[31m王兴兴[b]" in shown, "what a page holds does not steer the terminal, and is no markup"


def test_show(tanma: Tanma) -> None:
    lines = tanma("show", "36kr:1000001").stdout.splitlines()
    assert {"article_id\t36kr:1000001", "url\thttps://36kr.com/p/1000001", "version\t3"} <= set(lines)
    assert "published_at\t2026-11-21 08:00" in lines and not any(line.startswith("gone_at") for line in lines)
    at = lines.index("versions")
    assert [line.split("\t")[:4] for line in lines[at + 1 : at + 5]] == [
        ["version", "seen_at", "changed", "title"],
        ["1", "2026-11-21 08:00", "", "机器人邮路开通"],
        ["2", "2026-11-21 09:00", "text", "机器人邮路开通"],
        ["3", "2026-11-21 14:00", "title, text", "机器人邮路开通，全程2.3公里"],
    ]
    at = lines.index("story")
    assert [line.split("\t")[:2] for line in lines[at + 2 :]] == [["36kr:1000001", "lead"], ["36kr:1000002", "same"]]


def test_show_as_json(tanma: Tanma) -> None:
    told = json.loads(tanma("show", "36kr:1000002", "--json").stdout)
    assert (told["article_id"], told["authors"], told["gone_at"], told["relation"]) == (
        "36kr:1000002", ["周小满"], None, "same",
    )  # fmt: skip
    assert [(one["version"], one["changed"]) for one in told["versions"]] == [(1, None)]
    assert [one["article_id"] for one in told["story"]] == ["36kr:1000001", "36kr:1000002"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "36kr:100001"), "ID: 36kr:100001: no article is called so; did you mean 36kr:1000001 or"),
        (("diff", "1000002"), "ID: 1000002: no article is called so; did you mean 36kr:1000002?"),
        (("diff", "36kr:1000002"), "ID: 36kr:1000002: it has one version only, so nothing changed"),
        (("diff", "36kr:1000001", "--to", "4"), "--to: 4: 36kr:1000001 has versions 1 to 3"),
        (("diff", "36kr:1000002", "--from", "2"), "--from: 2: 36kr:1000002 has version 1 only"),
        (("diff", "36kr:1000001", "--from", "2", "--to", "2"), "--to: 2: expected two different versions"),
        (("diff", "36kr:1000001", "--from", "3"), "--from: 3: expected two different versions"),
        (("diff", "36kr:1000001", "--to", "1"), "--to: 1: expected two different versions"),
        (("show", "https://e.com/nothing"), "no article of this address is stored"),
        (("show", "https://e.com/both"), "say which: 36kr:2000001, 36kr:2000002"),
    ],
)
def test_what_cannot_be_shown(tanma: Tanma, words: tuple[str, ...], said: str) -> None:
    assert said in refused(tanma, *words)


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("", "utf-8")
    error = CliRunner().invoke(cli.app, ["articles", "show", "x", "--config", str(tmp_path / "tanma.yaml")]).exception
    assert isinstance(error, TanmaError) and "tanma run" in str(error)


def test_an_empty_warehouse_names_no_ids(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("", "utf-8")
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW) as wh:
        wh.publish()
    error = CliRunner().invoke(cli.app, ["articles", "show", "x", "--config", str(tmp_path / "tanma.yaml")]).exception
    assert "nothing is stored yet" in str(error)
