"""What counts as a change, and in which paragraphs it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.changes import Changes, ParagraphChange, Part, Written, changed_paragraphs, compare, marked

BODY = "公司昨天公布了第三季度的财报，净利润 3.2 亿元，同比增长 12.5%。\n首席执行官张小山说，明年会在苏州建第二座工厂。"


def words(before: str, after: str) -> tuple[str, str]:
    """What changed when these are two titles, and when they are two texts."""
    return compare(Written(before, ""), Written(after, "")).words, compare(
        Written("", before), Written("", after)
    ).words


NO_NEWS = {
    "spaces": ("理想汽车发布新车", "理想 汽车  发布　新车"),
    "width": ("AI公司融资3.2亿", "ＡＩ公司融资３．２亿"),
    "punctuation": ("理想汽车：发布“新车”！", "理想汽车,发布「新车」"),
    "traditional": ("发布会后，干部们谈了谈", "發布會後，幹部們談了談"),
    "case": ("OpenAI发布GPT", "openai发布gpt"),
    "zero width": ("理想汽车", "理想\u200b汽车\ufeff"),
    "thousands": ("共有1,234,567人", "共有1234567人"),
    "dashes of a range": ("2024—2025年", "2024-2025年"),
    "readers behind a bar": ("理想汽车发布新车 | 阅读 1.2万", "理想汽车发布新车 | 阅读 3.4万"),
    "readers in brackets": ("理想汽车发布新车（1234阅读）", "理想汽车发布新车（99阅读）"),
    "hours ago": ("36氪 3小时前", "36氪 5小时前"),
    "hours ago and yesterday": ("36氪 · 3小时前", "36氪 · 昨天 12:30"),
    "hours ago, traditional": ("36氪 · 發佈於3小時前", "36氪 · 发布于半小时前"),
    "English": ("Example · 3 hours ago · 12 comments", "Example · 2 days ago · 99 comments"),
    "likes alone": ("点赞 3", "点赞 1.5万"),
    "comments alone": ("12 条评论", "13条评论"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_NEWS)
def test_what_does_not_count_is_no_change(name: str) -> None:
    assert words(*NO_NEWS[name]) == ("", "")


NO_NEWS_IN_A_TEXT = {
    "counters in a row": ("阅读 12 评论 3 点赞 4", "阅读 9.9万 评论 51 点赞 200+"),
    "counters between commas": ("12 赞，3 评论", "9.9万赞，1.2万评论"),
    "counters without a space": ("阅读1.2万评论3点赞4", "阅读 9.9万 评论51 点赞200+"),
    "an advertisement": ("广告", ""),
    "a related article": ("相关阅读：宇树科技的一年", "相关阅读：月之暗面的一年"),
    "links under a heading": ("延伸阅读\n宇树科技的一年\n一封信走了三公里", "延伸阅读\n月之暗面的一年"),
    "buttons": ("分享到 微信 微博", "收藏 赞 3"),
    "a QR code": ("长按识别二维码关注我们", ""),
    "the next article": ("上一篇：甲\n下一篇：乙", "上一篇：丙\n下一篇：丁"),
    "paragraphs cut elsewhere": ("他来了。他看了。", "他来了。\n他看了。"),
    "when it was changed": ("最后更新：2026-11-21 10:00", "最后更新：2026-11-21 12:31"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_NEWS_IN_A_TEXT)
def test_furniture_of_a_page_is_no_change_of_its_text(name: str) -> None:
    before, after = (f"{BODY}\n{furniture}" for furniture in NO_NEWS_IN_A_TEXT[name])
    assert compare(Written("题", before), Written("题", after)) == Changes(title=False, text=False)
    assert changed_paragraphs(before, after) == []


NEWS = {
    "another number": ("净利润 3.2 亿", "净利润 2.3 亿"),
    "a lost point": ("净利润3.2亿", "净利润32亿"),
    "a lost per cent": ("增长50%", "增长50"),
    "another sign": ("净利润增长5%", "净利润增长-5%"),
    "another score": ("比分3:2", "比分32"),
    "another currency": ("融资$5亿", "融资¥5亿"),
    "another day": ("11月21日发布", "11月22日发布"),
    "another name": ("张小山辞职", "李小山辞职"),
    "another model": ("用C++写成", "用C写成"),
    "hours in a sentence": ("他3小时前到上海，见了李想。", "他5小时前到上海，见了李想。"),
    "a number alone, as in a table": ("32", "23"),
    "an order": ("甲收购乙", "乙收购甲"),
    "a negation": ("公司确认裁员", "公司否认裁员"),
    "hours between commas": ("据报道，3小时前，飞机落地了。", "据报道，5小时前，飞机落地了。"),
    "readers between commas": ("新剧上线，播放3.2亿次，创了纪录", "新剧上线，播放2.3亿次，创了纪录"),
    "readers as the news": ("新剧的播放量突破3.2亿次", "新剧的播放量突破2.3亿次"),
    "income from advertisements": ("广告收入 3 亿元", "广告收入 4 亿元"),
    "years ago": ("公司成立于3年前", "公司成立于5年前"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEWS)
def test_what_counts_is_a_change(name: str) -> None:
    before, after = NEWS[name]
    assert words(before, after) == ("title", "text")
    assert len(changed_paragraphs(f"{BODY}\n{before}", f"{BODY}\n{after}")) == 1


def test_a_sentence_is_no_line_of_counters() -> None:
    before, after = "这部剧（播放3.2亿次）创了纪录。", "这部剧（播放2.3亿次）创了纪录。"
    assert compare(Written("", before), Written("", after)).text


def test_counts_in_a_title_need_a_sign_to_set_them_apart() -> None:
    """`播放3.2亿次` behind a space may be what the title tells."""
    assert words("一部新剧 播放3.2亿次", "一部新剧 播放2.3亿次") == ("title", "")


def test_a_heading_in_the_middle_hides_nothing_behind_it() -> None:
    before = "延伸阅读\n" + BODY
    assert compare(Written("", before), Written("", before.replace("3.2", "2.3"))).text
    before = f"{BODY}\n延伸阅读\n他说这不难。"
    assert compare(Written("", before), Written("", before.replace("不难", "很难"))).text


def test_title_and_text_are_judged_each_for_itself() -> None:
    assert compare(Written("甲", "乙"), Written("丙", "丁")).words == "title, text"
    assert compare(Written("甲", "乙"), Written("甲", "丁")).words == "text"


# Whatever is written

LETTERS = st.text("理想汽车發发国國AaＢ0123456789.,%-：:，。！ \n　|·赞阅读评论小时前广告/()~—#$¥", max_size=60)
ANYTHING = st.one_of(LETTERS, st.text(max_size=60))


@given(ANYTHING, ANYTHING)
def test_every_text_is_itself(title: str, text: str) -> None:
    assert compare(Written(title, text), Written(title, text)) == Changes(title=False, text=False)


@given(ANYTHING, ANYTHING)
def test_a_change_is_one_in_both_directions(one: str, other: str) -> None:
    there, back = compare(Written(one, one), Written(other, other)), compare(Written(other, other), Written(one, one))
    assert there == back


@given(LETTERS, LETTERS, LETTERS)
def test_what_does_not_count_does_not_add_up(one: str, two: str, three: str) -> None:
    steps = [compare(Written(a, a), Written(b, b)) for a, b in ((one, two), (two, three))]
    if all(step.words == "" for step in steps):
        assert compare(Written(one, one), Written(three, three)).words == ""


@given(st.text("理想汽车发国AaB0123456789.%，。！", max_size=60), st.data())
def test_spaces_never_count(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    spaced = text[:at] + data.draw(st.sampled_from([" ", "  ", "　", "\u200b", "\xa0"])) + text[at:]
    assert words(text, spaced) == ("", "")


@given(
    st.text("理想汽车公司收购", max_size=40), st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from("亿元%人")
)
def test_another_number_always_counts(before: str, one: int, other: int, unit: str) -> None:
    old, new = f"{before}共{one}{unit}", f"{before}共{other}{unit}"
    assert words(old, new) == (("", "") if one == other else ("title", "text"))


@given(st.lists(LETTERS, max_size=6), st.lists(LETTERS, max_size=6))
def test_paragraphs_are_named_when_and_only_when_the_text_changed(one: list[str], other: list[str]) -> None:
    before, after = "\n".join(one), "\n".join(other)
    found = changed_paragraphs(before, after)
    assert bool(found) == compare(Written("", before), Written("", after)).text
    old, new = before.split("\n"), after.split("\n")
    for change in found:
        assert change.before is None or change.before in old
        assert change.after is None or new[change.number - 1] == change.after
    numbers = [change.number for change in found]
    assert numbers == sorted(numbers)


@given(ANYTHING, ANYTHING)
def test_the_pieces_make_up_both_paragraphs(one: str, other: str) -> None:
    left, right = marked(one, other)
    assert ("".join(part.text for part in left), "".join(part.text for part in right)) == (one, other)
    kept = ["".join(part.text for part in side if not part.changed) for side in (left, right)]
    assert kept[0] == kept[1]


# Paragraphs

FIRST, SECOND, THIRD = (
    "南屏镇的机器人邮路今天开通，四足机器人沿河送信。",
    "邮路全长三公里，每天送一次。",
    "第一封信的收信人是镇上的小学，写信的是王兴兴。",
)


def lines(*paragraphs: str) -> str:
    return "\n".join(paragraphs)


def test_an_edited_paragraph_stands_beside_what_it_was() -> None:
    after = SECOND.replace("三公里", "五公里")
    assert changed_paragraphs(lines(FIRST, SECOND, THIRD), lines(FIRST, after, THIRD)) == [
        ParagraphChange(2, SECOND, after)
    ]


def test_paragraphs_that_came_and_went() -> None:
    assert changed_paragraphs(lines(FIRST, SECOND), lines(FIRST, THIRD, SECOND)) == [ParagraphChange(2, None, THIRD)]
    assert changed_paragraphs(lines(FIRST, SECOND, THIRD), lines(FIRST, THIRD)) == [ParagraphChange(2, SECOND, None)]
    assert changed_paragraphs(lines(FIRST, THIRD), lines(FIRST)) == [ParagraphChange(2, THIRD, None)]
    assert changed_paragraphs(FIRST, SECOND) == [ParagraphChange(1, FIRST, None), ParagraphChange(1, None, SECOND)]


def test_an_edit_beside_a_new_paragraph_is_still_seen_as_an_edit() -> None:
    after = SECOND.replace("一次", "两次")
    assert changed_paragraphs(lines(FIRST, SECOND), lines(FIRST, THIRD, after)) == [
        ParagraphChange(2, None, THIRD),
        ParagraphChange(3, SECOND, after),
    ]


def test_the_characters_that_changed_are_marked() -> None:
    assert marked("净利润 3.2 亿元", "净利润 2.35 亿元") == (
        [Part("净利润 ", False), Part("3.2", True), Part(" 亿元", False)],
        [Part("净利润 ", False), Part("2.35", True), Part(" 亿元", False)],
    )
    assert marked("", "新") == ([], [Part("新", True)])


def test_a_paragraph_of_a_whole_transcript_is_compared_soon() -> None:
    sentence = "这是第{}句话，说的是别的事情，也不算长。"
    before = "".join(sentence.format(number) for number in range(4000))
    left, right = marked(before, before.replace("第2000句", "第二千句"))
    assert [part.text for part in left if part.changed] == [sentence.format(2000)]
    assert [part.text for part in right if part.changed] == [sentence.format("二千")]
