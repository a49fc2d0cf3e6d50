"""Templates of users: what they make of a story, and what `tanma check` says of those that cannot work."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.channels.message import Limit, Template
from flows.channels.render import render
from flows.channels.send import open_channels
from flows.channels.templates import read_templates
from flows.check import check
from flows.config import load_config
from warehouse.alertviews import AlertView

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
VIEW = AlertView(
    "a1", "person:林晚舟", "林晚舟", "rule", "desk", "s1", "36kr:1", "新*模型", "36氪", "https://36kr.com/p/1",
    NOW, "minute", "homophone", 0.6, "林万周", "今天林万周说会开源。", ("虎嗅",), "version",
)  # fmt: skip
GUIDE = Path(__file__).resolve().parents[2] / "deployments" / "docs" / "channels.md"
MINIMAL = "sources: [36kr]\nchannels: {desk: 'wecombot://key000111'}\nalerts: [{for: all, to: [desk]}]\n"


def told(template: Template, view: AlertView = VIEW, form: str = "text", title: int = 0) -> tuple[str, str]:
    limit = Limit(2_000, form=form, title=title, template=template)  # type: ignore[arg-type]
    (message,) = render([view], limit, language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=NOW)
    return message.title, message.body


def files(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


def test_a_template_says_it_in_its_own_words() -> None:
    template = Template(
        "{title} / {names}", ("🔗 来自 {outlet}，{time}", "{link}", "{how}", "{sentence}", "{update}", "{others}")
    )
    assert told(template)[1].splitlines() == [
        "新*模型 / 林晚舟",
        "🔗 来自 36氪，14:00",
        "https://36kr.com/p/1",
        "林晚舟：疑似，同音「林万周」，把握 60%",
        "今天「林万周」说会开源。",
        "更新：林晚舟 是文章后来改动时才出现的",
        "另见：虎嗅",
    ]


def test_lines_with_nothing_to_say_are_not_there() -> None:
    template = Template("{names} — {outlet} {time}", ("来自 {outlet}", "{link}", "{update}", "{sentence}", "完"))
    view = replace(VIEW, outlet="", url="", update="", sentence="", published_at=None)
    assert told(template, view)[1] == "林晚舟\n完"


def test_the_first_line_is_the_title_and_carries_the_link() -> None:
    template = Template("**{title}**", ("{sentence}",))
    assert told(template, form="wecom") == (
        "**新＊模型**",
        "**[新＊模型](https://36kr.com/p/1)**\n今天**林万周**说会开源。",
    )
    assert told(template, form="feishu", title=100) == (
        "**新＊模型**", "今天**林万周**说会开源。\n[阅读原文](https://36kr.com/p/1)",
    )  # fmt: skip


def test_own_lines_are_whole_or_not_there() -> None:
    view = replace(VIEW, sentence="话" * 200, title="题" * 200)
    for size in range(300, 1_500):
        limit = Limit(
            size, form="markdown", template=Template("{title}", ("{sentence}", "**来自 {outlet}**", "{link}"))
        )
        (message,) = render([view], limit, language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=NOW)
        assert limit.measure(message.body) <= size
        assert message.body.count("**") in (0, 2)
        assert message.body.endswith("[阅读原文](https://36kr.com/p/1)")
        assert "**来自 36氪**" in message.body or "…" in message.body


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("text", "{name}", 1, "name: there is no such field; known are {names}, {title}"),
        ("text", "{names}\n{names.__class__}", 2, "there is no such field"),
        ("text", "{names!r}", 1, "there is no such field"),
        ("text", "{names:>99999999}", 1, "there is no such field"),
        ("text", "{}", 1, "there is no such field"),
        ("text", "{names}\n{title", 2, "a brace itself is written twice"),
        ("text", "{names}\n看 {link}", 2, "link: stands alone on a line"),
        ("text", "{sentence}", 1, "stands alone on a line, and not on the first"),
        ("text", "今天\n{names}", 1, "the first line needs {names} or {title}"),
        ("text", "", None, "is empty"),
        ("text", "{names}" + "长" * 201, None, "has 201 characters beside the fields, more than 200"),
        ("textt", "{names}", None, "no form of messages is called so; known are terminal.txt, text.txt"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, line: int | None, says: str
) -> None:
    folder = files(tmp_path / "templates", **{name: text})
    (tmp_path / "tanma.yaml").write_text(MINIMAL + "templates: templates\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [{name: 林晚舟}]\n", "utf-8")
    found = [str(problem) for problem in check(tmp_path / "tanma.yaml", {}).problems]
    where = str(folder / f"{name}.txt") + (f":{line}: " if line else ": ")
    assert any(problem.startswith(where) and says in problem for problem in found), found


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    templates, (problem,) = read_templates(tmp_path / "none")
    assert templates == {}
    assert "none: templates: cannot be read: No such file or directory" in str(problem)


def test_the_channels_of_a_configuration_have_its_templates(tmp_path: Path) -> None:
    files(tmp_path / "mine", wecom="{names}\n{sentence}", text="{title}\n{link}")
    (tmp_path / "tanma.yaml").write_text(MINIMAL + "templates: mine\n", "utf-8")
    config = load_config(tmp_path / "tanma.yaml", {})
    urls = {name: config.channel_url(name) for name in config.channels}
    channels = open_channels(urls, {}, config.templates)
    assert channels["desk"].limit.template == Template("{names}", ("{sentence}",))
    phones = channels["desk"].limit.phones
    assert phones is not None and phones.template == Template("{title}", ("{link}",))
    assert channels["terminal"].limit.template is None


def test_the_template_of_the_guide_works(tmp_path: Path) -> None:
    (text,) = re.findall(r"```text\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    templates, problems = read_templates(files(tmp_path / "templates", wecom=text))
    assert not problems
    assert told(templates["wecom"], form="wecom")[1].splitlines()[0] == (
        "> 林晚舟：[新＊模型](https://36kr.com/p/1)（36氪 14:00）"
    )
