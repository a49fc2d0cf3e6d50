"""Large dumps are read in one pass of each kind; what a line weighs does not change for it."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from sources.dumps import furniture, read_dump
from sources.dumps.furniture import CUT, EDGE, is_furniture, matches
from sources.dumps.lines import is_prose, language_of, weigh, weight
from sources.errors import NotAnArticle
from sources.times import CHINA

NOW = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)
PROSE = "渔港的早晨从充电桩的嘀嘀声开始。温岭以南的这座小港，去年有七十条渔船换上了电机。"


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("", 0),
        ("渔港，早晨。", 4),
        ("去年有70条船", 6),
        ("the keeper's 12 boats", 9),
        ("灯台の夜", 4),
        ("등대 2", 3),
        ("２０２６年", 2),
        ("a1_b2", 6),
        ("——……！", 0),
        ("豈", 1),
    ],
)
def test_what_a_line_weighs(line: str, heavy: int) -> None:
    assert weight(line) == heavy


def test_weighing_ends_where_it_is_enough() -> None:
    assert weigh(["四个汉字", "四个汉字", "四个汉字"], 5) == 8
    assert weigh(["四个汉字"], 5) == 4


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("守塔人在岸上住了三十年。", True),
        ("守塔人在岸上住了三十年；", True),
        ("守塔人在岸上住了三十年．", True),
        ("守塔人在岸上住了三十年……", True),
        ("“守塔人在岸上住了三十年”", True),
        ("守塔人在岸上住了三十年？", False),
        ("守塔人在岸上住了三十年", False),
        ("船。", False),
        ("守塔人" * 20, False),
        ("守塔人" * 20 + "，走了", True),
        ("守塔人" * 20 + "﹐走了", True),
    ],
)
def test_what_is_prose(line: str, prose: bool) -> None:
    assert is_prose(line) is prose


def test_languages() -> None:
    assert [
        language_of(text) for text in (PROSE, "灯台の夜はながい。", "등대의 밤은 길다.", "A long night.", "12")
    ] == [
        "zh",
        "ja",
        "ko",
        "en",
        "en",
    ]


def test_a_line_of_prose_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    fold = furniture.fold

    def counting(line: str) -> str:
        seen.append(line)
        return fold(line)

    monkeypatch.setattr(furniture, "fold", counting)
    lines = [f"{PROSE}第{n}段。" for n in range(200)]
    (article,) = read_dump("\n".join(["一条卖了四十年的船，改行卖电", *lines]), name="a", taken_at=NOW)
    assert article.text == "\n".join(lines)
    assert max(seen.count(line) for line in lines[30:-30]) == 1


def test_a_paragraph_is_never_furniture_and_a_row_of_dashes_of_any_length_is() -> None:
    assert not is_furniture("版权所有" + "甲" * 5000, edge=True)
    assert is_furniture("—" * 5000, edge=False)
    assert is_furniture("首页", edge=True) and not is_furniture("首页", edge=False)
    assert is_furniture("责任编辑：某人", edge=False, also=(CUT,)) and not is_furniture("责任编辑：某人", edge=False)
    assert matches(EDGE, "【首页】") and not matches(EDGE, "首页" * 5000)


@pytest.mark.parametrize(
    "line", ["甲", "1 note", "甲：乙？", "http://a.example/b", "作者 | 张三", "甲" + " " * 1_000_000 + "乙"]
)
def test_a_megabyte_of_no_article_is_told_in_seconds(line: str) -> None:
    text = f"{line}\n" * max(1, 1_000_000 // len(f"{line}\n".encode()))
    started = time.process_time()
    with pytest.raises(NotAnArticle):
        read_dump(text, name="a", taken_at=NOW)
    assert time.process_time() - started < 5
