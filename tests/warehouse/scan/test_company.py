"""What the sure names of a text are worth to a name that is only heard."""

from __future__ import annotations

import pytest

from warehouse.scan.company import Company
from warehouse.scan.evidence import gather
from warehouse.scan.lexicon import Lexicon
from warehouse.scan.match import read
from warehouse.scan.uses import Use
from warehouse.watchlist import Entity, EntityKind

LEXICON = Lexicon.compile(
    [
        Entity("person", "余承东"),
        Entity("person", "谢赛宁", ("赛宁",)),
        Entity("company", "蔚来", context=("换电",)),
        Entity("company", "当当"),
        Entity("company", "理想汽车", ("理想",)),
        Entity("product", "Sora"),
    ]
)


def company(text: str, title: str = "") -> Company:
    first = read(LEXICON, title)
    body = read(LEXICON, text, first.named)
    return Company(body, gather((first, body)))


def use(name: str, kind: EntityKind = "company") -> Use:
    return Use(f"{kind}:{name}", kind, "name", name)


WEILAI = use("蔚来")
FAR = "没有名字的一句话。" * 60  # more than 400 characters


@pytest.mark.parametrize(
    ("text", "at", "points"),
    [
        ("天气不错", 0, 0.0),
        ("蔚来不错", 0, 0.0),  # it does not speak for itself
        ("蔚来不错,未来也不错", 5, 1.5),  # 1.2, and 0.3 for being near
        (f"蔚来不错{FAR}未来也不错", 4 + len(FAR), 1.2),
        ("蔚来蔚来,蔚来,未来", 8, 2.0),  # three times: 0.5 more
        ("蔚来,蔚来,未来", 6, 1.5),
        ("理想不错,未来", 5, 0.0),
    ],
)
def test_points_for_the_bearers_own_name(text: str, at: int, points: float) -> None:
    assert company(text).named(WEILAI, at) == pytest.approx(points)


def test_a_name_in_the_title_speaks_from_afar() -> None:
    assert company("未来不错", title="蔚来的一年").named(WEILAI, 0) == pytest.approx(1.2)
    assert company("未来不错", title="蔚来的一年").names(WEILAI)
    assert not company("未来不错").names(WEILAI)


def test_a_doubtful_form_speaks_for_nobody_but_a_likely_one_does() -> None:
    assert not company("理想不错").names(use("理想汽车"))
    assert company("理想汽车不错").names(use("理想汽车"))
    assert company("当当不错").names(use("当当"))


def test_a_shortened_name_speaks_for_nobody() -> None:
    text = "谢赛宁来了。谢总也来了。"
    assert company(text).named(use("谢赛宁", "person"), 0) == 0.0


def test_an_echo_that_is_clear_speaks_for_others_once() -> None:
    folk = company("未来 未来")
    folk.add(WEILAI, 0)
    folk.add(WEILAI, 0)
    assert folk.names(WEILAI)
    assert folk.named(WEILAI, 0) == 0.0
    assert folk.named(WEILAI, 2) == pytest.approx(1.5)
    for place in (10, 20):
        folk.add(WEILAI, place)
    assert folk.named(WEILAI, 30) == pytest.approx(2.0)


def test_what_the_talk_is_about() -> None:
    assert company("蔚来," * 8).topic(WEILAI)
    assert not company("蔚来," * 7).topic(WEILAI)


@pytest.mark.parametrize(
    ("text", "surface", "person"),
    [
        ("余承东说华位", "华位", "余承东"),
        ("余承东华位", "华位", "余承东"),
        ("华位、余承东", "华位", "余承东"),
        ("华位的余承东", "华位", "余承东"),
        ("余承东在讲华位", "华位", ""),  # another word between
        ("余承东,那个华位", "华位", ""),  # three characters between
        ("蔚来说华位", "华位", ""),  # no person
    ],
)
def test_the_person_beside_it(text: str, surface: str, person: str) -> None:
    start = text.index(surface)
    assert company(text).person_beside(start, start + len(surface)) == person


@pytest.mark.parametrize(
    ("text", "at", "points"),
    [
        ("未来不错", 0, 0.0),
        ("未来和百度", 0, 0.4),  # a known company
        ("未来和余承东", 0, 0.4),  # a tracked person
        ("未来和百度和百度", 0, 0.4),  # the same one twice
        ("未来、百度、京东、华为", 0, 0.8),  # two are as many as count
        ("未来和蔚来", 0, 0.0),  # the bearer's own name
        (f"未来,{'嗯' * 88}百度", 0, 0.0),
        (f"未来,{'嗯' * 86}百度", 0, 0.4),
        ("未来能换电", 0, 0.8),  # the user's context
        ("未来能换电,百度不能", 0, 1.2),
    ],
)
def test_points_for_the_company_it_keeps(text: str, at: int, points: float) -> None:
    assert company(text).kept(WEILAI, at) == pytest.approx(points)


def test_plain_latin_names_are_remembered() -> None:
    assert set(company("Sora和蔚来").latin) == {"sora"}
    assert company("索拉和蔚来").latin == {}
