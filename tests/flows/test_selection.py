"""Whom a rule is for: groups, names and kinds of the watchlist, and what is said of other words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.check import check, load_both
from flows.selection import Selection
from warehouse.rules import Rule
from warehouse.watchlist import Entity

YANG = Entity("person", "杨植麟", aliases=("Yang Zhilin",), groups=("大模型",))
MOON = Entity("company", "月之暗面", groups=("大模型", "投资"))
CAR = Entity("company", "理想汽车", aliases=("理想",), groups=("汽车",))
KIMI = Entity("product", "Kimi K2")
KIMI_TOO = Entity("organization", "Kimi K2")
FUND = Entity("organization", "投资")  # called like a group
EVERYBODY = (YANG, MOON, CAR, KIMI, KIMI_TOO, FUND)

WATCHLIST = (
    "people:\n  - {name: 杨植麟, aliases: [Yang Zhilin], groups: [大模型]}\n"
    "companies:\n  - {name: 月之暗面, groups: [大模型, 投资]}\n"
    "  - {name: 理想汽车, aliases: [理想], groups: [汽车]}\n"
    "products: [Kimi K2]\norganizations: [Kimi K2, 投资]\n"
)


def files(folder: Path, alerts: str) -> Path:
    (folder / "tanma.yaml").write_text(f"sources: [36kr]\nalerts:\n{alerts}", "utf-8")
    (folder / "watchlist.yaml").write_text(WATCHLIST, "utf-8")
    return folder / "tanma.yaml"


def whom(*words: str) -> list[str]:
    """The entities that a rule with these words is for."""
    rule = Selection(EVERYBODY).resolved(Rule("r", words, ()))
    return [entity.entity_id for entity in EVERYBODY if rule.is_for(entity)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["person:杨植麟", "company:月之暗面", "company:理想汽车", "product:Kimi K2", "organization:Kimi K2",
              "organization:投资"]),
        (("大模型",), ["person:杨植麟", "company:月之暗面"]),
        (("杨植麟",), ["person:杨植麟"]),
        (("company:理想汽车",), ["company:理想汽车"]),
        (("people",), ["person:杨植麟"]),
        (("companies", "products"), ["company:月之暗面", "company:理想汽车", "product:Kimi K2"]),
        (("汽车", "杨植麟", "products"), ["person:杨植麟", "company:理想汽车", "product:Kimi K2"]),
        # Width, case and spaces do not matter, as nowhere in a watchlist; two names of one spelling are both meant.
        (("ｋｉｍｉk2",), ["product:Kimi K2", "organization:Kimi K2"]),
        (("product:kimi K2",), ["product:Kimi K2"]),
        # A group wins over a name of the same spelling; the entity_id says the name.
        (("投资",), ["company:月之暗面"]),
        (("organization:投资",), ["organization:投资"]),
        (("nobody",), []),
        (("nobody", "杨植麟"), ["person:杨植麟"]),
    ],
)  # fmt: skip
def test_whom_the_words_of_a_rule_are_for(words: tuple[str, ...], expected: list[str]) -> None:
    assert whom(*words) == expected


def test_a_group_or_a_name_wins_over_a_kind_of_the_same_spelling() -> None:
    grouped = (Entity("person", "甲"), Entity("company", "乙", groups=("people",)))
    assert [e.name for e in grouped if Selection(grouped).resolved(Rule("r", ("people",), ())).is_for(e)] == ["乙"]
    named = (Entity("person", "甲"), Entity("product", "Products"), Entity("product", "丙"))
    rule = Selection(named).resolved(Rule("r", ("products",), ()))
    assert [e.name for e in named if rule.is_for(e)] == ["Products"]


def test_the_fields_of_a_resolved_rule_are_plain(tmp_path: Path) -> None:
    file = files(tmp_path, "  - for: [汽车, 杨植麟, products, company:月之暗面]\n  - {for: 大模型}\n")
    config, _ = load_both(file, {})
    assert config.rules == (
        Rule(
            name="company:月之暗面+products+杨植麟+汽车",
            groups=("汽车",),
            channels=("terminal",),
            kinds=("product",),
            entity_ids=("person:杨植麟", "company:月之暗面"),
        ),
        Rule(name="大模型", groups=("大模型",), channels=("terminal",)),
    )


def test_unknown_words_are_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    file = files(
        tmp_path,
        "  - for: [大模形, 杨植鳞, peopel, person]\n"
        "  - {for: 理想, name: b}\n"
        "  - {for: 'company:理想气车', name: c}\n"
        "  - {for: zzz, name: d}\n",
    )
    nothing = "no group, name or kind of the watchlist is called"
    assert [str(problem).removeprefix(f"{file}:") for problem in check(file, {}).problems] == [
        f"3: alerts[0].for[0]: {nothing} `大模形`; did you mean 大模型?",
        f"3: alerts[0].for[1]: {nothing} `杨植鳞`; did you mean 杨植麟?",
        f"3: alerts[0].for[2]: {nothing} `peopel`; did you mean people?",
        f"3: alerts[0].for[3]: {nothing} `person`; did you mean people?",
        "4: alerts[1].for: `理想` is no name but an alias of company:理想汽车: write 理想汽车",
        f"5: alerts[2].for: {nothing} `company:理想气车`; did you mean company:理想汽车?",
        f"6: alerts[3].for: {nothing} `zzz`; groups are 大模型, 投资, 汽车; "
        "kinds are people, companies, products, organizations",
    ]


def test_a_group_called_like_a_name_is_warned_of(tmp_path: Path) -> None:
    file = files(tmp_path, "  - for: [投资, companies, products, 杨植麟]\n")
    assert [str(warning).removeprefix(f"{file}:") for warning in check(file, {}).warnings][:2] == [
        "2: alerts: no rule is for these names, so they never alert: Kimi K2, 投资",
        "3: alerts[0].for[0]: 投资 is taken for the group; the name alone is organization:投资",
    ]


@given(
    st.lists(st.sampled_from(["大模型", "汽车", "杨植麟", "people", "product:Kimi K2", "?", "all ", "x"]), min_size=1)
)
def test_a_rule_that_names_somebody_is_never_for_everybody(words: list[str]) -> None:
    """Also not when no word is known; and resolving twice changes nothing."""
    selection = Selection(EVERYBODY)
    once = selection.resolved(Rule("r", tuple(words), ()))
    assert not once.is_for(Entity("organization", "somebody else"))
    assert selection.resolved(once) == once
