"""Where words end: the dictionary, the tracked names put into it, and what a reader sees that the dictionary does not."""

from __future__ import annotations

import pickle

import pytest

from warehouse.scan.segment import Segmenter, frequency, is_word, part_of_speech, plain_words, word_set

WORDS = Segmenter(["王兴", "李想", "新浪", "大众", "华为", "江南春", "何小鹏", "小鹏", "宇树"], household=["华为"])


def over(text: str, name: str, **bounds: int) -> str:
    start = text.index(name)
    return WORDS.crossing(text, start, start + len(name), **bounds)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        # a word runs over one end, over the other, or over both
        ("国王兴建", "王兴", "国王|兴建"),
        ("行李想带", "李想", "行李|想"),
        ("王兴建议", "王兴", ""),
        ("见到李想", "李想", ""),
        ("王兴", "王兴", ""),
        # punctuation and Latin letters end the window
        ("国,王兴建议", "王兴", ""),
        ("a王兴b", "王兴", ""),
        # what belongs to the bearer makes no other word of it
        ("新浪网", "新浪", ""),
        ("新浪潮", "新浪", "新浪潮"),
        ("上海大众", "大众", ""),
        ("大众化", "大众", "大众化"),
        # everybody knows the name
        ("对华为表示", "华为", ""),
        # a name of three characters that is the end of one common word and the whole of another
        ("为何小鹏", "何小鹏", "为何|小鹏"),
        ("江南春天", "江南春", "江南|春天"),
        ("听江南春说", "江南春", ""),
    ],
)
def test_the_words_that_a_name_is_cut_out_of(text: str, name: str, words: str) -> None:
    assert over(text, name) == words


def test_a_boundary_that_is_known_otherwise_is_not_looked_over() -> None:
    assert over("国王兴建", "王兴", floor=1, ceiling=3) == ""
    assert over("国王兴建", "王兴", floor=0, ceiling=3) != ""
    assert over("国王兴建", "王兴", floor=1, ceiling=4) != over("国王兴建", "王兴")


def test_the_names_are_words() -> None:
    assert WORDS.words("见到宇树了") == ["见到", "宇树", "了"]
    assert "宇树" not in plain_words("见到宇树了")


def test_two_segmenters_do_not_share_their_names() -> None:
    assert "宇树" not in Segmenter(["王兴"]).words("见到宇树了")


def test_a_pickled_segmenter_knows_its_names_and_who_is_known_to_everybody() -> None:
    again: Segmenter = pickle.loads(pickle.dumps(WORDS))
    for text, name in [("国王兴建", "王兴"), ("对华为表示", "华为"), ("为何小鹏", "何小鹏")]:
        start = text.index(name)
        assert again.crossing(text, start, start + len(name)) == over(text, name)


def test_what_the_dictionary_knows() -> None:
    assert is_word("未来") and is_word("国王")
    assert not is_word("宇树") and not is_word("")
    assert frequency("我们") > frequency("国王") > 0 == frequency("宇树")
    assert part_of_speech("北京") == "ns"
    assert part_of_speech("吃") == "v"
    assert part_of_speech("国王吃饭") == ""  # several words


def test_plain_words_are_the_whole_text() -> None:
    assert plain_words("国王兴建") == ["国王", "兴建"]
    assert "".join(plain_words("a 王兴,说")) == "a 王兴,说"


def test_a_line_of_words() -> None:
    assert word_set(" 网  云 ") == {"网", "云"}
