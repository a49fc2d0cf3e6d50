from __future__ import annotations

from collections import Counter
from importlib.resources import files

from warehouse.scan.words import known_companies, known_words, ordinary_words


def test_no_ordinary_word_is_listed_twice() -> None:
    lines = (files("warehouse.scan.words") / "ordinary.txt").read_text(encoding="utf-8").splitlines()
    listed = (line.partition(":")[:2] for line in lines if line and line[0] not in "#[")
    words = Counter(word for words, colon in listed for word in ((words,) if colon else words.split()))
    assert [word for word, times in words.items() if times > 1] == []


def test_the_words_of_the_issue_are_ordinary() -> None:
    for word in ["得到", "统一", "大众", "移动", "一条", "人人", "即刻", "理想", "苹果", "小米", "快手", "阿里"]:
        assert word in ordinary_words()


def test_the_lists_are_folded_and_an_ordinary_name_is_no_known_word() -> None:
    assert all(word == word.lower() and "_" not in word for word in (*known_words(), *known_companies()))
    assert known_words().isdisjoint(ordinary_words())
