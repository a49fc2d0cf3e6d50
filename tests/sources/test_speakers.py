"""Dialogues told from prose that only has colons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.speakers import Speaker, is_turn, label_of, speakers

DIALOGUE = """开头的一段话介绍了两个人。
腾讯新闻《潜望》：你们什么时候开始的？
谢知远：前年。
那时候还没有人看好。
腾讯新闻《潜望》：现在呢？
谢知远：现在有人看好了：他们自己也做了一个。
腾讯新闻《潜望》：谢谢。"""


def test_the_voices_of_a_dialogue_most_turns_first() -> None:
    assert speakers(DIALOGUE) == (Speaker("腾讯新闻《潜望》", 3, True), Speaker("谢知远", 2, False))


def test_half_width_colons_spaces_and_bold_are_labels_too() -> None:
    text = "李善友:你好吗?\n**宋亚宸：** 好。\n李善友 : 真的吗?\n宋亚宸：真的。"
    assert {voice.label for voice in speakers(text)} == {"李善友", "宋亚宸"}
    spaced = "腾讯新闻 《潜望》：几点？\n甲方：三点。\n腾讯新闻《潜望》：到几点？\n甲方：五点。"
    assert speakers(spaced)[0] == Speaker("腾讯新闻《潜望》", 2, True)


def test_question_and_answer_numbers_are_one_voice_each() -> None:
    text = "Q1：为什么？\nA1：因为便宜。\nQ2：还有呢？\nA2：还因为近。"
    assert [(voice.label, voice.count) for voice in speakers(text)] == [("Q", 2), ("A", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "优点：省时间。\n缺点：腿酸。\n优点：人少。\n缺点：会忘记吗？",
        "他说：“好。”\n张三表示：可以吗？\n他说：“不。”\n张三表示：好。",
        "时间：三月五日\n地点：杭州\n主持人：张三\n嘉宾：李四",
        "第一：要快。\n第二：要稳。\n第一：还是要快？\n第二：还是要稳。",
        "甲：开始。\n乙：好。\n甲：结束。\n乙：好。",
        "一段没有标签的话，里面有一个冒号：就是这里。",
        "\n".join(f"{name}：要不要{n}？" for n in range(2) for name in "甲乙丙丁戊己庚辛壬癸"),
        "甲方：几点？\n乙方：三点。\n甲方：好。\n乙方：好。\n"
        + "\n".join(f"地名{n}：一句说明" for n in "东南西北中里"),
        "https://example.com/a\nhttps://example.com/b\nhttp://example.com?a\nhttp://example.com?b",
        "",
    ],
    ids=[
        "list",
        "quotes",
        "notice",
        "ordinals",
        "nobody-asks",
        "prose",
        "ten-voices",
        "mostly-others",
        "addresses",
        "empty",
    ],
)
def test_what_is_not_a_dialogue(text: str) -> None:
    assert speakers(text) == ()


def test_labels_by_shape() -> None:
    assert label_of("杨植麟：忙啊，事情很多。") == "杨植麟"
    assert label_of("主持人：欢迎") == "主持人"
    assert label_of("Lex Fridman: hello") == "Lex Fridman"
    assert label_of("他认为，关键在于：钱。") == ""
    assert label_of("杨植麟：") == ""
    assert label_of("12:30 开始") == ""


def test_a_turn_belongs_to_a_voice() -> None:
    voices = speakers(DIALOGUE)
    assert is_turn("谢知远：又一句。", voices)
    assert not is_turn("周可：另一个人。", voices)


@given(st.text(alphabet=st.sampled_from("甲乙丙：:？。\n 他说QA1"), max_size=200))
def test_counts_never_exceed_the_paragraphs(text: str) -> None:
    voices = speakers(text)
    assert sum(voice.count for voice in voices) <= text.count("\n") + 1
    assert not voices or len(voices) >= 2
