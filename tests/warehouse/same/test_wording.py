"""What counts of a text: letters and digits in one spelling, without a channel's lines at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.same.wording import shingles, wording

BODY = (
    "早上四点半，临岸县的老码头已经亮成一片。\n卸货的人把泡沫箱从船上抛下来，另一个人接住，数也不数就码上叉车。\n"
    "船老大姓顾，今年五十二岁，他说以前这时候最怕的是天亮，因为太阳一出来，鱼就开始掉价，一直掉到中午才停下。"
)
BARE = (
    "早上四点半临岸县的老码头已经亮成一片卸货的人把泡沫箱从船上抛下来另一个人接住数也不数就码上叉车"
    "船老大姓顾今年五十二岁他说以前这时候最怕的是天亮因为太阳一出来鱼就开始掉价一直掉到中午才停下"
)


def text_of(text: str) -> str:
    return wording("", text, "article", "").text


def test_the_kind_and_address_stay_and_the_title_is_folded_too() -> None:
    one = wording("《冷鏈》 的 Ａ面！", BODY, "interview", "https://e.com/1")
    assert (one.title, one.kind, one.url, one.raw_title) == (
        "冷链的a面",
        "interview",
        "https://e.com/1",
        "《冷鏈》 的 Ａ面！",
    )
    assert one.text == BARE


@pytest.mark.parametrize(
    "same",
    [
        BODY.replace("，", " , "),
        BODY.replace("\n", "\n\n　　"),
        " ".join(BODY),
        BODY.replace("临岸县的老码头", "臨岸縣的老碼頭").replace("鱼", "魚"),
        BODY.replace("。", "！！！"),
        f"\u200b{BODY}\ufeff",
    ],
)
def test_spaces_marks_and_scripts_do_not_count(same: str) -> None:
    assert text_of(same) == BARE


@pytest.mark.parametrize(
    "head",
    [
        "点击上方蓝字关注我们",
        "來源：商業人間",
        "作者｜沈一鸣",
        "文 / 沈一鸣\n编辑 / 周舟\n题图来自视觉素材库",
        "本文来自微信公众号“商业人间”，作者：沈一鸣，经授权发布。",
        "（本文首发于某某财经，转载请联系作者）",
        "———\n* * *",
        "36氪获悉，",
        "据新港晚报报道，",
    ],
)
def test_a_channels_lines_at_the_head_do_not_count(head: str) -> None:
    joint = "" if head.endswith("，") else "\n"
    assert text_of(f"{head}{joint}{BODY}") == BARE


@pytest.mark.parametrize(
    "tail",
    [
        "本文仅代表作者观点，不代表本平台立场。",
        "——END——\n投稿请发邮件至编辑部。\n往期推荐：三个故事",
        "扫码添加小编微信，进群交流。",
        "风险提示：市场有风险，投资须谨慎。",
        "責任編輯：周舟",
        "The End",
        "（完）",
        "延伸阅读\n一条河的名字是怎样丢掉的\n第五家奶茶店",
        "未经授权禁止转载",
    ],
)
def test_a_channels_lines_at_the_tail_do_not_count(tail: str) -> None:
    assert text_of(f"{BODY}\n{tail}") == BARE


def test_such_lines_count_inside_a_text_and_when_long() -> None:
    inside = f"{BODY}\n点击上方蓝字关注我们\n{BODY}"
    assert text_of(inside) == f"{BARE}点击上方蓝字关注我们{BARE}"
    long = "来源：" + "档案馆里找到的一封信" * 17
    assert text_of(f"{long}\n{BODY}") == f"来源{'档案馆里找到的一封信' * 17}{BARE}"


def test_the_beginning_of_a_text_is_no_furniture_however_few_its_lines() -> None:
    assert text_of("安溪银行公告，董事会同意聘任郑若愚为行长。\n免责声明：以上信息不构成投资建议。") == (
        "安溪银行公告董事会同意聘任郑若愚为行长"
    )


def test_what_is_all_furniture_is_text() -> None:
    assert text_of("点击上方蓝字关注我们\n扫码添加小编微信") == "点击上方蓝字关注我们扫码添加小编微信"
    assert text_of("") == ""
    assert text_of("！？……\n———") == ""


def test_words_that_only_begin_so_are_the_texts_own() -> None:
    assert text_of(f"图书馆在山顶。\n{BODY}").startswith("图书馆在山顶")
    assert text_of(f"{BODY}\nEndless 是他最喜欢的词。").endswith("endless是他最喜欢的词")
    assert text_of("他说据我所知事情不是这样的，" + BODY).startswith("他说据我所知")


def test_a_hash_for_each_run_in_order() -> None:
    codes = np.array([1, 2, 3, 1, 2, 3, 4], dtype=np.uint32)
    hashes = shingles(codes, 3).tolist()
    assert len(hashes) == 5
    assert hashes[0] == hashes[3]
    assert len(set(hashes)) == 4
    assert len(shingles(codes[:2], 3)) == 1
    assert len(shingles(codes[:0], 3)) == 1


@given(st.lists(st.integers(0, 0x10FFFF), min_size=6, max_size=30), st.lists(st.integers(0, 0x10FFFF), max_size=9))
def test_a_run_has_the_same_hash_wherever_it_stands(run: list[int], before: list[int]) -> None:
    alone = shingles(np.array(run, dtype=np.uint32), len(run))
    behind = shingles(np.array([*before, *run], dtype=np.uint32), len(run))
    assert alone[0] == behind[len(before)]


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=80))
def test_what_counts_is_letters_and_digits_alone(text: str) -> None:
    assert text_of(text) == "" or text_of(text).isalnum()
