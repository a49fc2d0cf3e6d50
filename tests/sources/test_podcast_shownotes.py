"""Shownotes: lists of apps are furniture, everything else is text."""

from __future__ import annotations

import pytest

from sources.outlets.shownotes import host_names, is_listen_on, split_notes


@pytest.mark.parametrize(
    "line",
    [
        "本节目已在小宇宙、Apple Podcasts、喜马拉雅、QQ音乐等平台同步上线，欢迎订阅收听",
        "收听平台：小宇宙 | 喜马拉雅 | 网易云音乐 | Spotify | YouTube",
        "您可以在小宇宙App、苹果播客、Pocket Casts 等泛用型播客客户端收听我们的节目",
        "Listen on Apple Podcasts, Spotify and YouTube",
        "小宇宙 / Apple Podcasts / Spotify",
        "小宇宙：https://xyz.example.com/1 喜马拉雅：https://xmly.example.com/2 订阅我们",
    ],
)
def test_lists_of_apps(line: str) -> None:
    assert is_listen_on(line)


@pytest.mark.parametrize(
    "line",
    [
        "00:12:34 小宇宙和喜马拉雅的竞争",
        "聊到的公司：Spotify、YouTube",
        "为什么小宇宙、喜马拉雅和荔枝都做不成订阅收听的生意",
        "欢迎在小宇宙收听上一期",
        "我们在 Spotify 之后投了喜马拉雅",
        "B站、YouTube上的创作者靠什么活着",
    ],
)
def test_what_is_said_of_apps_is_text(line: str) -> None:
    assert not is_listen_on(line)


def test_timelines_links_and_promises_are_text() -> None:
    lines = [
        "嘉宾介绍",
        "00:12:34 灯塔",
        "上一期：《守灯的人》",
        "收听方式",
        "小宇宙：海岸线夜话",
        "喜马拉雅",
        "下期再见",
    ]
    assert split_notes(lines) == (
        ["嘉宾介绍", "00:12:34 灯塔", "上一期：《守灯的人》", "下期再见"],
        ["收听方式", "小宇宙：海岸线夜话", "喜马拉雅"],
    )
    assert split_notes(["收听方式", "灯塔关了。"]) == (["收听方式", "灯塔关了。"], [])
    assert split_notes(["小宇宙、Spotify收听"]) == (["小宇宙、Spotify收听"], [])


def test_who_is_a_host() -> None:
    assert host_names(["张小珺Jùn｜商业访谈录", "张小珺 / 周山雀", "腾讯新闻"], "张小珺商业访谈录") == (
        "张小珺",
        "周山雀",
    )
