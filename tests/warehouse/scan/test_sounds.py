"""What sounds like a name and how well it agrees, before anything speaks for or against it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from warehouse.scan.sounds import Echo, SoundIndex
from warehouse.scan.uses import Use
from warehouse.watchlist import EntityKind


def use(name: str, kind: EntityKind = "company", **more: bool) -> Use:
    return Use(f"{kind}:{name}", kind, "name", name, **more)


INDEX = SoundIndex.compile(
    [
        ("季逸超", use("季逸超", "person")),
        ("李想", use("李想", "person")),
        ("月之暗面", use("月之暗面")),
        ("聚美优品", use("聚美优品")),
        ("真格基金", use("真格基金")),
        ("单小平", use("单小平", "person")),
        ("程振中", use("程振中", "person")),
        ("pika", use("Pika", "product")),
        ("openai", use("OpenAI")),
        ("王", use("王")),
        ("一二三四五六七八九十一", use("一二三四五六七八九十一")),
    ]
)


def echoes(
    text: str, taken: str = "", people: bool = False, near_pair: Callable[[Use, int, int], bool] = lambda *_: True
) -> list[Echo]:
    mask = bytearray(int(text[at : at + 1] in taken) if taken else 0 for at in range(len(text)))
    return sorted(INDEX.echoes(text, mask, people, near_pair), key=lambda echo: echo.start)


def spans(text: str, **how: object) -> list[tuple[int, int, str]]:
    return [(echo.start, echo.end, echo.sounding.text) for echo in echoes(text, **how)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "near", "off"),
    [
        ("记忆超", 0, 0),
        ("季逸超", 0, 0),
        ("记忆操", 1, 0),  # cao for chao
        ("陈振中", 1, 0),
        ("约之暗面", 0, 0),
        ("约自昂面", 2, 0),  # half of it near
        ("月之大面", 0, 1),  # one of four quite another, all the rest its own characters
        ("居民优品", 0, 1),  # ju min for ju mei, half of it its own characters
        ("皮卡", 0, 0),
        ("山小平", 0, 0),  # a surname in each of its readings
        ("胆小平", 0, 0),
    ],
)
def test_how_well_it_agrees(text: str, near: int, off: int) -> None:
    assert [(echo.near, echo.off) for echo in echoes(text)] == [(near, off)]
    assert echoes(text)[0].exact is (near == off == 0)


@pytest.mark.parametrize(
    "text",
    [
        "记忆人",  # three syllables, one quite another
        "陈振宗",  # two of three only near
        "约自大面",  # one near, one quite another, and only one character its own
        "约只大面",  # the rest sounds the same but is written otherwise
        "月之大家",  # two quite others
        "月之a面",  # a letter is no syllable
        "记忆",
        "之暗面",  # cut off
        "汪",  # a name of one syllable
        "易而散似舞鹿起把酒食意",  # and one of eleven
        "噢喷爱",
    ],
)
def test_what_is_no_echo(text: str) -> None:
    assert echoes(text) == []


def test_it_stands_where_it_stands() -> None:
    assert spans("那个记忆超和约之暗面") == [(2, 5, "季逸超"), (6, 10, "月之暗面")]
    assert spans("记忆超记忆超") == [(0, 3, "季逸超"), (3, 6, "季逸超")]


def test_what_names_take_up_is_no_echo() -> None:
    assert spans("那个记忆超", taken="个") == [(2, 5, "季逸超")]
    for char in "记忆超":
        assert spans("那个记忆超", taken=char) == []


def test_one_end_of_a_long_name_is_enough_to_find_it() -> None:
    assert spans("月之暗天") == spans("天之暗面") == [(0, 4, "月之暗面")]


def test_typing_errors_are_exact_and_in_full_names_of_people() -> None:
    assert spans("记忆超和约之暗面", people=True) == [(0, 3, "季逸超")]
    assert spans("记忆操", people=True) == []
    derived = SoundIndex.compile([("逸超", use("季逸超", "person", derived=True))])
    assert list(derived.echoes("忆超", bytearray(2), True, lambda *_: True)) == []
    assert len(list(derived.echoes("忆超", bytearray(2), False, lambda *_: True))) == 1


def test_a_near_pair_is_looked_at_where_it_is_wanted() -> None:
    asked: list[tuple[str, int, int]] = []

    def never(one: Use, start: int, end: int) -> bool:
        asked.append((one.written, start, end))
        return False

    assert spans("说你想的", near_pair=never) == []
    assert asked == [("李想", 1, 3)]
    assert spans("说你想的") == [(1, 3, "李想")]
    assert spans("说理想的", near_pair=never) == [(1, 3, "李想")]  # the same sound is not asked about


def test_an_empty_index_hears_nothing() -> None:
    empty = SoundIndex.compile([])
    assert empty.soundings == ()
    assert list(empty.echoes("记忆超", bytearray(3), False, lambda *_: True)) == []
